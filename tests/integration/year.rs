//! A rating year in one test: the story that `itgel demo --year` tells, in two townships of the
//! sample banner. The story refuses to go on where something else comes out than it should; here
//! stands what must have come out at the end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong fails the test, with what had been told"
)]

use indicatif::ProgressBar;
use itgel::demo::year::{Teller, Year, YearOrder, tell};
use itgel_device::Argon2Cost;
use itgel_domain::subject::Grade;
use itgel_fixtures::SampleSize;
use jiff::civil::{Date, date};

/// Who hears the story here.
#[derive(Default)]
struct Listener {
    lines: Vec<(Date, String)>,
}

impl Teller for Listener {
    fn say(&mut self, on: Date, line: &str) {
        self.lines.push((on, line.to_owned()));
    }

    fn bar(&mut self, _: &str, _: u64) -> ProgressBar {
        ProgressBar::hidden()
    }
}

/// Two townships: one with two gachas that get titles, one where the disaster is declared.
fn small() -> YearOrder {
    YearOrder {
        size: SampleSize {
            households: 150,
            seed: 7,
        },
        townships: vec!["150623103".parse().unwrap(), "150623290".parse().unwrap()],
        devices: 2,
        cost: Argon2Cost {
            memory_kib: 8,
            passes: 1,
        },
    }
}

fn told(order: &YearOrder) -> (Year, Listener) {
    let folder = tempfile::tempdir().unwrap();
    let mut listener = Listener::default();
    let year = tell(order, folder.path(), &mut listener).unwrap_or_else(|error| {
        let so_far: Vec<&str> = listener
            .lines
            .iter()
            .map(|(_, line)| line.as_str())
            .collect();
        panic!("{error:#?}\nafter\n{}", so_far.join("\n"))
    });
    (year, listener)
}

#[test]
fn a_rating_year_ends_with_every_rating_coming_out_of_its_inputs_again() {
    let (year, listener) = told(&small());
    assert!(year.settled > 0, "nobody disagreed");
    assert_eq!(
        year.organisations, 3,
        "a cooperative, a ranch, a collective"
    );
    assert_eq!(
        year.period,
        Some((date(2026, 10, 8), date(2026, 10, 5))),
        "the national day lengthens the publicity"
    );
    assert_eq!(
        year.published, year.effective,
        "everybody who was published"
    );
    let (before, after) = year.upheld.unwrap();
    assert!(after < before && after <= Grade::Aa, "{before} to {after}");
    let (clean, fined, repaired) = year.repair.unwrap();
    assert_eq!((clean - fined, repaired), (500, clean));
    let (anew, better) = year.disaster.unwrap();
    assert!(anew > 0 && better > 0, "{anew}, {better}");
    assert!(year.merged > 0);
    assert!(year.titles.warned.is_some() && year.titles.warned != year.titles.cancelled);
    assert!(year.superseded > 0);
    assert_eq!(
        year.proof.ratings,
        year.effective + year.superseded,
        "each rating was computed again"
    );
    assert!(year.proof.titles > 0 && year.proof.files > year.effective);
    let days: Vec<Date> = listener.lines.iter().map(|(on, _)| *on).collect();
    assert!(days.is_sorted(), "time ran backwards: {days:?}");
}
