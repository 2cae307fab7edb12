//! A line sheet: the inputs of a reference line as a person writes them, with what is expected of
//! it. `itgel line` reads it, and the worked case L-01 is one. The format is in `docs/lending.md`.

use std::sync::{Arc, LazyLock};

use super::{
    Figure, FigureName, LineInputs, LineParameters, LineStep, ReferenceLine, reference_line,
};
use crate::assess::{Difference, Quotient, merged};
use crate::pack::read::{self, Fields, Node, Tree};
use crate::pack::{PackError, PackErrorCode as Code, decimal};

/// The example that ships with the program: file name and content.
const EXAMPLE: (&str, &str) = (
    "ln-demo-1.toml",
    include_str!("../../../../fixtures/lending/ln-demo-1.toml"),
);

/// Finds a lender's parameters by the name that a sheet uses.
pub trait NamedLines {
    /// The parameters with this id.
    fn named_line(&self, id: &str) -> Option<Arc<LineParameters>>;
}

/// The example parameters that are part of the program.
#[derive(Debug)]
pub struct Shipped(Arc<LineParameters>);

/// The example parameters, parsed once.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the embedded file is parsed by the tests of every build"
)]
pub fn shipped() -> &'static Shipped {
    static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
        let (name, text) = EXAMPLE;
        let parsed = LineParameters::parse(name, text.as_bytes());
        Shipped(Arc::new(parsed.expect("the shipped parameters parse")))
    });
    &SHIPPED
}

impl Shipped {
    /// The example `LN-DEMO-1`.
    #[must_use]
    pub const fn example(&self) -> &Arc<LineParameters> {
        &self.0
    }

    /// Its file as it ships.
    #[must_use]
    pub const fn example_text(&self) -> &'static str {
        EXAMPLE.1
    }
}

impl NamedLines for Shipped {
    fn named_line(&self, id: &str) -> Option<Arc<LineParameters>> {
        let own = self.0.id.eq_ignore_ascii_case(id);
        own.then(|| Arc::clone(&self.0))
    }
}

/// One line to be computed, and what is expected of it.
#[derive(Debug, Clone)]
pub struct LineSheet {
    /// What it shows.
    pub title: String,
    /// The inputs.
    pub inputs: LineInputs,
    /// The lender's parameters.
    pub parameters: Arc<LineParameters>,
    expect: Vec<(String, String)>,
}

impl LineSheet {
    /// Reads a file: its main sheet, and every `[[variant]]`, which is the main sheet with some
    /// keys replaced. Text that begins with `{` is read as JSON.
    ///
    /// # Errors
    /// The first fault with file, line and key.
    pub fn read_all(
        file: &str,
        text: &str,
        lines: &dyn NamedLines,
    ) -> Result<Vec<Self>, PackError> {
        let json = text.trim_start().starts_with('{');
        let node = if json {
            read::json(file, text)?
        } else {
            read::toml(file, text)?
        };
        let (main, variants) = apart(file, node)?;
        let mut sheets = vec![Self::read(file, &main, lines)?];
        for variant in variants {
            // What the main sheet expects says nothing of a variant.
            let (base, _) = without(main.clone(), "expect");
            let title = sheets.first().map(|sheet| sheet.title.clone());
            let Some(node) = merged(Some(base), Some(variant)) else {
                continue;
            };
            let mut sheet = Self::read(file, &node, lines)?;
            sheet.title = format!("{}: {}", title.unwrap_or_default(), sheet.title);
            sheets.push(sheet);
        }
        Ok(sheets)
    }

    /// The reference line of this sheet.
    #[must_use]
    pub fn line(&self) -> ReferenceLine {
        reference_line(&self.inputs, &self.parameters)
    }

    /// Whether the sheet says what it expects.
    #[must_use]
    pub const fn expects(&self) -> bool {
        !self.expect.is_empty()
    }

    /// Everything that is not as the sheet expects.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let line = self.line();
        let rows = self.expect.iter().filter_map(|(field, expected)| {
            let found = found(&line, field);
            (found != *expected).then(|| Difference {
                field: field.clone(),
                expected: expected.clone(),
                found,
            })
        });
        rows.collect()
    }

    fn read(file: &str, node: &Node, lines: &dyn NamedLines) -> Result<Self, PackError> {
        let mut fields = Fields::of(file, "", node)?;
        let id = fields.text("parameters")?;
        let parameters = lines.named_line(id).ok_or_else(|| {
            let message = format!("no parameters `{id}`; give their file with --parameters");
            fields.fault("parameters", Code::UnknownName, message)
        })?;
        let title = fields.text("title")?.to_owned();
        let inputs = inputs(&mut fields)?;
        let expect = match fields.find("expect") {
            None => Vec::new(),
            Some(node) => expectation(file, node)?,
        };
        fields.finish()?;
        Ok(Self {
            title,
            inputs,
            parameters,
            expect,
        })
    }
}

