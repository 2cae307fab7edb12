//! A server that was restored from a backup: what it lacks waits again, and what it lost of others
//! leaves the files and households here until it comes again.

use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{Hello, HelloAnswer, Restored};

use super::{Run, SyncError, hello_of, log, push};
use crate::error::Error;
use crate::store::device::DeviceRow;
use crate::store::{chain, device, envelope, identity, list, register};
use crate::{journal, people};

/// How the epoch of an answer stands to the one that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Epoch {
    /// The same, or the first word with the server.
    Known,
    /// Its signed break says that its log holds the known one.
    Follows,
    /// Its signed break does not name the known one: backups need not be restored in the order in
    /// which they were written. Only an answer to a question of now tells that the server is there.
    Beside,
    /// Neither known nor under a break that the server signed: nobody's word.
    Unproven,
}

/// How the epoch of an answer stands to the one that is known here.
pub(super) fn epoch_of(own: &DeviceRow, answer: &HelloAnswer) -> Epoch {
    let Some(known) = own.epoch.filter(|known| *known != answer.epoch) else {
        return Epoch::Known;
    };
    let is_signed = |restored: &&Restored| {
        restored.epoch == answer.epoch && restored.verify(&own.server_key).is_ok()
    };
    match answer.restored.as_ref().filter(is_signed) {
        None => Epoch::Unproven,
        Some(restored) if restored.lineage.iter().any(|start| start.epoch == known) => {
            Epoch::Follows
        }
        Some(_) => Epoch::Beside,
    }
}

impl<P: SyncProtocol> Run<'_, P> {
    /// A server that was restored from a backup lacks what came after it: that waits again, for
    /// receipts of what the server holds now, earlier incarnations are sent again from where it
    /// stands, and its lists are read again from their start, since positions have been given
    /// anew. The current incarnation follows as usual.
    pub(super) fn on_epoch(
        &mut self,
        hello: &Hello,
        answer: &HelloAnswer,
    ) -> Result<bool, SyncError> {
        let known = self.device.read(|db| Ok(device::get(db)?.epoch))?;
        if known == Some(answer.epoch) {
            return Ok(false);
        }
        self.report.epoch_changed = true;
        let earlier = self.device.read(|db| Ok(chain::incarnations(db)?))?;
        for incarnation in earlier.into_iter().filter(|i| *i < hello.incarnation) {
            self.send_again(incarnation)?;
        }
        self.device.write(|tx| {
            reopen_lost(tx, hello.incarnation, answer)?;
            for cursor in list::cursors(tx)? {
                list::restart(tx, cursor.division)?;
                // Most of it is here: naming it first would cost more than it saves.
                list::begin(tx, cursor.division, 0)?;
                register::delete_list(tx, cursor.division)?;
            }
            envelope::unlist(tx)?;
            identity::unlist(tx)?;
            push::forget_decisions(tx)?;
            log::follow_break(tx, answer)?;
            Ok(device::set_epoch(tx, answer.epoch)?)
        })?;
        Ok(true)
    }

    /// After a restore of the server, before anything is sent: what its lists no longer hold is taken
    /// out of files and households if no chain of this store sends it, since it may never come back:
    /// what others wrote, and what this phone wrote before its storage was put back. That it does not
    /// write again: it would sign for what it knows from the server alone. All of it stays in the store.
    ///
    /// Lists that a stopped device is not told say nothing of what the server lost.
    pub(super) fn set_lost_aside(
        &mut self,
        hello: &Hello,
        answer: &HelloAnswer,
    ) -> Result<(), SyncError> {
        let unlisted = |db: &rusqlite::Connection| {
            let own = device::get(db)?;
            let files = envelope::unlisted_files(db, &own.id)?;
            Ok((files, identity::unlisted_subjects(db)?))
        };
        let (files, subjects) = self.device.read(unlisted)?;
        if answer.lists.is_empty() || (files.is_empty() && subjects.is_empty()) {
            return Ok(());
        }
        self.pull(hello, answer)?;
        self.device
            .write(|tx| {
                let (files, subjects) = unlisted(tx)?;
                envelope::set_lost(tx, &device::get(tx)?.id)?;
                identity::set_lost(tx)?;
                for file in &files {
                    journal::refold(tx, file)?;
                }
                for subject in &subjects {
                    people::show_name(tx, subject)?;
                }
                Ok(())
            })
            .map_err(SyncError::from)
    }

    /// Sends what the server lacks of an earlier incarnation, received once or not.
    fn send_again(&mut self, incarnation: u32) -> Result<(), SyncError> {
        let hello = self.device.read(|db| {
            let own = device::get(db)?;
            let entropy = self.device.entropy.as_ref();
            hello_of(db, &own, incarnation, self.now, entropy)
        })?;
        let answer = self.hello(&hello)?;
        let is_ours = self
            .device
            .write(|tx| reopen_lost(tx, incarnation, &answer))?;
        if is_ours {
            self.push((incarnation, answer.head.seq), None)?;
        }
        Ok(())
    }
}

/// What a restored server lacks of a chain waits again. Whether the server's chain is ours at all,
/// as far as it goes.
fn reopen_lost(
    tx: &rusqlite::Transaction<'_>,
    incarnation: u32,
    answer: &HelloAnswer,
) -> Result<bool, Error> {
    let own = device::get(tx)?;
    let ours = chain::head_at(tx, &own.id, incarnation, answer.head.seq)?;
    if ours != Some(answer.head) {
        return Ok(false);
    }
    chain::reopen_after(tx, incarnation, answer.head.seq)?;
    Ok(true)
}
