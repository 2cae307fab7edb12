//! What a report shows, and above all what it does not.

mod heading;

use std::sync::Arc;

use jiff::civil::date;

mod lending;

use super::*;
use crate::assess::{Assessment, Context, Inputs, Movement, assess};
use crate::authorisation::{Authorisation, Ground};
use crate::case::step::{Assessed, Objection, Outcome};
use crate::case::tests::{Walk, as_role};
use crate::case::{By, Role, Step};
use crate::division::{Division, DivisionKind};
use crate::file::entry::Picked;
use crate::file::facts::FileFacts;
use crate::file::sample::{Writer, consent, cycle, observe, resolve};
use crate::identity::Person;
use crate::pack::RulePack;
use crate::pack::shipped;
use crate::register::{PeerEvaluation, PublicRecord, RegisterContent, RegisterRow, VetoFact};
use crate::subject::Subject;

/// Everything that a report is made of.
struct World {
    walk: Walk,
    assessment: Assessment,
    pack: Arc<RulePack>,
    subject: Subject,
    divisions: Vec<Division>,
    people: Vec<ShownPerson>,
    file: FileFacts,
    rows: Vec<RegisterRow>,
    authorisation: Authorisation,
    moved: Movement,
    line: Option<ReferenceLine>,
    at: AtMs,
}

fn row(id: &str, content: RegisterContent) -> RegisterRow {
    RegisterRow {
        id: id.parse().unwrap(),
        division: "150623200201".parse().unwrap(),
        subject: Some("hh-1".parse().unwrap()),
        key: id.to_owned(),
        revision: 1,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        source: "示例旗农牧局 1号".into(),
        content,
    }
}

fn division(code: &str, kind: DivisionKind, name: &str) -> Division {
    Division {
        code: code.parse().unwrap(),
        kind,
        name: name.into(),
        name_mn: None,
        civil_code: None,
        valid_from: date(2020, 1, 1),
        valid_to: None,
    }
}

/// Two officers disagree about the sheep, a reviewer has decided.
fn file(agreed: bool) -> FileFacts {
    let (mut o1, mut o2) = (Writer::new("d1", "o1"), Writer::new("d2", "o2"));
    let mut server = Writer::new("server", "system");
    let first = o1.write(vec![
        observe("herd.sheep", 300),
        observe("income.net_fen", 9_000_000),
        observe("household.members", 4),
    ]);
    let second = o2.write(vec![observe("herd.sheep", 280)]);
    server.hear(&first);
    server.hear(&second);
    let (a, b) = (first.entry_id(0), second.entry_id(0));
    let picked = Picked::Entry(a.clone());
    server.write(vec![resolve("herd.sheep", &[&a, &b], picked, "dec-1")]);
    if agreed {
        server.write(vec![consent(date(2026, 3, 1), date(2027, 3, 1))]);
    }
    server.known
}

impl World {
    fn new() -> Self {
        Self::of(SubjectKind::Household, "HH-NM-1")
    }

    /// A world whose one subject is of this kind, under the shipped pack with this id.
    fn of(kind: SubjectKind, pack: &str) -> Self {
        let pack = shipped::rules().find_pack(pack).unwrap();
        let parameters = shipped::rules().find_parameters("EX-1").unwrap();
        let file = file(true);
        let inputs = Inputs {
            subject: "hh-1".parse().unwrap(),
            subject_kind: kind,
            as_of: date(2026, 3, 1),
            facts: file.facts(&cycle()),
            context: Context::default(),
            parameters,
            pack: Arc::clone(&pack),
        };
        let mut assessment = assess(&inputs);
        assessment.grade = Some(Grade::A);
        let assessed = Assessed {
            assessment: assessment.hash(),
            grade: Grade::A,
            cap: None,
        };
        let person = Person {
            role: "head".into(),
            full_name: "巴特尔".into(),
            name_mn: None,
            id_number: Some("11010519491231002X".into()),
            phone: Some("13900000000".into()),
        };
        Self {
            walk: Walk::in_effect(assessed),
            assessment,
            pack,
            subject: Subject {
                id: "hh-1".parse().unwrap(),
                kind,
                division: "150623200201".parse().unwrap(),
                local_code: "001".into(),
            },
            divisions: vec![
                division("150623200201", DivisionKind::Gacha, "示例嘎查"),
                division("150623", DivisionKind::Banner, "示例旗"),
                division("150623201", DivisionKind::Sumu, "别处"),
            ],
            people: vec![ShownPerson::of(&person)],
            file,
            rows: Vec::new(),
            authorisation: Authorisation {
                id: "q1".parse().unwrap(),
                lender: "rcc-1".parse().unwrap(),
                subject: "hh-1".parse().unwrap(),
                purpose: Purpose::LoanDecision,
                from: date(2026, 3, 1),
                until: date(2026, 6, 30),
                ground: Ground::Consent("d~0~1~0".into()),
                revoked: false,
            },
            moved: Movement::default(),
            line: None,
            at: AtMs::start_of(date(2026, 4, 2)),
        }
    }

