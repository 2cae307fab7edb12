//! What happens in the field and in the office until a household has a rating in effect.

use itgel_domain::case::{CaseState, Reason, Step};
use itgel_domain::file::ChainRef;
use itgel_domain::file::FileId;
use itgel_domain::file::chain::{ChainHead, SignedHead, SoftwareSigner};
use itgel_domain::file::entry::{
    Consent, ConsentWithdrawal, Countersignature, Entry, EntryId, ObservationEntry, Recipient, Seal,
};
use itgel_domain::file::envelope::{Ballot, Body, Envelope, FileBody, IdentityCommitment, VERSION};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId};
use itgel_domain::policy::Actor;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::push::{IdentityPush, Push, PushAnswer};
use itgel_fixtures::{Household, registers};
use itgel_server::process::{self, StepRequest};
use itgel_server::{auth, fold, ingest, jobs, store};

use crate::world::{LENDER, Seat, TODAY, World};

/// The chain of a device.
pub(crate) struct Pen {
    pub(crate) seat: Seat,
    head: ChainHead,
    written: Vec<Envelope>,
    identities: Vec<IdentityPush>,
}

/// A household with a rating in effect.
pub(crate) struct Rated {
    pub(crate) household: Household,
    pub(crate) consent: EntryId,
    pub(crate) pen: Pen,
    pub(crate) case: CaseId,
}

impl Pen {
    pub(crate) fn new(seat: Seat) -> Self {
        let head = ChainHead::start(&seat.device, 0);
        Self {
            seat,
            head,
            written: Vec::new(),
            identities: Vec::new(),
        }
    }

    /// Writes the next envelope of the chain; its place.
    pub(crate) fn write(&mut self, world: &World, body: impl FnOnce(&str) -> Body) -> ChainRef {
        let at = ChainRef {
            device: self.seat.device.clone(),
            incarnation: 0,
            seq: self.head.seq + 1,
        };
        let salt = format!("{:032x}", at.seq);
        let envelope = Envelope {
            v: VERSION,
            at: at.clone(),
            officer: self.seat.officer.clone(),
            pack: pack(world),
            entered_at: world.service.now(),
            checkpoint: None,
            body: body(&salt),
            salt,
        };
        self.head = self.head.extend(&envelope.id());
        self.written.push(envelope);
        at
    }

    /// Writes entries on top of what the server knows of the file.
    pub(crate) fn write_entries(&mut self, world: &World, file: &FileId, entries: Vec<Entry>) {
        let facts = world
            .service
            .store
            .read(|c| fold::facts(c, &file.subject))
            .unwrap();
        let links = facts.links(&self.seat.device, 0);
        self.write(world, |_| {
            let (deps, start_op) = (links.deps, links.start_op);
            Body::File(FileBody {
                file: file.clone(),
                deps,
                start_op,
                entries,
            })
        });
    }

    /// The page with all that was written since the last one.
    pub(crate) fn page(&mut self) -> Push {
        let key = SoftwareSigner::from_secret(&self.seat.secret);
        Push {
            head: SignedHead::sign(&self.seat.device, 0, self.head, &key),
            envelopes: self
                .written
                .drain(..)
                .map(|envelope| envelope.to_bytes())
                .collect(),
            identities: std::mem::take(&mut self.identities),
        }
    }

    /// Where the chain stands.
    pub(crate) const fn head(&self) -> ChainHead {
        self.head
    }

    /// Pushes through the service, and everything must be taken.
    pub(crate) fn deliver(&mut self, world: &World) -> PushAnswer {
        let device = world
            .service
            .store
            .read(|c| store::device::get(c, &self.seat.device));
        let answer = ingest::push(&world.service, &device.unwrap().unwrap(), self.page()).unwrap();
        assert!(
            answer.except.iter().all(|e| e.verdict.is_received()),
            "{:?}",
            answer.except
        );
        answer
    }
}

/// Enters a household of the sample in the tests' gacha.
pub(crate) fn add_household(world: &World, number: u32) -> Household {
    let gacha = &world.banner.gachas[0];
    let author = "collector".parse().unwrap();
    let household = Household::draw(&world.banner, gacha, number, TODAY, &author);
    let mut rows = registers::of_household(&household, gacha.code, TODAY);
    if number == 0 {
        rows.extend(registers::of_banner(&world.banner, TODAY));
    }
    let subject = Subject {
        id: household.subject.clone(),
        kind: SubjectKind::Household,
        division: gacha.code,
        local_code: household.local_code.clone(),
    };
    let now = world.service.now();
    world
        .service
        .transact("test.household", move |service, tx| {
            itgel_server::registers::put_subject(service, tx, &subject)?;
            rows.iter().try_for_each(|row| {
                itgel_server::registers::put(service, tx, row, "operator", now).map(drop)
            })
        })
        .unwrap();
    household
}

/// Writes down who lives there.
pub(crate) fn identify(world: &World, pen: &mut Pen, household: &Household) -> ChainRef {
    let record = household.identity.clone();
    let commits = |salt: &str| {
        let commitment = record.commitment(salt);
        Body::Identity(IdentityCommitment {
            subject: record.subject.clone(),
            commitment,
        })
    };
    let at = pen.write(world, commits);
    pen.identities.push(IdentityPush {
        seq: at.seq,
        record,
    });
    at
}

/// The visit of a household: identity, values, consent that names the lender, seal.
pub(crate) fn visit(world: &World, pen: &mut Pen, household: &Household) -> EntryId {
    let at = identify(world, pen, household);
    let place = ChainRef {
        seq: at.seq + 1,
        ..at
    };
    let consent = EntryId {
        at: place,
        index: 0,
    };
    let observed = household.found.iter().map(|observation| {
        let observation = observation.clone();
        Entry::Observation(ObservationEntry {
            cycle: cycle(),
            observation,
        })
    });
    let mut entries = vec![Entry::Consent(agreed())];
    entries.extend(observed);
    entries.push(Entry::Seal(Box::new(sealed(&consent))));
    pen.write_entries(world, &file(household), entries);
    pen.deliver(world);
    consent
}

