//! Indicators (指标) of a scorecard: weight, measure, bands, and when they do not apply.

use super::band::BandTable;
use super::error::{PackError, PackErrorCode as Code};
use super::forbidden;
use super::names::{Absence, Denominator, MeasureName, TableName};
use super::read::Fields;
use crate::assess::Points;
use crate::catalogue::{Catalogue, Titles};

/// An indicator of a scorecard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// Its code: `H2.1`.
    pub code: String,
    /// Its weight.
    pub weight: Points,
    /// What is measured: one part, or several whose points are added.
    pub parts: Vec<Part>,
    /// The items of the catalogue that it is about, shown with it in the trace.
    pub items: Vec<String>,
    /// When it does not apply.
    pub absent_when: Vec<Absence>,
    /// The reason for lost points; an indicator without one gives no reason (`domain.md` B.10).
    pub reason: Option<String>,
    /// Where its numbers come from: `S:4`, `OWN`.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// A measure with its bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is measured.
    pub measure: MeasureName,
    /// The households that a share is taken of, where the pack chooses.
    pub denominator: Option<Denominator>,
    /// The sets of bands, in the order of [`MeasureName::tables`].
    pub tables: Vec<(TableName, BandTable)>,
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

    fn best(&self) -> Points {
        self.tables
            .iter()
            .map(|(_, t)| t.best())
            .max()
            .unwrap_or_default()
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let measure: MeasureName = measure(fields)?;
        let denominator = denominator(fields, measure)?;
        let tables = measure
            .tables()
            .iter()
            .map(|name| Ok((*name, BandTable::read(fields, *name, measure)?)))
            .collect::<Result<_, PackError>>()?;
        Ok(Self {
            measure,
            denominator,
            tables,
        })
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

fn refuse_forbidden(fields: &Fields<'_>, key: &str, name: &str) -> Result<(), PackError> {
    match forbidden::find(name) {
        None => Ok(()),
        Some(field) => {
            let message = format!("`{field}` may not be used in a scorecard (domain.md B.2)");
            Err(fields.fault(key, Code::ForbiddenField, message))
        }
    }
}

impl Indicator {
    /// Reads one `[[indicator]]`.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let code = fields.text("code")?.to_owned();
        let weight = fields.points("weight")?;
        let mut parts = Vec::new();
        for mut part in fields.tables("part")? {
            parts.push(Part::read(&mut part)?);
            part.finish()?;
        }
        if parts.is_empty() {
            parts.push(Part::read(fields)?);
        }
        let best: i64 = parts.iter().map(|p| p.best().0).sum();
        if best != weight.0 {
            let message = format!("the best rows give {} of weight {weight}", Points(best));
            return Err(fields.fault("weight", Code::BadValue, message));
        }
        let indicator = Self {
            code,
            weight,
            parts,
            items: items(fields)?,
            absent_when: fields.words("absent_when")?,
            reason: fields.find_text("reason")?.map(str::to_owned),
            origin: fields.text("origin")?.to_owned(),
            titles: Titles::read(fields)?,
        };
        Ok(indicator)
    }

    /// The reasons that the indicator or one of its rows names.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &str> {
        let rows = self
            .parts
            .iter()
            .flat_map(|p| &p.tables)
            .flat_map(|(_, t)| match t {
                BandTable::Rows(rows) => rows.as_slice(),
                BandTable::Linear { .. } => &[],
            });
        self.reason
            .as_deref()
            .into_iter()
            .chain(rows.filter_map(|r| r.reason.as_deref()))
    }
}

fn items(fields: &mut Fields<'_>) -> Result<Vec<String>, PackError> {
    let names = fields.texts("items")?;
    for name in &names {
        refuse_forbidden(fields, "items", name)?;
        if !is_known(name) {
            let message = format!("the catalogue has no item `{name}`");
            return Err(fields.fault("items", Code::UnknownName, message));
        }
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Whether the catalogue has the item, or for `herd.*` an item of the group.
fn is_known(name: &str) -> bool {
    let catalogue = Catalogue::builtin();
    match name.strip_suffix(".*") {
        Some(group) => catalogue
            .items()
            .any(|i| i.path.split_once('.').is_some_and(|(g, _)| g == group)),
        None => catalogue.named(name).is_some(),
    }
}
