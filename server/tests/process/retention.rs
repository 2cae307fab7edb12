//! The end of data (`domain.md` L-15, L-21): what is over goes on its day and as a whole, what is
//! still needed stays, and log and ratings verify afterwards. The clock alone is moved.

use itgel_domain::case::step::Cause;
use itgel_domain::case::{CaseState, Reason, Role, Step};
use itgel_domain::file::FileId;
use itgel_domain::id::{DeviceId, RowId};
use itgel_domain::register::{Honour, HonourLevel, RegisterContent, RegisterRow};
use itgel_domain::rights::{Asking, IdentityCheck, Relation, RightKind};
use itgel_fixtures::Household;
use itgel_server::recompute::recompute;
use itgel_server::rights::desk::{self, TakeRequest};
use itgel_server::{
    ServiceError, auth, contents, erasure, log_check, process, registers, retention, setup, store,
};
use jiff::civil::{Date, date};

use crate::actors::{Collector, World, request};
use crate::world::{object, objection, team};

/// Words that somebody writes about a household that ends.
const REASON: &str = "金丝雀的理由四七一一";

/// The name of an officer who leaves.
const NAME: &str = "金丝雀官员示例";

/// How many rows that belong to a year are left of a household, in all tables.
fn rows_left(world: &World, household: &Household) -> i64 {
    let subject = household.subject.to_string();
    let count = move |_: &itgel_server::Service, tx: &store::Tx<'_>| {
        let mut left = 0;
        for (table, column) in [
            ("rating_case", "subject"),
            ("rating", "subject"),
            ("standing", "subject"),
            ("standing_columns", "subject"),
            ("assessment", "subject"),
            ("ballot", "subject"),
            ("conflict", "subject"),
            ("projection", "subject"),
            ("media", "subject"),
            ("decision", "subject"),
        ] {
            let sql = format!("select count(*) from {table} where {column} = ?1");
            left += tx.query_row(&sql, [&subject], |row| row.get::<_, i64>(0))?;
        }
        for table in ["case_event", "case_person", "case_moved", "letter"] {
            let sql = format!(
                "select count(*) from {table} t
                 where not exists (select 1 from rating_case c where c.id = t.case_id)"
            );
            left += tx.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        }
        let sql = "select count(*) from envelope where sealed <> x'' and kind <> 'identity'
                       and (file like ?1 || '/%' or (file is null and subject = ?1))";
        left += tx.query_row(sql, [&subject], |row| row.get::<_, i64>(0))?;
        Ok(left)
    };
    world.transact(count).unwrap()
}

fn end(world: &World) {
    process::run_periods(&world.service, world.now()).unwrap();
    retention::run(&world.service).unwrap();
}

/// How many years of subjects have ended so far.
fn years_ended(world: &World) -> usize {
    let told = world.audit("retention.deleted");
    let years = told.iter().filter(|row| row.resource.starts_with("year/"));
    years.count()
}

fn pass_to(world: &World, day: Date) {
    world.pass_days(i64::from((day - world.now().on()).get_days()));
}

fn years_after(day: Date, years: i16) -> Date {
    day.saturating_add(jiff::Span::new().years(years))
}

/// The last day from which the term of what was rated counts.
fn ends_on(world: &World, household: &Household) -> Date {
    let ratings = world
        .service
        .store
        .read(|c| store::rating::list(c, &household.subject).map_err(ServiceError::from));
    let valid_to = ratings.unwrap()[0].valid_to;
    valid_to.max(date(world.cycle.closes_on.year(), 12, 31))
}

