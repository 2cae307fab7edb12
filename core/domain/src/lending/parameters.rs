//! The parameter file of a lender: dated, named by the hash of its bytes, refused with file, line
//! and key where it is not sound.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{FigureName, LoanUse};
use crate::authorisation::Purpose;
use crate::catalogue::{Catalogue, Kind, Titles, Unit};
use crate::division::DivisionLevel;
use crate::hash::Hash;
use crate::pack::read::{self, Fields};
use crate::pack::{PackError, PackErrorCode as Code, StockClass, Threshold, utf8};
use crate::subject::{Grade, SubjectKind};
use crate::title::TitleLevel;

/// Most basis points of one discount.
const MAX_DISCOUNT_BP: i64 = 1_000;

/// Largest amount in a file, in fen.
const MAX_FEN: i64 = 100_000_000_000;

/// What a lender makes of ratings; its own, and advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineParameters {
    hash: Hash,
    /// Its id: `LN-DEMO-1`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The lender.
    pub authority: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
    /// The subjects that it is for.
    pub subject_kinds: Vec<SubjectKind>,
    /// The queries in which a line is told.
    pub purposes: Vec<Purpose>,
    /// What each grade begins with, the best grade first.
    pub grades: Vec<GradeBase>,
    /// Share of total assets, in ten thousandths.
    pub asset_share: i64,
    /// Share of operating income, in ten thousandths.
    pub income_share: i64,
    /// Share of what is left of comprehensive income after other debts, in ten thousandths.
    pub repayable_share: i64,
    /// The largest line.
    pub cap_fen: i64,
    /// The line is a multiple of this.
    pub step_fen: i64,
    /// Discounts by title.
    pub titles: Vec<TitleDiscount>,
    /// Uses for which there is no line.
    pub blocks: Vec<Block>,
    /// When repayment suits.
    pub terms: Vec<Term>,
    figures: BTreeMap<FigureName, Vec<String>>,
}

/// What a grade begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradeBase {
    /// The grade.
    pub grade: Grade,
    /// The base of the formula.
    pub base_fen: i64,
    /// Discount on the spread, basis points.
    pub discount_bp: i64,
}

/// A discount for living in a credit gacha or sumu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TitleDiscount {
    /// Village or township.
    pub level: DivisionLevel,
    /// The title that it holds.
    pub title: TitleLevel,
    /// Discount on the spread, basis points.
    pub discount_bp: i64,
}

/// Uses that get no line while something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its code: `BLOCK_OVERSTOCK`.
    pub code: String,
    /// The uses.
    pub uses: Vec<LoanUse>,
    /// It holds above this overstock.
    pub overstock_above: Threshold,
    /// What it says.
    pub text: Titles,
}

/// A sale window of what the household keeps, after which repayment suits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its code: `TERM_CATTLE`.
    pub code: String,
    /// It is told to who keeps any of these.
    pub stock: Vec<StockClass>,
    /// First month of the window.
    pub from_month: i64,
    /// Last month of the window.
    pub to_month: i64,
    /// What it says.
    pub text: Titles,
}

