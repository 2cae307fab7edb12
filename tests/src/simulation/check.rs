//! What holds after every run, however it went.

use std::collections::{BTreeMap, BTreeSet};

use itgel_device::OwnState;
use itgel_device::sync::SyncReport;
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::log;
use itgel_server::store::device::DeviceStatus;
use itgel_server::{ServiceError, fold, jobs, store, sync};
use rusqlite::Connection;

use super::album;
use super::chance::Chance;
use super::failure::{Outcome, fails};
use super::fleet::Fleet;
use super::host::Host;
use super::phone::Phone;

/// Most rounds in which every device synchronises once until all are quiet.
const MAX_ROUNDS: u32 = 3;

/// Most files that are built again as documents.
const SAMPLED: usize = 40;

/// Refusals are answers; a fault of the server is none.
pub(super) fn refusal(error: &ServiceError) -> Outcome<String> {
    let code: ErrorCode = error.code();
    if code.kind() == Kind::Internal {
        return fails(format!("the server failed: {error}"));
    }
    Ok(format!("refused {code}"))
}

/// Heals the network and lets every device synchronise, in any order, until none has anything to
/// do any more; how many rounds that took.
pub(super) fn settle(fleet: &mut Fleet<'_>, chance: &mut Chance) -> Outcome<u32> {
    for phone in &mut fleet.phones {
        phone.is_clogged = false;
    }
    for round in 0..=MAX_ROUNDS {
        fleet.host.borrow().do_jobs()?;
        let mut order: Vec<usize> = (0..fleet.phones.len()).collect();
        chance.shuffle(&mut order);
        let mut busy = Vec::new();
        for number in order {
            let synced = fleet.sync(number, &[])?;
            let Some(report) = synced.report else {
                return fails(format!(
                    "device {number} cannot synchronise over a whole network"
                ));
            };
            // A picture that nothing announces is offered every time.
            let waiting = u32::try_from(report.pictures_waiting).unwrap_or(u32::MAX);
            if synced.requests != waiting.saturating_add(1)
                || !is_quiet(&report, fleet.was_restored, fleet.phones[number].is_revoked)
            {
                busy.push(format!(
                    "device {number}: {} requests, {report:?}",
                    synced.requests
                ));
            }
        }
        if busy.is_empty() {
            return Ok(round);
        }
        if round == MAX_ROUNDS {
            return fails(format!(
                "not quiet after {MAX_ROUNDS} rounds: {}",
                busy.join("; ")
            ));
        }
    }
    fails("no round")
}

/// Nothing was sent, nothing came, and both sides agree where they stand. A server that was
/// restored may have a shorter log than a device has seen until it has grown again.
fn is_quiet(report: &SyncReport, was_restored: bool, is_revoked: bool) -> bool {
    let quiet = SyncReport {
        clock_ahead_ms: report.clock_ahead_ms,
        pictures_waiting: report.pictures_waiting,
        log_went_back: report.log_went_back && was_restored,
        // Nobody obeys here: what was sent is looked at in the store.
        wipe_ordered: report.wipe_ordered && is_revoked,
        ..SyncReport::default()
    };
    *report == quiet
}

/// The receipted envelopes that the server or their device holds.
pub(super) fn held(fleet: &Fleet<'_>) -> Outcome<BTreeSet<Hash>> {
    let mut there: BTreeSet<Hash> = on_server(&fleet.host.borrow())?
        .into_values()
        .map(|kept| kept.id)
        .collect();
    for phone in &fleet.phones {
        let own = phone.device().own_envelopes()?.into_iter();
        there.extend(own.filter(|o| o.state != OwnState::Moved).map(|o| o.id));
    }
    let receipted = fleet.receipted.borrow();
    Ok(receipted
        .keys()
        .filter(|id| there.contains(id))
        .copied()
        .collect())
}

