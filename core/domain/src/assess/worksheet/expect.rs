//! What a worksheet expects of its assessment, field by field.

use crate::assess::outcome::{Assessment, Step, TraceLine};
use crate::pack::read::{Fields, Node, Tree};
use crate::pack::{PackError, PackErrorCode as Code};
use crate::title::{GateState, TitleOutcome};

/// Fields and their expected values as text; a list is joined by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    rows: Vec<(String, String)>,
}

/// A field that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The field: `score`, `indicators.H2.1`.
    pub field: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// The plain fields that can be expected.
const FIELDS: &[&str] = &[
    "grade",
    "raw_grade",
    "score",
    "points",
    "applicable",
    "base",
    "bonus",
    "deduction",
    "completeness",
    "level",
    "outcome",
    "outcome_gates",
    "failing",
    "unknown",
    "reasons",
    "caps",
    "vetoes",
    "not_rated_for",
    "tips",
    "low",
    "high",
    "low_score",
    "high_score",
    "combinations",
    "under_review",
    "pending",
];

impl Expectation {
    /// Everything that is not as expected.
    #[must_use]
    pub fn differences(&self, assessment: &Assessment) -> Vec<Difference> {
        self.rows
            .iter()
            .filter_map(|(field, expected)| {
                let found = found(assessment, field);
                (found != *expected).then(|| Difference {
                    field: field.clone(),
                    expected: expected.clone(),
                    found,
                })
            })
            .collect()
    }

    pub(super) fn read(file: &str, path: &str, node: &Node) -> Result<Self, PackError> {
        let mut fields = Fields::of(file, path, node)?;
        let mut rows = Vec::new();
        for (name, prefix) in [("indicators", "indicators."), ("unadjusted", "unadjusted.")] {
            if let Some(node) = fields.find(name) {
                let mut inner = Fields::of(file, &fields.key(name), node)?;
                for (key, node) in inner.rest() {
                    rows.push((format!("{prefix}{key}"), text(node)));
                }
            }
        }
        for name in FIELDS {
            if let Some(node) = fields.find(name) {
                rows.push(((*name).to_owned(), text(node)));
            }
        }
        if rows.is_empty() {
            return Err(fields.fault("expect", Code::MissingKey, "expect at least one field"));
        }
        fields.finish()?;
        Ok(Self { rows })
    }
}

fn text(node: &Node) -> String {
    match &node.tree {
        Tree::Text(text) => text.clone(),
        Tree::Int(int) => int.to_string(),
        Tree::Flag(flag) => flag.to_string(),
        Tree::List(nodes) => nodes.iter().map(text).collect::<Vec<_>>().join(" "),
        Tree::Table(_) => String::from("(table)"),
    }
}

/// The field of an assessment as text; `open` for a grade that is not settled.
fn found(a: &Assessment, field: &str) -> String {
    let or = |text: Option<String>, none: &str| text.unwrap_or_else(|| none.to_owned());
    if let Some(code) = field.strip_prefix("indicators.") {
        let line = a
            .trace
            .iter()
            .find(|l| l.step == Step::Indicator && l.code == code);
        return line.map_or_else(|| String::from("(no such indicator)"), indicator);
    }
    if let Some(name) = field.strip_prefix("unadjusted.") {
        let Some(unadjusted) = &a.unadjusted else {
            return String::from("none");
        };
        return match name {
            "grade" => or(unadjusted.grade.map(|g| g.to_string()), "open"),
            "points" => unadjusted.totals.points.to_string(),
            "base" => unadjusted.totals.base.to_string(),
            "score" => unadjusted.totals.score.to_string(),
            _ => String::from("(no such field)"),
        };
    }
    let codes = |state: GateState| {
        a.gates
            .iter()
            .filter(|g| g.entry == state)
            .map(|g| g.code.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let t = &a.totals;
    match field {
        "grade" => or(a.grade.map(|g| g.to_string()), "open"),
        "raw_grade" => or(t.raw_grade.map(|g| g.to_string()), "none"),
        "score" => t.score.to_string(),
        "points" => t.points.to_string(),
        "applicable" => t.applicable.to_string(),
        "base" => t.base.to_string(),
        "bonus" => t.bonus.to_string(),
        "deduction" => t.deduction.to_string(),
        "completeness" => a.completeness.to_string(),
        "level" => or(a.level.map(|l| l.to_string()), "not_reached"),
        "outcome" => or(a.title.as_ref().map(|o| outcome(o).0.to_owned()), "none"),
        "outcome_gates" => a
            .title
            .as_ref()
            .map(|o| outcome(o).1.join(" "))
            .unwrap_or_default(),
        "failing" => codes(GateState::Fail),
        "unknown" => codes(GateState::Unknown),
        "reasons" => a
            .reasons
            .iter()
            .map(|r| r.code.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        "caps" => a.caps.join(" "),
        "vetoes" => a.vetoes.join(" "),
        "not_rated_for" => a.not_rated_for.join(" "),
        "tips" => a.tips.iter().cloned().collect::<Vec<_>>().join(" "),
        "low" => or(a.range.low.map(|g| g.to_string()), "none"),
        "high" => or(a.range.high.map(|g| g.to_string()), "none"),
        "low_score" => a.range.low_score.to_string(),
        "high_score" => a.range.high_score.to_string(),
        "combinations" => a.range.combinations.to_string(),
        "under_review" => a.range.under_review.to_string(),
        "pending" => a.pending.join(" "),
        _ => String::from("(no such field)"),
    }
}

/// Points of an indicator, or the state of its missing value.
fn indicator(line: &TraceLine) -> String {
    let parts = || line.rule.as_deref().unwrap_or_default().split(" · ");
    // One missing part is the whole indicator missing; it applies as long as one part does.
    let state = ["refused", "unknown", "pending"]
        .into_iter()
        .find(|state| parts().any(|part| part == *state))
        .or_else(|| {
            parts()
                .all(|part| part == "not_applicable")
                .then_some("not_applicable")
        });
    match (state, line.points) {
        (Some(state), _) => state.to_owned(),
        (None, Some(points)) => points.to_string(),
        (None, None) => String::from("not_applicable"),
    }
}

fn outcome(outcome: &TitleOutcome) -> (&'static str, &[String]) {
    match outcome {
        TitleOutcome::Award { .. } => ("award", &[]),
        TitleOutcome::Keep { .. } => ("keep", &[]),
        TitleOutcome::Warn { gates } => ("warn", gates),
        TitleOutcome::Cancel { gates } => ("cancel", gates),
        TitleOutcome::NotReached { gates } => ("not_reached", gates),
    }
}
