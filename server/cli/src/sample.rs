//! The sample database: the sample banner with its officers, registers and subjects, marked as a
//! sample for ever.

use crate::refusal;
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_fixtures::banner::SampleError;
use itgel_fixtures::{Banner, Household, SampleSize, registers};
use itgel_server::store::lender::LenderRecord;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, ServiceError, auth, setup};
use jiff::civil::Date;

/// Evaluators of each gacha.
pub const EVALUATORS: usize = 6;

/// Most register rows and subjects in one transaction.
const BATCH: usize = 500;

/// How large a sample and how many devices.
#[derive(Debug, Clone, Copy)]
pub struct SampleOrder {
    /// Households and seed.
    pub size: SampleSize,
    /// Field devices, each with its officer and a second one.
    pub devices: u32,
    /// The day on which the households are found as they are.
    pub observed_on: Date,
}

/// What a sample database holds, and the codes with which its officers enrol.
pub struct Sample {
    /// The banner.
    pub banner: Banner,
    /// Its households.
    pub households: Vec<Household>,
    /// The field teams, one a device.
    pub teams: Vec<Team>,
    /// The group of each gacha (嘎查初评组), in the order of the gachas.
    pub village_groups: Vec<Seat>,
    /// The reviewer of each township, in the order of the divisions.
    pub reviewers: Vec<Seat>,
    /// The approver of the banner.
    pub approver: Seat,
    /// The administrator of the banner.
    pub administrator: Seat,
    /// The objection officer of the banner (异议专员).
    pub objections: Seat,
    /// The lender.
    pub lender: LenderId,
    /// The lender's private key, PKCS#8 in PEM.
    pub lender_key: String,
}

/// An officer who can enrol once.
pub struct Seat {
    /// The officer.
    pub officer: OfficerId,
    /// Where the seat is.
    pub division: DivisionCode,
    /// The enrolment code.
    pub code: String,
}

/// Two officers with one device.
pub struct Team {
    /// Who works with the device.
    pub collector: Seat,
    /// Who signs second.
    pub second: Seat,
    /// The gachas that the team visits, by their place in the banner.
    pub gachas: Vec<usize>,
    /// The gachas in which it makes second visits.
    pub second_visits: Vec<usize>,
}

/// Why no sample can be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeSampleError {
    /// The shipped data.
    #[error(transparent)]
    Fixture(#[from] SampleError),
    /// The server.
    #[error("{}", refusal::of(.0))]
    Service(#[from] ServiceError),
    /// No key could be made.
    #[error("no key could be made")]
    Key,
}

/// Fills an empty database with the sample.
///
/// # Errors
/// [`MakeSampleError`], among others if the database is in use.
pub fn make(service: &Service, order: SampleOrder) -> Result<Sample, MakeSampleError> {
    make_in(service, Banner::draw(order.size)?, order)
}

/// Fills an empty database with a sample in this banner, which may be a part of the whole one.
///
/// # Errors
/// As [`make`].
pub fn make_in(
    service: &Service,
    banner: Banner,
    order: SampleOrder,
) -> Result<Sample, MakeSampleError> {
    let cycle = banner.cycle(order.observed_on);
    let divisions = banner.divisions.clone();
    let now = service.now();
    service.transact("setup.sample", move |service, tx| {
        setup::mark_sample(tx)?;
        for division in &divisions {
            itgel_server::registers::put_division(service, tx, division)?;
        }
        itgel_server::rules::seed(service, tx, now)?;
        itgel_server::process::seed_calendars(service, tx, now)?;
        setup::add_cycle(tx, &cycle)
    })?;
    let people = Office {
        service,
        banner: &banner,
    };
    let teams = people.teams(order.devices)?;
    let village_groups = banner
        .gachas
        .iter()
        .map(|g| people.seat(&format!("group-{}", g.code), g.code, &[Role::VillageGroup]))
        .collect::<Result<_, _>>()?;
    for gacha in &banner.gachas {
        for number in 0..EVALUATORS {
            people.officer(
                &evaluator(gacha.code, number),
                gacha.code,
                &[Role::Evaluator],
            )?;
        }
    }
    let reviewers = townships(&banner)
        .map(|code| people.seat(&format!("reviewer-{code}"), code, &[Role::Reviewer]))
        .collect::<Result<_, _>>()?;
    let approver = people.seat("approver", banner.code, &[Role::Approver])?;
    let administrator = people.seat("administrator", banner.code, &[Role::Administrator])?;
    let objections = people.seat("objections", banner.code, &[Role::ObjectionOfficer])?;
    let (lender, lender_key) = people.lender()?;
    let households = fill(service, &banner, &teams, order.observed_on)?;
    Ok(Sample {
        households,
        teams,
        village_groups,
        reviewers,
        approver,
        administrator,
        objections,
        lender,
        lender_key,
        banner,
    })
}

/// The officer with this number among the evaluators of a gacha.
#[must_use]
#[expect(clippy::expect_used, reason = "digits and a word are an identifier")]
pub fn evaluator(gacha: DivisionCode, number: usize) -> OfficerId {
    format!("evaluator-{gacha}-{number}")
        .parse()
        .expect("an identifier")
}

/// The townships of a banner, in order.
fn townships(banner: &Banner) -> impl Iterator<Item = DivisionCode> + '_ {
    let codes = banner.divisions.iter().map(|d| d.code);
    codes.filter(|code| code.level() == DivisionLevel::Township)
}

