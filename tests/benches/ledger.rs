//! A lender's monthly ledger: taken in, and brought to the subjects that it speaks of.

use std::hint::black_box;
use std::path::Path;

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::LenderId;
use itgel_domain::ledger::{AmountUnit, LoanForm, PartyNumber};
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_server::ledger::{self, MAX_PAGE, NewLedger, NumberedForm};
use itgel_server::store::lender::LenderRecord;
use itgel_server::store::party::Party;
use itgel_server::{ServiceError, jobs, setup, store};
use rusqlite::{Connection, params};

use super::clock::cost;
use super::table::{Cost, Goal, Row};
use super::world::{World, now};
use super::{Outcome, Size};

/// The lender and the month that it reports.
const LENDER: &str = "rcc-bench";
const MONTH: &str = "2026-09";

/// Weights and check characters of a resident ID (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// Subjects, or pages of rows, of one transaction of the preparation.
const BATCH: usize = 1_000;

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_households(1)?;
    prepare(&world, size.borrowers)?;
    let forms = forms(size)?;
    let entered = enter(&world, &forms)?;
    let bare = insert(&world.folder.path().join("bare.db"), &forms)?;
    let brought = cost(1, || {
        while jobs::run_due(&world.service)? > 0 {}
        Ok(())
    })?;
    let scanned = scan(&world)?;
    let (lines, borrowers) = (size.lines, size.borrowers);
    Ok(vec![
        Row::new(
            format!("a ledger of {lines} rows: read, checked, made opaque, kept"),
            entered,
            ("insert of the same rows, same pages", bare),
            Goal::Within(std::time::Duration::from_secs(20)),
        ),
        Row::new(
            format!("the ledger brought to {borrowers} subjects: record, veto, tips, log, list"),
            brought,
            ("plain scan of the same rows", scanned),
            Goal::Told,
        ),
    ])
}

