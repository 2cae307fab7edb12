//! What the ledgers in force say of a subject, as register rows: the loan record, the veto V3 and
//! the risk tips. Only what changed is written.

use std::collections::BTreeSet;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::RowId;
use itgel_domain::ledger::{
    GUARANTEE_RING, LedgerResult, Month, TIPS, consolidate, consolidate_with,
};
use itgel_domain::register::{CreditRecord, CreditStatus, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::Span;
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::registers;
use crate::service::{Service, random};
use crate::store::{self, Tx};

/// Who enters what the ledgers say.
const BY: &str = "rule";

/// The key of the rows about vetoes and tips that come from here; a subject has one loan record,
/// without a key.
const KEY: &str = "ledger";

/// The ledgers in force for a banner.
#[derive(Debug, Clone, Copy)]
pub(super) struct InForce {
    /// The banner.
    pub(super) banner: DivisionCode,
    /// The first month.
    pub(super) first: Month,
    /// The last month.
    pub(super) last: Month,
}

impl InForce {
    pub(super) fn of(tx: &Tx<'_>, banner: DivisionCode) -> Result<Option<Self>, ServiceError> {
        let months = store::ledger::months_in_force(tx, banner)?;
        Ok(months.map(|(first, last)| Self {
            banner,
            first,
            last,
        }))
    }
}

/// Writes what the ledgers say of a subject now; `false` if that is what was said before.
pub(super) fn publish(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    known: InForce,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let lines = store::loan::list_of_subject(tx, &subject.id)?;
    let joint = store::joint_debtor::list_lines(tx, &subject.id)?;
    let mut result = consolidate_with(&lines, &joint, known.last.last_day());
    if store::ledger_mark::is_in_ring(tx, known.banner, &subject.id)? {
        result.tips.insert(GUARANTEE_RING);
    }
    let one = Publishing {
        service,
        tx,
        subject,
        known,
        now,
    };
    let credit = (result.credit.status == CreditStatus::Known).then_some(result.credit);
    let mut changed = one.credit(credit)?;
    changed |= one.say("veto", KEY, result.v3.map(RegisterContent::Veto))?;
    for tip in TIPS {
        let content = result
            .tips
            .get(tip)
            .map(|tip| RegisterContent::Tip((*tip).into()));
        changed |= one.say("tip", &format!("{KEY}/{tip}"), content)?;
    }
    Ok(changed)
}

/// The subject's people changed: what the ledgers say of them follows soon.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn touch(tx: &Tx<'_>, subject: &Subject, now: AtMs) -> Result<(), ServiceError> {
    let Some(banner) = subject.division.ancestor(DivisionLevel::County) else {
        return Ok(());
    };
    if store::loan::is_any_of(tx, &subject.id)? {
        store::ledger_mark::mark_subject(tx, banner, &subject.id)?;
        // Where a joint debt is summed depends on who has the number of its borrower.
        for part in store::joint_debtor::list_parts(tx, &subject.id)? {
            store::ledger_mark::mark_subject(tx, banner, &part)?;
        }
        super::enqueue(tx, banner, now)?;
    }
    Ok(())
}

/// Says of a whole banner that who is in no ledger has no loan: true once every lender that is
/// expected to report has done so. `false` if it was said before, or cannot be said.
pub(super) fn publish_nobody(
    service: &Service,
    tx: &Tx<'_>,
    known: InForce,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let duties = store::ledger::list_duties(tx, known.banner)?;
    let mut all = !duties.is_empty();
    for duty in &duties {
        all &= store::ledger::last_month_of(tx, &duty.lender, known.banner)?.is_some();
    }
    if !all {
        return Ok(false);
    }
    let row = RegisterRow {
        id: RowId::from_random(random()?),
        division: known.banner,
        subject: None,
        key: String::new(),
        revision: 1,
        valid_from: known.first.first_day(),
        valid_to: None,
        source: source(known),
        content: RegisterContent::Credit(CreditRecord {
            status: CreditStatus::Never,
            ..CreditRecord::default()
        }),
    };
    let before = store::register::get_at_place_of(tx, &row)?;
    if before.is_some_and(|before| before.content == row.content && before.valid_to.is_none()) {
        return Ok(false);
    }
    registers::put(service, tx, &row, BY, now)?;
    Ok(true)
}

