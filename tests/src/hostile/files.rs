//! Files that people hand in.

use std::io::{Cursor, Write as _};

use itgel_domain::assess::Worksheet;
use itgel_domain::pack::{Parameters, RulePack, shipped};
use itgel_server::exchange;
use itgel_server::table::{self, Encoding, Options};

use super::{Target, seeds, text};

/// What officials and operators hand in as files.
pub const FILES: &[Target] = &[
    Target {
        name: "csv",
        seeds: seeds::csv,
        read: csv,
    },
    Target {
        name: "csv_gb18030",
        seeds: seeds::csv_gb18030,
        read: csv_gb18030,
    },
    Target {
        name: "xlsx",
        seeds: seeds::xlsx,
        read: csv,
    },
    Target {
        name: "manifest",
        seeds: seeds::manifests,
        read: manifest,
    },
    Target {
        name: "mapping",
        seeds: seeds::mappings,
        read: mapping,
    },
    Target {
        name: "parameters",
        seeds: seeds::parameters,
        read: parameters,
    },
    Target {
        name: "pack",
        seeds: seeds::packs,
        read: pack,
    },
    Target {
        name: "worksheet",
        seeds: seeds::worksheets,
        read: worksheet,
    },
];

/// Most rows that are read of one input: what a row can do wrong the first ones do.
const ROWS: u32 = 200;

fn csv(bytes: &[u8]) {
    read_table(bytes, None);
}

fn csv_gb18030(bytes: &[u8]) {
    read_table(bytes, Some(Encoding::Gb18030));
}

fn read_table(bytes: &[u8], encoding: Option<Encoding>) {
    let options = Options {
        encoding,
        sheet: None,
        max_rows: Some(ROWS),
    };
    let Ok(mut source) = table::open(Cursor::new(bytes), &options) else {
        return;
    };
    let Ok(table) = source.table(&|head| head.contains('户')) else {
        return;
    };
    for row in table {
        let Ok(row) = row else { break };
        let _ = (0..40).filter_map(|n| row.cell(n).text()).count();
    }
}

fn manifest(bytes: &[u8]) {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().unwrap();
    }
    FOLDER.with(|folder| {
        let path = folder.path().join(exchange::manifest::FILE);
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(bytes).unwrap();
        drop(exchange::Manifest::read(folder.path()));
    });
}

fn mapping(bytes: &[u8]) {
    drop(exchange::export::read_mapping("mapping.toml", &text(bytes)));
}

fn parameters(bytes: &[u8]) {
    drop(Parameters::parse("parameters.toml", bytes));
}

fn pack(bytes: &[u8]) {
    drop(RulePack::parse("pack.toml", bytes));
}

fn worksheet(bytes: &[u8]) {
    drop(Worksheet::read_all(
        "sheet.toml",
        &text(bytes),
        shipped::rules(),
    ));
}
