//! The special-topic database as files: out of a database with ratings and titles, into an empty
//! one, and what is refused on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actors::{Collector, World, refusal};
use calamine::Reader as _;
use itgel_domain::case::Role;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::exchange::{Mapping, Schema};
use itgel_domain::hash::Hash;
use itgel_domain::register::{PublicRecord, RegisterContent, RegisterRow};
use itgel_domain::time::AtMs;
use itgel_server::config::{Config, SampleConfig};
use itgel_server::exchange::{self, ExportOrder, Imported, Manifest, ShareRequest};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::store::meta;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, ServiceError, registers, setup, store, titles};
use tempfile::TempDir;
use zeroize::Zeroizing;

const EXAMPLE: &str = include_str!("../../fixtures/exchange/platform-example.toml");

/// A world with ratings in effect, a household in the middle of its way, and computed titles.
fn rated() -> World {
    let world = World::with_households(6);
    let mut team = Collector::new("c-1", "c-2");
    let households = world.plain();
    let (last, rest) = households.split_last().unwrap();
    for household in &households {
        team.visit(&world, household);
    }
    world.rate(&mut team, rest);
    assert!(world.find_case(last).is_some());
    let (cycle, as_of) = (world.cycle.id.clone(), world.now().on());
    let banner = world.banner.code;
    world
        .transact(move |service, tx| {
            titles::snapshot(service, tx, &cycle, as_of, service.now())?;
            let second = OfficerRecord {
                id: "a-2".parse().unwrap(),
                name: "示例 a-2".into(),
                division: banner,
            };
            setup::add_officer(tx, &second, &[(Role::Approver, banner)])
        })
        .unwrap();
    world
}

fn request(second: Option<&str>) -> ShareRequest {
    ShareRequest {
        officer: "a-1".parse().unwrap(),
        second_officer: second.map(|second| second.parse().unwrap()),
        source_department: "示例旗农牧局".into(),
        recipient: "示例信用平台".into(),
        basis: "内政发〔2024〕19号".into(),
    }
}

fn export(service: &Service, target: &Path, second: Option<&str>) -> Manifest {
    let order = ExportOrder {
        request: request(second),
        target: target.to_owned(),
        with_persons: second.is_some(),
        mapping: None,
    };
    exchange::export(service, &order, &|_| ()).unwrap()
}

/// A server with the given keys over a database without a row.
fn empty(folder: &TempDir, name: &str, seed: u8) -> Service {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: "http://localhost".into(),
        database: folder.path().join(name),
        keys: folder.path().join("keys.toml"),
        readers: 1,
        metrics_listen: None,
        retired_key_days: RetiredKeyDays::default(),
        limits: itgel_server::limits::LimitsConfig::default(),
        sample: SampleConfig::default(),
    };
    let mut random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    random[0] = [seed; 32];
    let keys = ServerKeys::from_random(&random);
    let now = AtMs(1_800_000_000_000);
    Service::open(config, keys, Arc::new(move || now)).unwrap()
}

fn import(
    service: &Service,
    from: &Path,
    mapping: Option<&Mapping>,
) -> Result<Imported, ServiceError> {
    let officer = "a-1".parse().unwrap();
    exchange::import(service, from, mapping, &officer, Arc::new(|_| ()))
}

/// The code and the figures of a refusal.
fn refused<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> (ErrorCode, Vec<Violation>) {
    match result.unwrap_err() {
        ServiceError::Refused { code, violations } => (code, violations),
        other => panic!("{other:?}"),
    }
}

fn figure<'a>(violations: &'a [Violation], name: &str) -> &'a str {
    let args = violations.iter().flat_map(|violation| &violation.args);
    let found = args.into_iter().find(|(known, _)| known == name);
    &found
        .unwrap_or_else(|| panic!("no {name} in {violations:?}"))
        .1
}

fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "nothing was changed in {file}");
    std::fs::write(path, changed).unwrap();
}

fn copy(from: &Path, to: &Path) -> PathBuf {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    to.to_owned()
}

