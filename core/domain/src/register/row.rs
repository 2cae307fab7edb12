//! A register row as it is stored and as it travels, and the context that rows give a subject on
//! a day. Device and server form the context here and nowhere else, so that the same rows give
//! the same inputs on both sides.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    BarredOfficers, Centi, Commitment, CreditRecord, Disaster, DivisionFacts, FodderRecord, Honour,
    JointGroup, LandUse, Lease, ListEntry, OverstockOrder, PeerEvaluation, Predecessor,
    PublicRecord, Quota, RelatedStanding, TitleHeld, VetoFact,
};
use crate::assess::Context;
use crate::division::DivisionCode;
use crate::file::facts::FileFacts;
use crate::id::{RowId, SubjectId};
use crate::rights::consent::CollectionPurpose;
use crate::subject::Subject;

/// A row of a register. It is never edited: a row with the same register, object and key and a
/// higher revision takes its place.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct RegisterRow {
    /// Its identifier.
    #[n(0)]
    pub id: RowId,
    /// Where it applies: the division itself and everything in it.
    #[n(1)]
    pub division: DivisionCode,
    /// Whom it is about; absent for a row about the division.
    #[n(2)]
    pub subject: Option<SubjectId>,
    /// What it is about within the register (a plot, a court's reference); empty where a subject
    /// has one row only.
    #[n(3)]
    pub key: String,
    /// Counts the rows with the same register, object and key, from 1.
    #[n(4)]
    pub revision: u32,
    /// First day of validity.
    #[n(5)]
    #[cbor(with = "crate::time::day_cbor")]
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    #[n(6)]
    #[cbor(with = "crate::time::last_day_cbor")]
    pub valid_to: Option<Date>,
    /// Who keeps the register, with its reference.
    #[n(7)]
    pub source: String,
    /// What it says.
    #[n(8)]
    #[cbor(with = "content_cbor")]
    pub content: RegisterContent,
}

/// What a newer revision takes the place of: register, subject, division of a row about none, key.
pub(crate) type Place<'a> = (
    &'static str,
    Option<&'a SubjectId>,
    Option<DivisionCode>,
    &'a str,
);

/// What a row says, by its register.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "register", content = "row", rename_all = "snake_case")]
pub enum RegisterContent {
    /// The lenders' ledger.
    Credit(CreditRecord),
    /// A fact that stands against a rating.
    Veto(VetoFact),
    /// A public credit record of any class but serious dishonesty.
    PublicRecord(PublicRecord),
    /// An entry of an official list.
    ListEntry(ListEntry),
    /// An honour.
    Honour(Honour),
    /// A credit commitment.
    Commitment(Commitment),
    /// Whether the ear-tag or digital herd register was verified.
    HerdRegister(bool),
    /// A declared disaster.
    Disaster(Disaster),
    /// A pasture quota.
    Quota(Quota),
    /// A lease.
    Lease(Lease),
    /// A joint-herd group.
    JointGroup(JointGroup),
    /// What the registers of land and animals say of the subject, resolved ([`crate::land`]).
    Land(Box<LandUse>),
    /// The peer evaluation: published once it was held.
    Peer(PeerEvaluation),
    /// An order to correct overstock.
    OverstockOrder(OverstockOrder),
    /// The day on which a household came to be by division or immigration.
    Founded(Date),
    /// Mean operated cropland of the division's households, 亩.
    MeanCropland(Centi),
    /// Disposable income of a rural or pastoral resident of the division in a year, fen; the key
    /// is the year.
    IncomeBenchmark(i64),
    /// Median net assets of a household of the division, fen; the key is the year.
    MedianNetAssets(i64),
    /// The fodder reserve as last assessed in season.
    Fodder(FodderRecord),
    /// What stands for or against a person behind an entity or a collective; the key is the
    /// person's household.
    Related(RelatedStanding),
    /// What stands for or against an organisation from which this one comes; the key is that one.
    Predecessor(Box<Predecessor>),
    /// Counts and facts of a village or township.
    Division(Box<DivisionFacts>),
    /// The title that a village or township holds.
    Title(TitleHeld),
    /// A risk tip, by its code.
    Tip(String),
    /// Who must not act for a subject.
    Barred(BarredOfficers),
}

impl RegisterContent {
    /// The word of its register.
    #[must_use]
    pub const fn register(&self) -> &'static str {
        match self {
            Self::Credit(_) => "credit",
            Self::Veto(_) => "veto",
            Self::PublicRecord(_) => "public_record",
            Self::ListEntry(_) => "list_entry",
            Self::Honour(_) => "honour",
            Self::Commitment(_) => "commitment",
            Self::HerdRegister(_) => "herd_register",
            Self::Disaster(_) => "disaster",
            Self::Quota(_) => "quota",
            Self::Lease(_) => "lease",
            Self::JointGroup(_) => "joint_group",
            Self::Land(_) => "land",
            Self::Peer(_) => "peer",
            Self::OverstockOrder(_) => "overstock_order",
            Self::Founded(_) => "founded",
            Self::MeanCropland(_) => "mean_cropland",
            Self::IncomeBenchmark(_) => "income_benchmark",
            Self::MedianNetAssets(_) => "median_net_assets",
            Self::Fodder(_) => "fodder",
            Self::Related(_) => "related",
            Self::Predecessor(_) => "predecessor",
            Self::Division(_) => "division",
            Self::Title(_) => "title",
            Self::Tip(_) => "tip",
            Self::Barred(_) => "barred",
        }
    }
}

