//! Frames over the pipes between parent and child, and the protocol in them.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::{SyncProtocol, wire};
use itgel_server::sync::DeviceSession;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number that a child says.
    Said = 0,
    Hello = 1,
    Push = 2,
    Pull = 3,
    Fetch = 4,
    Chunk = 5,
    /// An answer that is an error.
    Refused = 6,
}

/// A frame.
pub(super) struct Frame {
    pub(super) kind: Kind,
    bytes: Vec<u8>,
}

impl Frame {
    pub(super) fn said(number: u64) -> Self {
        Self {
            kind: Kind::Said,
            bytes: number.to_be_bytes().to_vec(),
        }
    }

    pub(super) fn number(&self) -> u64 {
        u64::from_be_bytes(self.bytes.as_slice().try_into().unwrap())
    }

    fn of<T: minicbor::Encode<()>>(kind: Kind, message: &T) -> Self {
        let bytes = wire::pack(message);
        Self { kind, bytes }
    }

    fn message<T: for<'b> minicbor::Decode<'b, ()>>(&self) -> T {
        wire::unpack(&self.bytes).unwrap()
    }

    /// Reads one; an error is the end of the other process.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes)?;
        let kinds = [
            Kind::Said,
            Kind::Hello,
            Kind::Push,
            Kind::Pull,
            Kind::Fetch,
            Kind::Chunk,
            Kind::Refused,
        ];
        let kind = kinds[usize::from(kind)];
        Ok(Self { kind, bytes })
    }

    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let length = u32::try_from(self.bytes.len()).unwrap();
        to.write_all(&[self.kind as u8])?;
        to.write_all(&length.to_be_bytes())?;
        to.write_all(&self.bytes)?;
        to.flush()
    }
}

/// Answers a request.
pub(super) fn serve(session: &DeviceSession, request: &Frame) -> Frame {
    fn answered<T: minicbor::Encode<()>, E>(kind: Kind, answer: Result<T, E>) -> Frame {
        let refused = Frame {
            kind: Kind::Refused,
            bytes: Vec::new(),
        };
        answer.map_or(refused, |answer| Frame::of(kind, &answer))
    }
    let kind = request.kind;
    match kind {
        Kind::Hello => answered(kind, session.hello(&request.message())),
        Kind::Push => answered(kind, session.push(&request.message())),
        Kind::Pull => answered(kind, session.pull(&request.message())),
        Kind::Fetch => answered(kind, session.fetch(&request.message())),
        Kind::Chunk => answered(kind, session.send_chunk(&request.message())),
        Kind::Said | Kind::Refused => unreachable!("no request"),
    }
}

/// The protocol over a pair of pipes.
pub(super) struct PipeLink<R, W> {
    from: RefCell<R>,
    to: RefCell<W>,
    /// Who is killed at a push, after so many turns.
    victim: RefCell<Option<(Child, bool, u32)>>,
    receipted: Cell<u64>,
}

/// The other process ended, or refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum PipeError {
    #[error("the other process is gone")]
    Gone(#[from] io::Error),
    #[error("refused")]
    Refused,
}

impl<R: Read, W: Write> PipeLink<R, W> {
    pub(super) fn over(from: R, to: W) -> Self {
        Self {
            from: RefCell::new(from),
            to: RefCell::new(to),
            victim: RefCell::new(None),
            receipted: Cell::new(0),
        }
    }

    /// The highest place for which a receipt came.
    pub(super) fn receipted(&self) -> u64 {
        self.receipted.get()
    }

    fn call<T: minicbor::Encode<()>, A: for<'b> minicbor::Decode<'b, ()>>(
        &self,
        kind: Kind,
        request: &T,
    ) -> Result<A, PipeError> {
        Frame::of(kind, request).write(&mut *self.to.borrow_mut())?;
        if kind == Kind::Push {
            self.kill();
        }
        let answer = Frame::read(&mut *self.from.borrow_mut())?;
        if answer.kind == Kind::Refused {
            return Err(PipeError::Refused);
        }
        Ok(answer.message())
    }

    /// Kills the one that has just been given a page.
    fn kill(&self) {
        if let Some((child, true, spins)) = &mut *self.victim.borrow_mut() {
            (0..*spins).for_each(|_| std::hint::spin_loop());
            child.kill().unwrap();
        }
    }
}

impl PipeLink<ChildStdout, ChildStdin> {
    /// The link to a child.
    pub(super) fn to(child: &mut Child) -> Self {
        Self::over(child.stdout.take().unwrap(), child.stdin.take().unwrap())
    }

    /// Keeps the child, to kill it while it takes a page if `dies`.
    pub(super) fn killing(self, child: Child, dies: bool, spins: u32) -> Self {
        self.victim.replace(Some((child, dies, spins)));
        self
    }

    pub(super) fn into_child(self) -> Child {
        self.victim.into_inner().unwrap().0
    }
}

impl<R: Read, W: Write> SyncProtocol for PipeLink<R, W> {
    type Error = PipeError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, PipeError> {
        self.call(Kind::Hello, request)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, PipeError> {
        let answer: PushAnswer = self.call(Kind::Push, request)?;
        self.receipted
            .set(self.receipted.get().max(answer.up_to.seq));
        Ok(answer)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, PipeError> {
        self.call(Kind::Pull, request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, PipeError> {
        self.call(Kind::Fetch, request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, PipeError> {
        self.call(Kind::Chunk, request)
    }
}
