//! `itgel quarantine`: what was set aside on its way in, and what a reviewer decides about it.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::id::{DeviceId, OfficerId, SubjectId};
use itgel_server::quarantine::{self, DecideRequest, QuarantineLine, QuarantineQuery};
use itgel_server::store::quarantine::Order;

use crate::import::{At, ImportError, LANG, open};

/// Lines that are read at once.
const PAGE: u32 = 200;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Look at what was set aside, and decide about it.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List what was set aside, with the reason and the way out.
    List(List),
    /// Let one count in spite of what is against it.
    Release(Decide),
    /// Refuse one; its officer gets the reason.
    Reject(Decide),
}

#[derive(clap::Args, Debug)]
struct List {
    #[command(flatten)]
    at: At,
    /// Whose reviewers decide.
    #[arg(long)]
    division: DivisionCode,
    /// Also what was decided.
    #[arg(long)]
    all: bool,
    /// Only for this reason, as `scope.outside`.
    #[arg(long)]
    reason: Option<ErrorCode>,
    /// Only of this device.
    #[arg(long)]
    device: Option<DeviceId>,
    /// Only of this officer.
    #[arg(long)]
    officer: Option<OfficerId>,
    /// Only about this subject.
    #[arg(long)]
    subject: Option<SubjectId>,
    /// What came last first.
    #[arg(long)]
    newest: bool,
}

#[derive(clap::Args, Debug)]
struct Decide {
    #[command(flatten)]
    at: At,
    /// Which one, as the list names it.
    id: ChainRef,
    /// Why: the officer reads it.
    #[arg(long)]
    reason: String,
}

/// Runs the command.
///
/// # Errors
/// [`ImportError`] of the settings, the officer, the decision or the database.
pub fn run(args: &Args) -> Result<(), ImportError> {
    match &args.command {
        Command::List(list) => print(list),
        Command::Release(decide) => decided(decide, true),
        Command::Reject(decide) => decided(decide, false),
    }
}

fn print(args: &List) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let mut query = QuarantineQuery {
        division: args.division,
        all: args.all,
        reason: args.reason,
        device: args.device.clone(),
        officer: args.officer.clone(),
        subject: args.subject.clone(),
        order: if args.newest {
            Order::Newest
        } else {
            Order::Oldest
        },
        cursor: None,
        limit: None,
    };
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        "编号",
        "主体",
        "采集员",
        "等待天数",
        "可放行",
        "状态",
        "代码",
        "问题和处理办法",
    ]);
    loop {
        let bounds = (service.now(), PAGE);
        let read = |c: &_| quarantine::list(c, &actor, &query, bounds);
        let (lines, next) = service.store.read(read)?;
        for line in &lines {
            table.add_row(cells(line));
        }
        if next.is_none() {
            break;
        }
        query.cursor = next;
    }
    println!("{table}");
    Ok(())
}

fn cells(line: &QuarantineLine) -> [String; 8] {
    let row = &line.row;
    let outcome = row.outcome.map(|outcome| outcome.to_string());
    [
        line.id.clone(),
        row.subject.to_string(),
        row.officer.to_string(),
        (line.waits_ms / DAY_MS).to_string(),
        (if line.can_be_released { "是" } else { "" }).to_owned(),
        outcome.unwrap_or_default(),
        row.reason.to_string(),
        itgel_text::error(LANG, row.reason, &[]),
    ]
}

fn decided(args: &Decide, is_release: bool) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let (id, now) = (args.id.clone(), service.now());
    let request = DecideRequest {
        reason: args.reason.clone(),
    };
    let line = service.transact("quarantine.decide", move |service, tx| {
        let asked = (&id, &request);
        if is_release {
            quarantine::release(service, tx, &actor, asked, now)
        } else {
            quarantine::reject(service, tx, &actor, asked, now)
        }
    })?;
    match line.row.outcome {
        Some(outcome) => println!("{}  {outcome}", line.id),
        // Something else is against it as well.
        None => println!(
            "{}  {}",
            line.id,
            itgel_text::error(LANG, line.row.reason, &[])
        ),
    }
    Ok(())
}
