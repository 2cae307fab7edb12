use super::*;
use crate::pack::shipped;
use jiff::civil::date;

fn parameters() -> std::sync::Arc<Parameters> {
    let rules = shipped::rules();
    let tables = rules.parameter_tables();
    tables.iter().find(|p| p.id == "EX-1").unwrap().clone()
}

fn record() -> PublicRecord {
    PublicRecord {
        reference: "示例罚〔2026〕1号".into(),
        kind: Some(PublicityKind::Penalty),
        catalogue_item: Some("行政处罚".into()),
        catalogue_version: Some("内蒙古自治区公共信用信息目录（2024版）".into()),
        recorded_by: "示例旗市场监督管理局".into(),
        decided_on: Some(date(2026, 5, 6)),
        published_from: Some(date(2026, 5, 10)),
        ..PublicRecord::default()
    }
}

const TODAY: Date = date(2026, 6, 10);

fn codes(record: &PublicRecord, kind: SubjectKind) -> Vec<(String, ErrorCode)> {
    let faults = record.faults(kind, &parameters().list_versions, TODAY);
    faults.into_iter().map(|f| (f.field, f.code)).collect()
}

#[test]
fn a_record_with_everything_goes_in_and_each_missing_thing_is_named() {
    let household = SubjectKind::Household;
    assert_eq!(codes(&record(), household), []);
    let broken = |change: fn(&mut PublicRecord)| {
        let mut record = record();
        change(&mut record);
        codes(&record, household)
    };
    let one = |field: &str, code| vec![(field.to_owned(), code)];
    assert_eq!(
        broken(|r| r.class = CreditClass::Serious),
        one("class", ErrorCode::RecordSerious)
    );
    assert_eq!(
        broken(|r| r.form = SubjectForm::LegalPerson),
        one("form", ErrorCode::RecordForm)
    );
    assert_eq!(
        broken(|r| r.catalogue_version = Some("目录（2019版）".into())),
        one("catalogue_version", ErrorCode::CatalogueVersion)
    );
    assert_eq!(
        broken(|r| r.catalogue_item = Some(" ".into())),
        one("catalogue_item", ErrorCode::RecordCatalogueItem)
    );
    assert_eq!(
        broken(|r| r.recorded_by = String::new()),
        one("recorded_by", ErrorCode::RecordBody)
    );
    assert_eq!(
        broken(|r| r.decided_on = None),
        one("decided_on", ErrorCode::RecordDates)
    );
    assert_eq!(
        broken(|r| r.reported_on = Some(date(2026, 5, 5))),
        one("reported_on", ErrorCode::RecordDates)
    );
    assert_eq!(
        broken(|r| r.published_to = Some(date(2026, 5, 9))),
        one("published_to", ErrorCode::RecordDates)
    );
}

#[test]
fn an_exonerated_act_is_never_shown_nor_used() {
    let parameters = parameters();
    let mut record = record();
    assert!(record.stands_on(TODAY, &parameters));
    record.exonerated = Some(Exoneration {
        ground: ExonerationGround::ForceMajeure,
        decided_on: date(2026, 6, 1),
        decision: "示例容错〔2026〕1号".into(),
    });
    assert!(!record.is_open_on(TODAY) && !record.stands_on(TODAY, &parameters));
}

#[test]
fn a_record_under_an_unknown_catalogue_does_not_stand() {
    let mut record = record();
    record.catalogue_version = Some("目录（2019版）".into());
    assert!(record.is_open_on(TODAY) && !record.stands_on(TODAY, &parameters()));
    record.catalogue_version = None;
    assert!(!record.stands_on(TODAY, &parameters()));
}

#[test]
fn a_publicity_longer_than_the_law_allows_ends_with_the_law() {
    let parameters = parameters();
    let mut record = record();
    record.published_to = Some(date(2030, 1, 1));
    assert!(record.stands_on(date(2027, 5, 10), &parameters), "one year");
    assert!(!record.stands_on(date(2027, 5, 11), &parameters));
    record.gravity = Gravity::Minor;
    assert!(
        record.stands_on(date(2026, 8, 10), &parameters),
        "three months"
    );
    assert!(!record.stands_on(date(2026, 8, 11), &parameters));
    let old = PublicRecord {
        decided_on: Some(date(2025, 1, 6)),
        published_from: Some(date(2025, 1, 6)),
        ..self::record()
    };
    assert!(
        old.stands_on(date(2026, 3, 31), &parameters),
        "before the terms came into force the source's own period holds"
    );
    assert!(old.stands_on(date(2027, 4, 1), &parameters));
    assert!(!old.stands_on(date(2027, 4, 2), &parameters));
}

#[test]
fn adverse_records_of_persons_alone_are_deleted_and_never_too_early() {
    let mut record = record();
    assert_eq!(record.delete_on(), None, "the behaviour has not ended");
    record.repaired_on = Some(date(2026, 6, 1));
    assert_eq!(record.delete_on(), Some(date(2031, 6, 1)));
    record.ended_on = Some(date(2024, 2, 29));
    assert_eq!(record.delete_on(), Some(date(2029, 3, 1)));
    let positive = PublicRecord {
        class: CreditClass::Positive,
        ..record.clone()
    };
    assert_eq!(positive.delete_on(), None);
    record.form = SubjectForm::LegalPerson;
    assert_eq!(record.delete_on(), None, "legal persons are kept");
}
