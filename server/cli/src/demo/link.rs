//! A bad link: a proxy on the loopback address that cuts connections in the middle.
//!
//! It stands between the devices and the server, so that capture, sealing and synchronisation in
//! the demo go through what officers have: connections that break while a page is under way.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// A running proxy; stops when dropped.
pub(super) struct BadLink {
    address: SocketAddr,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

struct State {
    server: SocketAddr,
    /// A connection is cut after so many bytes at the least, and twice as many at the most.
    cut_after: u64,
    opened: AtomicU64,
    cut: AtomicU64,
    closing: AtomicBool,
}

impl BadLink {
    /// Opens a link to `server` that cuts every connection after `cut_after` to twice as many
    /// bytes.
    ///
    /// # Errors
    /// When no port can be bound.
    pub(super) fn open(server: SocketAddr, cut_after: u64) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            server,
            cut_after,
            opened: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        });
        let accepting = {
            let state = Arc::clone(&state);
            std::thread::spawn(move || accept(&listener, &state))
        };
        Ok(Self {
            address,
            state,
            accepting: Some(accepting),
        })
    }

    /// Where devices find the server through this link.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were cut.
    pub(super) fn cuts(&self) -> u64 {
        self.state.cut.load(Ordering::Relaxed)
    }
}

impl Drop for BadLink {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::Relaxed);
        // A last connection wakes the accepting thread, which then sees that it should stop.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.accepting.take() {
            // A panic in it was reported by the thread itself.
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming() {
        if state.closing.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let state = Arc::clone(state);
        std::thread::spawn(move || carry(stream, &state));
    }
}

/// Carries one connection until it is cut. Connections break in turn on the way up and on the way
/// down: a request that never arrives whole, and an answer that is lost after the server
/// committed, are the two cases that a device must survive.
fn carry(device: TcpStream, state: &Arc<State>) {
    let number = state.opened.fetch_add(1, Ordering::Relaxed) + 1;
    let Ok(server) = TcpStream::connect(state.server) else {
        return;
    };
    let (Ok(device_in), Ok(server_in)) = (device.try_clone(), server.try_clone()) else {
        return;
    };
    // Spread without chance: the same order of connections breaks at the same bytes.
    let limit = state.cut_after + number.wrapping_mul(7_919) % state.cut_after.max(1);
    let (up_limit, down_limit) = if number.is_multiple_of(2) {
        (limit, u64::MAX)
    } else {
        (u64::MAX, limit)
    };
    let up = {
        let state = Arc::clone(state);
        std::thread::spawn(move || copy(device_in, server_in, up_limit, &state))
    };
    copy(server, device, down_limit, state);
    // Both halves are closed by now; there is nothing to learn from the other's end.
    let _ = up.join();
}

/// Copies until the end, an error or the limit, then closes both directions.
fn copy(mut from: TcpStream, mut to: TcpStream, limit: u64, state: &State) {
    let mut left = limit;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let room = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let length = match from.read(&mut buffer[..room]) {
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        left -= length as u64;
        if left == 0 {
            state.cut.fetch_add(1, Ordering::Relaxed);
            break;
        }
    }
    // The other side may have closed first.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
