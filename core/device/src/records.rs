//! What an officer sees of each record: only on this device, on its way, arrived, or in need of
//! somebody (`design.md` 1, "it arrived"). Green is a signed receipt and nothing else.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::sync::pull::TaskItem;
use itgel_domain::sync::push::{Flag, PushAnswer, Verdict};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::Error;
use crate::only_here;
use crate::store::chain::{self, Link, LinkState, RecordKind};
use crate::store::{device, draft, process};

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordState {
    /// 草稿: not sealed.
    Draft,
    /// 已存待传: sealed, on this device alone.
    Waiting,
    /// 上传中: in a page on its way.
    Sending,
    /// 已收到: the server's signed receipt is here.
    Received {
        /// When it was received, by the server's clock.
        at: Option<AtMs>,
        /// What a reviewer will look at.
        flags: Vec<Flag>,
    },
    /// 需要您处理.
    NeedsYou(Need),
}

/// Why somebody has to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The server keeps it and sets it aside.
    SetAside(ErrorCode),
    /// The township asks for something.
    Task {
        /// The item that caused it, if one did.
        item: Option<ItemPath>,
        /// What to do, in the reviewer's words.
        text: String,
    },
    /// A restored server lost it, and it lies here alone: the author's device sends it again, or
    /// somebody visits anew.
    OnlyHere {
        /// Who wrote it; `None` for the officer, on an earlier device or before the storage was put back.
        by: Option<OfficerId>,
        /// How many records there are.
        count: u64,
    },
}

/// A record of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub subject: SubjectId,
    /// What it is; a draft and a task are of a visit.
    pub kind: RecordKind,
    /// The cycle of a visit or ballot.
    pub cycle: Option<CycleId>,
    /// Its place in the chain, once it is sealed.
    pub at: Option<ChainRef>,
    /// The first digits of its id, as on the slip of the household.
    pub code: String,
    /// When it was written, by the device's clock.
    pub written_at: Option<AtMs>,
    /// Where it stands.
    pub state: RecordState,
}

/// How many records stand where, over the whole device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Sealed and not answered by the server.
    pub waiting: u64,
    /// Set aside by the server, or asked for by the township.
    pub needs_you: u64,
}

/// The records of a subject in a cycle: what needs somebody first, then the draft, then the sealed
/// ones, newest first.
pub(crate) fn records(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<Record>, Error> {
    let own = device::get(db)?.id;
    let tasks = process::tasks(db, Some((subject, cycle)))?;
    let mut records: Vec<Record> = tasks.into_iter().map(asked).collect();
    records.extend(only_here::list(db, Some(subject))?);
    if draft::exists(db, subject, cycle)? {
        records.push(unsealed(subject, cycle, RecordState::Draft));
    }
    for link in chain::links_of(db, subject)? {
        if link.cycle.as_ref().is_none_or(|c| c == cycle) {
            records.extend(sealed(&own, link));
        }
    }
    Ok(records)
}

/// Everything on the device that needs somebody.
pub(crate) fn needs(db: &Connection) -> Result<Vec<Record>, Error> {
    let own = device::get(db)?.id;
    let set_aside = chain::links_in_need(db)?
        .into_iter()
        .filter_map(|link| sealed(&own, link));
    let asked = process::tasks(db, None)?.into_iter().map(asked);
    Ok(asked.chain(set_aside).collect())
}

pub(crate) fn summary(db: &Connection) -> Result<Summary, Error> {
    Ok(Summary {
        waiting: chain::open_count(db)?,
        needs_you: needs(db)?.len() as u64,
    })
}

/// The signed receipt of the envelope at `at`, if it is an own one that was answered.
pub(crate) fn receipt(db: &Connection, at: &ChainRef) -> Result<Option<PushAnswer>, Error> {
    if device::get(db)?.id != at.device {
        return Ok(None);
    }
    Ok(chain::find_receipt(db, at.incarnation, at.seq)?)
}

fn sealed(own: &itgel_domain::id::DeviceId, link: Link) -> Option<Record> {
    let state = match (link.state, link.verdict) {
        (LinkState::Waiting, _) => RecordState::Waiting,
        (LinkState::Sending, _) => RecordState::Sending,
        (LinkState::Received, verdict) => RecordState::Received {
            at: link.received_at,
            flags: match verdict {
                Some(Verdict::AcceptedFlagged(flags)) => flags,
                _ => Vec::new(),
            },
        },
        (LinkState::NeedsYou, verdict) => RecordState::NeedsYou(Need::SetAside(match verdict {
            Some(Verdict::Quarantined(code) | Verdict::Refused(code)) => code,
            _ => ErrorCode::EnvelopeGap,
        })),
        (LinkState::Moved | LinkState::Erased, _) => return None,
    };
    Some(Record {
        subject: link.subject,
        kind: link.kind,
        cycle: link.cycle,
        at: Some(ChainRef {
            device: own.clone(),
            incarnation: link.incarnation,
            seq: link.seq,
        }),
        code: link.id.short(),
        written_at: Some(link.written_at),
        state,
    })
}

fn asked(task: TaskItem) -> Record {
    let state = RecordState::NeedsYou(Need::Task {
        item: task.item,
        text: task.text,
    });
    unsealed(&task.subject, &task.cycle, state)
}

fn unsealed(subject: &SubjectId, cycle: &CycleId, state: RecordState) -> Record {
    Record {
        subject: subject.clone(),
        kind: RecordKind::File,
        cycle: Some(cycle.clone()),
        at: None,
        code: String::new(),
        written_at: None,
        state,
    }
}
