//! The own chains: what was written, where it stands, and what the server said of it.

use itgel_domain::file::chain::{ChainHead, SignedHead};
use itgel_domain::file::envelope::Body;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, SubjectId};
use itgel_domain::sync::push::{PushAnswer, Verdict};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, count, int, optional_word, word};

/// Where an own envelope stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// On this device alone.
    Waiting,
    /// In a page that is on its way; waiting again if no answer comes.
    Sending,
    /// The server's signed receipt is here.
    Received,
    /// The server set it aside, with a reason.
    NeedsYou,
    /// Written again in a later incarnation.
    Moved,
    /// Its subject was erased; the content is gone.
    Erased,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Part of a visit: entries of the file.
    File,
    /// Who the people of a subject are.
    Identity,
    /// What an evaluator says: no part of a visit.
    Ballot,
    /// An objection that was taken down.
    Objection,
    /// What the gacha's group says of a computed grade.
    Review,
}

/// An own envelope without its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) incarnation: u32,
    pub(crate) seq: u64,
    pub(crate) id: Hash,
    pub(crate) kind: RecordKind,
    /// The chain's hash after it.
    pub(crate) head: Hash,
    pub(crate) subject: SubjectId,
    /// Of a visit or a ballot.
    pub(crate) cycle: Option<CycleId>,
    pub(crate) state: LinkState,
    pub(crate) verdict: Option<Verdict>,
    /// By the server's clock.
    pub(crate) received_at: Option<AtMs>,
    pub(crate) written_at: AtMs,
}

/// An own envelope on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) seq: u64,
    pub(crate) head: Hash,
    /// `None` once its subject was erased.
    pub(crate) bytes: Option<Vec<u8>>,
}

const LINK: &str = "select * from link";

impl LinkState {
    const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Sending,
        Self::Received,
        Self::NeedsYou,
        Self::Moved,
        Self::Erased,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Received => "received",
            Self::NeedsYou => "needs_you",
            Self::Moved => "moved",
            Self::Erased => "erased",
        }
    }

    /// Not answered by the server yet.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }

    /// Its envelope is still here under this place.
    pub(crate) const fn has_content(self) -> bool {
        !matches!(self, Self::Moved | Self::Erased)
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let text: String = row.get("state")?;
        let state = Self::ALL.into_iter().find(|s| s.as_str() == text);
        state.ok_or(StoreError::Corrupt { what: "link.state" })
    }
}

impl RecordKind {
    const ALL: [Self; 5] = [
        Self::File,
        Self::Identity,
        Self::Ballot,
        Self::Objection,
        Self::Review,
    ];

    /// What a body is kept as.
    pub(crate) const fn of(body: &Body) -> Self {
        match body {
            Body::File(_) => Self::File,
            Body::Identity(_) => Self::Identity,
            Body::Ballot(_) => Self::Ballot,
            Body::Objection(_) => Self::Objection,
            Body::Review(_) => Self::Review,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Identity => "identity",
            Self::Ballot => "ballot",
            Self::Objection => "objection",
            Self::Review => "review",
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let text: String = row.get("kind")?;
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        kind.ok_or(StoreError::Corrupt { what: "link.kind" })
    }
}

pub(crate) fn insert(tx: &Transaction<'_>, link: &Link) -> Result<(), StoreError> {
    tx.prepare_cached(
        "insert into link (incarnation, seq, id, kind, head, subject, cycle, state, written_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        link.incarnation,
        int(link.seq),
        link.id.to_string(),
        link.kind.as_str(),
        link.head.to_string(),
        link.subject.as_str(),
        link.cycle.as_ref().map(CycleId::as_str),
        link.state.as_str(),
        link.written_at.0,
    ])?;
    Ok(())
}

/// Where the chain of `incarnation` stands.
pub(crate) fn head(
    db: &Connection,
    device: &DeviceId,
    incarnation: u32,
) -> Result<ChainHead, StoreError> {
    let mut query = db.prepare_cached(
        "select seq, head from link where incarnation = ?1 order by seq desc limit 1",
    )?;
    let head = column::first(query.query([incarnation])?, read_head)?;
    Ok(head.unwrap_or_else(|| ChainHead::start(device, incarnation)))
}

