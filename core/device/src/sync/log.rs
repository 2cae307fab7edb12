//! The server's log, watched: every hello proves that it only grew since the last one
//! (`security.md` T20). What does not fit is kept with both signatures and told to the officer;
//! data goes on being sent, because nothing entered may be lost over it.

use itgel_domain::error::ErrorCode;
use itgel_domain::log::verify_consistency;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use rusqlite::Transaction;

use super::{Run, SyncError};
use crate::Device;
use crate::error::Error;
use crate::store::log::{self, LogAlarm};
use crate::store::{device, picture};

impl Device {
    /// States of the server's log that do not fit each other: to be shown to an auditor.
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
            let state = answer.signed_checkpoint();
            let is_signed = state.verify(&own.server_key, &answer.checkpoint_signature);
            // In another epoch the break is judged first, and the next hello proves.
            let same_epoch = own.epoch.is_none_or(|epoch| epoch == answer.epoch);
            if is_signed.is_err() || !same_epoch {
                return Ok(None);
            }
            let Some(held) = hello.checkpoint else {
                log::insert(tx, &state, &answer.checkpoint_signature, answer.epoch)?;
                device::set_checkpoint(tx, &state.tree())?;
                return Ok(None);
            };
            let proof = answer.consistency.as_deref().unwrap_or_default();
            let code = if state.size < held.size {
                ErrorCode::LogWentBack
            } else if verify_consistency(held, state.tree(), proof) {
                log::insert(tx, &state, &answer.checkpoint_signature, answer.epoch)?;
                device::set_checkpoint(tx, &state.tree())?;
                return Ok(None);
            } else {
                ErrorCode::LogForked
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
        self.report.log_went_back |= found == Some(ErrorCode::LogWentBack);
        self.report.log_forked |= found == Some(ErrorCode::LogForked);
        Ok(())
    }
}

/// Goes back to the newest state that a restored server must know: the one before its signed
/// break. Without a valid break nothing is forgiven, and the next hello raises the alarm.
pub(super) fn follow_break(tx: &Transaction<'_>, answer: &HelloAnswer) -> Result<(), Error> {
    picture::send_again(tx)?;
    let own = device::get(tx)?;
    let Some(restored) = &answer.restored else {
        return Ok(());
    };
    if restored.epoch == answer.epoch && restored.verify(&own.server_key).is_ok() {
        log::keep_held(tx, restored)?;
        device::reset_checkpoint(tx, log::newest(tx)?.as_ref())?;
    }
    Ok(())
}
