//! `itgel self-view`: the own file of a person who stands at the counter, printed or as JSON
//! (`docs/rights.md`). Works on the database of the server, which may be running.

use std::path::PathBuf;

use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::rights::{Asking, IdentityCheck, Relation, RightKind};
use itgel_server::keys::ServerKeys;
use itgel_server::rights::desk::{self, TakeRequest};
use itgel_server::rights::{page, view};
use itgel_server::{Service, ServiceError, auth, html};
use itgel_text::Lang;

use crate::clock;
use crate::refusal;
use crate::serve::{self, ServeError};

/// Print everything that is held about a subject, for the person who asks for it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Whose file.
    pub subject: SubjectId,
    /// The file to write: a page, or JSON if it ends in `.json`.
    pub out: PathBuf,
    /// The settings, as `itgel init` wrote them.
    #[arg(long, env = "ITGEL_CONFIG")]
    pub config: PathBuf,
    /// The officer at the counter.
    #[arg(long = "as", value_name = "OFFICER")]
    pub officer: OfficerId,
    /// Who asks, by the role in the household.
    #[arg(long, default_value = "head")]
    pub person: String,
    /// How the officer made sure: `id_card`, `household_booklet`, `other_document`.
    #[arg(long)]
    pub checked: IdentityCheck,
    /// `zh-CN`, `mn-Mong` or `en`.
    #[arg(long, default_value = "zh-CN")]
    pub language: Lang,
}

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub enum SelfViewError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The service.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// The file cannot be written.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// Runs the command. The request and its reading are on record, as at the counter.
///
/// # Errors
/// [`SelfViewError`].
pub fn run(args: &Args) -> Result<(), SelfViewError> {
    let config = serve::read(&args.config)?;
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config, keys, clock::system())?;
    let is_json = args.out.extension().is_some_and(|ext| ext == "json");
    let request = TakeRequest {
        subject: args.subject.clone(),
        asking: Asking {
            kind: if is_json {
                RightKind::Transfer
            } else {
                RightKind::Access
            },
            person: args.person.clone(),
            relation: Relation::Own,
            proof: None,
            checked: args.checked,
            words: String::new(),
            case: None,
            record: None,
        },
    };
    let officer = args.officer.clone();
    let seen = service.transact("rights.self_view", move |service, tx| {
        let actor = auth::officer_actor(tx, &officer)?;
        let now = service.now();
        let taken = desk::take(service, tx, &actor, &request, now)?;
        view::read(service, tx, &actor, &taken.id, now)
    })?;
    let text = match is_json {
        true => serde_json::to_string_pretty(&seen)
            .map_err(|e| ServiceError::caused("a self-view", e))?,
        false => html::standalone(&page::self_view(&seen, args.language)),
    };
    std::fs::write(&args.out, text).map_err(|source| SelfViewError::File {
        path: args.out.display().to_string(),
        source,
    })?;
    println!("written to  {}", args.out.display());
    Ok(())
}
