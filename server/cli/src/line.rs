//! `itgel line`: what a lender's parameters make of the figures of a line sheet
//! (`docs/lending.md`), with no server and no database. The same computation as in a report.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use comfy_table::{Table, presets};
use itgel_domain::lending::{
    LineParameters, LineSheet, NamedLines, NoLine, ReferenceLine, shipped,
};
use itgel_domain::pack::decimal;
use itgel_text::{self as text, Lang};

use crate::assess::{AssessError, Output, content, print};
use crate::pack::read;

/// Compute the reference line of a line sheet, and of every variant in it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The line sheet, TOML or JSON; `-` for the standard input.
    pub file: PathBuf,
    /// Print a table with every step, in Chinese, instead of JSON.
    #[arg(long)]
    pub explain: bool,
    /// Compare with what the sheet expects and print only the differences.
    #[arg(long, conflicts_with = "explain")]
    pub check: bool,
    /// Parameter files of lenders beside the shipped example; a sheet names them by their id.
    #[arg(long)]
    pub parameters: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`AssessError`]; a fault in a file names line, key and the way out.
pub fn run(args: &Args) -> Result<(), AssessError> {
    let output = output(args)?;
    print(&output.lines)?;
    match output.differences {
        0 => Ok(()),
        some => Err(AssessError::Unexpected(some)),
    }
}

/// Reads the files and computes; nothing is printed.
///
/// # Errors
/// As [`run`], but for differences.
pub fn output(args: &Args) -> Result<Output, AssessError> {
    let lines = Files::load(args)?;
    let (name, content) = content(&args.file)?;
    let mut output = Output::default();
    for sheet in LineSheet::read_all(&name, &content, &lines)? {
        if args.check {
            for d in sheet.differences() {
                output.differences += 1;
                output.lines.push(format!(
                    "{}: {}: {} ≠ {}",
                    sheet.title, d.field, d.found, d.expected
                ));
            }
        } else {
            let line = shown(&sheet.title, &sheet.line(), args.explain);
            output.lines.push(line);
        }
    }
    Ok(output)
}

/// A parameter file of a lender.
///
/// # Errors
/// [`AssessError`] naming line, key and the way out.
pub(crate) fn parameters(path: &Path) -> Result<LineParameters, AssessError> {
    let name = path.display().to_string();
    Ok(LineParameters::parse(&name, &read(path)?)?)
}

/// A line as a table in Chinese, or as JSON.
pub(crate) fn shown(title: &str, line: &ReferenceLine, explain: bool) -> String {
    match explain {
        true => explained(title, line, Lang::ZhCn),
        false => serde_json::to_string(line).unwrap_or_default(),
    }
}

/// The parameter files of the command line, which come first, and the shipped example.
struct Files(Vec<Arc<LineParameters>>);

impl Files {
    fn load(args: &Args) -> Result<Self, AssessError> {
        let mut files = Vec::new();
        for path in &args.parameters {
            files.push(Arc::new(parameters(path)?));
        }
        Ok(Self(files))
    }
}

impl NamedLines for Files {
    fn named_line(&self, id: &str) -> Option<Arc<LineParameters>> {
        let own = self.0.iter().find(|file| file.id.eq_ignore_ascii_case(id));
        own.cloned().or_else(|| shipped().named_line(id))
    }
}

/// The line, a table of its steps, discounts, blocks and terms, and that it is advisory.
fn explained(title: &str, line: &ReferenceLine, lang: Lang) -> String {
    let mut out = format!("{title}  {}\n", verdict(line, lang));
    for reason in &line.none_for {
        out += &format!("  {}\n", missing(reason, lang));
    }
    if !line.steps.is_empty() {
        out += &format!("{}\n", steps(line, lang));
    }
    out += &format!("{}\n", text::line_discount(lang, line.discount_bp));
    for discount in &line.discounts {
        let given_for = text::line_discount_for(lang, discount);
        out += &format!("  {given_for}  {}\n", discount.bp);
    }
    for block in &line.blocks {
        let uses = block.uses.iter().map(|u| text::line_use(lang, *u));
        let uses: Vec<_> = uses.collect();
        out += &format!(
            "{}  {}（{}）\n",
            block.code,
            words(&block.text),
            uses.join("、")
        );
    }
    for term in &line.terms {
        out += &format!("{}  {}\n", term.code, words(&term.text));
    }
    let (name, hash) = (&line.parameters, line.parameters_hash);
    out += &format!("{}  {name}  {hash}\n", text::line_parameters(lang));
    out + &text::report_line_advisory(lang)
}

fn verdict(line: &ReferenceLine, lang: Lang) -> String {
    match line.line_fen {
        Some(fen) => format!(
            "{} {}",
            text::line_title(lang),
            text::line_yuan(lang, decimal::write(fen, 2))
        ),
        None => text::line_none(lang),
    }
}

fn missing(reason: &NoLine, lang: Lang) -> String {
    let why = text::line_why(lang, reason.why);
    match reason.figure {
        Some(figure) => format!("{}：{why}", text::line_figure(lang, figure)),
        None => why,
    }
}

fn steps(line: &ReferenceLine, lang: Lang) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        text::line_column_step(lang),
        text::line_column_share(lang),
        text::line_column_amount(lang),
    ]);
    for step in &line.steps {
        table.add_row([
            text::line_step(lang, step.step),
            step.percent.map(|p| p.to_string()).unwrap_or_default(),
            decimal::write(step.amount_fen, 2),
        ]);
    }
    table
}

/// The Chinese words of the lender's file.
fn words(text: &std::collections::BTreeMap<String, String>) -> &str {
    text.get("zh-CN").map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_every_step_in_chinese_and_that_it_binds_nobody() {
        let sheet = include_str!("../../../fixtures/lending/l-01.toml");
        let sheets = LineSheet::read_all("l-01.toml", sheet, shipped()).unwrap();
        let told = explained(&sheets[0].title, &sheets[0].line(), Lang::ZhCn);
        for words in ["88000.00 元", "126000.00", "70 个基点", "不构成授信承诺"] {
            assert!(told.contains(words), "{words} in\n{told}");
        }
        assert_eq!(told.matches("参考额度").count(), 3, "{told}");
        let manual = sheets.iter().find(|s| s.title.contains("B goes")).unwrap();
        let told = explained(&manual.title, &manual.line(), Lang::ZhCn);
        assert!(told.contains("由信贷人员人工决定"), "{told}");
    }
}
