//! What the program knows between two requests: who is unlocked, the language, the job.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use itgel_device::files::private_folder;
use itgel_device::retry::Attempt;
use itgel_device::sync::SyncError;
use itgel_device::{Argon2Cost, Device, Entropy, KeyStore};
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::time::AtMs;
use itgel_text::Lang;
use jiff::civil::Date;
use tower::ServiceExt as _;

use crate::auto::{Schedule, waiting};
use crate::disk::{Disk, SystemDisk};
use crate::here::Here;
use crate::job::{Job, JobState};
use crate::lock::{Door, Touched};
use crate::officers::{Officers, Opened, Profile};
use crate::routes;
use crate::transport::Transport;

/// Where the program reads time: the composition root has the real one.
pub trait Clock: Send + Sync {
    /// The present instant, by a clock that can be set.
    fn now(&self) -> AtMs;

    /// Milliseconds since some moment that does not change while the program runs.
    fn steady_ms(&self) -> u64;
}

/// What the program stands on.
pub struct Ground {
    /// Its folder.
    pub data: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way to the server.
    pub transport: Arc<dyn Transport>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Where the platform keeps what opens a store beside the PIN.
    pub platform: Arc<dyn KeyStore>,
    /// What deriving a key from a PIN costs.
    pub cost: Argon2Cost,
}

/// The program. It is shared between the threads that answer.
#[derive(Clone)]
pub struct FieldApp(Arc<Inner>);

struct Inner {
    pub(crate) clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
    entropy: Arc<dyn Entropy>,
    officers: Officers,
    data: PathBuf,
    settings: PathBuf,
    state: Mutex<State>,
}

/// What changes while the program runs.
pub(crate) struct State {
    lang: Lang,
    pub(crate) session: Option<Arc<Session>>,
    /// The device is in the hands of evaluators.
    pub(crate) handed: Option<Arc<Handed>>,
    pub(crate) door: Door,
    /// What still goes on in stores that were locked: until it ends no other begins in the same store.
    leaving: Vec<Leaving>,
    disk: Arc<dyn Disk>,
}

/// A store that was locked while it synchronises.
struct Leaving {
    folder: String,
    job: Job,
    /// Where what goes on may come to its own end, the store, which that holds open.
    resting: Weak<Session>,
}

/// An unlocked store and what goes on with it.
pub(crate) struct Session {
    pub(crate) profile: Profile,
    pub(crate) device: Device,
    signer: Arc<SoftwareSigner>,
    pub(crate) job: Job,
    pub(crate) schedule: Schedule,
    pub(crate) touched: Touched,
    pub(crate) here: Here,
}

/// A store that is open for ballots (民主评议) and for nothing else.
pub(crate) struct Handed {
    pub(crate) session: Arc<Session>,
    pub(crate) cycle: CycleId,
    /// The households that are evaluated, in their order.
    pub(crate) households: Vec<SubjectId>,
}

/// What a shell without a port passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status; never a redirect.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// Where the page stands, if the request was answered by another one.
    pub location: Option<String>,
    /// What else the answer says of itself, above all its content security policy.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Session {
    /// The key of the device.
    pub(crate) fn signer(&self) -> Arc<SoftwareSigner> {
        Arc::clone(&self.signer)
    }
}

impl Answered {
    /// The answer as a page reads it from the bridge of a shell: `docs/field.md`.
    #[must_use]
    pub fn to_bridge(&self) -> String {
        let told = serde_json::json!({
            "status": self.status,
            "location": self.location,
            "body": String::from_utf8_lossy(&self.body),
        });
        told.to_string()
    }
}

/// The settings that outlive the program.
#[derive(serde::Serialize, serde::Deserialize)]
struct Settings {
    lang: String,
}

/// Most bytes of an answer: a page is far below it, a file for a card is not.
const MAX_ANSWER: usize = itgel_domain::sync::bundle::MAX_BYTES;

impl FieldApp {
    /// The program over a folder, which is made if it is not there. Everything is locked.
    ///
    /// # Errors
    /// [`std::io::Error`] if the folder cannot be used.
    pub fn start(ground: Ground) -> std::io::Result<Self> {
        private_folder(&ground.data)?;
        let officers = Officers::new(
            &ground.data,
            ground.platform,
            ground.cost,
            Arc::clone(&ground.entropy),
        );
        let settings = ground.data.join("settings.json");
        let lang = read_lang(&settings).unwrap_or_default();
        Ok(Self(Arc::new(Inner {
            clock: ground.clock,
            transport: ground.transport,
            entropy: ground.entropy,
            officers,
            data: ground.data,
            settings,
            state: Mutex::new(State {
                lang,
                session: None,
                handed: None,
                door: Door::default(),
                leaving: Vec::new(),
                disk: Arc::new(SystemDisk),
            }),
        })))
    }

