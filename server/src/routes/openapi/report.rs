//! The shape of a report, for the description only: [`itgel_domain::report`] writes the JSON, and
//! a test holds a real report against this shape, member by member.

#![expect(dead_code, reason = "a description only")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::line::ReferenceLine;

/// A credit report (`domain.md` F.1). Decimals are texts, `"97.00"`; days are `YYYY-MM-DD`; money
/// is in fen.
#[derive(ToSchema)]
pub(in crate::routes) struct Report {
    /// The version of this format, 1.
    format: u32,
    /// Who got it, when, what for and by which right.
    issue: Issue,
    /// Whose rating.
    subject: ReportSubject,
    /// Where the rating stands. While it is `temporarily_unavailable` there is no rating and the
    /// body is empty: do not take it for a low grade.
    #[schema(pattern = "^(effective|watch|temporarily_unavailable)$")]
    status: String,
    /// The rating; absent while it is temporarily not available.
    rating: Option<ReportRating>,
    /// What the lender's own parameters make of it: advisory, 参考，不构成授信承诺.
    reference_line: Option<ReferenceLine>,
    /// What the rating rests on.
    body: ReportBody,
    /// What a reader must know, as keys of the product's words, in the order of printing.
    notices: Vec<String>,
}

/// Who got the report, when, what for and by which right.
#[derive(ToSchema)]
struct Issue {
    /// The report number.
    report: String,
    /// The lender.
    lender: String,
    /// The person, or the machine account, that asked.
    requester: String,
    /// What for.
    purpose: String,
    /// The authorisation.
    authorisation: String,
    /// The last day of the authorisation.
    #[schema(format = Date)]
    authorised_until: String,
    /// When it was given, in milliseconds since 1970.
    given_at_ms: i64,
    /// To be shown behind the text on every page and screen.
    watermark: String,
}

/// Whose rating.
#[derive(ToSchema)]
struct ReportSubject {
    /// Its identifier.
    id: String,
    /// `household`, `cooperative`, `ranch` or `collective`.
    kind: String,
    /// The name of the head, or of the organisation, if its adult agreed to be shown.
    name: Option<String>,
    /// The adults who agreed to be shown, the head first.
    people: Vec<ReportPerson>,
    /// From the region down to the gacha.
    divisions: Vec<ReportDivision>,
}

/// An adult.
#[derive(ToSchema)]
struct ReportPerson {
    /// `head`, `spouse`, `adult-2` …
    role: String,
    /// The name as on the ID card.
    full_name: String,
    /// The ID number with its middle hidden, to compare with the card.
    id_number_masked: Option<String>,
}

/// A division.
#[derive(ToSchema)]
struct ReportDivision {
    /// Its statistical code.
    code: String,
    /// Its Chinese name.
    name: String,
}

/// The rating: grade, why, under which rules, how sure.
#[derive(ToSchema)]
struct ReportRating {
    /// The case that made it.
    case: String,
    /// The campaign.
    cycle: String,
    /// AAA, AA, A, B, C, N (not rated) or V (not to be rated for a time).
    #[schema(pattern = "^(AAA|AA|A|B|C|N|V)$")]
    grade: String,
    /// The computed grade, if a reviewer moved it by one notch.
    computed_grade: Option<String>,
    /// The grade of the score, before caps, eligibility and vetoes.
    raw_grade: Option<String>,
    /// The score from 0 to 100; absent for N.
    score: Option<String>,
    /// Caps that are met.
    caps: Vec<String>,
    /// Vetoes that stand.
    vetoes: Vec<String>,
    /// The day on which every window of the rules ended.
    #[schema(format = Date)]
    as_of: String,
    /// First day in effect.
    #[schema(format = Date)]
    effective_on: String,
    /// Last day in effect.
    #[schema(format = Date)]
    valid_to: String,
    /// The rules.
    rules: ReportRules,
    /// How sure.
    certainty: Certainty,
    /// Points of each indicator, in the order of the scorecard.
    indicators: Vec<IndicatorLine>,
    /// Why the grade is not better: vetoes and caps first, at most four faults.
    reasons: Vec<ReasonLine>,
    /// Register rows that moved the rating after the visit.
    #[schema(required = false)]
    moved: Vec<MovedLine>,
    /// Risk tips; they never change a score.
    tips: Vec<String>,
    /// The figures without the disaster rule, where it was applied.
    without_disaster_rule: Option<serde_json::Value>,
}

/// A register row whose change after the visit moved the rating.
#[derive(ToSchema)]
struct MovedLine {
    /// The register.
    register: String,
    /// What the row is about within the register.
    #[schema(required = false)]
    key: String,
    /// The keeper of the register, with its reference.
    recorded_by: String,
    /// First day of the row.
    #[schema(format = Date)]
    recorded_on: String,
    /// Last day of the row; open if absent.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// `entered`, `replaced` or `ended`.
    change: String,
    /// What it moved: `score`, `caps`, `vetoes`, `grade`.
    moved: Vec<String>,
}

/// Under which rules: with these, the same inputs give the same assessment again.
#[derive(ToSchema)]
struct ReportRules {
    /// Id and version of the rule pack.
    scorecard: String,
    /// Who adopted it.
    authority: String,
    /// SHA-256 of its file.
    pack: String,
    /// SHA-256 of the parameter table's file.
    parameters: String,
    /// Hash of the inputs.
    inputs: String,
    /// Hash of the assessment.
    assessment: String,
}

