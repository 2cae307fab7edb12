//! The registers of land and animals: rights to plots, leases, joint-herd groups (联户), entrusted
//! animals (委托放牧). Records are entered here with their history; what they come to for each
//! subject is resolved ([`itgel_domain::land`]) and published as a row of the register `land` in
//! the same transaction, so that devices receive results and never records of neighbours.

mod conflicting;
mod publish;

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::land::{
    Fault, FaultKind, JointContract, LandRecord, LandRules, RecordFault, Records, resolve,
};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

pub use self::conflicting::{ContradictionLine, ContradictionQuery, list_contradictions};
use self::publish::publish;
use crate::error::ServiceError;
use crate::fold;
use crate::service::{Service, random};
use crate::store::land::LandRow;
use crate::store::land_fault::LandObject;
use crate::store::{self, Tx};

/// A record as somebody enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Whose registrar keeps it: where the plot lies, or the group or the owner lives.
    pub division: DivisionCode,
    /// Who keeps the register, with its reference.
    pub source: String,
    /// What it says.
    pub record: LandRecord,
}

/// The place of a record in its register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// The word of the register.
    pub register: String,
    /// A division of the banner within which the number is unique.
    pub division: DivisionCode,
    /// The number.
    pub number: String,
    /// The first day.
    pub from: Date,
}

/// What came of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Whether anything changed; the same record again does not.
    pub is_changed: bool,
    /// What contradicts itself around it now. The record is kept: nobody but the keepers of the
    /// registers can tell which one is wrong.
    pub faults: Vec<Fault>,
}

/// Enters records for a person, all or none.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] without the role in the division of a
/// record; otherwise as for [`put`].
pub fn enter(
    service: &Service,
    actor: &Actor,
    records: Vec<NewRecord>,
) -> Result<Vec<Entered>, ServiceError> {
    for record in &records {
        check_right(actor, record.division)?;
    }
    let officer = actor.officer.clone();
    service.transact("land.enter", move |service, tx| {
        let now = service.now();
        let entered = records
            .iter()
            .map(|record| put(service, tx, record, officer.as_str(), now));
        entered.collect()
    })
}

/// Writes a record, resolves what it touches and publishes what changed. A record with the same
/// register, number and first day takes the place of the one before.
///
/// # Errors
/// [`ErrorCode::LandRecord`] for a record that cannot be one, [`ErrorCode::LandOverlap`] for a
/// contract that shares days with itself under another first day, [`ErrorCode::SubjectUnknown`]
/// or [`ErrorCode::SubjectErased`] for somebody whom it names; [`ServiceError`] of the database.
pub fn put(
    service: &Service,
    tx: &Tx<'_>,
    new: &NewRecord,
    entered_by: &str,
    now: AtMs,
) -> Result<Entered, ServiceError> {
    check(new)?;
    for subject in new.record.subjects() {
        fold::subject(tx, subject)?;
    }
    let banner = banner_of(new.division);
    let (register, number) = (new.record.register(), new.record.number());
    let known = store::land::list_numbered(tx, register, banner, &number)?;
    let (from, _) = new.record.days();
    let (same, others): (Vec<_>, Vec<_>) = known
        .into_iter()
        .partition(|row| row.record.days().0 == from);
    if others.iter().any(|row| row.record.overlaps(&new.record)) {
        return Err(ErrorCode::LandOverlap.into());
    }
    let is_same = |row: &LandRow| row.record == new.record && row.division == new.division;
    let is_changed = !same.iter().any(is_same);
    let mut touched: BTreeSet<SubjectId> = subjects_of(&new.record);
    let mut objects = objects_of(&new.record);
    if is_changed {
        for row in &same {
            objects.extend(objects_of(&row.record));
            touched.extend(subjects_of(&row.record));
            touched.extend(parties_of_plot(tx, banner, &row.record)?);
            store::land::end(tx, &row.id, entered_by, now)?;
        }
        write(tx, new, entered_by, now)?;
    }
    let place = (banner, &objects);
    let found = publish(service, tx, place, &touched, entered_by, now)?;
    let faults = found
        .into_iter()
        .filter(|fault| is_about(fault, &new.record));
    Ok(Entered {
        is_changed,
        faults: faults.collect(),
    })
}

