//! Sign-in over HTTP: against a few canned answers on a loopback port (a simulation); the real
//! server is met in the workspace's own tests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use itgel_device::http::{HttpConfig, HttpError, HttpProtocol, enrol};
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::file::chain::ChainHead;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::Hello;
use itgel_domain::time::AtMs;

use crate::world::signer;

/// Gives the answers in turn, one connection each, and notes the requests.
struct Canned {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

fn canned(answers: Vec<(u16, &'static str, Vec<u8>)>) -> Canned {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let thread = std::thread::spawn(move || {
        for (status, headers, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut length, mut request) = (0, String::new());
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                request.push_str(&line);
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            request.push_str(&String::from_utf8_lossy(&sent));
            noted.lock().unwrap().push(request);
            let mut stream = reader.into_inner();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    Canned { url, seen, thread }
}

fn problem(code: ErrorCode) -> Vec<u8> {
    format!("{{\"code\":\"{code}\",\"title\":\"\"}}").into_bytes()
}

fn challenge() -> (u16, &'static str, Vec<u8>) {
    (200, "", br#"{"nonce":"abc","expires_in":60}"#.to_vec())
}

fn token(text: &str) -> (u16, &'static str, Vec<u8>) {
    let body =
        format!("{{\"access_token\":\"{text}\",\"token_type\":\"Bearer\",\"expires_in\":600}}");
    (200, "", body.into_bytes())
}

fn hello() -> Hello {
    let device = "d1".parse().unwrap();
    Hello {
        protocol: 1,
        head: ChainHead::start(&device, 0),
        device,
        incarnation: 0,
        epoch: 0,
        cursors: Vec::new(),
        clock: AtMs(0),
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [0; 16],
    }
}

fn protocol(server: &Canned) -> HttpProtocol {
    let config = HttpConfig::new(&server.url);
    HttpProtocol::new(&config, "d1".parse().unwrap(), signer(1)).unwrap()
}

#[test]
fn an_ended_token_is_renewed_once_and_the_request_goes_through() {
    let answer = itgel_domain::sync::hello::HelloAnswer {
        protocol: 1,
        epoch: 4,
        incarnation: 0,
        head: ChainHead::start(&"d1".parse().unwrap(), 0),
        lists: Vec::new(),
        clock: AtMs(5),
        checkpoint: itgel_domain::file::envelope::CheckpointRef {
            size: 0,
            root: itgel_domain::hash::Hash::of_file(b""),
        },
        checkpoint_signature: String::new(),
        checkpoint_at: AtMs(0),
        trust: None,
        consistency: None,
        restored: None,
        names: None,
        signature: String::new(),
    };
    let good = itgel_domain::sync::wire::pack(&answer);
    let server = canned(vec![
        challenge(),
        token("first"),
        (200, "", good.clone()),
        (401, "", problem(ErrorCode::TokenExpired)),
        challenge(),
        token("second"),
        (200, "", good),
    ]);
    let protocol = protocol(&server);
    assert_eq!(protocol.hello(&hello()).unwrap().epoch, 4);
    assert_eq!(protocol.hello(&hello()).unwrap().epoch, 4);
    server.thread.join().unwrap();
    let seen = server.seen.lock().unwrap();
    assert!(seen[2].contains("DPoP first") && seen[6].contains("DPoP second"));
    assert!(seen[1].contains("\"nonce\":\"abc\"") && seen[1].contains("signature"));
}

#[test]
fn a_refused_sign_in_is_told_as_such_and_not_tried_for_ever() {
    let server = canned(vec![
        challenge(),
        (401, "", problem(ErrorCode::ChallengeInvalid)),
    ]);
    let error = protocol(&server).hello(&hello()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthenticated);
    server.thread.join().unwrap();
}

#[test]
fn a_busy_server_says_when_to_come_again() {
    let server = canned(vec![
        challenge(),
        token("t"),
        (503, "retry-after: 30\r\n", problem(ErrorCode::Unavailable)),
    ]);
    let error = protocol(&server).hello(&hello()).unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after_ms()),
        (Kind::Unavailable, Some(30_000))
    );
    server.thread.join().unwrap();
}

#[test]
fn a_captive_portal_is_not_taken_for_the_server() {
    let portal = b"<html>please sign in</html>".to_vec();
    let server = canned(vec![(200, "content-type: text/html\r\n", portal)]);
    let error = protocol(&server).hello(&hello()).unwrap_err();
    assert!(matches!(error, HttpError::Malformed));
    server.thread.join().unwrap();
}

#[test]
fn no_network_is_offline_and_not_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = enrol(&HttpConfig::new(&url), "CODE", signer(1).as_ref()).unwrap_err();
    assert!(matches!(error, HttpError::Offline(_)));
}

#[test]
fn enrolment_pins_the_servers_key() {
    let body = br#"{"device":"dev-1","officer":"o1","server_key":"0102","number":42,"scope":["150623200201"]}"#;
    let server = canned(vec![(201, "", body.to_vec())]);
    let (enrolment, scope) = enrol(
        &HttpConfig::new(&server.url),
        "ABCD EFGH",
        signer(1).as_ref(),
    )
    .unwrap();
    server.thread.join().unwrap();
    assert_eq!(
        (enrolment.device.as_str(), enrolment.server_key),
        ("dev-1", vec![1, 2])
    );
    assert_eq!(scope.len(), 1);
    assert!(server.seen.lock().unwrap()[0].contains("ABCD EFGH"));
}
