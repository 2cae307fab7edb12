//! A device's bundle on a card or a cable (`docs/sync.md`): the same pages through the same door,
//! and an answer as a file.
//!
//! Taking a bundle twice, or after the network brought the same, changes nothing: every part is
//! idempotent by itself. Of a bundle that was cut, what came before the cut is taken.

use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::bundle::{FULL_BYTES, Opening, Part, Reader, Writer};
use itgel_domain::sync::hello::{HelloAnswer, ListEnd};
use itgel_domain::sync::pull::Pull;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::device::DeviceStatus;
use crate::store::intake_count::{BUNDLE_REFUSED, PART_REFUSED};
use crate::sync::DeviceSession;
use crate::{ingest, media, store};

/// Most bytes of a page before compression.
const PAGE_BYTES: u32 = 64 * 1024;

/// What became of a bundle.
#[derive(Debug)]
pub struct Taken {
    /// Whose it is.
    pub device: DeviceId,
    /// Records that were answered.
    pub records: u64,
    /// Of these, records that wait or were set aside.
    pub except: u64,
    /// Photos and scans that are whole now.
    pub pictures: u64,
    /// Pages of lists for the device.
    pub pages: u64,
    /// Parts that were refused as a whole, by their codes.
    pub refused: Vec<ErrorCode>,
    /// Whether it was read to its end.
    pub is_whole: bool,
    /// The answer for the device, sealed to it.
    pub answer: Vec<u8>,
}

/// A bundle that is being taken.
struct Taking<'a> {
    service: &'a Service,
    session: DeviceSession,
    answer: Writer,
    taken: Taken,
}

/// Takes a device's bundle and writes the answer.
///
/// # Errors
/// [`ErrorCode::BundleMalformed`] if not even its opening can be read,
/// [`ErrorCode::BundleForeign`] if it is for another server or its device did not sign it,
/// [`ErrorCode::BundleKeyGone`] if the key that it is sealed to is not kept any more;
/// [`ServiceError`] of the database.
pub fn take(service: &Service, bytes: &[u8]) -> Result<Taken, ServiceError> {
    let taken = take_uncounted(service, bytes);
    match &taken {
        Ok(taken) => count(service, PART_REFUSED, &taken.refused)?,
        Err(ServiceError::Refused { code, .. }) if !is_ours(*code) => {
            count(service, BUNDLE_REFUSED, &[*code])?;
        }
        Err(_) => {}
    }
    taken
}

/// Counts refusals for the operator.
fn count(service: &Service, what: &'static str, codes: &[ErrorCode]) -> Result<(), ServiceError> {
    if codes.is_empty() {
        return Ok(());
    }
    let codes = codes.to_vec();
    service.transact("bundle.count", move |_, tx| {
        let mut codes = codes.iter();
        codes.try_for_each(|code| Ok(store::intake_count::add(tx, what, code.as_str(), 1)?))
    })
}

fn take_uncounted(service: &Service, bytes: &[u8]) -> Result<Taken, ServiceError> {
    let mut reader = service
        .keys
        .open_bundle(bytes, service.now(), service.config.retired_key_days)
        .map_err(|e| e.code())?;
    let header = reader.header();
    let first = reader.next_part().map_err(|e| e.code())?;
    let Some(Part::Opening(opening)) = first else {
        return Err(ErrorCode::BundleMalformed.into());
    };
    let mut taking = Taking::begin(service, &opening, &header)?;
    // The keys first: a device that sealed to a retired one follows before it checks receipts.
    let first = taking.session.welcome(&opening.hello)?;
    taking.answer.put(&Part::Welcome(Box::new(first)));
    taking.take_parts(&mut reader)?;
    let welcome = taking.session.welcome(&opening.hello)?;
    taking.answer.put(&Part::Welcome(Box::new(welcome.clone())));
    taking.give_pages(&opening, &welcome)?;
    let Taking { answer, taken, .. } = taking;
    Ok(Taken {
        answer: answer.end(),
        ..taken
    })
}

