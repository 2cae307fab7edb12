//! `itgel import`: tables of officials into the server's database.
//!
//! It works on the database itself, also beside a running server: both are writers of one SQLite
//! database in WAL, every page is a short transaction, and whoever may read the key file may do
//! anything anyway. So a clerk at the machine needs no enrolled key, and a large table no network.
//! Who enters a table and who puts it into force are two officers all the same.

use std::path::{Path, PathBuf};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use indicatif::{ProgressBar, ProgressStyle};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, ImportId, OfficerId};
use itgel_domain::policy::Actor;
use itgel_server::import::{self, BatchView, Entered, Entering, FaultLine, Progress, sheets};
use itgel_server::keys::ServerKeys;
use itgel_server::table::{Encoding, Options};
use itgel_server::{Service, ServiceError, auth};
use itgel_text::Lang;

use crate::clock;
use crate::refusal;
use crate::serve::{self, ServeError};

/// The language of faults.
pub(crate) const LANG: Lang = Lang::ZhCn;

/// Most faults that are printed; all of them are in the report file.
const PRINTED: usize = 50;

/// Faults that are read at once.
const PAGE: u32 = 200;

/// Import tables of officials (XLSX, or CSV in UTF-8 or GB18030).
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    enter: Option<Enter>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Put an imported table into force, as another officer than the one who entered it.
    Activate(Decide),
    /// Send an imported table back; none of its rows takes effect.
    Reject(Decide),
    /// List the imported tables, the newest first.
    List(List),
    /// Write the template of a kind of table.
    Template(Template),
    /// List the kinds of table.
    Kinds,
}

/// A table that is entered.
#[derive(clap::Args, Debug)]
struct Enter {
    /// The kind of table; see `itgel import kinds`.
    kind: String,
    /// The file.
    file: PathBuf,
    // Not flattened: an optional group of arguments is found by arguments of its own alone.
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// The officer who does it.
    #[arg(long = "as", value_name = "OFFICER")]
    officer: OfficerId,
    /// Who keeps the table, with the number of its document.
    #[arg(long)]
    source: String,
    /// Only say what would be refused; nothing is kept.
    #[arg(long)]
    check: bool,
    /// The encoding of a CSV file, if it should not be found out: utf-8 or gb18030.
    #[arg(long)]
    encoding: Option<String>,
    /// The sheet of a workbook; the first one if absent.
    #[arg(long)]
    sheet: Option<String>,
    /// The campaign that values are for; the open one if absent.
    #[arg(long)]
    cycle: Option<CycleId>,
}

/// Which server, and as whom.
#[derive(clap::Args, Debug)]
pub(crate) struct At {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// The officer who does it.
    #[arg(long = "as", value_name = "OFFICER")]
    officer: OfficerId,
}

#[derive(clap::Args, Debug)]
struct Decide {
    /// The import, as `itgel import` and `itgel import list` name it.
    batch: ImportId,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
struct List {
    #[command(flatten)]
    at: At,
    /// The division in which tables were entered; that of the officer's first role if absent.
    #[arg(long)]
    division: Option<DivisionCode>,
}

#[derive(clap::Args, Debug)]
struct Template {
    /// The kind of table.
    kind: String,
    /// The file that is written.
    out: PathBuf,
}

/// Why an import command failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The table as a whole was refused; each reason was printed.
    #[error("{0}")]
    Refused(String),
    /// Some rows were refused; each was reported.
    #[error("{refused} of {rows} rows were refused; the others are in")]
    Rows {
        /// How many.
        refused: u32,
        /// Of how many.
        rows: u32,
    },
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// Neither a file nor a command was named.
    #[error("name a kind of table and a file, or a command; see --help")]
    Nothing,
}

/// Runs the command.
///
/// # Errors
/// [`ImportError`]; [`ImportError::Rows`] if any row was refused.
pub fn run(args: &Args) -> Result<(), ImportError> {
    match (&args.command, &args.enter) {
        (Some(Command::Activate(args)), _) => activate(args),
        (Some(Command::Reject(args)), _) => reject(args),
        (Some(Command::List(args)), _) => list(args),
        (Some(Command::Template(args)), _) => template(args),
        (Some(Command::Kinds), _) => {
            kinds();
            Ok(())
        }
        (None, Some(args)) => enter(args),
        (None, None) => Err(ImportError::Nothing),
    }
}

fn enter(args: &Enter) -> Result<(), ImportError> {
    let (service, actor) = open(&At {
        config: args.config.clone(),
        officer: args.officer.clone(),
    })?;
    let encoding = args.encoding.as_deref().map(str::parse::<Encoding>);
    let entering = Entering {
        kind: args.kind.clone(),
        bytes: read(&args.file)?,
        options: Options {
            encoding: encoding.transpose().map_err(ServiceError::from)?,
            sheet: args.sheet.clone(),
            max_rows: None,
        },
        source: args.source.clone(),
        cycle: args.cycle.clone(),
        check_only: args.check,
    };
    let bar = bar();
    let entered = import::enter(&service, &actor, &entering, &mut |p| show(&bar, p))?;
    bar.finish_and_clear();
    let batch = &entered.batch;
    summary(batch);
    if entered.was_known {
        println!("this file was entered before: nothing was changed");
        return Ok(());
    }
    let out = report_path(&args.file, batch);
    if args.check {
        print_faults(&entered.checked);
    } else {
        print_faults(&faults(&service, &actor, batch)?);
        write_report(&service, &actor, &entered, &out)?;
        if batch.needs_second_person {
            println!(
                "put it into force: itgel import activate {} --as OTHER",
                batch.id
            );
        }
    }
    verdict(batch)
}

