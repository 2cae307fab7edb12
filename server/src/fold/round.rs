//! A round of refreshes in one transaction. What the subjects of a page share — the rules in
//! force, the register rows of the divisions around them, the boards that their grades move — is
//! read and written once for the round, not once for each of them.
//!
//! While a round is open nobody else may bring rules into force or write a row about a division in
//! the same transaction: the round would not see it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::assess::{Facts, Inputs};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::consent::ConsentView;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::register::{PeerEvaluation, RegisterRow};
use itgel_domain::rights::consent::CollectionPurpose;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::found::{self, Found};
use super::{Assessed, Standing};
use crate::context;
use crate::error::ServiceError;
use crate::process::{self, Refreshed};
use crate::service::Service;
use crate::store::board::Counts;
use crate::store::standing::StandingRow;
use crate::store::{self, Tx};

/// What the refreshes of one transaction share. Ends with [`Round::finish`]: only then have the
/// boards moved.
#[must_use = "the boards move when the round is finished"]
pub(crate) struct Round<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    now: AtMs,
    assessed: BTreeMap<Hash, Assessed>,
    packs: BTreeMap<(SubjectKind, Date), Option<Arc<RulePack>>>,
    tables: BTreeMap<(DivisionCode, Date), Option<Arc<Parameters>>>,
    /// The rows about each division alone: neighbours in one sumu share those of the sumu.
    rows: BTreeMap<DivisionCode, Vec<RegisterRow>>,
    boards: BTreeMap<(DivisionCode, CycleId), Counts>,
}

impl<'a> Round<'a> {
    /// Opens a round in a transaction.
    pub(crate) const fn open(service: &'a Service, tx: &'a Tx<'a>, now: AtMs) -> Self {
        Self {
            service,
            tx,
            now,
            assessed: BTreeMap::new(),
            packs: BTreeMap::new(),
            tables: BTreeMap::new(),
            rows: BTreeMap::new(),
            boards: BTreeMap::new(),
        }
    }

    /// Takes what was assessed in the same transaction already: a refresh that comes to the same
    /// inputs has nothing left to compute.
    pub(crate) fn take_assessed(&mut self, assessed: Assessed) {
        self.assessed.insert(assessed.0.inputs, assessed);
    }

