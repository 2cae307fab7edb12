//! Subjects: the list of a gacha, its search, and the end of a subject.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::place::Place;
use itgel_domain::subject::{Grade, Subject, SubjectKind};
use jiff::civil::Date;
use rusqlite::{Connection, Row, ToSql, Transaction, params};

use super::StoreError;
use super::column::{self, optional_word, word};
use super::last_visit;
use super::order::Order;

/// Which subjects are listed.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// The gacha, or a larger division with everything in it.
    pub division: DivisionCode,
    /// The cycle whose states are shown.
    pub cycle: &'a CycleId,
    /// Part of a name or of a household code, or the end of an ID or phone number; empty for all.
    pub search: &'a str,
    /// The order.
    pub order: Order,
    /// How many rows are passed over.
    pub skip: u32,
    /// Most rows.
    pub limit: u32,
}

/// A subject in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The subject.
    pub id: SubjectId,
    /// What it is.
    pub kind: SubjectKind,
    /// Its gacha.
    pub division: DivisionCode,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The name of the head; empty before an identity is known.
    pub name: String,
    /// The year in which the head was born, by the ID number: many have one name (`domain.md` G 3).
    pub born_year: Option<i16>,
    /// The name of the spouse; empty without one.
    pub spouse: String,
    /// The cycle has drafted values.
    pub has_draft: bool,
    /// Envelopes that the server has not answered, those of the identity among them; ballots and
    /// objections are others' words and no part of a visit.
    pub waiting: u32,
    /// Of these, what was sealed in the cycle.
    pub sealed: u32,
    /// Of what waits, what is in a page on its way.
    pub sending: u32,
    /// Envelopes with a receipt.
    pub received: u32,
    /// Things that need the officer: set aside by the server, or asked for by the township.
    pub needs_you: u32,
    /// The effective grade, once there is one.
    pub grade: Option<Grade>,
    /// The last day of a visit that the files know.
    pub visited_on: Option<Date>,
    /// The last place that they know.
    pub place: Option<Place>,
}

/// How far a division is in a cycle; every subject is in one of the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Nothing here yet.
    pub to_visit: u64,
    /// Something is drafted.
    pub draft: u64,
    /// Sealed, and no receipt yet.
    pub waiting: u64,
    /// Everything has its receipt.
    pub received: u64,
    /// Set aside by the server, or asked for by the township.
    pub needs_you: u64,
}

/// Most rows of one listing.
const MAX_ROWS: u32 = 500;

/// Keeps a subject; its name stays as it was.
pub(crate) fn put(tx: &Transaction<'_>, subject: &Subject) -> Result<(), StoreError> {
    tx.prepare_cached(
        "insert into subject (id, kind, division, local_code, name, spouse, find)
         values (?1, ?2, ?3, ?4, '', '', '')
         on conflict (id) do update set
             kind = excluded.kind, division = excluded.division, local_code = excluded.local_code",
    )?
    .execute([
        subject.id.as_str(),
        subject.kind.as_str(),
        &subject.division.filled_text(),
        &subject.local_code,
    ])?;
    Ok(())
}

/// What a list shows of the people of a subject, and by what it is found.
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) born_year: Option<i16>,
    pub(crate) spouse: &'a str,
    pub(crate) find: &'a str,
}

/// Keeps what lists show and the texts for the search.
pub(crate) fn set_shown(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    shown: &Shown<'_>,
) -> Result<(), StoreError> {
    let sql = "update subject set name = ?2, born_year = ?3, spouse = ?4, find = ?5 where id = ?1";
    tx.prepare_cached(sql)?.execute(params![
        subject.as_str(),
        shown.name,
        shown.born_year,
        shown.spouse,
        shown.find
    ])?;
    Ok(())
}

pub(crate) fn find(db: &Connection, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
    let mut query = db.prepare_cached("select * from subject where id = ?1")?;
    column::first(query.query([id.as_str()])?, read)
}

