use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::pack::shipped;
use crate::register::{Honour, HonourLevel, PublicRecord};

const TODAY: Date = date(2026, 6, 10);

fn parameters() -> Arc<Parameters> {
    shipped::rules().parameter_tables()[0].clone()
}

fn proposal() -> Proposal {
    Proposal {
        kind: MeasureKind::Restraint,
        list_version: "全国失信惩戒措施基础清单(2024版)".into(),
        item: "限制申请财政性资金项目".into(),
        strength: Strength::Usual,
        body: "示例旗发展和改革委员会".into(),
    }
}

fn initiate(
    proposal: Proposal,
    allowed: Option<(MeasureKind, Strength)>,
) -> Result<Measure, Vec<Violation>> {
    let ground = Ground {
        register: "public_record".into(),
        key: "示例".into(),
    };
    let ids = (MeasureId::from_random([1; 16]), "hh-1".parse().unwrap());
    Measure::initiate(
        (ids.0, ids.1, ground),
        proposal,
        ("a-1".parse().unwrap(), AtMs(1)),
        allowed,
        &parameters().list_versions,
    )
}

const ALLOWED: Option<(MeasureKind, Strength)> = Some((MeasureKind::Restraint, Strength::Usual));

fn refused(change: fn(&mut Proposal), allowed: Option<(MeasureKind, Strength)>) -> Vec<ErrorCode> {
    let mut proposal = proposal();
    change(&mut proposal);
    let faults = initiate(proposal, allowed).unwrap_err();
    faults.into_iter().map(|fault| fault.code).collect()
}

fn act(by: &str) -> Act {
    Act {
        by: by.parse().unwrap(),
        body: "示例旗财政局".into(),
        at: AtMs(2),
    }
}

fn yes() -> Response {
    Response {
        accepted: true,
        reason: "本年度项目申报时核查".into(),
    }
}

#[test]
fn no_measure_is_made_without_known_list_item_body_ground_and_proportion() {
    let measure = initiate(proposal(), ALLOWED).unwrap();
    assert_eq!(
        measure.list_version(),
        "全国失信惩戒措施基础清单（2024版）",
        "as the parameter table writes it"
    );
    let unknown = refused(|p| p.list_version = "本旗惩戒清单".into(), ALLOWED);
    assert_eq!(unknown, [ErrorCode::ListVersion]);
    let of_incentives = refused(
        |p| p.list_version = "内蒙古自治区守信激励措施清单（2.0版）".into(),
        ALLOWED,
    );
    assert_eq!(of_incentives, [ErrorCode::ListVersion]);
    assert_eq!(
        refused(|p| p.item = " ".into(), ALLOWED),
        [ErrorCode::ListItem]
    );
    assert_eq!(
        refused(|p| p.body = String::new(), ALLOWED),
        [ErrorCode::RecordBody]
    );
    assert_eq!(refused(|_| (), None), [ErrorCode::MeasureGround]);
    let merit = Some((MeasureKind::Incentive, Strength::Strict));
    assert_eq!(refused(|_| (), merit), [ErrorCode::MeasureGround]);
    assert_eq!(
        refused(|p| p.strength = Strength::Strict, ALLOWED),
        [ErrorCode::MeasureProportion]
    );
}

#[test]
fn stored_bytes_without_item_or_version_are_no_measure() {
    let stored = serde_json::to_value(initiate(proposal(), ALLOWED).unwrap()).unwrap();
    assert!(serde_json::from_value::<Measure>(stored.clone()).is_ok());
    for field in ["item", "list_version"] {
        let mut blank = stored.clone();
        blank[field] = "".into();
        assert!(serde_json::from_value::<Measure>(blank).is_err(), "{field}");
    }
}

#[test]
fn initiate_respond_feedback_go_in_this_order_and_by_two_persons() {
    let measure = initiate(proposal(), ALLOWED).unwrap();
    let told = Feedback {
        done: true,
        evidence: "示例反馈〔2026〕1号".into(),
    };
    let too_early = measure.clone().feed_back(act("b-1"), told.clone());
    assert_eq!(too_early, Err(MeasureError::State));
    let same = measure.clone().respond(act("a-1"), yes());
    assert_eq!(same, Err(MeasureError::SecondPerson));
    let silent = Response {
        accepted: false,
        reason: String::new(),
    };
    let without_reason = measure.clone().respond(act("b-1"), silent);
    assert_eq!(without_reason, Err(MeasureError::Reason));
    let accepted = measure.respond(act("b-1"), yes()).unwrap();
    assert!(accepted.is_in_force());
    let again = accepted.clone().respond(act("b-1"), yes());
    assert_eq!(again, Err(MeasureError::State));
    let done = accepted.feed_back(act("b-1"), told).unwrap();
    assert_eq!(done.state(), MeasureState::FedBack);
    let ended = done.end(AtMs(3), EndReason::Repaired).unwrap();
    assert!(!ended.is_in_force());
    assert_eq!(
        ended.end(AtMs(4), EndReason::Lapsed),
        Err(MeasureError::State)
    );
}

#[test]
fn what_is_minor_repaired_or_no_dishonesty_is_no_ground_for_a_restraint() {
    let parameters = parameters();
    let record = |change: fn(&mut PublicRecord)| {
        let mut record = PublicRecord {
            reference: "示例".into(),
            catalogue_item: Some("行政处罚".into()),
            catalogue_version: Some("内蒙古自治区公共信用信息目录（2024版）".into()),
            published_from: Some(date(2026, 6, 1)),
            ..PublicRecord::default()
        };
        change(&mut record);
        ground_on(&RegisterContent::PublicRecord(record), TODAY, &parameters)
    };
    assert_eq!(record(|_| ()), ALLOWED);
    assert_eq!(record(|r| r.gravity = Gravity::Minor), None);
    assert_eq!(record(|r| r.repaired_on = Some(TODAY)), None);
    assert_eq!(record(|r| r.class = CreditClass::Tip), None);
    assert_eq!(record(|r| r.class = CreditClass::Basic), None);
    let honour = Honour::plain(HonourLevel::Banner, date(2026, 1, 1));
    let merit = ground_on(&RegisterContent::Honour(honour), TODAY, &parameters);
    assert_eq!(merit, Some((MeasureKind::Incentive, Strength::Strict)));
}
