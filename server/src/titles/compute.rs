//! The facts of villages and townships, and what the scorer says of them. Only reads.

use std::collections::BTreeMap;

use itgel_domain::assess::{Assessment, Context, Facts, Inputs, assess};
use itgel_domain::case::TitleState;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::title::{Computed, TitleEvent, TitleStep};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::SubjectId;
use itgel_domain::register::{DivisionFacts, Occasion, TitleHeld};
use itgel_domain::rollup::{
    CountedVillage, RatedHousehold, VillageCounts, keeps_pasture_rules, township,
};
use itgel_domain::subject::{Grade, Subject, SubjectKind};
use itgel_domain::title::{TitleLevel, TitleOutcome};
use jiff::civil::Date;
use rusqlite::Connection;

use super::{TitleResult, WithoutOverrides};
use crate::error::ServiceError;
use crate::ledger;
use crate::service::Service;
use crate::store;
use crate::store::rating::RatedSubject;
use crate::store::title::TitleRow;

/// What a snapshot found of one division.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) division: DivisionCode,
    pub(super) held: Option<TitleHeld>,
    pub(super) inputs: Vec<u8>,
    pub(super) computed: Computed,
    pub(super) result: TitleResult,
}

/// Computes every village of a banner, then every township that has villages, by code.
pub(super) fn banner(
    service: &Service,
    connection: &Connection,
    cycle: &Cycle,
    as_of: Date,
) -> Result<Vec<Found>, ServiceError> {
    let within = |level| store::division::list(connection, cycle.banner, level, as_of);
    let mut found = Vec::new();
    let mut counted: BTreeMap<DivisionCode, Vec<(CountedVillage, CountedVillage)>> =
        BTreeMap::new();
    for village in within(DivisionLevel::Village)? {
        let one = Taken {
            service,
            connection,
            cycle,
            as_of,
            division: village.code,
        };
        let (village_found, pair) = one.village()?;
        if let Some(parent) = village.code.parent() {
            counted.entry(parent).or_default().push(pair);
        }
        found.push(village_found);
    }
    for township in within(DivisionLevel::Township)? {
        let Some(villages) = counted.get(&township.code) else {
            continue;
        };
        let one = Taken {
            service,
            connection,
            cycle,
            as_of,
            division: township.code,
        };
        found.push(one.township(villages)?);
    }
    Ok(found)
}

/// Computes one division again, as after a correction of its numbers.
pub(super) fn division(
    service: &Service,
    connection: &Connection,
    cycle: &Cycle,
    as_of: Date,
    division: DivisionCode,
) -> Result<Found, ServiceError> {
    let take = |division| Taken {
        service,
        connection,
        cycle,
        as_of,
        division,
    };
    if division.level() == DivisionLevel::Village {
        return Ok(take(division).village()?.0);
    }
    let villages = store::division::list(connection, division, DivisionLevel::Village, as_of)?;
    let pairs: Result<Vec<_>, ServiceError> = villages
        .into_iter()
        .map(|village| Ok(take(village.code).village()?.1))
        .collect();
    take(division).township(&pairs?)
}

/// One division at a snapshot.
struct Taken<'a> {
    service: &'a Service,
    connection: &'a Connection,
    cycle: &'a Cycle,
    as_of: Date,
    division: DivisionCode,
}

