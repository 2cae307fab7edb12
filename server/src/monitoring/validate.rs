//! A campaign's ratings against what became of them (`domain.md` F.4, I.2): one ordered pass, a
//! page of ratings at a time, into counts of a bounded size.

use itgel_domain::assess::{Assessment, Facts, Inputs, Points, assess};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::value::LiveValue;
use itgel_domain::id::{CycleId, OfficerId};
use itgel_domain::item::State;
use itgel_domain::monitoring::MonitoringRules;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::rights::consent::CollectionPurpose;
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::validation::{
    Moved, Outcome, RatedCase, Sample, Thresholds, Validation, outcome, outcome_of_loans,
};
use jiff::civil::Date;
use rusqlite::Connection;

use super::work;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::monitor::RatingPlace;
use crate::store::validation::RatedRow;
use crate::{fold, process, store};

/// Ratings that are read at once.
const PAGE: usize = 256;

/// What is to be validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationRequest {
    /// Where.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// The campaign that its population is compared with; without one there is no PSI.
    pub before: Option<CycleId>,
    /// The kind of subject: scorecards are validated apart.
    pub kind: SubjectKind,
}

/// The figures of a campaign.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::NotAllowed`] or
/// [`itgel_domain::error::ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the
/// database.
pub fn validate(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    request: &ValidationRequest,
) -> Result<Validation, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, request.division)?;
    collect(service, connection, request)
}

/// [`validate`] without asking who wants to know, for the operator at the server itself.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn collect(
    service: &Service,
    connection: &Connection,
    request: &ValidationRequest,
) -> Result<Validation, ServiceError> {
    let thresholds = &MonitoringRules::shipped().thresholds;
    let mut pass = Pass {
        service,
        connection,
        request,
        thresholds,
        known_to: known_to(connection, request.division)?,
        sample: Sample::default(),
    };
    pass.ratings(&request.cycle, Pass::rating)?;
    if let Some(before) = &request.before {
        pass.ratings(before, Pass::rating_before)?;
    }
    let ballots = &mut pass.sample.ballots;
    let (cycle, division) = (&request.cycle, request.division);
    store::validation::for_each_ballot(connection, cycle, division, |evaluator, mean| {
        ballots.add(evaluator, mean);
    })?;
    let timetable = process::timetable(service, connection, division)?;
    let today = service.now().on();
    let lines = work::lines(connection, division, cycle, &timetable, today)?;
    let own = lines.iter().find(|line| line.division == division);
    pass.sample.timeliness = own.map(|line| line.timeliness).unwrap_or_default();
    Ok(pass.sample.result(thresholds))
}

/// The last day that the ledgers in force speak of; without any, no outcome is known.
fn known_to(connection: &Connection, division: DivisionCode) -> Result<Date, ServiceError> {
    let banner = division.ancestor(DivisionLevel::County).unwrap_or(division);
    let months = store::ledger::months_in_force(connection, banner)?;
    Ok(months.map_or(Date::MIN, |(_, last)| last.last_day()))
}

struct Pass<'a> {
    service: &'a Service,
    connection: &'a Connection,
    request: &'a ValidationRequest,
    thresholds: &'a Thresholds,
    known_to: Date,
    sample: Sample,
}

/// What of stored inputs is looked at; the rest is passed over.
#[derive(serde::Deserialize)]
struct WithFacts {
    facts: Facts,
}

