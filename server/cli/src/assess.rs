//! `itgel assess`: assesses a worksheet (`docs/facts.md`) with no server and no database: the
//! same scorer, the same bytes.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use comfy_table::{Table, presets};
use itgel_domain::assess::{Assessment, Inputs, NamedRules, Step, TraceLine, Worksheet, assess};
use itgel_domain::catalogue::Restricted;
use itgel_domain::lending::{Basis, LineInputs, LineParameters, ReferenceLine, reference_line};
use itgel_domain::pack::{PackError, Parameters, RulePack, shipped};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_text::{self as text, Lang};

use crate::line;
use crate::pack::{PackCommandError, read};

/// Assess one subject from a worksheet, or every variant in it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The worksheet, TOML or JSON; `-` for the standard input.
    pub file: PathBuf,
    /// Print a table with every step, in Chinese, instead of JSON.
    #[arg(long)]
    pub explain: bool,
    /// Compare with what the worksheet expects and print only the differences.
    #[arg(long, conflicts_with = "explain")]
    pub check: bool,
    /// Rule packs beside the shipped ones; a worksheet names a pack by its id.
    #[arg(long)]
    pub pack: Vec<PathBuf>,
    /// Parameter tables beside the shipped ones.
    #[arg(long)]
    pub parameters: Vec<PathBuf>,
    /// A lender's parameter file: print its reference line after each assessment. Every class of
    /// information that the worksheet states counts as agreed to.
    #[arg(long, conflicts_with = "check")]
    pub line: Option<PathBuf>,
}

