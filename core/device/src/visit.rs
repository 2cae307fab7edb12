//! A visit that is not sealed yet: what is drafted, what is known beside it, what is wrong with
//! it, and the provisional grade.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::assess::inputs::{Context, Inputs};
use itgel_domain::assess::{Assessment, assess};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::file::entry::{Consent, Correction, Entry, EntryId, ObservationEntry};
use itgel_domain::file::envelope::{Body, Envelope, FileBody, VERSION};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::value::{LiveValue, Source};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::item::{ItemPath, Observation};
use itgel_domain::register::{BarredOfficers, RegisterContent, RegisterRow};
use itgel_domain::rights::consent::CollectionPurpose;
use itgel_domain::subject::{Producer, Subject};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::Checked;
use crate::check::violations;
use crate::error::Error;
use crate::journal;
use crate::people;
use crate::rules::{RuleCache, Told};
use crate::store::device::DeviceRow;
use crate::store::draft::DraftValue;
use crate::store::{device, draft, identity, list, process, projection, register, subject, trust};
use crate::warning::{doubtful_clock, outdated_rules, warnings};

/// What a visit draws on.
pub(crate) struct Visit {
    pub(crate) device: DeviceRow,
    pub(crate) subject: Subject,
    pub(crate) cycle: CycleId,
    /// The campaign, if its row has been pulled.
    pub(crate) campaign: Option<Cycle>,
    /// The day of the entry, by the clock, and the newest that the server signed.
    pub(crate) entered: Told,
    pub(crate) values: Vec<DraftValue>,
    pub(crate) consents: Vec<Consent>,
    /// What all files of the subject say.
    pub(crate) facts: FileFacts,
    /// What the file of the year of entry says: an entry refers only to its own file.
    pub(crate) file: FileFacts,
    /// Officers who must not act for the subject.
    pub(crate) barred: Option<BarredOfficers>,
    /// Identity, newest version first.
    pub(crate) identity: Vec<identity::Version>,
}

/// A value of an earlier cycle, to be read beside the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierValue {
    /// The cycle it was observed for.
    pub cycle: CycleId,
    /// The value; of several officers' the one that was entered last.
    pub observation: Observation,
}

impl Visit {
    /// Reads everything that concerns a visit that is entered on a day.
    pub(crate) fn load(
        db: &Connection,
        subject: &SubjectId,
        cycle: &CycleId,
        entered_on: Date,
    ) -> Result<Self, Error> {
        let home = subject_row(db, subject)?;
        let files = projection::files(db, subject)?;
        let mut of_years = files.iter();
        let this_year = of_years.find(|(file, _)| file.year == entered_on.year());
        Ok(Self {
            barred: barred(db, &home, entered_on)?,
            device: device::get(db)?,
            file: this_year
                .map(|(_, facts)| facts.clone())
                .unwrap_or_default(),
            subject: home,
            cycle: cycle.clone(),
            campaign: process::find_cycle(db, cycle)?,
            entered: Told::on(db, entered_on)?,
            values: draft::values(db, subject, cycle)?,
            consents: draft::consents(db, subject, cycle)?,
            facts: projection::joined(files),
            identity: identity::versions(db, subject)?,
        })
    }

    /// Whether an officer declared an interest in the subject that stands.
    pub(crate) fn bars(&self, officer: &OfficerId) -> bool {
        self.barred.as_ref().is_some_and(|row| row.bars(officer))
    }

    /// The own sealed values of this cycle.
    pub(crate) fn own(&self) -> BTreeMap<ItemPath, LiveValue> {
        let live = self.facts.live(&self.cycle).into_iter();
        live.filter_map(|(item, values)| {
            let own = values.into_iter().find(|v| self.is_own(v))?;
            Some((item, own))
        })
        .collect()
    }

    fn is_own(&self, value: &LiveValue) -> bool {
        value.source == Source::Officer && value.officer == self.device.officer
    }

