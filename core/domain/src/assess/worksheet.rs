//! A worksheet (测算单): the inputs of an assessment as a person writes them, in TOML or JSON, with
//! what is expected of it. `itgel assess` reads it, and every worked case of the project is one.
//! The format is described in `docs/facts.md`.

mod expect;
mod facts;
mod registers;

use std::sync::Arc;

use jiff::civil::Date;

pub use self::expect::{Difference, Expectation};

use super::inputs::{Context, Inputs};
use crate::id::SubjectId;
use crate::item::Evidence;
use crate::pack::read::{self, Fields, Node, Tree};
use crate::pack::{PackError, PackErrorCode as Code, Parameters, RulePack};
use crate::register::{Centi, PeerEvaluation};
use crate::subject::SubjectKind;

/// One assessment to be made, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Worksheet {
    /// What it shows.
    pub title: String,
    /// The inputs.
    pub inputs: Inputs,
    /// What is expected.
    pub expect: Option<Expectation>,
}

/// Finds rule packs and parameter tables by the names that a worksheet uses.
pub trait NamedRules {
    /// The rule pack with this id.
    fn named_pack(&self, id: &str) -> Option<Arc<RulePack>>;
    /// The parameter table with this id.
    fn named_parameters(&self, id: &str) -> Option<Arc<Parameters>>;
}

impl NamedRules for crate::pack::shipped::Shipped {
    fn named_pack(&self, id: &str) -> Option<Arc<RulePack>> {
        self.find_pack(id)
    }

    fn named_parameters(&self, id: &str) -> Option<Arc<Parameters>> {
        self.find_parameters(id)
    }
}

/// The word that takes a fact or a context key of the main sheet out of a variant.
const ABSENT: &str = "absent";

impl Worksheet {
    /// Reads a file: its main sheet, unless it has only variants with an expectation, and every
    /// `[[variant]]`, which is the main sheet with some facts and rows replaced. Text that begins
    /// with `{` is read as JSON.
    ///
    /// # Errors
    /// The first fault with file, line and key: unknown keys, items or words, floats, values
    /// outside the catalogue's range, wrong units.
    pub fn read_all(
        file: &str,
        text: &str,
        rules: &dyn NamedRules,
    ) -> Result<Vec<Self>, PackError> {
        let json = text.trim_start().starts_with('{');
        let node = if json {
            read::json(file, text)?
        } else {
            read::toml(file, text)?
        };
        let mut fields = Fields::of(file, "", &node)?;
        let main = Sheet::read(&mut fields)?;
        let pack_id = fields.text("pack")?;
        let pack = rules.named_pack(pack_id).ok_or_else(|| {
            let message = format!("no rule pack `{pack_id}`; give its file with --pack");
            fields.fault("pack", Code::UnknownName, message)
        })?;
        let table_id = fields.text("parameters")?;
        let parameters = rules.named_parameters(table_id).ok_or_else(|| {
            let message = format!("no table `{table_id}`; give its file with --parameters");
            fields.fault("parameters", Code::UnknownName, message)
        })?;
        let subject_kind: SubjectKind = fields.word("subject_kind")?;
        if !pack.subject_kinds.contains(&subject_kind) {
            let message = format!("the pack {} does not rate a {subject_kind}", pack.id);
            return Err(fields.fault("subject_kind", Code::BadValue, message));
        }
        let subject: SubjectId = fields.word("subject")?;
        let mut variants = Vec::new();
        for mut row in fields.tables("variant")? {
            variants.push(Sheet::read(&mut row)?);
            row.finish()?;
        }
        fields.finish()?;
        let rules = Common {
            file,
            subject,
            subject_kind,
            pack,
            parameters,
        };
        let alone = variants.is_empty() || main.expect.is_some();
        let mut sheets = Vec::new();
        if alone {
            sheets.push(rules.worksheet(main.clone())?);
        }
        for variant in variants {
            sheets.push(rules.worksheet(main.clone().with(variant))?);
        }
        Ok(sheets)
    }
}

/// What all sheets of a file share.
struct Common<'a> {
    file: &'a str,
    subject: SubjectId,
    subject_kind: SubjectKind,
    pack: Arc<RulePack>,
    parameters: Arc<Parameters>,
}

/// A sheet as it is written.
#[derive(Clone)]
struct Sheet {
    title: String,
    as_of: Option<Date>,
    evidence: Option<Evidence>,
    facts: Option<Node>,
    context: Option<Node>,
    registers: Option<Node>,
    expect: Option<Expectation>,
}

