//! What a list of a gacha shows above its rows, and the rules that a screen puts into words.

use std::sync::Arc;

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::identity::Person;
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::sync::hello::DivisionName;
use itgel_domain::sync::media::CHUNK_BYTES;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use crate::error::Error;
use crate::rules::Told;
use crate::store::picture::KeptPicture;
use crate::store::subject::{self, Listed, Progress};
use crate::store::{division_name, draft, picture};
use crate::visit::subject_row;
use crate::{Device, Listing};

/// Where a subject stands in a cycle, as one word for a list: the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// 需要您处理: set aside by the server, or asked for by the township.
    NeedsYou,
    /// 草稿: something is drafted.
    Draft,
    /// 已封存待传: sealed, and no receipt yet.
    Waiting,
    /// 已收到: everything has its receipt.
    Received,
    /// 待入户: nothing of the campaign here yet, be the people known or not.
    ToVisit,
}

impl Listed {
    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        if self.needs_you > 0 {
            Standing::NeedsYou
        } else if self.has_draft {
            Standing::Draft
        } else if self.sealed > 0 || (self.received > 0 && self.waiting > 0) {
            Standing::Waiting
        } else if self.received > 0 {
            Standing::Received
        } else {
            Standing::ToVisit
        }
    }
}

impl Device {
    /// The gachas of which subjects are here, with how many, by code.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn gachas(&self) -> Result<Vec<(DivisionCode, u64)>, Error> {
        self.read(|db| Ok(subject::divisions(db)?))
    }

    /// What the divisions of the lists are called, by code; none before the first contact.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn division_names(&self) -> Result<Vec<DivisionName>, Error> {
        self.read(|db| Ok(division_name::list(db)?))
    }

    /// How far a division is in a cycle.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn progress(&self, division: DivisionCode, cycle: &CycleId) -> Result<Progress, Error> {
        self.read(|db| Ok(subject::progress(db, division, cycle)?))
    }

    /// How many subjects a listing has on all its pages.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn count_listed(&self, listing: &Listing<'_>) -> Result<u64, Error> {
        let patterns = crate::people::search_patterns(listing.search);
        self.read(|db| Ok(subject::count_listed(db, listing, patterns.as_ref())?))
    }

    /// Keeps the people of a subject as they are being written down, whole or not.
    ///
    /// # Errors
    /// As [`Device::put_value`].
    pub fn put_drafted_people(
        &self,
        id: &SubjectId,
        people: &[Person],
        now: AtMs,
    ) -> Result<(), Error> {
        self.enter(now, |tx| {
            subject_row(tx, id)?;
            Ok(draft::put_people(tx, id, people, now)?)
        })
    }

    /// Takes the drafted people of a subject back.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn clear_drafted_people(&self, id: &SubjectId) -> Result<(), Error> {
        self.write(|tx| Ok(draft::delete_people(tx, id)?))
    }

    /// The people of a subject that were written down and not saved yet.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn drafted_people(&self, id: &SubjectId) -> Result<Option<Vec<Person>>, Error> {
        self.read(|db| Ok(draft::people(db, id)?))
    }

    /// Whether the bytes of a picture are here.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn holds_picture(&self, kept: &KeptPicture) -> Result<bool, Error> {
        self.read(|db| Ok(picture::chunk(db, kept, 0)?.is_some()))
    }

    /// The bytes of a picture of a subject; `None` for one that was never here or was let go.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn picture(&self, id: &SubjectId, content: &Hash) -> Result<Option<Vec<u8>>, Error> {
        self.read(|db| {
            let kept = picture::list(db, Some(id))?.into_iter();
            let Some(kept) = kept.into_iter().find(|one| one.content == *content) else {
                return Ok(None);
            };
            let mut bytes = Vec::new();
            let mut at = 0;
            while at < kept.length {
                let Some(chunk) = picture::chunk(db, &kept, at)? else {
                    return Ok(None);
                };
                bytes.extend(chunk);
                at += CHUNK_BYTES as u64;
            }
            Ok(Some(bytes))
        })
    }

    /// Bytes that the store takes on its disk.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        let files = ["", "-wal", "-shm", ".key"].map(|end| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(end);
            std::fs::metadata(name).map_or(0, |file| file.len())
        });
        files.into_iter().sum()
    }

    /// The rules that rate a subject on a day: a screen takes reasons and coefficients from them.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`]; [`Error::PackMissing`], [`Error::ParametersMissing`] before
    /// rules came.
    pub fn rules_for(
        &self,
        id: &SubjectId,
        on: Date,
    ) -> Result<(Arc<RulePack>, Arc<Parameters>), Error> {
        self.read(|db| {
            let home = subject_row(db, id)?;
            let rules = self.rules.get(db)?;
            let on = Told::on(db, on)?;
            Ok((rules.pack_for(&home, on)?, rules.parameters_for(&home, on)?))
        })
    }
}
