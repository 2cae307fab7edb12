//! One measure of an indicator with its bands, and what the pack may choose about it: the item that
//! is read, the persons that are looked at, the subject kinds that it is for.

use super::band::BandTable;
use super::error::{PackError, PackErrorCode as Code};
use super::forbidden;
use super::names::{CaseName, Denominator, MeasureName, TableName};
use super::read::Fields;
use super::veto::FactRule;
use crate::assess::Points;
use crate::catalogue::{Catalogue, Kind};
use crate::register::Relation;
use crate::subject::SubjectKind;

/// A measure with its bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is measured.
    pub measure: MeasureName,
    /// The item that [`MeasureName::Stated`] reads.
    pub stated: Option<Stated>,
    /// The households that a share is taken of, where the pack chooses.
    pub denominator: Option<Denominator>,
    /// The persons behind the subject who are looked at.
    pub related: Vec<Relation>,
    /// The facts that make a person's record serious.
    pub serious: Vec<FactRule>,
    /// The subject kinds that it is for; empty for all of the pack.
    pub subject_kinds: Vec<SubjectKind>,
    /// The sets of bands, in the order of [`MeasureName::tables`].
    pub tables: Vec<(TableName, BandTable)>,
}

/// An item whose value is judged as it was stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Its name in the catalogue.
    pub item: String,
    /// Stored units in one unit of the thresholds, as a fraction: 1,000,000 分 in 1 万元.
    pub per: (i64, i64),
}

impl Part {
    /// The bands of this name.
    #[must_use]
    pub fn table(&self, name: TableName) -> Option<&BandTable> {
        self.tables
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, table)| table)
    }

    /// Whether subjects of this kind are judged by it.
    #[must_use]
    pub fn is_for(&self, kind: SubjectKind) -> bool {
        self.subject_kinds.is_empty() || self.subject_kinds.contains(&kind)
    }

    /// The most points that it can give.
    pub(super) fn best(&self) -> Points {
        self.tables
            .iter()
            .map(|(_, t)| t.best())
            .max()
            .unwrap_or_default()
    }

    /// Reads the keys of a part; `kinds` are the subject kinds of the pack.
    pub(super) fn read(fields: &mut Fields<'_>, kinds: &[SubjectKind]) -> Result<Self, PackError> {
        let measure: MeasureName = measure(fields)?;
        let (stated, cases) = match measure {
            MeasureName::Stated => {
                let (stated, cases) = Stated::read(fields)?;
                (Some(stated), cases)
            }
            _ => (None, measure.cases().to_vec()),
        };
        let denominator = denominator(fields, measure)?;
        let serious = match measure {
            MeasureName::RelatedRecord => FactRule::read_all(fields, "serious")?,
            _ => Vec::new(),
        };
        let tables = measure
            .tables()
            .iter()
            .map(|name| Ok((*name, BandTable::read(fields, *name, &cases)?)))
            .collect::<Result<_, PackError>>()?;
        Ok(Self {
            measure,
            stated,
            denominator,
            related: related(fields, measure)?,
            serious,
            subject_kinds: subject_kinds(fields, kinds)?,
            tables,
        })
    }
}

impl Stated {
    /// Reads `item` and `unit`, with the cases that the item's words are.
    fn read(fields: &mut Fields<'_>) -> Result<(Self, Vec<CaseName>), PackError> {
        let item = fields.text("item")?.to_owned();
        refuse_forbidden(fields, "item", &item)?;
        let known = Catalogue::builtin()
            .named(&item)
            .filter(|i| i.repeats_in().is_none());
        let Some(known) = known else {
            let message = format!("the catalogue has no single item `{item}`");
            return Err(fields.fault("item", Code::UnknownName, message));
        };
        let (mut per, mut cases) = ((1, 1), Vec::new());
        match &known.kind {
            Kind::Flag => {}
            Kind::Quantity { unit, .. } => {
                if let Some(word) = fields.find_text("unit")? {
                    per = unit.per(word).ok_or_else(|| {
                        let message = format!("`{word}` does not measure the item `{item}`");
                        fields.fault("unit", Code::BadValue, message)
                    })?;
                }
            }
            Kind::Choice(choices) => {
                for choice in choices {
                    cases.push(choice.word.parse().map_err(|_| {
                        let message = format!("the domain has no case `{}`", choice.word);
                        fields.fault("item", Code::UnknownName, message)
                    })?);
                }
            }
            Kind::Day | Kind::Text(_) => {
                let message = "a day or a text cannot be judged as it was stated";
                return Err(fields.fault("item", Code::BadValue, message));
            }
        }
        Ok((Self { item, per }, cases))
    }
}

/// The measure of a table; a forbidden field is told from an unknown name.
pub(super) fn measure(fields: &mut Fields<'_>) -> Result<MeasureName, PackError> {
    let name = fields.text("measure")?;
    refuse_forbidden(fields, "measure", name)?;
    name.parse().map_err(|_| {
        let message = format!("the domain has no measure `{name}`");
        fields.fault("measure", Code::UnknownName, message)
    })
}

/// The denominator of a share, refused for measures that take none.
pub(super) fn denominator(
    fields: &mut Fields<'_>,
    measure: MeasureName,
) -> Result<Option<Denominator>, PackError> {
    let denominator = fields.find_word("denominator")?;
    if denominator.is_some() && !measure.takes_denominator() {
        let message = format!("the measure {measure} has one denominator only");
        return Err(fields.fault("denominator", Code::BadValue, message));
    }
    Ok(denominator)
}

/// The persons that a measure looks at, refused for measures that look at none.
pub(super) fn related(
    fields: &mut Fields<'_>,
    measure: MeasureName,
) -> Result<Vec<Relation>, PackError> {
    let related: Vec<Relation> = fields.words("related")?;
    if !related.is_empty() && !measure.takes_related() {
        let message = format!("the measure {measure} looks at the subject alone");
        return Err(fields.fault("related", Code::BadValue, message));
    }
    if related.is_empty() && measure.needs_related() {
        let message = format!("the measure {measure} needs the persons that it looks at");
        return Err(fields.fault("related", Code::MissingKey, message));
    }
    Ok(related)
}

/// Refuses a name that refers to a field of `domain.md` B.2.
pub(super) fn refuse_forbidden(
    fields: &Fields<'_>,
    key: &str,
    name: &str,
) -> Result<(), PackError> {
    match forbidden::find(name) {
        None => Ok(()),
        Some(field) => {
            let message = format!("`{field}` may not be used in a scorecard (domain.md B.2)");
            Err(fields.fault(key, Code::ForbiddenField, message))
        }
    }
}

/// Refuses a Chinese title that speaks of a field of `domain.md` B.2.
pub(super) fn refuse_forbidden_title(fields: &Fields<'_>, title: &str) -> Result<(), PackError> {
    match forbidden::find_in_head(title) {
        None => Ok(()),
        Some(field) => {
            let message = format!("`{field}` may not be used in a scorecard (domain.md B.2)");
            Err(fields.fault("zh", Code::ForbiddenField, message))
        }
    }
}

fn subject_kinds(
    fields: &mut Fields<'_>,
    of_pack: &[SubjectKind],
) -> Result<Vec<SubjectKind>, PackError> {
    let kinds: Vec<SubjectKind> = fields.words("subject_kinds")?;
    match kinds.iter().find(|kind| !of_pack.contains(kind)) {
        None => Ok(kinds),
        Some(other) => {
            let message = format!("the pack does not rate a {other}");
            Err(fields.fault("subject_kinds", Code::BadValue, message))
        }
    }
}