#[test]
fn the_rated_picture_comes_back_with_the_same_digest() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    for (name, second) in [("plain", None), ("persons", Some("a-2"))] {
        let first = export(&world.service, &folder.path().join(name), second);
        let target = empty(&folder, &format!("{name}.db"), 1);
        let imported = import(&target, &folder.path().join(name), None).unwrap();
        assert_eq!(
            itgel_server::log_check::verify(&target).unwrap().faults,
            [],
            "{name}"
        );
        assert_eq!(imported.digest, first.digest);
        assert!(imported.recomputed > 0, "{}", imported.recomputed);
        let broken = target.store.read(|c| meta::get(c, meta::RESTORED)).unwrap();
        assert!(broken.is_some(), "devices get no signed break of the epoch");
        let again = export(
            &target,
            &folder.path().join(format!("{name}-again")),
            second,
        );
        assert_eq!(again.digest, first.digest);
        let rows = |manifest: &Manifest, table: &str| {
            let note = manifest.tables.iter().find(|note| note.table == table);
            note.map_or(0, |note| note.rows)
        };
        for table in [
            "rating",
            "observation",
            "indicator",
            "title",
            "title_gate",
            "envelope",
        ] {
            assert!(rows(&first, table) > 0, "{table} is empty");
            assert_eq!(rows(&again, table), rows(&first, table), "{table}");
        }
        assert_eq!(rows(&first, "person") > 0, second.is_some());
    }
}

#[test]
fn a_changed_row_is_refused_with_its_table_and_number_and_nothing_is_restored() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let good = folder.path().join("good");
    export(&world.service, &good, None);
    let target = empty(&folder, "target.db", 1);
    let raise = |text: &str| {
        let grades = ["AAA", "AA", "A", "B", "C"].map(|grade| format!(",{grade},"));
        let found = grades.iter().find(|grade| text.contains(grade.as_str()));
        text.replacen(found.unwrap(), ",V,", 1)
    };
    let drop_line = |text: &str| {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.remove(2);
        lines.concat()
    };
    let cut = |text: &str| {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.pop();
        lines.concat()
    };
    type Change<'a> = &'a dyn Fn(&str) -> String;
    let cases: [(&str, Change<'_>, ErrorCode, Option<&str>); 4] = [
        ("rating.csv", &raise, ErrorCode::ExchangeRow, None),
        ("rating.csv", &drop_line, ErrorCode::ExchangeRow, Some("3")),
        ("audit.csv", &cut, ErrorCode::ExchangeTable, None),
        (
            "observation.csv",
            &drop_line,
            ErrorCode::ExchangeRow,
            Some("3"),
        ),
    ];
    for (n, (file, change, code, row)) in cases.into_iter().enumerate() {
        let bad = copy(&good, &folder.path().join(format!("bad-{n}")));
        edit(&bad, file, change);
        let (found, violations) = refused(import(&target, &bad, None));
        assert_eq!(found, code, "{file}");
        let table = Schema::builtin()
            .table(file.trim_end_matches(".csv"))
            .unwrap();
        assert_eq!(figure(&violations, "table"), table.zh);
        if let Some(row) = row {
            assert_eq!(figure(&violations, "row"), row);
        }
    }
    let bad = copy(&good, &folder.path().join("manifest"));
    edit(&bad, "manifest.json", |text| {
        text.replace("示例信用平台", "别的平台")
    });
    assert_eq!(
        refusal(import(&target, &bad, None)),
        ErrorCode::ExchangeManifest
    );
    std::fs::remove_file(bad.join("manifest.json")).unwrap();
    assert_eq!(
        refusal(import(&target, &bad, None)),
        ErrorCode::ExchangeManifest
    );
    import(&target, &good, None).expect("the refused ones left the database empty");
}

#[test]
fn sec_t38_an_export_names_no_file_outside_its_folder() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let good = folder.path().join("good");
    export(&world.service, &good, None);
    let target = empty(&folder, "target.db", 1);
    let bad = copy(&good, &folder.path().join("bad"));
    let inside = Manifest::read(&bad).unwrap();
    let file = inside.tables[0].file.clone().unwrap();
    let absolute = good.join(&file).display().to_string();
    for outside in [format!("../good/{file}"), absolute, format!("./{file}")] {
        // Whoever has the server's own keys signs it again.
        let mut manifest = inside.clone();
        manifest.tables[0].file = Some(outside.clone());
        manifest.signature = String::new();
        let unsigned = serde_json::to_vec(&manifest).unwrap();
        let message = Hash::of("itgel.exchange.manifest.v1", &[&unsigned]);
        manifest.signature = target.keys.sign(message.as_bytes());
        let signed = serde_json::to_vec(&manifest).unwrap();
        std::fs::write(bad.join("manifest.json"), signed).unwrap();
        assert_eq!(Manifest::read(&bad).unwrap(), manifest);
        let refused = refusal(import(&target, &bad, None));
        assert_eq!(refused, ErrorCode::ExchangeTable, "{outside}");
    }
    import(&target, &good, None).expect("the same files under their own names");
}