impl LineParameters {
    /// Parses a file; `name` stands for it in errors.
    ///
    /// # Errors
    /// The first fault found, with file, line and key.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let node = read::toml(name, utf8(name, bytes)?)?;
        let mut fields = Fields::of(name, "", &node)?;
        let parameters = Self {
            hash: Hash::of_file(bytes),
            id: fields.text("line_id")?.to_owned(),
            version: fields.text("version")?.to_owned(),
            authority: fields.text("authority")?.to_owned(),
            valid_from: fields.day("valid_from")?,
            valid_to: fields.find_word("valid_to")?,
            subject_kinds: some(&mut fields, "subject_kinds")?,
            purposes: some(&mut fields, "purposes")?,
            grades: grades(&mut fields)?,
            asset_share: share(&mut fields, "asset_percent")?,
            income_share: share(&mut fields, "income_percent")?,
            repayable_share: share(&mut fields, "repayable_percent")?,
            cap_fen: amount(&mut fields, "cap_yuan")?,
            step_fen: amount(&mut fields, "floor_step_yuan")?,
            titles: titles(&mut fields)?,
            blocks: list(&mut fields, "block", block)?,
            terms: list(&mut fields, "term", term)?,
            figures: figures(&mut fields)?,
        };
        parameters.check(&fields)?;
        origins(&mut fields)?;
        fields.finish()?;
        Ok(parameters)
    }

    /// SHA-256 of the file's bytes.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Id and version, for people: `LN-DEMO-1/1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// Whether it speaks of such subjects, in such a query, on this day.
    #[must_use]
    pub fn serves(&self, kind: SubjectKind, purpose: Purpose, on: Date) -> bool {
        self.subject_kinds.contains(&kind)
            && self.purposes.contains(&purpose)
            && self.valid_from <= on
            && self.valid_to.is_none_or(|to| on <= to)
    }

    /// The items of the catalogue that a figure is taken from, in the order of preference.
    pub(super) fn items(&self, figure: FigureName) -> &[String] {
        self.figures.get(&figure).map_or(&[], Vec::as_slice)
    }

    /// What must hold between the parts of a file.
    fn check(&self, fields: &Fields<'_>) -> Result<(), PackError> {
        if self.valid_to.is_some_and(|to| to < self.valid_from) {
            return Err(fields.fault(
                "valid_to",
                Code::BadValue,
                "the last day is before the first",
            ));
        }
        if self.step_fen > self.cap_fen {
            return Err(fields.fault("floor_step_yuan", Code::BadValue, "at most the cap"));
        }
        for (figure, items) in &self.figures {
            for kind in &self.subject_kinds {
                let asked = |item: &String| {
                    let known = Catalogue::builtin().named(item);
                    known.is_some_and(|item| item.subjects.contains(kind))
                };
                if !items.iter().any(asked) {
                    let message = format!("none of these items is asked of a {kind}");
                    let key = format!("figures.{figure}");
                    return Err(fields.fault(&key, Code::BadValue, message));
                }
            }
        }
        Ok(())
    }
}

/// A list of words that must not be empty.
fn some<T: std::str::FromStr>(fields: &mut Fields<'_>, name: &str) -> Result<Vec<T>, PackError> {
    let words = fields.words(name)?;
    match words.is_empty() {
        false => Ok(words),
        true => Err(fields.fault(
            name,
            Code::MissingKey,
            format!("name at least one of `{name}`"),
        )),
    }
}

fn list<'a, T>(
    fields: &mut Fields<'a>,
    name: &str,
    read: fn(&mut Fields<'a>) -> Result<(String, T), PackError>,
) -> Result<Vec<T>, PackError> {
    let (mut codes, mut values) = (Vec::new(), Vec::new());
    for mut row in fields.tables(name)? {
        let (code, value) = read(&mut row)?;
        if codes.contains(&code) {
            return Err(row.fault("code", Code::Duplicate, "this code occurs twice"));
        }
        row.finish()?;
        codes.push(code);
        values.push(value);
    }
    Ok(values)
}

fn grades(fields: &mut Fields<'_>) -> Result<Vec<GradeBase>, PackError> {
    let mut bases: Vec<GradeBase> = Vec::new();
    for mut row in fields.tables("grade")? {
        let base = GradeBase {
            grade: row.word("grade")?,
            base_fen: amount(&mut row, "base_yuan")?,
            discount_bp: basis_points(&mut row)?,
        };
        if matches!(base.grade, Grade::N | Grade::V) {
            let message = "who is not rated, or vetoed, gets no reference line";
            return Err(row.fault("grade", Code::BadValue, message));
        }
        if let Some(before) = bases.last() {
            if before.grade >= base.grade {
                return Err(row.fault("grade", Code::Duplicate, "each grade once, the best first"));
            }
            if before.base_fen < base.base_fen || before.discount_bp < base.discount_bp {
                let message = "a worse grade has no larger base and no larger discount";
                return Err(row.fault("base_yuan", Code::BadValue, message));
            }
        }
        row.finish()?;
        bases.push(base);
    }
    match bases.is_empty() {
        false => Ok(bases),
        true => Err(fields.fault("grade", Code::MissingKey, "add a [[grade]] with its base")),
    }
}