/// Where the chain of `incarnation` stood after `seq`.
pub(crate) fn head_at(
    db: &Connection,
    device: &DeviceId,
    incarnation: u32,
    seq: u64,
) -> Result<Option<ChainHead>, StoreError> {
    if seq == 0 {
        return Ok(Some(ChainHead::start(device, incarnation)));
    }
    let mut query =
        db.prepare_cached("select seq, head from link where incarnation = ?1 and seq = ?2")?;
    column::first(query.query(params![incarnation, int(seq)])?, read_head)
}

/// The link at a place.
pub(crate) fn find(
    db: &Connection,
    incarnation: u32,
    seq: u64,
) -> Result<Option<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!("{LINK} where incarnation = ?1 and seq = ?2"))?;
    column::first(query.query(params![incarnation, int(seq)])?, read)
}

/// All links of an incarnation, in order.
pub(crate) fn links(db: &Connection, incarnation: u32) -> Result<Vec<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!("{LINK} where incarnation = ?1 order by seq"))?;
    column::all(query.query([incarnation])?, read)
}

/// The links of a subject, newest first.
pub(crate) fn links_of(db: &Connection, subject: &SubjectId) -> Result<Vec<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "{LINK} where subject = ?1 order by incarnation desc, seq desc"
    ))?;
    column::all(query.query([subject.as_str()])?, read)
}

/// The links that the server has not answered, in the order they were written.
pub(crate) fn open_links(db: &Connection) -> Result<Vec<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "{LINK} where state in ('waiting', 'sending') order by incarnation, seq"
    ))?;
    column::all(query.query([])?, read)
}

/// The links that the server has answered, in the order they were written.
pub(crate) fn answered_links(db: &Connection) -> Result<Vec<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "{LINK} where state in ('received', 'needs_you') order by incarnation, seq"
    ))?;
    column::all(query.query([])?, read)
}

/// The links that wait for their officer, oldest first.
pub(crate) fn links_in_need(db: &Connection) -> Result<Vec<Link>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "{LINK} where state = 'needs_you' order by incarnation, seq"
    ))?;
    column::all(query.query([])?, read)
}

/// How many links the server has not answered.
pub(crate) fn open_count(db: &Connection) -> Result<u64, StoreError> {
    let sql = "select count(*) as n from link where state in ('waiting', 'sending')";
    let open = column::first(db.prepare_cached(sql)?.query([])?, |row| {
        count(row, "n", "link")
    })?;
    Ok(open.unwrap_or(0))
}

/// The incarnations that have links, oldest first.
pub(crate) fn incarnations(db: &Connection) -> Result<Vec<u32>, StoreError> {
    let mut query = db.prepare_cached("select distinct incarnation from link order by 1")?;
    column::all(query.query([])?, |row| Ok(row.get(0)?))
}

/// The chain from `from` on, as far as a page can reach.
pub(crate) fn outgoing(
    db: &Connection,
    device: &DeviceId,
    incarnation: u32,
    from: u64,
    most: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let mut query = db.prepare_cached(
        "select link.seq, link.head, envelope.bytes
         from link left join envelope
           on envelope.device = ?1 and envelope.incarnation = link.incarnation
              and envelope.seq = link.seq
         where link.incarnation = ?2 and link.seq >= ?3 order by link.seq limit ?4",
    )?;
    let most = int(most as u64);
    let rows = query.query(params![device.as_str(), incarnation, int(from), most])?;
    column::all(rows, |row| {
        Ok(Outgoing {
            seq: count(row, "seq", "link.seq")?,
            head: word(row, "head", "link.head")?,
            bytes: row.get("bytes")?,
        })
    })
}

pub(crate) fn set_state(
    tx: &Transaction<'_>,
    incarnation: u32,
    seq: u64,
    state: LinkState,
) -> Result<(), StoreError> {
    tx.prepare_cached("update link set state = ?3 where incarnation = ?1 and seq = ?2")?
        .execute(params![incarnation, int(seq), state.as_str()])?;
    Ok(())
}

/// Marks the open links of a page as being sent.
pub(crate) fn set_sending(
    tx: &Transaction<'_>,
    incarnation: u32,
    from: u64,
    up_to: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update link set state = 'sending'
         where incarnation = ?1 and seq between ?2 and ?3 and state = 'waiting'",
    )?
    .execute(params![incarnation, int(from), int(up_to)])?;
    Ok(())
}

/// What was being sent when the answer failed to come waits again.
pub(crate) fn reset_sending(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("update link set state = 'waiting' where state = 'sending'")?
        .execute([])?;
    Ok(())
}

