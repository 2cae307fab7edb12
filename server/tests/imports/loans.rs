//! Tables of loans, of people in office, of benchmarks and medians.

use itgel_domain::authorisation::Purpose;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::register::{RegisterContent, Relation};
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_server::store::lender::LenderRecord;
use itgel_server::store::party::Party;
use itgel_server::{ServiceError, jobs, registers, setup, store};

use super::world::{BANNER, GACHA, World, code, csv, id_number};

const LOANS: &str = "金融机构编号,台账月份,借据编号,借款人证件号码,放款日期,到期日期,贷款金额(元),贷款余额(元),五级分类,当月最高逾期天数";
const IN_WAN: &str = "金融机构编号,台账月份,借据编号,借款人证件号码,放款日期,到期日期,贷款金额(万元),贷款余额(万元),五级分类,当月最高逾期天数";

/// A world with a lender, a household whose head has the first number, and a cooperative.
fn world() -> World {
    let world = World::new();
    world.write(|service, tx| {
        let lender = LenderRecord {
            id: "rcc-1".parse().unwrap(),
            name: "示例农信社".into(),
            name_mn: String::new(),
            valid_from: jiff::civil::date(2020, 1, 1),
            valid_to: None,
            division: code(BANNER),
            purposes: vec![Purpose::LoanDecision],
            daily_quota: 1,
        };
        setup::add_lender(tx, &lender, service.now().on())?;
        let household = subject("hh-1", SubjectKind::Household, "0101");
        registers::put_subject(service, tx, &household)?;
        let coop = SubjectKind::Entity(EntityKind::Cooperative);
        registers::put_subject(service, tx, &subject("coop-1", coop, "合-01"))?;
        let head = Party {
            role: "head".into(),
            blind: service.keys.blind_id.index(&id_number(1)),
            borrows: true,
        };
        let version = Hash::of_file(b"a version");
        Ok(store::party::put(tx, &household.id, &version, &[head])?)
    });
    world
}

fn subject(id: &str, kind: SubjectKind, number: &str) -> Subject {
    Subject {
        id: id.parse().unwrap(),
        kind,
        division: code(GACHA),
        local_code: number.into(),
    }
}

fn loan(month: &str, reference: &str, person: &str, amount: &str) -> String {
    format!("rcc-1,{month},{reference},{person},2025-03-01,2027-02-28,{amount},{amount},正常,0")
}

fn contents(world: &World, subject: &str, register: &str) -> Vec<RegisterContent> {
    while jobs::run_due(&world.service).unwrap() > 0 {}
    let id = subject.parse().unwrap();
    let read = |c: &_| store::register::list_of(c, &id, register).map_err(ServiceError::from);
    let rows = world.service.store.read(read).unwrap();
    rows.into_iter().map(|row| row.content).collect()
}

#[test]
fn a_table_of_loans_counts_for_its_borrowers_once_another_person_lets_it() {
    let world = world();
    let row = loan("2026-10", "借-1", &id_number(1), "5");
    let entered = world.enter("loan-ledger", csv(&[LOANS, &row]));
    let refused = entered.unwrap_err().code();
    assert_eq!(refused, ErrorCode::LedgerUnit, "五元的贷款 is one in 万元");
    world.put("loan-ledger", csv(&[IN_WAN, &row]));
    let credit = contents(&world, "hh-1", "credit");
    let [RegisterContent::Credit(record)] = credit.as_slice() else {
        panic!("{credit:?}");
    };
    assert_eq!(record.balance_fen, 5_000_000);
    // The month again, with another figure: it takes the place of the first one.
    let corrected = loan("2026年10月", "借-1", &id_number(1), "4.5");
    world.put("loan-ledger", csv(&[IN_WAN, &corrected]));
    let credit = contents(&world, "hh-1", "credit");
    let [RegisterContent::Credit(record)] = credit.as_slice() else {
        panic!("{credit:?}");
    };
    assert_eq!(record.balance_fen, 4_500_000);
}

