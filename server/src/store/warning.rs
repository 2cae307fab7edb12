//! Early warnings (预警): what a check found about a rating, and what persons did about it.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CaseId, OfficerId, SubjectId, WarningId};
use itgel_domain::monitoring::{Finding, Quarter, Reaction, WarningState, WarningStepKind};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WarningRow {
    /// Its identifier.
    pub id: WarningId,
    /// The case whose rating it is about.
    pub case: CaseId,
    /// Whose.
    pub subject: SubjectId,
    /// The home of the subject.
    pub division: DivisionCode,
    /// Of the check that found it.
    pub quarter: Quarter,
    /// Where it stands.
    pub state: WarningState,
    /// What the next actor must have seen.
    pub version: u64,
    /// What it calls for.
    pub reaction: Reaction,
    /// The strongest reaction that a person recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<Reaction>,
    /// Whether the rating is under watch for it.
    pub watch: bool,
    /// What was found, what needs the strongest reaction first.
    pub findings: Vec<Finding>,
    /// When it was opened.
    pub opened_at: AtMs,
}

/// A warning in a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WarningListed {
    /// The warning.
    #[serde(flatten)]
    pub warning: WarningRow,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The grade in effect.
    pub grade: Option<Grade>,
}

/// Something that was done about a warning.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WarningEvent {
    /// Its place in the history, from 1.
    pub n: u64,
    /// What.
    pub step: WarningStepKind,
    /// How a person reacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    /// An officer, or `rule`.
    pub actor: String,
    /// When.
    pub at: AtMs,
    /// Why: a person's words, or the quarter of a check.
    pub reason: String,
    /// What a check added.
    pub findings: Vec<Finding>,
}

/// Which warnings to list.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    /// Where: the division and everything in it.
    pub division: DivisionCode,
    /// Who reads: subjects toward whom they have an interest are left out.
    pub reader: &'a OfficerId,
    /// Only in this state.
    pub state: WarningState,
    /// Only those that call for this.
    pub reaction: Option<Reaction>,
    /// Only of this subject or case, or of a household code that begins so.
    pub search: Option<&'a str>,
    /// The strongest reaction first, then the oldest; or the newest first.
    pub order: Order,
    /// After this place of the list.
    pub after: Option<Place>,
    /// Most rows.
    pub limit: u32,
}

/// In which order warnings are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What calls for the strongest reaction, then what waits longest.
    #[default]
    Urgency,
    /// The newest first.
    Newest,
}

/// A place in a list of warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the warning calls for.
    pub reaction: Reaction,
    /// When it was opened.
    pub opened_at: AtMs,
    /// The warning.
    pub id: WarningId,
}

const SELECT: &str = "select w.id, w.case_id, w.subject, w.division, w.quarter, w.state, w.version,
    w.urgency, w.done, w.watch, w.findings, w.opened_at from warning w";

/// The warning with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &WarningId) -> Result<Option<WarningRow>, StoreError> {
    let mut query = connection.prepare_cached(&format!("{SELECT} where w.id = ?1"))?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The open warning about the rating of a case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_open_of(
    connection: &Connection,
    case: &CaseId,
) -> Result<Option<WarningRow>, StoreError> {
    let sql = format!("{SELECT} where w.case_id = ?1 and w.state = 'open'");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![case.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// What persons have cleared about the rating of a case: not said again while it is no worse.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_cleared(connection: &Connection, case: &CaseId) -> Result<Vec<Finding>, StoreError> {
    let sql = format!("{SELECT} where w.case_id = ?1 and w.state = 'cleared' order by w.id");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![case.as_str()], |row| Ok(read(row)))?;
    let mut cleared = Vec::new();
    for row in rows {
        cleared.extend(row??.findings);
    }
    Ok(cleared)
}

/// The warnings that a filter lets through, in its order.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    filter: &Filter<'_>,
) -> Result<Vec<WarningListed>, StoreError> {
    let (after, order) = match filter.order {
        Order::Urgency => (
            "(w.urgency, w.opened_at, w.id) > (?5, ?6, ?7)",
            "w.urgency, w.opened_at, w.id",
        ),
        Order::Newest => (
            "(w.opened_at, w.id) < (?6, ?7)",
            "w.opened_at desc, w.id desc",
        ),
    };
    let sql = format!(
        "select w.id, w.case_id, w.subject, w.division, w.quarter, w.state, w.version, w.urgency,
             w.done, w.watch, w.findings, w.opened_at, s.local_code, r.grade
         from warning w join subject s on s.id = w.subject
             left join rating r on r.case_id = w.case_id
         where w.division >= ?1 and w.division < ?2 and w.state = ?3
             and (?4 is null or w.urgency = ?4) and (?5 is null or {after})
             and (?8 is null or w.subject = ?8 or w.case_id = ?8
                  or substr(s.local_code, 1, length(?8)) = ?8)
             and not exists (select 1 from interest i
                             where i.subject = w.subject and i.officer = ?9)
         order by {order} limit ?10"
    );
    let (low, high) = filter.division.text_range();
    let after = filter.after.as_ref();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(
        params![
            low,
            high,
            filter.state.as_str(),
            filter.reaction.map(urgency),
            after.map(|place| urgency(place.reaction)),
            after.map(|place| place.opened_at.0),
            after.map(|place| place.id.as_str()),
            filter.search,
            filter.reader.as_str(),
            filter.limit,
        ],
        |row| Ok(read_listed(row)),
    )?;
    rows.map(|row| row?).collect()
}

