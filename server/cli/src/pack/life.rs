//! The way of a file into force, at the server itself: like `itgel import`, these commands work on
//! the database, also beside a running server.

use std::path::PathBuf;

use indicatif::ProgressBar;
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::policy::Actor;
use itgel_server::keys::ServerKeys;
use itgel_server::rules::{self, ActivateRequest, NewRuleFile, RuleFileView, RuleState};
use itgel_server::{Service, auth, shadow, store};

use super::{PackCommandError, print, read, write};
use crate::{clock, serve};

/// Files that are read at once.
const PAGE: u32 = 200;

/// Which server, and as whom.
#[derive(clap::Args, Debug)]
struct At {
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    config: PathBuf,
    /// The officer who does it.
    #[arg(long = "as", value_name = "OFFICER")]
    officer: OfficerId,
}

#[derive(clap::Args, Debug)]
pub(super) struct Propose {
    /// The rule pack or parameter table (TOML).
    file: PathBuf,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
pub(super) struct Shadow {
    /// The proposed file.
    hash: Hash,
    /// Write what would change as a workbook.
    #[arg(long)]
    xlsx: Option<PathBuf>,
    /// Write what would change as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Print the last run instead of running again.
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
pub(super) struct Activate {
    /// The proposed file.
    hash: Hash,
    /// Reference of the impact assessment of personal information.
    #[arg(long, value_name = "REFERENCE")]
    impact: String,
    /// The file in force whose place it takes.
    #[arg(long, value_name = "HASH")]
    replaces: Option<Hash>,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
pub(super) struct Withdraw {
    /// The proposed file.
    hash: Hash,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    at: At,
}

pub(super) fn propose(args: &Propose) -> Result<(), PackCommandError> {
    let (service, actor) = open(&args.at)?;
    let name = args.file.file_name().unwrap_or_default();
    let text = String::from_utf8(read(&args.file)?);
    let file = NewRuleFile {
        name: name.to_string_lossy().into_owned(),
        text: text.map_err(|_| PackCommandError::Usage("the file is not UTF-8"))?,
    };
    let proposed = rules::propose(&service, &actor, &file, service.now())?;
    list_of(std::slice::from_ref(&proposed));
    println!(
        "next: itgel pack shadow {} --as {}",
        proposed.hash, actor.officer
    );
    Ok(())
}

pub(super) fn shadow(args: &Shadow) -> Result<(), PackCommandError> {
    let (service, actor) = open(&args.at)?;
    if !args.show {
        let bar = ProgressBar::new(0);
        shadow::begin(&service, &actor, &args.hash)?;
        shadow::finish(&service, &args.hash, shadow::PAGE, &mut |progress| {
            bar.set_length(progress.expected);
            bar.set_position(progress.done);
        })?;
        bar.finish_and_clear();
    }
    let view = service
        .store
        .read(|c| shadow::view(c, &actor, &args.hash))?;
    let (run, divisions, pack) = service.store.read(|c| {
        let run = store::shadow::get(c, &args.hash)?;
        let divisions = store::shadow::list_divisions(c, &args.hash, None)?;
        let pack = service.rules.find_pack(c, &args.hash)?;
        Ok::<_, itgel_server::ServiceError>((run, divisions.into_iter().collect(), pack))
    })?;
    if let Some(run) = &run {
        let counted = &run.migration;
        let told = print::migration(&view.migration, counted, &divisions, pack.as_deref());
        print!("{told}");
    }
    if !view.is_current || !view.is_finished {
        println!("this run does not serve an activation: run it again");
    }
    if let Some(path) = &args.json {
        write(path, serde_json::json!(view).to_string().as_bytes())?;
    }
    if let Some(path) = &args.xlsx {
        write(path, &shadow::workbook(&service, &actor, &args.hash)?)?;
    }
    Ok(())
}

pub(super) fn activate(args: &Activate) -> Result<(), PackCommandError> {
    let (service, actor) = open(&args.at)?;
    let request = ActivateRequest {
        impact: args.impact.clone(),
        replaces: args.replaces,
    };
    let active = rules::activate(&service, &actor, &args.hash, &request, service.now())?;
    list_of(&[active]);
    Ok(())
}

pub(super) fn withdraw(args: &Withdraw) -> Result<(), PackCommandError> {
    let (service, actor) = open(&args.at)?;
    let withdrawn = rules::withdraw(&service, &actor, &args.hash, service.now())?;
    list_of(&[withdrawn]);
    Ok(())
}

pub(super) fn list(args: &List) -> Result<(), PackCommandError> {
    let (service, actor) = open(&args.at)?;
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = service
            .store
            .read(|c| rules::list(c, &actor, &after, PAGE))?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.hash.to_string();
        all.extend(page);
    }
    all.sort_by(|a: &RuleFileView, b| (&a.name, a.valid_from).cmp(&(&b.name, b.valid_from)));
    list_of(&all);
    Ok(())
}

fn list_of(files: &[RuleFileView]) {
    let mut table = print::new_table();
    table.set_header([
        "file",
        "state",
        "from",
        "to",
        "proposed",
        "activated",
        "hash",
    ]);
    for file in files {
        let by = |officer: &Option<OfficerId>| match (officer, file.first_setup) {
            (Some(officer), _) => officer.to_string(),
            (None, true) => "first setup".to_owned(),
            (None, false) => String::new(),
        };
        let state = match file.state {
            RuleState::Proposed => "proposed",
            RuleState::Active => "active",
            RuleState::Withdrawn => "withdrawn",
        };
        let last = file.ends_on.or(file.valid_to);
        table.add_row([
            file.name.clone(),
            state.to_owned(),
            file.valid_from.to_string(),
            last.map(|day| day.to_string()).unwrap_or_default(),
            by(&file.proposed_by),
            by(&file.activated_by),
            file.hash.to_string(),
        ]);
    }
    println!("{table}");
}

/// The service and the officer as what is granted to them now.
fn open(at: &At) -> Result<(Service, Actor), PackCommandError> {
    let config = serve::read(&at.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let actor = service
        .store
        .read(|c| auth::officer_actor(c, &at.officer))?;
    Ok((service, actor))
}
