//! Indicators (指标) of a scorecard: weight, measure, bands, and when they do not apply.

use super::band::BandTable;
use super::error::{PackError, PackErrorCode as Code};
use super::names::Absence;
use super::part::{Part, refuse_forbidden, refuse_forbidden_title};
use super::read::Fields;
use crate::assess::Points;
use crate::catalogue::{Catalogue, Titles};
use crate::subject::SubjectKind;

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
    /// Items of which one that is zero, no or not applicable takes it out.
    pub absent_without: Vec<String>,
    /// The reason for lost points; an indicator without one gives no reason (`domain.md` B.10).
    pub reason: Option<String>,
    /// Where its numbers come from: `S:4`, `OWN`.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

impl Indicator {
    /// Reads one `[[indicator]]` of a pack that rates `kinds`.
    pub(super) fn read(fields: &mut Fields<'_>, kinds: &[SubjectKind]) -> Result<Self, PackError> {
        let code = fields.text("code")?.to_owned();
        let weight = fields.points("weight")?;
        let mut parts = Vec::new();
        for mut part in fields.tables("part")? {
            parts.push(Part::read(&mut part, kinds)?);
            part.finish()?;
        }
        if parts.is_empty() {
            parts.push(Part::read(fields, kinds)?);
        }
        for kind in kinds {
            let of_kind = parts.iter().filter(|p| p.is_for(*kind));
            let best: i64 = of_kind.map(|p| p.best().0).sum();
            if best != weight.0 {
                let best = Points(best);
                let message = format!("the best rows give a {kind} {best} of weight {weight}");
                return Err(fields.fault("weight", Code::BadValue, message));
            }
        }
        let titles = Titles::read(fields)?;
        refuse_forbidden_title(fields, &titles.zh)?;
        let indicator = Self {
            code,
            weight,
            items: items(fields, "items")?,
            absent_when: fields.words("absent_when")?,
            absent_without: items(fields, "absent_without")?,
            reason: fields.find_text("reason")?.map(str::to_owned),
            origin: fields.text("origin")?.to_owned(),
            titles,
            parts,
        };
        Ok(indicator)
    }

    /// The items that it is about: those that the pack lists, and those that its parts read.
    pub fn all_items(&self) -> impl Iterator<Item = &str> {
        let stated = self.parts.iter().filter_map(|p| p.stated.as_ref());
        let listed = self.items.iter().map(String::as_str);
        listed.chain(stated.map(|s| s.item.as_str()))
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

fn items(fields: &mut Fields<'_>, key: &str) -> Result<Vec<String>, PackError> {
    let names = fields.texts(key)?;
    for name in &names {
        refuse_forbidden(fields, key, name)?;
        if !is_known(name) {
            let message = format!("the catalogue has no item `{name}`");
            return Err(fields.fault(key, Code::UnknownName, message));
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
