//! `itgel demo`: the main job, whole and real, on this machine.
//!
//! A fresh database with the sample banner; the server as a child process; field devices that
//! capture, seal and synchronise through a link that breaks; the office; a lender; and a table.
//! Nothing here has a way into the server but its interface.

mod field;
mod lender;
mod link;
mod office;
pub mod plan;
mod server;
mod summary;
pub mod year;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use itgel_device::Argon2Cost;
use itgel_domain::case::cycle::Cycle;
use itgel_fixtures::SampleSize;
use itgel_server::Service;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_text::{self as text, Lang};
use jiff::civil::Date;

use self::field::{Campaign, Crew, Tally, Total};
use self::lender::{Pulled, Slip};
use self::link::BadLink;
use self::office::People;
use self::plan::{plan, records};
use self::server::ServerProcess;
use self::summary::Lap;
use crate::client::{ClientError, Server};
use crate::clock::{self, Stopwatch};
use crate::init::{self, InitError};
use crate::refusal;
use crate::sample::{self, MakeSampleError, Sample, SampleOrder};

/// The language of the demo.
const LANG: Lang = Lang::ZhCn;

/// Days by which the sample's periods run ahead: seven full days and the longest holidays.
const PERIODS_AHEAD_DAYS: u16 = 25;

/// A connection is cut after so many bytes at the least.
const CUT_AFTER: u64 = 48 * 1024;