fn titles(fields: &mut Fields<'_>) -> Result<Vec<TitleDiscount>, PackError> {
    let mut discounts: Vec<TitleDiscount> = Vec::new();
    for mut row in fields.tables("title")? {
        let level = match row.text("level")? {
            "village" => DivisionLevel::Village,
            "township" => DivisionLevel::Township,
            _ => return Err(row.fault("level", Code::UnknownName, "`village` or `township`")),
        };
        let discount = TitleDiscount {
            level,
            title: row.word("title")?,
            discount_bp: basis_points(&mut row)?,
        };
        if discounts
            .iter()
            .any(|d| (d.level, d.title) == (level, discount.title))
        {
            return Err(row.fault("title", Code::Duplicate, "this title occurs twice"));
        }
        row.finish()?;
        discounts.push(discount);
    }
    Ok(discounts)
}

fn block(row: &mut Fields<'_>) -> Result<(String, Block), PackError> {
    let code = row.text("code")?.to_owned();
    let block = Block {
        code: code.clone(),
        uses: some(row, "uses")?,
        overstock_above: Threshold(share(row, "overstock_above_percent")?),
        text: Titles::read(row)?,
    };
    Ok((code, block))
}

fn term(row: &mut Fields<'_>) -> Result<(String, Term), PackError> {
    let code = row.text("code")?.to_owned();
    let term = Term {
        code: code.clone(),
        stock: some(row, "stock")?,
        from_month: month(row, "from_month")?,
        to_month: month(row, "to_month")?,
        text: Titles::read(row)?,
    };
    Ok((code, term))
}

fn figures(fields: &mut Fields<'_>) -> Result<BTreeMap<FigureName, Vec<String>>, PackError> {
    let mut row = fields.table("figures")?;
    let mut figures = BTreeMap::new();
    for figure in FigureName::ALL {
        // The balance of loans is the ledger's, not the file's.
        if *figure == FigureName::UnsecuredBalance {
            continue;
        }
        let items: Vec<String> = some(&mut row, figure.as_str())?;
        for item in &items {
            let known = Catalogue::builtin().named(item).ok_or_else(|| {
                let message = format!("the catalogue has no item `{item}`");
                row.fault(figure.as_str(), Code::UnknownName, message)
            })?;
            if !matches!(
                known.kind,
                Kind::Quantity {
                    unit: Unit::Fen,
                    ..
                }
            ) {
                let message = format!("`{item}` is no amount of money");
                return Err(row.fault(figure.as_str(), Code::BadValue, message));
            }
        }
        figures.insert(*figure, items);
    }
    row.finish()?;
    Ok(figures)
}

/// An amount above zero.
fn amount(fields: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    match fields.decimal(name, 2)? {
        fen @ 1..=MAX_FEN => Ok(fen),
        _ => Err(fields.fault(name, Code::BadValue, "an amount above zero is needed")),
    }
}

/// A share from 0 to 100 per cent.
fn share(fields: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    match fields.decimal(name, 2)? {
        share @ 0..=10_000 => Ok(share),
        _ => Err(fields.fault(name, Code::BadValue, "from \"0\" to \"100\" per cent")),
    }
}

fn basis_points(fields: &mut Fields<'_>) -> Result<i64, PackError> {
    const NAME: &str = "discount_bp";
    match fields.find_int(NAME)? {
        Some(points @ 0..=MAX_DISCOUNT_BP) => Ok(points),
        Some(_) => Err(fields.fault(NAME, Code::BadValue, "from 0 to 1000 basis points")),
        None => Err(fields.fault(NAME, Code::MissingKey, "add the whole number `discount_bp`")),
    }
}

fn month(fields: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    match fields.find_int(name)? {
        Some(month @ 1..=12) => Ok(month),
        _ => Err(fields.fault(name, Code::BadValue, "a month from 1 to 12 is needed")),
    }
}

/// `[origin]` names the source of each number.
fn origins(fields: &mut Fields<'_>) -> Result<(), PackError> {
    let mut row = fields.table("origin")?;
    for key in [
        "base",
        "asset_percent",
        "income_percent",
        "repayable_percent",
        "cap",
        "floor_step",
        "discounts",
        "blocks",
        "terms",
    ] {
        row.text(key)?;
    }
    row.finish()
}
