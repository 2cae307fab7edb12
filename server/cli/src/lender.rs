//! `itgel lender`: contracts with lenders as they stand, and the public keys of their machines. A
//! contract itself comes in as a table: `itgel import lenders`.

use std::path::{Path, PathBuf};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::LenderId;
use itgel_domain::time::AtMs;
use itgel_server::ServiceError;
use itgel_server::auth::key;
use itgel_server::lending::{self, ComparedKey, ContractView, KeyView, NewLenderKey};
use itgel_text::{self as text, Lang};

use crate::import::{At, ImportError, open};

/// Look at contracts with lenders, and let keys of their machines serve or end.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List the lenders with their contracts and keys.
    List(At),
    /// Hand in the public key of a lender's machine; it serves once another officer confirms it.
    Key(Key),
    /// Confirm a key with the fingerprint that the lender told you, as another officer than the one
    /// who handed it in. The keys before it end after thirty days.
    Confirm(OfKey),
    /// End a key at once.
    EndKey(OfKey),
    /// Print the fingerprint of a public key.
    Fingerprint(File),
}

#[derive(clap::Args, Debug)]
struct Key {
    /// The lender's number.
    lender: LenderId,
    #[command(flatten)]
    file: File,
    #[command(flatten)]
    at: At,
}

#[derive(clap::Args, Debug)]
struct File {
    /// The public key, PEM, as `openssl pkey -pubout` writes it.
    file: PathBuf,
}

#[derive(clap::Args, Debug)]
struct OfKey {
    /// The lender's number.
    lender: LenderId,
    /// SHA-256 of the key as DER: what `openssl pkey -pubin -outform DER | openssl dgst -sha256`
    /// gives the lender.
    fingerprint: String,
    #[command(flatten)]
    at: At,
}

/// Runs the command.
///
/// # Errors
/// [`ImportError`] of the file, the settings, the officer or the database.
pub fn run(args: &Args) -> Result<(), ImportError> {
    match &args.command {
        Command::List(at) => list(at),
        Command::Key(args) => enter(args),
        Command::Confirm(args) => confirm(args),
        Command::EndKey(args) => end(args),
        Command::Fingerprint(args) => {
            let key = key::from_pem(&read(&args.file)?);
            let key = key.ok_or(ServiceError::from(ErrorCode::LenderKeyInvalid))?;
            println!("{}", key::fingerprint(&key));
            Ok(())
        }
    }
}

fn list(at: &At) -> Result<(), ImportError> {
    let (service, actor) = open(at)?;
    let lenders = service.store.read(|c| lending::lenders(c, &actor))?;
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["机构编号", "机构名称", "合同", "接口公钥"]);
    let now = service.now();
    for lender in lenders {
        let contracts: Vec<String> = lender.contracts.iter().map(contract).collect();
        let keys: Vec<String> = lender.keys.iter().map(|one| shown(one, now)).collect();
        let name = lender.name;
        table.add_row([
            lender.lender.to_string(),
            name,
            contracts.join("\n"),
            keys.join("\n"),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn contract(contract: &ContractView) -> String {
    let to = contract.valid_to.map(|day| day.to_string());
    let purposes = contract.purposes.iter();
    let purposes: Vec<String> = purposes
        .map(|one| text::purpose(Lang::ZhCn, *one))
        .collect();
    format!(
        "{} – {}  {}  {}  每日 {}",
        contract.valid_from,
        to.unwrap_or_default(),
        contract.division,
        purposes.join("、"),
        contract.daily_quota
    )
}

fn shown(key: &KeyView, now: AtMs) -> String {
    let fingerprint = key.fingerprint.as_deref().unwrap_or("待第二人核对指纹");
    let end = match key.ends_at_ms {
        Some(at) if at <= now.0 => "  已停用".to_owned(),
        Some(at) => format!("  {} 停用", AtMs(at).on()),
        None => String::new(),
    };
    let by = key.confirmed_by.as_ref();
    let by = by.map_or_else(String::new, |other| format!("、{other}"));
    format!("{fingerprint}  {}{by}{end}", key.entered_by)
}

fn enter(args: &Key) -> Result<(), ImportError> {
    let new = NewLenderKey {
        public_key: read(&args.file.file)?,
    };
    let (service, actor) = open(&args.at)?;
    let lender = args.lender.clone();
    let key = service.transact("lender.key_entered", move |s, tx| {
        lending::enter_key(tx, &actor, &lender, &new, s.now())
    })?;
    println!("{}", key.fingerprint.unwrap_or_default());
    println!(
        "let it serve: itgel lender confirm {} FINGERPRINT --as OTHER",
        args.lender
    );
    Ok(())
}

fn confirm(args: &OfKey) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let lender = args.lender.clone();
    let compared = ComparedKey {
        fingerprint: args.fingerprint.clone(),
    };
    let serves = service.transact("lender.key_confirmed", move |s, tx| {
        lending::confirm_key(tx, &actor, &lender, &compared, s.now())
    })?;
    match serves {
        true => {
            println!("the key serves from now on");
            Ok(())
        }
        false => Err(ServiceError::from(ErrorCode::LenderKeyUnknown).into()),
    }
}

fn end(args: &OfKey) -> Result<(), ImportError> {
    let (service, actor) = open(&args.at)?;
    let (lender, fingerprint) = (args.lender.clone(), args.fingerprint.clone());
    service.transact("lender.key_ended", move |s, tx| {
        lending::end_key(tx, &actor, &lender, &fingerprint, s.now())
    })?;
    Ok(())
}

fn read(path: &Path) -> Result<String, ImportError> {
    std::fs::read_to_string(path).map_err(|source| ImportError::File {
        path: path.display().to_string(),
        source,
    })
}
