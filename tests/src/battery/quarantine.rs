//! R24: whatever reviewers decide about what was set aside, and in which order, every side ends with
//! the same facts, nothing is lost, and nobody who did nothing wrong waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::{Division, DivisionCode};
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner, Suite};
use itgel_domain::file::entry::{Correction, Entry, EntryId, ObservationEntry};
use itgel_domain::file::envelope::{Body, CheckpointRef, Envelope, FileBody, VERSION};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::policy::Actor;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::push::{Push, Verdict};
use itgel_domain::time::AtMs;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::quarantine::{self, DecideRequest};
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::store::list::Content;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::quarantine::Whose;
use itgel_server::{Clock, Service, auth, contents, ingest, registers, rules, setup, store};
use jiff::civil::{Date, date};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{Row, Size};
use crate::simulation::chance::Chance;

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R24",
    what: "random orders of release and rejection, with honest envelopes between them",
    figure: "10,000 orders: lists and facts agree, every envelope is there once, no honest one waits",
    run: decisions,
}];

const BANNER: &str = "150623";
const TOWNSHIP: &str = "150623200";
pub(super) const GACHA: &str = "150623200201";
pub(super) const TODAY: Date = date(2026, 11, 1);

/// A server, two officers with their phones, and a reviewer.
struct Scene {
    service: Service,
    reviewer: Actor,
    phones: Vec<Phone>,
    _folder: TempDir,
}

/// A phone: its key, where its chain stands, what it has sent.
pub(super) struct Phone {
    pub(super) record: DeviceRecord,
    pub(super) signer: Arc<SoftwareSigner>,
    pub(super) head: ChainHead,
    /// The state of the server's log that it was shown.
    pub(super) seen: Option<CheckpointRef>,
    sent: u64,
}

fn decisions(size: Size) -> Vec<String> {
    let orders = size.pick(60, 10_000);
    let mut scene = Scene::make();
    let (mut chance, mut decided) = (Chance::new(24, 24), 0);
    for order in 0..orders {
        decided += one_order(&mut scene, order, &mut chance);
    }
    let envelopes = agree(&scene);
    let sent: u64 = scene.phones.iter().map(|phone| phone.sent).sum();
    assert_eq!(envelopes, sent, "every envelope is there once");
    let check = itgel_server::log_check::verify(&scene.service).unwrap();
    assert_eq!(check.faults, [], "the log fits");
    vec![format!(
        "{orders} orders, {decided} decisions about {sent} envelopes: lists and facts agree, none lost, none held up"
    )]
}

/// A household whose file gets envelopes that are set aside, and decisions in a random order.
fn one_order(scene: &mut Scene, order: u32, chance: &mut Chance) -> u32 {
    let id: SubjectId = format!("hh-{order}").parse().unwrap();
    add_household(&scene.service, &id);
    for _ in 0..2 {
        let bad = scene.write(0, &id, vec![sheep(5, date(2026, 11, 20))]);
        assert!(matches!(bad.1, Verdict::Quarantined(_)), "{:?}", bad.1);
        let correction = Entry::Correction(Correction {
            corrects: EntryId {
                at: bad.0,
                index: 0,
            },
            cycle: cycle(),
            observation: observed(6, TODAY),
            reason: "typo".into(),
        });
        let blocked = scene.write(0, &id, vec![correction]);
        assert!(
            matches!(blocked.1, Verdict::Quarantined(_)),
            "{:?}",
            blocked.1
        );
    }
    let mut decided = 0;
    loop {
        let read = scene
            .service
            .store
            .read(|c| store::quarantine::list_waiting(c, Whose::Subject(&id), None, 100));
        let waiting = read.unwrap();
        if waiting.is_empty() {
            return decided;
        }
        let row = &waiting[chance.below(waiting.len())];
        let is_release = chance.below(2) == 0;
        if scene.decide(&row.at, is_release) {
            decided += 1;
        }
        // An honest officer goes on in the same file, whatever was decided.
        let who = usize::from(chance.below(2) == 0);
        let honest = scene.write(who, &id, vec![sheep(i64::from(decided), TODAY)]);
        assert!(honest.1.is_received(), "{order}: {:?}", honest.1);
    }
}