/// How many warnings of a division are open, by what they call for.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_open(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Vec<(Reaction, u64)>, StoreError> {
    let sql = "select urgency, count(*) as many from warning
               where division >= ?1 and division < ?2 and state = 'open'
               group by urgency order by urgency";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![low, high], |row| {
        Ok((|| {
            let many = column::unsigned(row, "many", "warning.many")?;
            Ok((reaction(row)?, many))
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// What was done about a warning, oldest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_events(
    connection: &Connection,
    id: &WarningId,
) -> Result<Vec<WarningEvent>, StoreError> {
    let sql = "select n, step, reaction, actor, at, reason, findings from warning_event
               where warning = ?1 order by n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![id.as_str()], |row| Ok(read_event(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes a warning with the event that moved it to its version.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &WarningRow, event: &WarningEvent) -> Result<(), StoreError> {
    let sql = "insert into warning (id, case_id, subject, division, quarter, state, version,
                   urgency, done, watch, findings, opened_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               on conflict (id) do update set division = excluded.division,
                   state = excluded.state, version = excluded.version,
                   urgency = excluded.urgency, done = excluded.done, watch = excluded.watch,
                   findings = excluded.findings";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.case.as_str(),
        row.subject.as_str(),
        row.division.filled_text(),
        row.quarter.to_string(),
        row.state.as_str(),
        column::signed(row.version),
        urgency(row.reaction),
        row.done.map(Reaction::as_str),
        row.watch,
        column::to_json(&row.findings, "warning.findings")?,
        row.opened_at.0,
    ])?;
    let sql = "insert into warning_event (warning, n, step, reaction, actor, at, reason, findings)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        column::signed(event.n),
        event.step.as_str(),
        event.reaction.map(Reaction::as_str),
        event.actor,
        event.at.0,
        event.reason,
        column::to_json(&event.findings, "warning_event.findings")?,
    ])?;
    Ok(())
}

/// Takes the open warnings of a subject along to its new home.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn move_to(tx: &Tx<'_>, subject: &SubjectId, division: DivisionCode) -> Result<(), StoreError> {
    let sql = "update warning set division = ?2 where subject = ?1 and state = 'open'";
    tx.prepare_cached(sql)?
        .execute(params![subject.as_str(), division.filled_text()])?;
    Ok(())
}

/// Deletes every warning about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "delete from warning_event
               where warning in (select id from warning where subject = ?1)";
    tx.prepare_cached(sql)?.execute(params![subject.as_str()])?;
    tx.prepare_cached("delete from warning where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

const fn urgency(reaction: Reaction) -> u8 {
    match reaction {
        Reaction::Talk => 0,
        Reaction::Warn => 1,
        Reaction::Remind => 2,
    }
}

fn reaction(row: &Row<'_>) -> Result<Reaction, StoreError> {
    match row.get::<_, u8>("urgency")? {
        0 => Ok(Reaction::Talk),
        1 => Ok(Reaction::Warn),
        2 => Ok(Reaction::Remind),
        _ => Err(StoreError::Corrupt {
            what: "warning.urgency",
        }),
    }
}

fn read(row: &Row<'_>) -> Result<WarningRow, StoreError> {
    Ok(WarningRow {
        id: column::word(row, "id", "warning.id")?,
        case: column::word(row, "case_id", "warning.case_id")?,
        subject: column::word(row, "subject", "warning.subject")?,
        division: column::division(row, "division", "warning.division")?,
        quarter: column::word(row, "quarter", "warning.quarter")?,
        state: column::word(row, "state", "warning.state")?,
        version: column::unsigned(row, "version", "warning.version")?,
        reaction: reaction(row)?,
        done: column::optional_word(row, "done", "warning.done")?,
        watch: row.get("watch")?,
        findings: column::json(row, "findings", "warning.findings")?,
        opened_at: AtMs(row.get("opened_at")?),
    })
}

fn read_listed(row: &Row<'_>) -> Result<WarningListed, StoreError> {
    Ok(WarningListed {
        warning: read(row)?,
        local_code: row.get("local_code")?,
        grade: column::optional_word(row, "grade", "rating.grade")?,
    })
}

fn read_event(row: &Row<'_>) -> Result<WarningEvent, StoreError> {
    Ok(WarningEvent {
        n: column::unsigned(row, "n", "warning_event.n")?,
        step: column::word(row, "step", "warning_event.step")?,
        reaction: column::optional_word(row, "reaction", "warning_event.reaction")?,
        actor: row.get("actor")?,
        at: AtMs(row.get("at")?),
        reason: row.get("reason")?,
        findings: column::json(row, "findings", "warning_event.findings")?,
    })
}