impl RegisterContent {
    /// The day on which it is deleted, if it is adverse and about a natural person: five years
    /// after the end of the behaviour (`domain.md` L-06).
    #[must_use]
    pub fn delete_on(&self) -> Option<Date> {
        match self {
            Self::PublicRecord(record) => record.delete_on(),
            Self::ListEntry(entry) => entry.delete_on(),
            _ => None,
        }
    }

    /// What may still be kept on `day` (`domain.md` L-06); a row about a person behind an entity
    /// loses the records of that person whose time is over.
    #[must_use]
    pub fn without_expired(mut self, day: Date) -> Option<Self> {
        match &mut self {
            Self::Related(standing) => drop(standing.forget_expired(day)),
            Self::Predecessor(before) => before.forget_expired(day),
            _ => {}
        }
        (!self.is_due_for_deletion(day)).then_some(self)
    }

    /// Whether nothing may use it any more. A device that was not told yet forms the same inputs
    /// as a server that has deleted it.
    fn is_due_for_deletion(&self, day: Date) -> bool {
        self.delete_on().is_some_and(|due| due <= day)
    }
}

impl RegisterRow {
    /// Whether it speaks of `subject`: named, or living where the row applies. Counts and titles
    /// belong to their division alone, not to what lies in it; a person is related to nobody but
    /// the subject that the row names.
    #[must_use]
    pub fn reaches(&self, subject: &Subject) -> bool {
        match (&self.subject, &self.content) {
            (Some(named), _) => *named == subject.id,
            (None, RegisterContent::Division(_) | RegisterContent::Title(_)) => {
                self.division == subject.division
            }
            (None, RegisterContent::Related(_) | RegisterContent::Predecessor(_)) => false,
            (None, _) => self.division.contains(subject.division),
        }
    }

    /// Whether it can stand: it does not end before it begins, and what is divided by is above
    /// zero.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_figure = match self.content {
            RegisterContent::IncomeBenchmark(fen) | RegisterContent::MedianNetAssets(fen) => {
                fen > 0
            }
            RegisterContent::MeanCropland(mu) => mu.0 > 0,
            _ => true,
        };
        is_figure && self.valid_to.is_none_or(|end| self.valid_from <= end)
    }

    /// Whether it holds on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day <= end)
    }

    /// The rows that speak of `subject` on `as_of`: of each place the newest revision, if it holds
    /// on the day; what reaches farther comes first, so that of values that stand alone the last
    /// one holds. The order of `rows` does not matter.
    #[must_use]
    pub fn in_force<'a>(
        rows: impl IntoIterator<Item = &'a Self>,
        subject: &Subject,
        as_of: Date,
    ) -> Vec<&'a Self> {
        let mut newest = BTreeMap::new();
        for row in rows.into_iter().filter(|row| row.reaches(subject)) {
            let kept = newest.entry(row.place()).or_insert(row);
            if (kept.revision, &kept.id) < (row.revision, &row.id) {
                *kept = row;
            }
        }
        let mut valid: Vec<&Self> = newest
            .into_values()
            .filter(|row| row.holds_on(as_of) && !row.content.is_due_for_deletion(as_of))
            .collect();
        valid.sort_by_key(|row| {
            let level = row.subject.is_none().then(|| row.division.level());
            (
                row.subject.is_some(),
                level,
                row.valid_from,
                row.key.as_str(),
                &row.id,
            )
        });
        valid
    }

    /// What a newer revision takes the place of: register, object and key.
    pub(crate) fn place(&self) -> Place<'_> {
        let division = self.subject.is_none().then_some(self.division);
        (
            self.content.register(),
            self.subject.as_ref(),
            division,
            &self.key,
        )
    }
}