#[test]
fn an_export_is_not_taken_by_a_database_in_use_or_a_server_with_other_keys() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let good = folder.path().join("good");
    export(&world.service, &good, None);
    assert_eq!(
        refusal(import(&world.service, &good, None)),
        ErrorCode::ExchangeNotEmpty
    );
    let other = empty(&folder, "other.db", 9);
    assert_eq!(
        refusal(import(&other, &good, None)),
        ErrorCode::ExchangeKeys
    );
}

#[test]
fn a_mapped_export_comes_back_through_the_same_mapping_only() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let mapping = Mapping::parse("m.toml", EXAMPLE, Schema::builtin()).unwrap();
    let mapped = folder.path().join("mapped");
    let order = ExportOrder {
        request: request(None),
        target: mapped.clone(),
        with_persons: false,
        mapping: Some(&mapping),
    };
    let manifest = exchange::export(&world.service, &order, &|_| ()).unwrap();
    let bytes = std::fs::read(mapped.join("XYPJ.csv")).unwrap();
    let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
    assert!(!broken);
    let (head, first) = (text.lines().next().unwrap(), text.lines().nth(1).unwrap());
    assert!(head.starts_with("评级编号,农户编号,年度"), "{head}");
    assert!(first.contains("年") && first.contains("日"), "{first}");
    let plain = export(&world.service, &folder.path().join("plain"), None);
    assert_eq!(
        manifest.digest, plain.digest,
        "a digest is over values, not over formats"
    );
    let target = empty(&folder, "target.db", 1);
    assert_eq!(
        refusal(import(&target, &mapped, None)),
        ErrorCode::ExchangePartial
    );
    let imported = import(&target, &mapped, Some(&mapping)).unwrap();
    assert_eq!(imported.digest, plain.digest);
}

#[test]
fn a_cell_that_a_platform_changed_is_named_by_row_and_head() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let text = EXAMPLE.replace("encoding = \"gb18030\"", "encoding = \"utf-8\"");
    let mapping = Mapping::parse("m.toml", &text, Schema::builtin()).unwrap();
    let mapped = folder.path().join("mapped");
    let order = ExportOrder {
        request: request(None),
        target: mapped.clone(),
        with_persons: false,
        mapping: Some(&mapping),
    };
    exchange::export(&world.service, &order, &|_| ()).unwrap();
    edit(&mapped, "XYPJ.csv", |text| {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[1].split(',').collect();
        cells[4] = "77";
        lines[1] = cells.join(",");
        lines.concat()
    });
    let target = empty(&folder, "target.db", 1);
    let (code, violations) = refused(import(&target, &mapped, Some(&mapping)));
    assert_eq!(code, ErrorCode::ExchangeCell);
    assert_eq!(figure(&violations, "row"), "2");
    assert_eq!(figure(&violations, "column"), "等级代码");
}

#[test]
fn a_public_record_goes_out_with_the_item_and_the_version_of_its_catalogue() {
    let (world, folder) = (World::with_households(2), tempfile::tempdir().unwrap());
    let record = PublicRecord {
        reference: "示例〔2026〕1号".into(),
        catalogue_item: Some("示例目录项".into()),
        catalogue_version: Some("2024".into()),
        recorded_by: "示例旗农牧局".into(),
        decided_on: Some("2026-09-01".parse().unwrap()),
        ..PublicRecord::default()
    };
    let row = RegisterRow {
        id: "record-1".parse().unwrap(),
        division: world.gacha.code,
        subject: Some(world.households[0].subject.clone()),
        key: "示例〔2026〕1号".into(),
        revision: 1,
        valid_from: "2026-09-01".parse().unwrap(),
        valid_to: None,
        source: "示例台账".into(),
        content: RegisterContent::PublicRecord(record),
    };
    world
        .transact(move |service, tx| registers::put(service, tx, &row, "test", service.now()))
        .unwrap();
    let target = folder.path().join("plain");
    let order = ExportOrder {
        request: request(None),
        target: target.clone(),
        with_persons: false,
        mapping: None,
    };
    exchange::export(&world.service, &order, &|_| ()).unwrap();
    let mut reader = csv::Reader::from_path(target.join("public_credit.csv")).unwrap();
    let place = |head: &str| {
        Schema::builtin()
            .table("public_credit")
            .unwrap()
            .place(head)
            .unwrap()
    };
    let (register, class) = (place("register"), place("class"));
    let (item, version) = (place("catalogue_item"), place("catalogue_version"));
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    let records: Vec<_> = rows
        .iter()
        .filter(|row| &row[register] == "public_record")
        .collect();
    assert!(!records.is_empty());
    for row in records {
        assert_eq!(&row[class], "general");
        assert!(!row[item].is_empty() && !row[version].is_empty(), "{row:?}");
    }
}

