//! One page of a run: standings, then titles, judged under the rules that they rest on and under
//! the candidate.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::assess::{Columns, Inputs, assess};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::migration::{Detail, IndicatorPoints, Judged, Local, Migration};
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::subject::SubjectKind;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::columns::ColumnsRow;
use crate::store::rule_file::{RuleKind, RuleRow};
use crate::store::shadow::ShadowPlace;
use crate::store::title::TitleRow;
use crate::titles::TitleResult;

/// What is tried.
pub(super) enum Candidate {
    /// A pack in place of the one that a standing rests on.
    Pack(Arc<RulePack>),
    /// A parameter table of a division in place of one that is not nearer.
    Table(Arc<Parameters>, DivisionCode),
}

/// What a page counted.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) migration: Migration,
    /// By gacha.
    pub(super) divisions: BTreeMap<DivisionCode, Local>,
    /// Columns that were missing, measured by the pack of their inputs.
    pub(super) filled: Vec<(CycleId, ColumnsRow)>,
    pub(super) done: u64,
    /// Of these, measured again.
    pub(super) measured: u64,
    /// Where the next page begins.
    pub(super) place: ShadowPlace,
}

/// Judges standings and titles one after another.
pub(super) struct Walk<'a> {
    service: &'a Service,
    connection: &'a Connection,
    candidate: &'a Candidate,
    /// Compare with this pack instead of the one that a standing rests on.
    base: Option<Arc<RulePack>>,
    /// The division within which standings are looked at.
    within: Option<DivisionCode>,
    packs: BTreeMap<Hash, Arc<RulePack>>,
    /// Whether a pack measures like another one.
    alike: BTreeMap<(Hash, Hash), bool>,
    /// The level of the division of a parameter table.
    levels: BTreeMap<Hash, Option<DivisionLevel>>,
}

impl Candidate {
    pub(super) fn of(
        service: &Service,
        connection: &Connection,
        row: &RuleRow,
    ) -> Result<Self, ServiceError> {
        Ok(match (row.kind, row.division) {
            (RuleKind::Parameters, Some(division)) => {
                Self::Table(service.rules.parameters(connection, &row.hash)?, division)
            }
            _ => Self::Pack(service.rules.pack(connection, &row.hash)?),
        })
    }