/// What the list of the gacha tells a device, what the envelopes say with their verdicts, and what
/// the server reads: all the same. The number of envelopes.
fn agree(scene: &Scene) -> u64 {
    let service = &scene.service;
    let read = service.store.read(|c| {
        let mut told: BTreeMap<FileId, FileFacts> = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = store::list::list(c, code(GACHA), after, 1_000)?;
            let Some(last) = page.last() else { break };
            after = last.position;
            for row in page {
                let Content::Envelope {
                    at, quarantined, ..
                } = row.content
                else {
                    continue;
                };
                let bytes = contents::envelope_bytes(service, c, &at)?.unwrap();
                let envelope = Envelope::from_bytes(&bytes).unwrap();
                let Body::File(body) = &envelope.body else {
                    continue;
                };
                let facts = told.entry(body.file.clone()).or_default();
                if quarantined {
                    facts.apply_quarantined(&envelope);
                } else {
                    facts.apply(&envelope);
                }
            }
        }
        let mut envelopes = 0;
        for (file, told) in &told {
            let mut fold = FileFacts::default();
            for sealed in store::envelope::list_file(c, file)? {
                envelopes += 1;
                let envelope = contents::read_envelope(service, c, &sealed)?.unwrap();
                if sealed.row.verdict.counts() {
                    fold.apply(&envelope);
                } else {
                    fold.apply_quarantined(&envelope);
                }
            }
            let known = store::projection::get(c, file)?;
            assert_eq!(known.digest(), fold.digest(), "{file}: facts and envelopes");
            assert_eq!(known.digest(), told.digest(), "{file}: facts and list");
        }
        Ok::<_, itgel_server::ServiceError>(envelopes)
    });
    read.unwrap()
}

impl Phone {
    /// The page with the next envelope, on top of what is known of its file, and its place.
    pub(super) fn page(
        &mut self,
        file: &FileId,
        facts: &FileFacts,
        entries: Vec<Entry>,
        now: AtMs,
    ) -> (ChainRef, Push) {
        let envelope = self.next(file, facts, entries, now);
        let page = self.signed(vec![envelope.to_bytes()]);
        (envelope.at, page)
    }

    /// The next envelope of the chain.
    pub(super) fn next(
        &mut self,
        file: &FileId,
        facts: &FileFacts,
        entries: Vec<Entry>,
        now: AtMs,
    ) -> Envelope {
        let links = facts.links(&self.record.id, 0);
        let at = ChainRef {
            device: self.record.id.clone(),
            incarnation: 0,
            seq: self.head.seq + 1,
        };
        let salt = Hash::of("salt", &[at.to_string().as_bytes()]).to_string();
        let envelope = Envelope {
            v: VERSION,
            at,
            salt: salt[..32].to_owned(),
            officer: self.record.officer.clone(),
            pack: Hash::of_file(b"pack"),
            entered_at: now,
            checkpoint: self.seen,
            body: Body::File(FileBody {
                file: file.clone(),
                deps: links.deps,
                start_op: links.start_op,
                entries,
            }),
        };
        self.head = self.head.extend(&envelope.id());
        self.sent += 1;
        envelope
    }

    /// A page that ends where the chain ends.
    pub(super) fn signed(&self, envelopes: Vec<Vec<u8>>) -> Push {
        Push {
            head: SignedHead::sign(&self.record.id, 0, self.head, self.signer.as_ref()),
            envelopes,
            identities: Vec::new(),
        }
    }

    /// A copy of the phone from when its chain stood there.
    pub(super) fn copied_at(&self, head: ChainHead) -> Self {
        Self {
            record: self.record.clone(),
            signer: Arc::clone(&self.signer),
            head,
            seen: None,
            sent: 0,
        }
    }
}

impl Scene {
    fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let now = AtMs(AtMs::start_of(TODAY).0 + 8 * 3_600_000);
        let service = open(&folder, Arc::new(move || now), "");
        let phones = vec![
            phone(&service, "o1", Role::Collector, GACHA),
            phone(&service, "o2", Role::Collector, GACHA),
        ];
        phone(&service, "r1", Role::Reviewer, TOWNSHIP);
        let officer: OfficerId = "r1".parse().unwrap();
        let reviewer = service.store.read(|c| auth::officer_actor(c, &officer));
        Self {
            reviewer: reviewer.unwrap(),
            service,
            phones,
            _folder: folder,
        }
    }

    /// Writes an envelope on top of what the server has, and pushes it: its place and verdict.
    fn write(&mut self, who: usize, id: &SubjectId, entries: Vec<Entry>) -> (ChainRef, Verdict) {
        let file = FileId {
            subject: id.clone(),
            year: 2026,
        };
        let facts = self
            .service
            .store
            .read(|c| store::projection::get(c, &file))
            .unwrap();
        let (now, phone) = (self.service.now(), &mut self.phones[who]);
        let (at, page) = phone.page(&file, &facts, entries, now);
        let answer = ingest::push(&self.service, &phone.record, page).unwrap();
        (at.clone(), answer.verdict(at.seq).unwrap())
    }

    /// Whether the decision was taken: what waits for something else cannot be released.
    fn decide(&self, at: &ChainRef, is_release: bool) -> bool {
        let (reviewer, at) = (self.reviewer.clone(), at.clone());
        let request = DecideRequest {
            reason: "核对过".into(),
        };
        let decided = self.service.transact("decide", move |s, tx| {
            let asked = (&at, &request);
            if is_release {
                quarantine::release(s, tx, &reviewer, asked, s.now())
            } else {
                quarantine::reject(s, tx, &reviewer, asked, s.now())
            }
        });
        decided.is_ok()
    }
}