/// Why nothing was assessed.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] PackCommandError),
    /// The standard input cannot be read.
    #[error("standard input")]
    Input(#[source] io::Error),
    /// The standard output cannot be written.
    #[error("standard output")]
    Output(#[source] io::Error),
    /// A worksheet, pack or table is not sound.
    #[error(transparent)]
    Content(#[from] PackError),
    /// Some assessments are not as the worksheet expects; each difference was printed.
    #[error("{0} differences from what the worksheet expects")]
    Unexpected(usize),
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

/// What the command prints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// The lines, without their ends.
    pub lines: Vec<String>,
    /// How many of them are differences from what a worksheet expects.
    pub differences: usize,
}

/// Reads the files and assesses; nothing is printed.
///
/// # Errors
/// As [`run`], but for differences.
pub fn output(args: &Args) -> Result<Output, AssessError> {
    let rules = Files::load(args)?;
    let (name, content) = content(&args.file)?;
    let sheets = Worksheet::read_all(&name, &content, &rules)?;
    let lender = args.line.as_deref().map(line::parameters).transpose()?;
    let mut output = Output::default();
    for sheet in &sheets {
        let assessment = assess(&sheet.inputs);
        if args.check {
            for d in sheet.expect.iter().flat_map(|e| e.differences(&assessment)) {
                output.differences += 1;
                output.lines.push(format!(
                    "{}: {}: {} ≠ {}",
                    sheet.title, d.field, d.found, d.expected
                ));
            }
        } else if args.explain {
            output.lines.push(explained(
                &sheet.title,
                &sheet.inputs,
                &assessment,
                Lang::ZhCn,
            ));
        } else {
            output.lines.push(assessment.to_json());
        }
        if let Some(lender) = &lender {
            let found = line_of(&sheet.inputs, assessment.grade, lender);
            output
                .lines
                .push(line::shown(&sheet.title, &found, args.explain));
        }
    }
    Ok(output)
}

/// What a lender's parameters make of an assessment; an open grade stays open.
fn line_of(inputs: &Inputs, grade: Option<Grade>, lender: &LineParameters) -> ReferenceLine {
    let basis = Basis {
        rated: inputs,
        grade: grade.unwrap_or(Grade::N),
        credit: &inputs.context.credit,
        village_title: None,
        township_title: None,
        agreed: &Restricted::ALL.iter().copied().collect(),
    };
    let known = LineInputs {
        grade,
        ..LineInputs::of(&basis, lender, inputs.as_of)
    };
    reference_line(&known, lender)
}

/// Prints lines; a reader that has seen enough is no error.
pub(crate) fn print(lines: &[String]) -> Result<(), AssessError> {
    let mut out = io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(AssessError::Output(error)),
        _ => Ok(()),
    }
}

/// Name and content of a file, `-` for the standard input.
pub(crate) fn content(file: &Path) -> Result<(String, String), AssessError> {
    let name = file.display().to_string();
    if name != "-" {
        let content = String::from_utf8_lossy(&read(file)?).into_owned();
        return Ok((name, content));
    }
    let mut content = String::new();
    io::stdin()
        .read_to_string(&mut content)
        .map_err(AssessError::Input)?;
    Ok((String::from("(standard input)"), content))
}

/// The shipped rules and those of the command line, which come first.
struct Files {
    packs: Vec<Arc<RulePack>>,
    parameters: Vec<Arc<Parameters>>,
}

impl Files {
    fn load(args: &Args) -> Result<Self, AssessError> {
        let mut files = Self {
            packs: Vec::new(),
            parameters: Vec::new(),
        };
        for path in &args.pack {
            let name = path.display().to_string();
            files
                .packs
                .push(Arc::new(RulePack::parse(&name, &read(path)?)?));
        }
        for path in &args.parameters {
            let name = path.display().to_string();
            files
                .parameters
                .push(Arc::new(Parameters::parse(&name, &read(path)?)?));
        }
        Ok(files)
    }
}

impl NamedRules for Files {
    fn named_pack(&self, id: &str) -> Option<Arc<RulePack>> {
        let own = self
            .packs
            .iter()
            .find(|p| p.id.eq_ignore_ascii_case(id))
            .cloned();
        own.or_else(|| shipped::rules().named_pack(id))
    }

    fn named_parameters(&self, id: &str) -> Option<Arc<Parameters>> {
        let own = self
            .parameters
            .iter()
            .find(|p| p.id.eq_ignore_ascii_case(id))
            .cloned();
        own.or_else(|| shipped::rules().named_parameters(id))
    }
}

/// Title, grade, a table of every step, and the reasons in words.
fn explained(title: &str, inputs: &Inputs, a: &Assessment, lang: Lang) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        text::assessment_indicator(lang),
        text::assessment_value(lang),
        text::assessment_rules(lang),
        text::assessment_points(lang),
        text::assessment_weight(lang),
        text::assessment_final_grade(lang),
        text::assessment_evidence_mix(lang),
    ]);
    for line in &a.trace {
        let or_empty = |cell: Option<String>| cell.unwrap_or_default();
        let relieved = if line.relieved {
            text::assessment_disaster(lang)
        } else {
            String::new()
        };
        table.add_row([
            step(inputs, line, lang),
            line.value.as_deref().map(short).unwrap_or_default(),
            [or_empty(line.rule.clone()), relieved].join(" "),
            or_empty(line.points.map(|p| p.to_string())),
            or_empty(line.weight.map(|p| p.to_string())),
            result(a, line, lang),
            or_empty(line.evidence.map(|e| text::evidence(lang, e))),
        ]);
    }
    let mut out = format!("{title}  {}  {}\n{table}\n", a.scorecard, verdict(a, lang));
    for reason in &a.reasons {
        if let Some(words) = inputs.pack.reason_text(&reason.code) {
            out += &format!("{}  {}（{}）\n", reason.code, words.text.zh, words.hint.zh);
        }
    }
    for tip in &a.tips {
        let words = inputs.pack.reason_text(tip).map(|r| r.text.zh.as_str());
        out += &format!(
            "{}  {tip}  {}\n",
            text::assessment_tips(lang),
            words.unwrap_or_default()
        );
    }
    out
}

/// The grade, or how far it can still go, or the level of a division.
fn verdict(a: &Assessment, lang: Lang) -> String {
    match (a.subject_kind, a.grade, a.range.low, a.range.high) {
        (SubjectKind::Village, ..) => text::village_title(lang, a.level),
        (SubjectKind::Township, ..) => text::township_title(lang, a.level),
        (_, Some(grade), ..) => format!("{grade} {}", text::grade(lang, grade)),
        (_, None, Some(low), Some(high)) => text::grade_range(lang, low.as_str(), high.as_str()),
        _ => text::grade_under_review(lang),
    }
}

/// Values without the zeros at the end of their decimals.
fn short(value: &str) -> String {
    let trimmed = value.split(" · ").map(|v| match v.contains('.') {
        true => v.trim_end_matches('0').trim_end_matches('.'),
        false => v,
    });
    trimmed.collect::<Vec<_>>().join(" · ")
}

