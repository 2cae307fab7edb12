//! Lists come down, page by page.

use std::cmp::Ordering;

use itgel_domain::division::DivisionCode;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{Hello, HelloAnswer, ListEnd};
use itgel_domain::sync::pull::Pull;

use super::{Progress, Run, Step, SyncError, failed};
use crate::intake::{Brought, DigestMismatch, take_page};
use crate::store::{device, list, register};

/// From so many positions on, a list's first download only names envelopes of others: a new
/// device is usable before the files have come. Later every envelope comes whole, however far
/// behind the device is, because naming it first costs more than it does.
const BRIEF_FROM: u64 = 512;

/// Pages of one list in one run. More than any honest list has; a list that grows faster than it
/// is read does not keep a run from its end.
const MAX_PAGES: u32 = 8_192;

impl<P: SyncProtocol> Run<'_, P> {
    /// Takes every list that moved, and reads again those whose digest does not come out.
    pub(super) fn pull(&mut self, hello: &Hello, answer: &HelloAnswer) -> Result<(), SyncError> {
        for end in &answer.lists {
            let taken = self.device.read(|db| Ok(list::taken(db, end.division)?))?;
            let cannot_follow = match taken.position.cmp(&end.position) {
                Ordering::Less => false,
                Ordering::Equal if taken.digest == end.digest => continue,
                Ordering::Equal => true,
                // A pull goes to where the list ends by then: others write meanwhile.
                Ordering::Greater if !went_back(hello, end) => continue,
                Ordering::Greater => true,
            };
            if cannot_follow || self.take_list(end)?.is_err() {
                self.restart(end.division)?;
                // Twice is a fault of the server; it was reported, and the next run tries again.
                if self.take_list(end)?.is_err() {
                    self.restart(end.division)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a list from its cursor to its end.
    fn take_list(&mut self, end: &ListEnd) -> Result<Result<(), DigestMismatch>, SyncError> {
        let division = end.division;
        let brief_until = self.begin(end)?;
        for _ in 0..MAX_PAGES {
            let (server_key, after) = self.device.read(|db| {
                Ok((
                    device::get(db)?.server_key,
                    list::taken(db, division)?.position,
                ))
            })?;
            let pull = Pull {
                division,
                after,
                max_bytes: self.page_bytes(),
                brief: (after < brief_until).then_some(true),
            };
            let page = self
                .protocol
                .pull(&pull)
                .map_err(|e| failed(Step::Pull, e))?;
            let theirs = page.division == division && page.verify(&server_key).is_ok();
            if !theirs {
                return Err(SyncError::NotTheServers(Step::Pull));
            }
            let taken = self.device.write(|tx| take_page(tx, &page, &server_key))?;
            let Ok(brought) = taken else {
                return Ok(Err(DigestMismatch));
            };
            self.note(brought)?;
            let position = self
                .device
                .read(|db| Ok(list::taken(db, division)?.position))?;
            self.tell(Progress::Receiving {
                division,
                position,
                end: end.position.max(position),
            })?;
            // An answer that brings nothing ends the list, whatever it says.
            if page.is_end || position == after {
                return Ok(Ok(()));
            }
        }
        Ok(Ok(()))
    }

    /// Where the first download of a list ends, which the first look at it decides; 0 once it is
    /// over. A cut does not end it.
    fn begin(&self, end: &ListEnd) -> Result<u64, SyncError> {
        let begun = self
            .device
            .read(|db| Ok(list::brief_until(db, end.division)?))?;
        if let Some(until) = begun {
            return Ok(until);
        }
        let is_far = end.position >= BRIEF_FROM;
        let until = if is_far { end.position } else { 0 };
        self.device
            .write(|tx| Ok(list::begin(tx, end.division, until)?))?;
        Ok(until)
    }

    fn restart(&mut self, division: DivisionCode) -> Result<(), SyncError> {
        self.device.write(|tx| {
            list::restart(tx, division)?;
            Ok(register::delete_list(tx, division)?)
        })?;
        self.report.mismatches.push(division);
        Ok(())
    }

    pub(super) fn note(&mut self, brought: Brought) -> Result<(), SyncError> {
        self.report.pulled += brought.items;
        self.report.unknown += brought.unknown;
        self.report.refused += brought.refused;
        if brought.erased {
            self.device
                .store
                .empty_log()
                .map_err(crate::error::Error::from)?;
        }
        Ok(())
    }
}

/// Whether a list ends before what was here of it when the device said hello: no list becomes
/// shorter within an epoch.
fn went_back(hello: &Hello, end: &ListEnd) -> bool {
    let mut cursors = hello.cursors.iter();
    cursors.any(|held| held.division == end.division && held.position > end.position)
}