/// The main sheet, and the variants in their order.
fn apart(file: &str, node: Node) -> Result<(Node, Vec<Node>), PackError> {
    let (main, variants) = without(node, "variant");
    match variants.map(|node| (node.line, node.tree)) {
        None => Ok((main, Vec::new())),
        Some((_, Tree::List(variants))) => Ok((main, variants)),
        Some((line, _)) => {
            let message = "write a list of tables";
            Err(read::fault(file, line, "variant", Code::BadValue, message))
        }
    }
}

/// A table without one of its keys, and what stood there.
fn without(mut node: Node, key: &str) -> (Node, Option<Node>) {
    let mut taken = None;
    if let Tree::Table(rows) = &mut node.tree
        && let Some(place) = rows.iter().position(|(name, _)| name == key)
    {
        taken = Some(rows.remove(place).1);
    }
    (node, taken)
}

fn inputs(fields: &mut Fields<'_>) -> Result<LineInputs, PackError> {
    let grade = match fields.text("grade")? {
        "open" => None,
        _ => Some(fields.word("grade")?),
    };
    let overstock = fields.find_decimal("overstock_percent", 2)?;
    let stock: Vec<_> = fields.words("stock")?;
    let (on, village_title, township_title) = (
        fields.day("on")?,
        fields.find_word("village_title")?,
        fields.find_word("township_title")?,
    );
    let mut table = fields.table("figures")?;
    let mut figure = |name| figure(&mut table, name);
    let inputs = LineInputs {
        on,
        grade,
        total_assets: figure(FigureName::TotalAssets)?,
        operating_income: figure(FigureName::OperatingIncome)?,
        comprehensive_income: figure(FigureName::ComprehensiveIncome)?,
        other_debt_due: figure(FigureName::OtherDebtDue)?,
        unsecured_balance: figure(FigureName::UnsecuredBalance)?,
        overstock: overstock.map(|centi| Quotient::new(centi.into(), 10_000)),
        village_title,
        township_title,
        stock: stock.into_iter().collect(),
    };
    table.finish()?;
    Ok(inputs)
}

/// An amount in yuan, or the word for why it is not there.
fn figure(fields: &mut Fields<'_>, name: FigureName) -> Result<Figure, PackError> {
    let key = format!("{name}_yuan");
    let text = fields.text(&key)?;
    if let Ok(why) = text.parse() {
        return Ok(Figure::Missing(why));
    }
    decimal::parse(text, 2).map(Figure::Known).ok_or_else(|| {
        let message = "an amount in yuan, or `unknown`, `refused`, `no_consent`, `disputed`";
        fields.fault(&key, Code::BadValue, message)
    })
}

fn expectation(file: &str, node: &Node) -> Result<Vec<(String, String)>, PackError> {
    let mut fields = Fields::of(file, "expect", node)?;
    let mut rows = Vec::new();
    if let Some(line) = fields.find_text("line_yuan")? {
        rows.push((String::from("line_yuan"), line.to_owned()));
    }
    if let Some(points) = fields.find_int("discount_bp")? {
        rows.push((String::from("discount_bp"), points.to_string()));
    }
    for name in ["none_for", "blocks", "terms"] {
        let texts = fields.texts(name)?;
        if fields.find(name).is_some() {
            rows.push((name.to_owned(), texts.join(" ")));
        }
    }
    if let Some(node) = fields.find("steps") {
        let mut steps = Fields::of(file, "expect.steps", node)?;
        for step in LineStep::ALL {
            if let Some(amount) = steps.find_text(step.as_str())? {
                rows.push((format!("steps.{step}"), amount.to_owned()));
            }
        }
        steps.finish()?;
    }
    if rows.is_empty() {
        return Err(fields.fault("expect", Code::MissingKey, "expect at least one field"));
    }
    fields.finish()?;
    Ok(rows)
}

/// The field of a line as a sheet writes it.
fn found(line: &ReferenceLine, field: &str) -> String {
    let yuan = |fen: i64| match fen % 100 {
        0 => (fen / 100).to_string(),
        _ => decimal::write(fen, 2),
    };
    if let Some(step) = field.strip_prefix("steps.") {
        let found = line.steps.iter().find(|row| row.step.as_str() == step);
        return found.map_or_else(|| String::from("none"), |row| yuan(row.amount_fen));
    }
    let joined = |codes: Vec<String>| codes.join(" ");
    match field {
        "line_yuan" => line.line_fen.map_or_else(|| String::from("none"), yuan),
        "discount_bp" => line.discount_bp.to_string(),
        "blocks" => joined(line.blocks.iter().map(|b| b.code.clone()).collect()),
        "terms" => joined(line.terms.iter().map(|t| t.code.clone()).collect()),
        _ => joined(line.none_for.iter().map(none).collect()),
    }
}

fn none(reason: &super::NoLine) -> String {
    match reason.figure {
        Some(figure) => format!("{}:{figure}", reason.why),
        None => reason.why.to_string(),
    }
}