/// Fills in subjects, and what registers hold of them.
fn fill(
    service: &Service,
    banner: &Banner,
    teams: &[Team],
    observed_on: Date,
) -> Result<Vec<Household>, MakeSampleError> {
    let mut rows = registers::of_banner(banner, observed_on);
    let mut subjects = Vec::new();
    let mut households = Vec::new();
    for (place, gacha) in banner.gachas.iter().enumerate() {
        let team = teams
            .iter()
            .find(|t| t.gachas.contains(&place))
            .ok_or(MakeSampleError::Key)?;
        for number in gacha.first..gacha.first + gacha.households {
            let author = &team.collector.officer;
            let household = Household::draw(banner, gacha, number, observed_on, author);
            rows.extend(registers::of_household(&household, gacha.code, observed_on));
            subjects.push(Subject {
                id: household.subject.clone(),
                kind: SubjectKind::Household,
                division: gacha.code,
                local_code: household.local_code.clone(),
            });
            households.push(household);
        }
    }
    for batch in subjects.chunks(BATCH) {
        let batch = batch.to_vec();
        service.transact("setup.subjects", move |service, tx| {
            batch
                .iter()
                .try_for_each(|subject| itgel_server::registers::put_subject(service, tx, subject))
        })?;
    }
    let now = service.now();
    for batch in rows.chunks(BATCH) {
        let batch = batch.to_vec();
        service.transact("setup.registers", move |service, tx| {
            for row in &batch {
                itgel_server::registers::put(service, tx, row, "operator", now)?;
            }
            Ok(())
        })?;
    }
    Ok(households)
}

/// Enters people into the database.
struct Office<'a> {
    service: &'a Service,
    banner: &'a Banner,
}

