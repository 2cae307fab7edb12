//! The field teams of the demo: each a thread with a real device, its encrypted store and a bad
//! link to the server.

mod crew;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use itgel_device::Argon2Cost;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::id::LenderId;
use itgel_domain::time::AtMs;
use itgel_server::Clock;

use super::DemoError;
use super::lender::Slip;
use super::plan::Visit;

pub(super) use crew::Crew;

/// What all teams know.
pub(super) struct Campaign<'a> {
    /// The server as seen from the office, where devices are enrolled.
    pub(super) office: &'a str,
    /// The server through the bad link.
    pub(super) link: String,
    /// The campaign.
    pub(super) cycle: &'a Cycle,
    /// What officers' devices take for the time.
    pub(super) clock: Clock,
    /// What stretching a PIN costs.
    pub(super) cost: Argon2Cost,
    /// The lender whom the consents name.
    pub(super) lender: &'a LenderId,
    /// Where the stores lie.
    pub(super) folder: &'a Path,
    /// Sealed visits.
    pub(super) sealed: &'a ProgressBar,
    /// Records with a receipt.
    pub(super) received: &'a ProgressBar,
}

/// What a team did.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Sealed visits.
    pub(super) visits: u64,
    /// Drafted values.
    pub(super) values: u64,
    /// Ballots.
    pub(super) ballots: u64,
    /// Records with a receipt.
    pub(super) received: u64,
    /// Records that the server set aside.
    pub(super) set_aside: u64,
    /// Attempts that failed on the way.
    pub(super) failed_syncs: u64,
}

impl Campaign<'_> {
    fn now(&self) -> AtMs {
        (self.clock)()
    }
}

/// Lets a team make its first visits: fetch, visit, vote, synchronise until nothing waits.
///
/// # Errors
/// [`DemoError::Field`] with the step that cannot be done.
pub(super) fn first_visits(
    campaign: &Campaign<'_>,
    crew: &mut Crew,
    visits: &[Visit<'_>],
) -> Result<(), DemoError> {
    crew.synchronise(campaign, true)?;
    crew.make(campaign, visits)
}

/// Lets a team visit again where another was before, and find things on its own.
///
/// # Errors
/// [`DemoError::Field`] with the step that cannot be done.
pub(super) fn second_visits(
    campaign: &Campaign<'_>,
    crew: &mut Crew,
    visits: &[Visit<'_>],
) -> Result<Worked, DemoError> {
    // What the first team wrote about who lives there comes down first.
    crew.synchronise(campaign, true)?;
    crew.make(campaign, visits)?;
    crew.worked()
}

/// What a team did, and the first slips that it gave out.
pub(super) struct Worked {
    /// Counts.
    pub(super) tally: Tally,
    /// Consents that name the lender.
    pub(super) slips: Vec<Slip>,
}

/// What all teams did together.
#[derive(Debug, Default)]
pub(super) struct Total {
    visits: AtomicU64,
    values: AtomicU64,
    ballots: AtomicU64,
    received: AtomicU64,
    set_aside: AtomicU64,
    failed_syncs: AtomicU64,
}

impl Total {
    /// Adds a team's.
    pub(super) fn add(&self, tally: &Tally) {
        for (sum, part) in [
            (&self.visits, tally.visits),
            (&self.values, tally.values),
            (&self.ballots, tally.ballots),
            (&self.received, tally.received),
            (&self.set_aside, tally.set_aside),
            (&self.failed_syncs, tally.failed_syncs),
        ] {
            sum.fetch_add(part, Ordering::Relaxed);
        }
    }

    /// The sums.
    pub(super) fn tally(&self) -> Tally {
        let sum = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            visits: sum(&self.visits),
            values: sum(&self.values),
            ballots: sum(&self.ballots),
            received: sum(&self.received),
            set_aside: sum(&self.set_aside),
            failed_syncs: sum(&self.failed_syncs),
        }
    }
}