/// How sure the grade is, and whether it survived a disagreement.
#[derive(ToSchema)]
struct Certainty {
    /// Present weight of the applicable weight, in per cent.
    completeness: String,
    /// On which evidence the applicable weight rests: A register, B seen, C declared, D told.
    evidence: EvidenceMix,
    /// The day of the oldest value that was used.
    #[schema(format = Date)]
    oldest_input_on: Option<String>,
    /// Its age when the report was given.
    oldest_input_days: Option<i64>,
    /// Items on which officers disagree, and nobody has decided.
    open_conflicts: Vec<String>,
    /// Disagreements that were decided, with the decision.
    settled_conflicts: Vec<SettledConflict>,
    /// Whether a second pair of officers found the same: `none`, `confirmed` or `differed`.
    second_visit: String,
    /// What is still to come: `peer_evaluation`.
    #[schema(required = false)]
    pending: Vec<String>,
}

/// Weight by evidence.
#[derive(ToSchema)]
#[expect(non_snake_case, reason = "as it is written")]
struct EvidenceMix {
    /// Register, document or system feed.
    A: String,
    /// Seen and counted.
    B: String,
    /// Declared.
    C: String,
    /// Told by a third party, or estimated.
    D: String,
}

/// A disagreement that was decided.
#[derive(ToSchema)]
struct SettledConflict {
    /// The item.
    item: String,
    /// The decision.
    decision: String,
    /// How many entries it settles.
    entries: u32,
}

/// The points of one indicator.
#[derive(ToSchema)]
struct IndicatorLine {
    /// Its code in the rule pack.
    code: String,
    /// Points earned.
    points: String,
    /// Weight in the denominator; 0 if it does not apply.
    weight: String,
    /// Evidence of the values behind it.
    evidence: Option<String>,
    /// The disaster rule gave this value.
    #[schema(required = false)]
    relieved: bool,
}

/// A reason with its words from the rule pack.
#[derive(ToSchema)]
struct ReasonLine {
    /// The code: `R22_LEV`.
    code: String,
    /// `veto`, `cap`, `information` or `fault`.
    kind: String,
    /// Points lost by it.
    lost: Option<String>,
    /// What it says, by language.
    text: BTreeMap<String, String>,
    /// What the subject can do about it, by language.
    hint: BTreeMap<String, String>,
}

/// What the rating rests on, each line with the body that recorded it, a day and its evidence.
#[derive(ToSchema)]
struct ReportBody {
    /// Observed values, by section of the visit and item.
    lines: Vec<ObservedLine>,
    /// Rows of the registers: loans, honours, penalties, quotas, leases.
    registers: Vec<RegisterLine>,
    /// The peer evaluation: mean and count, never a ballot.
    peer: Option<PeerLine>,
    /// What the subject said to a record; to be printed beside it.
    statements: Vec<Statement>,
    /// Objections without an answer.
    open_objections: Vec<ObjectionLine>,
    /// Earlier ratings, newest first.
    history: Vec<PastGrade>,
}

/// An observed value.
#[derive(ToSchema)]
struct ObservedLine {
    /// The section of the visit.
    section: String,
    /// The item.
    item: String,
    /// Its Chinese title.
    title: String,
    /// `{"known": value}` in base units, `"not_applicable"`, `"unknown"` or `"refused"`.
    state: serde_json::Value,
    /// The unit of a number.
    unit: Option<String>,
    /// How it is known, A to D.
    evidence: String,
    /// The day of the observation.
    #[schema(format = Date)]
    observed_on: String,
    /// `field_visit`, `register` or `decision`.
    recorded_by: String,
    /// Another value stands against it, and nobody has decided.
    #[schema(required = false)]
    disputed: bool,
}

/// A row of a register.
#[derive(ToSchema)]
struct RegisterLine {
    /// The keeper of the register, with its reference.
    recorded_by: String,
    /// The day from which the row holds.
    #[schema(format = Date)]
    recorded_on: String,
    /// Registers are evidence A.
    evidence: String,
    /// Which register.
    register: String,
    /// What the row says; its members depend on the register.
    row: serde_json::Value,
}

/// The peer evaluation in sum.
#[derive(ToSchema)]
struct PeerLine {
    /// The mean of the counted ballots, from 1 to 5.
    mean: String,
    /// Valid ballots.
    valid: u32,
}

/// What the subject said to a record.
#[derive(ToSchema)]
struct Statement {
    /// The day.
    #[schema(format = Date)]
    made_on: String,
    /// The item or register that it speaks of.
    about: Option<String>,
    /// The text.
    text: String,
}

/// An objection without an answer.
#[derive(ToSchema)]
struct ObjectionLine {
    /// On what ground.
    ground: String,
    /// The day it was handed in.
    #[schema(format = Date)]
    filed_on: String,
    /// Whether the subject itself objects.
    of_subject: bool,
}

/// An earlier rating.
#[derive(ToSchema)]
struct PastGrade {
    /// The campaign.
    cycle: String,
    /// Its grade.
    grade: String,
    /// First day in effect.
    #[schema(format = Date)]
    effective_on: String,
    /// Where it ended.
    state: String,
}