impl Taken<'_> {
    /// What was found of a village, and how its township counts it: as it is, and without
    /// overrides.
    fn village(&self) -> Result<(Found, (CountedVillage, CountedVillage)), ServiceError> {
        let subject = self.subject(SubjectKind::Village)?;
        let context = self.registers(&subject)?;
        let mut registers = context.division.clone().unwrap_or_default();
        let (connection, cycle) = (self.connection, &self.cycle.id);
        let (living, filed) =
            store::title::count_households(connection, self.division, cycle, self.as_of)?;
        registers.resident_households = registers.resident_households.or(Some(living));
        registers.filed_households = Some(filed);
        let (mut counts, mut plain) = (VillageCounts::default(), VillageCounts::default());
        let mut overrides = 0;
        for rated in store::rating::list_in_effect(self.connection, self.division, self.as_of)? {
            match rated.kind {
                SubjectKind::Household => {
                    overrides += i64::from(rated.is_overridden);
                    self.count(&rated, &mut counts, &mut plain)?;
                }
                SubjectKind::Collective => registers.collective_grade = Some(rated.grade),
                _ => {}
            }
        }
        let is_late = ledger::is_late(self.connection, self.division, self.as_of)?;
        let known = (self.connection, self.as_of);
        ledger::village_facts(known, &subject.id, is_late, &mut registers)?;
        let facts = |counts: &VillageCounts| match is_late {
            true => counts.facts_without_balances(&registers),
            false => counts.facts(&registers),
        };
        let found = self.judged(subject, context, [facts(&counts), facts(&plain)], overrides)?;
        let pair = self.counted(&found, facts(&plain))?;
        Ok((found, pair))
    }

    /// Adds a household with its grade, and to `plain` with the grade that was computed.
    fn count(
        &self,
        rated: &RatedSubject,
        counts: &mut VillageCounts,
        plain: &mut VillageCounts,
    ) -> Result<(), ServiceError> {
        let missing = || ServiceError::internal("a rating without its assessment");
        let subject = Subject {
            id: rated.subject.clone(),
            kind: rated.kind,
            division: self.division,
            local_code: String::new(),
        };
        let context = self.registers(&subject)?;
        let stored = store::assessment::get(self.connection, &rated.inputs)?.ok_or_else(missing)?;
        let rules = self.service.rules.stored(self.connection);
        let inputs = Inputs::decode(&stored.inputs, &rules)
            .map_err(|e| ServiceError::caused("stored inputs", e))?;
        let household = |grade| RatedHousehold {
            grade,
            credit: &context.credit,
            disasters: &context.disasters,
            keeps_pasture_rules: keeps_pasture_rules(&inputs),
        };
        counts.add(&household(rated.grade), self.as_of);
        let computed = match rated.is_overridden {
            true => computed_grade(&stored.result)?.unwrap_or(rated.grade),
            false => rated.grade,
        };
        plain.add(&household(computed), self.as_of);
        Ok(())
    }

    fn township(
        &self,
        villages: &[(CountedVillage, CountedVillage)],
    ) -> Result<Found, ServiceError> {
        let subject = self.subject(SubjectKind::Township)?;
        let context = self.registers(&subject)?;
        let registers = context.division.clone().unwrap_or_default();
        let (connection, as_of) = (self.connection, self.as_of);
        let registers = ledger::with_recovery(connection, self.division, as_of, registers)?;
        let (as_is, plain): (Vec<_>, Vec<_>) = villages.iter().cloned().unzip();
        let facts = [township(&as_is, &registers), township(&plain, &registers)];
        let overrides = i64::from(facts[0] != facts[1]);
        self.judged(subject, context, facts, overrides)
    }

    /// Lets the scorer judge the facts, and the facts without overrides if there are any.
    fn judged(
        &self,
        subject: Subject,
        registers: Context,
        [facts, plain]: [DivisionFacts; 2],
        overrides: i64,
    ) -> Result<Found, ServiceError> {
        let held = self.held()?;
        let inputs = |facts: DivisionFacts| -> Result<Inputs, ServiceError> {
            let rules = &self.service.rules;
            Ok(Inputs {
                subject: subject.id.clone(),
                subject_kind: subject.kind,
                as_of: self.as_of,
                facts: Facts::default(),
                context: Context {
                    division: Some(facts),
                    title: held.clone(),
                    ..registers.clone()
                },
                parameters: rules.parameters_for(self.connection, self.division, self.as_of)?,
                pack: rules.pack_for(self.connection, subject.kind, self.as_of)?,
            })
        };
        let official = inputs(facts.clone())?;
        let assessment = assess(&official);
        let without_overrides = match overrides {
            0 => None,
            overrides => {
                let plain = assess(&inputs(plain)?);
                let Assessment {
                    gates,
                    level,
                    title: outcome,
                    ..
                } = plain;
                Some(WithoutOverrides {
                    overrides,
                    gates,
                    level,
                    outcome,
                })
            }
        };
        Ok(Found {
            division: self.division,
            held,
            inputs: official.canonical_bytes(),
            computed: Computed {
                assessment: assessment.hash(),
                level: assessment.level,
                snapshot_on: self.as_of,
            },
            result: TitleResult {
                facts,
                assessment,
                without_overrides,
            },
        })
    }

    /// How the township counts a village: with the title that it has on its way or gets now.
    fn counted(
        &self,
        found: &Found,
        plain: DivisionFacts,
    ) -> Result<(CountedVillage, CountedVillage), ServiceError> {
        let row = store::title::get(self.connection, self.division, &self.cycle.id)?;
        let on_its_way = row.filter(|row| is_frozen(row.title.state()));
        let level = match on_its_way {
            Some(row) => row
                .level
                .filter(|_| row.title.state() != TitleState::Cancelled),
            None => follows(found.result.assessment.title.as_ref(), found.held.as_ref()),
        };
        let plain_level = match &found.result.without_overrides {
            Some(plain) => follows(plain.outcome.as_ref(), found.held.as_ref()),
            None => level,
        };
        let facts = found.result.facts.clone();
        let as_is = CountedVillage { facts, level };
        Ok((
            as_is,
            CountedVillage {
                facts: plain,
                level: plain_level,
            },
        ))
    }

    /// The title that the division holds. The same snapshot again sees what it saw.
    fn held(&self) -> Result<Option<TitleHeld>, ServiceError> {
        let Some(row) = store::title::newest(self.connection, self.division)? else {
            return Ok(None);
        };
        let is_of_cycle = row.cycle == self.cycle.id;
        if is_of_cycle && row.as_of == self.as_of {
            return Ok(row.held);
        }
        let level = row.level.filter(|_| row.title.state().is_held());
        let occasion = if is_of_cycle {
            Occasion::QuarterlyCheck
        } else {
            Occasion::Review
        };
        Ok(level.map(|level| TitleHeld {
            level,
            warned_on: warned_on(&row),
            occasion,
        }))
    }

    fn registers(&self, subject: &Subject) -> Result<Context, ServiceError> {
        let rows = store::register::list_reaching(self.connection, subject, false)?;
        Ok(Context::from_rows(&rows, subject, self.as_of))
    }

    /// The division as a subject: its code is its identifier.
    fn subject(&self, kind: SubjectKind) -> Result<Subject, ServiceError> {
        let code = self.division.to_string();
        let id: SubjectId = code
            .parse()
            .map_err(|e| ServiceError::caused("a division as a subject", e))?;
        Ok(Subject {
            id,
            kind,
            division: self.division,
            local_code: String::new(),
        })
    }
}

