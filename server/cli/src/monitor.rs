//! `itgel monitor` and `itgel validate`: the quarterly check of a banner and the figures of a
//! campaign (`docs/monitoring.md`), at the server itself, on its database; both may run beside a
//! running server.

use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use indicatif::ProgressBar;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, OfficerId};
use itgel_domain::monitoring::Quarter;
use itgel_domain::subject::SubjectKind;
use itgel_server::monitoring::report::{self, Sheet};
use itgel_server::monitoring::validate::{self, ValidationRequest};
use itgel_server::monitoring::{desk, run, work};
use itgel_server::{Service, ServiceError, auth};

use crate::exchange::{self, ExchangeError};

/// Check the ratings in effect of a banner for a quarter, and print what was found.
#[derive(clap::Args, Debug)]
pub struct MonitorArgs {
    /// The banner.
    pub banner: DivisionCode,
    /// The quarter, `2026-Q4`: the present one if absent.
    #[arg(long)]
    pub quarter: Option<Quarter>,
    /// Print the annual evaluation of this year instead.
    #[arg(long, conflicts_with = "quarter")]
    pub year: Option<i16>,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
    /// The officer who asks.
    #[arg(long = "as", value_name = "OFFICER")]
    pub officer: OfficerId,
    /// Write a workbook too.
    #[arg(long, value_name = "FILE.xlsx")]
    pub out: Option<PathBuf>,
}

/// Hold a campaign's ratings against what became of them, and print the figures.
#[derive(clap::Args, Debug)]
pub struct ValidateArgs {
    /// The division.
    pub division: DivisionCode,
    /// The campaign.
    #[arg(long)]
    pub cycle: CycleId,
    /// The campaign that its population is compared with.
    #[arg(long)]
    pub before: Option<CycleId>,
    /// The kind of subject.
    #[arg(long, default_value = "household")]
    pub kind: SubjectKind,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
    /// The officer who asks.
    #[arg(long = "as", value_name = "OFFICER")]
    pub officer: OfficerId,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write a workbook too.
    #[arg(long, value_name = "FILE.xlsx")]
    pub out: Option<PathBuf>,
}

/// Runs `itgel monitor`. What is begun goes on where it stopped; a quarter that was checked is
/// only printed.
///
/// # Errors
/// [`ExchangeError`].
pub fn monitor(args: &MonitorArgs) -> Result<(), ExchangeError> {
    let service = exchange::open(&args.config)?;
    let (sheets, notes) = match args.year {
        Some(year) => annual(&service, args, year)?,
        None => (checked(&service, args)?, report::notes(None)),
    };
    give(&sheets, &notes, args.out.as_deref())
}

/// Runs `itgel validate`.
///
/// # Errors
/// [`ExchangeError`].
pub fn validate(args: &ValidateArgs) -> Result<(), ExchangeError> {
    let service = exchange::open(&args.config)?;
    let request = ValidationRequest {
        division: args.division,
        cycle: args.cycle.clone(),
        before: args.before.clone(),
        kind: args.kind,
    };
    let (figures, lines) = service.store.read(|c| {
        let actor = auth::officer_actor(c, &args.officer)?;
        let figures = validate::validate(&service, c, &actor, &request)?;
        let lines = work::quality(&service, c, &actor, args.division, &args.cycle)?;
        Ok::<_, ServiceError>((figures, lines))
    })?;
    let notes = report::notes(Some(&figures));
    let sheets = [
        report::validation_sheet(&figures),
        report::work_sheet(&lines),
    ];
    if !args.json {
        return give(&sheets, &notes, args.out.as_deref());
    }
    println!("{}", serde_json::to_string(&figures).unwrap_or_default());
    save(&sheets, &notes, args.out.as_deref())
}

fn checked(service: &Service, args: &MonitorArgs) -> Result<Vec<Sheet>, ExchangeError> {
    let quarter = args
        .quarter
        .unwrap_or_else(|| Quarter::of(service.now().on()));
    let (banner, officer) = (args.banner, args.officer.clone());
    service.transact("monitoring.start", move |service, tx| {
        let actor = auth::officer_actor(tx, &officer)?;
        run::start(tx, &actor, banner, quarter, service.now())
    })?;
    let bar = ProgressBar::new_spinner();
    while !run::carry_on(service, banner, quarter)? {
        bar.inc(run::PAGE_RATINGS as u64);
        bar.set_message(bar.position().to_string());
    }
    bar.finish_and_clear();
    let found = service.store.read(|c| {
        let actor = auth::officer_actor(c, &args.officer)?;
        desk::run(c, &actor, banner, quarter)
    })?;
    Ok(report::check_sheets(&found))
}

fn annual(
    service: &Service,
    args: &MonitorArgs,
    year: i16,
) -> Result<(Vec<Sheet>, Vec<String>), ExchangeError> {
    let found = service.store.read(|c| {
        let actor = auth::officer_actor(c, &args.officer)?;
        report::annual(service, c, &actor, args.banner, year)
    })?;
    let notes = report::notes(found.validation.as_ref());
    Ok((report::annual_sheets(&found), notes))
}

fn give(sheets: &[Sheet], notes: &[String], out: Option<&Path>) -> Result<(), ExchangeError> {
    for sheet in sheets {
        println!("{}\n{}", sheet.title, table(sheet));
    }
    for note in notes {
        println!("{note}");
    }
    save(sheets, notes, out)
}

fn save(sheets: &[Sheet], notes: &[String], out: Option<&Path>) -> Result<(), ExchangeError> {
    let Some(path) = out else {
        return Ok(());
    };
    let bytes = report::workbook(sheets, notes)?;
    std::fs::write(path, bytes).map_err(|source| ExchangeError::File {
        path: path.display().to_string(),
        source,
    })
}

fn table(sheet: &Sheet) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(sheet.heads.iter().map(|(head, _)| head));
    for row in &sheet.rows {
        table.add_row(row);
    }
    table
}
