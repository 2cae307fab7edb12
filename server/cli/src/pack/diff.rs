//! `itgel pack diff`: what differs between two files of rules, and on a banner who would move.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use itgel_domain::assess::{Columns, Inputs};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::SubjectId;
use itgel_domain::migration::{Detail, IndicatorPoints, Judged, Local, Migration};
use itgel_domain::pack::{Parameters, RulePack, rule_changes, shipped};
use itgel_domain::subject::SubjectKind;
use itgel_fixtures::{Banner, SampleSize, inputs};
use itgel_server::keys::ServerKeys;
use itgel_server::shadow::{self, MigrationView};
use itgel_server::{Service, ServiceError, store};

use super::{PackCommandError, print, read, write};
use crate::{clock, serve};

/// The parameter table of the sample banner.
const SAMPLE_PARAMETERS: &str = "150623-2026";

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The file that holds now; a shipped one by its name alone.
    a: PathBuf,
    /// The file that would.
    b: PathBuf,
    /// Who would move among the current standings of a server: its settings.
    #[arg(long, visible_alias = "config", value_name = "SETTINGS")]
    database: Option<PathBuf>,
    /// Within this division only.
    #[arg(long, requires = "database")]
    division: Option<DivisionCode>,
    /// Who would move among so many invented households of the sample banner.
    #[arg(long, conflicts_with = "database", value_name = "HOUSEHOLDS")]
    sample: Option<u32>,
    /// Write everything as a workbook.
    #[arg(long)]
    xlsx: Option<PathBuf>,
    /// Write everything as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What was compared on a banner.
struct Compared {
    migration: Migration,
    divisions: BTreeMap<DivisionCode, Local>,
    shown: MigrationView,
}

pub(super) fn run(args: &Args) -> Result<(), PackCommandError> {
    let (a, b) = (Side::read(&args.a)?, Side::read(&args.b)?);
    let changes = rule_changes((&a.name, &a.bytes), (&b.name, &b.bytes))?;
    print!("{}", print::changes(&changes));
    let compared = match (&args.database, args.sample) {
        (Some(settings), _) => Some(on_database(args, settings, &a, &b)?),
        (None, Some(households)) => Some(on_sample(households, &a, &b)?),
        (None, None) => None,
    };
    let Some(compared) = compared else {
        return match args.xlsx.is_some() || args.json.is_some() {
            true => Err(PackCommandError::Usage("name --database or --sample too")),
            false => Ok(()),
        };
    };
    let pack = b.pack()?;
    let Compared {
        migration,
        divisions,
        shown,
    } = compared;
    print!(
        "{}",
        print::migration(&shown, &migration, &divisions, Some(&pack))
    );
    if let Some(path) = &args.json {
        let all = serde_json::json!({ "changes": changes, "migration": shown,
            "divisions": divisions.iter().map(|(division, local)| {
                serde_json::json!({ "division": division, "matrix": local.matrix,
                    "causes": local.top_causes() })
            }).collect::<Vec<_>>() });
        write(path, all.to_string().as_bytes())?;
    }
    if let Some(path) = &args.xlsx {
        let about = [format!("{} → {}", a.name, b.name)];
        let book = shadow::workbook_of(&about, Some(&pack), &shown, &migration, divisions)?;
        write(path, &book)?;
    }
    Ok(())
}

fn on_database(
    args: &Args,
    settings: &Path,
    a: &Side,
    b: &Side,
) -> Result<Compared, PackCommandError> {
    let (base, candidate) = (Arc::new(a.pack()?), Arc::new(b.pack()?));
    let config = serve::read(settings)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let mut found = shadow::Preview::default();
    let bar = ProgressBar::new(0);
    for within in banners(&service, args.division)? {
        let part = shadow::preview(&service, &base, &candidate, within, &mut |progress| {
            bar.set_length(progress.expected);
            bar.set_position(progress.done);
        })?;
        found.migration.join(&part.migration);
        found.divisions.extend(part.divisions);
    }
    bar.finish_and_clear();
    let shown = service.store.read(|connection| {
        let name = |id: &SubjectId| shadow::named_in(connection, id);
        shadow::migration_view(&found.migration, &name)
    })?;
    Ok(Compared {
        migration: found.migration,
        divisions: found.divisions,
        shown,
    })
}