/// Walk the sample banner from the doorstep to a lender's report, on this machine.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// End after the table instead of leaving the server running.
    #[arg(long)]
    pub once: bool,
    /// Tell a whole simulated rating year instead, with objections, a disaster, a merger and the
    /// re-rating; the time it takes is the program's.
    #[arg(long)]
    pub year: bool,
    /// Households in the banner.
    #[arg(long, default_value_t = 2_000)]
    pub households: u32,
    /// Field devices.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub devices: u32,
    /// The seed that households are drawn from.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Keep the database and the device stores in this new folder.
    #[arg(long)]
    pub keep: Option<PathBuf>,
}

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder for it.
    #[error("no folder for the demo")]
    Folder(#[source] std::io::Error),
    /// Keys and settings.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The sample.
    #[error(transparent)]
    Sample(#[from] MakeSampleError),
    /// The service, while the sample was made.
    #[error("{}", refusal::of(.0))]
    Service(#[from] itgel_server::ServiceError),
    /// The server process.
    #[error("the server: {0}")]
    Server(String),
    /// A field team.
    #[error("a field team, {0}")]
    Field(
        &'static str,
        #[source] Box<dyn std::error::Error + Send + Sync>,
    ),
    /// The office.
    #[error("the office, {0}")]
    Office(&'static str, #[source] Box<ClientError>),
    /// The lender.
    #[error("the lender")]
    Lender(#[source] ClientError),
    /// The simulated year had another outcome than it should.
    #[error("the year: {0}: {1}")]
    Story(&'static str, String),
    /// No randomness.
    #[error("the system gives no randomness")]
    Randomness(#[from] getrandom::Error),
}

impl DemoError {
    fn field(
        step: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Field(step, source.into())
    }
}

/// Runs the command.
///
/// # Errors
/// [`DemoError`] with the step that could not be done.
pub fn run(args: &Args) -> Result<(), DemoError> {
    let temporary = tempfile::tempdir().map_err(DemoError::Folder)?;
    let folder = args.keep.as_deref().unwrap_or_else(|| temporary.path());
    if args.year {
        return year::show(args, folder);
    }
    let today = clock::now().on();
    introduce(args);
    let mut demo = Demo::prepare(args, folder, today)?;
    demo.collect(folder)?;
    let pulled = demo.decide()?;
    demo.show(&pulled)?;
    if !args.once {
        demo.invite(&pulled)?;
        wait_for_the_end()?;
    }
    Ok(())
}

/// A demo under way.
struct Demo {
    // The server is dropped, and so stopped, before its folder is.
    server: ServerProcess,
    base: String,
    sample: Sample,
    cycle: Cycle,
    today: Date,
    laps: Vec<Lap>,
    tally: Tally,
    cuts: u64,
    slips: Vec<Slip>,
    office_boards: Vec<serde_json::Value>,
    bars: MultiProgress,
}

impl Demo {
    /// Keys, an empty database, the sample, and the server on top of it.
    fn prepare(args: &Args, folder: &Path, today: Date) -> Result<Self, DemoError> {
        let bars = MultiProgress::new();
        let bar = spinner(&bars, &text::demo_progress_prepare(LANG));
        let watch = Stopwatch::start();
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
        let listen = free.map_err(DemoError::Folder)?;
        let base = format!("http://{listen}");
        let dir = folder.join("server");
        let config = init::create(&dir, listen, &base, "")?;
        let order = SampleOrder {
            size: SampleSize {
                households: args.households,
                seed: args.seed,
            },
            devices: args.devices,
            observed_on: today,
        };
        let sample = make_sample(&config, order)?;
        let settings = dir.join(init::CONFIG);
        let sample_clock = format!("\n[sample]\nperiods_ahead_days = {PERIODS_AHEAD_DAYS}\n");
        append(&settings, &sample_clock).map_err(DemoError::Folder)?;
        let server = ServerProcess::start(&settings)?;
        bar.finish();
        let lap = Lap {
            name: text::demo_progress_prepare(LANG),
            count: sample.households.len() as u64,
            time: watch.elapsed(),
        };
        Ok(Self {
            server,
            base,
            cycle: sample.banner.cycle(today),
            sample,
            today,
            laps: vec![lap],
            tally: Tally::default(),
            cuts: 0,
            slips: Vec::new(),
            office_boards: Vec::new(),
            bars,
        })
    }

    /// The field teams capture, seal and synchronise, all at once.
    fn collect(&mut self, folder: &Path) -> Result<(), DemoError> {
        let stores = folder.join("devices");
        std::fs::create_dir_all(&stores).map_err(DemoError::Folder)?;
        let link = BadLink::open(self.server.address(), CUT_AFTER).map_err(DemoError::Folder)?;
        let plan = plan(&self.sample);
        let visits: usize = plan.iter().map(Vec::len).sum();
        let sealed = counter(
            &self.bars,
            &text::demo_progress_collect(LANG),
            visits as u64,
        );
        let received = counter(&self.bars, &text::demo_progress_sync(LANG), records(&plan));
        let campaign = Campaign {
            office: &self.base,
            link: format!("http://{}", link.address()),
            cycle: &self.cycle,
            clock: clock::system(),
            cost: Argon2Cost::FIELD,
            lender: &self.sample.lender,
            folder: &stores,
            sealed: &sealed,
            received: &received,
        };
        let watch = Stopwatch::start();
        // In the office, one after another: stretching a PIN takes memory on purpose.
        let crews: Vec<_> = self
            .sample
            .teams
            .iter()
            .map(|team| Crew::enrol(&campaign, team))
            .collect::<Result<_, _>>()?;
        let campaign = &campaign;
        let mut crews = crews;
        at_once(crews.iter_mut().zip(&plan).map(|(crew, visits)| {
            let first: Vec<_> = visits.iter().filter(|v| !v.is_second).copied().collect();
            move || field::first_visits(campaign, crew, &first)
        }))?;
        let worked = at_once(crews.iter_mut().zip(&plan).map(|(crew, visits)| {
            let second: Vec<_> = visits.iter().filter(|v| v.is_second).copied().collect();
            move || field::second_visits(campaign, crew, &second)
        }))?;
        let total = Total::default();
        let mut slips = Vec::new();
        for team in worked {
            total.add(&team.tally);
            slips.extend(team.slips);
        }
        sealed.finish();
        received.finish();
        self.tally = total.tally();
        self.slips = slips;
        self.cuts = link.cuts();
        self.lap(
            &text::demo_progress_collect(LANG),
            self.tally.visits,
            &watch,
        );
        Ok(())
    }

    /// The office decides, and the lender asks.
    fn decide(&mut self) -> Result<Pulled, DemoError> {
        let server = Server::at(&self.base);
        let people = People::enrol(&server, &self.sample)?;
        let office = people.at(&self.cycle, self.today);
        let households = self.sample.households.len() as u64;
        let bar = counter(&self.bars, &text::demo_progress_review(LANG), households);
        let watch = Stopwatch::start();
        let settled = office.settle()? + office.end_evaluations()?;
        let reviewed = office.review(&bar)?;
        office.publish()?;
        let first = Lap {
            name: text::demo_progress_review(LANG),
            count: reviewed + settled,
            time: watch.elapsed(),
        };
        let watch = Stopwatch::start();
        let approved = office.approve(&bar)?;
        bar.finish();
        let second = Lap {
            name: text::demo_progress_rate(LANG),
            count: approved,
            time: watch.elapsed(),
        };
        let watch = Stopwatch::start();
        let bar = spinner(&self.bars, &text::demo_progress_roll_up(LANG));
        let awarded = office.award()?;
        bar.finish();
        let third = Lap {
            name: text::demo_progress_roll_up(LANG),
            count: awarded,
            time: watch.elapsed(),
        };
        let watch = Stopwatch::start();
        let lender = server
            .lender(self.sample.lender.clone(), &self.sample.lender_key)
            .map_err(DemoError::Lender)?;
        let pulled = lender::pull(&lender, &self.slips, self.today)?;
        self.office_boards = office.boards()?;
        self.laps.extend([first, second, third]);
        self.lap(&text::demo_progress_report(LANG), 1, &watch);
        Ok(pulled)
    }

    /// The tables.
    fn show(&self, pulled: &Pulled) -> Result<(), DemoError> {
        // The bars are behind us; what follows is the result.
        self.bars.clear().map_err(DemoError::Folder)?;
        println!(
            "\n{}\n{}",
            text::demo_table_gachas(LANG),
            summary::gachas(&self.office_boards)
        );
        println!(
            "\n{}\n{}",
            text::demo_table_sumus(LANG),
            summary::sumus(&self.office_boards)
        );
        println!(
            "\n{}\n{}",
            text::demo_table_time(LANG),
            summary::times(&self.laps)
        );
        println!(
            "\n{}",
            text::demo_field_work(
                LANG,
                self.tally.visits,
                self.tally.values,
                self.tally.ballots,
                self.tally.received,
                self.tally.set_aside,
            )
        );
        println!(
            "{}",
            text::demo_links(
                LANG,
                self.cuts,
                self.tally.failed_syncs,
                self.server.restarts()
            )
        );
        if let (Some(server), Some(own)) = (
            self.server.peak_memory(),
            server::peak_memory("/proc/self/status"),
        ) {
            println!("{}", text::demo_memory(LANG, server >> 20, own >> 20));
        }
        let report = &pulled.report;
        println!(
            "{}",
            text::demo_report_pulled(
                LANG,
                report["issue"]["report"].as_str().unwrap_or("?"),
                report["rating"]["grade"].as_str().unwrap_or("?"),
            )
        );
        Ok(())
    }

    /// What to open and to try while the server still runs.
    fn invite(&self, pulled: &Pulled) -> Result<(), DemoError> {
        let server = Server::at(&self.base);
        let lender = server
            .lender(self.sample.lender.clone(), &self.sample.lender_key)
            .map_err(DemoError::Lender)?;
        let token = lender.token().map_err(DemoError::Lender)?;
        println!("\n{}", text::demo_next_title(LANG));
        println!("  {}", text::demo_next_open(LANG, &self.base));
        println!("  {}", text::demo_next_curl(LANG));
        println!(
            "  curl -s {}/v1/credit-reports -H 'authorization: Bearer {token}' \\\n    -H 'content-type: application/json' \\\n    -d '{{\"authorisation\":\"{}\",\"purpose\":\"loan_decision\"}}'",
            self.base, pulled.authorisation
        );
        println!("  curl -s {}/v1/log/checkpoint", self.base);
        if let Some(pid) = self.server.pid() {
            println!("  {}", text::demo_next_kill(LANG, pid));
        }
        println!("  {}", text::demo_next_stop(LANG));
        Ok(())
    }

    fn lap(&mut self, name: &str, count: u64, watch: &Stopwatch) {
        self.laps.push(Lap {
            name: name.to_owned(),
            count,
            time: watch.elapsed(),
        });
    }
}

fn introduce(args: &Args) {
    println!("{}", text::demo_title(LANG));
    println!("{}", text::demo_synthetic(LANG));
    println!("{}", text::demo_seed(LANG, args.seed));
}

/// The database is made in this process and closed again before the server opens it.
fn make_sample(config: &Config, order: SampleOrder) -> Result<Sample, DemoError> {
    let keys = ServerKeys::read(&config.keys)?;
    let service = Service::open(config.clone(), keys, clock::system())?;
    Ok(sample::make(&service, order)?)
}

/// Runs every piece of work on a thread of its own and waits for all.
fn at_once<T: Send>(
    work: impl Iterator<Item = impl FnOnce() -> Result<T, DemoError> + Send>,
) -> Result<Vec<T>, DemoError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = work.map(|piece| scope.spawn(piece)).collect();
        let ended = |_| DemoError::Server("a team's thread ended".into());
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(ended)?)
            .collect()
    })
}

fn append(path: &Path, more: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    std::fs::OpenOptions::new()
        .append(true)
        .open(path)?
        .write_all(more.as_bytes())
}

fn spinner(bars: &MultiProgress, message: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

fn counter(bars: &MultiProgress, message: &str, length: u64) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(length));
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(message.to_owned());
    bar
}

fn wait_for_the_end() -> Result<(), DemoError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(DemoError::Folder)?;
    runtime
        .block_on(tokio::signal::ctrl_c())
        .map_err(DemoError::Folder)
}
