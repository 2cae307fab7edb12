//! `itgel`: the one command of the server, the rules and the demo.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use itgel::{
    assess, audit, backup, bundle, demo, dictionary, evidence, exchange, import, init, keys, land,
    lender, line, monitor, pack, quarantine, recompute, refusal, rights, serve, status,
};

/// The server lives on small short-lived values: texts of an assessment, rows, envelopes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 牧信 Itgel: offline-first credit assessment for herders and farmers.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make keys, settings and database of a new server.
    Init(init::Args),
    /// Run the server.
    Serve(serve::Args),
    /// Walk the sample banner from the doorstep to a lender's report, on this machine.
    Demo(demo::Args),
    /// Assess one subject from a file.
    Assess(assess::Args),
    /// Compute a lender's reference line from a file.
    Line(line::Args),
    /// Check, compare and bring into force rule packs.
    Pack(pack::Args),
    /// Import tables of officials.
    Import(import::Args),
    /// Look at contracts with lenders, and let keys of their machines serve or end.
    Lender(lender::Args),
    /// Hand the server's signing keys on.
    Keys(keys::Args),
    /// Export the evidence of who signed an envelope.
    Evidence(evidence::ExportArgs),
    /// Check the evidence of who signed an envelope.
    CheckEvidence(evidence::CheckArgs),
    /// Look at the registers of land.
    Land(land::Args),
    /// Look at what was set aside on its way in, and decide about it.
    Quarantine(quarantine::Args),
    /// Give the special-topic database to a recipient.
    Export(exchange::ExportArgs),
    /// Take exports in.
    Exchange(exchange::Args),
    /// Check the log against everything that it speaks of.
    Audit(audit::Args),
    /// Show how the server stands, in figures.
    Status(status::Args),
    /// Recompute every stored rating and title.
    Recompute(recompute::Args),
    /// Write an encrypted backup of the database.
    Backup(backup::BackupArgs),
    /// Make the database out of a backup.
    Restore(backup::RestoreArgs),
    /// Take what a device brought as a file, and write the answer.
    Bundle(bundle::Args),
    /// Print what is held about a subject, for the person at the counter.
    SelfView(rights::Args),
    /// Check a banner's ratings in effect for a quarter.
    Monitor(monitor::MonitorArgs),
    /// Hold a campaign's ratings against what became of them.
    Validate(monitor::ValidateArgs),
    /// Print the data dictionary.
    Dictionary,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Init(args) => init::run(&args).map_err(Into::into),
        Command::Serve(args) => serve::run(&args).map_err(Into::into),
        Command::Demo(args) => demo::run(&args).map_err(Into::into),
        Command::Assess(args) => assess::run(&args).map_err(Into::into),
        Command::Line(args) => line::run(&args).map_err(Into::into),
        Command::Pack(args) => pack::run(&args).map_err(Into::into),
        Command::Import(args) => import::run(&args).map_err(Into::into),
        Command::Lender(args) => lender::run(&args).map_err(Into::into),
        Command::Keys(args) => keys::run(&args).map_err(Into::into),
        Command::Evidence(args) => evidence::export(&args).map_err(Into::into),
        Command::CheckEvidence(args) => evidence::check(&args).map_err(Into::into),
        Command::Land(args) => land::run(&args).map_err(Into::into),
        Command::Quarantine(args) => quarantine::run(&args).map_err(Into::into),
        Command::Export(args) => exchange::export(&args).map_err(Into::into),
        Command::Exchange(args) => exchange::run(&args).map_err(Into::into),
        Command::Audit(args) => audit::run(&args).map_err(Into::into),
        Command::Status(args) => status::run(&args).map_err(Into::into),
        Command::Recompute(args) => recompute::run(&args).map_err(Into::into),
        Command::Backup(args) => backup::take(&args).map_err(Into::into),
        Command::Restore(args) => backup::restore(&args).map_err(Into::into),
        Command::Bundle(args) => bundle::run(&args).map_err(Into::into),
        Command::SelfView(args) => rights::run(&args).map_err(Into::into),
        Command::Monitor(args) => monitor::monitor(&args).map_err(Into::into),
        Command::Validate(args) => monitor::validate(&args).map_err(Into::into),
        Command::Dictionary => {
            dictionary::run();
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

type AnyError = Box<dyn std::error::Error>;

fn report(error: &AnyError) {
    eprintln!("{}", refusal::report(error.as_ref()));
}
