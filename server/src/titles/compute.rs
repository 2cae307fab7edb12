//! What the scorer says of villages and townships on a day, from what is counted of them. Only
//! reads.

use std::collections::BTreeMap;

use itgel_domain::assess::{Assessment, Context, Facts, Inputs, assess};
use itgel_domain::case::TitleState;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::title::{Computed, TitleEvent, TitleStep};
use itgel_domain::division::succession::Succession;
use itgel_domain::division::{DivisionCode, DivisionKind, DivisionLevel};
use itgel_domain::hash::Hash;
use itgel_domain::register::{Disaster, DivisionFacts, Occasion, TitleHeld};
use itgel_domain::rollup::{Counted, CountedTitle, CountedVillage, Grades, VillageCount};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::title::{TitleHolder, TitleLevel, TitleOutcome};
use jiff::civil::Date;
use rusqlite::Connection;

use super::{TitleResult, WithoutOverrides};
use crate::error::ServiceError;
use crate::ledger;
use crate::service::Service;
use crate::store;
use crate::store::title::TitleRow;

/// What a snapshot found of one title.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) holder: TitleHolder,
    pub(super) held: Option<TitleHeld>,
    pub(super) counted: Counted,
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
    let taken = Taken::at(service, connection, cycle, as_of)?;
    let mut found = Vec::new();
    let mut counted: BTreeMap<DivisionCode, Vec<CountedTitle>> = BTreeMap::new();
    for holder in taken.village_holders(cycle.banner)? {
        let one = taken.villages(holder)?;
        for part in taken.parts(&one)? {
            if let Some(parent) = part.division.parent() {
                counted.entry(parent).or_default().push(part);
            }
        }
        found.push(one);
    }
    for township in taken.list(cycle.banner, DivisionLevel::Township)? {
        if let Some(mut villages) = counted.remove(&township) {
            villages.sort_by_key(|village| village.division);
            found.push(taken.township(township, villages)?);
        }
    }
    Ok(found)
}

/// Computes one title again, as after a correction of its numbers.
pub(super) fn one(
    service: &Service,
    connection: &Connection,
    cycle: &Cycle,
    as_of: Date,
    holder: TitleHolder,
) -> Result<Found, ServiceError> {
    let taken = Taken::at(service, connection, cycle, as_of)?;
    if taken.is_village(holder.division)? {
        return taken.villages(holder);
    }
    let mut parts = Vec::new();
    for below in taken.village_holders(holder.division)? {
        parts.extend(taken.parts(&taken.villages(below)?)?);
    }
    parts.sort_by_key(|village| village.division);
    taken.township(holder.division, parts)
}

/// Whether a snapshot leaves the title of this campaign as it is.
pub(super) const fn is_frozen(state: TitleState) -> bool {
    matches!(
        state,
        TitleState::Reviewed
            | TitleState::InPublicity
            | TitleState::Approved
            | TitleState::Cancelled
            | TitleState::Ended
    )
}

/// What a snapshot is taken of, and when.
pub(super) struct Taken<'a> {
    pub(super) service: &'a Service,
    pub(super) connection: &'a Connection,
    pub(super) cycle: &'a Cycle,
    pub(super) as_of: Date,
    edges: Vec<Succession>,
}