/// What would contradict itself if records were entered together, for each of them, as far as the
/// records in force and the counts on file tell.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn contradictions(
    service: &Service,
    connection: &Connection,
    new: &[NewRecord],
) -> Result<Vec<Vec<Fault>>, ServiceError> {
    let mut around = Vec::new();
    for record in new {
        around.extend(records_around(connection, record)?);
    }
    let around: BTreeMap<RowId, LandRecord> =
        around.into_iter().map(|row| (row.id, row.record)).collect();
    let place = |r: &LandRecord| (r.register(), r.number(), r.days().0);
    let replaced: BTreeSet<_> = new.iter().map(|new| place(&new.record)).collect();
    let kept = around
        .into_values()
        .filter(|old| !replaced.contains(&place(old)));
    let records: Records = kept
        .chain(new.iter().map(|new| new.record.clone()))
        .collect();
    let banner = new.first().map(|new| banner_of(new.division));
    let rules = match banner {
        Some(banner) => publish::rules_for(service, connection, banner, service.now())?,
        None => LandRules::default(),
    };
    let members = records.joint.iter().flat_map(|group| &group.members);
    let members: BTreeSet<SubjectId> = members.map(|m| m.member.clone()).collect();
    let own = resolve(&records, &BTreeMap::new(), rules);
    let counts = publish::counts(service, connection, &members, &own)?;
    let found = resolve(&records, &counts, rules).faults;
    let about = |new: &NewRecord| {
        let told = found
            .iter()
            .filter(|fault| fault.kind != FaultKind::Uncounted);
        told.filter(|fault| is_about(fault, &new.record))
            .cloned()
            .collect()
    };
    Ok(new.iter().map(about).collect())
}

/// The records in force that a new one can contradict.
fn records_around(connection: &Connection, new: &NewRecord) -> Result<Vec<LandRow>, ServiceError> {
    if let Some(plot) = new.record.plot() {
        let banner = banner_of(new.division);
        return Ok(store::land::list_of_plot(connection, banner, plot)?);
    }
    let LandRecord::Joint(group) = &new.record else {
        return Ok(Vec::new());
    };
    let mut around = Vec::new();
    for member in &group.members {
        around.extend(store::land::list_of_subject(connection, &member.member)?);
    }
    Ok(around)
}

/// Whether the register has the same contract under another first day with days in common.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn overlaps_itself(connection: &Connection, new: &NewRecord) -> Result<bool, ServiceError> {
    let (register, number) = (new.record.register(), new.record.number());
    let known = store::land::list_numbered(connection, register, banner_of(new.division), &number)?;
    let (from, _) = new.record.days();
    let mut others = known.iter().filter(|row| row.record.days().0 != from);
    Ok(others.any(|row| row.record.overlaps(&new.record)))
}

/// The group with a number and a first day, as it stands.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn find_group(
    connection: &Connection,
    division: DivisionCode,
    number: &str,
    from: Date,
) -> Result<Option<JointContract>, ServiceError> {
    let known = store::land::list_numbered(connection, "joint", banner_of(division), number)?;
    let mut groups = known.into_iter().filter_map(|row| match row.record {
        LandRecord::Joint(group) => Some(group),
        _ => None,
    });
    Ok(groups.find(|group| group.from == from))
}

/// Takes a record back that should not have been entered; it stays in the history. `false` if
/// there is none in force.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] without the role in the division that
/// keeps it; [`ServiceError`] of the database.
pub fn withdraw(
    service: &Service,
    actor: &Actor,
    place: RecordPlace,
) -> Result<bool, ServiceError> {
    let actor = actor.clone();
    service.transact("land.withdraw", move |service, tx| {
        let (now, banner) = (service.now(), banner_of(place.division));
        let known = store::land::list_numbered(tx, &place.register, banner, &place.number)?;
        let Some(row) = known
            .into_iter()
            .find(|row| row.record.days().0 == place.from)
        else {
            return Ok(false);
        };
        check_right(&actor, row.division)?;
        let officer = actor.officer.as_str();
        store::land::end(tx, &row.id, officer, now)?;
        audit(tx, now, officer, "land.withdrawn", &row)?;
        let mut touched = subjects_of(&row.record);
        touched.extend(parties_of_plot(tx, banner, &row.record)?);
        let place = (banner, &objects_of(&row.record));
        publish(service, tx, place, &touched, officer, now)?;
        Ok(true)
    })
}

