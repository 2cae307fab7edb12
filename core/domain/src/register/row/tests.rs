use super::*;
use crate::register::{
    BodyLevel, CreditStatus, EntityChange, ListEntryFields, OfficialList, PeerResult, Relation,
};
use crate::subject::{Grade, SubjectKind};
use jiff::civil::date;

const DAY: Date = date(2026, 8, 1);

fn subject() -> Subject {
    Subject {
        id: "hh-1".parse().unwrap(),
        kind: SubjectKind::Household,
        division: "150623200201".parse().unwrap(),
        local_code: "1".into(),
    }
}

fn row(id: &str, division: &str, content: RegisterContent) -> RegisterRow {
    RegisterRow {
        id: id.parse().unwrap(),
        division: division.parse().unwrap(),
        subject: None,
        key: String::new(),
        revision: 1,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        source: "示例".into(),
        content,
    }
}

fn of(row: RegisterRow, subject: &str) -> RegisterRow {
    RegisterRow {
        subject: Some(subject.parse().unwrap()),
        ..row
    }
}

fn context(rows: &[RegisterRow]) -> Context {
    let forward = Context::from_rows(rows, &subject(), DAY);
    let backward = Context::from_rows(rows.iter().rev(), &subject(), DAY);
    assert_eq!(
        forward, backward,
        "the order of arrival changed the context"
    );
    forward
}

#[test]
fn a_newer_revision_replaces_an_older_one_even_if_it_arrives_first() {
    let credit = |status| {
        let record = CreditRecord {
            status,
            ..CreditRecord::default()
        };
        of(
            row("r1", "150623200201", RegisterContent::Credit(record)),
            "hh-1",
        )
    };
    let older = credit(CreditStatus::Never);
    let id: RowId = "r0".parse().unwrap();
    let newer = RegisterRow {
        id,
        revision: 2,
        ..credit(CreditStatus::Known)
    };
    assert_eq!(
        context(&[older.clone(), newer.clone()]).credit.status,
        CreditStatus::Known
    );
    let ended = RegisterRow {
        valid_to: Some(date(2026, 7, 31)),
        ..newer
    };
    let status = context(&[older, ended]).credit.status;
    assert_eq!(
        status,
        CreditStatus::Unknown,
        "an ended row does not bring the older one back"
    );
}

#[test]
fn rows_of_neighbours_never_reach_a_subject() {
    let mean = |id, division, mu| row(id, division, RegisterContent::MeanCropland(Centi(mu)));
    let of_other = of(
        row("r4", "150623200201", RegisterContent::HerdRegister(true)),
        "hh-2",
    );
    let rows = [
        mean("r1", "150623", 100),
        mean("r2", "150623200", 200),
        mean("r3", "150623201", 300),
        of_other,
    ];
    let context = context(&rows);
    assert_eq!(
        context.mean_cropland_mu,
        Some(Centi(200)),
        "the nearest division"
    );
    assert!(!context.herd_register_verified);
}

#[test]
fn the_title_of_a_township_is_not_the_title_of_its_villages() {
    let held = TitleHeld {
        level: crate::title::TitleLevel::Good,
        warned_on: None,
        occasion: crate::register::Occasion::Review,
    };
    let rows = [row("r1", "150623200", RegisterContent::Title(held))];
    assert_eq!(context(&rows).title, None);
}

#[test]
fn a_person_related_in_two_ways_counts_once_and_to_the_named_subject_alone() {
    let related = |id, key: &str, person: &str, grade| {
        let standing = RelatedStanding {
            subject: person.parse().unwrap(),
            relation: Relation::Responsible,
            grade: Some(grade),
            credit: CreditRecord::default(),
            vetoes: Vec::new(),
            official_lists: Vec::new(),
            public_records: Vec::new(),
        };
        let content = RegisterContent::Related(standing);
        RegisterRow {
            key: key.into(),
            ..of(row(id, "150623200201", content), "hh-1")
        }
    };
    let everybody = RegisterRow {
        subject: None,
        ..related("r4", "hh-8", "hh-8", Grade::B)
    };
    let rows = [
        related("r3", "hh-9", "hh-9", Grade::A),
        related("r1", "hh-7", "hh-7", Grade::Aa),
        RegisterRow {
            valid_from: date(2026, 2, 1),
            ..related("r2", "guarantor", "hh-7", Grade::C)
        },
        everybody,
    ];
    let seen: Vec<_> = context(&rows)
        .related
        .into_iter()
        .map(|r| (r.subject.to_string(), r.grade))
        .collect();
    let expected = [("hh-7", Grade::C), ("hh-9", Grade::A)];
    assert_eq!(seen, expected.map(|(id, g)| (id.to_owned(), Some(g))));
}

