//! Names of divisions for views.

use std::collections::BTreeMap;

use itgel_domain::division::{Division, DivisionCode, DivisionLevel};
use itgel_domain::id::CycleId;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::store;

/// Names of divisions as they were called when the campaign opened, looked up once.
#[derive(Default)]
pub(super) struct Names {
    days: BTreeMap<CycleId, Option<Date>>,
    names: BTreeMap<(DivisionCode, CycleId), String>,
}

impl Names {
    /// The name of the division of `level` that `division` lies in; empty if there is none.
    pub(super) fn of(
        &mut self,
        connection: &Connection,
        division: DivisionCode,
        level: DivisionLevel,
        cycle: &CycleId,
    ) -> Result<String, ServiceError> {
        let Some(division) = division.ancestor(level) else {
            return Ok(String::new());
        };
        let place = (division, cycle.clone());
        if let Some(name) = self.names.get(&place) {
            return Ok(name.clone());
        }
        let found: Option<Division> = match self.day(connection, cycle)? {
            Some(day) => store::division::get(connection, division, day)?,
            None => None,
        };
        let name = found.map_or_else(String::new, |division| division.name);
        self.names.insert(place, name.clone());
        Ok(name)
    }

    fn day(
        &mut self,
        connection: &Connection,
        cycle: &CycleId,
    ) -> Result<Option<Date>, ServiceError> {
        if let Some(day) = self.days.get(cycle) {
            return Ok(*day);
        }
        let day = store::cycle::get(connection, cycle)?.map(|cycle| cycle.opens_on);
        self.days.insert(cycle.clone(), day);
        Ok(day)
    }
}
