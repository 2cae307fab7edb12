//! The whole interface, one line each: nothing in it makes a list of the dishonest, and no
//! measure comes without its list and item (SR-44, L-30). Whoever adds an address, a table of
//! officials or a command has to say here what it does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use itgel_domain::error::ErrorCode;
use itgel_domain::id::RowId;
use itgel_domain::register::{CreditClass, PublicRecord, RegisterContent, RegisterRow, VetoFact};
use itgel_server::import::sheets;
use itgel_server::registers;

use crate::field;
use crate::world::{TODAY, World};

/// What something of the interface can do about the dishonest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Nothing: it reads, signs in, or is about something else.
    Nothing,
    /// Enters or amends records of four classes; serious dishonesty is refused.
    Records,
    /// Initiates or moves a measure, with list version and item.
    Measures,
    /// Brings tables of officials in, by their kind.
    Tables,
    /// Takes entries of official lists with law, body and first day.
    Lists,
    /// Restores a whole database that was exported, into an empty one: rows are read back through
    /// the checks of their types.
    Restores,
}

use Does::{Lists, Measures, Nothing, Records, Restores, Tables};

/// Every address that changes something, and what it does.
const CHANGES: &[(&str, Does)] = &[
    ("POST /v1/absences", Nothing),
    ("POST /v1/authorisations", Nothing),
    ("DELETE /v1/authorisations/{id}", Nothing),
    ("POST /v1/auth/challenge", Nothing),
    ("POST /v1/auth/token", Nothing),
    ("POST /v1/cases/steps", Nothing),
    ("POST /v1/cases/{id}/objections/{receipt}/letters", Nothing),
    ("POST /v1/cases/{id}/steps", Nothing),
    ("POST /v1/conflicts/resolve", Nothing),
    ("POST /v1/credit-records", Records),
    ("POST /v1/credit-records/{id}/steps", Records),
    ("POST /v1/credit-reports", Nothing),
    ("POST /v1/devices/enrol", Nothing),
    ("POST /v1/devices/wiped", Nothing),
    ("POST /v1/devices/{id}/confirm", Nothing),
    ("POST /v1/devices/{id}/revoke", Nothing),
    ("POST /v1/devices/{id}/unfreeze", Nothing),
    ("POST /v1/devices/{id}/wipe", Nothing),
    ("POST /v1/doubts/{id}/settle", Nothing),
    ("POST /v1/enrolments", Nothing),
    ("POST /v1/evaluations/end", Nothing),
    ("POST /v1/household-changes", Nothing),
    ("POST /v1/imports/{id}", Tables),
    ("POST /v1/imports/{id}/activate", Tables),
    ("POST /v1/imports/{id}/reject", Tables),
    ("POST /v1/interests", Nothing),
    ("POST /v1/interests/end", Nothing),
    ("POST /v1/jobs/snapshot", Nothing),
    ("POST /v1/lenders/{id}/keys", Nothing),
    ("DELETE /v1/lenders/{id}/keys/{hash}", Nothing),
    ("POST /v1/lenders/{id}/keys/confirm", Nothing),
    ("POST /v1/lines", Nothing),
    ("DELETE /v1/lines/{hash}", Nothing),
    ("POST /v1/lines/{hash}/activate", Nothing),
    ("POST /v1/loan-ledgers", Nothing),
    ("POST /v1/loan-ledgers/{id}/activation", Nothing),
    ("POST /v1/loan-ledgers/{id}/proposal", Nothing),
    ("POST /v1/loan-ledgers/{id}/rejection", Nothing),
    ("POST /v1/loan-ledgers/{id}/rows", Nothing),
    ("POST /v1/measures", Measures),
    ("POST /v1/measures/{id}/steps", Measures),
    ("POST /v1/oauth/token", Nothing),
    ("POST /v1/publicity/{division}", Nothing),
    ("POST /v1/adverse-notices", Nothing),
    ("POST /v1/legal-holds", Nothing),
    ("DELETE /v1/legal-holds/{id}", Nothing),
    ("POST /v1/rights-requests", Nothing),
    // A repair of a record is an amendment; four classes alone.
    ("POST /v1/rights-requests/{id}/answer", Records),
    ("POST /v1/rights-requests/{id}/erasure", Nothing),
    // Whether a record arrived; an audit row is all that it writes.
    ("POST /v1/slips", Nothing),
    ("POST /v1/statements", Nothing),
    ("DELETE /v1/statements/{subject}/{id}", Nothing),
    // Lets a record of the field count or not; no entry of a file is a measure or a list entry.
    ("POST /v1/quarantine/{id}/release", Nothing),
    ("POST /v1/quarantine/{id}/rejection", Nothing),
    ("POST /v1/rules", Nothing),
    ("DELETE /v1/rules/{hash}", Nothing),
    ("POST /v1/rules/{hash}/activate", Nothing),
    ("POST /v1/rules/{hash}/shadow", Nothing),
    // Reads only what excludes lawfully and what is preferred.
    ("POST /v1/screenings", Nothing),
    ("POST /v1/sync/fetch", Nothing),
    ("POST /v1/sync/hello", Nothing),
    ("POST /v1/sync/media", Nothing),
    ("POST /v1/sync/pull", Nothing),
    ("POST /v1/sync/push", Nothing),
    ("POST /v1/title-pairs", Nothing),
    ("DELETE /v1/title-pairs/{division}", Nothing),
    ("POST /v1/titles/{division}/steps", Nothing),
    ("POST /v1/monitoring/checks", Nothing),
    // Reminds, warns, talks, clears or suspends; a list is nowhere in it.
    ("POST /v1/warnings/{id}/steps", Nothing),
];