    fn compose(&self) -> Result<Report, ReportError> {
        let asked = Asked {
            report: "r-7".parse().unwrap(),
            lender: "rcc-1".parse().unwrap(),
            requester: "clerk-1".parse().unwrap(),
            purpose: Purpose::LoanDecision,
            authorisation: &self.authorisation,
            at: self.at,
        };
        let sources = Sources {
            case: &self.walk.case,
            assessment: &self.assessment,
            pack: &self.pack,
            subject: &self.subject,
            divisions: &self.divisions,
            people: &self.people,
            file: &self.file,
            rows: &self.rows,
            statements: &[],
            history: &[],
            moved: &self.moved,
            line: self.line.as_ref(),
        };
        Report::compose(&asked, &sources)
    }

    fn rating(&self) -> ReportRating {
        self.compose().unwrap().rating.unwrap()
    }

    fn done(&mut self, step: Step, by: &By) {
        self.walk.apply(step, by).unwrap();
    }
}

#[test]
fn every_line_says_who_recorded_it_when_and_on_what_evidence() {
    let report = World::new().compose().unwrap();
    let shown: Vec<_> = report.body.lines.iter().map(|l| l.item.as_str()).collect();
    assert_eq!(shown, ["household.members", "herd.sheep", "income.net_fen"]);
    let sheep = &report.body.lines[1];
    assert_eq!(sheep.state.value().unwrap().as_int(), Some(300));
    assert_eq!(sheep.recorded_by, RecordingBody::FieldVisit);
    assert_eq!(
        (sheep.observed_on, sheep.evidence),
        (date(2026, 3, 4), Evidence::B)
    );
    assert_eq!(sheep.unit.as_deref(), Some("head"));
    assert!(!sheep.disputed);
}

#[test]
fn a_report_says_that_the_grade_survived_a_disagreement() {
    let world = World::new();
    let certainty = world.rating().certainty;
    assert!(certainty.open_conflicts.is_empty());
    let [settled] = certainty.settled_conflicts.as_slice() else {
        unreachable!("one conflict was settled");
    };
    assert_eq!((settled.decision.as_str(), settled.entries), ("dec-1", 2));
    assert_eq!(certainty.oldest_input_on, world.assessment.oldest_input_on);
}

#[test]
fn an_undecided_disagreement_is_not_hidden() {
    let mut world = World::new();
    let mut third = Writer::new("d3", "o3");
    third.known = world.file.clone();
    third.write(vec![observe("household.members", 5)]);
    world.file = third.known;
    let report = world.compose().unwrap();
    let open = report.rating.unwrap().certainty.open_conflicts;
    assert_eq!(open, ["household.members".parse().unwrap()]);
    let of_members = report.body.lines.iter().filter(|l| l.disputed).count();
    assert_eq!(
        of_members, 2,
        "both values are shown, and that they are disputed"
    );
}

#[test]
fn a_class_that_nobody_agreed_to_is_not_shown() {
    let mut world = World::new();
    world.file = file(false);
    let report = world.compose().unwrap();
    let income = |l: &&Line| l.item.as_str().starts_with("income");
    assert_eq!(report.body.lines.iter().find(income), None);
    world.file = file(true);
    world.at = AtMs::start_of(date(2026, 6, 30));
    assert!(
        world
            .compose()
            .unwrap()
            .body
            .lines
            .iter()
            .any(|l| income(&l))
    );
}

#[test]
fn no_grade_and_no_value_is_shown_while_a_rating_is_suspended() {
    let mut world = World::new();
    world.done(Step::Suspend, &By::Rule);
    let report = world.compose().unwrap();
    assert_eq!(report.status, ReportStatus::TemporarilyUnavailable);
    assert_eq!(report.rating, None);
    assert_eq!(report.body, ReportBody::default());
    let json = report.to_json();
    assert!(!json.contains("grade") && !json.contains("herd"), "{json}");
}

#[test]
fn what_is_not_in_effect_does_not_exist() {
    let absent = Err(ReportError::Absent);
    let mut world = World::new();
    world.at = AtMs::start_of(date(2027, 4, 1));
    world.authorisation.until = date(2028, 1, 1);
    assert_eq!(world.compose(), absent, "validity is over");
    let mut world = World::new();
    let cause = crate::case::step::Cause::ConsentWithdrawn;
    world.done(Step::Close { cause }, &By::Rule);
    assert_eq!(world.compose(), absent, "closed");
    assert_eq!(
        ReportError::Absent.code(),
        crate::error::ErrorCode::ReportNotFound
    );
}

#[test]
fn without_the_right_there_is_the_same_answer_as_without_a_rating() {
    let of = |change: fn(&mut Authorisation)| {
        let mut world = World::new();
        change(&mut world.authorisation);
        world.compose()
    };
    let absent = Err(ReportError::Absent);
    assert_eq!(of(|a| a.revoked = true), absent);
    assert_eq!(of(|a| a.until = date(2026, 4, 1)), absent);
    assert_eq!(of(|a| a.purpose = Purpose::LoanReview), absent);
    assert_eq!(of(|a| a.lender = "rcc-2".parse().unwrap()), absent);
    assert_eq!(of(|a| a.subject = "hh-2".parse().unwrap()), absent);
    assert!(of(|_| ()).is_ok());
}

