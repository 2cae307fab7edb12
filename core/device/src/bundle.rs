//! Bundles: what waits, as a file for a card or a cable, and the server's answer to it.
//!
//! The file goes through the same chain and outbox as the network does, so both can be used side
//! by side: what arrives twice is answered twice and counted once.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{DeviceSigner as _, SignedHead, SoftwareSigner};
use itgel_domain::sync::bundle::{FULL_BYTES, Opening, Part, Reader, Writer};
use itgel_domain::sync::media::{CHUNK_BYTES, Chunk, ChunkAnswer};
use itgel_domain::sync::pull::PullPage;
use itgel_domain::sync::push::{IdentityPush, PAGE_BYTES, Push, PushAnswer};
use itgel_domain::time::AtMs;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::Device;
use crate::entropy;
use crate::error::Error;
use crate::intake::take_page;
use crate::outbox::{self, Next, Page};
use crate::store::device::{self, DeviceRow};
use crate::store::{bundle_key, chain, picture};
use crate::sync::{Epoch, hello_of, settle, weigh};

/// What an answer brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswerReport {
    /// Records that turned green.
    pub received: u64,
    /// Records that the server set aside.
    pub set_aside: u64,
    /// Photos and scans that the server has now.
    pub pictures: u64,
    /// Items that came down.
    pub pulled: u64,
    /// Parts that do not fit what is here: they come again over the network.
    pub passed_over: u64,
    /// Whether it was read to its end; if not, what came before the cut is kept.
    pub is_whole: bool,
}

impl Device {
    /// Everything that waits, as a file that only the server can open. Nothing changes by it:
    /// what is in the file waits until its receipt comes, over the network or in an answer.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Entropy`]; [`Error::Practice`].
    pub fn write_bundle(&self, now: AtMs) -> Result<Vec<u8>, Error> {
        self.is_real()?;
        let entropy = self.entropy.as_ref();
        let (seal, reply) = (
            Zeroizing::new(entropy::bytes::<32>(entropy)?),
            Zeroizing::new(entropy::bytes::<32>(entropy)?),
        );
        let own = self.read(|db| Ok(device::get(db)?))?;
        let mut writer = Writer::new(&own.server_key, &seal)
            .map_err(|_| Error::Bundle(ErrorCode::BundleForeign))?;
        let reply_key = SoftwareSigner::from_secret(&reply).public_key();
        let hello = self.write(|tx| {
            let hello = hello_of(tx, &own, own.incarnation, now, entropy)?;
            bundle_key::insert(tx, &reply_key, &reply, &hello.digest(), now)?;
            Ok::<_, Error>(hello)
        })?;
        self.read(|db| {
            let opening = Opening::sign(hello, &reply_key, &writer.header(), self.signer.as_ref());
            writer.put(&Part::Opening(Box::new(opening)));
            self.put_chains(db, &own, &mut writer)?;
            put_pictures(db, &mut writer)
        })?;
        Ok(writer.end())
    }

    /// Takes the server's answer to a bundle of this device.
    ///
    /// # Errors
    /// [`Error::Bundle`] with [`ErrorCode::BundleForeign`] for the answer to another device, or
    /// with [`ErrorCode::BundleMalformed`] for what is none.
    pub fn take_answer(&self, bytes: &[u8]) -> Result<AnswerReport, Error> {
        self.is_real()?;
        let addressee =
            Reader::addressee(bytes).ok_or(Error::Bundle(ErrorCode::BundleMalformed))?;
        let kept = self.read(|db| Ok(bundle_key::find(db, &addressee)?))?;
        let kept = kept.ok_or(Error::Bundle(ErrorCode::BundleForeign))?;
        let own = SoftwareSigner::from_secret(&kept.secret);
        let mut reader = Reader::new(bytes, &own).map_err(|e| Error::Bundle(e.code()))?;
        let mut report = AnswerReport::default();
        let mut epoch = Epoch::Unproven;
        loop {
            match reader.next_part() {
                Ok(None) => {
                    report.is_whole = true;
                    break;
                }
                Err(_) => break,
                Ok(Some(Part::Welcome(welcome))) => {
                    epoch = self.write(|tx| weigh(tx, &kept.asked, &welcome))?;
                }
                // The server that gave these was restored since and may hold none of it, or it is
                // not the server.
                Ok(Some(_)) if matches!(epoch, Epoch::Beside | Epoch::Unproven) => {
                    report.passed_over += 1;
                }
                Ok(Some(Part::Receipt(answer))) => self.take_receipt(&answer, &mut report)?,
                // Pages of another epoch stand at other positions: the network sorts that out.
                Ok(Some(Part::Page(page))) if epoch == Epoch::Known => {
                    self.take_listed(&page, &mut report)?
                }
                Ok(Some(Part::ChunkAnswer(answer))) => {
                    self.take_picture_receipt(&answer, &mut report)?;
                }
                Ok(Some(_)) => report.passed_over += 1,
            }
        }
        self.end_years()?;
        Ok(report)
    }