/// Every kind of table, and what it does.
const TABLES: &[(&str, Does)] = &[
    ("commitments", Records),
    ("credit-records", Records),
    ("honours", Records),
    ("official-lists", Lists),
];

/// Kinds of table that state facts of land, places, people and loans.
const OTHER_TABLES: &[&str] = &[
    "benchmarks",
    "cadres",
    "cycles",
    "disasters",
    "division-changes",
    "division-moves",
    "divisions",
    "entities",
    "entity-changes",
    "entrusted-animals",
    "gacha-facts",
    "holidays",
    "households",
    "interests",
    "joint-groups",
    "lender-officers",
    "lenders",
    "loan-ledger",
    "officers",
    "pasture-leases",
    "pasture-plots",
    "pasture-quotas",
    "responsible-persons",
    "sumu-facts",
];

/// Every command of the program.
const COMMANDS: &[(&str, Does)] = &[
    ("Init", Nothing),
    ("Serve", Nothing),
    ("Demo", Nothing),
    ("Assess", Nothing),
    ("Lender", Nothing),
    ("Line", Nothing),
    ("Pack", Nothing),
    ("Recompute", Nothing),
    ("Import", Tables),
    ("Audit", Nothing),
    ("Keys", Nothing),
    ("Evidence", Nothing),
    ("CheckEvidence", Nothing),
    ("Land", Nothing),
    ("Status", Nothing),
    ("Quarantine", Nothing),
    ("Export", Nothing),
    ("Exchange", Restores),
    ("Backup", Nothing),
    ("Bundle", Nothing),
    // All of a database or nothing, with every erasure since.
    ("Restore", Restores),
    ("SelfView", Nothing),
    ("Dictionary", Nothing),
    ("Monitor", Nothing),
    ("Validate", Nothing),
];