impl Sheet {
    fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let evidence = match fields.find_text("evidence")? {
            None => None,
            Some(word) => Some(facts::evidence(word).ok_or_else(|| {
                fields.fault("evidence", Code::BadValue, "evidence is A, B, C or D")
            })?),
        };
        Ok(Self {
            title: fields.text("title")?.to_owned(),
            as_of: fields.find_word("as_of")?,
            evidence,
            facts: fields.find("facts").cloned(),
            context: fields.find("context").cloned(),
            registers: fields.find("registers").cloned(),
            expect: match fields.find("expect") {
                None => None,
                Some(node) => {
                    let key = fields.key("expect");
                    Some(Expectation::read(fields.file(), &key, node)?)
                }
            },
        })
    }

    /// This sheet with what the variant says in its place.
    fn with(self, variant: Self) -> Self {
        Self {
            title: format!("{}: {}", self.title, variant.title),
            as_of: variant.as_of.or(self.as_of),
            evidence: variant.evidence.or(self.evidence),
            facts: merged(self.facts, variant.facts),
            context: merged(self.context, variant.context),
            registers: merged(self.registers, variant.registers),
            expect: variant.expect,
        }
    }
}

impl Common<'_> {
    fn worksheet(&self, sheet: Sheet) -> Result<Worksheet, PackError> {
        let as_of = sheet.as_of.ok_or_else(|| {
            read::fault(
                self.file,
                1,
                "as_of",
                Code::MissingKey,
                "add the day `as_of`",
            )
        })?;
        let evidence = sheet.evidence.unwrap_or(Evidence::B);
        let facts = facts::read(
            self.file,
            sheet.facts.as_ref(),
            self.subject_kind,
            (as_of, evidence),
        )?;
        let mut context = match &sheet.context {
            Some(node) => context(self.file, node)?,
            None => Context::default(),
        };
        if let Some(node) = &sheet.registers {
            let land = registers::resolve(self.file, node, &self.subject, self.parameters.land)?;
            context.take_land(land);
        }
        Ok(Worksheet {
            title: sheet.title,
            inputs: Inputs {
                subject: self.subject.clone(),
                subject_kind: self.subject_kind,
                as_of,
                facts,
                context,
                parameters: Arc::clone(&self.parameters),
                pack: Arc::clone(&self.pack),
            },
            expect: sheet.expect,
        })
    }
}

/// Tables merge key by key, everything else is replaced, `absent` takes a key out.
pub(crate) fn merged(main: Option<Node>, over: Option<Node>) -> Option<Node> {
    match (main, over) {
        (main, None) => main,
        (
            _,
            Some(Node {
                tree: Tree::Text(word),
                ..
            }),
        ) if word == ABSENT => None,
        (
            Some(Node {
                tree: Tree::Table(mut rows),
                ..
            }),
            Some(Node {
                line,
                tree: Tree::Table(over),
            }),
        ) if !facts::is_value(&over) => {
            for (key, node) in over {
                let old = rows
                    .iter()
                    .position(|(k, _)| *k == key)
                    .map(|i| rows.remove(i).1);
                if let Some(new) = merged(old, Some(node)) {
                    rows.push((key, new));
                }
            }
            Some(Node {
                line,
                tree: Tree::Table(rows),
            })
        }
        (_, over) => over,
    }
}

/// Reads the registers; `evaluators` is a short way to write the peer evaluation.
fn context(file: &str, node: &Node) -> Result<Context, PackError> {
    let mut fields = Fields::of(file, "context", node)?;
    let mut object = serde_json::Map::new();
    let evaluators: Vec<Centi> = fields.words("evaluators")?;
    let has_evaluators = fields.find("evaluators").is_some();
    let mut context = Context::default();
    for (key, node) in fields.rest() {
        object.insert(key.to_owned(), json(node));
        // Key by key, so that a fault is told with its line.
        let one = serde_json::Map::from_iter([(key.to_owned(), json(node))]);
        serde_json::from_value::<Context>(one.into()).map_err(|e| {
            let path = format!("context.{key}");
            read::fault(file, node.line, &path, Code::BadValue, e.to_string())
        })?;
    }
    if !object.is_empty() {
        context = serde_json::from_value(object.into())
            .map_err(|e| fields.fault("context", Code::BadValue, e.to_string()))?;
    }
    if has_evaluators {
        let means: Vec<u32> = evaluators
            .iter()
            .filter_map(|m| u32::try_from(m.0).ok())
            .collect();
        if means.iter().any(|m| !(100..=500).contains(m)) || means.len() != evaluators.len() {
            let message = "an evaluator's mean is from \"1\" to \"5\"";
            return Err(fields.fault("evaluators", Code::BadValue, message));
        }
        context.peer = PeerEvaluation::from_means(&means);
    }
    Ok(context)
}

fn json(node: &Node) -> serde_json::Value {
    match &node.tree {
        Tree::Text(text) => text.clone().into(),
        Tree::Int(int) => (*int).into(),
        Tree::Flag(flag) => (*flag).into(),
        Tree::List(nodes) => nodes.iter().map(json).collect(),
        Tree::Table(rows) => rows
            .iter()
            .map(|(k, n)| (k.clone(), json(n)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
