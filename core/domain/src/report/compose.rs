//! Composing a report from what the server holds, for one question of one lender.

use jiff::civil::Date;

use super::line::{lines, moved_lines, register_line, settled};
use super::{
    Certainty, IndicatorLine, Issue, ObjectionLine, PeerLine, ReasonLine, Report, ReportBody,
    ReportDivision, ReportRating, ReportRules, ReportStatus, ReportSubject, SecondVisit,
};
use crate::assess::{Assessment, Movement, Points, Reason, Step};
use crate::authorisation::{Authorisation, Purpose};
use crate::case::record::Validity;
use crate::case::{Case, CaseState, LenderView};
use crate::division::Division;
use crate::error::ErrorCode;
use crate::file::facts::FileFacts;
use crate::file::facts::conflict::SecondSeal;
use crate::id::{CycleId, LenderId, OfficerId, ReportId};
use crate::identity::Person;
use crate::item::ItemPath;
use crate::lending::{self, ReferenceLine};
use crate::pack::RulePack;
use crate::pack::decimal::half_up;
use crate::person::mask_id_number;
use crate::register::{PeerEvaluation, RegisterContent, RegisterRow};
use crate::subject::{Grade, Subject, SubjectKind};
use crate::time::AtMs;

/// Who asks, what for, by which right.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The number of the report to be.
    pub report: ReportId,
    /// The lender.
    pub lender: LenderId,
    /// The person, or the machine account.
    pub requester: OfficerId,
    /// What for.
    pub purpose: Purpose,
    /// The right.
    pub authorisation: &'a Authorisation,
    /// The server's clock.
    pub at: AtMs,
}

/// What the server holds of the subject.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The case whose rating is asked for.
    pub case: &'a Case,
    /// The assessment that the case rests on.
    pub assessment: &'a Assessment,
    /// The rule pack of that assessment.
    pub pack: &'a RulePack,
    /// The subject.
    pub subject: &'a Subject,
    /// The divisions valid on `as_of`; those of the subject's path are picked.
    pub divisions: &'a [Division],
    /// The adults who agreed to be shown to this lender, the head first.
    pub people: &'a [ShownPerson],
    /// The file of the cycle.
    pub file: &'a FileFacts,
    /// Rows of the registers; those in force for the subject are picked.
    pub rows: &'a [RegisterRow],
    /// What the subject said to records.
    pub statements: &'a [Statement],
    /// Earlier ratings of the subject.
    pub history: &'a [PastGrade],
    /// The register rows that moved the assessment of the case after the visit.
    pub moved: &'a Movement,
    /// What the lender's own parameters make of the rating, if it has any in force.
    pub line: Option<&'a ReferenceLine>,
}

/// An adult, as shown to a lender.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownPerson {
    /// `head`, `spouse`, `adult-2` …
    pub role: String,
    /// The name as on the ID card.
    pub full_name: String,
    /// The ID number, masked: the lender compares it with the card before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number_masked: Option<String>,
}

/// What the subject said to a record (`domain.md` L-06).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Statement {
    /// The day.
    pub made_on: Date,
    /// The item or register that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The text.
    pub text: String,
}

/// An earlier rating.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PastGrade {
    /// The campaign.
    pub cycle: CycleId,
    /// Its grade.
    pub grade: Grade,
    /// First day in effect.
    pub effective_on: Date,
    /// Where it ended.
    pub state: CaseState,
}

/// Why there is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nothing to show, or no right to see it: one answer for both (`domain.md` L-08).
    #[error("absent or not authorised")]
    Absent,
    /// The parts do not belong together: an error of the caller, never shown in detail.
    #[error("case, assessment, rule pack and subject do not belong together")]
    Inconsistent,
}

impl ReportError {
    /// The code of the error that an interface answers with.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Absent => ErrorCode::ReportNotFound,
            Self::Inconsistent => ErrorCode::Internal,
        }
    }
}

impl ShownPerson {
    /// The adult as shown.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self {
            role: person.role.clone(),
            full_name: person.full_name.clone(),
            id_number_masked: person.id_number.as_deref().map(mask_id_number),
        }
    }
}

impl std::fmt::Debug for ShownPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownPerson({}, redacted)", self.role)
    }
}

