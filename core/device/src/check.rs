//! What is wrong with a visit: everything at once, before it is sealed (`domain.md` L-02, L-04,
//! B.1.5).

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::catalogue::{Catalogue, Item, check_all};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::entry::Consent;
use itgel_domain::item::{ItemPath, Observation, State};
use itgel_domain::rights::consent;
use itgel_domain::subject::{Producer, SubjectKind};
use jiff::civil::Date;

use crate::visit::{Visit, consented};

/// Everything that forbids sealing the visit on `as_of`.
pub(crate) fn violations(visit: &Visit, as_of: Date) -> Vec<Violation> {
    let stated = visit.stated();
    let mut found = Vec::new();
    if !campaign_is_open(visit, as_of) {
        found.push(Violation::new("cycle", ErrorCode::CycleClosed));
    }
    if visit.bars(&visit.device.officer) {
        found.push(Violation::new("officer", ErrorCode::ConflictOfInterest));
    }
    identity(visit, &mut found);
    consents(visit, as_of, &mut found);
    values(visit, &stated, as_of, &mut found);
    restricted(visit, as_of, &mut found);
    corrections(visit, &mut found);
    core(visit, &stated, &mut found);
    found
}

/// The campaign is the banner's and the day lies in it. A wrong clock is put right by choosing
/// the day; the draft stays. Where the clock's own day lies outside, and the server's last signed
/// one does not, the visit is sealed all the same: the server sets it aside for a person, and
/// nothing is lost over a clock (`security.md` T11).
fn campaign_is_open(visit: &Visit, as_of: Date) -> bool {
    let campaign = visit.campaign.as_ref();
    let here = campaign.filter(|c| c.banner.contains(visit.subject.division));
    here.is_some_and(|c| c.is_open_on(as_of) || only_the_clock_closes(visit, as_of))
}

/// Whether the day was taken from the clock and lies outside a campaign that the server's last
/// signed day lies in.
pub(crate) fn only_the_clock_closes(visit: &Visit, as_of: Date) -> bool {
    let campaign = visit.campaign.as_ref();
    let signed_on = visit.entered.signed_on;
    as_of == visit.entered.on
        && campaign.is_some_and(|c| {
            !c.is_open_on(as_of) && signed_on.is_some_and(|signed| c.is_open_on(signed))
        })
}

fn identity(visit: &Visit, found: &mut Vec<Violation>) {
    let known = visit.identity.iter().any(|v| v.record.head().is_some());
    if !known && visit.subject.kind == SubjectKind::Household {
        found.push(Violation::new("identity", ErrorCode::ValueMissing));
    }
}

fn consents(visit: &Visit, as_of: Date, found: &mut Vec<Violation>) {
    let (any, _) = consented(visit, as_of);
    if !any {
        found.push(Violation::new("consent", ErrorCode::ConsentMissing));
    }
    for given in &visit.consents {
        let field = format!("consent/{}", given.person);
        if !(given.given_on..=given.until).contains(&as_of) {
            found.push(Violation::new(&field, ErrorCode::ConsentEnded));
        }
        found.extend(consent::faults(&as_the_server_tells(visit, given, as_of)));
    }
}

/// The consent with its days moved to the server's last signed one, if it was given today by a
/// clock that is behind it: the text that was read out is the one of that day.
fn as_the_server_tells(visit: &Visit, given: &Consent, as_of: Date) -> Consent {
    let mut told = given.clone();
    let today = as_of == visit.entered.on && given.given_on == as_of;
    let signed_on = visit.entered.signed_on.filter(|signed| as_of < *signed);
    if let Some(signed_on) = signed_on.filter(|_| today) {
        let lasts = given.until.duration_since(given.given_on);
        told.given_on = signed_on;
        told.until = signed_on.saturating_add(lasts);
    }
    told
}

/// Ranges, choices and days, over all that the officer states, so that items which limit one
/// another are looked at together.
fn values(
    visit: &Visit,
    stated: &BTreeMap<ItemPath, Observation>,
    as_of: Date,
    found: &mut Vec<Violation>,
) {
    let all: Vec<Observation> = stated.values().cloned().collect();
    let wrong = check_all(&all, visit.subject.kind).into_iter();
    found.extend(wrong.map(Violation::from));
    for drafted in &visit.values {
        if drafted.observation.observed_on > as_of {
            let field = drafted.observation.item.as_str();
            found.push(Violation::new(field, ErrorCode::ObservedOutOfTime));
        }
    }
}

/// A value of the six restricted classes needs the consent that unlocks it; without it the
/// answer is "refused", which is always allowed.
fn restricted(visit: &Visit, as_of: Date, found: &mut Vec<Violation>) {
    let (_, ticked) = consented(visit, as_of);
    for drafted in &visit.values {
        let path = &drafted.observation.item;
        let class = Catalogue::builtin()
            .get(path)
            .and_then(|item| item.restricted);
        let locked = class.filter(|class| !ticked.contains(class.as_str()));
        if let (Some(class), State::Known(_)) = (locked, &drafted.observation.state) {
            found.push(
                Violation::new(path.as_str(), ErrorCode::ConsentMissing).with("category", class),
            );
        }
    }
}

/// A change of an own sealed value says why.
fn corrections(visit: &Visit, found: &mut Vec<Violation>) {
    let own = visit.own();
    for drafted in &visit.values {
        let sealed = own.get(&drafted.observation.item);
        let changed = sealed.is_some_and(|v| v.observation != drafted.observation);
        if changed && drafted.reason.trim().is_empty() {
            let field = format!("{}#reason", drafted.observation.item);
            found.push(Violation::new(field, ErrorCode::ValueMissing));
        }
    }
}

/// Core fields have an answer; "unknown" and "refused" are answers, and lead to 未评级.
fn core(visit: &Visit, stated: &BTreeMap<ItemPath, Observation>, found: &mut Vec<Violation>) {
    let producer = visit.producer();
    let missing = |field: &str| Violation::new(field, ErrorCode::ValueMissing);
    let asked = Catalogue::builtin().asked(visit.subject.kind, producer);
    for item in asked.filter(|item| item.core) {
        match item.repeats_in() {
            None if !has(stated, &item.path) => found.push(missing(&item.path)),
            None => {}
            Some(group) => {
                let absent = keys(stated, group)
                    .into_iter()
                    .map(|key| key_path(item, key));
                found.extend(
                    absent
                        .filter(|path| !has(stated, path))
                        .map(|path| missing(&path)),
                );
            }
        }
    }
    let on_land = matches!(producer, Some(Producer::Pastoral | Producer::Mixed));
    if on_land && !stated.keys().any(is_stock) {
        found.push(missing("herd"));
    }
    if on_land && !has(stated, "pasture.plot_count") && keys(stated, "plot").is_empty() {
        found.push(missing("plot"));
    }
}

/// An item of the count of animals.
pub(crate) fn is_stock(path: &ItemPath) -> bool {
    path.as_str().starts_with("herd.") || path.as_str().starts_with("penned.")
}

fn has(stated: &BTreeMap<ItemPath, Observation>, path: &str) -> bool {
    path.parse()
        .is_ok_and(|path: ItemPath| stated.contains_key(&path))
}

/// The keys under which a repeating group has values.
fn keys<'a>(stated: &'a BTreeMap<ItemPath, Observation>, group: &str) -> BTreeSet<&'a str> {
    let of_group = stated.keys().filter_map(ItemPath::parts);
    of_group
        .filter(|(g, _, _)| *g == group)
        .map(|(_, key, _)| key)
        .collect()
}

fn key_path(item: &Item, key: &str) -> String {
    item.path.replacen('*', key, 1)
}