impl Context {
    /// What the registers say of `subject` on `as_of`: of each place the newest revision, if it
    /// holds on the day. Where one value is needed, a row about the subject goes before one about
    /// its division, a smaller division before a larger one, then the later first day. The order
    /// of `rows` does not matter, and rows about others are passed over.
    ///
    /// A credit record or list entry that the registers know as repaired, withdrawn, exonerated or
    /// removed is left out, also where `as_of` lies before that day: from then on all use of it
    /// stops (`domain.md` D.3, L-12).
    ///
    /// Identity and consent are not in registers, see [`Context::of_subject`].
    #[must_use]
    pub fn from_rows<'a>(
        rows: impl IntoIterator<Item = &'a RegisterRow>,
        subject: &Subject,
        as_of: Date,
    ) -> Self {
        let mut context = Self::default();
        let mut before = Vec::new();
        for row in RegisterRow::in_force(rows, subject, as_of) {
            match &row.content {
                RegisterContent::Predecessor(one) => before.push((**one).clone()),
                content => context.take(content.clone()),
            }
        }
        // Beside what stands with the subject itself, which is complete by now.
        before.into_iter().for_each(|one| context.take_over(one));
        context.forget_settled();
        context.forget_expired(as_of);
        context
    }

    /// The whole context of a subject: what the registers say, earlier counts, whether its file
    /// holds a consent that is valid on the day, and whether its identity is verified
    /// ([`crate::identity::IdentityRecord::is_verified`] of the current record).
    #[must_use]
    pub fn of_subject<'a>(
        rows: impl IntoIterator<Item = &'a RegisterRow>,
        subject: &Subject,
        as_of: Date,
        facts: &FileFacts,
        identity_verified: bool,
    ) -> Self {
        Self {
            identity_verified,
            consent_signed: facts
                .consents_valid_on(as_of)
                .iter()
                .any(|view| view.consent.serves(CollectionPurpose::CreditRating)),
            last_stock: facts.last_stock(as_of),
            earlier_count: facts.earlier_count(as_of),
            ..Self::from_rows(rows, subject, as_of)
        }
    }

    /// Adds what the registers of land and animals say of the subject.
    pub fn take_land(&mut self, land: LandUse) {
        self.leases.extend(land.leases);
        self.unregistered_leases.extend(land.unregistered_leases);
        self.disputed_plots.extend(land.disputed_plots);
        self.joint_groups.extend(land.joint_groups);
        self.entrusted.extend(land.entrusted);
    }

    /// Adds what one row says; of values that stand alone the last one holds.
    fn take(&mut self, content: RegisterContent) {
        match content {
            RegisterContent::Credit(record) => self.credit = record,
            RegisterContent::Veto(fact) => self.vetoes.push(fact),
            RegisterContent::PublicRecord(record) => self.public_records.push(record),
            RegisterContent::ListEntry(entry) => self.official_lists.push(entry),
            RegisterContent::Honour(honour) => self.honours.push(honour),
            RegisterContent::Commitment(new) => {
                if self
                    .commitment
                    .as_ref()
                    .is_none_or(|old| new.outweighs(old))
                {
                    self.commitment = Some(new);
                }
            }
            RegisterContent::HerdRegister(verified) => self.herd_register_verified = verified,
            RegisterContent::Disaster(disaster) => self.disasters.push(disaster),
            RegisterContent::Quota(quota) => self.quotas.push(quota),
            RegisterContent::Lease(lease) => self.leases.push(lease),
            RegisterContent::JointGroup(group) => self.joint_groups.push(group),
            RegisterContent::Land(land) => self.take_land(*land),
            RegisterContent::Peer(peer) => self.peer = peer,
            RegisterContent::OverstockOrder(order) => self.overstock_order = Some(order),
            RegisterContent::Founded(day) => self.founded_on = Some(day),
            RegisterContent::MeanCropland(mu) => self.mean_cropland_mu = Some(mu),
            RegisterContent::IncomeBenchmark(fen) => self.income_benchmark_fen = Some(fen),
            RegisterContent::MedianNetAssets(fen) => self.median_net_assets_fen = Some(fen),
            RegisterContent::Fodder(record) => self.last_fodder = Some(record),
            RegisterContent::Related(standing) => self.take_related(standing),
            RegisterContent::Division(facts) => self.division = Some(*facts),
            RegisterContent::Title(title) => self.title = Some(title),
            RegisterContent::Tip(code) => {
                self.tips.insert(code);
            }
            // It says who acts, never what is found; what stood before is taken over last.
            RegisterContent::Barred(_) | RegisterContent::Predecessor(_) => {}
        }
    }

    /// Related persons stand in the order of their ids, each once (`domain.md` G 48).
    fn take_related(&mut self, standing: RelatedStanding) {
        let place = |known: &RelatedStanding| known.subject.cmp(&standing.subject);
        match self.related.binary_search_by(place) {
            Ok(at) => self.related[at] = standing,
            Err(at) => self.related.insert(at, standing),
        }
    }
}

/// Canonical CBOR of the content: its JSON as text, so that a device can keep and pass on a
/// register that it does not score.
mod content_cbor {
    use super::RegisterContent;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub(super) fn encode<C, W: Write>(
        content: &RegisterContent,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        let text = serde_json::to_string(content)
            .map_err(|_| EncodeError::message("a row without a JSON form"))?;
        e.str(&text)?.ok()
    }

    pub(super) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<RegisterContent, DecodeError> {
        let at = d.position();
        serde_json::from_str(d.str()?)
            .map_err(|_| DecodeError::message("no row of a known register").at(at))
    }
}

#[cfg(test)]
mod tests;