/// How many rows there are of what a page leaves: envelopes, list items, leaves of the log.
pub(super) fn rows(host: &Host) -> Outcome<[i64; 3]> {
    let count = |c: &Connection, table: &str| {
        let sql = format!("select count(*) from {table}");
        c.query_row(&sql, [], |row| row.get(0))
            .map_err(store::StoreError::from)
    };
    let read = |c: &Connection| {
        Ok::<_, store::StoreError>([
            count(c, "envelope")?,
            count(c, "list_item")?,
            count(c, "log_leaf")?,
        ])
    };
    Ok(host.service().store.read(read)?)
}

/// Everything that is checked; how many envelopes of devices the server keeps.
pub(super) fn everything(fleet: &Fleet<'_>) -> Outcome<u64> {
    let host = fleet.host.borrow();
    let kept = on_server(&host)?;
    nobody_is_frozen(fleet, &host)?;
    revoked_stay_revoked(fleet, &host)?;
    chains_are_whole(&host, &kept)?;
    nothing_receipted_is_lost(fleet, &kept)?;
    album::are_whole(fleet)?;
    devices_agree(fleet, &host, &kept)?;
    facts_are_equal(fleet, &host)?;
    erased_is_gone(fleet, &host)?;
    files_are_sound(&host)?;
    log_verifies(&host)?;
    Ok(kept.len() as u64)
}

/// Every device of a fleet is honest, however its storage was put back and its cards were carried:
/// once it is told that its chain stands elsewhere it opens its next incarnation, so there can be no
/// proof that it signed on, and none may be frozen.
fn nobody_is_frozen(fleet: &Fleet<'_>, host: &Host) -> Outcome<()> {
    for (phone, number) in fleet.phones.iter().zip(0..) {
        if status_of(host, &phone.handset.device)? == Some(DeviceStatus::Frozen) {
            return fails(format!("device {number} is frozen and was never told"));
        }
    }
    Ok(())
}

/// Whom an administrator revoked stays revoked, also on a server that was restored since.
fn revoked_stay_revoked(fleet: &Fleet<'_>, host: &Host) -> Outcome<()> {
    for device in &fleet.revoked {
        if status_of(host, device)? != Some(DeviceStatus::Revoked) {
            return fails(format!("{device} was revoked and works again"));
        }
    }
    Ok(())
}

/// What the server keeps of an envelope.
struct Kept {
    id: Hash,
    chain_hash: Hash,
    counts: bool,
}

/// Every envelope of every device, by its place.
fn on_server(host: &Host) -> Outcome<BTreeMap<ChainRef, Kept>> {
    let read = |c: &Connection| {
        let sql = "select device, incarnation, seq from envelope where device <> 'server'";
        let mut query = c.prepare(sql).map_err(store::StoreError::from)?;
        let places = query
            .query_map([], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })
            .map_err(store::StoreError::from)?;
        let mut kept = BTreeMap::new();
        for place in places {
            let (device, incarnation, seq) = place.map_err(store::StoreError::from)?;
            let Ok(device) = device.parse::<DeviceId>() else {
                continue;
            };
            let seq = u64::try_from(seq).unwrap_or(0);
            let at = ChainRef {
                device,
                incarnation,
                seq,
            };
            if let Some(row) = store::envelope::get(c, &at)? {
                let known = Kept {
                    id: row.id,
                    chain_hash: row.chain_hash,
                    counts: row.verdict.counts(),
                };
                kept.insert(at, known);
            }
        }
        Ok::<_, store::StoreError>(kept)
    };
    Ok(host.service().store.read(read)?)
}