impl<'a> Taking<'a> {
    fn begin(service: &'a Service, opening: &Opening, header: &Hash) -> Result<Self, ServiceError> {
        let id = &opening.hello.device;
        let device = service.store.read(|c| store::device::get(c, id))?;
        let device = device.ok_or(ErrorCode::BundleForeign)?;
        opening
            .verify(device.suite, &device.public_key, header)
            .map_err(|_| ErrorCode::BundleForeign)?;
        let reply_key = data_encoding::HEXLOWER.decode(opening.reply_key.as_bytes());
        let reply_key = reply_key.map_err(|_| ErrorCode::BundleMalformed)?;
        let answer = Writer::new(&reply_key, &random()?).map_err(|e| e.code())?;
        Ok(Self {
            service,
            session: DeviceSession::new(service.clone(), device.clone()),
            answer,
            taken: Taken {
                device: device.id,
                records: 0,
                except: 0,
                pictures: 0,
                pages: 0,
                refused: Vec::new(),
                is_whole: false,
                answer: Vec::new(),
            },
        })
    }

    fn take_parts(&mut self, reader: &mut Reader<'_>) -> Result<(), ServiceError> {
        loop {
            let part = match reader.next_part() {
                Ok(Some(part)) => part,
                Ok(None) => {
                    self.taken.is_whole = true;
                    return Ok(());
                }
                Err(_) => return Ok(()),
            };
            match self.take_part(part) {
                Ok(()) => {}
                // About this part alone; whatever else comes up is ours and ends it.
                Err(ServiceError::Refused { code, .. }) if !is_ours(code) => {
                    self.taken.refused.push(code);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn take_part(&mut self, part: Part) -> Result<(), ServiceError> {
        match part {
            Part::Push(push) => {
                let answer = ingest::push_carried(self.service, &self.session.device, *push)?;
                let places = (answer.up_to.seq + 1).saturating_sub(answer.from_seq);
                self.taken.records += places;
                self.taken.except += answer.except.len() as u64;
                self.answer.put(&Part::Receipt(Box::new(answer)));
            }
            Part::Chunk(chunk) => {
                let end = chunk.offset.saturating_add(chunk.bytes.len() as u64);
                let is_last = end >= chunk.length;
                let answer = media::take(self.service, &self.session.device, *chunk)?;
                if is_last && answer.receipt.is_some() {
                    self.taken.pictures += 1;
                    self.answer.put(&Part::ChunkAnswer(Box::new(answer)));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What stands in the lists after the device's cursors, as far as a bundle holds it; the rest
    /// comes with the next one.
    fn give_pages(&mut self, opening: &Opening, welcome: &HelloAnswer) -> Result<(), ServiceError> {
        if self.session.device.status != DeviceStatus::Active {
            return Ok(());
        }
        for list in &welcome.lists {
            let cursors = opening.hello.cursors.iter();
            let own = cursors.filter(|c| c.division == list.division);
            let after = own.map(|c| c.position).max().unwrap_or(0);
            self.give_list(list, after)?;
        }
        Ok(())
    }

    fn give_list(&mut self, list: &ListEnd, mut after: u64) -> Result<(), ServiceError> {
        while after < list.position && self.answer.len() < FULL_BYTES {
            let page = self.session.pull(&Pull {
                division: list.division,
                after,
                max_bytes: PAGE_BYTES,
                brief: None,
            })?;
            let Some(last) = page.items.last().map(|item| item.position) else {
                return Ok(());
            };
            after = last;
            self.taken.pages += 1;
            self.answer.put(&Part::Page(Box::new(page)));
        }
        Ok(())
    }
}

/// Whether a refusal speaks of the server and not of what came.
const fn is_ours(code: ErrorCode) -> bool {
    matches!(
        code.kind(),
        Kind::Internal | Kind::Unavailable | Kind::StorageFull
    )
}