/// A page of the subjects of a division.
pub(crate) fn list(
    db: &Connection,
    listing: &Listing<'_>,
    patterns: Option<&(String, String)>,
) -> Result<Vec<Listed>, StoreError> {
    let (order, outer) = (listing.order.words("subject"), listing.order.words("page"));
    let mut query = db.prepare_cached(&format!(
        "with page as (
             select * from subject where id in (
                 select id from subject
                 where division >= ?1 and division < ?2
                   and (?3 is null or local_code like ?3 escape '\\' or find like ?7 escape '\\')
                 order by {order} limit ?5 offset ?6
             )
         )
         select page.*,
             exists (select 1 from draft_value d where d.subject = page.id and d.cycle = ?4)
                 as has_draft,
             (select count(*) from link l where l.subject = page.id
                 and (l.cycle = ?4 or l.cycle is null) and l.state in ('waiting', 'sending')
                 and l.kind in ('file', 'identity')) as waiting,
             (select count(*) from link l where l.subject = page.id and l.cycle = ?4
                 and l.state in ('waiting', 'sending') and l.kind = 'file') as sealed,
             (select count(*) from link l where l.subject = page.id
                 and (l.cycle = ?4 or l.cycle is null) and l.state = 'sending'
                 and l.kind in ('file', 'identity')) as sending,
             (select count(*) from link l where l.subject = page.id and l.cycle = ?4
                 and l.state = 'received' and l.kind = 'file') as received,
             (select count(*) from link l where l.subject = page.id
                 and (l.cycle = ?4 or l.cycle is null) and l.state = 'needs_you')
               + (select count(*) from task t where t.subject = page.id and t.cycle = ?4)
                 as needs_you,
             (select c.grade from rating_case c where c.subject = page.id and c.cycle = ?4)
                 as grade,
             (select max(v.visited_on) from last_visit v where v.subject = page.id) as visited_on,
             p.latitude_mdeg, p.longitude_mdeg
         from page left join last_visit p on p.subject = page.id and p.year =
             (select max(v.year) from last_visit v
              where v.subject = page.id and v.latitude_mdeg is not null)
         order by {outer}"
    ))?;
    let (from, to) = listing.division.text_range();
    let (code, text) = (patterns.map(|p| &p.0), patterns.map(|p| &p.1));
    let (cycle, limit) = (listing.cycle.as_str(), listing.limit.min(MAX_ROWS));
    let here = listing.order.bound();
    let mut bound: Vec<&dyn ToSql> = vec![&from, &to, &code, &cycle, &limit, &listing.skip, &text];
    bound.extend(here.iter().map(|number| number as &dyn ToSql));
    let rows = query.query(bound.as_slice())?;
    column::all(rows, |row| {
        let subject = read(row)?;
        Ok(Listed {
            id: subject.id,
            kind: subject.kind,
            division: subject.division,
            local_code: subject.local_code,
            name: row.get("name")?,
            born_year: row.get("born_year")?,
            spouse: row.get("spouse")?,
            has_draft: row.get("has_draft")?,
            waiting: row.get("waiting")?,
            sealed: row.get("sealed")?,
            sending: row.get("sending")?,
            received: row.get("received")?,
            needs_you: row.get("needs_you")?,
            grade: optional_word(row, "grade", "rating_case.grade")?,
            visited_on: optional_word(row, "visited_on", "last_visit.visited_on")?,
            place: last_visit::read_place(row)?,
        })
    })
}

/// Where something of a subject stands.
const TABLES: [&str; 17] = [
    "envelope",
    "projection",
    "last_visit",
    "draft_value",
    "draft_consent",
    "draft_people",
    "identity",
    "mark",
    "compared",
    "register_row",
    "rating_case",
    "task",
    "deferred",
    "ended_year",
    "picture",
    "picture_chunk",
    "subject",
];

fn column_of(table: &str) -> &'static str {
    match table {
        "subject" => "id",
        _ => "subject",
    }
}

