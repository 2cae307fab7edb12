//! Small gachas that are assessed together with a neighbour on request (`domain.md` G 59): with a
//! title record of their own that names both.

use itgel_domain::case::cycle::Cycle;
use itgel_domain::case::title::EndGround;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::log::LeafKind;
use itgel_domain::pack::MeasureName;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use itgel_domain::title::{GateState, TitleHolder};
use jiff::civil::Date;

use super::snapshot::known;
use super::{compute, succession};
use crate::error::ServiceError;
use crate::process::allow;
use crate::service::Service;
use crate::store::title_joint::JointRow;
use crate::store::{self, Tx};

/// Most characters of a request's number or name.
const MAX_SOURCE: usize = 200;

/// A request of two gachas to be assessed together.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointRequest {
    /// The campaign in which they are counted to see whether one is small.
    pub cycle: CycleId,
    /// The two gachas.
    pub divisions: [DivisionCode; 2],
    /// The request (申请文号).
    pub source: String,
}

/// Enters a request of two gachas; the same again changes nothing. From the next snapshot on they
/// have one title together, until they are separated.
///
/// # Errors
/// [`ErrorCode::TitleJoint`] unless they are two gachas of one sumu, [`ErrorCode::TitleNotSmall`]
/// if both have rated households enough, [`ErrorCode::TitleUnderWay`] if one has a title, is on
/// the way to one or is assessed with another; [`ErrorCode::DivisionUnknown`];
/// [`ErrorCode::CaseReason`] without the request; [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the database.
pub fn assess_jointly(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &JointRequest,
    now: AtMs,
) -> Result<JointRow, ServiceError> {
    let [one, other] = request.divisions;
    allow(actor, Action::Review, one)?;
    allow(actor, Action::Review, other)?;
    let cycle = known(tx, &request.cycle)?;
    let today = now.on();
    let edges = store::division::list_all_successions(tx)?;
    let holder = TitleHolder::jointly(one, other, &edges, today)?;
    let source = request.source.trim();
    if source.is_empty() || source.chars().count() > MAX_SOURCE {
        return Err(ErrorCode::CaseReason.into());
    }
    let row = JointRow {
        division: one.min(other),
        jointly_with: one.max(other),
        source: source.to_owned(),
        entered_by: actor.officer.to_string(),
        entered_at: now,
    };
    let mut is_small = false;
    for gacha in holder.members() {
        store::division::get(tx, gacha, today)?.ok_or(ErrorCode::DivisionUnknown)?;
        if let Some(pair) = store::title_joint::get(tx, gacha)? {
            let is_same = (pair.division, pair.jointly_with) == (row.division, row.jointly_with);
            return match is_same {
                true => Ok(pair),
                false => Err(ErrorCode::TitleUnderWay.into()),
            };
        }
        let going_on = store::title::list_going_on(tx, gacha)?;
        if going_on.iter().any(|row| row.title.version() > 0) {
            return Err(ErrorCode::TitleUnderWay.into());
        }
        let alone = TitleHolder::alone(gacha, &edges, today);
        is_small = is_small || is_too_small(service, tx, &cycle, today, alone)?;
    }
    if !is_small {
        return Err(ErrorCode::TitleNotSmall.into());
    }
    store::title_joint::put(tx, &row)?;
    record(tx, &row, "title.joined", actor, now)?;
    Ok(row)
}

/// Ends the joint assessment of a gacha and its neighbour, with the title that they share.
///
/// # Errors
/// [`ErrorCode::TitleNotJoint`] if it is assessed alone; [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`] for the person: a title that is held ends by who may award it;
/// [`ServiceError`] of the database.
pub fn separate(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    gacha: DivisionCode,
    now: AtMs,
) -> Result<(), ServiceError> {
    let is_held = store::title::get_held(tx, gacha)?.is_some();
    let action = match is_held {
        true => Action::AwardTitle,
        false => Action::Review,
    };
    allow(actor, action, gacha)?;
    let pair = store::title_joint::get(tx, gacha)?.ok_or(ErrorCode::TitleNotJoint)?;
    succession::end(service, tx, gacha, EndGround::Separated, now)?;
    record(tx, &pair, "title.separated", actor, now)
}

/// Whether the gacha has too few rated households to be assessed alone, by the gate of the rules.
fn is_too_small(
    service: &Service,
    tx: &Tx<'_>,
    cycle: &Cycle,
    today: Date,
    alone: TitleHolder,
) -> Result<bool, ServiceError> {
    let pack = service.rules.pack_for(tx, SubjectKind::Village, today)?;
    let found = compute::one(service, tx, cycle, today, alone)?;
    let of_count = |code: &str| {
        let mut gates = pack.gates.iter();
        gates.any(|gate| gate.code == code && gate.measure == MeasureName::RatedHouseholds)
    };
    let mut gates = found.result.assessment.gates.iter();
    Ok(gates.any(|gate| of_count(&gate.code) && gate.entry != GateState::Pass))
}

fn record(
    tx: &Tx<'_>,
    pair: &JointRow,
    action: &str,
    actor: &Actor,
    now: AtMs,
) -> Result<(), ServiceError> {
    let detail = serde_json::json!({
        "divisions": [pair.division, pair.jointly_with],
        "source": pair.source,
    });
    let text = detail.to_string();
    let parts: [&[u8]; 2] = [action.as_bytes(), text.as_bytes()];
    store::log::leaf(
        tx,
        LeafKind::Decision,
        &Hash::of("itgel.title_joint.v1", &parts),
    )?;
    let resource = format!("title/{}", pair.division);
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, &detail)?;
    Ok(())
}