fn assert_all_verifies(world: &World) {
    let check = log_check::verify(&world.service).unwrap();
    assert!(check.audit_rows > 0);
    assert_eq!(check.faults, [], "the log");
    let found = recompute(&world.service, &mut |_| ()).unwrap();
    assert_eq!(found.different, 0, "{found:?}");
    let dangling: i64 = world
        .transact(|_, tx| {
            let sql = "select count(*) from pragma_foreign_key_check";
            Ok(tx.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(dangling, 0);
}

/// Whether a word stands in the database or its write-ahead log.
fn is_found(world: &World, word: &str) -> bool {
    let folder = world.service.config.database.parent().unwrap();
    let mut files = std::fs::read_dir(folder).unwrap();
    files.any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let word = word.as_bytes();
        bytes.windows(word.len()).any(|window| window == word)
    })
}

fn hold(world: &World, household: &Household) {
    let hold = store::rights::HoldRow {
        id: "hold-1".parse().unwrap(),
        subject: household.subject.clone(),
        basis: "示例法院〔2026〕1号".into(),
        placed_by: "a-1".parse().unwrap(),
        placed_at: world.now(),
        lifted_at: None,
    };
    world
        .transact(move |_, tx| Ok(store::rights::put_hold(tx, &hold)?))
        .unwrap();
}

fn ask_to_restrict(world: &World, household: &Household) {
    let actor = world.officer("o-1");
    let asked = TakeRequest {
        subject: household.subject.clone(),
        asking: Asking {
            kind: RightKind::Restrict,
            person: "head".into(),
            relation: Relation::Own,
            proof: None,
            checked: IdentityCheck::IdCard,
            words: "请限制使用".into(),
            case: None,
            record: None,
        },
    };
    let taken =
        world.transact(move |service, tx| desk::take(service, tx, &actor, &asked, service.now()));
    taken.unwrap();
}

/// Five households: rated; rated and kept by law; under objection; rated and asking; closed by a
/// death.
fn five(world: &World, team: &mut Collector) -> [Household; 5] {
    let chosen: [Household; 5] = world.plain()[..5].to_vec().try_into().unwrap();
    let [over, held, disputed, asking, closed] = &chosen;
    for household in &chosen {
        team.visit(world, household);
        team.hold_evaluation(world, household);
    }
    for household in [over, held, disputed, asking] {
        let case = world.case(household).case;
        let mut review = request(case.id.clone(), case.version(), Step::Review);
        review.reason = Reason::new(
            "TEST",
            if household.subject == over.subject {
                REASON
            } else {
                "因为"
            },
        );
        world.request("r-1", review).unwrap();
    }
    let cause = Cause::Death;
    world.step("r-1", closed, Step::Close { cause }).unwrap();
    world.publish("r-1").unwrap();
    object(world, disputed, objection(world, "Y-1"));
    world.pass_days(12);
    process::run_periods(&world.service, world.now()).unwrap();
    for household in [over, held, asking] {
        world.approve(household);
    }
    hold(world, held);
    chosen
}

#[test]
fn sec_t42_a_year_ends_as_a_whole_on_its_day_and_what_is_needed_outlives_it() {
    let world = World::with_households(14);
    let mut team = team();
    let [over, held, disputed, asking, closed] = five(&world, &mut team);
    let last = ends_on(&world, &over);
    pass_to(&world, years_after(last, 5));
    end(&world);
    assert!(rows_left(&world, &over) > 0, "the last day still counts");
    assert!(is_found(&world, REASON), "the canary was there");
    let before = years_ended(&world);

    ask_to_restrict(&world, &asking);
    world.pass_days(1);
    end(&world);
    erasure::leave_no_bytes(&world.service).unwrap();
    assert_eq!(
        years_ended(&world) - before,
        1,
        "one household and no other"
    );
    assert_eq!(rows_left(&world, &over), 0, "nothing dangles");
    assert!(!is_found(&world, REASON), "in the database or its log");
    for kept in [&held, &disputed, &asking] {
        assert!(rows_left(&world, kept) > 0, "{}", kept.subject);
    }
    assert_eq!(world.state(&disputed), CaseState::Disputed);
    assert_all_verifies(&world);
    let erased = |household: &Household| {
        let read = |c: &_| store::subject::erased_at(c, &household.subject);
        world.service.store.read(read).unwrap().is_some()
    };
    assert!(erased(&closed), "closed for good and its last year over");
    assert!(!erased(&over), "who may be rated again is still known");

    assert_eq!(retention::run(&world.service).unwrap(), 0, "done twice");
    let lifted = world.transact(|service, tx| {
        let (id, by) = ("hold-1".parse().unwrap(), "a-1".parse().unwrap());
        Ok(store::rights::lift_hold(tx, &id, &by, service.now())?)
    });
    lifted.unwrap();
    end(&world);
    assert_eq!(rows_left(&world, &held), 0, "once the order is lifted");
    assert_all_verifies(&world);
}

#[test]
fn sec_t42_the_key_of_a_file_is_destroyed_and_its_ids_stay() {
    let world = World::with_households(12);
    let mut team = team();
    let household = world.plain()[0].clone();
    team.visit(&world, &household);
    world.rate(&mut team, std::slice::from_ref(&household));
    let file = FileId {
        subject: household.subject.clone(),
        year: world.cycle.closes_on.year(),
    };
    let list = |world: &World| {
        let rows = world
            .service
            .store
            .read(|c| store::envelope::list_file(c, &file).map_err(ServiceError::from));
        rows.unwrap()
    };
    let before: Vec<_> = list(&world).into_iter().map(|kept| kept.row).collect();
    assert!(!before.is_empty());
    pass_to(&world, years_after(ends_on(&world, &household), 5));
    world.pass_days(1);
    end(&world);
    let after = list(&world);
    let rows: Vec<_> = after.iter().map(|kept| kept.row.clone()).collect();
    assert_eq!(rows, before, "places, ids and hashes");
    assert!(after.iter().all(|kept| kept.sealed.is_empty()));
    let key = world
        .service
        .store
        .read(|c| contents::find_key(&world.service, c, contents::Scope::File, &file.to_string()));
    assert!(key.unwrap().is_none());
    assert!(rows_left(&world, &household) == 0);
    assert_all_verifies(&world);
}

fn honour(world: &World, household: &Household, id: &str) -> RegisterRow {
    let content = RegisterContent::Honour(Honour::plain(HonourLevel::Banner, world.now().on()));
    RegisterRow {
        id: id.parse().unwrap(),
        division: world.gacha.code,
        subject: Some(household.subject.clone()),
        key: "示例荣誉1号".into(),
        revision: 1,
        valid_from: world.now().on(),
        valid_to: None,
        source: "示例旗政府".into(),
        content,
    }
}

#[test]
fn sec_t42_a_register_row_ends_by_the_term_of_its_register_with_all_its_revisions() {
    let world = World::with_households(12);
    let household = world.plain()[0].clone();
    let (first, second) = (
        honour(&world, &household, "honour-1"),
        honour(&world, &household, "honour-2"),
    );
    let awarded_on = world.now().on();
    let entered = world.transact(move |service, tx| {
        registers::put(service, tx, &first, "test", service.now())?;
        registers::put(service, tx, &second, "test", service.now())
    });
    entered.unwrap();
    let left = |world: &World| {
        let read = |c: &_| store::register::list_of(c, &household.subject, "honour");
        let rows = world.service.store.read(read).unwrap();
        let ids = rows.into_iter().map(|row| row.id);
        let known: Vec<RowId> = ids
            .filter(|id| id.as_str().starts_with("honour-"))
            .collect();
        known
    };
    pass_to(&world, years_after(awarded_on, 5));
    end(&world);
    assert_eq!(left(&world), ["honour-2".parse().unwrap()]);
    world.pass_days(1);
    end(&world);
    assert_eq!(left(&world), [], "and no older revision in its place");
    let revisions = world.transact(|_, tx| {
        let sql = "select count(*) from register_row where id like 'honour-%'";
        Ok(tx.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(revisions.unwrap(), 0);
    assert_all_verifies(&world);
}

#[test]
fn sec_t42_who_left_loses_name_and_key_and_stays_known_by_id() {
    let world = World::with_households(12);
    let banner = "150623".parse().unwrap();
    let entered = world.transact(move |_, tx| {
        let record = |id: &str, name: &str| store::officer::OfficerRecord {
            id: id.parse().unwrap(),
            name: name.into(),
            division: banner,
        };
        setup::add_officer(tx, &record("m-1", "m-1"), &[(Role::Administrator, banner)])?;
        setup::add_officer(tx, &record("c-4", NAME), &[])
    });
    entered.unwrap();
    let admin = world.officer("m-1");
    let device: DeviceId = "dev-c-4".parse().unwrap();
    auth::revoke(&world.service, &admin, &device, world.now()).unwrap();
    let state = |world: &World| {
        let read = |c: &_| -> Result<_, ServiceError> {
            let officer = store::officer::get(c, &"c-4".parse().unwrap())?.unwrap();
            let grants = store::officer::grants(c, &officer.id)?.len();
            let device = store::device::get(c, &device)?.unwrap();
            Ok((officer.name, grants, device.public_key.is_empty()))
        };
        world.service.store.read(read).unwrap()
    };
    pass_to(&world, years_after(world.now().on(), 5));
    end(&world);
    assert_eq!(state(&world), (NAME.to_owned(), 1, false), "the last day");
    world.pass_days(1);
    end(&world);
    erasure::leave_no_bytes(&world.service).unwrap();
    assert_eq!(state(&world), (String::new(), 0, true));
    assert!(!is_found(&world, NAME));
    let others = world.officer("c-1");
    assert!(!others.grants.is_empty(), "whose device is in use stays");
    assert_eq!(retention::run(&world.service).unwrap(), 0, "done twice");
    assert_all_verifies(&world);
}
