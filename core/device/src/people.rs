//! People: who they are, and what they take back.

use std::collections::BTreeSet;

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{ConsentWithdrawal, Entry, EntryId};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::identity::{IdentityRecord, ORGANISATION, Person, Registration};
use itgel_domain::ledger::PartyNumber;
use itgel_domain::person::{ResidentId, door_key, marks, name_keys, normalise_name};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::pull::IdentityItem;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Transaction};

use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content, Stamp};
use crate::rules::{RuleCache, Told};
use crate::store::device::DeviceRow;
use crate::store::identity::Version;
use crate::store::{StoreError, device, identity, likeness, projection, subject};
use crate::visit::subject_row;

/// Below this age members are counted, never identified (`domain.md` B.2).
const IDENTIFIED_FROM_YEARS: i16 = 14;

/// Most characters of a name (`domain.md` G 1: none below 60 is refused).
const MAX_NAME: usize = 120;

/// Writes a new version of who a subject's people are, on top of the versions known here.
pub(crate) fn put_identity(
    tx: &Transaction<'_>,
    id: &SubjectId,
    people: Vec<Person>,
    now: AtMs,
    with: (&RuleCache, &dyn Entropy),
) -> Result<ChainRef, Error> {
    write_identity(tx, id, (people, None), now, with)
}

/// Writes a version, the first one of a household that is registered here with its registration.
pub(crate) fn write_identity(
    tx: &Transaction<'_>,
    id: &SubjectId,
    (people, registration): (Vec<Person>, Option<Registration>),
    now: AtMs,
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<ChainRef, Error> {
    let home = subject_row(tx, id)?;
    // By a clock that is behind, people who live would not be born yet.
    let today = Told::on(tx, now.on())?.latest();
    let wrong = violations(&people, home.kind, today);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let device = device::get(tx)?;
    let versions = identity::versions(tx, id)?;
    let record = IdentityRecord {
        subject: id.clone(),
        version: versions.iter().map(|v| v.record.version).max().unwrap_or(0) + 1,
        based_on: current(&versions).map(|v| v.commitment).collect(),
        people,
        author: device.officer.clone(),
        registration,
    };
    let stamp = stamp(tx, &home, &device, now, rules)?;
    let written = journal::append(tx, &device, stamp, Content::Identity(record), entropy)?;
    show_name(tx, id)?;
    Ok(written.at)
}

/// Writes that an adult took a consent back, in the file that the consent stands in.
pub(crate) fn withdraw_consent(
    tx: &Transaction<'_>,
    id: &SubjectId,
    consent: &EntryId,
    (withdrawn_on, now): (Date, AtMs),
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<ChainRef, Error> {
    let home = subject_row(tx, id)?;
    let holds = |facts: &FileFacts| {
        facts
            .consents()
            .iter()
            .any(|c| c.entry == *consent && c.withdrawn_on.is_none())
    };
    let found = projection::files(tx, id)?
        .into_iter()
        .find(|(_, facts)| holds(facts));
    let Some((file, _)) = found else {
        let unknown = Violation::new("consent", ErrorCode::EntryUnknown);
        return Err(Error::Invalid(vec![unknown]));
    };
    let device = device::get(tx)?;
    let withdrawal = ConsentWithdrawal {
        consent: consent.clone(),
        withdrawn_on,
    };
    let entries = vec![Entry::ConsentWithdrawal(withdrawal)];
    let stamp = stamp(tx, &home, &device, now, rules)?;
    Ok(journal::append(
        tx,
        &device,
        stamp,
        Content::Entries {
            file,
            entries,
            knew: None,
        },
        entropy,
    )?
    .at)
}

/// When and under which rules something about a subject is written.
pub(crate) fn stamp(
    db: &Connection,
    home: &Subject,
    device: &DeviceRow,
    now: AtMs,
    rules: &RuleCache,
) -> Result<Stamp, Error> {
    let pack = rules
        .get(db)?
        .pack_for(home, Told::on(db, now.on())?)?
        .hash();
    Ok(Stamp {
        pack,
        entered_at: now,
        checkpoint: device.checkpoint,
    })
}

/// Keeps a version that another device wrote.
pub(crate) fn take(tx: &Transaction<'_>, item: &IdentityItem) -> Result<(), StoreError> {
    identity::put(tx, &item.record, &item.commitment, None)?;
    identity::set_listed(tx, &item.record.subject, &item.commitment)?;
    show_name(tx, &item.record.subject)
}

/// The versions on top of which nothing was written; several if officers wrote at the same time.
pub(crate) fn current(versions: &[Version]) -> impl Iterator<Item = &Version> {
    let based_on: BTreeSet<Hash> = versions
        .iter()
        .flat_map(|v| v.record.based_on.iter().copied())
        .collect();
    versions
        .iter()
        .filter(move |v| !based_on.contains(&v.commitment))
}

/// Keeps the name for lists and the texts for the search beside the subject.
pub(crate) fn show_name(tx: &Transaction<'_>, id: &SubjectId) -> Result<(), StoreError> {
    let versions = identity::versions(tx, id)?;
    if let Some(home) = subject::find(tx, id)? {
        likeness::put(tx, &home, &keys(&home, &versions))?;
    }
    let Some(shown) = current(&versions).next().or(versions.first()) else {
        return Ok(());
    };
    let head = shown.record.head().or(shown.record.people.first());
    let number = head.and_then(|person| person.id_number.as_deref()?.parse::<ResidentId>().ok());
    let mut people = shown.record.people.iter();
    let spouse = people.find(|person| person.role == "spouse");
    let mut find = String::new();
    for person in versions.iter().flat_map(|v| &v.record.people) {
        let names = [Some(&person.full_name), person.name_mn.as_ref()];
        for text in names.into_iter().flatten() {
            find.push_str(&normalise_name(text));
            find.push(' ');
        }
        if let Some(number) = &person.id_number {
            find.push_str(&number.to_ascii_uppercase());
            find.push(ID_END);
        }
        if let Some(phone) = &person.phone {
            find.extend(phone.chars().filter(char::is_ascii_digit));
            find.push(ID_END);
        }
    }
    let shown = subject::Shown {
        name: head.map_or("", |person| &person.full_name),
        born_year: number.map(|number| number.born_on().year()),
        spouse: spouse.map_or("", |person| &person.full_name),
        find: &find,
    };
    subject::set_shown(tx, id, &shown)
}

/// What a subject is compared by, whichever of its versions is the right one.
fn keys(home: &Subject, versions: &[Version]) -> likeness::Keys {
    let people = || versions.iter().flat_map(|v| &v.record.people);
    likeness::Keys {
        door: door_key(&home.local_code),
        names: people().flat_map(name_keys).collect(),
        marks: people().flat_map(marks).collect(),
    }
}

/// Stands after an ID or phone number in the search text, so that its end can be asked for.
const ID_END: char = '|';

/// The patterns of a search: for household codes, and for names or the end of an ID or phone
/// number.
pub(crate) fn search_patterns(search: &str) -> Option<(String, String)> {
    let text = normalise_name(search.trim());
    if text.is_empty() {
        return None;
    }
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    let is_id = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'x' | b'X'));
    let end = if is_id {
        format!("{ID_END}%")
    } else {
        "%".to_owned()
    };
    Some((format!("%{escaped}%"), format!("%{escaped}{end}")))
}