fn activate(args: &Decide) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let bar = bar();
    let batch = import::activate(&service, &actor, &args.batch, &mut |p| show(&bar, p))?;
    bar.finish_and_clear();
    summary(&batch);
    if batch.failed == 0 {
        return Ok(());
    }
    print_faults(&faults(&service, &actor, &batch)?);
    Err(ImportError::Rows {
        refused: batch.failed,
        rows: batch.rows,
    })
}

fn reject(args: &Decide) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    summary(&import::reject(&service, &actor, &args.batch)?);
    Ok(())
}

fn list(args: &List) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let first = actor.grants.first().map(|grant| grant.division);
    let division = args.division.or(first);
    let division = division.ok_or(ServiceError::from(
        itgel_domain::error::ErrorCode::NotAllowed,
    ))?;
    let read = |c: &_| import::list(c, &actor, division, None, PAGE);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        "import", "kind", "state", "rows", "in", "refused", "by", "source",
    ]);
    for batch in service.store.read(read)? {
        table.add_row([
            batch.id.to_string(),
            batch.kind.clone(),
            batch.state.as_str().to_owned(),
            batch.rows.to_string(),
            (batch.staged + batch.applied + batch.same).to_string(),
            (batch.refused + batch.failed).to_string(),
            batch.entered_by.to_string(),
            batch.source.clone(),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn template(args: &Template) -> Result<(), ImportError> {
    let unknown = ServiceError::from(itgel_domain::error::ErrorCode::ImportKind);
    let sheet = sheets::find(&args.kind).ok_or(unknown)?;
    write(&args.out, &import::template(sheet)?)?;
    println!("{} {}", sheet.title(), args.out.display());
    Ok(())
}

fn kinds() {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["kind", "table", "in force"]);
    for sheet in sheets::all() {
        let force = match sheet.decides_grades() {
            true => "by another person",
            false => "at once",
        };
        table.add_row([sheet.kind(), sheet.title(), force]);
    }
    println!("{table}");
}

/// The service and the officer as what is granted to them now.
pub(crate) fn open(at: &At) -> Result<(Service, Actor), ImportError> {
    let config = serve::read(&at.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let actor = service
        .store
        .read(|c| auth::officer_actor(c, &at.officer))?;
    Ok((service, actor))
}

fn faults(
    service: &Service,
    actor: &Actor,
    batch: &BatchView,
) -> Result<Vec<FaultLine>, ImportError> {
    let (mut lines, mut after) = (Vec::new(), Some(0));
    while let Some(row) = after {
        let read = |c: &_| import::report_page(c, actor, &batch.id, row, PAGE);
        let (page, next) = service.store.read(read)?;
        lines.extend(page);
        after = next;
    }
    Ok(lines)
}

fn print_faults(lines: &[FaultLine]) {
    for line in lines.iter().take(PRINTED) {
        let place = match line.fault.cell.as_str() {
            "" => format!("第 {} 行", line.row),
            cell => format!("第 {} 行 {cell} {}", line.row, line.fault.column),
        };
        println!("{place}：{}（{}）", line.fault.text(LANG), line.fault.code);
    }
    if lines.len() > PRINTED {
        println!("… {} more", lines.len() - PRINTED);
    }
}

/// The rows to be corrected, beside the file that they came from.
fn write_report(
    service: &Service,
    actor: &Actor,
    entered: &Entered,
    out: &Path,
) -> Result<(), ImportError> {
    if entered.batch.refused == 0 {
        return Ok(());
    }
    write(
        out,
        &import::report_table(service, actor, &entered.batch.id)?,
    )?;
    println!("rows to be corrected and sent again: {}", out.display());
    Ok(())
}

fn report_path(file: &Path, batch: &BatchView) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let id: String = batch.id.as_str().chars().take(8).collect();
    file.with_file_name(format!("{stem}-refused-{id}.xlsx"))
}

fn summary(batch: &BatchView) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.add_row(["import", batch.id.as_str()]);
    table.add_row(["table", &format!("{} ({})", batch.title, batch.kind)]);
    table.add_row(["state", batch.state.as_str()]);
    for (name, count) in [
        ("rows", batch.rows),
        ("staged", batch.staged),
        ("applied", batch.applied),
        ("in force before", batch.same),
        ("refused", batch.refused),
        ("failed", batch.failed),
    ] {
        table.add_row([name, &count.to_string()]);
    }
    println!("{table}");
    for note in &batch.notes {
        println!("{}：{}", note.head, itgel_text::error(LANG, note.code, &[]));
    }
}

fn verdict(batch: &BatchView) -> Result<(), ImportError> {
    match batch.refused + batch.failed {
        0 => Ok(()),
        refused => Err(ImportError::Rows {
            refused,
            rows: batch.rows,
        }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    let size = std::fs::metadata(path).map_err(|e| file(path, e))?.len();
    if size > u64::try_from(import::MAX_BYTES).unwrap_or(u64::MAX) {
        let code = itgel_domain::error::ErrorCode::TableTooLarge;
        return Err(ServiceError::from(code).into());
    }
    std::fs::read(path).map_err(|e| file(path, e))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    std::fs::write(path, bytes).map_err(|e| file(path, e))
}

fn file(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::File {
        path: path.display().to_string(),
        source,
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} rows {wide_bar} {len}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    if let Some(of) = progress.of {
        bar.set_length(of.into());
    }
    bar.set_position(progress.done.into());
}
