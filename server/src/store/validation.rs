//! What validation and work quality read: ratings of a campaign with their people, ballots, and
//! the steps of its cases; each in one ordered pass.

use itgel_domain::case::{CaseState, StepKind};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CaseId, CycleId, LenderId, OfficerId, SubjectId};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::monitor::RatingPlace;
use super::{StoreError, column};

/// A rating of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatedRow {
    /// Where it stands.
    pub place: RatingPlace,
    /// Whose.
    pub subject: SubjectId,
    /// The grade that was made effective.
    pub grade: Grade,
    /// First day.
    pub effective_on: Date,
    /// The inputs in canonical bytes.
    pub inputs: Vec<u8>,
    /// The assessment, canonical JSON.
    pub result: String,
    /// The collector whose officer id comes first.
    pub collector: Option<OfficerId>,
    /// The reviewer whose officer id comes first.
    pub reviewer: Option<OfficerId>,
}

/// A step of a case that a deadline looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedStep {
    /// The home of the subject.
    pub division: DivisionCode,
    /// The case.
    pub case: CaseId,
    /// Where it stands now.
    pub state: CaseState,
    /// What was done; `None` for a case without any such step.
    pub step: Option<StepKind>,
    /// When.
    pub at: AtMs,
    /// The receipt of an objection.
    pub receipt: Option<String>,
}

/// The ratings of a campaign in a division, after a place: gacha after gacha. Also those that have
/// ended since: what became of a rating does not depend on how long it was in effect.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_ratings(
    connection: &Connection,
    cycle: &CycleId,
    within: DivisionCode,
    after: Option<&RatingPlace>,
    limit: usize,
) -> Result<Vec<RatedRow>, StoreError> {
    let sql =
        "select r.division, r.case_id, r.subject, r.grade, r.effective_on, a.inputs, a.result,
                   (select min(p.officer) from case_person p
                    where p.case_id = r.case_id and p.role = 'collector') as collector,
                   (select min(p.officer) from case_person p
                    where p.case_id = r.case_id and p.role = 'reviewer') as reviewer
               from rating r join assessment a on a.inputs_hash = r.inputs_hash
               where (r.division, r.case_id) > (?1, ?2) and r.division < ?3 and r.cycle = ?4
               order by r.division, r.case_id limit ?5";
    let (low, high) = within.text_range();
    let (division, case) = match after {
        None => (low, ""),
        Some(place) => (place.division.filled_text(), place.case.as_str()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division, case, high, cycle.as_str(), limit];
    let rows = query.query_map(key, |row| Ok(read_rated(row)))?;
    rows.map(|row| row?).collect()
}

/// Reads every ballot of a campaign in a division: the evaluator and the mean of the four marks in
/// hundredths. For sums alone; no ballot leaves the service.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn for_each_ballot(
    connection: &Connection,
    cycle: &CycleId,
    within: DivisionCode,
    mut take: impl FnMut(&OfficerId, i64),
) -> Result<(), StoreError> {
    let sql = "select b.evaluator, (b.promises + b.diligence + b.loans + b.rules) * 25 as mean
               from subject s join ballot b on b.subject = s.id
               where s.division >= ?1 and s.division < ?2 and b.cycle = ?3";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![low, high, cycle.as_str()])?;
    while let Some(row) = rows.next()? {
        let evaluator: OfficerId = column::word(row, "evaluator", "ballot.evaluator")?;
        take(&evaluator, row.get("mean")?);
    }
    Ok(())
}

/// Reads every case of a campaign in a division with the steps that deadlines look at: gacha
/// after gacha, case after case, in the order in which they were done.
///
/// # Errors
/// [`StoreError`] of the database, or the error of `take`.
pub fn for_each_step(
    connection: &Connection,
    cycle: &CycleId,
    within: DivisionCode,
    mut take: impl FnMut(TimedStep),
) -> Result<(), StoreError> {
    let sql = "select c.division, c.id, c.state, e.step, coalesce(e.at, 0) as at,
                   case when e.step in ('object', 'decide_objection') then e.event end as event
               from rating_case c left join case_event e on e.case_id = c.id
                   and e.step in ('submit', 'review', 'close_period', 'approve', 'object',
                       'decide_objection', 'return')
               where c.cycle = ?1 and c.division >= ?2 and c.division < ?3
               order by c.division, c.id, e.n";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![cycle.as_str(), low, high])?;
    while let Some(row) = rows.next()? {
        take(read_step(row)?);
    }
    Ok(())
}

/// The lenders that were authorised at some time to ask about a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_authorised(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<LenderId>, StoreError> {
    let sql = "select distinct lender from authorisation where subject = ?1 order by lender";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "lender", "authorisation.lender"))
    })?;
    rows.map(|row| row?).collect()
}

fn read_rated(row: &Row<'_>) -> Result<RatedRow, StoreError> {
    Ok(RatedRow {
        place: RatingPlace {
            division: column::division(row, "division", "rating.division")?,
            case: column::word(row, "case_id", "rating.case_id")?,
        },
        subject: column::word(row, "subject", "rating.subject")?,
        grade: column::word(row, "grade", "rating.grade")?,
        effective_on: column::word(row, "effective_on", "rating.effective_on")?,
        inputs: row.get("inputs")?,
        result: row.get("result")?,
        collector: column::optional_word(row, "collector", "case_person.officer")?,
        reviewer: column::optional_word(row, "reviewer", "case_person.officer")?,
    })
}

/// The receipt of an objection, wherever in the step it stands.
#[derive(serde::Deserialize)]
struct Stepped {
    step: Receipted,
}

#[derive(serde::Deserialize)]
struct Receipted {
    receipt: Option<String>,
    objection: Option<Given>,
}

#[derive(serde::Deserialize)]
struct Given {
    receipt: String,
}

fn read_step(row: &Row<'_>) -> Result<TimedStep, StoreError> {
    let event: Option<String> = row.get("event")?;
    let receipt = match event {
        None => None,
        Some(json) => {
            let stepped: Stepped =
                serde_json::from_str(&json).map_err(|_| StoreError::Corrupt {
                    what: "case_event.event",
                })?;
            let given = stepped.step.objection.map(|objection| objection.receipt);
            given.or(stepped.step.receipt)
        }
    };
    Ok(TimedStep {
        division: column::division(row, "division", "rating_case.division")?,
        case: column::word(row, "id", "rating_case.id")?,
        state: column::word(row, "state", "rating_case.state")?,
        step: column::optional_word(row, "step", "case_event.step")?,
        at: AtMs(row.get("at")?),
        receipt,
    })
}
