//! The link between a device and the server: both are real, what lies between fails by plan.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use itgel_device::http::HttpError;
use itgel_device::{Device, sync};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer, Verdict};
use itgel_server::ServiceError;
use itgel_server::sync::DeviceSession;

use super::album::Pictures;
use super::check;
use super::failure::{Outcome, fails};
use super::fault::{Fault, Planned};
use super::host::Host;
use super::mutant::Mutant;
use super::trace::Trace;

/// Minutes that a slow request takes: longer than an access token lives.
const SLOW_MINUTES: i64 = 11;

/// Pages that somebody on the way still has.
const REMEMBERED: usize = 4;

/// Envelopes whose receipt reached a device, by id.
pub(super) type Receipted = BTreeMap<Hash, DeviceId>;

/// What is on the way of a device from one synchronisation to the next.
#[derive(Default)]
pub(super) struct OnTheWay {
    pages: Vec<Push>,
    /// The answer to each page, by its head and its first place.
    answered: BTreeMap<(Hash, u64), PushAnswer>,
    hello: Option<HelloAnswer>,
    push: Option<PushAnswer>,
    pull: Option<PullPage>,
}

impl OnTheWay {
    /// The server was restored: what counts may depend on what came first, and others may come
    /// first now. Or a person decided what counts, and a page that is taken again gets that answer.
    pub(super) fn expect_other_receipts(&mut self) {
        self.answered.clear();
    }
}

/// A way to the server that fails by plan.
pub(super) struct Link<'a> {
    pub(super) host: &'a RefCell<Host>,
    pub(super) device: &'a DeviceId,
    pub(super) faults: &'a [Planned],
    pub(super) mutant: Option<Mutant>,
    pub(super) way: &'a RefCell<OnTheWay>,
    pub(super) receipted: &'a RefCell<Receipted>,
    pub(super) shown: &'a RefCell<Pictures>,
    pub(super) trace: &'a RefCell<Trace>,
    /// Keeps the files of the device as they are at this instant.
    pub(super) freeze: &'a dyn Fn() -> Outcome<()>,
    pub(super) state: RefCell<State>,
}

/// What happened to a link.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) requests: u32,
    pub(super) is_cut: bool,
    /// The program was killed: its files are as they were then.
    pub(super) is_killed: bool,
    /// What no link and no server may do.
    pub(super) broken: Option<String>,
}

/// Why a request did not go through.
#[derive(Debug)]
pub(super) enum LinkError {
    /// Nobody knows whether it arrived.
    Lost,
    /// The server says no.
    Refused(ServiceError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("no answer came"),
            Self::Refused(error) => write!(f, "refused: {error}"),
        }
    }
}

impl std::error::Error for LinkError {}

/// As over the network: the device tells refusals by their codes.
impl From<LinkError> for HttpError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Lost => Self::Offline(error.into()),
            LinkError::Refused(error) => Self::Refused {
                code: error.code(),
                retry_after_ms: None,
            },
        }
    }
}

/// Synchronises a device over a link without a fault.
pub(super) fn plain(host: &RefCell<Host>, id: &DeviceId, device: &Device) -> Outcome<()> {
    let (way, receipted, shown) = (RefCell::default(), RefCell::default(), RefCell::default());
    let trace = RefCell::new(Trace::new(false));
    let link = Link {
        host,
        device: id,
        faults: &[],
        mutant: None,
        way: &way,
        receipted: &receipted,
        shown: &shown,
        trace: &trace,
        freeze: &|| Ok(()),
        state: RefCell::default(),
    };
    let now = host.borrow().now();
    sync::run(device, &link, now, &mut |_| {})?;
    match link.state.into_inner().broken {
        Some(broken) => fails(broken),
        None => Ok(()),
    }
}