/// Withdraws the consent of a household.
pub(crate) fn withdraw_consent(world: &World, rated: &mut Rated) {
    let consent = rated.consent.clone();
    let withdrawal = Entry::ConsentWithdrawal(ConsentWithdrawal {
        consent,
        withdrawn_on: TODAY,
    });
    rated
        .pen
        .write_entries(world, &file(&rated.household), vec![withdrawal]);
    rated.pen.deliver(world);
}

/// Leads a household through the whole process; the last step is the approval.
pub(crate) fn rated(world: &World) -> Rated {
    let household = add_household(world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    let consent = visit(world, &mut pen, &household);
    vote(world, &mut pen, &household);
    let case = case_of(world, &household);
    step(world, "reviewer", &case, Step::Review);
    let (gacha, reviewer) = (world.gacha(), actor(world, "reviewer"));
    let now = world.service.now();
    let published = world.service.transact("test.publish", move |service, tx| {
        process::publish_gacha(service, tx, &reviewer, gacha, &cycle(), now)
    });
    assert!(published.unwrap().refused.is_empty());
    world.pass_ms(10 * 86_400_000);
    while jobs::run_due(&world.service).unwrap() > 0 {}
    let effective_on = world.service.now().on();
    let valid_to = effective_on.saturating_add(jiff::Span::new().years(1));
    step(
        world,
        "approver",
        &case,
        Step::Approve {
            effective_on,
            valid_to,
        },
    );
    assert_eq!(state(world, &case), CaseState::Effective);
    Rated {
        household,
        consent,
        pen,
        case,
    }
}

/// The ballots of the gacha's evaluators, cast on the collector's device.
pub(crate) fn vote(world: &World, pen: &mut Pen, household: &Household) {
    for number in 0..6 {
        let evaluator = format!("evaluator-{number}").parse().unwrap();
        pen.write(world, |_| {
            Body::Ballot(Ballot {
                subject: household.subject.clone(),
                cycle: cycle(),
                evaluator,
                scores: [5, 4, 5, 4],
            })
        });
    }
    pen.deliver(world);
}

/// The case of a household.
pub(crate) fn case_of(world: &World, household: &Household) -> CaseId {
    let row = world
        .service
        .store
        .read(|c| store::case::get_of(c, &household.subject, &cycle()));
    row.unwrap().expect("a case").case.id
}

/// Where a case stands.
pub(crate) fn state(world: &World, case: &CaseId) -> CaseState {
    let row = world.service.store.read(|c| store::case::get(c, case));
    row.unwrap().expect("a case").case.state()
}

/// A step of an officer, with the version of the case as it is.
pub(crate) fn step(world: &World, officer: &str, case: &CaseId, step: Step) {
    let row = world
        .service
        .store
        .read(|c| store::case::get(c, case))
        .unwrap()
        .unwrap();
    let request = StepRequest {
        case: case.clone(),
        version: row.case.version(),
        step,
        reason: Reason::new("test", "材料齐全"),
        item: None,
        countersignature: None,
    };
    let (actor, now) = (actor(world, officer), world.service.now());
    let done = world.service.transact("test.step", move |service, tx| {
        process::step(service, tx, &actor, &request, now)
    });
    done.unwrap();
}

/// An officer with what is granted.
pub(crate) fn actor(world: &World, officer: &str) -> Actor {
    let officer = officer.parse().unwrap();
    world
        .service
        .store
        .read(|c| auth::officer_actor(c, &officer))
        .unwrap()
}

/// The tests' campaign.
pub(crate) fn cycle() -> CycleId {
    TODAY.year().to_string().parse().unwrap()
}

pub(crate) fn file(household: &Household) -> FileId {
    FileId {
        subject: household.subject.clone(),
        year: TODAY.year(),
    }
}

fn pack(world: &World) -> Hash {
    let pack = world.service.store.read(|c| {
        world
            .service
            .rules
            .pack_for(c, SubjectKind::Household, TODAY)
    });
    pack.unwrap().hash()
}

fn agreed() -> Consent {
    let categories = [
        "income",
        "deposits",
        "securities",
        "insurance",
        "real_estate",
        "tax",
    ];
    Consent {
        person: "head".into(),
        text_version: "1".into(),
        purposes: vec!["credit_rating".into(), "village_statistics".into()],
        language: "zh-CN".into(),
        categories: categories.map(str::to_owned).to_vec(),
        recipients: vec![Recipient {
            lender: LENDER.parse().unwrap(),
            purpose: itgel_domain::authorisation::Purpose::LoanDecision,
        }],
        given_on: TODAY,
        until: TODAY.saturating_add(jiff::Span::new().years(1)),
        signature: Hash::of_file(b"a signature"),
        witness: "collector".parse().unwrap(),
        receipt: None,
    }
}

fn sealed(consent: &EntryId) -> Seal {
    Seal {
        cycle: cycle(),
        as_of: TODAY,
        registers_at: 0,
        inputs: Hash::of_file(b"inputs of the device"),
        assessment: Hash::of_file(b"assessment of the device"),
        parameters: Hash::of_file(b"parameters of the device"),
        consents: vec![consent.clone()],
        countersignature: Countersignature::Drawn {
            picture: Hash::of_file(b"a picture"),
        },
        second_officer: Some("second".parse().unwrap()),
        signed_apart_ms: None,
    }
}
