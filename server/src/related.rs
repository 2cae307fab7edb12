//! Who stands behind an entity or a collective, and who is a cadre of a gacha (`domain.md` E1.5,
//! C1.5, G-L, G 48).
//!
//! A person is entered by number and kept as a blind index. Whoever is on file with that number
//! is the household that answers for the person; what stands for or against it — its grade in
//! effect, its loan record, vetoes and records — reaches the entity as a derived register row,
//! renewed in the transaction in which any of it changes.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::assess::Context;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::ledger::{LedgerResult, PartyNumber};
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::register::{
    CreditRecord, CreditStatus, RegisterContent, RegisterRow, RelatedStanding, Relation, VetoFact,
};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::Span;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::office::OfficeHolder;
use crate::store::{self, Tx};
use crate::{fold, ledger, registers};

/// An office that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Office {
    /// Behind an entity or a collective.
    Behind(Relation),
    /// 嘎查两委成员: a cadre of a gacha.
    Cadre,
}

impl Office {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Behind(relation) => relation.as_str(),
            Self::Cadre => "cadre",
        }
    }
}

/// Somebody who holds an office for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The entity or collective; of a cadre the gacha, whose code is its identifier.
    pub object: SubjectId,
    /// Which office.
    pub office: Office,
    /// The person's resident ID number.
    pub person: PartyNumber,
    /// First day.
    pub valid_from: Date,
    /// Last day; open if absent.
    pub valid_to: Option<Date>,
    /// Who says so, with its reference.
    pub source: String,
}

/// Enters a holder for a person; see [`put`].
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; otherwise as for [`put`].
pub fn enter(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    holder: &Holder,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let division = division_of(tx, holder)?;
    may(actor, Action::ManageRegisters, &Resource::at(division))?;
    put(service, tx, holder, actor.officer.as_str(), now)
}

/// Enters a holder; it takes the place of what was said of the same person in the same office
/// there. `false` if that was the same.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] without such an entity, collective or gacha;
/// [`ErrorCode::RegisterRow`] for an office that it does not have, an organisation for a person,
/// or an end before the beginning; [`ServiceError`] of the database.
pub fn put(
    service: &Service,
    tx: &Tx<'_>,
    holder: &Holder,
    entered_by: &str,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let division = division_of(tx, holder)?;
    let is_person = matches!(holder.person, PartyNumber::Person(_));
    if !is_person || holder.valid_to.is_some_and(|end| end < holder.valid_from) {
        return Err(ErrorCode::RegisterRow.into());
    }
    let row = OfficeHolder {
        id: RowId::from_random(random()?),
        object: holder.object.clone(),
        office: holder.office.as_str().to_owned(),
        blind: service.keys.blind_id.index(&holder.person.index_text()),
        valid_from: holder.valid_from,
        valid_to: holder.valid_to,
        source: holder.source.clone(),
    };
    if !store::office::put(tx, &row, entered_by, now)? {
        return Ok(false);
    }
    let detail = serde_json::json!({ "office": row.office, "division": division });
    let resource = format!("subject/{}", row.object);
    store::log::audit(tx, now, entered_by, "office.entered", &resource, &detail)?;
    renew(service, tx, &holder.object, now)?;
    Ok(true)
}

/// Renews what entities and collectives know of a household, after its grade in effect, its loan
/// record, vetoes, records or people have changed. Nothing is read for a household whose people
/// hold no office.
pub(crate) fn follow(
    service: &Service,
    tx: &Tx<'_>,
    household: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    // Also where its people held an office until this change.
    let mut objects = store::office::list_objects_of(tx, household)?;
    objects.extend(store::register::list_related_to(tx, household)?);
    objects.sort_unstable();
    objects.dedup();
    objects
        .iter()
        .try_for_each(|object| renew(service, tx, object, now))
}

/// The division of the object, if it can have the office.
fn division_of(connection: &Connection, holder: &Holder) -> Result<DivisionCode, ServiceError> {
    match holder.office {
        Office::Cadre => {
            let code = holder.object.as_str().parse::<DivisionCode>();
            let code = code.map_err(|_| ErrorCode::DivisionInvalid)?;
            let gacha = DivisionLevel::Village;
            match store::division::list_any_day(connection, code, gacha)?.contains(&code) {
                true => Ok(code),
                false => Err(ErrorCode::DivisionUnknown.into()),
            }
        }
        Office::Behind(_) => {
            let object = fold::subject(connection, &holder.object)?;
            match object.kind {
                SubjectKind::Entity(_) | SubjectKind::Collective => Ok(object.division),
                _ => Err(ErrorCode::RegisterRow.into()),
            }
        }
    }
}

