//! Good inputs: the frozen bytes, the shipped files, small tables, and statements that were
//! really signed.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use encoding_rs::GB18030;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::log::Checkpoint;
use itgel_domain::sync::pull::{PullItem, PullPage};
use itgel_domain::trust::{Certificate, Invitation, Succession, WipeOrder};
use itgel_server::exchange::Manifest;
use itgel_server::exchange::manifest::{LogState, TableNote};
use itgel_server::table::write::{ColumnHead, SheetHead, TableWriter as _, XlsxWriter};

use crate::bed;

const TABLE: &str = "\u{feff}户编号,户主姓名,身份证号,电话,嘎查\r\n\
    001,\"示例, 一\",11010519491231002X,13800000000,150623200201\r\n\
    002,示例二,,,\r\n\
    003,\"示例\"\"三\"\"\",,0477-1234567,150623200202\r\n";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The files of a folder of the fixtures whose names begin so, in order.
fn files(folder: &str, start: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(fixtures().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(start)
    });
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Frozen messages, and the same in their frame.
fn messages(start: &str) -> Vec<Vec<u8>> {
    let plain = files("wire/v1", start);
    let framed = plain
        .iter()
        .map(|bytes| zstd::bulk::compress(bytes, 3).unwrap());
    let framed: Vec<_> = framed.collect();
    plain.into_iter().chain(framed).collect()
}

pub(super) fn envelopes() -> Vec<Vec<u8>> {
    files("wire/v1", "envelope-")
}

pub(super) fn identities() -> Vec<Vec<u8>> {
    files("wire/v1", "identity")
}

pub(super) fn hellos() -> Vec<Vec<u8>> {
    messages("hello")
}

pub(super) fn welcomes() -> Vec<Vec<u8>> {
    messages("welcome")
}

pub(super) fn pushes() -> Vec<Vec<u8>> {
    messages("push")
}

pub(super) fn receipts() -> Vec<Vec<u8>> {
    messages("receipt")
}

pub(super) fn pulls() -> Vec<Vec<u8>> {
    messages("pull")
}

pub(super) fn pages() -> Vec<Vec<u8>> {
    messages("page")
}

pub(super) fn fetches() -> Vec<Vec<u8>> {
    messages("fetch.")
}

pub(super) fn fetched() -> Vec<Vec<u8>> {
    messages("fetched")
}

pub(super) fn chunks() -> Vec<Vec<u8>> {
    messages("chunk.")
}

pub(super) fn chunk_answers() -> Vec<Vec<u8>> {
    messages("chunkanswer")
}

/// Ballots as envelopes, and what they say by itself.
pub(super) fn ballots() -> Vec<Vec<u8>> {
    bodies("envelope-ballot", |body| match body {
        Body::Ballot(ballot) => minicbor::to_vec(ballot).ok(),
        _ => None,
    })
}

/// What the gacha's group says, likewise.
pub(super) fn reviews() -> Vec<Vec<u8>> {
    bodies("envelope-review", |body| match body {
        Body::Review(review) => minicbor::to_vec(review).ok(),
        _ => None,
    })
}

/// Rolls of gachas and lenders as a list brings them, each by itself.
pub(super) fn offers() -> Vec<Vec<u8>> {
    let pages = files("wire/v1", "page-every-kind");
    let page = |bytes: &Vec<u8>| minicbor::decode::<PullPage>(bytes).unwrap();
    let items = pages.iter().flat_map(|bytes| page(bytes).items);
    let offers =
        items.filter(|item| matches!(item.item(), Some(PullItem::Lender(_) | PullItem::Roll(_))));
    offers.map(|item| item.bytes).collect()
}

/// Objections likewise, and a number as it stands on the receipt.
pub(super) fn objections() -> Vec<Vec<u8>> {
    let mut all = bodies("envelope-objection", |body| match body {
        Body::Objection(filed) => minicbor::to_vec(filed).ok(),
        _ => None,
    });
    all.push(b"000042-0017".to_vec());
    all
}

fn bodies(start: &str, of: fn(&Body) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let envelopes = files("wire/v1", start);
    let read = |bytes: &Vec<u8>| Envelope::from_bytes(bytes).unwrap();
    let own: Vec<_> = envelopes.iter().filter_map(|b| of(&read(b).body)).collect();
    envelopes.into_iter().chain(own).collect()
}

/// The smallest picture of each form, with what a camera writes beside it.
pub(super) fn pictures() -> Vec<Vec<u8>> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let parts: [(&[u8; 4], &[u8]); 4] = [
        (b"IHDR", &[0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0]),
        (b"tEXt", b"Comment\0example"),
        (b"IDAT", &[7; 40]),
        (b"IEND", &[]),
    ];
    for (kind, data) in parts {
        png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        png.extend(kind);
        png.extend(data);
        png.extend([0; 4]);
    }
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend([0xff, 0xe1, 0, 10]);
    jpeg.extend(b"Exif\0\0MM");
    jpeg.extend([0xff, 0xc0, 0, 11, 8, 0, 64, 0, 64, 1, 1, 0x11, 0]);
    jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    jpeg.extend([0x55; 30]);
    jpeg.extend([0xff, 0xd9]);
    vec![png, jpeg]
}

