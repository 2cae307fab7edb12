//! Who is in office, with which device, and how they ask for a step.

use itgel_domain::case::{Reason, Role, Step};
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, DeviceId, OfficerId};
use itgel_domain::time::AtMs;
use itgel_server::process::StepRequest;
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::{ServiceError, store};

use super::collector::Collector;
use super::world::TODAY;

/// Everybody in office: two field teams, a gacha group, evaluators, reviewers of the sumu, and the
/// banner's approver, objection officer and auditor.
pub(super) fn staff(
    gacha: itgel_domain::division::DivisionCode,
    banner: itgel_domain::division::DivisionCode,
) -> Vec<(String, Role, itgel_domain::division::DivisionCode)> {
    let sumu = gacha.parent().unwrap();
    let mut staff: Vec<_> = [
        ("c-1", Role::Collector, gacha),
        ("c-2", Role::Collector, gacha),
        ("c-3", Role::Collector, gacha),
        ("c-4", Role::Collector, gacha),
        ("g-1", Role::VillageGroup, gacha),
        ("r-1", Role::Reviewer, sumu),
        ("r-2", Role::Reviewer, sumu),
        ("a-1", Role::Approver, banner),
        ("o-1", Role::ObjectionOfficer, banner),
        ("u-1", Role::Auditor, banner),
    ]
    .map(|(officer, role, division)| (officer.to_owned(), role, division))
    .to_vec();
    staff.extend((1..=6).map(|n| (format!("e-{n}"), Role::Evaluator, gacha)));
    staff
}

/// The key of an officer's device.
pub(crate) fn signer_of(officer: &str) -> SoftwareSigner {
    SoftwareSigner::from_secret(Hash::of("test.key", &[officer.as_bytes()]).as_bytes())
}

pub(super) fn device_of(officer: &str) -> DeviceRecord {
    DeviceRecord {
        id: format!("dev-{officer}").parse().unwrap(),
        officer: officer.parse().unwrap(),
        suite: Suite::Ed25519,
        public_key: signer_of(officer).public_key(),
        status: DeviceStatus::Active,
        enrolled_at: AtMs::start_of(TODAY),
    }
}

/// The device of an officer, by its name.
pub(crate) fn device_id(officer: &str) -> DeviceId {
    format!("dev-{officer}").parse().unwrap()
}

/// A step as a person asks for it.
pub(crate) fn request(case: CaseId, version: u64, step: Step) -> StepRequest {
    let reason = Reason::new("TEST", "因为测试");
    StepRequest {
        case,
        version,
        step,
        reason,
        item: None,
        countersignature: None,
    }
}

/// A declared interest of the usual kind.
#[allow(dead_code, reason = "not every binary declares one")]
pub(crate) fn interest(
    subject: &itgel_domain::id::SubjectId,
    officer: &OfficerId,
    declared_by: &OfficerId,
    declared_at: AtMs,
) -> store::interest::InterestRow {
    store::interest::InterestRow {
        subject: subject.clone(),
        officer: officer.clone(),
        kind: itgel_domain::case::interest::InterestKind::Relative,
        declared_by: declared_by.clone(),
        declared_at,
        source: "示例申报".into(),
        ended_by: None,
        ended_at: None,
    }
}

/// The code of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(
    result: Result<T, ServiceError>,
) -> itgel_domain::error::ErrorCode {
    result.unwrap_err().code()
}