impl Office<'_> {
    /// Spreads the gachas over the devices, every device at least one, every gacha at least one;
    /// each team makes the second visits where the team before it was first.
    fn teams(&self, devices: u32) -> Result<Vec<Team>, MakeSampleError> {
        let count = usize::try_from(devices.max(1)).unwrap_or(1);
        let gachas = self.banner.gachas.len();
        let of = |number: usize| -> Vec<usize> {
            let places = (0..gachas.max(count)).filter(|place| place % count == number);
            places.map(|place| place % gachas).collect()
        };
        (0..count)
            .map(|number| {
                let mine = of(number);
                let mut second_visits = of((number + count - 1) % count);
                second_visits.retain(|place| !mine.contains(place));
                let home = self.banner.gachas[mine[0]].code;
                let all: Vec<DivisionCode> = mine
                    .iter()
                    .chain(&second_visits)
                    .map(|place| self.banner.gachas[*place].code)
                    .collect();
                let seat = |name: &str| {
                    self.seat_in(&format!("{name}-{number}"), home, Role::Collector, &all)
                };
                Ok(Team {
                    collector: seat("collector")?,
                    second: seat("second")?,
                    gachas: mine,
                    second_visits,
                })
            })
            .collect()
    }

    fn seat(
        &self,
        name: &str,
        division: DivisionCode,
        roles: &[Role],
    ) -> Result<Seat, MakeSampleError> {
        let officer = self.officer_id(name);
        self.officer(&officer, division, roles)?;
        self.with_code(officer, division)
    }

    fn seat_in(
        &self,
        name: &str,
        home: DivisionCode,
        role: Role,
        divisions: &[DivisionCode],
    ) -> Result<Seat, MakeSampleError> {
        let officer = self.officer_id(name);
        let grants: Vec<_> = divisions.iter().map(|division| (role, *division)).collect();
        self.enter(&officer, home, grants)?;
        self.with_code(officer, home)
    }

    fn officer(
        &self,
        officer: &OfficerId,
        division: DivisionCode,
        roles: &[Role],
    ) -> Result<(), MakeSampleError> {
        self.enter(
            officer,
            division,
            roles.iter().map(|role| (*role, division)).collect(),
        )
    }

    fn enter(
        &self,
        officer: &OfficerId,
        division: DivisionCode,
        grants: Vec<(Role, DivisionCode)>,
    ) -> Result<(), MakeSampleError> {
        let record = OfficerRecord {
            id: officer.clone(),
            name: format!("示例 {officer}"),
            division,
        };
        let enter = move |_: &Service, tx: &itgel_server::store::Tx<'_>| {
            setup::add_officer(tx, &record, &grants)
        };
        Ok(self.service.transact("setup.officer", enter)?)
    }

    fn with_code(
        &self,
        officer: OfficerId,
        division: DivisionCode,
    ) -> Result<Seat, MakeSampleError> {
        let operator = setup::operator(self.banner.code);
        let (confirmation, now) = (auth::Confirmation::AtTheMachine, self.service.now());
        let invitation =
            auth::issue_enrolment(self.service, &operator, &officer, confirmation, now)?;
        Ok(Seat {
            officer,
            division,
            code: invitation.code,
        })
    }

    #[expect(clippy::expect_used, reason = "words and digits are an identifier")]
    fn officer_id(&self, name: &str) -> OfficerId {
        name.parse().expect("an identifier")
    }

    #[expect(clippy::expect_used, reason = "a constant identifier")]
    fn lender(&self) -> Result<(LenderId, String), MakeSampleError> {
        let id: LenderId = "rcc-sample".parse().expect("an identifier");
        let seed = crate::clock::random::<32>().map_err(|_| MakeSampleError::Key)?;
        let (private, public) = crate::client::key_pair(&seed);
        let record = LenderRecord {
            id: id.clone(),
            name: "示例农村信用合作联社".into(),
            name_mn: "ᠵᠢᠱᠢᠶ᠎ᠡ ᠳᠡᠪᠢᠰᠬᠡᠷ ᠬᠣᠷᠰᠢᠶ᠎ᠠ".into(),
            valid_from: jiff::civil::date(2020, 1, 1),
            valid_to: None,
            division: self.banner.code,
            purposes: vec![Purpose::LoanDecision, Purpose::LoanReview],
            daily_quota: 1_000,
        };
        self.service.transact("setup.lender", move |service, tx| {
            let now = service.now();
            setup::add_lender(tx, &record, now.on())?;
            setup::add_lender_key(tx, &record.id, &public, now)
        })?;
        Ok((id, private))
    }
}