    fn put_chains(
        &self,
        db: &Connection,
        own: &DeviceRow,
        writer: &mut Writer,
    ) -> Result<(), Error> {
        let open = chain::open_links(db)?;
        for incarnation in chain::incarnations(db)? {
            let first = open.iter().find(|link| link.incarnation == incarnation);
            let Some(mut from) = first.map(|link| link.seq) else {
                continue;
            };
            while writer.len() < FULL_BYTES {
                match outbox::next_page(db, own, incarnation, from, PAGE_BYTES)? {
                    Next::Page(page) => {
                        from = page.head.seq + 1;
                        writer.put(&Part::Push(Box::new(self.signed(own, incarnation, page))));
                    }
                    // A server that lacks what was erased keeps what is behind it, and the network
                    // sorts that out: nobody here knows what another card has brought.
                    Next::Gap { behind } => from = behind,
                    Next::End => break,
                }
            }
        }
        Ok(())
    }

    /// A page under the signature of the device.
    pub(crate) fn signed(&self, own: &DeviceRow, incarnation: u32, page: Page) -> Push {
        let identities = page.identities.into_iter();
        Push {
            head: SignedHead::sign(&own.id, incarnation, page.head, self.signer.as_ref()),
            envelopes: page.envelopes,
            identities: identities
                .map(|(seq, record)| IdentityPush { seq, record })
                .collect(),
        }
    }

    fn take_receipt(&self, answer: &PushAnswer, report: &mut AnswerReport) -> Result<(), Error> {
        let settled = self.write(|tx| -> Result<_, Error> {
            let own = device::get(tx)?;
            let is_ours = answer.up_to.device == own.id;
            if !is_ours || answer.verify(&own.server_key).is_err() || !is_known(tx, answer)? {
                return Ok(None);
            }
            settle(tx, &own, answer)
        })?;
        match settled {
            Some(settled) => {
                report.received += settled.received;
                report.set_aside += settled.set_aside;
            }
            None => report.passed_over += 1,
        }
        Ok(())
    }

    fn take_listed(&self, page: &PullPage, report: &mut AnswerReport) -> Result<(), Error> {
        let taken = self.write(|tx| {
            let server_key = device::get(tx)?.server_key;
            if page.verify(&server_key).is_err() {
                return Ok(None);
            }
            Ok::<_, Error>(take_page(tx, page, &server_key)?.ok())
        })?;
        match taken {
            Some(brought) => {
                report.pulled += brought.items;
                if brought.erased {
                    self.store.empty_log()?;
                }
            }
            None => report.passed_over += 1,
        }
        Ok(())
    }

    fn take_picture_receipt(
        &self,
        answer: &ChunkAnswer,
        report: &mut AnswerReport,
    ) -> Result<(), Error> {
        let taken = self.write(|tx| -> Result<_, Error> {
            let server_key = device::get(tx)?.server_key;
            let Some(receipt) = &answer.receipt else {
                return Ok(false);
            };
            let kept = picture::list(tx, Some(&receipt.subject))?;
            let kept = kept.into_iter().find(|p| p.content == receipt.content);
            let Some(kept) = kept.filter(|_| receipt.verify(&server_key).is_ok()) else {
                return Ok(false);
            };
            let length = kept.length;
            picture::set_sent(tx, &kept, length, Some(receipt.received_at))?;
            Ok(true)
        })?;
        if taken {
            report.pictures += 1;
        } else {
            report.passed_over += 1;
        }
        Ok(())
    }
}

/// Whether the answer speaks of places that this store has written.
fn is_known(db: &Connection, answer: &PushAnswer) -> Result<bool, Error> {
    let ChainRef {
        incarnation, seq, ..
    } = answer.up_to;
    Ok(chain::find(db, incarnation, seq)?.is_some())
}

fn put_pictures(db: &Connection, writer: &mut Writer) -> Result<(), Error> {
    for kept in picture::open(db)? {
        let mut offset = 0;
        while offset < kept.length
            && writer.len() < FULL_BYTES
            && let Some(bytes) = picture::chunk(db, &kept, offset)?
        {
            let chunk = Chunk {
                subject: kept.subject.clone(),
                content: kept.content,
                length: kept.length,
                offset,
                bytes,
            };
            offset += CHUNK_BYTES as u64;
            writer.put(&Part::Chunk(Box::new(chunk)));
        }
    }
    Ok(())
}
