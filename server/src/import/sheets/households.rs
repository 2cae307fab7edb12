//! 户籍式台账: the household ledger. A row makes the household if it is new, its identity, and
//! its values as entries of the register in its file, through the same door as everything that
//! the server writes (`domain.md` G 1–6, G 26).
//!
//! What may not be collected is no column here and is never read (B.2). What needs written
//! consent (L-04) goes in only with the number of the consent in its row.

mod columns;

use itgel_domain::catalogue::{Catalogue, Item, Section, check_all};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::item::{Evidence, ItemPath, Observation, State, Value};
use itgel_domain::ledger::amount_doubt;
use itgel_domain::person::ResidentId;
use itgel_domain::subject::{Subject, SubjectKind};
use jiff::civil::Date;

use self::columns::{COLUMNS, EVIDENCE};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::service::random;
use crate::{contents, fold, ingest, registers, store};

/// The household ledger.
pub(super) struct Households;

/// Members under this age are counted, never identified (`domain.md` B.2).
const IDENTIFIED_FROM: i16 = 14;

/// A household as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    division: DivisionCode,
    local_code: String,
    people: Vec<Person>,
    consent: Option<String>,
    observations: Vec<Observation>,
}

impl Sheet for Households {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "households"
    }

    fn title(&self) -> &'static str {
        "户籍式台账"
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn is_for_cycle(&self) -> bool {
        true
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let division = match cells.division_code("place", &[DivisionLevel::Village]) {
            Some(code) => desk.division(cells, "place", code)?,
            None => None,
        };
        let local_code = cells.short_text("household", 32);
        let head = head(cells, desk.today);
        let spouse = spouse(cells, desk.today);
        let observed_on = cells.day("observed_on");
        if observed_on.is_some_and(|day| day > desk.today) {
            cells.fault("observed_on", ErrorCode::ObservedOutOfTime);
        }
        let (consent, evidence) = (cells.short_text("consent", 64), evidence(cells));
        let observations = observations(cells, consent.is_some(), evidence, observed_on);
        let (Some(division), Some(local_code), Some(head)) = (division, local_code, head) else {
            return Ok(None);
        };
        let known = desk.subject(division.code, SubjectKind::Household, local_code)?;
        let (service, kind) = (desk.service, SubjectKind::Household);
        if known.is_none()
            && store::subject::was_erased(desk.connection, division.code, kind, local_code)?
        {
            cells.fault("household", ErrorCode::SubjectErased);
        }
        let head_number = head.id_number.as_deref();
        if is_mistaken(service, desk.connection, known.as_ref(), head_number)? {
            cells.fault("id_number", ErrorCode::ImportIdentity);
        }
        Ok(Some(Row {
            division: division.code,
            local_code: local_code.to_owned(),
            people: std::iter::once(head).chain(spouse).collect(),
            consent: consent.map(str::to_owned),
            observations,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(Span::once(&[&row.division.to_string(), &row.local_code]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let (service, tx) = (force.service, force.tx);
        let cycle = force.cycle.ok_or(ErrorCode::CycleClosed)?;
        let (kind, code) = (SubjectKind::Household, &row.local_code);
        let known = store::subject::find_by_code(tx, row.division, kind, code)?;
        let number = row
            .people
            .first()
            .and_then(|head| head.id_number.as_deref());
        if is_mistaken(service, tx, known.as_ref(), number)? {
            return Err(ErrorCode::ImportIdentity.into());
        }
        let is_new = known.is_none();
        if is_new && store::subject::was_erased(tx, row.division, kind, code)? {
            return Err(ErrorCode::SubjectErased.into());
        }
        let subject = match known {
            Some(subject) => subject,
            None => new_household(force, &row)?,
        };
        let identified = identify(force, &subject, row.people)?;
        let entries = ingest::imported(tx, &subject.id, cycle, row.observations)?;
        let states = !entries.is_empty();
        if states {
            note_consent(force, &subject.id, row.consent.as_deref(), entries.len())?;
            ingest::append_official(service, tx, &subject.id, entries, force.now)?;
        }
        if states || identified {
            fold::refresh(service, tx, &subject, cycle, force.now)?;
        }
        Ok(match is_new || identified || states {
            true => Applied::Changed,
            false => Applied::Same,
        })
    }
}

/// The head of the household.
fn head(cells: &mut Cells<'_>, today: Date) -> Option<Person> {
    let name = cells.short_text("name", 60);
    let number = adult_number(cells, "id_number", today);
    let phone = phone(cells);
    Some(Person {
        role: "head".into(),
        full_name: name?.to_owned(),
        name_mn: cells.short_text("name_mn", 60).map(str::to_owned),
        id_number: Some(number?.as_str().to_owned()),
        phone,
    })
}

/// The spouse, if the ledger names one.
fn spouse(cells: &mut Cells<'_>, today: Date) -> Option<Person> {
    let number = adult_number(cells, "spouse_id_number", today);
    let name = cells.short_text("spouse_name", 60)?;
    Some(Person {
        role: "spouse".into(),
        full_name: name.to_owned(),
        name_mn: None,
        id_number: number.map(|number| number.as_str().to_owned()),
        phone: None,
    })
}

fn adult_number(cells: &mut Cells<'_>, key: &str, today: Date) -> Option<ResidentId> {
    let number = cells.id_number(key)?;
    let year = today.year().saturating_sub(IDENTIFIED_FROM);
    let youngest = Date::new(year, today.month(), 1).ok()?;
    if number.born_on() > youngest {
        cells.fault(key, ErrorCode::PersonIdInvalid);
        return None;
    }
    Some(number)
}

fn phone(cells: &mut Cells<'_>) -> Option<String> {
    let text = crate::table::head_text(cells.text("phone")?);
    let digits: String = text.chars().filter(|c| *c != '-' && *c != '+').collect();
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        cells.fault("phone", ErrorCode::ValueWrongType);
        return None;
    }
    Some(digits)
}

/// How the values are known: C, declared by the household, unless the ledger says otherwise.
fn evidence(cells: &mut Cells<'_>) -> Evidence {
    match cells.text("evidence") {
        Some(_) => cells.choice("evidence", EVIDENCE).unwrap_or(Evidence::C),
        None => Evidence::C,
    }
}

/// The values of a row. What needs consent stays out without it, and the report says so.
fn observations(
    cells: &mut Cells<'_>,
    consented: bool,
    evidence: Evidence,
    observed_on: Option<Date>,
) -> Vec<Observation> {
    let mut observations = Vec::new();
    for column in COLUMNS.iter() {
        let Ok(path) = column.key.parse::<ItemPath>() else {
            continue;
        };
        let Some(item) = Catalogue::builtin().get(&path) else {
            continue;
        };
        if cells.text(column.key).is_none() {
            continue;
        }
        if item.restricted.is_some() && !consented {
            cells.notice(column.key, ErrorCode::ConsentMissing);
            continue;
        }
        let value = cells.item(column.key, item);
        if is_doubtful_income(item, value.as_ref()) {
            cells.notice(column.key, ErrorCode::ImportUnitDoubt);
        }
        if let (Some(value), Some(observed_on)) = (value, observed_on) {
            observations.push(Observation {
                item: path,
                state: State::Known(value),
                evidence,
                observed_on,
            });
        }
    }
    for violation in check_all(&observations, SubjectKind::Household) {
        let key = violation.item.to_string();
        let shown = itgel_domain::error::Violation::from(violation);
        let args: Vec<(&str, &str)> = shown
            .args
            .iter()
            .map(|(name, figure)| (name.as_str(), figure.as_str()))
            .collect();
        cells.fault_with(&key, shown.code, &args);
    }
    observations
}

/// Whether an income looks as if 万元 were written for 元, or the other way round. None and a loss
/// are plain answers (`domain.md` G 27).
fn is_doubtful_income(item: &Item, value: Option<&Value>) -> bool {
    let amount = value.and_then(Value::as_int).filter(|fen| *fen > 0);
    item.section == Section::Income && amount.is_some_and(|fen| amount_doubt(fen).is_some())
}

/// Whether the number of the household and the ID number of its head belong to different ones:
/// nobody is matched, moved or merged by code (`domain.md` G 6, G 15).
fn is_mistaken(
    service: &crate::Service,
    connection: &rusqlite::Connection,
    known: Option<&Subject>,
    number: Option<&str>,
) -> Result<bool, ServiceError> {
    let Some(number) = number else {
        return Ok(false);
    };
    let blind = service.keys.blind_id.index(number);
    let holders = store::identity::list_by_blind_id(connection, &blind)?;
    if holders
        .iter()
        .any(|holder| known.is_none_or(|known| known.id != *holder))
    {
        return Ok(true);
    }
    let Some(known) = known else {
        return Ok(false);
    };
    let current = store::identity::list_current(connection, &known.id)?;
    let numbered = current.into_iter().filter_map(|row| row.blind_id);
    Ok(numbered.into_iter().any(|other| other != blind))
}

fn new_household(force: &Force<'_>, row: &Row) -> Result<Subject, ServiceError> {
    let subject = Subject {
        id: SubjectId::from_random(random()?),
        kind: SubjectKind::Household,
        division: row.division,
        local_code: row.local_code.clone(),
    };
    registers::put_subject(force.service, force.tx, &subject)?;
    Ok(subject)
}

/// Writes who lives there unless it is known already; what an officer has written is completed
/// and never changed.
fn identify(
    force: &Force<'_>,
    subject: &Subject,
    people: Vec<Person>,
) -> Result<bool, ServiceError> {
    let current = contents::identity(force.service, force.tx, &subject.id)?;
    let people = match current {
        None => people,
        Some(known) => match completed(&known, people) {
            Some(people) => people,
            None => return Ok(false),
        },
    };
    ingest::append_identity(force.service, force.tx, subject, people, force.now)?;
    Ok(true)
}

/// The people as they are known, with what the ledger adds; `None` if it adds nothing.
fn completed(known: &IdentityRecord, stated: Vec<Person>) -> Option<Vec<Person>> {
    let mut people = known.people.clone();
    for person in stated {
        match people.iter_mut().find(|known| known.role == person.role) {
            None => people.push(person),
            Some(known) => {
                known.id_number = known.id_number.take().or(person.id_number);
                known.phone = known.phone.take().or(person.phone);
                known.name_mn = known.name_mn.take().or(person.name_mn);
            }
        }
    }
    (people != known.people).then_some(people)
}

/// Which written consent stands behind values that need one.
fn note_consent(
    force: &Force<'_>,
    subject: &SubjectId,
    consent: Option<&str>,
    values: usize,
) -> Result<(), ServiceError> {
    let detail = serde_json::json!({
        "import": force.batch, "consent": consent, "values": values,
    });
    let resource = format!("subject/{subject}");
    let by = force.entered_by.as_str();
    store::log::audit(force.tx, force.now, by, "import.values", &resource, &detail)?;
    Ok(())
}