/// Lets the other members of the groups that a subject grazes with follow, after something in
/// its files changed. Without a group nothing is done.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn follow(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    if !store::land::is_member(tx, subject)? {
        return Ok(());
    }
    let rows = store::land::list_of_subject(tx, subject)?;
    let groups = rows
        .iter()
        .filter(|row| matches!(row.record, LandRecord::Joint(_)));
    let mut banners: BTreeMap<DivisionCode, BTreeSet<LandObject>> = BTreeMap::new();
    for row in groups {
        let objects = banners.entry(row.banner).or_default();
        objects.extend(objects_of(&row.record));
    }
    let touched = BTreeSet::from([subject.clone()]);
    for (banner, objects) in &banners {
        publish(service, tx, (*banner, objects), &touched, "rule", now)?;
    }
    Ok(())
}

/// The plot or group that a record is about.
fn objects_of(record: &LandRecord) -> BTreeSet<LandObject> {
    let plot = record.plot().map(|plot| LandObject::Plot(plot.to_owned()));
    let group = match record {
        LandRecord::Joint(group) => Some(LandObject::Group(group.id.clone())),
        _ => None,
    };
    plot.into_iter().chain(group).collect()
}

fn check_right(actor: &Actor, division: DivisionCode) -> Result<(), ServiceError> {
    let place = Resource::at(division);
    may(actor, Action::ManageRegisters, &place).map_err(|denial| denial.code())?;
    Ok(())
}

fn check(new: &NewRecord) -> Result<(), ServiceError> {
    let Err(fault) = new.record.check() else {
        return Ok(());
    };
    let field = match fault {
        RecordFault::Days => "days",
        RecordFault::SameParty => "parties",
        RecordFault::Amount => "amount",
        RecordFault::Number => "number",
        RecordFault::Members => "members",
    };
    Err(ServiceError::Refused {
        code: ErrorCode::LandRecord,
        violations: vec![Violation::new(field, ErrorCode::LandRecord)],
    })
}

fn write(tx: &Tx<'_>, new: &NewRecord, entered_by: &str, now: AtMs) -> Result<(), ServiceError> {
    let (register, banner) = (new.record.register(), banner_of(new.division));
    let (from, _) = new.record.days();
    let number = new.record.number();
    let history = store::land::list_history(tx, register, banner, &number, from)?;
    let row = LandRow {
        id: RowId::from_random(random()?),
        banner,
        division: new.division,
        revision: history
            .first()
            .map_or(1, |row| row.revision.saturating_add(1)),
        record: new.record.clone(),
        source: new.source.clone(),
        entered_by: entered_by.to_owned(),
        entered_at: now,
        ended_at: None,
    };
    store::land::put(tx, &row)?;
    audit(tx, now, entered_by, "land.entered", &row)
}

fn audit(
    tx: &Tx<'_>,
    now: AtMs,
    by: &str,
    action: &str,
    row: &LandRow,
) -> Result<(), ServiceError> {
    // The id is random, so the leaf tells nothing of the row.
    let leaf = Hash::of(
        "itgel.land.v1",
        &[action.as_bytes(), row.id.as_str().as_bytes()],
    );
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    let resource = format!("land/{}/{}", row.record.register(), row.id);
    let detail = serde_json::json!({ "revision": row.revision });
    store::log::audit(tx, now, by, action, &resource, &detail)?;
    Ok(())
}

/// Numbers of plots and contracts are unique within a banner.
fn banner_of(division: DivisionCode) -> DivisionCode {
    division.ancestor(DivisionLevel::County).unwrap_or(division)
}

fn subjects_of(record: &LandRecord) -> BTreeSet<SubjectId> {
    record.subjects().into_iter().cloned().collect()
}

/// Everybody who has to do with the plot of a record.
fn parties_of_plot(
    tx: &Tx<'_>,
    banner: DivisionCode,
    record: &LandRecord,
) -> Result<BTreeSet<SubjectId>, ServiceError> {
    let Some(plot) = record.plot() else {
        return Ok(BTreeSet::new());
    };
    let rows = store::land::list_of_plot(tx, banner, plot)?;
    Ok(rows
        .iter()
        .flat_map(|row| subjects_of(&row.record))
        .collect())
}

/// Whether a contradiction is about a record, so that who enters it should know.
fn is_about(fault: &Fault, record: &LandRecord) -> bool {
    is_with(fault, record) || record.plot().is_some_and(|plot| plot == fault.about)
}

/// Whether a record is one of those that contradict one another.
#[must_use]
pub fn is_with(fault: &Fault, record: &LandRecord) -> bool {
    let number = match record {
        LandRecord::Plot(plot) => &plot.contract,
        LandRecord::Lease(lease) => &lease.id,
        LandRecord::Joint(group) => &group.id,
        LandRecord::Entrusted(animals) => &animals.id,
    };
    fault.about == *number || fault.contracts.contains(number)
}
