//! Credit records, list entries, honours and commitments as staff search them: one row for each
//! register row in force, written with it and never apart from it.

use itgel_domain::credit::{begun_on, class_of};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{OfficerId, RowId, SubjectId};
use itgel_domain::register::{
    Commitment, CreditClass, Honour, ListEntry, PublicRecord, PublicityKind, RegisterContent,
    RegisterRow,
};
use itgel_domain::subject::SubjectKind;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column, register};

/// The registers that hold credit records.
pub const REGISTERS: [&str; 4] = ["public_record", "list_entry", "honour", "commitment"];

/// What a register row says of a subject, for searching.
struct Entry<'a> {
    kind: Option<PublicityKind>,
    body: &'a str,
    item: &'a str,
    reference: &'a str,
    /// First day on which it is not used any more.
    closed_on: Option<Date>,
    published_to: Option<Date>,
    suspended: bool,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What began last first.
    #[default]
    Newest,
    /// What began first first.
    Oldest,
}

/// Which records to read.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// Of subjects in this division.
    pub division: DivisionCode,
    /// Who reads: a subject that the reader has an interest in is left out.
    pub reader: &'a OfficerId,
    /// Only of this class.
    pub class: Option<CreditClass>,
    /// Only of this register.
    pub register: Option<&'a str>,
    /// Only of this publicity kind.
    pub kind: Option<PublicityKind>,
    /// Only what is displayed on this day.
    pub open_on: Option<Date>,
    /// Only of this subject, reference, body, or of a household code that begins so.
    pub search: Option<&'a str>,
    /// In which order.
    pub order: Order,
    /// The day and row after which to go on.
    pub after: Option<(Date, RowId)>,
    /// Most rows.
    pub limit: u32,
}

/// A record with its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The register row in force.
    pub row: RegisterRow,
    /// The first day of what it says.
    pub began_on: Date,
    /// Whose.
    pub subject_kind: SubjectKind,
    /// The household's number.
    pub local_code: String,
    /// Where the subject lives.
    pub home: DivisionCode,
}

/// The place of a record: a newer revision stands at the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub subject: SubjectId,
    /// The register.
    pub register: String,
    /// The key within it.
    pub key: String,
}

/// Writes what a register row says, if it is a credit record; nothing for any other.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn put(tx: &Tx<'_>, row: &RegisterRow) -> Result<(), StoreError> {
    let (Some(subject), Some(class)) = (&row.subject, class_of(&row.content)) else {
        return Ok(());
    };
    let Some(entry) = Entry::of(&row.content) else {
        return Ok(());
    };
    let sql = "insert into credit_record (subject, register, row_key, row, class, kind, body,
                   item, reference, began_on, closed_on, published_to, suspended, delete_on)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
               on conflict (subject, register, row_key) do update set row = excluded.row,
                   class = excluded.class, kind = excluded.kind, body = excluded.body,
                   item = excluded.item, reference = excluded.reference,
                   began_on = excluded.began_on, closed_on = excluded.closed_on,
                   published_to = excluded.published_to, suspended = excluded.suspended,
                   delete_on = excluded.delete_on";
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    tx.prepare_cached(sql)?.execute(params![
        subject.as_str(),
        row.content.register(),
        row.key,
        row.id.as_str(),
        class.as_str(),
        entry.kind.map(PublicityKind::as_str),
        entry.body,
        entry.item,
        entry.reference,
        begun_on(&row.content).unwrap_or(row.valid_from).to_string(),
        day(entry.closed_on),
        day(entry.published_to),
        i64::from(entry.suspended),
        day(row.content.delete_on()),
    ])?;
    Ok(())
}

/// Deletes what stands of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub(super) fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from credit_record where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

/// Deletes one record with every revision of its register row; their ids.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_place(tx: &Tx<'_>, place: &Place) -> Result<Vec<RowId>, StoreError> {
    let key = params![place.subject.as_str(), place.register, place.key];
    tx.prepare_cached(
        "delete from credit_record where subject = ?1 and register = ?2 and row_key = ?3",
    )?
    .execute(key)?;
    let sql = "delete from register_row where subject = ?1 and register = ?2 and row_key = ?3
               returning id";
    let mut query = tx.prepare_cached(sql)?;
    let rows = query.query_map(key, |row| Ok(column::word(row, "id", "register_row.id")))?;
    rows.map(|row| row?).collect()
}

