//! From records to rows: what a change touches is resolved again, and what came out differently
//! is published. Nothing is read beyond the neighbourhood of the change: its subjects, their
//! plots, the groups that they graze with and the counts of the members.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::assess::{Context, Inputs, counted};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::land::{
    Counted, Fault, FaultKind, JointContract, LandRecord, LandRules, Records, Resolution, resolve,
};
use itgel_domain::register::{LandUse, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::fold;
use crate::registers;
use crate::service::{Service, random};
use crate::store::land_fault::{FaultRow, LandObject};
use crate::store::{self, Tx};

/// Resolves what `touched` and those around them have and graze, and publishes the rows that
/// changed. Gives the contradictions that were found on the way.
pub(super) fn publish(
    service: &Service,
    tx: &Tx<'_>,
    (banner, objects): (DivisionCode, &BTreeSet<LandObject>),
    touched: &BTreeSet<SubjectId>,
    entered_by: &str,
    now: AtMs,
) -> Result<Vec<Fault>, ServiceError> {
    let mut around = Neighbourhood::default();
    around.load(tx, touched)?;
    let beside = around.beside(touched);
    around.load(tx, &beside)?;
    let mut concerned = around.members_with(&beside);
    concerned.extend(beside);
    around.load(tx, &concerned)?;
    // The figures of a concerned subject rest on the counts of all who graze with it.
    let counting = around.members_with(&concerned);
    around.load(tx, &counting)?;
    let keepers = around.keepers(banner);
    let objects: BTreeSet<LandObject> = objects
        .iter()
        .cloned()
        .chain(around.groups_of(banner, touched))
        .collect();
    let records: Records = around.rows.into_values().map(|row| row.record).collect();
    let rules = rules_for(service, tx, banner, now)?;
    let own = resolve(&records, &BTreeMap::new(), rules);
    let counts = counts(service, tx, &counting, &own)?;
    let found = resolve(&records, &counts, rules);
    let mut rows = Vec::new();
    for subject in &concerned {
        let land = found.uses.get(subject).cloned().unwrap_or_default();
        rows.extend(changed_row(tx, subject, land, &around.sources, now)?);
    }
    registers::put_all(service, tx, &rows, entered_by, now)?;
    for object in &objects {
        note_faults(tx, banner, object, (&found.faults, &keepers))?;
    }
    Ok(found.faults)
}

/// Keeps what is wrong with a plot or group for the list of contradictions. Everything about it
/// was read, because its parties are among those touched. A member who waits for a count
/// contradicts nothing.
fn note_faults(
    tx: &Tx<'_>,
    banner: DivisionCode,
    object: &LandObject,
    (faults, keepers): (&[Fault], &BTreeMap<LandObject, DivisionCode>),
) -> Result<(), ServiceError> {
    let mut rows = Vec::new();
    for fault in faults {
        let is_here = object_of(fault) == *object && fault.kind != FaultKind::Uncounted;
        let Some(division) = keepers.get(object).filter(|_| is_here) else {
            continue;
        };
        let said = serde_json::to_vec(fault).map_err(|e| ServiceError::caused("a fault", e))?;
        let id = Hash::of(
            "itgel.land.fault.v1",
            &[banner.filled_text().as_bytes(), &said],
        );
        rows.push(FaultRow {
            id,
            division: *division,
            fault: fault.clone(),
        });
    }
    Ok(store::land_fault::replace(tx, banner, object, &rows)?)
}

/// What a contradiction is about.
fn object_of(fault: &Fault) -> LandObject {
    match fault.kind {
        FaultKind::GroupMissesCount | FaultKind::TwoGroups | FaultKind::Uncounted => {
            LandObject::Group(fault.about.clone())
        }
        FaultKind::ClaimedTwice
        | FaultKind::Disputed
        | FaultKind::LeaseCycle
        | FaultKind::SubletBeyond
        | FaultKind::PlotUnknown => LandObject::Plot(fault.about.clone()),
    }
}

/// The records that were read, by row.
#[derive(Default)]
struct Neighbourhood {
    rows: BTreeMap<RowId, store::land::LandRow>,
    sources: BTreeMap<SubjectId, BTreeSet<String>>,
    seen: BTreeSet<SubjectId>,
}

impl Neighbourhood {
    /// Reads everything about subjects and about the plots that they have to do with.
    fn load(&mut self, tx: &Tx<'_>, subjects: &BTreeSet<SubjectId>) -> Result<(), ServiceError> {
        let mut plots = BTreeSet::new();
        for subject in subjects {
            if !self.seen.insert(subject.clone()) {
                continue;
            }
            for row in store::land::list_of_subject(tx, subject)? {
                plots.extend(row.record.plot().map(|plot| (row.banner, plot.to_owned())));
                let sources = self.sources.entry(subject.clone()).or_default();
                sources.insert(row.source.clone());
                self.rows.insert(row.id.clone(), row);
            }
        }
        for (in_banner, plot) in plots {
            let of_plot = store::land::list_of_plot(tx, in_banner, &plot)?;
            self.rows
                .extend(of_plot.into_iter().map(|row| (row.id.clone(), row)));
        }
        Ok(())
    }

    /// The groups of a banner that one of `subjects` belongs to: they may contradict one another.
    fn groups_of(
        &self,
        banner: DivisionCode,
        subjects: &BTreeSet<SubjectId>,
    ) -> BTreeSet<LandObject> {
        let rows = self.rows.values().filter(|row| row.banner == banner);
        let groups = rows.filter_map(|row| match &row.record {
            LandRecord::Joint(group) => Some(group),
            _ => None,
        });
        let of_theirs =
            |group: &&JointContract| group.members.iter().any(|m| subjects.contains(&m.member));
        let numbers = groups.filter(of_theirs).map(|group| group.id.clone());
        numbers.map(LandObject::Group).collect()
    }

    /// Whose registrars keep the plots and groups of a banner; of a plot that of its right, or of
    /// its first lease.
    fn keepers(&self, banner: DivisionCode) -> BTreeMap<LandObject, DivisionCode> {
        let mut keepers = BTreeMap::new();
        for row in self.rows.values().filter(|row| row.banner == banner) {
            for object in super::objects_of(&row.record) {
                let is_right = matches!(row.record, LandRecord::Plot(_));
                let keeper = keepers.entry(object).or_insert(row.division);
                if is_right {
                    *keeper = row.division;
                }
            }
        }
        keepers
    }

    /// Those touched, everybody on their plots, and who keeps their animals or owns those that
    /// they keep.
    fn beside(&self, touched: &BTreeSet<SubjectId>) -> BTreeSet<SubjectId> {
        let mut beside = touched.clone();
        for row in self.rows.values() {
            let is_ours = |s: &&SubjectId| touched.contains(*s);
            let is_pair = matches!(row.record, LandRecord::Entrusted(_));
            if row.record.plot().is_some() || (is_pair && row.record.subjects().iter().any(is_ours))
            {
                beside.extend(row.record.subjects().into_iter().cloned());
            }
        }
        beside
    }

    /// All members of the groups that one of `subjects` belongs to.
    fn members_with(&self, subjects: &BTreeSet<SubjectId>) -> BTreeSet<SubjectId> {
        let groups = self.rows.values().filter_map(|row| match &row.record {
            LandRecord::Joint(group) => Some(group),
            _ => None,
        });
        let of_ours =
            |group: &&JointContract| group.members.iter().any(|m| subjects.contains(&m.member));
        let members = groups.filter(of_ours).flat_map(|group| &group.members);
        members.map(|m| m.member.clone()).collect()
    }
}

/// What the parameter table in force says of leases.
pub(super) fn rules_for(
    service: &Service,
    connection: &Connection,
    banner: DivisionCode,
    now: AtMs,
) -> Result<LandRules, ServiceError> {
    let parameters = fold::known(service.rules.parameters_for(connection, banner, now.on()))?;
    Ok(parameters.map(|table| table.land).unwrap_or_default())
}

/// What the files of members say; who has none, or none that tells enough, is left out.
pub(super) fn counts(
    service: &Service,
    tx: &Connection,
    members: &BTreeSet<SubjectId>,
    resolved: &Resolution,
) -> Result<BTreeMap<SubjectId, Counted>, ServiceError> {
    let mut counts = BTreeMap::new();
    for member in members {
        let Some(subject) = present(tx, member)? else {
            continue;
        };
        let land = resolved.uses.get(member).cloned().unwrap_or_default();
        if let Some(inputs) = inputs(service, tx, &subject, land)? {
            counts.extend(counted(&inputs).map(|counted| (member.clone(), counted)));
        }
    }
    Ok(counts)
}

/// The inputs of the newest sealed visit, with `land` in the place of what was published.
fn inputs(
    service: &Service,
    tx: &Connection,
    subject: &Subject,
    land: LandUse,
) -> Result<Option<Inputs>, ServiceError> {
    let files = fold::facts(tx, &subject.id)?;
    let Some((as_of, cycle)) = files.newest_seal() else {
        return Ok(None);
    };
    let pack = fold::known(service.rules.pack_for(tx, subject.kind, as_of))?;
    let parameters = fold::known(service.rules.parameters_for(tx, subject.division, as_of))?;
    let (Some(pack), Some(parameters)) = (pack, parameters) else {
        return Ok(None);
    };
    let rows = store::register::list_reaching(tx, subject, false)?;
    let others = rows
        .iter()
        .filter(|row| !matches!(row.content, RegisterContent::Land(_)));
    let mut context = Context::of_subject(others, subject, as_of, &files, true);
    context.take_land(land);
    Ok(Some(Inputs {
        subject: subject.id.clone(),
        subject_kind: subject.kind,
        as_of,
        facts: files.facts(cycle),
        context,
        parameters,
        pack,
    }))
}

/// The row for a subject, if it says something else than the one in force.
fn changed_row(
    tx: &Tx<'_>,
    subject: &SubjectId,
    land: LandUse,
    sources: &BTreeMap<SubjectId, BTreeSet<String>>,
    now: AtMs,
) -> Result<Option<RegisterRow>, ServiceError> {
    let Some(home) = present(tx, subject)? else {
        return Ok(None);
    };
    let from = first_day(&land).unwrap_or_else(|| now.on());
    let is_empty = land == LandUse::default();
    let sources: Vec<&str> = sources
        .get(subject)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let row = RegisterRow {
        id: RowId::from_random(random()?),
        division: home.division,
        subject: Some(subject.clone()),
        key: String::new(),
        revision: 1,
        valid_from: from,
        valid_to: None,
        source: sources.join("；"),
        content: RegisterContent::Land(Box::new(land)),
    };
    Ok(match store::register::get_at_place_of(tx, &row)? {
        Some(before) if before.content == row.content => None,
        None if is_empty => None,
        _ => Some(row),
    })
}

/// The row has to be in force on every day on which something of it matters.
fn first_day(land: &LandUse) -> Option<jiff::civil::Date> {
    let leases = land.leases.iter().chain(&land.unregistered_leases);
    let periods = land.joint_groups.iter().flat_map(|group| &group.periods);
    leases
        .map(|lease| lease.from)
        .chain(land.disputed_plots.iter().map(|plot| plot.from))
        .chain(periods.filter_map(|period| period.from))
        .chain(land.entrusted.iter().map(|animals| animals.from))
        .min()
}

fn present(tx: &Connection, id: &SubjectId) -> Result<Option<Subject>, ServiceError> {
    match fold::subject(tx, id) {
        Ok(subject) => Ok(Some(subject)),
        Err(ServiceError::Refused {
            code: ErrorCode::SubjectUnknown | ErrorCode::SubjectErased,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}