/// The adults of a subject, from the versions that stand.
pub(crate) fn people(db: &Connection, id: &SubjectId) -> Result<Vec<IdentityRecord>, Error> {
    let versions = identity::versions(db, id)?;
    Ok(current(&versions).map(|v| v.record.clone()).collect())
}

/// Everything that is wrong with people, each at its part: `identity/head#name`.
pub(crate) fn violations(people: &[Person], kind: SubjectKind, today: Date) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut roles = BTreeSet::new();
    for person in people {
        let part = |part: &str| format!("identity/{}#{part}", person.role);
        if person.role.is_empty() || !roles.insert(&person.role) {
            found.push(Violation::new(part("role"), ErrorCode::ValueNotAChoice));
        }
        let length = person.full_name.trim().chars().count();
        if length == 0 {
            found.push(Violation::new(part("name"), ErrorCode::ValueMissing));
        } else if length > MAX_NAME {
            let range = Violation::new(part("name"), ErrorCode::ValueOutOfRange);
            found.push(range.with("min", 1).with("max", MAX_NAME));
        }
        let unwritable = person.name_fault();
        found.extend(unwritable.map(|code| Violation::new(part("name"), code)));
        match person.number() {
            Some(PartyNumber::Person(number)) if !is_old_enough(number.born_on(), today) => {
                found.push(Violation::new(part("id"), ErrorCode::PersonIdInvalid));
            }
            _ => {
                let fault = person.number_fault(kind);
                found.extend(fault.map(|code| Violation::new(part("id"), code)));
            }
        }
    }
    // An organisation is known by its own number; who answers for it comes from a register.
    let is_known = |role: &str| match kind {
        SubjectKind::Household => role == "head",
        _ => role == "head" || role == ORGANISATION,
    };
    if !roles.iter().any(|role| is_known(role)) {
        found.push(Violation::new(
            "identity/head#name",
            ErrorCode::ValueMissing,
        ));
    }
    found
}

fn is_old_enough(born_on: Date, today: Date) -> bool {
    itgel_domain::assess::years_after(born_on, IDENTIFIED_FROM_YEARS) <= today
}