/// The records that a filter lets through.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, filter: &Filter<'_>) -> Result<Vec<Listed>, StoreError> {
    let (sign, direction) = match filter.order {
        Order::Newest => ("<", "desc"),
        Order::Oldest => (">", "asc"),
    };
    let sql = format!(
        "{SELECT}
         where s.division >= ?1 and s.division < ?2
             and (?3 is null or c.class = ?3) and (?4 is null or c.register = ?4)
             and (?5 is null or c.kind = ?5)
             and (?6 is null or (c.suspended = 0
                  and (c.closed_on is null or c.closed_on > ?6)
                  and (c.published_to is null or c.published_to >= ?6)
                  and (c.delete_on is null or c.delete_on > ?6)))
             and (?7 is null or c.subject = ?7 or c.reference = ?7 or c.body = ?7
                  or substr(s.local_code, 1, length(?7)) = ?7)
             and (?8 is null or (c.began_on, c.row) {sign} (?8, ?9))
             and not exists (select 1 from interest i
                             where i.subject = c.subject and i.officer = ?10)
         order by c.began_on {direction}, c.row {direction} limit ?11"
    );
    let (low, high) = filter.division.text_range();
    let after = filter.after.as_ref();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(
        params![
            low,
            high,
            filter.class.map(CreditClass::as_str),
            filter.register,
            filter.kind.map(PublicityKind::as_str),
            filter.open_on.map(|day| day.to_string()),
            filter.search,
            after.map(|(day, _)| day.to_string()),
            after.map(|(_, row)| row.as_str()),
            filter.reader.as_str(),
            filter.limit,
        ],
        |row| Ok(read(row)),
    )?;
    rows.map(|row| row?).collect()
}