impl Report {
    /// Composes the report that answers `asked`.
    ///
    /// # Errors
    /// [`ReportError::Absent`] if the authorisation does not allow the question today, or the case
    /// is in a state of which a lender learns nothing, or its validity is over;
    /// [`ReportError::Inconsistent`] if the sources do not belong together.
    pub fn compose(asked: &Asked<'_>, sources: &Sources<'_>) -> Result<Self, ReportError> {
        let today = asked.at.on();
        let right = asked.authorisation;
        let is_of_subject = right.subject == sources.subject.id;
        if !is_of_subject || !right.allows(&asked.lender, asked.purpose, today) {
            return Err(ReportError::Absent);
        }
        let (status, validity) = standing(sources.case, today)?;
        check_sources(sources)?;
        let is_shown = status != ReportStatus::TemporarilyUnavailable;
        Ok(Self {
            format: 1,
            issue: issue(asked),
            subject: subject(sources),
            status,
            rating: match is_shown {
                true => Some(rating(sources, validity, today)?),
                false => None,
            },
            reference_line: sources.line.filter(|_| is_shown).cloned(),
            body: match is_shown {
                true => body(sources, today),
                false => ReportBody::default(),
            },
            notices: notices(sources.subject.kind, sources.line.is_some() && is_shown),
        })
    }
}

/// What of the case a lender learns today. A rating whose clock has run out is gone even before
/// the service has closed it.
fn standing(case: &Case, today: Date) -> Result<(ReportStatus, Validity), ReportError> {
    let status = match case.state().lender_view() {
        LenderView::Grade if case.state() == CaseState::Watch => ReportStatus::Watch,
        LenderView::Grade => ReportStatus::Effective,
        LenderView::TemporarilyUnavailable => ReportStatus::TemporarilyUnavailable,
        LenderView::Absent => return Err(ReportError::Absent),
    };
    let holds = |v: &Validity| (v.effective_on..=v.valid_to).contains(&today);
    let validity = case.validity().filter(holds).ok_or(ReportError::Absent)?;
    Ok((status, validity))
}

fn check_sources(sources: &Sources<'_>) -> Result<(), ReportError> {
    let assessment = sources.assessment;
    let of_case = sources.case.assessed().map(|a| a.assessment) == Some(assessment.hash());
    let of_subject = sources.case.subject == sources.subject.id
        && assessment.subject_kind == sources.subject.kind;
    let of_pack = assessment.pack == sources.pack.hash();
    match of_case && of_subject && of_pack {
        true => Ok(()),
        false => Err(ReportError::Inconsistent),
    }
}

fn issue(asked: &Asked<'_>) -> Issue {
    let on = asked.at.on();
    Issue {
        report: asked.report.clone(),
        lender: asked.lender.clone(),
        requester: asked.requester.clone(),
        purpose: asked.purpose,
        authorisation: asked.authorisation.id.clone(),
        authorised_until: asked.authorisation.until,
        given_at_ms: asked.at,
        watermark: format!(
            "{} · {} · {} · {on}",
            asked.lender, asked.purpose, asked.report
        ),
    }
}

fn subject(sources: &Sources<'_>) -> ReportSubject {
    let head = sources.people.iter().find(|p| p.role == "head");
    let as_of = sources.assessment.as_of;
    let mut path: Vec<&Division> = sources
        .divisions
        .iter()
        .filter(|d| d.code.contains(sources.subject.division))
        .filter(|d| d.valid_from <= as_of && d.valid_to.is_none_or(|last| as_of <= last))
        .collect();
    path.sort_by_key(|division| division.code.level());
    ReportSubject {
        id: sources.subject.id.clone(),
        kind: sources.subject.kind,
        name: head.map(|p| p.full_name.clone()),
        people: sources.people.to_vec(),
        divisions: path
            .into_iter()
            .map(|d| ReportDivision {
                code: d.code,
                name: d.name.clone(),
            })
            .collect(),
    }
}

fn rating(
    sources: &Sources<'_>,
    validity: Validity,
    today: Date,
) -> Result<ReportRating, ReportError> {
    let Sources {
        case,
        assessment,
        pack,
        ..
    } = *sources;
    let grade = case.grade().ok_or(ReportError::Inconsistent)?;
    let computed = case.assessed().map(|a| a.grade);
    let tell = |reason: &Reason| reason_line(reason, pack);
    Ok(ReportRating {
        case: case.id.clone(),
        cycle: case.cycle.clone(),
        grade,
        computed_grade: computed.filter(|_| case.is_overridden()),
        raw_grade: assessment.totals.raw_grade,
        score: assessment.shown_score(),
        caps: assessment.caps.clone(),
        vetoes: assessment.vetoes.clone(),
        as_of: assessment.as_of,
        effective_on: validity.effective_on,
        valid_to: validity.valid_to,
        rules: ReportRules {
            scorecard: assessment.scorecard.clone(),
            authority: pack.authority.clone(),
            pack: assessment.pack,
            parameters: assessment.parameters,
            inputs: assessment.inputs,
            assessment: assessment.hash(),
        },
        certainty: certainty(sources, today),
        indicators: indicators(assessment),
        reasons: assessment.reasons.iter().map(tell).collect(),
        moved: moved_lines(sources.moved, sources.rows, today),
        tips: assessment.tips.clone(),
        without_disaster_rule: assessment.unadjusted,
    })
}