/// The division that was named, or every banner of the server.
fn banners(
    service: &Service,
    named: Option<DivisionCode>,
) -> Result<Vec<DivisionCode>, ServiceError> {
    if let Some(division) = named {
        return Ok(vec![division]);
    }
    let today = service.now().on();
    let all = service
        .store
        .read(|c| store::division::list_level(c, DivisionLevel::County, today))?;
    Ok(all.into_iter().map(|banner| banner.code).collect())
}

fn on_sample(households: u32, a: &Side, b: &Side) -> Result<Compared, PackCommandError> {
    let (base, candidate) = (Arc::new(a.pack()?), Arc::new(b.pack()?));
    let rates = |pack: &RulePack| pack.subject_kinds.contains(&SubjectKind::Household);
    let table = shipped::rules().find_parameters(SAMPLE_PARAMETERS);
    let (true, true, Some(table)) = (rates(&base), rates(&candidate), table) else {
        let message = "the sample has households alone: compare packs that rate them";
        return Err(PackCommandError::Usage(message));
    };
    let banner = Banner::draw(SampleSize {
        households,
        seed: 7,
    })?;
    let collector = "collector-0".parse();
    let collector = collector.map_err(|_| PackCommandError::Usage("the sample's collector"))?;
    let today = clock::system()().on();
    let drawn = inputs::of_banner(&banner, today, &collector, (&base, &table));
    let mut migration = Migration::default();
    let mut divisions: BTreeMap<DivisionCode, Local> = BTreeMap::new();
    let alike = base.measures_like(&candidate);
    for household in &drawn {
        let before = Columns::of(&household.inputs);
        let other = (!alike).then(|| {
            Columns::of(&Inputs {
                pack: Arc::clone(&candidate),
                ..household.inputs.clone()
            })
        });
        let after = other.as_ref().unwrap_or(&before);
        let both = Judged::of_columns(&base, &before).zip(Judged::of_columns(&candidate, after));
        let Some((old, new)) = both else {
            continue;
        };
        let causes = migration.add(&household.subject.id, &old, &new, || {
            Detail::of_columns(&base, &before).zip(Detail::of_columns(&candidate, after))
        });
        migration.add_points(
            &IndicatorPoints::of_columns(&base, &before),
            &IndicatorPoints::of_columns(&candidate, after),
        );
        let home = divisions.entry(household.subject.division).or_default();
        home.add(&old, &new, &causes);
    }
    let codes: BTreeMap<&SubjectId, String> = drawn
        .iter()
        .map(|one| {
            let home = &one.subject;
            (&home.id, format!("{} {}", home.division, home.local_code))
        })
        .collect();
    let name = |id: &SubjectId| Ok(codes.get(id).cloned().unwrap_or_default());
    let shown: Result<MigrationView, PackCommandError> = shadow::migration_view(&migration, &name);
    Ok(Compared {
        migration,
        divisions,
        shown: shown?,
    })
}

/// A file that is compared.
struct Side {
    name: String,
    bytes: Vec<u8>,
}

impl Side {
    /// A shipped file is found by its name where there is no such file.
    fn read(path: &Path) -> Result<Self, PackCommandError> {
        let name = path.display().to_string();
        let mut all = shipped::PACKS.iter().chain(shipped::PARAMETERS);
        let shipped = all.find(|(known, _)| *known == name);
        let bytes = match shipped {
            Some((_, text)) if !path.exists() => text.as_bytes().to_vec(),
            _ => read(path)?,
        };
        Ok(Self { name, bytes })
    }

    fn pack(&self) -> Result<RulePack, PackCommandError> {
        if Parameters::is_named_in(&String::from_utf8_lossy(&self.bytes)) {
            let message = "who moves is told of packs; a parameter table is proposed and run in \
                           shadow";
            return Err(PackCommandError::Usage(message));
        }
        Ok(RulePack::parse(&self.name, &self.bytes)?)
    }
}