/// Whether anything of a subject is here.
pub(crate) fn is_any_here(db: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    for table in TABLES.iter().chain(&["link"]) {
        let column = column_of(table);
        let sql = format!("select exists (select 1 from {table} where {column} = ?1)");
        if db
            .prepare_cached(&sql)?
            .query_row([subject.as_str()], |row| row.get(0))?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes everything of a subject but its places in the own chains.
pub(crate) fn erase(tx: &Transaction<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    for table in TABLES {
        let column = column_of(table);
        tx.execute(
            &format!("delete from {table} where {column} = ?1"),
            [subject.as_str()],
        )?;
    }
    tx.execute(
        "update link set state = 'erased' where subject = ?1",
        [subject.as_str()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Subject, StoreError> {
    Ok(Subject {
        id: word(row, "id", "subject.id")?,
        kind: word(row, "kind", "subject.kind")?,
        division: column::division(row, "division", "subject.division")?,
        local_code: row.get("local_code")?,
    })
}

/// How many subjects a division has.
pub(crate) fn count_in(db: &Connection, division: DivisionCode) -> Result<u64, StoreError> {
    let (from, to) = division.text_range();
    let mut query = db.prepare_cached(
        "select count(*) as n from subject where division >= ?1 and division < ?2",
    )?;
    let counted = column::first(query.query([from, to])?, |row| {
        column::count(row, "n", "subject")
    })?;
    Ok(counted.unwrap_or(0))
}

/// The villages that have subjects here, with how many.
pub(crate) fn divisions(db: &Connection) -> Result<Vec<(DivisionCode, u64)>, StoreError> {
    let mut query = db.prepare_cached(
        "select division, count(*) as n from subject group by division order by division",
    )?;
    column::all(query.query([])?, |row| {
        let division = column::division(row, "division", "subject.division")?;
        Ok((division, column::count(row, "n", "subject")?))
    })
}

/// How many subjects of a division a search finds.
pub(crate) fn count_listed(
    db: &Connection,
    listing: &Listing<'_>,
    patterns: Option<&(String, String)>,
) -> Result<u64, StoreError> {
    let Some((code, find)) = patterns else {
        return count_in(db, listing.division);
    };
    let (from, to) = listing.division.text_range();
    let mut query = db.prepare_cached(
        "select count(*) as n from subject where division >= ?1 and division < ?2
           and (local_code like ?3 escape '\\' or find like ?4 escape '\\')",
    )?;
    let counted = column::first(query.query(params![from, to, code, find])?, |row| {
        column::count(row, "n", "subject")
    })?;
    Ok(counted.unwrap_or(0))
}

/// How far a division is in a cycle; the order of the cases is that of a list.
pub(crate) fn progress(
    db: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Progress, StoreError> {
    let mut query = db.prepare_cached(
        "with needing (subject) as (
             select subject from link where state = 'needs_you' and (cycle = ?3 or cycle is null)
             union select subject from task where cycle = ?3
         ), drafted (subject) as (
             select distinct subject from draft_value where cycle = ?3
         ), waiting (subject, cycle) as (
             select distinct subject, cycle from link
             where state in ('waiting', 'sending') and (cycle = ?3 or cycle is null)
                 and kind in ('file', 'identity')
         ), received (subject) as (
             select distinct subject from link
             where state = 'received' and cycle = ?3 and kind = 'file'
         ), standing as (
             select case
                 when id in (select subject from needing) then 1
                 when id in (select subject from drafted) then 2
                 when id in (select subject from waiting where cycle = ?3) then 3
                 when id in (select subject from received)
                     and id in (select subject from waiting) then 3
                 when id in (select subject from received) then 4
                 else 5 end as word
             from subject where division >= ?1 and division < ?2
         )
         select word, count(*) as n from standing group by word",
    )?;
    let (from, to) = division.text_range();
    let counted = column::all(query.query(params![from, to, cycle.as_str()])?, |row| {
        let word: i64 = row.get("word")?;
        Ok((word, column::count(row, "n", "subject")?))
    })?;
    let mut progress = Progress::default();
    for (word, n) in counted {
        match word {
            1 => progress.needs_you = n,
            2 => progress.draft = n,
            3 => progress.waiting = n,
            4 => progress.received = n,
            _ => progress.to_visit = n,
        }
    }
    Ok(progress)
}