/// The record whose register row in force has this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, row: &RowId) -> Result<Option<Listed>, StoreError> {
    let sql = format!("{SELECT} where c.row = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![row.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The record at a place.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_at(connection: &Connection, place: &Place) -> Result<Option<Listed>, StoreError> {
    let sql = format!("{SELECT} where c.subject = ?1 and c.register = ?2 and c.row_key = ?3");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![place.subject.as_str(), place.register, place.key];
    let found = query.query_row(key, |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Everything that stands of a subject, in the order of its places.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(connection: &Connection, subject: &SubjectId) -> Result<Vec<Listed>, StoreError> {
    let sql = format!("{SELECT} where c.subject = ?1 order by c.register, c.row_key");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Every revision at a place, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_revisions(
    connection: &Connection,
    place: &Place,
) -> Result<Vec<RegisterRow>, StoreError> {
    let sql = format!(
        "{} where subject = ?1 and register = ?2 and row_key = ?3 order by revision desc",
        register::SELECT
    );
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![place.subject.as_str(), place.register, place.key];
    let rows = query.query_map(key, |row| Ok(register::read(row)))?;
    rows.map(|row| row?).collect()
}

/// Calls `each` with every record of a publicity kind that was decided from `from` to `to` in a
/// division, one after another.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn for_each_decided(
    connection: &Connection,
    within: DivisionCode,
    (from, to): (Date, Date),
    mut each: impl FnMut(&PublicRecord),
) -> Result<(), StoreError> {
    let sql = format!(
        "{SELECT} where s.division >= ?1 and s.division < ?2 and c.kind is not null
             and c.began_on >= ?3 and c.began_on <= ?4 order by c.began_on, c.row"
    );
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![low, high, from.to_string(), to.to_string()];
    for listed in query.query_map(key, |row| Ok(read(row)))? {
        if let RegisterContent::PublicRecord(record) = listed??.row.content {
            each(&record);
        }
    }
    Ok(())
}

/// Subjects of a division after `after` of whom something may repeat since `since`: listed on a
/// serious list, or with two penalties.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_suspected(
    connection: &Connection,
    within: DivisionCode,
    reader: &OfficerId,
    since: Date,
    after: &str,
    limit: u32,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select c.subject from credit_record c join subject s on s.id = c.subject
               where s.division >= ?1 and s.division < ?2 and c.subject > ?4
                   and (c.class = 'serious'
                        or (c.class = 'general' and c.kind = 'penalty' and c.began_on >= ?3))
                   and not exists (select 1 from interest i
                                   where i.subject = c.subject and i.officer = ?5)
               group by c.subject
               having count(*) >= 2 or max(case when c.class = 'serious' then 1 else 0 end) = 1
               order by c.subject limit ?6";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let key = params![low, high, since.to_string(), after, reader.as_str(), limit];
    let rows = query.query_map(key, |row| {
        Ok(column::word(row, "subject", "credit_record.subject"))
    })?;
    rows.map(|row| row?).collect()
}

/// The places whose time is over on `today`, at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_to_delete(
    connection: &Connection,
    today: Date,
    limit: u32,
) -> Result<Vec<Place>, StoreError> {
    let sql = "select subject, register, row_key from credit_record
               where delete_on <= ?1 order by delete_on, subject limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![today.to_string(), limit], |row| {
        Ok((|| {
            Ok(Place {
                subject: column::word(row, "subject", "credit_record.subject")?,
                register: row.get("register")?,
                key: row.get("row_key")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

impl Place {
    /// The place of a row about a subject.
    #[must_use]
    pub fn of(row: &RegisterRow) -> Option<Self> {
        Some(Self {
            subject: row.subject.clone()?,
            register: row.content.register().to_owned(),
            key: row.key.clone(),
        })
    }
}

impl<'a> Entry<'a> {
    fn of(content: &'a RegisterContent) -> Option<Self> {
        match content {
            RegisterContent::PublicRecord(record) => Some(Self::of_record(record)),
            RegisterContent::ListEntry(entry) => Some(Self::of_list(entry)),
            RegisterContent::Honour(honour) => Some(Self::of_honour(honour)),
            RegisterContent::Commitment(made) => Some(Self::of_commitment(made)),
            _ => None,
        }
    }

    fn of_record(record: &'a PublicRecord) -> Self {
        let exonerated = record.exonerated.as_ref().map(|e| e.decided_on);
        let closed = [record.repaired_on, record.withdrawn_on, exonerated];
        Self {
            kind: record.kind,
            body: &record.recorded_by,
            item: record.catalogue_item.as_deref().unwrap_or_default(),
            reference: &record.reference,
            closed_on: closed.into_iter().flatten().min(),
            published_to: record.published_to,
            suspended: record.objection_accepted,
        }
    }

    fn of_list(entry: &'a ListEntry) -> Self {
        let fields = entry.fields();
        Self {
            kind: None,
            body: &fields.issued_by,
            item: &fields.item,
            reference: &fields.reference,
            closed_on: entry.ended_on(),
            published_to: None,
            suspended: fields.objection_accepted,
        }
    }

    fn of_honour(honour: &'a Honour) -> Self {
        Self {
            kind: None,
            body: &honour.awarded_by,
            item: honour.kind.as_str(),
            reference: &honour.title,
            closed_on: honour.withdrawn_on,
            published_to: None,
            suspended: false,
        }
    }

    fn of_commitment(made: &'a Commitment) -> Self {
        Self {
            kind: None,
            body: &made.made_to,
            item: made.kind.map_or("", |kind| kind.as_str()),
            reference: made.evidence.as_deref().unwrap_or_default(),
            closed_on: None,
            published_to: None,
            suspended: false,
        }
    }
}

/// The columns of a register row under their own names, with those of the record and its subject.
const SELECT: &str = "select r.id, r.division, r.subject, r.row_key, r.revision, r.valid_from,
        r.valid_to, r.source, r.content, c.began_on, s.kind as subject_kind, s.local_code,
        s.division as home
    from credit_record c join subject s on s.id = c.subject join register_row r on r.id = c.row";

fn read(row: &Row<'_>) -> Result<Listed, StoreError> {
    Ok(Listed {
        row: register::read(row)?,
        began_on: column::word(row, "began_on", "credit_record.began_on")?,
        subject_kind: column::word(row, "subject_kind", "subject.kind")?,
        local_code: row.get("local_code")?,
        home: column::division(row, "home", "subject.division")?,
    })
}