impl Link<'_> {
    /// Sends a request and brings its answer, or what becomes of them by plan. `answer` asks the
    /// server, `stale` is an earlier answer of the same kind.
    fn call<T>(
        &self,
        answer: impl Fn(&DeviceSession) -> Result<T, ServiceError>,
        stale: Option<T>,
    ) -> Result<T, LinkError> {
        let number = {
            let mut state = self.state.borrow_mut();
            state.requests += 1;
            if state.is_cut || state.is_killed {
                return Err(LinkError::Lost);
            }
            state.requests
        };
        let planned = self.faults.iter().find(|p| p.request == number);
        match planned.map(|p| p.fault) {
            None => self.ask(&answer),
            Some(Fault::RequestLost) => Err(LinkError::Lost),
            Some(Fault::AnswerLost) => self.ask(&answer).and(Err(LinkError::Lost)),
            Some(Fault::Twice) => self.ask(&answer).and_then(|_| self.ask(&answer)),
            Some(Fault::Tenfold) => self.ask_ten_times(&answer),
            Some(Fault::LatePage) => {
                self.late_page();
                self.ask(&answer)
            }
            Some(Fault::StaleAnswer) => {
                let fresh = self.ask(&answer)?;
                Ok(stale.unwrap_or(fresh))
            }
            Some(Fault::Cut) => {
                self.state.borrow_mut().is_cut = true;
                Err(LinkError::Lost)
            }
            Some(Fault::Slow) => {
                self.host.borrow().wait(SLOW_MINUTES);
                self.ask(&answer)
            }
            Some(Fault::Kill) => {
                let answered = self.ask(&answer);
                self.kill();
                answered.and(Err(LinkError::Lost))
            }
            Some(Fault::KillBefore) => {
                self.kill();
                Err(LinkError::Lost)
            }
            Some(Fault::HandOn) => {
                let mut host = self.host.borrow_mut();
                let handed_on = host.announce().and_then(|_| host.rotate());
                drop(host);
                self.note_broken(handed_on.map(drop));
                self.ask(&answer)
            }
            Some(Fault::ServerKill) => {
                let answered = self.ask(&answer);
                self.note_broken(self.host.borrow_mut().restart());
                answered.and(Err(LinkError::Lost))
            }
        }
    }

    /// Asks the server as it stands now: grants and status are looked up for every request.
    fn ask<T>(
        &self,
        answer: impl Fn(&DeviceSession) -> Result<T, ServiceError>,
    ) -> Result<T, LinkError> {
        let host = self.host.borrow();
        let found = host.service().store.read(|c| {
            let device = itgel_server::store::device::get(c, self.device)?;
            Ok::<_, ServiceError>(device)
        });
        let asked = found.and_then(|record| match record {
            Some(record) => host.work(|s| answer(&DeviceSession::new(s.clone(), record))),
            None => Err(itgel_domain::error::ErrorCode::TokenInvalid.into()),
        });
        asked.map_err(|error| {
            self.note_broken(check::refusal(&error).map(drop));
            LinkError::Refused(error)
        })
    }

    /// The same request again and again has one effect, and one answer but for the time and the
    /// log in it.
    fn ask_ten_times<T>(
        &self,
        answer: impl Fn(&DeviceSession) -> Result<T, ServiceError>,
    ) -> Result<T, LinkError> {
        let mut last = self.ask(&answer)?;
        let before = check::rows(&self.host.borrow());
        for _ in 0..9 {
            last = self.ask(&answer)?;
        }
        let after = check::rows(&self.host.borrow());
        self.note_broken(before.and_then(|before| match after? {
            after if after == before => Ok(()),
            after => fails(format!(
                "a repeated request left rows: {before:?}, {after:?}"
            )),
        }));
        Ok(last)
    }

    /// A page that was on its way all the time arrives.
    fn late_page(&self) {
        let Some(page) = self.way.borrow().pages.first().cloned() else {
            return;
        };
        let told = match self.ask(|session| session.push(&page)) {
            Ok(answer) => format!("  late page {} {}", answer.up_to, answer.head.short()),
            Err(error) => format!("  late page: {error}"),
        };
        self.trace.borrow_mut().note(told);
    }

    fn kill(&self) {
        self.note_broken((self.freeze)());
        self.state.borrow_mut().is_killed = true;
    }

    fn note_broken(&self, outcome: Outcome<()>) {
        if let Err(failure) = outcome {
            self.state.borrow_mut().broken = Some(failure.0);
        }
    }

    /// The answer of the server to a page, or of a wrong one in its place.
    fn take(&self, session: &DeviceSession, page: &Push) -> Result<PushAnswer, ServiceError> {
        let Some(mutant) = self.mutant else {
            let answer = session.push(page)?;
            self.same_receipt(page, &answer);
            return Ok(answer);
        };
        if let Some(receipt) = mutant.receipt(&session.service, page)? {
            return Ok(receipt);
        }
        let answer = session.push(page)?;
        mutant.after_push(&session.service, page)?;
        Ok(answer)
    }

    /// A page that is taken again gets the verdicts that it got the first time, unless somebody decided
    /// otherwise since; one that waited for a gap gets its own now.
    fn same_receipt(&self, page: &Push, answer: &PushAnswer) {
        let key = (page.head.hash, answer.from_seq);
        let way = &mut *self.way.borrow_mut();
        let waited = |a: &PushAnswer| a.except.iter().any(|e| e.verdict == Verdict::Held);
        match way.answered.get(&key) {
            Some(first) if !waited(first) && first.except != answer.except => {
                let told = format!("{}: another receipt for the same page", page.head.at);
                self.state.borrow_mut().broken = Some(told);
            }
            _ => {
                way.answered.insert(key, answer.clone());
            }
        }
    }

    /// Notes what the device holds a receipt for from now on.
    fn note_receipt(&self, page: &Push, answer: &PushAnswer) {
        let host = self.host.borrow();
        let mut keys = host.service().keys.signed_with().iter();
        if !keys.any(|key| answer.verify(key).is_ok()) || answer.up_to != page.head.at {
            return;
        }
        let mut receipted = self.receipted.borrow_mut();
        for (seq, bytes) in (answer.from_seq..).zip(&page.envelopes) {
            if answer
                .verdict(seq)
                .is_some_and(|verdict| verdict.is_received())
            {
                receipted.insert(Envelope::id_of_bytes(bytes), self.device.clone());
            }
        }
    }

    fn remember_page(&self, page: &Push) {
        let pages = &mut self.way.borrow_mut().pages;
        pages.push(page.clone());
        if pages.len() > REMEMBERED {
            pages.remove(0);
        }
    }

    fn note<T>(&self, what: String, answer: &Result<T, LinkError>, told: impl Fn(&T) -> String) {
        let told = match answer {
            Ok(answer) => told(answer),
            Err(error) => error.to_string(),
        };
        self.trace.borrow_mut().note(format!("  {what} -> {told}"));
    }
}