/// Where an entry may be written or taken in, where a measure may be initiated, and where a row of
/// any register may be read from bytes: nowhere else.
const PLACES: &[(&str, &[&str])] = &[
    (
        "ListEntryFields {",
        &[
            "core/domain/src/credit/amend.rs",
            "core/domain/src/register/official_list.rs",
            "fixtures/src/registers.rs",
            "server/src/import/sheets/official_lists.rs",
        ],
    ),
    ("ListEntry::new(", &["server/src/credit/records.rs"]),
    (
        "import_entry(",
        &[
            "server/src/credit/records.rs",
            "server/src/import/sheets/official_lists.rs",
        ],
    ),
    ("Measure::initiate(", &["server/src/credit/measures.rs"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The addresses of the router, by reading it.
pub(crate) fn addresses() -> BTreeSet<String> {
    let router = std::fs::read_to_string(root().join("server/src/routes/router.rs")).unwrap();
    let mut found = BTreeSet::new();
    for part in router.split(".route(\"").skip(1) {
        let (path, rest) = part.split_once('"').unwrap();
        let handlers = rest.split(".route(").next().unwrap();
        let handlers = handlers.split("let ").next().unwrap();
        for (word, method) in [
            ("get(", "GET"),
            ("post(", "POST"),
            ("put(", "PUT"),
            ("patch(", "PATCH"),
            ("delete(", "DELETE"),
            ("any(", "ANY"),
        ] {
            if handlers.contains(word) {
                found.insert(format!("{method} {path}"));
            }
        }
    }
    found
}

#[test]
fn no_address_is_added_without_saying_what_it_does_about_the_dishonest() {
    let known: BTreeSet<&str> = CHANGES.iter().map(|(address, _)| *address).collect();
    let found = addresses();
    assert!(found.len() > 40, "the router was read: {found:?}");
    let unknown: Vec<&String> = found
        .iter()
        .filter(|address| !address.starts_with("GET ") && !known.contains(address.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "say in CHANGES what these do: {unknown:?}"
    );
    let lists = CHANGES.iter().filter(|(_, does)| *does == Lists);
    assert_eq!(lists.count(), 0, "no address takes a list entry by itself");
}

#[test]
fn no_table_or_command_is_added_without_saying_what_it_does_about_the_dishonest() {
    for sheet in sheets::all() {
        let kind = sheet.kind();
        let does = TABLES.iter().find(|(known, _)| *known == kind);
        let is_known = does.is_some() || OTHER_TABLES.contains(&kind);
        assert!(is_known, "say in TABLES what `{kind}` does");
        if let Some((_, Lists | Records)) = does {
            assert!(sheet.decides_grades(), "`{kind}` needs a second person");
        }
    }
    let lists: Vec<_> = TABLES.iter().filter(|(_, does)| *does == Lists).collect();
    assert_eq!(lists.len(), 1, "one door for official lists");
    let main = std::fs::read_to_string(root().join("server/cli/src/main.rs")).unwrap();
    let commands = main.split("enum Command {").nth(1).unwrap();
    let commands = commands.split("\n}").next().unwrap();
    let words = commands
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter_map(|line| line.split(['(', ',', ' ']).next());
    for word in words {
        let known = COMMANDS.iter().any(|(command, _)| *command == word);
        assert!(known, "say in COMMANDS what `{word}` does");
    }
}

#[test]
fn entries_and_measures_are_made_in_their_one_place() {
    let root = root();
    let mut files = Vec::new();
    for folder in [
        "core/domain/src",
        "core/device/src",
        "core/text/src",
        "fixtures/src",
        "server/src",
        "server/cli/src",
        "mobile-bindings",
    ] {
        collect(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100);
    for file in files {
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        if name.ends_with("/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        // Unit tests stand at the end of a file.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (pattern, places) in PLACES {
            let is_there = code.contains(pattern);
            assert!(
                !is_there || places.contains(&name.as_str()),
                "{name} has `{pattern}`"
            );
        }
        if name.starts_with("server/src/routes/") {
            for word in ["RegisterRow", "RegisterContent", "ListEntry"] {
                assert!(!code.contains(word), "{name} reads {word} from a request");
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn no_row_of_a_register_stands_in_for_an_official_list() {
    let world = World::prepared();
    let household = field::add_household(&world, 0);
    let put = |content: RegisterContent| {
        let row = RegisterRow {
            id: RowId::from_random([9; 16]),
            division: world.gacha(),
            subject: Some(household.subject.clone()),
            key: "made-up".into(),
            revision: 1,
            valid_from: TODAY,
            valid_to: None,
            source: "示例".into(),
            content,
        };
        let refused = world.service.transact("test.put", move |s, tx| {
            registers::put(s, tx, &row, "o1", s.now())
        });
        refused.unwrap_err().code()
    };
    for code in ["V1", "V2"] {
        let fact = VetoFact {
            code: code.into(),
            source: "本旗黑名单".into(),
            ended_on: None,
            objection_accepted: false,
        };
        assert_eq!(put(RegisterContent::Veto(fact)), ErrorCode::ListByImport);
    }
    let serious = PublicRecord {
        class: CreditClass::Serious,
        ..PublicRecord::default()
    };
    let code = put(RegisterContent::PublicRecord(serious));
    assert_eq!(code, ErrorCode::RecordSerious);
}