    /// Answers one request without a port, blocking: for a shell that shows the pages itself.
    /// `body` is a form (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn handle(&self, method: &str, path: &str, body: &[u8]) -> Answered {
        let answered = self.try_handle(method, path, body);
        answered.unwrap_or_else(|status| Answered {
            status: status.as_u16(),
            content_type: "text/plain; charset=utf-8".to_owned(),
            location: None,
            headers: Vec::new(),
            body: Vec::new(),
        })
    }

    fn try_handle(&self, method: &str, path: &str, body: &[u8]) -> Result<Answered, StatusCode> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_vec()))
            .map_err(|_| StatusCode::BAD_REQUEST)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let router: Router = routes::router(self.clone());
        runtime.block_on(async {
            let Ok(response) = router.oneshot(request).await;
            let text = |name: &header::HeaderName| {
                let value = response.headers().get(name)?.to_str().ok()?;
                Some(value.to_owned())
            };
            let (content_type, location) =
                (text(&header::CONTENT_TYPE), text(&header::CONTENT_LOCATION));
            let headers = response.headers().iter();
            let headers = headers
                .filter(|(name, _)| {
                    !matches!(**name, header::CONTENT_TYPE | header::CONTENT_LOCATION)
                })
                .filter_map(|(name, value)| {
                    Some((name.to_string(), value.to_str().ok()?.to_owned()))
                })
                .collect();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), MAX_ANSWER).await;
            let body = body.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
            Ok(Answered {
                status,
                content_type: content_type.unwrap_or_default(),
                location,
                headers,
                body: body.to_vec(),
            })
        })
    }

    pub(crate) fn now(&self) -> AtMs {
        self.0.clock.now()
    }

    pub(crate) fn today(&self) -> Date {
        self.now().on()
    }

    pub(crate) fn steady_ms(&self) -> u64 {
        self.0.clock.steady_ms()
    }

    /// Asks `disk` from now on how much room there is: a shell may know better than the system.
    pub fn watch_disk(&self, disk: Arc<dyn Disk>) {
        self.state().disk = disk;
    }

    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let disk = Arc::clone(&self.state().disk);
        disk.free_bytes(&self.0.data)
    }

    pub(crate) fn officers(&self) -> &Officers {
        &self.0.officers
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.0.transport.as_ref()
    }

    pub(crate) fn lang(&self) -> Lang {
        self.state().lang
    }

    /// Changes the language of every page from now on. A folder that cannot be written does not
    /// keep anybody from reading in their language.
    pub(crate) fn set_lang(&self, lang: Lang) {
        self.state().lang = lang;
        let settings = Settings {
            lang: lang.to_string(),
        };
        let written = serde_json::to_vec(&settings).map(|bytes| fs::write(&self.0.settings, bytes));
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("the settings cannot be written");
        }
    }

    pub(crate) fn session(&self) -> Option<Arc<Session>> {
        self.state().session.clone()
    }

    pub(crate) fn unlock(&self, opened: Opened) -> Arc<Session> {
        let session = Arc::new(Session {
            profile: opened.profile,
            device: opened.device,
            signer: opened.signer,
            job: Job::default(),
            schedule: Schedule::default(),
            touched: Touched::default(),
            here: Here::default(),
        });
        self.resume(&session);
        session
    }

    /// From here on the pages are of this store.
    pub(crate) fn resume(&self, session: &Arc<Session>) {
        self.touch(session);
        let mut state = self.state();
        state.leave(false);
        state.handed = None;
        let folder = &session.profile.folder;
        // What ends at its next page keeps others from beginning; what goes on here is its own.
        state
            .leaving
            .retain(|one| one.folder != *folder || !one.is_of(session));
        state.session = Some(Arc::clone(session));
    }

    /// Locks the store; what goes on with it comes to its end.
    pub fn lock(&self) {
        let mut state = self.state();
        state.leave(false);
        state.handed = None;
    }

    /// Gives the device out of the officer's hand: from here on nothing is open but the ballots of
    /// these households, until a PIN opens the store again.
    pub(crate) fn hand_over(&self, handed: Handed) {
        let mut state = self.state();
        state.leave(false);
        state.handed = Some(Arc::new(handed));
    }

    pub(crate) fn handed(&self) -> Option<Arc<Handed>> {
        self.state().handed.clone()
    }

    /// Starts to synchronise, unless it goes on already; whether it did.
    pub(crate) fn synchronise(&self, session: &Arc<Session>) -> bool {
        if self.state().goes_on_in(&session.profile.folder) || !session.job.begin() {
            return false;
        }
        let (app, session) = (self.clone(), Arc::clone(session));
        std::thread::spawn(move || {
            let ending = session.job.ending();
            let job = session.job.clone();
            let ended = app.transport().synchronise(
                &session.device,
                &session.profile.server,
                session.signer.clone(),
                app.now(),
                &mut |progress| job.set(JobState::Running(Some(progress))),
            );
            let is_ordered = ended.as_ref().is_ok_and(|report| report.wipe_ordered);
            let attempt = ended
                .as_ref()
                .map_or_else(SyncError::attempt, |_| Attempt::Done);
            if ended.is_ok() {
                session.let_go();
            }
            let left = waiting(&session.device);
            session
                .schedule
                .after(attempt, left, app.steady(), app.jitter());
            session.job.set(match ended {
                Ok(report) => JobState::Done(Box::new(report)),
                Err(error) => JobState::Failed {
                    kind: error.kind(),
                    code: error.code(),
                },
            });
            drop(ending);
            if is_ordered {
                app.lock();
                // Where a page is just being answered, the next unlocking obeys.
                let sole = Arc::into_inner(session);
                let obeyed = sole.map(|session| app.obey_order(session.device));
                if let Some(Err(error)) = obeyed {
                    tracing::warn!(%error, "the order to delete a store waits");
                }
            }
        });
        true
    }

    /// A random number that spreads devices which lost the network together; without one they only
    /// come back at the same moment.
    fn jitter(&self) -> u32 {
        let mut random = [0; 4];
        let filled = self.0.entropy.fill(&mut random);
        filled.map_or(0, |()| u32::from_be_bytes(random))
    }

    /// Deletes a store by the server's order, once everything in it has its receipt; the store
    /// itself where there is no such order or something has not arrived yet.
    pub(crate) fn obey_order(&self, device: Device) -> Result<Option<Device>, itgel_device::Error> {
        let is_ordered = device.trust(self.now())?.wipe_ordered;
        if !is_ordered || device.summary()?.waiting > 0 {
            return Ok(Some(device));
        }
        device.obey_wipe()?;
        self.state().door = Door::default();
        self.tell_wiped();
        Ok(None)
    }

    /// Tells of deleted stores, beside whatever goes on.
    pub(crate) fn tell_wiped(&self) {
        let app = self.clone();
        std::thread::spawn(move || app.officers().tell_wiped(app.transport()));
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Lets go what the server has had for long, by the server's clock: ours may be years ahead.
    fn let_go(&self) {
        let heard = self.device.trust(AtMs(0)).map(|trust| trust.last_contact);
        let gone = heard.map(|heard| heard.map(|at| self.device.compact(at)));
        if !matches!(gone, Ok(None | Some(Ok(_)))) {
            tracing::warn!("pictures that the server has cannot be let go");
        }
    }
}