impl<'a> Taken<'a> {
    fn at(
        service: &'a Service,
        connection: &'a Connection,
        cycle: &'a Cycle,
        as_of: Date,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            service,
            connection,
            cycle,
            as_of,
            edges: store::division::list_all_successions(connection)?,
        })
    }

    /// The villages within a division as titles are computed of them: alone, or two jointly. A
    /// unit of township rank without villages, as a state farm, counts as one (`domain.md` G 56).
    fn village_holders(&self, within: DivisionCode) -> Result<Vec<TitleHolder>, ServiceError> {
        let mut villages = self.list(within, DivisionLevel::Village)?;
        for township in
            store::division::list(self.connection, within, DivisionLevel::Township, self.as_of)?
        {
            let has_villages = villages.iter().any(|v| township.code.contains(*v));
            if township.kind == DivisionKind::StateFarm && !has_villages {
                villages.push(township.code);
            }
        }
        villages.sort_unstable();
        let mut holders = Vec::with_capacity(villages.len());
        for village in &villages {
            let pair = store::title_joint::get(self.connection, *village)?;
            let neighbour = pair.map(|pair| pair.neighbour_of(*village));
            match neighbour.filter(|neighbour| villages.contains(neighbour)) {
                Some(neighbour) if neighbour < *village => {}
                Some(neighbour) => {
                    let pair = TitleHolder::jointly(*village, neighbour, &self.edges, self.as_of);
                    holders.push(pair?);
                }
                None => holders.push(TitleHolder::alone(*village, &self.edges, self.as_of)),
            }
        }
        Ok(holders)
    }

    fn list(
        &self,
        within: DivisionCode,
        level: DivisionLevel,
    ) -> Result<Vec<DivisionCode>, ServiceError> {
        let found = store::division::list(self.connection, within, level, self.as_of)?;
        Ok(found.into_iter().map(|division| division.code).collect())
    }

    fn is_village(&self, division: DivisionCode) -> Result<bool, ServiceError> {
        let is_empty = || -> Result<bool, ServiceError> {
            Ok(self.list(division, DivisionLevel::Village)?.is_empty())
        };
        Ok(division.level() == DivisionLevel::Village || is_empty()?)
    }

    /// What was found of a village, or of two jointly.
    fn villages(&self, holder: TitleHolder) -> Result<Found, ServiceError> {
        let mut context = self.registers(&self.place(holder.division, SubjectKind::Village)?)?;
        if let Some(neighbour) = holder.jointly_with {
            let more = self.registers(&self.place(neighbour, SubjectKind::Village)?)?;
            let new = |d: &Disaster| !context.disasters.contains(d);
            let new: Vec<_> = more.disasters.into_iter().filter(new).collect();
            context.disasters.extend(new);
        }
        let counts: Result<Vec<_>, ServiceError> = holder
            .members()
            .map(|village| self.count(village))
            .collect();
        self.judged(
            holder,
            SubjectKind::Village,
            context,
            Counted::Villages(counts?),
        )
    }

    fn township(
        &self,
        township: DivisionCode,
        villages: Vec<CountedTitle>,
    ) -> Result<Found, ServiceError> {
        let context = self.registers(&self.place(township, SubjectKind::Township)?)?;
        let registers = context.division.clone().unwrap_or_default();
        let registers = ledger::with_recovery(self.connection, township, self.as_of, registers)?;
        let holder = TitleHolder::alone(township, &self.edges, self.as_of);
        let counted = Counted::Township {
            villages,
            registers: Box::new(registers),
        };
        self.judged(holder, SubjectKind::Township, context, counted)
    }

    /// Lets the scorer judge what was counted, and the same without overrides if there are any.
    fn judged(
        &self,
        holder: TitleHolder,
        kind: SubjectKind,
        registers: Context,
        counted: Counted,
    ) -> Result<Found, ServiceError> {
        let held = self.held(&holder)?;
        let rules = &self.service.rules;
        let subject = holder
            .subject_id()
            .parse()
            .map_err(|e| ServiceError::caused("a division as a subject", e))?;
        let inputs = Inputs {
            subject,
            subject_kind: kind,
            as_of: self.as_of,
            facts: Facts::default(),
            context: Context {
                division: None,
                title: held.clone(),
                ..registers
            },
            parameters: rules.parameters_for(self.connection, holder.division, self.as_of)?,
            pack: rules.pack_for(self.connection, kind, self.as_of)?,
        };
        let (official, result) = judge(inputs, &counted);
        Ok(Found {
            holder,
            held,
            counted,
            inputs: official.canonical_bytes(),
            computed: Computed {
                assessment: result.assessment.hash(),
                level: result.assessment.level,
                snapshot_on: self.as_of,
            },
            result,
        })
    }

    /// How the township counts each village of a title: with the level that is on its way or that
    /// it gets now.
    fn parts(&self, found: &Found) -> Result<Vec<CountedTitle>, ServiceError> {
        let row = store::title::newest(self.connection, &found.holder)?;
        let of_cycle = row.filter(|row| row.cycle == self.cycle.id);
        let on_its_way = of_cycle.filter(|row| is_frozen(row.title.state()));
        let level = match on_its_way {
            Some(row) => row.level.filter(|_| !row.title.state().is_terminal()),
            None => follows(found.result.assessment.title.as_ref(), found.held.as_ref()),
        };
        let plain_level = match &found.result.without_overrides {
            Some(plain) => follows(plain.outcome.as_ref(), found.held.as_ref()),
            None => level,
        };
        let villages = found.counted.villages().iter();
        let part = |village: &VillageCount| CountedTitle {
            division: village.division,
            in_effect: CountedVillage {
                facts: village.facts(Grades::InEffect),
                level,
            },
            computed: CountedVillage {
                facts: village.facts(Grades::Computed),
                level: plain_level,
            },
            overrides: village.overrides(),
        };
        Ok(villages.map(part).collect())
    }

    /// The title that is held. The same snapshot again sees what it saw.
    fn held(&self, holder: &TitleHolder) -> Result<Option<TitleHeld>, ServiceError> {
        let Some(row) = store::title::newest(self.connection, holder)? else {
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

    pub(super) fn registers(&self, subject: &Subject) -> Result<Context, ServiceError> {
        let rows = store::register::list_reaching(self.connection, subject, false)?;
        Ok(Context::from_rows(&rows, subject, self.as_of))
    }

    /// A division as a subject: its code is its identifier.
    pub(super) fn place(
        &self,
        division: DivisionCode,
        kind: SubjectKind,
    ) -> Result<Subject, ServiceError> {
        let id = division.to_string().parse();
        Ok(Subject {
            id: id.map_err(|e| ServiceError::caused("a division as a subject", e))?,
            kind,
            division,
            local_code: String::new(),
        })
    }
}

/// What the scorer says of what was counted: the inputs that were judged and the result. The same
/// counts and the same other inputs give the same bytes, whenever this is done.
pub(super) fn judge(inputs: Inputs, counted: &Counted) -> (Inputs, TitleResult) {
    let with = |facts: &DivisionFacts| Inputs {
        context: Context {
            division: Some(facts.clone()),
            ..inputs.context.clone()
        },
        ..inputs.clone()
    };
    let facts = counted.facts(Grades::InEffect);
    let official = with(&facts);
    let without_overrides = (counted.overrides() > 0).then(|| {
        let plain = assess(&with(&counted.facts(Grades::Computed)));
        let Assessment {
            gates,
            level,
            title: outcome,
            ..
        } = plain;
        WithoutOverrides {
            overrides: counted.overrides(),
            gates,
            level,
            outcome,
        }
    });
    let result = TitleResult {
        facts,
        assessment: assess(&official),
        without_overrides,
    };
    (official, result)
}

/// The hash of a snapshot: of whose it is, what was counted, judged and said.
pub(super) fn snapshot_id(found: &Found, cycle: &Cycle) -> Hash {
    let json = |value: &serde_json::Value| value.to_string().into_bytes();
    let mut parts = vec![
        found.holder.subject_id().into_bytes(),
        cycle.id.as_str().as_bytes().to_vec(),
        found.computed.snapshot_on.to_string().into_bytes(),
        json(&serde_json::json!([
            found.holder,
            found.counted,
            found.result
        ])),
        found.inputs.clone(),
    ];
    for village in found.counted.villages() {
        for one in &village.households {
            parts.push(json(&serde_json::json!([one.subject, one.rating, one])));
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Hash::of("itgel.title_snapshot.v1", &parts)
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
    let mut events = row.title.history().iter().rev();
    let event = events.find(warned).filter(|_| is_warned);
    event.map(|event| event.at.on())
}
