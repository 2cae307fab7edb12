//! Registering a household that the server does not know, and the warning before it: those on this
//! device that look like it. A person decides; nothing is merged by code (`domain.md` G 3, G 6).

use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::SubjectId;
use itgel_domain::identity::{Person, Registration};
use itgel_domain::person::{
    Compared, Likeness, NEAR_METRES, Names, door_key, likenesses, marks, mask_id_number,
};
use itgel_domain::place::Place;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Transaction};

use crate::Device;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::people::{current, violations, write_identity};
use crate::rules::{RuleCache, Told};
use crate::store::identity::{self, Version};
use crate::store::likeness::{self, Known};
use crate::store::{last_visit, subject};

/// A household that is to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHousehold {
    /// Its gacha.
    pub division: DivisionCode,
    /// The number on the door or in the book.
    pub local_code: String,
    /// Its adults.
    pub people: Vec<Person>,
    /// Where the officer stands, to be compared and to be forgotten: it is written nowhere.
    pub place: Option<Place>,
}

/// A household of this device that looks like another one, as a screen may show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The household.
    pub id: SubjectId,
    /// Its gacha.
    pub division: DivisionCode,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The name of the head.
    pub name: String,
    /// The year in which the head was born, by the ID number.
    pub born_year: Option<i16>,
    /// The name of the spouse.
    pub spouse: String,
    /// The ID number of the head, most of it as stars.
    pub masked_number: String,
    /// What speaks for one household, the strongest first; never none.
    pub likenesses: Vec<Likeness>,
}

/// Most households that are shown.
const MAX_ALIKE: usize = 10;

impl Device {
    /// The households of this device that look like a new one, the likeliest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn alike(&self, new: &NewHousehold) -> Result<Vec<Alike>, Error> {
        self.read(|db| alike(db, new))
    }

    /// What is wrong with a new household, each at its part: `registration/local_code`,
    /// `identity/head#name`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn check_household(&self, new: &NewHousehold, now: AtMs) -> Result<Vec<Violation>, Error> {
        self.read(|db| faults(db, new, &registration(new, &[], ""), now))
    }

    /// Registers a household under an id of its own. `unlike` are those that look like it and are
    /// others; `reason` says why, and stays in the record.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`ErrorCode::SubjectAlike`] among it where
    /// one looks like it that is not in `unlike`; [`Error::PackMissing`] before rules came.
    pub fn register(
        &self,
        new: &NewHousehold,
        (unlike, reason): (&[SubjectId], &str),
        now: AtMs,
    ) -> Result<SubjectId, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.enter(now, |tx| register(tx, new, (unlike, reason), now, with))
    }
}

fn register(
    tx: &Transaction<'_>,
    new: &NewHousehold,
    (unlike, reason): (&[SubjectId], &str),
    now: AtMs,
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<SubjectId, Error> {
    let registration = registration(new, unlike, reason);
    let mut wrong = faults(tx, new, &registration, now)?;
    let overlooked = alike(tx, new)?;
    if overlooked.iter().any(|one| !unlike.contains(&one.id)) {
        wrong.push(Violation::new("registration", ErrorCode::SubjectAlike));
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let mut random = [0; 16];
    entropy.fill(&mut random)?;
    let home = Subject {
        id: SubjectId::from_random(random),
        kind: SubjectKind::Household,
        division: new.division,
        local_code: registration.local_code.clone(),
    };
    subject::put(tx, &home)?;
    let content = (new.people.clone(), Some(registration));
    write_identity(tx, &home.id, content, now, (rules, entropy))?;
    Ok(home.id)
}

fn registration(new: &NewHousehold, unlike: &[SubjectId], reason: &str) -> Registration {
    Registration {
        division: new.division,
        local_code: new.local_code.trim().to_owned(),
        unlike: unlike.to_vec(),
        reason: match unlike {
            [] => String::new(),
            _ => reason.trim().to_owned(),
        },
    }
}

fn faults(
    db: &Connection,
    new: &NewHousehold,
    registration: &Registration,
    now: AtMs,
) -> Result<Vec<Violation>, Error> {
    let mut found = registration.faults();
    let today = Told::on(db, now.on())?.latest();
    found.extend(violations(&new.people, SubjectKind::Household, today));
    Ok(found)
}

fn alike(db: &Connection, new: &NewHousehold) -> Result<Vec<Alike>, Error> {
    let marks: Vec<String> = new.people.iter().flat_map(marks).collect();
    let (door, names) = (door_key(&new.local_code), Names::of(&new.people));
    let is_like = |their_door: &str, their_names: &str| {
        (!door.is_empty() && their_door == door)
            || their_names.lines().any(|name| names.are_like(name))
    };
    let home = (SubjectKind::Household, new.division);
    let mut found = Vec::new();
    let mut ids = likeness::find(db, home, &marks, is_like)?;
    if let Some(place) = new.place {
        let near = place.around(NEAR_METRES);
        ids.extend(last_visit::find(db, SubjectKind::Household, near)?);
    }
    for known in likeness::opened(db, ids)? {
        let versions = identity::versions(db, &known.subject.id)?;
        let place = match new.place {
            Some(_) => last_visit::place(db, &known.subject.id)?,
            None => None,
        };
        found.extend(compare(new, (known, place), &versions));
    }
    found.sort_by(|a, b| (&a.likenesses, &a.local_code).cmp(&(&b.likenesses, &b.local_code)));
    found.truncate(MAX_ALIKE);
    Ok(found)
}

/// A known household beside a new one; `None` if nothing speaks for one.
fn compare(
    new: &NewHousehold,
    (known, place): (Known, Option<Place>),
    versions: &[Version],
) -> Option<Alike> {
    let people: Vec<Person> = current(versions)
        .flat_map(|version| version.record.people.iter().cloned())
        .collect();
    let mine = Compared {
        division: new.division,
        local_code: &new.local_code,
        people: &new.people,
        place: new.place,
    };
    let theirs = Compared {
        division: known.subject.division,
        local_code: &known.subject.local_code,
        people: &people,
        place,
    };
    let likenesses: Vec<Likeness> = likenesses(mine, theirs).into_iter().collect();
    if likenesses.is_empty() {
        return None;
    }
    let head = people.iter().find(|person| person.role == "head");
    let number = head.and_then(|head| head.id_number.as_deref());
    Some(Alike {
        division: known.subject.division,
        local_code: known.subject.local_code,
        id: known.subject.id,
        name: known.name,
        born_year: known.born_year,
        spouse: known.spouse,
        masked_number: number.map(mask_id_number).unwrap_or_default(),
        likenesses,
    })
}
