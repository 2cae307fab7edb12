//! The server's log, watched: every hello proves that it only grew since the last one
//! (`security.md` T20). What does not fit, or is shown without the server's signature, is kept and
//! told to the officer; data goes on being sent, because nothing entered may be lost over it.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::log::verify_consistency;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use rusqlite::Transaction;

use super::restored::{Epoch, epoch_of};
use super::{Run, SyncError};
use crate::Device;
use crate::error::Error;
use crate::store::device::DeviceRow;
use crate::store::log::{self, LogAlarm};
use crate::store::{device, picture};

impl Device {
    /// States of the server's log that do not fit each other, or that it did not sign: to be shown to
    /// an auditor.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn log_alarms(&self) -> Result<Vec<LogAlarm>, Error> {
        self.read(|db| Ok(log::alarms(db)?))
    }
}

impl<P: SyncProtocol> Run<'_, P> {
    /// Compares the log with the newest state that the device holds of it.
    pub(super) fn watch_log(
        &mut self,
        hello: &Hello,
        answer: &HelloAnswer,
    ) -> Result<(), SyncError> {
        let now = self.now;
        let found = self.device.write(|tx| -> Result<_, Error> {
            let own = device::get(tx)?;
            // The first word with the server. A device that waits for its confirmation has sent nothing
            // that a restored server could lack, but it holds states of the log: without their epoch a
            // break behind them would look like a log that was rewritten.
            if own.epoch.is_none() {
                device::set_epoch(tx, answer.epoch)?;
            }
            let state = answer.signed_checkpoint();
            let held = hello.checkpoint;
            let Some(code) = fault(&own, held, answer) else {
                if epoch_of(&own, answer) == Epoch::Known {
                    log::insert(tx, &state, &answer.checkpoint_signature, answer.epoch)?;
                    device::set_checkpoint(tx, &state.tree())?;
                }
                return Ok(None);
            };
            let alarm = LogAlarm {
                code,
                held,
                shown: state,
                signature: answer.checkpoint_signature.clone(),
                noticed_at: now,
            };
            log::insert_alarm(tx, &alarm)?;
            Ok(Some(code))
        })?;
        self.report.log_unsigned |= found == Some(ErrorCode::LogUnsigned);
        self.report.log_went_back |= found == Some(ErrorCode::LogWentBack);
        self.report.log_forked |= found == Some(ErrorCode::LogForked);
        Ok(())
    }
}

/// What is wrong with the state of the log that an answer shows to a device that holds `held`;
/// `None` if nothing is.
fn fault(own: &DeviceRow, held: Option<CheckpointRef>, answer: &HelloAnswer) -> Option<ErrorCode> {
    let state = answer.signed_checkpoint();
    let is_signed = state.verify(&own.server_key, &answer.checkpoint_signature);
    if is_signed.is_err() {
        return Some(ErrorCode::LogUnsigned);
    }
    // In another epoch the break is judged first, and the next hello proves.
    let held = held.filter(|_| epoch_of(own, answer) == Epoch::Known)?;
    let proof = answer.consistency.as_deref().unwrap_or_default();
    if state.size < held.size {
        Some(ErrorCode::LogWentBack)
    } else if verify_consistency(held, state.tree(), proof) {
        None
    } else {
        Some(ErrorCode::LogForked)
    }
}

/// Goes back to the newest state that a restored server must know: the one before its signed
/// break, which was checked before ([`epoch_of`]).
pub(super) fn follow_break(tx: &Transaction<'_>, answer: &HelloAnswer) -> Result<(), Error> {
    picture::send_again(tx)?;
    if let Some(restored) = &answer.restored {
        log::keep_held(tx, restored)?;
        device::reset_checkpoint(tx, log::newest(tx)?.as_ref())?;
    }
    Ok(())
}
