//! Photos in a run: taken with an entry that names them, sent in chunks behind it, and still on
//! the server once the device has the receipt.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::time::AtMs;
use itgel_server::{ServiceError, media, store};

use super::failure::{Outcome, fails};
use super::fleet::Fleet;
use super::host::Host;
use super::phone::Phone;
use crate::scan::scan;

/// Hashes in a small picture: one chunk.
const SMALL: u32 = 60;

/// Hashes in a large one: three chunks, between which a link can break.
const LARGE: u32 = 2_200;

/// Pictures by what they are, with whom they show.
pub(super) type Pictures = BTreeMap<Hash, SubjectId>;

impl Phone<'_> {
    /// Photographs the herd of a household.
    pub(super) fn photograph(
        &mut self,
        household: usize,
        value: u32,
        now: AtMs,
    ) -> Outcome<String> {
        let size = if value.is_multiple_of(3) {
            LARGE
        } else {
            SMALL
        };
        let bytes = scan(value, size);
        let subject = self.subject(household).clone();
        let written = self.device().put_evidence(
            &subject,
            vec!["herd.sheep".parse()?],
            &bytes,
            self.clock(now),
        );
        if written.is_ok() {
            let content = Hash::of_file(&bytes);
            self.book.pictures.insert(content, subject);
        }
        self.written(written)
    }

    /// The pictures for which this device has the server's receipt.
    pub(super) fn receipted_pictures(&self) -> Outcome<Pictures> {
        let mut receipted = Pictures::new();
        for (content, subject) in &self.book.pictures {
            let kept = self.device().pictures(subject)?;
            let is_received =
                |p: &itgel_device::KeptPicture| p.content == *content && p.received_at.is_some();
            if kept.iter().any(is_received) {
                receipted.insert(*content, subject.clone());
            }
        }
        Ok(receipted)
    }
}

/// The receipted pictures that the server has whole, or that a device can still send.
pub(super) fn held(fleet: &Fleet<'_>) -> Outcome<BTreeSet<Hash>> {
    let host = fleet.host.borrow();
    let mut held = BTreeSet::new();
    for (content, subject) in fleet.shown.borrow().iter() {
        let mut is_there = is_whole(&host, subject, content)?;
        for phone in &fleet.phones {
            is_there = is_there || phone.device().picture(subject, content)?.is_some();
        }
        if is_there {
            held.insert(*content);
        }
    }
    Ok(held)
}

/// When all is quiet: what was receipted is on the server, every picture is still on the device
/// that took it, and only what no entry announces waits.
pub(super) fn are_whole(fleet: &Fleet<'_>) -> Outcome<()> {
    let host = fleet.host.borrow();
    for (content, subject) in fleet.shown.borrow().iter() {
        let is_excused = fleet.excused.contains(content) || fleet.erased.contains(subject);
        if !is_excused && !is_whole(&host, subject, content)? {
            return fails(format!("a picture was receipted and is lost: {content}"));
        }
    }
    for (phone, number) in fleet.phones.iter().zip(0..) {
        let pictures = phone.book.pictures.iter();
        for (content, subject) in pictures.filter(|(_, subject)| !fleet.erased.contains(subject)) {
            let kept = phone.device().pictures(subject)?;
            let Some(kept) = kept.into_iter().find(|p| p.content == *content) else {
                return fails(format!("device {number} lost the picture {content}"));
            };
            let is_there = is_whole(&host, subject, content)?;
            if kept.received_at.is_some() && !is_there {
                return fails(format!("device {number} believes {content} to be received"));
            }
            if kept.received_at.is_none() && is_announced(&host, subject, content)? {
                return fails(format!("the picture {content} waits when all is quiet"));
            }
        }
    }
    Ok(())
}

fn is_whole(host: &Host, subject: &SubjectId, content: &Hash) -> Outcome<bool> {
    let service = host.service();
    let read = service
        .store
        .read(|c| media::read(service, c, subject, content))?;
    Ok(read.is_some_and(|bytes| Hash::of_file(&bytes) == *content))
}

fn is_announced(host: &Host, subject: &SubjectId, content: &Hash) -> Outcome<bool> {
    let row = host.service().store.read(|c| {
        let row = store::media::get(c, subject, content)?;
        Ok::<_, ServiceError>(row)
    })?;
    Ok(row.is_some())
}
