//! T34 and T10: a storm of clients, some of them abusive, and a bomb of a gigabyte.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use itgel_device::http::{HttpConfig, HttpProtocol};
use itgel_domain::case::Role;
use itgel_domain::file::FileId;
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::SubjectId;
use itgel_domain::sync::hello::Hello;
use itgel_domain::sync::push::Push;
use itgel_domain::sync::wire::{self, WireError};
use itgel_domain::sync::{SyncProtocol as _, VERSION};
use itgel_server::{Service, registers, routes};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::quarantine::{Phone, add_household_in, division, open, phone, sheep};
use super::{Row, Size, Times, Watch, peak_memory_kib, reset_peak_memory};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "T34",
        what: "honest devices of several townships that push one after the other, beside a township that asks and pushes without end and clients that drip their bytes",
        figure: "200 honest and 20 abusive clients: honest p99 under 2 s, every honest envelope receipted",
        run: storm,
    },
    Row {
        id: "T10",
        what: "a message that unpacks to a gigabyte",
        figure: "refused in under 50 ms, less than 40 MiB of memory more",
        run: bomb,
    },
];

/// How long a client that drips waits between two bytes.
const DRIP: Duration = Duration::from_millis(200);

/// Townships of honest clients; one more is that of the abusive ones.
const TOWNSHIPS: usize = 8;

/// What all clients share.
struct Storm {
    address: SocketAddr,
    is_over: AtomicBool,
    abuses: AtomicU64,
}

fn storm(size: Size) -> Vec<String> {
    let (honest, abusive, rounds) = size.pick((20, 4, 3), (200, 20, 10));
    let folder = TempDir::new().unwrap();
    let limits = "[limits]\ndevice_per_minute = 600\ndevice_burst = 120\nhead_seconds = 5\n";
    let service = open(&folder, itgel::clock::system(), limits);
    add_townships(&service);
    let phones: Vec<Phone> = (0..honest + abusive)
        .map(|n| {
            let gacha = gacha(if n < honest { n % TOWNSHIPS } else { TOWNSHIPS });
            add_household_in(&service, &subject(n), &gacha);
            phone(&service, &format!("o{n}"), Role::Collector, &gacha)
        })
        .collect();
    let (address, stop, server) = serve(service.clone());
    let storm = Arc::new(Storm {
        address,
        is_over: AtomicBool::new(false),
        abuses: AtomicU64::new(0),
    });
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (n, phone) in phones.into_iter().enumerate() {
        let storm = Arc::clone(&storm);
        if n < honest {
            good.push(std::thread::spawn(move || {
                honestly(&storm, n, phone, rounds)
            }));
        } else if n % 2 == 0 {
            bad.push(std::thread::spawn(move || without_end(&storm, n, phone)));
        } else {
            bad.push(std::thread::spawn(move || drip(&storm)));
        }
    }
    let of_clients: Vec<Vec<Duration>> = good.into_iter().map(joined).collect();
    storm.is_over.store(true, Ordering::SeqCst);
    bad.into_iter().for_each(joined);
    let _ = stop.send(());
    joined(server);
    // For its first page a client has to sign in as well.
    let first = Times::of(
        of_clients
            .iter()
            .filter_map(|t| t.first())
            .copied()
            .collect(),
    );
    let all = Times::of(of_clients.concat());
    assert_eq!(
        all.count(),
        honest * rounds,
        "every honest page has its receipt"
    );
    let p99 = all.within(99);
    let longest = first.within(100);
    assert!(
        p99 < Duration::from_secs(2),
        "p99 is {p99:?}, of first pages {longest:?}"
    );
    let abuses = storm.abuses.load(Ordering::SeqCst);
    assert!(abuses > 0, "nobody abused anything");
    vec![format!(
        "{honest} honest clients, {rounds} pages each, {abusive} abusive ones with {abuses} requests and drips: median {:.0?}, p99 {p99:.0?}; with sign-in median {:.0?}, the longest {longest:.0?}",
        all.within(50),
        first.within(50)
    )]
}

/// Says hello and pushes an envelope again and again; how long each page took. A
/// server that is busy is asked again, and that is part of the time.
fn honestly(storm: &Storm, n: usize, mut phone: Phone, rounds: usize) -> Vec<Duration> {
    let link = link(storm, &phone);
    let file = FileId {
        subject: subject(n),
        year: 2026,
    };
    let mut facts = FileFacts::default();
    let day = itgel::clock::now().on();
    (0..rounds)
        .map(|round| {
            let heads = i64::try_from(round).unwrap();
            let now = itgel::clock::now();
            let (at, page) = phone.page(&file, &facts, vec![sheep(heads, day)], now);
            let envelope = itgel_domain::file::envelope::Envelope::from_bytes(&page.envelopes[0]);
            facts.apply(&envelope.unwrap());
            let watch = Watch::start();
            let answer = push_until_taken(&link, &page);
            assert!(answer.verdict(at.seq).unwrap().is_received());
            watch.elapsed()
        })
        .collect()
}

