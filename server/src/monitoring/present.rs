//! What the engine says of a rated subject on the day of a check: its newest visit, the registers
//! of the day, and the rule pack that the rating was made under, so that a finding never comes
//! from a change of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::assess::{Assessment, Context, Inputs, assess};
use itgel_domain::division::DivisionCode;
use itgel_domain::pack::Parameters;
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};
use crate::{context, fold};

/// What neighbours on a page share, read once.
pub(super) struct Present<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    on: Date,
    rows: BTreeMap<DivisionCode, Vec<RegisterRow>>,
    tables: BTreeMap<DivisionCode, Option<Arc<Parameters>>>,
}

impl<'a> Present<'a> {
    pub(super) const fn on(service: &'a Service, tx: &'a Tx<'a>, on: Date) -> Self {
        Self {
            service,
            tx,
            on,
            rows: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Assesses a subject as of the day, under the pack of `then`; `None` if no parameter table
    /// or no sealed visit is there to assess with.
    pub(super) fn assess(
        &mut self,
        subject: &Subject,
        then: &Assessment,
    ) -> Result<Option<(Assessment, Context)>, ServiceError> {
        let facts = fold::facts(self.tx, &subject.id)?;
        let Some((_, cycle)) = facts.newest_seal() else {
            return Ok(None);
        };
        let Some(parameters) = self.table(subject.division)? else {
            return Ok(None);
        };
        let pack = self.service.rules.pack(self.tx, &then.pack)?;
        let divisions = store::register::around(subject.division);
        self.read_rows(&divisions)?;
        let around = divisions.iter().filter_map(|d| self.rows.get(d)).flatten();
        let around: Vec<&RegisterRow> = around.collect();
        let context = context::with_rows_around(self.tx, subject, &around, &facts, self.on)?;
        let inputs = Inputs {
            subject: subject.id.clone(),
            subject_kind: subject.kind,
            as_of: self.on,
            facts: facts.facts(cycle),
            context,
            parameters,
            pack,
        };
        let now = assess(&inputs);
        Ok(Some((now, inputs.context)))
    }

    fn table(&mut self, division: DivisionCode) -> Result<Option<Arc<Parameters>>, ServiceError> {
        if let Some(known) = self.tables.get(&division) {
            return Ok(known.clone());
        }
        let rules = &self.service.rules;
        let table = fold::known(rules.parameters_for(self.tx, division, self.on))?;
        self.tables.insert(division, table.clone());
        Ok(table)
    }

    fn read_rows(&mut self, divisions: &[DivisionCode]) -> Result<(), ServiceError> {
        for division in divisions {
            if !self.rows.contains_key(division) {
                let rows = store::register::list_about(self.tx, *division, None)?;
                self.rows.insert(*division, rows);
            }
        }
        Ok(())
    }
}