fn certainty(sources: &Sources<'_>, today: Date) -> Certainty {
    let Sources {
        case,
        assessment,
        file,
        ..
    } = *sources;
    let conflicts = file.conflicts(&case.cycle);
    let open_conflicts: Vec<ItemPath> = conflicts.into_iter().map(|c| c.item).collect();
    let age = |oldest: Date| i64::from((today - oldest).get_days());
    Certainty {
        completeness: assessment.completeness,
        evidence: assessment.evidence,
        oldest_input_on: assessment.oldest_input_on,
        oldest_input_days: assessment.oldest_input_on.map(age),
        open_conflicts,
        settled_conflicts: settled(file, &case.cycle),
        second_visit: match file.second_seal_outcome(&case.cycle) {
            SecondSeal::Absent => SecondVisit::None,
            SecondSeal::ConfirmedByRule => SecondVisit::Confirmed,
            SecondSeal::Differs { .. } => SecondVisit::Differed,
        },
        pending: assessment.pending.clone(),
    }
}

fn indicators(assessment: &Assessment) -> Vec<IndicatorLine> {
    let of_indicators = assessment
        .trace
        .iter()
        .filter(|l| l.step == Step::Indicator);
    of_indicators
        .map(|line| IndicatorLine {
            code: line.code.clone(),
            points: line.points.unwrap_or_default(),
            weight: line.weight.unwrap_or_default(),
            evidence: line.evidence,
            relieved: line.relieved,
        })
        .collect()
}

/// A reason with its words from the rule pack.
#[must_use]
pub fn reason_line(reason: &Reason, pack: &RulePack) -> ReasonLine {
    let words = pack.reason_text(&reason.code);
    ReasonLine {
        code: reason.code.clone(),
        kind: reason.kind,
        lost: reason.lost,
        text: words.map(|w| w.text.by_language()).unwrap_or_default(),
        hint: words.map(|w| w.hint.by_language()).unwrap_or_default(),
    }
}

fn body(sources: &Sources<'_>, today: Date) -> ReportBody {
    let rows = RegisterRow::in_force(sources.rows, sources.subject, today);
    let peer = rows.iter().rev().find_map(|row| match &row.content {
        RegisterContent::Peer(evaluation) => peer_line(evaluation),
        _ => None,
    });
    let objections = sources.case.open_objections().iter();
    let mut history = sources.history.to_vec();
    history.sort_by_key(|past| std::cmp::Reverse(past.effective_on));
    ReportBody {
        lines: lines(sources.file, &sources.case.cycle, today),
        registers: rows
            .iter()
            .filter_map(|row| register_line(row, today))
            .collect(),
        peer,
        statements: sources.statements.to_vec(),
        open_objections: objections
            .map(|o| ObjectionLine {
                ground: o.ground,
                filed_on: o.filed_at.on(),
                of_subject: o.of_subject,
            })
            .collect(),
        history,
    }
}

fn peer_line(evaluation: &PeerEvaluation) -> Option<PeerLine> {
    let PeerEvaluation::Held(result) = evaluation else {
        return None;
    };
    if result.counted == 0 {
        return None;
    }
    let mean = half_up(i128::from(result.sum_centi), i128::from(result.counted));
    Some(PeerLine {
        mean: Points(i64::try_from(mean).ok()?),
        valid: result.valid,
    })
}

/// What a reader must know (`domain.md` L-01, F.1, L-35).
fn notices(kind: SubjectKind, has_line: bool) -> Vec<String> {
    let special: &[&str] = match kind {
        SubjectKind::Collective => &[
            "report-collective-no-bankruptcy",
            "report-collective-limited",
            "report-collective-land",
        ],
        _ => &[],
    };
    ["report-not-a-credit-report", "report-advisory"]
        .into_iter()
        .chain(has_line.then_some(lending::NOTICE))
        .chain(special.iter().copied())
        .map(str::to_owned)
        .collect()
}