/// A lender under contract, and so many households whose heads are known by their numbers.
fn prepare(world: &World, borrowers: u32) -> Outcome<()> {
    let banner = banner(world)?;
    let lender = LenderRecord {
        id: LENDER.parse()?,
        name: "示例农信社".into(),
        name_mn: String::new(),
        valid_from: jiff::civil::date(2020, 1, 1),
        valid_to: None,
        division: banner,
        purposes: vec![Purpose::LoanDecision],
        daily_quota: 1,
    };
    world.transact(move |service, tx| setup::add_lender(tx, &lender, service.now().on()))?;
    let numbers: Vec<u32> = (0..borrowers).collect();
    for batch in numbers.chunks(BATCH) {
        let (batch, division) = (batch.to_vec(), world.gacha.code);
        world.transact(move |service, tx| {
            for n in batch {
                let subject = Subject {
                    id: format!("bench-{n}").parse().map_err(fault)?,
                    kind: SubjectKind::Household,
                    division,
                    local_code: n.to_string(),
                };
                store::subject::put(tx, &subject)?;
                let number: PartyNumber = id_number(n).parse()?;
                let party = Party {
                    role: "head".into(),
                    blind: service.keys.blind_id.index(&number.index_text()),
                    borrows: true,
                };
                let version = Hash::of("bench.identity", &[subject.id.as_str().as_bytes()]);
                store::party::put(tx, &subject.id, &version, &[party])?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The rows of the month: some overdue, some bad, some with guarantors.
fn forms(size: Size) -> Outcome<Vec<NumberedForm>> {
    let row = |n: u32| {
        let borrower = n % size.borrowers;
        let is_late = n.is_multiple_of(40);
        let days = if is_late { "45" } else { "0" };
        let guarantor = (n.is_multiple_of(10)).then(|| id_number((borrower + 1) % size.borrowers));
        LoanForm {
            loan: format!("JJ2026{n:08}"),
            borrower: id_number(borrower),
            guarantors: guarantor.unwrap_or_default(),
            opened_on: "2025-03-01".into(),
            due_on: "2027-02-28".into(),
            amount: format!("{}", 30_000 + n % 70_000),
            balance: format!("{}", 20_000 + n % 10_000),
            rate: "6.55".into(),
            purpose: "饲草料".into(),
            days_past_due: days.into(),
            worst_days_past_due: days.into(),
            class: if is_late { "关注" } else { "正常" }.into(),
            ..LoanForm::default()
        }
    };
    let lines = u32::try_from(size.lines)?;
    Ok((0..lines)
        .map(|n| NumberedForm {
            n: n + 1,
            row: row(n),
        })
        .collect())
}

/// What the whole ledger costs until it is in force.
fn enter(world: &World, forms: &[NumberedForm]) -> Outcome<Cost> {
    let banner = banner(world)?;
    let actor = |officer: &str, lender: Option<LenderId>, role| -> Outcome<Actor> {
        Ok(Actor {
            officer: officer.parse()?,
            lender,
            grants: vec![Grant {
                role,
                division: banner,
                purpose: None,
            }],
        })
    };
    let machine = actor(LENDER, Some(LENDER.parse()?), Role::Lender)?;
    let approver = actor("a-1", None, Role::Approver)?;
    let new = NewLedger {
        lender: None,
        division: banner,
        month: MONTH.parse()?,
        unit: AmountUnit::Yuan,
        source: "bench".into(),
    };
    cost(1, || {
        let by = machine.clone();
        let id = world.transact(move |_, tx| ledger::open(tx, &by, &new, now()))?;
        for page in forms.chunks(MAX_PAGE) {
            let (page, by, to) = (page.to_vec(), machine.clone(), id.clone());
            let entered = world
                .transact(move |service, tx| ledger::enter_forms(service, tx, &by, &to, &page))?;
            if !entered.faults.is_empty() {
                return Err(format!("refused: {:?}", entered.faults).into());
            }
        }
        world.transact(move |_, tx| {
            ledger::propose(tx, &machine, &id, now())?;
            ledger::activate(tx, &approver, &id, now())
        })?;
        Ok(())
    })
}

/// What the same rows cost in a bare table, a transaction a page, as durable.
fn insert(path: &Path, forms: &[NumberedForm]) -> Outcome<Cost> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.execute_batch(
        "create table bare (n integer primary key, loan text, borrower text, guarantors text,
             opened_on text, due_on text, amount text, balance text, rate text, purpose text,
             days text, worst text, class text)",
    )?;
    cost(1, || {
        for page in forms.chunks(MAX_PAGE) {
            let tx = connection.transaction()?;
            for NumberedForm { n, row } in page {
                let sql = "insert into bare values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                               ?12, ?13)";
                tx.prepare_cached(sql)?.execute(params![
                    n,
                    row.loan,
                    row.borrower,
                    row.guarantors,
                    row.opened_on,
                    row.due_on,
                    row.amount,
                    row.balance,
                    row.rate,
                    row.purpose,
                    row.days_past_due,
                    row.worst_days_past_due,
                    row.class,
                ])?;
            }
            tx.commit()?;
        }
        Ok(())
    })
}

/// What it costs to read every line once.
fn scan(world: &World) -> Outcome<Cost> {
    cost(1, || {
        let read = |c: &Connection| -> Result<i64, ServiceError> {
            let sql = "select borrower, loan, opened_on, due_on, closed_on, amount_fen,
                           balance_fen, days_past_due, worst_days_past_due, class, marks
                       from loan_line";
            let mut query = c.prepare(sql)?;
            let mut rows = query.query([])?;
            let mut sum = 0_i64;
            while let Some(row) = rows.next()? {
                let (borrower, class): (String, String) = (row.get(0)?, row.get(9)?);
                black_box((borrower, class));
                sum = sum.wrapping_add(row.get::<_, i64>(6)?);
            }
            Ok(sum)
        };
        black_box(world.service.store.read(read)?);
        Ok(())
    })
}

fn banner(world: &World) -> Outcome<itgel_domain::division::DivisionCode> {
    let level = itgel_domain::division::DivisionLevel::County;
    Ok(world
        .gacha
        .code
        .ancestor(level)
        .ok_or("a gacha without a banner")?)
}

/// An invented number: the sequence 000 is never issued.
fn id_number(n: u32) -> String {
    let (day, rest) = (n % 28 + 1, n / 28);
    let (month, year) = (rest % 12 + 1, 1900 + rest / 12);
    let body = format!("150623{year:04}{month:02}{day:02}000");
    let digits = body.bytes().map(|b| u32::from(b - b'0'));
    let sum: u32 = digits
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = CHECKS.get(sum as usize % 11).copied().unwrap_or(b'0');
    format!("{body}{}", char::from(check))
}

fn fault<E>(_: E) -> ServiceError {
    ErrorCode::Internal.into()
}