    /// What this officer says: the own sealed values under the drafted ones, and what registers
    /// and decisions say where the officer says nothing.
    pub(crate) fn stated(&self) -> BTreeMap<ItemPath, Observation> {
        let mut stated = BTreeMap::new();
        for (item, mut values) in self.facts.live(&self.cycle) {
            let own = values.iter().position(|v| self.is_own(v));
            let official = || values.iter().position(|v| v.source != Source::Officer);
            let said = own.or_else(official).map(|at| values.swap_remove(at));
            stated.extend(said.map(|v| (item, v.observation)));
        }
        let drafted = self.values.iter().map(|v| &v.observation);
        stated.extend(drafted.map(|o| (o.item.clone(), o.clone())));
        stated
    }

    /// How the household lives from the land, once that is known.
    pub(crate) fn producer(&self) -> Option<Producer> {
        let stated = self.stated();
        let value = stated.get(&"household.producer".parse::<ItemPath>().ok()?)?;
        value.state.value()?.as_text()?.parse().ok()
    }

    /// The entries that sealing would write, consents first: a correction where an own sealed
    /// value changes, nothing where it stays.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let own = self.own();
        let consents = self.consents.iter().cloned().map(Entry::Consent);
        let values = self.values.iter().filter_map(|drafted| {
            let observation = drafted.observation.clone();
            let cycle = self.cycle.clone();
            match own.get(&observation.item) {
                Some(sealed) if sealed.observation == observation => None,
                Some(sealed) if self.file.entry(&sealed.entry).is_some() => {
                    Some(Entry::Correction(Correction {
                        corrects: sealed.entry.clone(),
                        cycle,
                        observation,
                        reason: drafted.reason.clone(),
                    }))
                }
                _ => Some(Entry::Observation(ObservationEntry { cycle, observation })),
            }
        });
        consents.chain(values).collect()
    }

    /// What the files would say with `entries` written at `at`.
    pub(crate) fn facts_with(&self, at: &ChainRef, entries: &[Entry], now: AtMs) -> FileFacts {
        let mut facts = self.facts.clone();
        if !entries.is_empty() {
            facts.apply(&self.preview(at, entries, now));
        }
        facts
    }

    /// An envelope that is only looked at, never written.
    fn preview(&self, at: &ChainRef, entries: &[Entry], now: AtMs) -> Envelope {
        let file = FileId {
            subject: self.subject.id.clone(),
            year: now.on().year(),
        };
        let body = FileBody {
            file,
            deps: Vec::new(),
            start_op: 1,
            entries: entries.to_vec(),
        };
        Envelope {
            v: VERSION,
            at: at.clone(),
            salt: String::new(),
            officer: self.device.officer.clone(),
            pack: Hash::from_bytes([0; 32]),
            entered_at: now,
            checkpoint: None,
            body: Body::File(body),
        }
    }
}

/// The inputs of an assessment of `facts` on `as_of`, under the rules and registers of this
/// device, formed by the same functions as on the server.
pub(crate) fn inputs(
    db: &Connection,
    visit: &Visit,
    facts: &FileFacts,
    as_of: Date,
    rules: &RuleCache,
) -> Result<Inputs, Error> {
    let (rules, day) = (rules.get(db)?, Told::on(db, as_of)?);
    let rows = register::reaching(db, &visit.subject)?;
    let verified = people::current(&visit.identity).any(|v| v.record.is_verified());
    let context = Context::of_subject(&rows, &visit.subject, as_of, facts, verified);
    Ok(Inputs {
        subject: visit.subject.id.clone(),
        subject_kind: visit.subject.kind,
        as_of,
        facts: facts.facts(&visit.cycle),
        context,
        parameters: rules.parameters_for(&visit.subject, day)?,
        pack: rules.pack_for(&visit.subject, day)?,
    })
}