impl Leaving {
    fn is_of(&self, session: &Arc<Session>) -> bool {
        std::ptr::eq(self.resting.as_ptr(), Arc::as_ptr(session))
    }
}

impl State {
    /// Locks. What goes on ends at its next page, or comes to its own end where nobody asked for
    /// the lock: nothing is torn because an officer looked up from the screen.
    pub(crate) fn leave(&mut self, is_idle: bool) {
        let Some(session) = self.session.take() else {
            return;
        };
        let folder = session.profile.folder.clone();
        self.door.shut(&session.profile, is_idle);
        let resting = match is_idle {
            true => Arc::downgrade(&session),
            false => {
                session.device.end_sync();
                Weak::new()
            }
        };
        self.leaving.push(Leaving {
            folder,
            job: session.job.clone(),
            resting,
        });
    }

    /// The store that was locked and goes on synchronising.
    pub(crate) fn resting(&self, folder: &str) -> Option<Arc<Session>> {
        let mut ours = self.leaving.iter().filter(|one| one.folder == folder);
        ours.find_map(|one| one.job.is_running().then(|| one.resting.upgrade())?)
    }

    /// Whether a synchronisation of a store that was locked has not come to its end yet.
    fn goes_on_in(&mut self, folder: &str) -> bool {
        self.leaving.retain(|one| one.job.is_running());
        self.leaving.iter().any(|one| one.folder == folder)
    }
}

fn read_lang(settings: &Path) -> Option<Lang> {
    let settings: Settings = serde_json::from_slice(&fs::read(settings).ok()?).ok()?;
    settings.lang.parse().ok()
}