#[test]
fn bad_rows_of_loans_are_named_and_the_others_go_in() {
    let world = world();
    let good = id_number(1);
    let last = if good.ends_with('1') { '2' } else { '1' };
    let wrong = format!("{}{last}", &good[..17]);
    let rows = [
        LOANS.to_owned(),
        loan("2026-10", "借-1", &good, "50000"),
        loan("2026-10", "借-2", &wrong, "50000"),
        loan("2026-11", "借-3", &good, "50000"),
        loan("2026-10", "借-1", &good, "60000"),
        loan("2026-10", "借-5", &good, "50000").replace("rcc-1", "nobody"),
        loan("2026-10", "借-6", &good, "50000").replace("2027-02-28", "2024-02-28"),
    ];
    let lines: Vec<&str> = rows.iter().map(String::as_str).collect();
    let batch = world.enter("loan-ledger", csv(&lines)).unwrap().batch;
    assert_eq!((batch.staged, batch.refused), (1, 5));
    let told = world.told(&batch.id);
    let told: Vec<_> = told
        .iter()
        .map(|(row, head, code)| (*row, head.as_str(), *code))
        .collect();
    assert_eq!(
        told,
        [
            (3, "借款人证件号码", "person.id_number"),
            (4, "台账月份", "ledger.month"),
            (5, "", "import.repeated"),
            (6, "金融机构编号", "lender.unknown"),
            (7, "到期日期", "ledger.dates"),
        ]
    );
}

#[test]
fn who_stands_behind_an_entity_reaches_it_by_number_and_an_unknown_entity_is_refused() {
    let world = world();
    let head = "区划代码,主体类型,主体编号,职务,身份证号,起始日期,截止日期";
    let row = |number: &str, office: &str| {
        format!(
            "{GACHA},农民专业合作社,{number},{office},{},2024-01-01,",
            id_number(1)
        )
    };
    let unknown = row("合-99", "负责人");
    let batch = world
        .enter("responsible-persons", csv(&[head, &unknown]))
        .unwrap()
        .batch;
    assert_eq!(world.told(&batch.id).len(), 1);
    let rows = [row("合-01", "理事"), row("合-01", "理事长")];
    world.put("responsible-persons", csv(&[head, &rows[0], &rows[1]]));
    let related = contents(&world, "coop-1", "related");
    let [RegisterContent::Related(standing)] = related.as_slice() else {
        panic!("one person counts once: {related:?}");
    };
    assert_eq!(standing.subject.as_str(), "hh-1");
    assert_eq!(standing.relation, Relation::Responsible);
    let cadres = format!("{GACHA},{},2024-01-01,", id_number(1));
    world.put(
        "cadres",
        csv(&["区划代码,身份证号,起始日期,截止日期", &cadres]),
    );
}

#[test]
fn a_benchmark_holds_for_its_year_and_the_one_before_stays() {
    let world = world();
    let head = "区划代码,年度,指标,数值(元),起始日期,截止日期";
    let last_year = format!("{BANNER},2025,收入基准,25000,2025-01-01,2025-12-31");
    let this_year = format!("{BANNER},2026,收入基准,26500,2026-01-01,");
    let median = format!("{BANNER},2026,净资产中位数,520000,2026-01-01,");
    world.put("benchmarks", csv(&[head, &last_year, &this_year, &median]));
    let rows = world.rows(BANNER);
    let of = |year: &str, register: &str| {
        let is_it = |row: &&itgel_domain::register::RegisterRow| {
            row.key == year && row.content.register() == register
        };
        rows.iter().find(is_it).map(|row| row.content.clone())
    };
    assert_eq!(
        of("2025", "income_benchmark"),
        Some(RegisterContent::IncomeBenchmark(2_500_000))
    );
    assert_eq!(
        of("2026", "income_benchmark"),
        Some(RegisterContent::IncomeBenchmark(2_650_000))
    );
    assert_eq!(
        of("2026", "median_net_assets"),
        Some(RegisterContent::MedianNetAssets(52_000_000))
    );
    let nothing = format!("{BANNER},2027,收入基准,0,2027-01-01,");
    let batch = world
        .enter("benchmarks", csv(&[head, &nothing]))
        .unwrap()
        .batch;
    assert_eq!(batch.refused, 1, "nothing can be divided by zero");
}