/// A household of the gacha.
pub(super) fn add_household(service: &Service, id: &SubjectId) {
    add_household_in(service, id, GACHA);
}

/// A household of any gacha.
pub(super) fn add_household_in(service: &Service, id: &SubjectId, gacha: &str) {
    let household = Subject {
        id: id.clone(),
        kind: SubjectKind::Household,
        division: code(gacha),
        local_code: id.to_string(),
    };
    service
        .transact("scene", move |s, tx| {
            registers::put_subject(s, tx, &household)
        })
        .unwrap();
}

/// A phone of an officer with a role.
pub(super) fn phone(service: &Service, name: &str, role: Role, place: &str) -> Phone {
    let mut secret = [0; 32];
    secret[..name.len()].copy_from_slice(name.as_bytes());
    let signer = Arc::new(SoftwareSigner::from_secret(&secret));
    let record = DeviceRecord {
        id: format!("phone-{name}").parse().unwrap(),
        officer: name.parse().unwrap(),
        suite: Suite::Ed25519,
        public_key: signer.public_key(),
        status: DeviceStatus::Active,
        enrolled_at: service.now(),
    };
    let (device, division) = (record.clone(), code(place));
    service
        .transact("scene", move |_, tx| {
            let person = OfficerRecord {
                id: device.officer.clone(),
                name: device.officer.to_string(),
                division,
            };
            setup::add_officer(tx, &person, &[(role, division)])?;
            Ok(store::device::put(tx, &device)?)
        })
        .unwrap();
    Phone {
        head: ChainHead::start(&record.id, 0),
        record,
        signer,
        seen: None,
        sent: 0,
    }
}

/// A service over a new database with a banner, a sumu, a gacha and a campaign.
pub(super) fn open(folder: &TempDir, clock: Clock, more: &str) -> Service {
    let text = format!(
        "listen = '127.0.0.1:0'\npublic_url = 'https://itgel.example'\ndatabase = '{}'\nkeys = '{}'\n{more}",
        folder.path().join("itgel.db").display(),
        folder.path().join("keys.toml").display()
    );
    let secrets = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    let config = Config::parse(&text).unwrap();
    let service = Service::open(config, ServerKeys::from_random(&secrets), clock).unwrap();
    service
        .transact("scene", |service, tx| {
            rules::seed(service, tx, service.now())?;
            for text in [BANNER, TOWNSHIP, GACHA] {
                registers::put_division(service, tx, &division(text))?;
            }
            setup::add_cycle(tx, &campaign())
        })
        .unwrap();
    service
}

pub(super) fn sheep(heads: i64, on: Date) -> Entry {
    Entry::Observation(ObservationEntry {
        cycle: cycle(),
        observation: observed(heads, on),
    })
}

pub(super) fn observed(heads: i64, on: Date) -> Observation {
    Observation {
        item: "herd.sheep".parse().unwrap(),
        state: State::Known(Value::Int(heads)),
        evidence: Evidence::B,
        observed_on: on,
    }
}

pub(super) fn cycle() -> CycleId {
    "c-2026".parse().unwrap()
}

fn campaign() -> Cycle {
    Cycle {
        id: cycle(),
        banner: code(BANNER),
        kind: CycleKind::Annual,
        name: "2026年度".into(),
        opens_on: date(2026, 1, 1),
        closes_on: date(2026, 12, 31),
    }
}

pub(super) fn division(text: &str) -> Division {
    Division {
        code: code(text),
        kind: code(text).usual_kind(),
        name: format!("示例{text}"),
        name_mn: None,
        civil_code: None,
        valid_from: date(2010, 1, 1),
        valid_to: None,
    }
}

fn code(text: &str) -> DivisionCode {
    text.parse().unwrap()
}
