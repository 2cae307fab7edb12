//! A way to the server over a link that breaks: every connection is cut after so many bytes.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// A link that breaks. It is mended for good when it is dropped.
pub(crate) struct BreakingLink {
    pub(crate) address: String,
    cuts: Arc<AtomicU32>,
    ends: Arc<AtomicBool>,
}

impl BreakingLink {
    /// To the server at `server`, cut after every `bytes` bytes of a connection in both directions.
    pub(crate) fn to(server: &str, bytes: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let (cuts, ends) = (Arc::<AtomicU32>::default(), Arc::<AtomicBool>::default());
        let link = Self {
            address,
            cuts: Arc::clone(&cuts),
            ends: Arc::clone(&ends),
        };
        std::thread::spawn(move || {
            for there in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(back) = TcpStream::connect(&server) else {
                    return;
                };
                let carried = Arc::<AtomicUsize>::default();
                for (from, to) in [(&there, &back), (&back, &there)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (carried, cuts) = (Arc::clone(&carried), Arc::clone(&cuts));
                    std::thread::spawn(move || carry(from, to, (&carried, bytes), &cuts));
                }
            }
        });
        link
    }

    /// How often it has broken.
    pub(crate) fn cuts(&self) -> u32 {
        self.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for BreakingLink {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // The listener looks whether it ends when somebody comes.
        drop(TcpStream::connect(
            self.address.trim_start_matches("http://"),
        ));
    }
}

/// Carries bytes one way until somebody hangs up, or the link breaks in the middle of something.
fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    (carried, limit): (&AtomicUsize, usize),
    cuts: &AtomicU32,
) {
    let mut part = [0; 2_048];
    while let Ok(read @ 1..) = from.read(&mut part) {
        let before = carried.fetch_add(read, Ordering::SeqCst);
        let left = limit.saturating_sub(before).min(read);
        if to.write_all(&part[..left]).is_err() {
            break;
        }
        if left < read {
            cuts.fetch_add(1, Ordering::SeqCst);
            break;
        }
    }
    // Both ways at once, as a broken link does.
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