/// A card for the server and its answer.
pub(super) fn bundles() -> Vec<Vec<u8>> {
    let (mut cards, answers) = (files("wire/v1", "bundle"), files("wire/v1", "answer"));
    cards.extend(answers);
    cards
}

pub(super) fn evidences() -> Vec<Vec<u8>> {
    files("wire/v1", "evidence")
}

pub(super) fn checkpoints() -> Vec<Vec<u8>> {
    let checkpoint = |size: u64| Checkpoint {
        size,
        root: Hash::of_file(&size.to_be_bytes()),
        at: bed::now(),
    };
    let sizes = [0, 1, 2, 7, 1_000_000];
    sizes
        .map(|size| minicbor::to_vec(checkpoint(size)).unwrap())
        .to_vec()
}

/// One of each signed statement.
pub(super) fn statements() -> Vec<Vec<u8>> {
    let key = SoftwareSigner::from_secret(&[7; 32]);
    let officer = "officer-1".parse().unwrap();
    let certificate = Certificate {
        issuer: "http://localhost".into(),
        device: bed::device_id(0),
        officer,
        suite: Suite::Ed25519,
        public_key: key.public_key(),
        issued_at: bed::now(),
    };
    let wipe = WipeOrder {
        device: bed::device_id(0),
        nonce: "0123456789abcdef".into(),
        ordered_at: bed::now(),
    };
    let texts = [
        certificate.sign(&key),
        wipe.sign(&key),
        Succession::sign(&key, &[9; 32], bed::now()),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZXZpY2U6YmVkLTAifQ.".to_owned(),
        "..".to_owned(),
    ];
    let mut all = texts.map(String::into_bytes).to_vec();
    for frozen in [
        "certificate",
        "grant",
        "order",
        "proof",
        "succession",
        "token",
    ] {
        all.extend(files("wire/v1", frozen));
    }
    all
}

pub(super) fn invitations() -> Vec<Vec<u8>> {
    let invitation = Invitation::new(
        "https://example.org",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        &[7; 32],
    );
    vec![invitation.to_string().into_bytes()]
}

pub(super) fn csv() -> Vec<Vec<u8>> {
    let tabs = TABLE.replace(',', "\t");
    vec![
        TABLE.into(),
        TABLE.replace('\u{feff}', "").into(),
        tabs.into(),
    ]
}

pub(super) fn csv_gb18030() -> Vec<Vec<u8>> {
    let plain = TABLE.replace('\u{feff}', "").replace("示例二", "示例𠀀");
    vec![GB18030.encode(&plain).0.into_owned()]
}

/// A small workbook.
pub(super) fn xlsx() -> Vec<Vec<u8>> {
    let heads = ["户编号", "户主姓名", "羊（只）"];
    let head = SheetHead {
        title: "户".into(),
        columns: heads.map(ColumnHead::text).to_vec(),
    };
    let mut writer = XlsxWriter::new();
    writer.begin(&head).unwrap();
    for row in [["001", "示例一", "120"], ["002", "", "0"]] {
        writer.row(&row.map(str::to_owned)).unwrap();
    }
    let mut out = Cursor::new(Vec::new());
    writer.save(&mut out).unwrap();
    vec![out.into_inner()]
}

/// The manifest of a small export, and the same without its signature.
pub(super) fn manifests() -> Vec<Vec<u8>> {
    let key = SoftwareSigner::from_secret(&[7; 32]);
    let hash = Hash::of_file(b"table");
    let unsigned = Manifest {
        format: Manifest::format(),
        schema_version: 1,
        schema: hash,
        share: "share-1".parse().unwrap(),
        made_at_ms: bed::now(),
        recipient: "示例信用平台".into(),
        source_department: "示例旗农牧局".into(),
        basis: "示例".into(),
        with_persons: false,
        mapping: Some(hash),
        is_sample: true,
        epoch: 1,
        log: LogState {
            size: 7,
            root: hash,
        },
        digest: hash,
        tables: vec![TableNote {
            table: "household".into(),
            title: "农牧户".into(),
            file: Some("household.csv".into()),
            sha256: Some(hash),
            is_mapped: false,
            rows: 2,
            digest: hash,
        }],
        server_key: HEXLOWER.encode(&key.public_key()),
        signature: String::new(),
    };
    let json = |manifest: &Manifest| serde_json::to_vec_pretty(manifest).unwrap();
    let message = serde_json::to_vec(&unsigned).unwrap();
    let message = Hash::of("itgel.exchange.manifest.v1", &[&message]);
    let signed = Manifest {
        signature: HEXLOWER.encode(&key.sign(message.as_bytes())),
        ..unsigned.clone()
    };
    vec![json(&signed), json(&unsigned)]
}

pub(super) fn mappings() -> Vec<Vec<u8>> {
    files("exchange", "platform-example")
}

pub(super) fn parameters() -> Vec<Vec<u8>> {
    files("parameters", "")
}

pub(super) fn packs() -> Vec<Vec<u8>> {
    files("packs", "")
}

pub(super) fn worksheets() -> Vec<Vec<u8>> {
    files("cases", "h-0")
}