/// Whether a snapshot leaves the title of this campaign as it is.
pub(super) const fn is_frozen(state: TitleState) -> bool {
    matches!(
        state,
        TitleState::Reviewed
            | TitleState::InPublicity
            | TitleState::Approved
            | TitleState::Cancelled
    )
}

/// The level that a division has after an outcome.
fn follows(outcome: Option<&TitleOutcome>, held: Option<&TitleHeld>) -> Option<TitleLevel> {
    match outcome? {
        TitleOutcome::Award { level } | TitleOutcome::Keep { level } => Some(*level),
        TitleOutcome::Warn { .. } => held.map(|held| held.level),
        TitleOutcome::Cancel { .. } | TitleOutcome::NotReached { .. } => None,
    }
}

fn warned_on(row: &TitleRow) -> Option<Date> {
    let warned = |event: &&TitleEvent| event.step == TitleStep::Warn;
    let is_warned = row.title.state() == TitleState::Warning;
    let event = row
        .title
        .history()
        .iter()
        .rev()
        .find(warned)
        .filter(|_| is_warned);
    event.map(|event| event.at.on())
}

fn computed_grade(result: &str) -> Result<Option<Grade>, ServiceError> {
    let assessment: Assessment =
        serde_json::from_str(result).map_err(|e| ServiceError::caused("a stored assessment", e))?;
    Ok(assessment.grade)
}