    /// The hash of the pack that rates subjects of `kind` on a day, if there is one.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub(crate) fn pack_hash(
        &mut self,
        kind: SubjectKind,
        as_of: Date,
    ) -> Result<Option<Hash>, ServiceError> {
        Ok(self.pack(kind, as_of)?.map(|pack| pack.hash()))
    }

    /// Brings the standing of a subject in a campaign up to date; see [`super::refresh`].
    ///
    /// # Errors
    /// [`ServiceError`] of the database or of the rules.
    pub(crate) fn refresh(
        &mut self,
        subject: &Subject,
        cycle: &CycleId,
    ) -> Result<Standing, ServiceError> {
        let facts = super::facts(self.tx, &subject.id)?;
        self.refresh_from(subject, cycle, &facts)
    }

    /// Brings every standing of a subject up to date.
    ///
    /// # Errors
    /// [`ServiceError`] of the database or of the rules.
    pub(crate) fn refresh_all_of(&mut self, subject: &Subject) -> Result<usize, ServiceError> {
        let cycles = store::standing::list_cycles(self.tx, &subject.id)?;
        if cycles.is_empty() {
            return Ok(0);
        }
        let facts = super::facts(self.tx, &subject.id)?;
        for cycle in &cycles {
            self.refresh_from(subject, cycle, &facts)?;
        }
        Ok(cycles.len())
    }

    /// [`Round::refresh`] for a caller that has folded some of the subject's files already.
    ///
    /// # Errors
    /// [`ServiceError`] of the database or of the rules.
    pub(crate) fn refresh_with<'f>(
        &mut self,
        subject: &Subject,
        cycle: &CycleId,
        open: impl Fn(&FileId) -> Option<&'f FileFacts>,
    ) -> Result<Standing, ServiceError> {
        let facts = facts_with(self.tx, &subject.id, open)?;
        self.refresh_from(subject, cycle, &facts)
    }

    /// Moves the boards by what the round found.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub(crate) fn finish(self) -> Result<(), ServiceError> {
        for ((division, cycle), difference) in &self.boards {
            store::board::add(self.tx, *division, cycle, difference)?;
        }
        Ok(())
    }

    fn refresh_from(
        &mut self,
        subject: &Subject,
        cycle: &CycleId,
        facts: &FileFacts,
    ) -> Result<Standing, ServiceError> {
        let (tx, now) = (self.tx, self.now);
        let seals = facts.seals(cycle);
        let sealed = seals.iter().map(|view| view.seal.as_of).max();
        let (values, conflicts) = facts.facts_and_conflicts(cycle);
        let mut found = match sealed {
            Some(as_of) => self.find(subject, values, facts, as_of)?,
            None => None,
        };
        let before = store::standing::get(tx, &subject.id, cycle)?;
        // Without open conflicts before and now there is nothing to bring up to date.
        if !conflicts.is_empty() || before.as_ref().is_some_and(|before| before.conflicts > 0) {
            store::conflict::replace(tx, &subject.id, cycle, &conflicts, now)?;
        }
        found::keep(tx, subject, cycle, before.as_ref(), found.as_mut(), now)?;
        let is_filed = sealed.is_some();
        let row = found::standing(subject, cycle, is_filed, &conflicts, found.as_ref(), now);
        if before.as_ref().is_none_or(|before| !is_same(before, &row)) {
            store::standing::put(tx, &row)?;
            found::keep_columns(tx, before.as_ref(), &row, found.as_ref())?;
        }
        self.move_boards(before.as_ref(), &row);
        if let Some(found) = &found {
            let refreshed = Refreshed {
                subject,
                cycle,
                seals: &seals,
                conflicts: &conflicts,
                assessment: &found.assessment,
                conflict_matters: row.conflict_matters,
                peer_is_held: found.inputs.context.peer != PeerEvaluation::Pending,
                has_consent: facts.is_agreed(CollectionPurpose::CreditRating, now.on()),
                is_withdrawn: is_withdrawn(facts, now.on()),
            };
            process::after_refresh(self.service, tx, &refreshed, now)?;
        }
        Ok(Standing {
            row,
            conflicts,
            assessment: found.map(|found| found.assessment),
        })
    }

    /// What the engine finds under the rules in force on `as_of`; `None` while there are none for
    /// such a subject.
    fn find(
        &mut self,
        subject: &Subject,
        values: Facts,
        files: &FileFacts,
        as_of: Date,
    ) -> Result<Option<Found>, ServiceError> {
        let pack = self.pack(subject.kind, as_of)?;
        let parameters = self.table(subject.division, as_of)?;
        let (Some(pack), Some(parameters)) = (pack, parameters) else {
            return Ok(None);
        };
        let divisions = store::register::around(subject.division);
        for division in &divisions {
            self.read_rows(*division)?;
        }
        let around = divisions.iter().filter_map(|d| self.rows.get(d)).flatten();
        let around: Vec<&RegisterRow> = around.collect();
        let context = context::with_rows_around(self.tx, subject, &around, files, as_of)?;
        let inputs = Inputs {
            subject: subject.id.clone(),
            subject_kind: subject.kind,
            as_of,
            facts: values,
            context,
            parameters,
            pack,
        };
        Ok(Some(Found::of(inputs, &mut self.assessed)))
    }

    fn pack(
        &mut self,
        kind: SubjectKind,
        as_of: Date,
    ) -> Result<Option<Arc<RulePack>>, ServiceError> {
        if let Some(known) = self.packs.get(&(kind, as_of)) {
            return Ok(known.clone());
        }
        let pack = known(self.service.rules.pack_for(self.tx, kind, as_of))?;
        self.packs.insert((kind, as_of), pack.clone());
        Ok(pack)
    }

    fn table(
        &mut self,
        division: DivisionCode,
        as_of: Date,
    ) -> Result<Option<Arc<Parameters>>, ServiceError> {
        if let Some(known) = self.tables.get(&(division, as_of)) {
            return Ok(known.clone());
        }
        let table = known(self.service.rules.parameters_for(self.tx, division, as_of))?;
        self.tables.insert((division, as_of), table.clone());
        Ok(table)
    }

    fn read_rows(&mut self, division: DivisionCode) -> Result<(), ServiceError> {
        if !self.rows.contains_key(&division) {
            let rows = store::register::list_about(self.tx, division, None)?;
            self.rows.insert(division, rows);
        }
        Ok(())
    }

    /// Notes by how much the boards move, also from one division to another.
    fn move_boards(&mut self, before: Option<&StandingRow>, row: &StandingRow) {
        let mut note = |division: DivisionCode, difference: &Counts| {
            if !difference.is_zero() {
                let key = (division, row.cycle.clone());
                self.boards.entry(key).or_default().add(difference);
            }
        };
        let mut difference = row.contribution.clone();
        if let Some(before) = before {
            let taken = before.contribution.clone().negated();
            if before.division == row.division {
                difference.add(&taken);
            } else {
                note(before.division, &taken);
            }
        }
        note(row.division, &difference);
    }
}

/// What all files of a subject say, with those that the caller has open as they stand there.
fn facts_with<'f>(
    tx: &Tx<'_>,
    subject: &SubjectId,
    open: impl Fn(&FileId) -> Option<&'f FileFacts>,
) -> Result<Cow<'f, FileFacts>, ServiceError> {
    let mut all: Option<Cow<'f, FileFacts>> = None;
    for file in store::projection::list_files_of(tx, subject)? {
        let facts = match open(&file) {
            Some(facts) => Cow::Borrowed(facts),
            None => Cow::Owned(store::projection::get(tx, &file)?),
        };
        match &mut all {
            None => all = Some(facts),
            Some(all) => all.to_mut().join(&facts),
        }
    }
    Ok(all.unwrap_or_default())
}

/// Rules that nobody has brought into force yet are no fault of what a device sends.
pub(crate) fn known<T>(found: Result<T, ServiceError>) -> Result<Option<T>, ServiceError> {
    match found {
        Ok(rules) => Ok(Some(rules)),
        Err(ServiceError::Refused {
            code: ErrorCode::PackUnknown | ErrorCode::ParametersUnknown,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_same(before: &StandingRow, row: &StandingRow) -> bool {
    let assessed_at = before.assessed_at;
    *before
        == StandingRow {
            assessed_at,
            ..row.clone()
        }
}

/// Whether consent was withdrawn, and nobody has given it anew.
fn is_withdrawn(facts: &FileFacts, today: Date) -> bool {
    let was_withdrawn = |view: &ConsentView<'_>| view.withdrawn_on.is_some();
    facts.consents().iter().any(was_withdrawn)
        && !facts.is_agreed(CollectionPurpose::CreditRating, today)
}