/// What the ledgers say of those of a household's people who have `numbers` and whose loans are
/// not the household's: somebody who answers for an entity answers with the own loans as well, be
/// it as head, spouse or neither (`domain.md` E3.1). `None` if they have none.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn answering(
    tx: &Tx<'_>,
    household: &Subject,
    numbers: &BTreeSet<String>,
) -> Result<Option<LedgerResult>, ServiceError> {
    let mut lines = Vec::new();
    for blind in numbers {
        if !store::party::borrows(tx, &household.id, blind)? {
            lines.extend(store::loan::list_of_number(tx, blind)?);
        }
    }
    let banner = household.division.ancestor(DivisionLevel::County);
    let known = match banner.filter(|_| !lines.is_empty()) {
        Some(banner) => InForce::of(tx, banner)?,
        None => None,
    };
    let Some(known) = known else {
        return Ok(None);
    };
    Ok(Some(consolidate(&lines, known.last.last_day())))
}

struct Publishing<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    subject: &'a Subject,
    known: InForce,
    now: AtMs,
}

impl Publishing<'_> {
    /// The loan record. A refusal of the query stands until the subject takes it back.
    fn credit(&self, record: Option<CreditRecord>) -> Result<bool, ServiceError> {
        let before = store::register::get_of(self.tx, &self.subject.id, "credit", "")?;
        if let Some(RegisterContent::Credit(before)) = before.as_ref().map(|row| &row.content)
            && before.status == CreditStatus::Refused
        {
            return Ok(false);
        }
        let from_here = before
            .as_ref()
            .is_some_and(|row| row.source.starts_with(SOURCE));
        match record {
            Some(record) => self.write(before, "", RegisterContent::Credit(record)),
            // What somebody else entered is not ended by a silent ledger.
            None if !from_here => Ok(false),
            None => self.end(before),
        }
    }

    /// A row that is there or not.
    fn say(
        &self,
        register: &str,
        key: &str,
        content: Option<RegisterContent>,
    ) -> Result<bool, ServiceError> {
        let before = store::register::get_of(self.tx, &self.subject.id, register, key)?;
        match content {
            Some(content) => self.write(before, key, content),
            None => self.end(before),
        }
    }

    fn write(
        &self,
        before: Option<RegisterRow>,
        key: &str,
        content: RegisterContent,
    ) -> Result<bool, ServiceError> {
        if let Some(before) = &before
            && before.content == content
            && before.valid_to.is_none()
        {
            return Ok(false);
        }
        let first = self.known.first.first_day();
        let mut row = self.row(key, content)?;
        // What was known before the first ledger stays known on those days.
        row.valid_from = before.map_or(first, |before| before.valid_from.min(first));
        self.put(row)
    }

    /// What no ledger says any more held until the month before the last one.
    fn end(&self, before: Option<RegisterRow>) -> Result<bool, ServiceError> {
        let Some(before) = before.filter(|row| row.valid_to.is_none()) else {
            return Ok(false);
        };
        let last = day_before(self.known.last.first_day()).max(before.valid_from);
        let id = RowId::from_random(random()?);
        self.put(RegisterRow {
            id,
            valid_to: Some(last),
            ..before
        })
    }

    fn put(&self, row: RegisterRow) -> Result<bool, ServiceError> {
        registers::write(self.service, self.tx, row, BY, self.now)
    }

    fn row(&self, key: &str, content: RegisterContent) -> Result<RegisterRow, ServiceError> {
        Ok(RegisterRow {
            id: RowId::from_random(random()?),
            division: self.subject.division,
            subject: Some(self.subject.id.clone()),
            key: key.to_owned(),
            revision: 1,
            valid_from: self.known.first.first_day(),
            valid_to: None,
            source: source(self.known),
            content,
        })
    }
}

/// How the source of every row from here begins.
const SOURCE: &str = "loan_ledger";

fn source(known: InForce) -> String {
    format!("{SOURCE} {}", known.last)
}

fn day_before(day: Date) -> Date {
    day.saturating_sub(Span::new().days(1))
}
