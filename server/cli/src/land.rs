//! `itgel land`: what contradicts itself in the registers of land, for their keepers.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use itgel_domain::division::DivisionCode;
use itgel_domain::land::FaultKind;
use itgel_server::land::{ContradictionQuery, list_contradictions};
use itgel_server::store::land_fault::Order;

use crate::import::{At, ImportError, LANG, open};

/// Lines that are read at once.
const PAGE: u32 = 200;

/// Look at the registers of land.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List the records that contradict one another, with the way out.
    Contradictions(Contradictions),
}

#[derive(clap::Args, Debug)]
struct Contradictions {
    #[command(flatten)]
    at: At,
    /// Where the plots and groups are kept.
    #[arg(long)]
    division: DivisionCode,
    /// Only of this kind, as `claimed_twice`.
    #[arg(long)]
    kind: Option<FaultKind>,
    /// Only with this in the number of the plot, group or a contract.
    #[arg(long)]
    search: Option<String>,
    /// What began last first.
    #[arg(long)]
    newest: bool,
}

/// Runs the command.
///
/// # Errors
/// [`ImportError`] of the settings, the officer or the database.
pub fn run(args: &Args) -> Result<(), ImportError> {
    let Command::Contradictions(args) = &args.command;
    let (service, actor) = open(&args.at)?;
    let mut query = ContradictionQuery {
        division: args.division,
        kind: args.kind,
        search: args.search.clone(),
        order: if args.newest {
            Order::Newest
        } else {
            Order::Number
        },
        cursor: None,
        limit: None,
    };
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        "地块或联户组",
        "有关合同",
        "起",
        "止",
        "代码",
        "问题和处理办法",
    ]);
    loop {
        let bounds = (service.now().on(), PAGE);
        let read = |c: &_| list_contradictions(c, &actor, &query, bounds);
        let (lines, next) = service.store.read(read)?;
        for line in lines {
            table.add_row([
                line.fault.about.clone(),
                line.fault.contracts.join("、"),
                line.fault.from.to_string(),
                line.fault.to.map(|day| day.to_string()).unwrap_or_default(),
                line.code.to_string(),
                itgel_text::error(LANG, line.code, &[]),
            ]);
        }
        if next.is_none() {
            break;
        }
        query.cursor = next;
    }
    println!("{table}");
    Ok(())
}
