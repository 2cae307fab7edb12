//! What stands between a device and the server and changes what hello answers: somebody on the line,
//! or an administrator who has the server's key.

use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};

use crate::server::{Cut, Server};

/// A way to the server on which hello's answers are changed.
pub(crate) struct Between<'a, F> {
    pub(crate) server: &'a Server,
    pub(crate) change: F,
}

/// The answer under the server's signature, as whoever holds its key can give it.
pub(crate) fn signed(server: &Server, asked: &Hello, answer: HelloAnswer) -> HelloAnswer {
    HelloAnswer {
        signature: server.sign(&answer.message(&asked.digest())),
        ..answer
    }
}

impl<F: Fn(&Hello, HelloAnswer) -> HelloAnswer> SyncProtocol for Between<'_, F> {
    type Error = Cut;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, Cut> {
        let answer = self.server.hello(request)?;
        Ok((self.change)(request, answer))
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, Cut> {
        self.server.push(request)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, Cut> {
        self.server.pull(request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, Cut> {
        self.server.fetch(request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, Cut> {
        self.server.send_chunk(request)
    }
}
