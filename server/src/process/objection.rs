//! Objections that come from a device with the number of a receipt that was given out there
//! (`domain.md` D.5, G 39, G 40).

use itgel_domain::case::step::{Objection, ObjectionChannel};
use itgel_domain::case::{By, Case, Reason, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::objection::{FiledObjection, Objector};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;

use super::advance::{Doing, advance};
use super::desk::allow_case;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

/// An objection on its way in.
pub struct Arriving<'a> {
    /// What was taken down.
    pub objection: &'a FiledObjection,
    /// When it was handed in, which counts.
    pub filed_at: AtMs,
    /// The device's clock.
    pub device_at: AtMs,
    /// Which life of the device's store gave the number out.
    pub incarnation: u32,
}

/// Opens it in the case of its campaign. One that was opened before under this number stays as it
/// is; another one under the same number, which a store that was set back gives out, gets the
/// device's incarnation behind it, so that neither is lost.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] without such a case, or the refusal of the step by its own rule;
/// [`ServiceError`] of the database.
pub fn open_objection(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    arriving: &Arriving<'_>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let filed = arriving.objection;
    let case = store::case::get_of(tx, &filed.subject, &filed.cycle)?;
    let mut row = case.ok_or(ErrorCode::CaseUnknown)?;
    let role = allow_case(tx, actor, Action::TakeObjection, &row.case)?;
    let mut objection = Objection {
        receipt: filed.receipt.to_string(),
        ground: filed.ground,
        channel: ObjectionChannel::InPerson,
        of_subject: filed.objector == Objector::Subject,
        filed_at: arriving.filed_at,
    };
    let is_known = |objection: &Objection| known(&row.case, &objection.receipt) == Some(objection);
    if !is_known(&objection) && known(&row.case, &objection.receipt).is_some() {
        objection.receipt = format!("{}.{}", filed.receipt, arriving.incarnation);
    }
    if is_known(&objection) {
        return Ok(());
    }
    let doing = Doing {
        by: By::Officer {
            officer: actor.officer.clone(),
            role,
        },
        reason: Reason {
            code: "device".into(),
            text: filed.words.clone(),
        },
        device_at: Some(arriving.device_at),
        ..Doing::by_rule(Step::Object { objection }, "", now)
    };
    advance(service, tx, &mut row, doing).map(drop)
}

/// The objection of a case that was opened under a number.
fn known<'a>(case: &'a Case, receipt: &str) -> Option<&'a Objection> {
    let mut events = case.history().iter();
    events.find_map(|event| match &event.step {
        Step::Object { objection } if objection.receipt == receipt => Some(objection),
        _ => None,
    })
}