impl Pass<'_> {
    fn ratings(
        &mut self,
        cycle: &CycleId,
        take: fn(&mut Self, &RatedRow, &Assessment) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        let mut after: Option<RatingPlace> = None;
        loop {
            let within = self.request.division;
            let rows = store::validation::list_ratings(
                self.connection,
                cycle,
                within,
                after.as_ref(),
                PAGE,
            )?;
            for row in &rows {
                let assessment: Assessment = serde_json::from_str(&row.result)
                    .map_err(|e| ServiceError::caused("a stored assessment", e))?;
                if assessment.subject_kind == self.request.kind {
                    take(self, row, &assessment)?;
                }
            }
            if rows.len() < PAGE {
                return Ok(());
            }
            after = rows.into_iter().next_back().map(|row| row.place);
        }
    }

    fn rating_before(
        &mut self,
        row: &RatedRow,
        assessment: &Assessment,
    ) -> Result<(), ServiceError> {
        self.sample
            .add_before(row.place.division, row.grade, assessment);
        Ok(())
    }

    fn rating(&mut self, row: &RatedRow, assessment: &Assessment) -> Result<(), ServiceError> {
        let lines = store::loan::list_of_subject(self.connection, &row.subject)?;
        let (short, long) = (
            self.thresholds.outcome_months,
            self.thresholds.disaster_months,
        );
        let authorised = store::validation::list_authorised(self.connection, &row.subject)?;
        let theirs: Vec<_> = lines
            .iter()
            .filter(|line| authorised.contains(&line.lender))
            .cloned()
            .collect();
        for seen in outcome_of_loans(&theirs, row.effective_on, short, self.known_to) {
            self.sample.add_loan(seen);
        }
        let stored: WithFacts = serde_json::from_slice(&row.inputs)
            .map_err(|e| ServiceError::caused("stored inputs", e))?;
        let file = fold::facts(self.connection, &row.subject)?;
        let groups = groups(&stored.facts, &file, self.service.now().on());
        let pack = self.service.rules.pack(self.connection, &assessment.pack)?;
        let cuts: Vec<Points> = pack.grades.iter().map(|row| row.from).collect();
        let cuts: Vec<Points> = cuts.into_iter().filter(|cut| cut.0 > 0).collect();
        self.counts(&stored.facts);
        self.visits(row, &file)?;
        self.sample.add(&RatedCase {
            division: row.place.division,
            grade: row.grade,
            assessment,
            cuts: &cuts,
            collector: row.collector.as_ref(),
            reviewer: row.reviewer.as_ref(),
            moved: moved(assessment.grade, row.grade),
            groups: &groups,
            outcome: self.outcome(&lines, row, short),
            late_outcome: self.outcome(&lines, row, long),
        });
        Ok(())
    }

    fn outcome(
        &self,
        lines: &[itgel_domain::ledger::LoanLine],
        row: &RatedRow,
        months: i32,
    ) -> Outcome {
        outcome(lines, row.effective_on, months, self.known_to)
    }

    /// The numbers of animals, for their last digits.
    fn counts(&mut self, facts: &Facts) {
        for (item, fact) in &facts.values {
            let is_herd = item.as_str().starts_with("herd.");
            if let (true, Some(heads)) = (is_herd, fact.state.value().and_then(|v| v.as_int())) {
                self.sample.heaping.add_count(heads);
            }
        }
    }

    /// Whether two officers sealed for the household, and how far they agree: each one's values
    /// are assessed with everything else as it was.
    fn visits(&mut self, row: &RatedRow, file: &FileFacts) -> Result<(), ServiceError> {
        let cycle = &self.request.cycle;
        let seals = file.seals(cycle);
        let first = seals.first().map(|seal| seal.officer);
        let second = seals.iter().map(|s| s.officer).find(|o| Some(*o) != first);
        let (Some(first), Some(second)) = (first, second) else {
            self.sample.second_visits.add_single();
            return Ok(());
        };
        let stored = self.service.rules.stored(self.connection);
        let Ok(inputs) = Inputs::decode(&row.inputs, &stored) else {
            // What was deleted by right cannot be assessed again.
            self.sample.second_visits.add_single();
            return Ok(());
        };
        let live = file.live(cycle);
        let (mut of_first, mut of_second) = (inputs.clone(), inputs);
        for (item, values) in &live {
            let own = |officer: &OfficerId| values.iter().find(|v| v.officer == *officer);
            let (a, b) = (own(first), own(second));
            if let (Some(a), Some(b)) = (a, b) {
                let differs = state_of(a) != state_of(b);
                self.sample.second_visits.add_field(item.as_str(), differs);
            }
            for (inputs, value) in [(&mut of_first, a.or(b)), (&mut of_second, b.or(a))] {
                if let Some(value) = value {
                    let one = Facts::of([value.observation.clone()]);
                    inputs.facts.values.extend(one.values);
                    inputs.facts.conflicts.remove(item);
                }
            }
        }
        let (a, b) = (assess(&of_first), assess(&of_second));
        let scores = (a.totals.score, b.totals.score);
        self.sample
            .second_visits
            .add_pair(scores, a.grade == b.grade);
        Ok(())
    }
}

fn state_of(value: &LiveValue) -> &State {
    &value.observation.state
}

/// Which way a reviewer moved the grade, if at all.
fn moved(computed: Option<Grade>, made: Grade) -> Option<Moved> {
    let computed = computed.filter(|computed| *computed != made)?;
    Some(if made < computed {
        Moved::Up
    } else {
        Moved::Down
    })
}

/// How a household lives, how many it is, and in which language it consented: properties that
/// must not decide its grade. Neither ethnicity nor gender is known here; a household that did not
/// agree to such figures stands in no group.
fn groups(facts: &Facts, file: &FileFacts, today: Date) -> Vec<(&'static str, String)> {
    let mut groups = Vec::new();
    if !file.is_agreed(CollectionPurpose::VillageStatistics, today) {
        return groups;
    }
    let value = |path: &str| facts.get(path).and_then(|fact| fact.state.value());
    if let Some(producer) = value("household.producer").and_then(|v| v.as_text()) {
        groups.push(("producer", producer.to_owned()));
    }
    if let Some(members) = value("household.members").and_then(|v| v.as_int()) {
        let size = match members {
            ..=2 => "1-2",
            3..=4 => "3-4",
            _ => "5+",
        };
        groups.push(("household_size", size.to_owned()));
    }
    let consents = file.consents();
    if let Some(view) = consents.iter().min_by_key(|view| view.consent.given_on) {
        groups.push(("language", view.consent.language.clone()));
    }
    groups
}
