//! Photos and scans go up behind the data, chunk by chunk, from where the server is.

use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::media::{Chunk, ChunkAnswer};

use super::{Progress, Run, Step, SyncError, failed};
use crate::store::device;
use crate::store::picture::{self, KeptPicture};

impl<P: SyncProtocol> Run<'_, P> {
    /// Sends what the server does not have. A picture that no received entry names yet, or that
    /// the server does not want, waits without holding up the others.
    pub(super) fn send_pictures(&mut self) -> Result<(), SyncError> {
        let open = self.device.read(|db| Ok(picture::open(db)?))?;
        let total = open.len() as u64;
        for (done, kept) in (0..).zip(&open) {
            self.tell(Progress::SendingPictures { done, total })?;
            match self.send_picture(kept) {
                Ok(true) => self.report.pictures += 1,
                Ok(false) => {}
                Err(error) if is_about_this_one(&error) => self.report.pictures_waiting += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends one; whether the server has it now.
    fn send_picture(&mut self, kept: &KeptPicture) -> Result<bool, SyncError> {
        // Nothing but the question first: after a cut, or a lost receipt, the server knows more.
        let mut at = match self.send_chunk(kept, 0, Vec::new())? {
            (received, false) => received,
            (_, true) => return Ok(true),
        };
        loop {
            let bytes = self.device.read(|db| Ok(picture::chunk(db, kept, at)?))?;
            let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
                return Ok(false);
            };
            let sent = bytes.len() as u64;
            let (received, is_whole) = self.send_chunk(kept, at, bytes)?;
            self.report.picture_bytes += sent;
            if is_whole {
                return Ok(true);
            }
            // A server that does not move on is asked again in the next run.
            if received <= at {
                return Ok(false);
            }
            at = received;
        }
    }

    /// Sends a chunk; how far the server is, and whether its signed receipt is here.
    fn send_chunk(
        &self,
        kept: &KeptPicture,
        offset: u64,
        bytes: Vec<u8>,
    ) -> Result<(u64, bool), SyncError> {
        let chunk = Chunk {
            subject: kept.subject.clone(),
            content: kept.content,
            length: kept.length,
            offset,
            bytes,
        };
        let answer = self
            .protocol
            .send_chunk(&chunk)
            .map_err(|e| failed(Step::Picture, e))?;
        self.take_answer(kept, &answer)
    }

    fn take_answer(
        &self,
        kept: &KeptPicture,
        answer: &ChunkAnswer,
    ) -> Result<(u64, bool), SyncError> {
        let server_key = self.device.read(|db| Ok(device::get(db)?.server_key))?;
        let is_theirs = answer.content == kept.content
            && answer.received <= kept.length
            && answer.receipt.as_ref().is_none_or(|receipt| {
                receipt.subject == kept.subject
                    && receipt.content == kept.content
                    && receipt.verify(&server_key).is_ok()
            });
        if !is_theirs {
            return Err(SyncError::NotTheServers(Step::Picture));
        }
        let received_at = answer.receipt.as_ref().map(|receipt| receipt.received_at);
        self.device.write(|tx| {
            Ok::<_, crate::error::Error>(picture::set_sent(tx, kept, answer.received, received_at)?)
        })?;
        Ok((answer.received, received_at.is_some()))
    }
}

/// Refusals of one picture that say nothing about the next.
fn is_about_this_one(error: &SyncError) -> bool {
    matches!(
        error.code(),
        Some(
            ErrorCode::MediaUnknown
                | ErrorCode::MediaDiffers
                | ErrorCode::MediaNotPicture
                | ErrorCode::MediaTooLarge
        )
    ) || matches!(error.kind(), Kind::NotFound)
}