#[test]
fn sec_t32_no_name_leaves_the_server_without_a_basis_and_a_second_person() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let order = |request: ShareRequest, with_persons| ExportOrder {
        request,
        target: folder.path().join("refused"),
        with_persons,
        mapping: None,
    };
    let try_export = |request, with_persons| {
        refusal(exchange::export(
            &world.service,
            &order(request, with_persons),
            &|_| (),
        ))
    };
    let without_basis = ShareRequest {
        basis: " ".into(),
        ..request(None)
    };
    assert_eq!(try_export(without_basis, false), ErrorCode::ShareIncomplete);
    let collector = ShareRequest {
        officer: "c-1".parse().unwrap(),
        ..request(None)
    };
    assert_eq!(try_export(collector, false), ErrorCode::NotAllowed);
    assert_eq!(try_export(request(None), true), ErrorCode::SecondPerson);
    assert_eq!(
        try_export(request(Some("a-1")), true),
        ErrorCode::SecondPerson
    );
    assert_eq!(
        try_export(request(Some("r-1")), true),
        ErrorCode::NotAllowed
    );
    assert!(!folder.path().join("refused").exists());
    assert!(world.audit("data.share_begun").is_empty());

    let names: Vec<String> = world
        .households
        .iter()
        .filter_map(|household| household.identity.people[0].id_number.clone())
        .collect();
    let holds_name = |target: &Path| {
        let files = std::fs::read_dir(target)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let texts: Vec<String> = files
            .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
            .collect();
        names
            .iter()
            .any(|name| texts.iter().any(|text| text.contains(name.as_str())))
    };
    let (plain, persons) = (folder.path().join("plain"), folder.path().join("persons"));
    export(&world.service, &plain, None);
    export(&world.service, &persons, Some("a-2"));
    assert!(
        !holds_name(&plain),
        "a pseudonymous export holds an ID number"
    );
    assert!(holds_name(&persons), "the search finds nothing at all");
    assert_eq!(world.audit("data.share_begun").len(), 2);
    let finished = world.audit("data.shared");
    assert_eq!(finished.len(), 2);
    assert!(finished[0].resource.starts_with("data_share/"));
}

#[test]
fn a_workbook_shows_every_table_with_codes_as_text() {
    let (world, folder) = (rated(), tempfile::tempdir().unwrap());
    let path = folder.path().join("专题数据库.xlsx");
    let manifest = export(&world.service, &path, None);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let names = book.sheet_names();
    for note in &manifest.tables {
        assert!(names.contains(&note.title), "{} has no sheet", note.title);
        let range = book.worksheet_range(&note.title).unwrap();
        let rows = u64::try_from(range.height()).unwrap();
        assert_eq!(rows, note.rows + 1, "{}", note.title);
    }
    let divisions = book.worksheet_range("行政区划").unwrap();
    let code = divisions.get_value((1, 0)).unwrap();
    assert_eq!(code, &calamine::Data::String("150623000000".into()));
    let plain = export(&world.service, &folder.path().join("folder"), None);
    assert_eq!(manifest.digest, plain.digest);
}

#[test]
fn no_table_or_column_of_the_database_is_missing_in_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let service = empty(&folder, "schema.db", 1);
    let read = |c: &_| store::exchange::list_tables(c).map_err(ServiceError::from);
    let tables = service.store.read(read).unwrap();
    let schema = Schema::builtin();
    for (name, columns) in &tables {
        let is_left_out = schema
            .left_out
            .iter()
            .any(|left_out| left_out.table == *name);
        let table = schema
            .table(name)
            .filter(|table| table.group != itgel_domain::exchange::Group::View);
        assert!(
            table.is_some() != is_left_out,
            "describe the table {name} once, as [[table]] or [[left_out]], in fixtures/exchange/special-topic.toml"
        );
        for column in columns.iter().filter(|_| !is_left_out) {
            let is_known = table.is_some_and(|table| table.place(column).is_some());
            assert!(
                is_known,
                "describe {name}.{column} in fixtures/exchange/special-topic.toml"
            );
        }
    }
    for left_out in &schema.left_out {
        assert!(
            tables.iter().any(|(name, _)| *name == left_out.table),
            "{}",
            left_out.table
        );
    }
}