impl SyncProtocol for Link<'_> {
    type Error = HttpError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, HttpError> {
        let stale = self.way.borrow().hello.clone();
        let answer = self.call(|session| session.hello(request), stale);
        let asked = format!(
            "hello i{} {} {}",
            request.incarnation,
            request.head.seq,
            request.head.hash.short()
        );
        self.note(asked, &answer, |a| {
            format!(
                "i{} {} {} log {}",
                a.incarnation,
                a.head.seq,
                a.head.hash.short(),
                a.checkpoint.size
            )
        });
        if let Ok(answer) = &answer {
            self.way.borrow_mut().hello = Some(answer.clone());
        }
        Ok(answer?)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, HttpError> {
        let stale = self.way.borrow().push.clone();
        let answer = self.call(|session| self.take(session, request), stale);
        self.note(
            format!("push {} n{}", request.head.at, request.envelopes.len()),
            &answer,
            |a| format!("{} {} except {:?}", a.up_to, a.head.short(), a.except),
        );
        self.remember_page(request);
        if let Ok(answer) = &answer {
            self.note_receipt(request, answer);
            self.way.borrow_mut().push = Some(answer.clone());
        }
        Ok(answer?)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, HttpError> {
        let stale = self.way.borrow().pull.clone();
        let asked = self
            .mutant
            .map_or_else(|| request.clone(), |m| m.asked(request));
        let answer = self.call(|session| session.pull(&asked), stale);
        self.note(
            format!("pull {} {}", request.division, request.after),
            &answer,
            |a| {
                format!(
                    "{} items {} end {}",
                    a.items.len(),
                    a.digest.short(),
                    a.is_end
                )
            },
        );
        if let Ok(answer) = &answer {
            self.way.borrow_mut().pull = Some(answer.clone());
        }
        Ok(answer?)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, HttpError> {
        let answer = self.call(|session| session.fetch(request), None);
        let asked = format!("fetch {} {}", request.division, request.positions.len());
        self.note(asked, &answer, |a| format!("{} items", a.items.len()));
        Ok(answer?)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, HttpError> {
        let answer = self.call(|session| session.send_chunk(request), None);
        let asked = format!("chunk {} {}", request.content.short(), request.offset);
        self.note(asked, &answer, |a| format!("{} received", a.received));
        if answer.as_ref().is_ok_and(|a| a.receipt.is_some()) {
            let picture = (request.content, request.subject.clone());
            self.shown.borrow_mut().extend([picture]);
        }
        Ok(answer?)
    }
}