    /// Whether subjects of this kind can be moved by it.
    fn is_for(&self, kind: SubjectKind) -> bool {
        match self {
            Self::Pack(pack) => pack.subject_kinds.contains(&kind),
            Self::Table(..) => true,
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        service: &'a Service,
        connection: &'a Connection,
        candidate: &'a Candidate,
    ) -> Self {
        let within = match candidate {
            Candidate::Pack(_) => None,
            Candidate::Table(_, division) => Some(*division),
        };
        Self {
            service,
            connection,
            candidate,
            base: None,
            within,
            packs: BTreeMap::new(),
            alike: BTreeMap::new(),
            levels: BTreeMap::new(),
        }
    }

    /// Compares with this pack, within a division.
    pub(super) fn between(mut self, base: Arc<RulePack>, within: Option<DivisionCode>) -> Self {
        self.base = Some(base);
        self.within = within.or(self.within);
        self
    }

    /// The page that begins at `place`.
    pub(super) fn next_page(
        &mut self,
        place: &ShadowPlace,
        limit: usize,
    ) -> Result<Page, ServiceError> {
        let mut page = Page {
            place: place.clone(),
            ..Page::default()
        };
        if let Some(cycle) = place.cycles.first() {
            self.standings(cycle, limit, &mut page)?;
        } else if let Some(cycle) = place.titles.first() {
            self.titles(cycle, &mut page)?;
            page.place.titles.remove(0);
        }
        Ok(page)
    }

    fn standings(
        &mut self,
        cycle: &CycleId,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), ServiceError> {
        let after = page.place.after.take();
        let rows =
            store::columns::list(self.connection, cycle, self.within, after.as_ref(), limit)?;
        for row in &rows {
            page.done += 1;
            if self.candidate.is_for(row.kind) {
                self.standing(cycle, row, page)?;
            }
        }
        match rows.last() {
            Some(last) if rows.len() == limit => {
                page.place.after = Some((last.division, last.subject.clone()));
            }
            _ => {
                page.place.cycles.remove(0);
            }
        }
        Ok(())
    }

    /// Judges one standing under both and counts it.
    fn standing(
        &mut self,
        cycle: &CycleId,
        row: &ColumnsRow,
        page: &mut Page,
    ) -> Result<(), ServiceError> {
        let mut inputs = None;
        let kept = match Columns::from_bytes(&row.columns) {
            Ok(columns) => Kept {
                columns,
                pack: row.pack,
            },
            Err(_) => self.refill(cycle, row, &mut inputs, page)?,
        };
        let measured_by = self.pack(&kept.pack)?;
        let base = self
            .base
            .clone()
            .unwrap_or_else(|| Arc::clone(&measured_by));
        let other_base = match self.measures_like(&base, &measured_by) {
            true => None,
            false => Some(self.measure(row, &base, None, &mut inputs)?),
        };
        let (pack, table) = match self.candidate {
            Candidate::Pack(pack) => (Arc::clone(pack), None),
            Candidate::Table(table, division) => {
                if !self.is_reached(row, *division)? {
                    return Ok(());
                }
                (Arc::clone(&base), Some(Arc::clone(table)))
            }
        };
        let again = match table.is_none() && self.measures_like(&pack, &measured_by) {
            true => None,
            false => Some(self.measure(row, &pack, table, &mut inputs)?),
        };
        page.measured += u64::from(inputs.is_some());
        let before = other_base.as_ref().unwrap_or(&kept.columns);
        let after = again.as_ref().unwrap_or(&kept.columns);
        let judged = Judged::of_columns(&base, before).zip(Judged::of_columns(&pack, after));
        let Some((old, new)) = judged else {
            return Ok(());
        };
        let causes = page.migration.add(&row.subject, &old, &new, || {
            Detail::of_columns(&base, before).zip(Detail::of_columns(&pack, after))
        });
        page.migration.add_points(
            &IndicatorPoints::of_columns(&base, before),
            &IndicatorPoints::of_columns(&pack, after),
        );
        let division = page.divisions.entry(row.division).or_default();
        division.add(&old, &new, &causes);
        Ok(())
    }

    /// Columns that are missing, by the pack of the inputs.
    fn refill(
        &self,
        cycle: &CycleId,
        row: &ColumnsRow,
        inputs: &mut Option<Inputs>,
        page: &mut Page,
    ) -> Result<Kept, ServiceError> {
        let read = self.inputs(row)?;
        let columns = Columns::of(&read);
        let pack = read.pack.hash();
        let filled = ColumnsRow {
            pack,
            parameters: read.parameters.hash(),
            columns: columns.to_bytes(),
            ..row.clone()
        };
        page.filled.push((cycle.clone(), filled));
        *inputs = Some(read);
        Ok(Kept { columns, pack })
    }

    /// Measures the stored inputs under other rules.
    fn measure(
        &self,
        row: &ColumnsRow,
        pack: &Arc<RulePack>,
        table: Option<Arc<Parameters>>,
        inputs: &mut Option<Inputs>,
    ) -> Result<Columns, ServiceError> {
        let read = match inputs.take() {
            Some(read) => read,
            None => self.inputs(row)?,
        };
        let under = Inputs {
            pack: Arc::clone(pack),
            parameters: table.unwrap_or_else(|| Arc::clone(&read.parameters)),
            ..read.clone()
        };
        *inputs = Some(read);
        Ok(Columns::of(&under))
    }

    fn inputs(&self, row: &ColumnsRow) -> Result<Inputs, ServiceError> {
        let missing = || ServiceError::internal("a standing without its inputs");
        let stored = store::assessment::get(self.connection, &row.inputs)?.ok_or_else(missing)?;
        let rules = self.service.rules.stored(self.connection);
        Inputs::decode(&stored.inputs, &rules).map_err(|e| ServiceError::caused("stored inputs", e))
    }

    /// Whether the candidate table would hold for the standing: no table of a nearer division does.
    fn is_reached(
        &mut self,
        row: &ColumnsRow,
        division: DivisionCode,
    ) -> Result<bool, ServiceError> {
        if !division.contains(row.division) {
            return Ok(false);
        }
        let level = match self.levels.get(&row.parameters) {
            Some(level) => *level,
            None => {
                let known = store::rule_file::get(self.connection, &row.parameters)?;
                let level = known.and_then(|k| k.division).map(DivisionCode::level);
                self.levels.insert(row.parameters, level);
                level
            }
        };
        Ok(level.is_none_or(|level| level <= division.level()))
    }

    fn titles(&mut self, cycle: &CycleId, page: &mut Page) -> Result<(), ServiceError> {
        let Some(known) = store::cycle::get(self.connection, cycle)? else {
            return Ok(());
        };
        let within = match self.within {
            Some(within) if known.banner.contains(within) => within,
            _ => known.banner,
        };
        for row in store::title::list(self.connection, within, cycle)? {
            self.title(&row, page)?;
        }
        Ok(())
    }

    /// Judges one title under both and counts it.
    fn title(&mut self, row: &TitleRow, page: &mut Page) -> Result<(), ServiceError> {
        let rules = self.service.rules.stored(self.connection);
        let inputs = Inputs::decode(&row.inputs, &rules)
            .map_err(|e| ServiceError::caused("stored inputs of a title", e))?;
        if !self.candidate.is_for(inputs.subject_kind) {
            return Ok(());
        }
        let old = match &self.base {
            Some(base) => assess(&Inputs {
                pack: Arc::clone(base),
                ..inputs.clone()
            }),
            None => {
                let result: TitleResult = serde_json::from_str(&row.result)
                    .map_err(|e| ServiceError::caused("a stored title", e))?;
                result.assessment
            }
        };
        let base = self
            .base
            .clone()
            .unwrap_or_else(|| Arc::clone(&inputs.pack));
        let under = match self.candidate {
            Candidate::Pack(pack) => Inputs {
                pack: Arc::clone(pack),
                ..inputs.clone()
            },
            Candidate::Table(table, _) => Inputs {
                parameters: Arc::clone(table),
                ..inputs.clone()
            },
        };
        let new = assess(&under);
        page.measured += 1;
        let (before, after) = (Judged::of_assessment(&old), Judged::of_assessment(&new));
        page.migration.add_points(
            &IndicatorPoints::of_assessment(&old),
            &IndicatorPoints::of_assessment(&new),
        );
        let causes = page.migration.add(&inputs.subject, &before, &after, || {
            let old = Detail::of_assessment(&base, &old);
            Some((old, Detail::of_assessment(&under.pack, &new)))
        });
        let division = page.divisions.entry(row.title.division).or_default();
        division.add(&before, &after, &causes);
        Ok(())
    }

    fn pack(&mut self, hash: &Hash) -> Result<Arc<RulePack>, ServiceError> {
        if let Some(known) = self.packs.get(hash) {
            return Ok(Arc::clone(known));
        }
        let found = self.service.rules.find_pack(self.connection, hash)?;
        let found = found.ok_or(ErrorCode::PackUnknown)?;
        self.packs.insert(*hash, Arc::clone(&found));
        Ok(found)
    }

    fn measures_like(&mut self, one: &RulePack, other: &RulePack) -> bool {
        let key = (one.hash(), other.hash());
        *self
            .alike
            .entry(key)
            .or_insert_with(|| one.measures_like(other))
    }
}

/// The columns of a standing and the pack that measured them.
struct Kept {
    columns: Columns,
    pack: Hash,
}