#[test]
fn a_new_registration_launders_neither_loans_nor_facts_and_only_from_its_day_on() {
    let fact = |code: &str| VetoFact {
        code: code.into(),
        source: "示例人民法院".into(),
        ended_on: None,
        objection_accepted: false,
    };
    let credit = |first: Date, balance_fen| CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(first),
        balance_fen,
        ..CreditRecord::default()
    };
    let before = Predecessor {
        subject: "coop-1".parse().unwrap(),
        change: EntityChange::Renamed,
        since: date(2026, 3, 1),
        source: "示例准予变更1号".into(),
        credit: credit(date(2019, 5, 1), 70),
        vetoes: vec![fact("V4")],
        official_lists: Vec::new(),
        public_records: Vec::new(),
    };
    let link = RegisterRow {
        key: "coop-1".into(),
        valid_from: before.since,
        ..of(
            row(
                "r1",
                "150623200201",
                RegisterContent::Predecessor(Box::new(before)),
            ),
            "hh-1",
        )
    };
    // The row about its own loans comes after the link in the order of days.
    let own = RegisterRow {
        valid_from: date(2026, 4, 1),
        ..of(
            row(
                "r2",
                "150623200201",
                RegisterContent::Credit(credit(date(2026, 4, 2), 30)),
            ),
            "hh-1",
        )
    };
    let found = context(&[link.clone(), own]);
    assert_eq!(found.credit.balance_fen, 100);
    assert_eq!(found.credit.first_loan_on, Some(date(2019, 5, 1)));
    assert_eq!(found.vetoes.len(), 1);
    let veto = &found.vetoes[0];
    assert_eq!(veto.code, "V4");
    assert!(veto.source.contains("示例准予变更1号"), "{}", veto.source);
    let links: Vec<_> = found
        .predecessors
        .iter()
        .map(|p| p.subject.as_str())
        .collect();
    assert_eq!(links, ["coop-1"]);
    let other = RegisterRow {
        subject: None,
        ..link.clone()
    };
    assert_eq!(context(&[other]).predecessors, []);
    let later = RegisterRow {
        valid_from: date(2027, 1, 1),
        ..link
    };
    assert_eq!(
        context(&[later]).vetoes,
        [],
        "before the change it was another's"
    );
}

fn listed(removed_on: Option<Date>) -> ListEntry {
    let fields = ListEntryFields {
        list: OfficialList::CourtDefaulters,
        list_version: "内蒙古自治区公共信用信息目录（2024版）".into(),
        item: "失信被执行人".into(),
        legal_basis: "示例".into(),
        issued_by: "示例旗人民法院".into(),
        level: BodyLevel::Banner,
        reference: "示例".into(),
        listed_on: date(2020, 1, 1),
        removed_on,
        repaired_on: None,
        of_person: true,
        objection_accepted: false,
    };
    fields.try_into().unwrap()
}

#[test]
fn what_the_registers_know_as_repaired_or_removed_is_used_no_more() {
    let record = |repaired_on| {
        let record = PublicRecord {
            reference: "示例".into(),
            repaired_on,
            ..PublicRecord::default()
        };
        of(
            row("r1", "150623200201", RegisterContent::PublicRecord(record)),
            "hh-1",
        )
    };
    let entry = |removed_on| {
        let content = RegisterContent::ListEntry(listed(removed_on));
        of(row("r2", "150623200201", content), "hh-1")
    };
    let standing = context(&[record(None), entry(None)]);
    assert_eq!(standing.public_records.len(), 1);
    assert_eq!(standing.official_lists.len(), 1);
    // Both days lie after the day of the assessment.
    let later = Some(date(2026, 9, 1));
    let settled = context(&[record(later), entry(later)]);
    assert!(settled.public_records.is_empty() && settled.official_lists.is_empty());
}

#[test]
fn a_persons_record_whose_time_is_over_is_in_no_context_even_before_it_is_deleted() {
    let record = |ended_on| {
        let record = PublicRecord {
            reference: "示例".into(),
            ended_on: Some(ended_on),
            ..PublicRecord::default()
        };
        let content = RegisterContent::PublicRecord(record);
        context(&[of(row("r1", "150623200201", content), "hh-1")])
    };
    assert_eq!(record(date(2021, 8, 2)).public_records.len(), 1);
    assert!(record(date(2021, 8, 1)).public_records.is_empty());
}

#[test]
fn a_row_comes_back_from_its_bytes_as_it_was() {
    let result = PeerResult {
        valid: 5,
        counted: 3,
        sum_centi: 1350,
    };
    let peer = RegisterContent::Peer(PeerEvaluation::Held(result));
    for content in [
        peer,
        RegisterContent::ListEntry(listed(None)),
        RegisterContent::Founded(DAY),
        RegisterContent::Tip("TIP_X".into()),
    ] {
        let open = row("r1", "150623", content);
        let ended = RegisterRow {
            valid_to: Some(DAY),
            ..open.clone()
        };
        for row in [open, ended] {
            let bytes = minicbor::to_vec(&row).unwrap();
            assert_eq!(minicbor::decode::<RegisterRow>(&bytes).unwrap(), row);
            let json = serde_json::to_string(&row.content).unwrap();
            assert!(json.contains(&format!("\"{}\"", row.content.register())));
        }
    }
}
