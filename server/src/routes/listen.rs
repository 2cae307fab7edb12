//! The listener: how many connections at once, and how long the head of a request may take. A
//! client that drips its bytes holds one place for a while and nobody else up
//! (`security.md` T34).

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::LimitsConfig;

/// How long to wait after the system gave no connection, as when no file handle is free.
const REST: Duration = Duration::from_millis(200);

/// Connections that the system keeps until they are taken, as of a whole fleet that comes back. What
/// comes on top of them is not heard and knocks again after a second.
const BACKLOG: u32 = 1_024;

/// Takes an address to listen on.
///
/// # Errors
/// [`std::io::Error`] if it cannot be had.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // The address is free at once after a restart.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Answers connections until `shutdown` is ready, then finishes what is under way.
pub(super) async fn listen(
    listener: TcpListener,
    router: Router,
    limits: LimitsConfig,
    shutdown: impl Future<Output = ()> + Send,
) {
    let most = usize::try_from(limits.connections.get()).unwrap_or(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(most));
    let under_way = GracefulShutdown::new();
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(u64::from(limits.head_seconds.get())));
    tokio::pin!(shutdown);
    loop {
        let next = tokio::select! {
            next = next(&listener, &places) => next,
            () = &mut shutdown => break,
        };
        let Some((stream, place)) = next else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = server.serve_connection(TokioIo::new(stream), service);
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            // Whoever breaks off, or is too slow, gets no answer.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "no connection can be taken");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream as Client;
    use std::num::NonZeroU32;

    fn anywhere() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    }

    #[test]
    fn sec_t34_a_fleet_that_knocks_at_one_moment_is_heard_at_once() {
        let runtime = runtime();
        // Nobody takes a connection: all of them wait in front of the listener.
        let listener = runtime.block_on(async { bind(anywhere()).unwrap() });
        let address = listener.local_addr().unwrap();
        let in_time = Duration::from_millis(500);
        let knock = |_| Client::connect_timeout(&address, in_time).unwrap();
        let heard: Vec<Client> = (0..500).map(knock).collect();
        assert_eq!(heard.len(), 500);
    }

    #[test]
    fn sec_t34_clients_that_drip_their_head_are_cut_off_and_the_next_one_is_answered() {
        let runtime = runtime();
        let listener = runtime.block_on(async { bind(anywhere()).unwrap() });
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(|| async { "here" }));
        let limits = LimitsConfig {
            connections: NonZeroU32::new(2).unwrap(),
            head_seconds: NonZeroU32::MIN,
            ..LimitsConfig::default()
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = runtime.spawn(listen(listener, router, limits, async {
            let _ = stopped.await;
        }));
        let mut slow: Vec<Client> = (0..2)
            .map(|_| {
                let mut client = Client::connect(address).unwrap();
                client
                    .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
                    .unwrap();
                client
            })
            .collect();
        // Every place is taken until the slow ones are cut off.
        let mut honest = Client::connect(address).unwrap();
        honest
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        honest.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"),
            "{answer}"
        );
        for client in &mut slow {
            let mut rest = Vec::new();
            // Cut off: an end, or a reset.
            let _ = client.read_to_end(&mut rest);
            assert!(!rest.starts_with(b"HTTP/1.1 200"));
        }
        stop.send(()).unwrap();
        runtime.block_on(served).unwrap();
    }
}