/// What the server no longer has waits again: it lies behind where the server's chain ends.
pub(crate) fn reopen_after(
    tx: &Transaction<'_>,
    incarnation: u32,
    seq: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "update link set state = 'waiting', verdict = null, received_at = null
         where incarnation = ?1 and seq > ?2 and state not in ('moved', 'erased')",
    )?
    .execute(params![incarnation, int(seq)])?;
    Ok(())
}

/// Keeps the server's word on an envelope.
pub(crate) fn set_verdict(
    tx: &Transaction<'_>,
    incarnation: u32,
    seq: u64,
    verdict: &Verdict,
    received_at: Option<AtMs>,
) -> Result<(), StoreError> {
    let state = if verdict.is_received() {
        LinkState::Received
    } else {
        LinkState::NeedsYou
    };
    tx.prepare_cached(
        "update link set state = ?3, verdict = ?4, received_at = coalesce(?5, received_at)
         where incarnation = ?1 and seq = ?2 and state not in ('moved', 'erased')",
    )?
    .execute(params![
        incarnation,
        int(seq),
        state.as_str(),
        column::to_cbor(verdict, "link.verdict")?,
        received_at.map(|at| at.0),
    ])?;
    Ok(())
}

pub(crate) fn insert_signed_head(
    tx: &Transaction<'_>,
    head: &SignedHead,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into signed_head values (?1, ?2, ?3, ?4)")?
        .execute(params![
            head.at.incarnation,
            int(head.at.seq),
            head.hash.to_string(),
            head.signature
        ])?;
    Ok(())
}

pub(crate) fn find_signed_head(
    db: &Connection,
    device: &DeviceId,
    incarnation: u32,
    seq: u64,
) -> Result<Option<SignedHead>, StoreError> {
    let mut query =
        db.prepare_cached("select * from signed_head where incarnation = ?1 and seq = ?2")?;
    column::first(query.query(params![incarnation, int(seq)])?, |row| {
        Ok(SignedHead {
            at: itgel_domain::file::ChainRef {
                device: device.clone(),
                incarnation,
                seq,
            },
            hash: word(row, "hash", "signed_head.hash")?,
            signature: row.get("signature")?,
        })
    })
}

pub(crate) fn insert_receipt(tx: &Transaction<'_>, answer: &PushAnswer) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into receipt values (?1, ?2, ?3, ?4)")?
        .execute(params![
            answer.up_to.incarnation,
            int(answer.from_seq),
            int(answer.up_to.seq),
            column::to_cbor(answer, "receipt.answer")?,
        ])?;
    Ok(())
}

/// The newest receipt that speaks of the envelope at `seq`; an older one may be of before a restore
/// of the server.
pub(crate) fn find_receipt(
    db: &Connection,
    incarnation: u32,
    seq: u64,
) -> Result<Option<PushAnswer>, StoreError> {
    let mut query = db.prepare_cached(
        "select answer from receipt where incarnation = ?1 and ?2 between from_seq and up_to_seq
         order by up_to_seq desc",
    )?;
    let answers: Vec<PushAnswer> =
        column::all(query.query(params![incarnation, int(seq)])?, |row| {
            column::cbor(row, "answer", "receipt.answer")
        })?;
    // Of equal ones the first, which reaches furthest.
    Ok(answers
        .into_iter()
        .rev()
        .max_by_key(|answer| answer.received_at))
}

fn read(row: &Row<'_>) -> Result<Link, StoreError> {
    let verdict: Option<Vec<u8>> = row.get("verdict")?;
    let verdict = verdict.map(|bytes| minicbor::decode(&bytes)).transpose();
    let received_at: Option<i64> = row.get("received_at")?;
    Ok(Link {
        incarnation: row.get("incarnation")?,
        seq: count(row, "seq", "link.seq")?,
        id: word(row, "id", "link.id")?,
        kind: RecordKind::read(row)?,
        head: word(row, "head", "link.head")?,
        subject: word(row, "subject", "link.subject")?,
        cycle: optional_word(row, "cycle", "link.cycle")?,
        state: LinkState::read(row)?,
        verdict: verdict.map_err(|_| StoreError::Corrupt {
            what: "link.verdict",
        })?,
        received_at: received_at.map(AtMs),
        written_at: AtMs(row.get("written_at")?),
    })
}

fn read_head(row: &Row<'_>) -> Result<ChainHead, StoreError> {
    Ok(ChainHead {
        seq: count(row, "seq", "link.seq")?,
        hash: word(row, "head", "link.head")?,
    })
}
