//! A country that is drawn anew while an officer is away: gachas get other codes, merge and are
//! divided, and what he wrote in the meantime is judged by where each household lived that day.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::case::Role;
use itgel_domain::division::DivisionCode;
use itgel_domain::division::succession::{Succession, SuccessionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::sync::push::Verdict;
use itgel_server::divisions::{self, DivisionChange, DivisionMove};
use itgel_server::{registers, store};
use jiff::civil::Date;

use super::attacks::Dice;
use super::world::{TOWNSHIP, World, code, division, household};

const DAY_MS: i64 = 86_400_000;

/// How long the officer is away.
const DAYS: u64 = 60;

/// Gachas before the first change; the officer works in every second one.
const GACHAS: u64 = 80;

/// Households of each.
const HOUSEHOLDS: u64 = 4;

/// Changes while he is away.
const CHANGES: u64 = 500;

/// What anybody could read off the approved changes.
struct Map {
    dice: Dice,
    /// The gachas that there are, and the day of their last change.
    gachas: BTreeMap<DivisionCode, u64>,
    /// Where each household lived, by the first day.
    homes: BTreeMap<String, Vec<(u64, DivisionCode, String)>>,
    /// Where the officer may work, whenever it was.
    granted: BTreeSet<DivisionCode>,
    /// The number of the next new gacha.
    next: u64,
}

/// One approved change.
enum Approved {
    Whole(DivisionChange),
    Part(DivisionChange, DivisionMove),
}

impl Map {
    fn new() -> Self {
        let gacha = |n: u64| code(&format!("{TOWNSHIP}{:03}", n + 301));
        let mut map = Self {
            dice: Dice(14),
            gachas: (0..GACHAS).map(|n| (gacha(n), 0)).collect(),
            homes: BTreeMap::new(),
            granted: (0..GACHAS).step_by(2).map(gacha).collect(),
            next: 301 + GACHAS,
        };
        for n in 0..GACHAS {
            for m in 0..HOUSEHOLDS {
                let number = format!("{m:03}");
                let homes = vec![(0, gacha(n), number)];
                map.homes.insert(format!("r-{n}-{m}"), homes);
            }
        }
        map
    }

    fn home_on(&self, id: &str, day: u64) -> DivisionCode {
        let homes = self.homes[id].iter().rev();
        let mut lived = homes.filter(|(from, ..)| *from <= day);
        lived.next().unwrap().1
    }

    fn living_in(&self, gacha: DivisionCode) -> Vec<String> {
        let last = |homes: &[(u64, DivisionCode, String)]| homes.last().unwrap().1;
        let all = self.homes.iter().filter(|(_, homes)| last(homes) == gacha);
        all.map(|(id, _)| id.clone()).collect()
    }

    /// A gacha of which nothing was heard today, with people or without.
    fn any(&mut self, day: u64) -> Option<DivisionCode> {
        let quiet: Vec<_> = self
            .gachas
            .iter()
            .filter(|(_, last)| **last < day)
            .collect();
        let place = usize::try_from(self.dice.below(quiet.len().max(1) as u64)).unwrap();
        quiet.get(place).map(|(gacha, _)| **gacha)
    }

    fn fresh(&mut self) -> DivisionCode {
        self.next += 1;
        code(&format!("{TOWNSHIP}{:03}", self.next))
    }

    /// The next change, as from `day` on.
    fn change(&mut self, day: u64, on: Date) -> Option<Approved> {
        let from = self.any(day)?;
        self.gachas.insert(from, day);
        let kind = match self.dice.below(4) {
            0 => SuccessionKind::Merged,
            1 => SuccessionKind::Recoded,
            _ => SuccessionKind::Split,
        };
        let into = match kind {
            SuccessionKind::Merged => self.any(day)?,
            _ => self.fresh(),
        };
        self.gachas.insert(into, day);
        let change = DivisionChange {
            edge: Succession {
                from,
                into,
                on,
                kind,
            },
            name: Some("示例新嘎查".into()),
            civil_code: None,
            kind: None,
            ends: false,
            source: "示例批复〔2026〕14号".into(),
        };
        if kind.takes_all() {
            self.take_all(day, from, into);
            return Some(Approved::Whole(change));
        }
        let mut living = self.living_in(from);
        let Some(id) = living.pop() else {
            return Some(Approved::Whole(change));
        };
        let local_code = self.homes[&id].last().unwrap().2.clone();
        self.move_to(&id, day, into);
        let moved = DivisionMove {
            from,
            local_code,
            into,
            on,
        };
        Some(Approved::Part(change, moved))
    }

    fn take_all(&mut self, day: u64, from: DivisionCode, into: DivisionCode) {
        for id in self.living_in(from) {
            self.move_to(&id, day, into);
        }
        self.gachas.remove(&from);
        if self.granted.contains(&from) {
            self.granted.insert(into);
        }
    }

    /// The number in the new gacha is read back from the server: it may be another one.
    fn move_to(&mut self, id: &str, day: u64, into: DivisionCode) {
        let homes = self.homes.get_mut(id).unwrap();
        homes.push((day, into, String::new()));
    }
}

/// Enters gachas, households and what the officer was granted.
fn settle(world: &World, map: &Map) {
    let homes: Vec<_> = map
        .homes
        .iter()
        .map(|(id, homes)| (id.clone(), homes[0].1, homes[0].2.clone()))
        .collect();
    let (gachas, granted) = (map.gachas.clone(), map.granted.clone());
    world.write(move |service, tx| {
        for gacha in gachas.keys() {
            let gacha = division(&gacha.to_string(), "示例嘎查");
            registers::put_division(service, tx, &gacha)?;
        }
        for (id, gacha, number) in homes {
            let mut subject = household(&id, &gacha.to_string());
            subject.local_code = number;
            registers::put_subject(service, tx, &subject)?;
        }
        for gacha in granted {
            store::officer::grant(tx, &"o1".parse().unwrap(), Role::Collector, gacha)?;
        }
        Ok(())
    });
}

/// Carries out one change, and reads the numbers of those who came into another gacha.
fn carry_out(world: &World, map: &mut Map, approved: Approved) {
    world.write(move |service, tx| {
        let now = service.now();
        let (change, moved) = match approved {
            Approved::Whole(change) => (change, None),
            Approved::Part(change, moved) => (change, Some(moved)),
        };
        assert!(divisions::change(service, tx, &change, "admin", now)?);
        if let Some(moved) = moved {
            assert!(divisions::move_household(service, tx, &moved, now)?);
        }
        Ok(())
    });
    for (id, homes) in &mut map.homes {
        let last = homes.last_mut().unwrap();
        if last.2.is_empty() {
            let subject = world.read(|c| store::subject::get(c, &id.parse().unwrap()));
            last.2 = subject.unwrap().local_code;
        }
    }
}

#[test]
fn sec_t14_of_five_hundred_rezonings_during_sixty_days_away_none_loses_or_wrongly_admits_an_entry()
{
    let world = World::new();
    let mut phone = world.phone("o1");
    let mut map = Map::new();
    settle(&world, &map);
    let (begun, ids) = (phone.now, map.homes.keys().cloned().collect::<Vec<_>>());
    let (mut written, mut changed) = (Vec::new(), 0);
    for day in 1..=DAYS {
        world.pass_ms(DAY_MS);
        while changed < CHANGES * day / DAYS {
            let Some(approved) = map.change(day, world.now().on()) else {
                continue;
            };
            carry_out(&world, &mut map, approved);
            changed += 1;
        }
        // Whatever happens there, he visits some households a day.
        phone.now = begun.plus_ms(i64::try_from(day).unwrap() * DAY_MS);
        for _ in 0..12 {
            let id = &ids[usize::try_from(map.dice.below(ids.len() as u64)).unwrap()];
            phone.count_sheep(id, 10);
            written.push((id.clone(), day));
        }
    }
    assert_eq!(changed, CHANGES);
    world.pass_ms(DAY_MS);
    let (mut accepted, mut moved_since, mut seq) = (0, 0, 0);
    for page in written.chunks(100) {
        let places = seq + 1..=seq + page.len() as u64;
        for ((id, day), verdict) in page.iter().zip(world.push_all(&phone, places)) {
            seq += 1;
            let home = map.home_on(id, *day);
            let may = map.granted.contains(&home);
            match may {
                true => assert!(verdict.counts(), "{id} in {home}: {verdict:?}"),
                false => {
                    let outside = Verdict::Quarantined(ErrorCode::ScopeOutside);
                    assert_eq!(verdict, outside, "{id} in {home}");
                }
            }
            accepted += u32::from(may);
            moved_since += u32::from(map.home_on(id, DAYS) != home);
            let at = ChainRef {
                seq,
                ..phone.next_place()
            };
            let kept = world.read(|c| store::envelope::get_sealed(c, &at)).unwrap();
            assert!(!kept.sealed.is_empty(), "{id}: what was entered is kept");
        }
    }
    let all = u32::try_from(written.len()).unwrap();
    assert!(moved_since > 200, "{moved_since} moved after the visit");
    assert!((200..all - 200).contains(&accepted), "{accepted} of {all}");
}
