//! Consents to collect and their withdrawals (`domain.md` L-02, L-04).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{FileFacts, Recorded};
use crate::catalogue::Restricted;
use crate::file::entry::{Consent, Entry, EntryId};
use crate::id::OfficerId;
use crate::rights::consent::CollectionPurpose;

/// A consent and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentView<'a> {
    /// Its entry.
    pub entry: EntryId,
    /// Who recorded it.
    pub officer: &'a OfficerId,
    /// What was agreed to.
    pub consent: &'a Consent,
    /// The day from which it no longer holds: the earliest day that a withdrawal names or was
    /// entered on. A withdrawal may be carried by any officer.
    pub withdrawn_on: Option<Date>,
}

impl FileFacts {
    /// All consents that the recording officer did not take back as a mistake, by entry id.
    #[must_use]
    pub fn consents(&self) -> Vec<ConsentView<'_>> {
        let superseded = self.superseded();
        let withdrawn = self.withdrawals();
        let given = self.entries_where(|entry| matches!(entry, Entry::Consent(_)));
        let standing = given.filter(|r| !superseded.contains(&r.id));
        standing
            .filter_map(|recorded| match recorded.entry {
                Entry::Consent(consent) => Some(ConsentView {
                    withdrawn_on: withdrawn.get(&recorded.id).copied(),
                    entry: recorded.id,
                    officer: recorded.officer,
                    consent,
                }),
                _ => None,
            })
            .collect()
    }

    /// The consents that held on a day. For what happens **now** a withdrawal takes effect on
    /// receipt, whatever day it names: ask for `withdrawn_on` being absent then.
    #[must_use]
    pub fn consents_valid_on(&self, day: Date) -> Vec<ConsentView<'_>> {
        let consents = self.consents().into_iter();
        let holds = |view: &ConsentView<'_>| {
            (view.consent.given_on..=view.consent.until).contains(&day)
                && view
                    .withdrawn_on
                    .is_none_or(|withdrawn_on| day < withdrawn_on)
        };
        consents.filter(holds).collect()
    }

    /// Whether somebody has agreed to a purpose and did not take it back, on `today`. A withdrawal
    /// takes effect on receipt, whatever day it names.
    #[must_use]
    pub fn is_agreed(&self, purpose: CollectionPurpose, today: Date) -> bool {
        let holds = |view: &ConsentView<'_>| {
            view.withdrawn_on.is_none()
                && view.consent.serves(purpose)
                && (view.consent.given_on..=view.consent.until).contains(&today)
        };
        self.consents().iter().any(holds)
    }

    /// The classes of restricted information (`domain.md` L-04, L-18) that somebody agreed to give
    /// for a rating and did not take back, on `today`.
    #[must_use]
    pub fn agreed_classes(&self, today: Date) -> BTreeSet<Restricted> {
        let consents = self.consents_valid_on(today).into_iter();
        consents
            .filter(|view| view.withdrawn_on.is_none())
            .filter(|view| view.consent.serves(CollectionPurpose::CreditRating))
            .flat_map(|view| view.consent.categories.iter())
            .filter_map(|category| category.parse().ok())
            .collect()
    }

    fn withdrawals(&self) -> BTreeMap<&EntryId, Date> {
        let mut earliest: BTreeMap<&EntryId, Date> = BTreeMap::new();
        for Recorded {
            entered_at, entry, ..
        } in self.entries_where(|entry| matches!(entry, Entry::ConsentWithdrawal(_)))
        {
            if let Entry::ConsentWithdrawal(withdrawal) = entry {
                let day = withdrawal.withdrawn_on.min(entered_at.on());
                let kept = earliest.entry(&withdrawal.consent).or_insert(day);
                *kept = day.min(*kept);
            }
        }
        earliest
    }
}
