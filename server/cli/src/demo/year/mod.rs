//! A simulated rating year of the sample banner, told step by step: what a banner lives through
//! from the first visit to the re-rating, with synthetic people.
//!
//! Everything goes through the interfaces that real offices, officers and lenders have: devices
//! with their library, HTTP, tables to be imported. Only time is not real: the server stands in
//! this process under a clock that the story moves ([`Hosted`]). Each chapter checks what it has
//! brought about, and the story ends with an error where something else came out. The test of
//! the whole year and `itgel demo --year` tell the same story.

mod loans;
mod merger;
mod next;
mod objections;
mod offices;
mod organisations;
mod proof;
mod season;
mod show;
mod tables;
mod titles;

use std::path::Path;
use std::sync::Arc;

use indicatif::ProgressBar;
use itgel_device::Argon2Cost;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::subject::Grade;
use itgel_fixtures::{Banner, Organisation, SampleSize};
use itgel_text::{self as text, Lang};
use jiff::civil::{Date, date};

use super::DemoError;
use super::field::Crew;
use super::office::{Office, People};
use crate::client::Server;
use crate::hosted::{HostError, Hosted};
use crate::sample::{self, MakeSampleError, Sample, SampleOrder};

pub use self::proof::Proof;
pub(super) use self::show::show;
pub use self::titles::TitleFates;

/// The language of the story.
const LANG: Lang = super::LANG;

/// The day on which it begins: the autumn campaign, when the lambs are sold.
const FIRST_DAY: Date = date(2026, 9, 7);

/// How large a year.
#[derive(Debug, Clone)]
pub struct YearOrder {
    /// Households in the whole banner, and the seed.
    pub size: SampleSize,
    /// Only these townships of it; all if empty. The last one has had a drought.
    pub townships: Vec<DivisionCode>,
    /// Field devices.
    pub devices: u32,
    /// What stretching a PIN costs.
    pub cost: Argon2Cost,
}

/// Who tells the story to somebody.
pub trait Teller {
    /// Something has happened.
    fn say(&mut self, on: Date, line: &str);
    /// Something takes a while.
    fn bar(&mut self, message: &str, length: u64) -> ProgressBar;
}

/// What a year brought, in figures.
#[derive(Debug, Clone, Default)]
pub struct Year {
    /// Sealed visits of the first campaign.
    pub visits: u64,
    /// Organisations that were rated beside the households.
    pub organisations: u64,
    /// Values on which officers disagreed, settled by a third person.
    pub settled: u64,
    /// What a rule found doubtful about a visit or an evaluation, and a person settled.
    pub doubts: u64,
    /// Households told on the board or alone.
    pub published: u64,
    /// Last day of the publicity, and what it would be without the holidays.
    pub period: Option<(Date, Date)>,
    /// The grade of an objector who was right, before and after.
    pub upheld: Option<(Grade, Grade)>,
    /// The grade of an objector who was not: it stays.
    pub rejected: Option<Grade>,
    /// Ratings that took effect in the first campaign.
    pub effective: u64,
    /// The score of a household without a record, with it, and after its repair, in hundredths.
    pub repair: Option<(i64, i64, i64)>,
    /// Households that were computed anew once the drought was declared, and how many of them
    /// have a better score for it.
    pub disaster: Option<(u64, u64)>,
    /// Households that moved on into the merged gacha.
    pub merged: u64,
    /// What became of titles.
    pub titles: TitleFates,
    /// Ratings that a newer one superseded.
    pub superseded: u64,
    /// What was proved at the end.
    pub proof: Proof,
}

/// Tells the story in a new folder.
///
/// # Errors
/// [`DemoError`] with the step that cannot be done, or that had another outcome.
pub fn tell(order: &YearOrder, folder: &Path, teller: &mut dyn Teller) -> Result<Year, DemoError> {
    let mut story = Story::begin(order, folder, teller)?;
    story.enter_organisations()?;
    story.collect()?;
    story.visit_organisations()?;
    story.settle()?;
    story.settle_doubts()?;
    story.publish()?;
    story.object()?;
    story.take_effect()?;
    story.decide_objections()?;
    story.declare_drought()?;
    story.repair()?;
    story.award()?;
    story.merge()?;
    story.check_titles()?;
    story.rate_again()?;
    story.keep()?;
    story.prove()?;
    Ok(story.year)
}

/// The story under way.
struct Story<'t> {
    // The server is stopped before its folder goes.
    hosted: Hosted,
    server: Server,
    sample: Arc<Sample>,
    people: People,
    cycle: Cycle,
    crews: Vec<Crew>,
    cost: Argon2Cost,
    stores: std::path::PathBuf,
    organisations: Vec<Organisation>,
    objections: Vec<objections::Objection>,
    merged: Option<merger::Merged>,
    teller: &'t mut dyn Teller,
    year: Year,
}

impl<'t> Story<'t> {
    /// Keys, an empty database, the sample, and the server on top of it.
    fn begin(
        order: &YearOrder,
        folder: &Path,
        teller: &'t mut dyn Teller,
    ) -> Result<Self, DemoError> {
        let mut hosted = Hosted::prepare(&folder.join("server"), FIRST_DAY)?;
        let mut banner = Banner::draw(order.size).map_err(MakeSampleError::from)?;
        if !order.townships.is_empty() {
            banner = banner.within(&order.townships);
        }
        // The story declares the drought itself.
        banner.is_declared = false;
        let sample_order = SampleOrder {
            size: order.size,
            devices: order.devices,
            observed_on: FIRST_DAY,
        };
        let sample = sample::make_in(&hosted.service, banner, sample_order)?;
        hosted.serve()?;
        let stores = folder.join("devices");
        std::fs::create_dir_all(&stores).map_err(DemoError::Folder)?;
        let server = hosted.server();
        let people = People::enrol(&server, &sample)?;
        let (gachas, households) = (sample.banner.gachas.len(), sample.households.len());
        let line = text::year_begin(LANG, gachas, households, order.devices);
        teller.say(FIRST_DAY, &line);
        Ok(Self {
            cycle: sample.banner.cycle(FIRST_DAY),
            hosted,
            server,
            sample: Arc::new(sample),
            people,
            crews: Vec::new(),
            cost: order.cost,
            stores,
            organisations: Vec::new(),
            objections: Vec::new(),
            merged: None,
            teller,
            year: Year::default(),
        })
    }

    /// The office at work today.
    fn office(&self) -> Office<'_> {
        self.people.at(&self.cycle, self.today())
    }

    fn today(&self) -> Date {
        self.hosted.now().on()
    }

    /// Lets time pass until the morning of `day`; what is due by then is done.
    fn until(&self, day: Date) -> Result<(), DemoError> {
        // Nothing is half done while weeks pass.
        self.hosted.settle()?;
        self.hosted.wait_until(day)?;
        Ok(self.hosted.settle()?)
    }

    fn say(&mut self, line: &str) {
        let today = self.today();
        self.teller.say(today, line);
    }
}

impl From<HostError> for DemoError {
    fn from(error: HostError) -> Self {
        Self::Server(error.to_string())
    }
}

/// Refuses to go on where the story has another outcome.
fn expect(is_so: bool, what: &'static str, found: impl std::fmt::Debug) -> Result<(), DemoError> {
    if is_so {
        Ok(())
    } else {
        Err(DemoError::Story(what, format!("{found:?}")))
    }
}