/// Writes the derived rows of an entity or a collective anew, and brings its standings up to
/// date, if anything changed.
fn renew(
    service: &Service,
    tx: &Tx<'_>,
    object: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let living = store::subject::erased_at(tx, object)?.is_none();
    let found = store::subject::get(tx, object)?.filter(|_| living);
    let Some(object) = found else {
        // A gacha is no such subject: its cadres are looked up at a snapshot.
        return Ok(());
    };
    let mut before: BTreeMap<String, RegisterRow> =
        store::register::list_of(tx, &object.id, "related")?
            .into_iter()
            .map(|row| (row.key.clone(), row))
            .collect();
    let mut changed = false;
    for row in standings(tx, &object, now)? {
        let known = before.remove(&row.key);
        if known.is_none_or(|known| !says_the_same(&known, &row)) {
            changed |= registers::write(service, tx, row, "rule", now)?;
        }
    }
    for gone in before.into_values() {
        changed |= end(service, tx, gone, now)?;
    }
    if changed {
        fold::refresh_page(service, tx, std::slice::from_ref(&object.id), now)?;
    }
    Ok(())
}

/// A household that answers for holders of an object.
struct Answering {
    /// The numbers of its people who hold the offices.
    numbers: BTreeSet<String>,
    relation: Relation,
    valid_from: Date,
    valid_to: Option<Date>,
    source: String,
}

/// One row for each household, whatever offices its people hold (`domain.md` G 48).
fn standings(tx: &Tx<'_>, object: &Subject, now: AtMs) -> Result<Vec<RegisterRow>, ServiceError> {
    let today = now.on();
    let mut answering: BTreeMap<SubjectId, Answering> = BTreeMap::new();
    for holder in store::office::list_of_object(tx, &object.id)? {
        let is_over = holder.valid_to.is_some_and(|end| end < today);
        let Ok(relation) = holder.office.parse::<Relation>() else {
            continue;
        };
        if is_over || holder.valid_from > today {
            continue;
        }
        for household in store::party::list_subjects(tx, &holder.blind)? {
            let known = answering.entry(household).or_insert_with(|| Answering {
                numbers: BTreeSet::new(),
                relation,
                valid_from: holder.valid_from,
                valid_to: holder.valid_to,
                source: holder.source.clone(),
            });
            known.numbers.insert(holder.blind.clone());
            // Relations stand in the order of their strength.
            known.relation = known.relation.min(relation);
            known.valid_from = known.valid_from.min(holder.valid_from);
            known.valid_to = known.valid_to.zip(holder.valid_to).map(|(a, b)| a.max(b));
        }
    }
    let mut rows = Vec::new();
    for (id, answering) in answering {
        let household = store::subject::get(tx, &id)?;
        if let Some(household) = household.filter(|s| s.kind == SubjectKind::Household) {
            rows.push(row(tx, object, &household, answering, today)?);
        }
    }
    Ok(rows)
}

/// What stands for and against a household today.
fn row(
    tx: &Tx<'_>,
    object: &Subject,
    household: &Subject,
    answering: Answering,
    today: Date,
) -> Result<RegisterRow, ServiceError> {
    let rows = store::register::list_reaching(tx, household, false)?;
    let context = Context::from_rows(&rows, household, today);
    let rating = store::rating::get_current(tx, &household.id)?;
    // A suspended rating is no grade; what it was suspended for comes with the vetoes.
    let in_effect = rating.filter(|rating| rating.status.is_in_effect());
    let own = ledger::answering(tx, household, &answering.numbers)?;
    let (credit, vetoes) = with_own_loans(context.credit, context.vetoes, own);
    let standing = RelatedStanding {
        subject: household.id.clone(),
        relation: answering.relation,
        grade: in_effect.map(|rating| rating.grade),
        credit,
        vetoes,
        official_lists: context.official_lists,
        public_records: context.public_records,
    };
    Ok(RegisterRow {
        id: RowId::from_random(random()?),
        division: object.division,
        subject: Some(object.id.clone()),
        key: household.id.to_string(),
        revision: 1,
        valid_from: answering.valid_from,
        valid_to: answering.valid_to,
        source: answering.source,
        content: RegisterContent::Related(standing),
    })
}

/// The household's record with the own loans of those who hold the offices. A refusal of the
/// query stands.
fn with_own_loans(
    household: CreditRecord,
    mut vetoes: Vec<VetoFact>,
    own: Option<LedgerResult>,
) -> (CreditRecord, Vec<VetoFact>) {
    let Some(own) = own.filter(|_| household.status != CreditStatus::Refused) else {
        return (household, vetoes);
    };
    vetoes.extend(own.v3);
    (household.joined(own.credit), vetoes)
}

fn says_the_same(known: &RegisterRow, row: &RegisterRow) -> bool {
    let id = row.id.clone();
    let revision = row.revision;
    *row == RegisterRow {
        id,
        revision,
        ..known.clone()
    }
}

/// Who answers no longer did so until yesterday.
fn end(service: &Service, tx: &Tx<'_>, row: RegisterRow, now: AtMs) -> Result<bool, ServiceError> {
    let today = now.on();
    if row.valid_to.is_some_and(|end| end < today) {
        return Ok(false);
    }
    let yesterday = today.saturating_sub(Span::new().days(1));
    let row = RegisterRow {
        id: RowId::from_random(random()?),
        valid_to: Some(yesterday.max(row.valid_from)),
        ..row
    };
    registers::write(service, tx, row, "rule", now)
}