fn push_until_taken(link: &HttpProtocol, page: &Push) -> itgel_domain::sync::push::PushAnswer {
    for _ in 0..200 {
        match link.push(page) {
            Ok(answer) => return answer,
            // Sent away for a while, as a device would be.
            Err(_) => std::thread::park_timeout(Duration::from_millis(50)),
        }
    }
    panic!("an honest device was starved");
}

/// Asks and pushes the same page without end, whatever the answer is.
fn without_end(storm: &Storm, n: usize, mut phone: Phone) {
    let link = link(storm, &phone);
    let file = FileId {
        subject: subject(n),
        year: 2026,
    };
    let now = itgel::clock::now();
    let entries = vec![sheep(1, now.on())];
    let (_, page) = phone.page(&file, &FileFacts::default(), entries, now);
    let hello = Hello {
        protocol: VERSION,
        device: phone.record.id.clone(),
        incarnation: 0,
        head: phone.head,
        epoch: 0,
        cursors: Vec::new(),
        clock: itgel::clock::now(),
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [0; 16],
    };
    while !storm.is_over.load(Ordering::SeqCst) {
        let _ = (link.hello(&hello), link.push(&page));
        storm.abuses.fetch_add(2, Ordering::SeqCst);
    }
}

/// Opens connections and sends a byte of a head now and then.
fn drip(storm: &Storm) {
    let mut open: Vec<TcpStream> = Vec::new();
    while !storm.is_over.load(Ordering::SeqCst) {
        while open.len() < 16 {
            let Ok(mut stream) = TcpStream::connect(storm.address) else {
                break;
            };
            let _ = stream.write_all(b"POST /v1/sync/push HTTP/1.1\r\nhost: x\r\nx: ");
            open.push(stream);
        }
        open.retain_mut(|stream| stream.write_all(b"a").is_ok());
        storm.abuses.fetch_add(1, Ordering::SeqCst);
        std::thread::park_timeout(DRIP);
    }
}

fn add_townships(service: &Service) {
    service
        .transact("storm", |service, tx| {
            (0..=TOWNSHIPS).map(gacha).try_for_each(|gacha| {
                registers::put_division(service, tx, &division(&gacha[..9]))?;
                registers::put_division(service, tx, &division(&gacha))
            })
        })
        .unwrap();
}

fn gacha(township: usize) -> String {
    format!("150623{}201", 201 + township)
}

fn link(storm: &Storm, phone: &Phone) -> HttpProtocol {
    let config = HttpConfig {
        public_url: Some("https://itgel.example".into()),
        ..HttpConfig::new(&format!("http://{}", storm.address))
    };
    let signer = Arc::<SoftwareSigner>::clone(&phone.signer);
    HttpProtocol::new(&config, phone.record.id.clone(), signer).unwrap()
}

fn serve(service: Service) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let (tell, told) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = routes::bind(([127, 0, 0, 1], 0).into()).unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let told = async { drop(stopped.await) };
            routes::serve(listener, service, told).await.unwrap();
        });
    });
    (told.recv().unwrap(), stop, server)
}

fn subject(n: usize) -> SubjectId {
    format!("hh-{n}").parse().unwrap()
}

fn joined<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap()
}

fn bomb(size: Size) -> Vec<String> {
    let mib: usize = size.pick(64, 1_024);
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..mib {
        packed.write_all(&zeros).unwrap();
    }
    let bomb = packed.finish().unwrap();
    assert!(bomb.len() < wire::MAX_COMPRESSED, "{} bytes", bomb.len());
    let before = peak_after_reset();
    let watch = Watch::start();
    let refused = wire::unpack::<Push>(&bomb);
    let took = watch.elapsed();
    let more = peak_memory_kib().unwrap_or(0).saturating_sub(before);
    assert_eq!(refused, Err(WireError::TooLarge));
    assert!(took < Duration::from_millis(50), "{took:?}");
    assert!(more < 40 * 1_024, "{more} KiB");
    vec![format!(
        "{mib} MiB in {} bytes: refused in {} us, {more} KiB of memory more",
        bomb.len(),
        took.as_micros()
    )]
}

fn peak_after_reset() -> u64 {
    reset_peak_memory();
    peak_memory_kib().unwrap_or(0)
}