/// No place is empty, none is taken beyond the end, every hash follows from the one before, and no
/// envelope stands at two places.
fn chains_are_whole(host: &Host, kept: &BTreeMap<ChainRef, Kept>) -> Outcome<()> {
    let mut heads: BTreeMap<(DeviceId, u32), ChainHead> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (at, one) in kept {
        if !ids.insert(one.id) {
            return fails(format!("{at} is there twice"));
        }
        let chain = (at.device.clone(), at.incarnation);
        let start = || ChainHead::start(&at.device, at.incarnation);
        let head = heads.entry(chain).or_insert_with(start);
        *head = head.extend(&one.id);
        if (head.seq, head.hash) != (at.seq, one.chain_hash) {
            return fails(format!("the chain of the server is broken at {at}"));
        }
    }
    for ((device, incarnation), head) in heads {
        let read = |c: &Connection| store::chain::get(c, &device, incarnation);
        let noted = host.service().store.read(read)?;
        if noted.map(|row| row.head) != Some(head) {
            return fails(format!(
                "the head of {device}/{incarnation} is not its chain's"
            ));
        }
    }
    Ok(())
}

fn nothing_receipted_is_lost(fleet: &Fleet<'_>, kept: &BTreeMap<ChainRef, Kept>) -> Outcome<()> {
    let there: BTreeSet<Hash> = kept.values().map(|kept| kept.id).collect();
    let (again, erased) = (written_again(fleet)?, own_erased(fleet)?);
    let is_excused = |id: &Hash| fleet.excused.contains(id) || erased.contains(id);
    for (id, device) in fleet.receipted.borrow().iter() {
        if !there.contains(id) && !is_excused(id) && !again.contains(id) {
            return fails(format!("receipted and lost: {id} of {device}"));
        }
    }
    Ok(())
}

/// What devices wrote about households that were erased: a server that was restored since may lack it,
/// and nobody brings it again.
fn own_erased(fleet: &Fleet<'_>) -> Outcome<BTreeSet<Hash>> {
    let mut erased = BTreeSet::new();
    for phone in &fleet.phones {
        let own = phone.device().own_envelopes()?.into_iter();
        let gone = own.filter(|own| own.state == OwnState::Erased);
        erased.extend(gone.map(|own| own.id));
    }
    Ok(erased)
}

/// What a device wrote again in another place, after the server was restored and lost what it
/// depended on; that each stands somewhere is counted by [`devices_agree`].
pub(super) fn written_again(fleet: &Fleet<'_>) -> Outcome<BTreeSet<Hash>> {
    let mut again = fleet.written_again.clone();
    for phone in fleet.phones.iter().filter(|_| fleet.was_restored) {
        let own = phone.device().own_envelopes()?;
        let moved = own.into_iter().filter(|own| own.state == OwnState::Moved);
        again.extend(moved.map(|own| own.id));
    }
    Ok(again)
}

/// Every envelope that a device wrote is on the server at its place with the device's word for it,
/// nothing waits, and there are as many as the officer wrote.
fn devices_agree(fleet: &Fleet<'_>, host: &Host, kept: &BTreeMap<ChainRef, Kept>) -> Outcome<()> {
    for (phone, number) in fleet.phones.iter().zip(0..) {
        let (mut standing, mut erased) = (0, 0);
        for own in phone.device().own_envelopes()? {
            let verdict = match own.state {
                OwnState::Moved => continue,
                OwnState::Erased => {
                    erased += 1;
                    continue;
                }
                OwnState::Waiting => return fails(format!("{} waits when all is quiet", own.at)),
                OwnState::Answered(verdict) => verdict,
            };
            standing += 1;
            let Some(there) = kept.get(&own.at).filter(|kept| kept.id == own.id) else {
                return fails(format!("{} is answered and not on the server", own.at));
            };
            // One that may not work hears no more of what people decide.
            if there.counts != verdict.counts() && may_work(host, phone)? {
                return fails(format!(
                    "{}: the device has {verdict:?}, the server not",
                    own.at
                ));
            }
        }
        // What was written again in another place before it was erased stands at both.
        let written = phone.book.written;
        if !(standing..=standing + erased).contains(&written) {
            return fails(format!(
                "device {number} holds {standing} envelopes of {written}, {erased} erased"
            ));
        }
    }
    Ok(())
}