/// The grade, the level or the state of a gate after a step.
fn result(a: &Assessment, line: &TraceLine, lang: Lang) -> String {
    match line.step {
        Step::Gate => {
            let gate = a.gates.iter().find(|g| g.code == line.code);
            gate.map(|g| text::gate_state(lang, g.entry))
                .unwrap_or_default()
        }
        Step::Level => verdict(a, lang),
        _ => line.result.clone().unwrap_or_default(),
    }
}

/// What a step is called.
fn step(inputs: &Inputs, line: &TraceLine, lang: Lang) -> String {
    let pack = &inputs.pack;
    let titled = |zh: Option<&str>| format!("{} {}", line.code, zh.unwrap_or_default());
    match line.step {
        Step::Indicator => {
            let indicator = pack.indicators.iter().find(|i| i.code == line.code);
            titled(indicator.map(|i| i.titles.zh.as_str()))
        }
        Step::Gate => {
            let gate = pack.gates.iter().find(|g| g.code == line.code);
            titled(gate.map(|g| g.titles.zh.as_str()))
        }
        Step::NotRated => titled(pack.reason_text(&line.code).map(|r| r.text.zh.as_str())),
        Step::Base => text::assessment_base(lang),
        Step::Bonus => format!("{} {}", text::assessment_bonus(lang), line.code),
        Step::Deduction => text::assessment_deduction(lang),
        Step::Score => text::assessment_score(lang),
        Step::RawGrade => text::assessment_raw_grade(lang),
        Step::Cap => format!("{} {}", text::assessment_cap(lang), line.code),
        Step::Veto => format!("{} {}", text::assessment_veto(lang), line.code),
        Step::Level | Step::Grade => text::assessment_final_grade(lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_every_step_in_chinese() {
        let case = include_str!("../../../fixtures/cases/h-08.toml");
        let sheets = Worksheet::read_all("h-08.toml", case, shipped::rules()).unwrap();
        let sheet = &sheets[0];
        let assessment = assess(&sheet.inputs);
        let told = explained(&sheet.title, &sheet.inputs, &assessment, Lang::ZhCn);
        for words in [
            "AA 良好",
            "草畜平衡",
            "灾害调整",
            "86.00",
            "人均收入低于旗平均",
            "TIP_LEGAL_OVERSTOCK",
        ] {
            assert!(told.contains(words), "{words} in\n{told}");
        }
        assert_eq!(told.matches("H3.2").count(), 3, "{told}");
    }

    #[test]
    fn no_subject_kind_is_left_out_of_the_command() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cases");
        for (case, indicator) in [
            ("h-01.toml", "H4.1 草畜平衡"),
            ("e-01.toml", "E4.1 带动农牧户"),
            ("bands-ranch.toml", "E1.3 规范治理"),
            ("c-01.toml", "C1.2 四议两公开"),
            ("g-01.toml", "G1 "),
            ("s-01.toml", "S1 "),
        ] {
            let mut args = Args {
                file: folder.join(case),
                explain: false,
                check: true,
                pack: Vec::new(),
                parameters: Vec::new(),
                line: None,
            };
            assert_eq!(output(&args).unwrap().differences, 0, "{case}");
            (args.check, args.explain) = (false, true);
            let told = output(&args).unwrap().lines.join("\n");
            assert!(told.contains(indicator), "{case}: {told}");
        }
    }

    #[test]
    fn a_lenders_file_adds_its_advisory_line_and_changes_no_grade() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let mut args = Args {
            file: root.join("cases/h-01.toml"),
            explain: true,
            check: false,
            pack: Vec::new(),
            parameters: Vec::new(),
            line: None,
        };
        let without = output(&args).unwrap().lines;
        args.line = Some(root.join("lending/ln-demo-1.toml"));
        let with = output(&args).unwrap().lines;
        assert_eq!(with.len(), without.len() * 2);
        let assessments: Vec<_> = with.iter().step_by(2).cloned().collect();
        assert_eq!(assessments, without);
        assert!(
            with[1].contains(&itgel_text::report_line_advisory(Lang::ZhCn)),
            "{}",
            with[1]
        );
    }
}