/// The values of the last cycle before `cycle` that the files of the subject know.
pub(crate) fn earlier(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<EarlierValue>, Error> {
    let facts = projection::of_subject(db, subject)?;
    let opened: BTreeMap<CycleId, Date> = process::cycles(db)?
        .into_iter()
        .map(|c| (c.id, c.opens_on))
        .collect();
    let order = |cycle: &CycleId| (opened.get(cycle).copied(), cycle.clone());
    let observed: BTreeSet<&CycleId> = facts
        .entries()
        .filter_map(|r| Some(r.entry.observed()?.0))
        .collect();
    let before = observed
        .into_iter()
        .filter(|other| order(other) < order(cycle));
    let Some(last) = before.max_by_key(|other| order(other)) else {
        return Ok(Vec::new());
    };
    let newest = |values: Vec<LiveValue>| {
        values
            .into_iter()
            .max_by_key(|v| (v.observation.observed_on, v.entry.clone()))
    };
    let held = facts.held(last).into_values().filter_map(newest);
    Ok(held
        .map(|v| EarlierValue {
            cycle: last.clone(),
            observation: v.observation,
        })
        .collect())
}

/// What is wrong and what looks wrong with the visit.
pub(crate) fn check(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
    as_of: Date,
    rules: &RuleCache,
) -> Result<Checked, Error> {
    let visit = Visit::load(db, subject, cycle, as_of)?;
    let inputs = match provisional_inputs(db, &visit, as_of, rules) {
        Ok(inputs) => Some(inputs),
        Err(Error::PackMissing | Error::ParametersMissing) => None,
        Err(error) => return Err(error),
    };
    let earlier = earlier(db, subject, cycle)?;
    let packs = trust::get(db)?.packs;
    let outdated = inputs.as_ref().and_then(|i| outdated_rules(i, &packs));
    let mut warnings = warnings(&visit, &earlier, inputs.as_ref());
    warnings.extend(outdated);
    warnings.extend(doubtful_clock(&visit, as_of));
    Ok(Checked {
        violations: violations(&visit, as_of),
        warnings,
    })
}

/// The provisional assessment (暂定) of what is drafted and known.
pub(crate) fn assess_provisional(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
    as_of: Date,
    rules: &RuleCache,
) -> Result<Assessment, Error> {
    let visit = Visit::load(db, subject, cycle, as_of)?;
    Ok(assess(&provisional_inputs(db, &visit, as_of, rules)?))
}

fn provisional_inputs(
    db: &Connection,
    visit: &Visit,
    as_of: Date,
    rules: &RuleCache,
) -> Result<Inputs, Error> {
    let at = journal::next_place(db, &visit.device)?;
    let facts = visit.facts_with(&at, &visit.entries(), AtMs::start_of(as_of));
    inputs(db, visit, &facts, as_of, rules)
}

/// Restricted classes and whether any consent to a rating stands: of the file on `as_of` and the
/// draft.
pub(crate) fn consented(visit: &Visit, as_of: Date) -> (bool, BTreeSet<String>) {
    let sealed = visit.file.consents_valid_on(as_of);
    let consents = sealed
        .iter()
        .map(|view| view.consent)
        .chain(&visit.consents);
    let mut categories = BTreeSet::new();
    let mut any = false;
    let to_rate = |consent: &&Consent| consent.serves(CollectionPurpose::CreditRating);
    for consent in consents.filter(to_rate) {
        any = true;
        categories.extend(consent.categories.iter().cloned());
    }
    (any, categories)
}

/// The consents that a seal rests on: those written with it, whose places start at `at`, and the
/// earlier ones that stand on `as_of`.
pub(crate) fn consent_entries(visit: &Visit, at: &ChainRef, as_of: Date) -> Vec<EntryId> {
    let sealed = visit
        .file
        .consents_valid_on(as_of)
        .into_iter()
        .map(|view| view.entry);
    let drafted = (0..).zip(&visit.consents).map(|(index, _)| EntryId {
        at: at.clone(),
        index,
    });
    sealed.chain(drafted).collect()
}

/// Who must not act for a subject, by the newest row of the register.
pub(crate) fn barred(
    db: &Connection,
    subject: &Subject,
    today: Date,
) -> Result<Option<BarredOfficers>, Error> {
    let rows = register::about(db, subject)?;
    let in_force = RegisterRow::in_force(&rows, subject, today).into_iter();
    let mut barred = in_force.filter_map(|row| match &row.content {
        RegisterContent::Barred(officers) => Some(officers.clone()),
        _ => None,
    });
    Ok(barred.next())
}

/// A subject of this device.
pub(crate) fn subject_row(db: &Connection, id: &SubjectId) -> Result<Subject, Error> {
    if let Some(found) = subject::find(db, id)? {
        return Ok(found);
    }
    if list::is_erased(db, id)? {
        Err(Error::SubjectErased(id.clone()))
    } else {
        Err(Error::SubjectUnknown(id.clone()))
    }
}