/// Every device that may work knows of every household in its gachas what the server knows.
fn facts_are_equal(fleet: &Fleet<'_>, host: &Host) -> Outcome<()> {
    let service = host.service();
    for household in &fleet.scene.households {
        let id = &household.subject;
        let (division, facts) = service.store.read(|c| {
            let division = store::subject::get(c, id)?.map(|subject| subject.division);
            Ok::<_, ServiceError>((division, fold::facts(c, id)?))
        })?;
        let ours = facts.digest();
        for (phone, number) in fleet.phones.iter().zip(0..) {
            let works_there = phone
                .crew
                .gachas
                .iter()
                .any(|gacha| Some(fleet.scene.gachas[*gacha]) == division);
            if works_there && may_work(host, phone)? && phone.device().facts(id)?.digest() != ours {
                return fails(format!("device {number} knows other facts of {id}"));
            }
        }
    }
    Ok(())
}

/// Nothing that was said of an erased household is left, on the server and on devices that work.
fn erased_is_gone(fleet: &Fleet<'_>, host: &Host) -> Outcome<()> {
    let service = host.service();
    for id in &fleet.erased {
        if !service.store.read(|c| fold::facts(c, id))?.is_empty() {
            return fails(format!("the server knows facts of {id}, who was erased"));
        }
        for (phone, number) in fleet.phones.iter().zip(0..) {
            let device = phone.device();
            let holds = !device.facts(id)?.is_empty() || !device.pictures(id)?.is_empty();
            if holds && may_work(host, phone)? {
                return fails(format!("device {number} holds of {id}, who was erased"));
            }
        }
    }
    Ok(())
}

/// Whether the server still tells a device anything: a revoked one hears no more.
fn may_work(host: &Host, phone: &Phone) -> Outcome<bool> {
    Ok(status_of(host, &phone.handset.device)? == Some(DeviceStatus::Active))
}

fn status_of(host: &Host, device: &DeviceId) -> Outcome<Option<DeviceStatus>> {
    let found = host
        .service()
        .store
        .read(|c| store::device::get(c, device))?;
    Ok(found.map(|device| device.status))
}

/// Files built again from their envelopes, as documents and folded, are what screens read.
fn files_are_sound(host: &Host) -> Outcome<()> {
    let service = host.service();
    let all = service
        .store
        .read(|c| store::projection::list_files(c, "", usize::MAX >> 1))?;
    let step = all.len() / SAMPLED + 1;
    for file in all.iter().step_by(step) {
        if !jobs::is_sound(service, file)? {
            return fails(format!("{file} is not what its envelopes say"));
        }
    }
    Ok(())
}

/// No audit row after the one with this number is an alarm; the number of the last.
pub(super) fn no_alarm(host: &Host, after: u64) -> Outcome<u64> {
    let read = |c: &Connection| store::log::list_audit(c, after, u32::MAX);
    let rows = host.service().store.read(read)?;
    match rows.iter().find(|row| row.action.starts_with("alarm.")) {
        Some(alarm) => fails(format!(
            "an alarm: {} of {}: {}",
            alarm.action, alarm.resource, alarm.detail
        )),
        None => Ok(rows.last().map_or(after, |row| row.n)),
    }
}

/// The signed checkpoint is the root over all leaves, computed anew; no audit row is missing, and
/// none is an alarm.
fn log_verifies(host: &Host) -> Outcome<()> {
    let service = host.service();
    let signed = sync::checkpoint(service, host.now())?;
    let key = service.keys.public_key();
    if signed.checkpoint.verify(&key, &signed.signature).is_err() {
        return fails("a checkpoint with a wrong signature");
    }
    let leaves = service.store.read(|c| store::log::list_leaves(c, 0))?;
    if signed.checkpoint.root != log::root_of(&leaves) {
        return fails("the log is not what was signed");
    }
    let rows = service
        .store
        .read(|c| store::log::list_audit(c, 0, u32::MAX))?;
    if !rows.iter().map(|row| row.n).eq(1..=rows.len() as u64) {
        return fails("an audit row is missing");
    }
    no_alarm(host, 0).map(drop)
}