#[test]
fn parts_of_different_ratings_never_make_one_report() {
    let mut world = World::new();
    world.assessment.caps.push("CAP_EVIDENCE".into());
    assert_eq!(world.compose(), Err(ReportError::Inconsistent));
}

#[test]
fn the_peer_evaluation_is_told_in_sum_only() {
    let mut world = World::new();
    let ballots = PeerEvaluation::from_means(&[425, 450, 475, 500, 333]);
    world.rows.push(row("peer", RegisterContent::Peer(ballots)));
    let report = world.compose().unwrap();
    let peer = report.body.peer.clone().unwrap();
    assert_eq!((peer.mean, peer.valid), ("4.50".parse().unwrap(), 5));
    assert!(report.body.registers.is_empty());
    assert!(!report.to_json().contains("333"));
}

#[test]
fn a_record_that_is_repaired_doubted_or_five_years_old_is_no_longer_displayed() {
    let record = |change: fn(&mut PublicRecord)| {
        let mut record = PublicRecord {
            reference: "示例 2021-1".into(),
            catalogue_item: Some("示例-1".into()),
            published_to: Some(date(2027, 1, 1)),
            ended_on: Some(date(2024, 2, 29)),
            ..PublicRecord::default()
        };
        change(&mut record);
        let mut world = World::new();
        world
            .rows
            .push(row("rec", RegisterContent::PublicRecord(record)));
        world.compose().unwrap().body.registers.len()
    };
    assert_eq!(record(|_| ()), 1);
    assert_eq!(record(|r| r.repaired_on = Some(date(2026, 4, 2))), 0);
    assert_eq!(record(|r| r.withdrawn_on = Some(date(2026, 4, 1))), 0);
    assert_eq!(record(|r| r.objection_accepted = true), 0);
    assert_eq!(record(|r| r.published_to = Some(date(2026, 4, 1))), 0);
    assert_eq!(
        record(|r| r.ended_on = Some(date(2021, 4, 2))),
        0,
        "five years ago today"
    );
    assert_eq!(record(|r| r.catalogue_item = None), 0);
    let veto = |ended_on| {
        let mut world = World::new();
        let source = "示例法院".into();
        let code = "V1".into();
        let fact = VetoFact {
            code,
            source,
            ended_on,
            objection_accepted: false,
        };
        world.rows.push(row("v", RegisterContent::Veto(fact)));
        world.compose().unwrap().body.registers.len()
    };
    assert_eq!((veto(None), veto(Some(date(2021, 4, 2)))), (1, 0));
}

#[test]
fn an_open_objection_is_marked_at_once() {
    let mut world = World::new();
    let objection = Objection {
        channel: crate::case::step::ObjectionChannel::InPerson,
        receipt: "y-9".into(),
        ground: ObjectionGround::WrongOrMissing,
        of_subject: true,
        filed_at: AtMs::start_of(date(2026, 3, 30)),
    };
    world.done(Step::Object { objection }, &By::Subject);
    let report = world.compose().unwrap();
    assert_eq!(report.body.open_objections[0].filed_on, date(2026, 3, 30));
    assert!(
        !report.to_json().contains("y-9"),
        "the receipt belongs to the objector"
    );
    let receipt = "y-9".to_owned();
    let outcome = Outcome::Rejected;
    let officer = as_role("obj-1", Role::ObjectionOfficer);
    world.done(Step::DecideObjection { receipt, outcome }, &officer);
    assert!(world.compose().unwrap().body.open_objections.is_empty());
}

#[test]
fn a_reason_comes_with_its_words_and_no_unsigned_translation() {
    let mut world = World::new();
    world.assessment.reasons = vec![crate::assess::Reason {
        code: "R22_LEV".into(),
        kind: ReasonKind::Fault,
        lost: None,
    }];
    let assessed = Assessed {
        assessment: world.assessment.hash(),
        grade: Grade::A,
        cap: None,
    };
    world.walk = Walk::in_effect(assessed);
    let reason = world.rating().reasons.remove(0);
    assert!(reason.text.contains_key("zh-CN") && reason.hint.contains_key("zh-CN"));
    assert!(!reason.text.contains_key("mn-Mong"));
}

#[test]
fn the_id_number_is_masked_and_debug_output_holds_no_name() {
    let report = World::new().compose().unwrap();
    assert_eq!(report.subject.name.as_deref(), Some("巴特尔"));
    let json = report.to_json();
    assert!(
        json.contains("1101**********002X") && !json.contains("19491231"),
        "{json}"
    );
    assert!(!json.contains("13900000000"));
    let debugged = format!("{report:?} {:?}", report.subject.people);
    assert!(
        !debugged.contains("巴特尔") && !debugged.contains("1101"),
        "{debugged}"
    );
}

#[test]
fn a_lenders_program_reads_back_what_was_written() {
    let mut world = World::new();
    world
        .rows
        .push(row("herd", RegisterContent::HerdRegister(true)));
    let report = world.compose().unwrap();
    let read: Report = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(read, report);
    assert_eq!(report.body.registers[0].recorded_by, "示例旗农牧局 1号");
}
