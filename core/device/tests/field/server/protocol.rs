//! The steps of the protocol, and how each can fail.

use data_encoding::HEXLOWER;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::DeviceSigner as _;
use itgel_domain::file::chain::Suite;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Checkpoint, consistency_proof};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer, ListEnd, names_digest};
use itgel_domain::sync::media::{Chunk, ChunkAnswer, MediaReceipt};
use itgel_domain::sync::pull::{Pull, PullPage, PulledItem};
use itgel_domain::sync::push::{Exception, Push, PushAnswer, Verdict};
use itgel_domain::time::AtMs;

use super::kept::{named, take};
use super::{Cut, Fault, Server};

impl SyncProtocol for Server {
    type Error = Cut;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, Cut> {
        let fault = self.arriving()?;
        let kept = self.kept();
        let tells = !self.state.lock().unwrap().is_silent;
        let incarnations = kept.chains.keys().filter(|(d, _)| *d == request.device);
        let clock = AtMs(request.clock.0 + 1_000);
        let checkpoint = kept.checkpoint();
        let signed = Checkpoint {
            size: checkpoint.size,
            root: checkpoint.root,
            at: clock,
        };
        let lists = kept.lists.iter().map(|(division, items)| {
            let position = items.len() as u64;
            ListEnd {
                division: *division,
                position,
                digest: kept.digest(*division, position),
            }
        });
        let mut answer = HelloAnswer {
            protocol: 1,
            epoch: kept.epoch,
            incarnation: incarnations.map(|(_, i)| *i).max().unwrap_or(0),
            head: kept.head(&request.device, request.incarnation),
            lists: lists.filter(|_| tells).collect(),
            clock,
            checkpoint,
            checkpoint_signature: self.sign(&signed.message()),
            checkpoint_at: clock,
            trust: self.news.lock().unwrap().clone(),
            consistency: request.checkpoint.and_then(|held| {
                let size = usize::try_from(held.size).unwrap();
                consistency_proof(&kept.leaves, size).ok()
            }),
            restored: kept.restored.clone(),
            names: request.names.and_then(|held| {
                let names = self.names.lock().unwrap().clone();
                (names_digest(&names) != held).then_some(names)
            }),
            signature: String::new(),
        };
        answer.signature = self.sign_or_forge(fault, &answer.message(&request.digest()));
        arrived(fault, answer)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, Cut> {
        let fault = self.arriving()?;
        let mut state = self.state.lock().unwrap();
        let up_to = request.head.at.clone();
        let key = state.keys.get(&up_to.device).expect("an admitted device");
        request
            .head
            .verify(Suite::Ed25519, key)
            .expect("the page is signed by its device");
        let from_seq = up_to.seq + 1 - request.envelopes.len() as u64;
        let mut except = Vec::new();
        for (bytes, seq) in request.envelopes.iter().zip(from_seq..) {
            let place = ChainRef {
                seq,
                ..up_to.clone()
            };
            match take(&mut state, request, bytes, &place) {
                Verdict::Accepted => {}
                verdict => except.push(Exception { seq, verdict }),
            }
        }
        let head = state.kept.head(&up_to.device, up_to.incarnation);
        let head = if head.seq > up_to.seq {
            request.head.hash
        } else {
            head.hash
        };
        let mut answer = PushAnswer {
            up_to,
            head,
            except,
            from_seq,
            received_at: AtMs(1_790_000_000_000),
            checkpoint: state.kept.checkpoint(),
            signature: String::new(),
        };
        answer.signature = self.sign_or_forge(fault, &answer.message());
        arrived(fault, answer)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, Cut> {
        let fault = self.arriving()?;
        let mut state = self.state.lock().unwrap();
        let is_brief = request.brief == Some(true);
        state.asked.push((request.max_bytes, is_brief));
        let list = state
            .kept
            .lists
            .get(&request.division)
            .cloned()
            .unwrap_or_default();
        let back = if state.repeats_items {
            state.page_items as u64
        } else {
            0
        };
        let from = request.after.saturating_sub(back);
        let up_to = request.after + state.page_items as u64;
        let end = list.len() as u64;
        let items: Vec<PulledItem> = list
            .into_iter()
            .filter(|item| item.position > from && item.position <= up_to)
            .map(|item| if is_brief { named(item) } else { item })
            .collect();
        let last = items.last().map_or(0, |item| item.position);
        let mut page = PullPage {
            division: request.division,
            is_end: up_to >= end,
            digest: state.kept.digest(request.division, last),
            items,
            signature: String::new(),
        };
        page.signature = self.sign_or_forge(fault, &page.message());
        arrived(fault, page)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, Cut> {
        self.arriving()?;
        let state = self.state.lock().unwrap();
        let list = state.kept.lists.get(&request.division).cloned();
        let listed = list.unwrap_or_default().into_iter();
        let items = listed.filter(|item| request.positions.contains(&item.position));
        Ok(Fetched {
            division: request.division,
            items: items.take(state.page_items).collect(),
        })
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, Cut> {
        let fault = self.arriving()?;
        let mut state = self.state.lock().unwrap();
        let kept = state.kept.pictures.entry(request.content).or_default();
        if request.offset == kept.len() as u64 {
            kept.extend(&request.bytes);
        }
        let received = kept.len() as u64;
        let is_whole = received == request.length && Hash::of_file(kept) == request.content;
        let receipt = is_whole.then(|| {
            let mut receipt = MediaReceipt {
                subject: request.subject.clone(),
                content: request.content,
                received_at: AtMs(1_790_000_000_000),
                signature: String::new(),
            };
            receipt.signature = self.sign_or_forge(fault, &receipt.message());
            receipt
        });
        let answer = ChunkAnswer {
            content: request.content,
            received,
            receipt,
        };
        arrived(fault, answer)
    }
}

impl Server {
    /// How the call that arrives fails later on, if it does arrive.
    fn arriving(&self) -> Result<Option<Fault>, Cut> {
        match self.fault() {
            Some(Fault::Cut) => Err(Cut),
            fault => Ok(fault),
        }
    }

    fn sign_or_forge(&self, fault: Option<Fault>, message: &[u8]) -> String {
        if fault == Some(Fault::Forged) {
            return HEXLOWER.encode(&self.forger.sign(message));
        }
        self.sign(message)
    }
}

/// The answer, unless it gets lost on its way.
fn arrived<T>(fault: Option<Fault>, answer: T) -> Result<T, Cut> {
    if fault == Some(Fault::AnswerLost) {
        return Err(Cut);
    }
    Ok(answer)
}
