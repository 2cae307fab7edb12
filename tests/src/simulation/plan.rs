//! Draws the operations of a run from its seed.

use super::chance::Chance;
use super::fault::{Fault, Planned};
use super::operation::Op;
use super::scene::{Extent, Scene};

/// What kind of runs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The scene.
    pub extent: Extent,
    /// Days in the field.
    pub days: u32,
    /// Envelopes that each officer writes in a day.
    pub per_day: u32,
    /// Synchronisations that each officer tries in a day.
    pub syncs: u32,
    /// How many of a thousand synchronisations meet faults.
    pub faulty: u32,
    /// Which faults.
    pub faults: &'static [(Fault, &'static str)],
    /// How often in a thousand device days something befalls a device.
    pub mishaps: u32,
    /// How often in a thousand days something befalls the server.
    pub server_mishaps: u32,
    /// On how many of a thousand device days a card is written or carried.
    pub cards: u32,
    /// How often in a thousand days something is done with the server's keys.
    pub rotations: u32,
}

/// Parts of a day between which time passes.
const PARTS: usize = 6;

/// Most requests of a synchronisation that a fault is planned for.
const REQUESTS: i64 = 9;

/// Files of a card among which one is picked.
const CARDS: usize = 12;

/// How often in a thousand days an officer is found to be related to a household.
const INTERESTS: u32 = 80;

/// How often in a thousand days a household is erased.
const ERASURES: u32 = 30;

const YEAR_MINUTES: i64 = 365 * 24 * 60;

struct Drawing<'a> {
    chance: Chance,
    /// Apart from the others, so that a seed still draws what it drew before there were any.
    interests: Chance,
    /// Likewise.
    erasures: Chance,
    shape: &'a Shape,
    scene: &'a Scene,
    /// The households of each device's gachas.
    near: Vec<Vec<usize>>,
    /// Every visit changes a value to another figure.
    value: u32,
    /// Devices without a network, with the day on which it comes back.
    clogged: Vec<(u32, usize)>,
}

/// The operations of the run with this seed.
#[must_use]
pub fn draw(seed: u64, shape: &Shape, scene: &Scene) -> Vec<Op> {
    let near = scene.crews.iter().map(|crew| {
        let homes = scene.homes.iter().enumerate();
        let mine = homes.filter(|(_, home)| crew.gachas.contains(home));
        mine.map(|(household, _)| household).collect()
    });
    let mut drawing = Drawing {
        chance: Chance::new(seed, 0),
        interests: Chance::new(seed, 3),
        erasures: Chance::new(seed, 4),
        shape,
        scene,
        near: near.collect(),
        value: 0,
        clogged: Vec::new(),
    };
    let days = (0..shape.days).map(|day| drawing.day(day));
    days.collect::<Vec<_>>().concat()
}

impl Drawing<'_> {
    fn day(&mut self, day: u32) -> Vec<Op> {
        let mut ops = self.network(day);
        let mut lanes: Vec<Vec<Op>> = (0..self.scene.crews.len())
            .map(|device| self.device_day(device))
            .collect();
        ops.extend(self.office());
        for part in 1..=PARTS {
            let mut order: Vec<usize> = (0..lanes.len()).collect();
            self.chance.shuffle(&mut order);
            for device in order {
                let share = lanes[device].len().div_ceil(PARTS + 1 - part);
                ops.extend(lanes[device].drain(..share));
            }
            let minutes = 24 * 60 / PARTS as i64;
            ops.push(Op::Pass { minutes });
        }
        ops
    }

    /// Groups of devices lose the network and get it back in another order.
    fn network(&mut self, day: u32) -> Vec<Op> {
        let mut ops = Vec::new();
        self.chance.shuffle(&mut self.clogged);
        self.clogged.retain(|(until, device)| {
            if *until <= day {
                ops.push(Op::Heal { device: *device });
            }
            *until > day
        });
        if self.chance.per_mille(self.shape.mishaps) {
            let often = u32::try_from(self.chance.between(100, 700)).unwrap_or(100);
            for device in 0..self.scene.crews.len() {
                if self.chance.per_mille(often) {
                    let until = day + u32::try_from(self.chance.between(1, 4)).unwrap_or(1);
                    self.clogged.push((until, device));
                    ops.push(Op::Clog { device });
                }
            }
        }
        ops
    }

    /// What one officer and the device do, in order.
    fn device_day(&mut self, device: usize) -> Vec<Op> {
        let mut ops: Vec<Op> = (0..self.shape.per_day)
            .map(|_| self.capture(device))
            .collect();
        for _ in 0..self.shape.syncs {
            let at = self.chance.below(ops.len() + 1);
            let faults = self.faults();
            ops.insert(at, Op::Sync { device, faults });
        }
        if self.chance.per_mille(self.shape.cards) {
            let card = self.card(device);
            self.put_among(&mut ops, card);
        }
        if self.chance.per_mille(self.shape.mishaps) {
            let mishap = self.mishap(device);
            self.put_among(&mut ops, mishap);
        }
        ops
    }

    /// Puts operations at any places among others, in their order.
    fn put_among(&mut self, ops: &mut Vec<Op>, more: Vec<Op>) {
        let mut at = 0;
        for op in more {
            at += self.chance.below(ops.len() + 1 - at);
            ops.insert(at, op);
            at += 1;
        }
    }

    fn capture(&mut self, device: usize) -> Op {
        self.value += 1;
        let value = self.value;
        let near = &self.near[device];
        let household = near[self.chance.below(near.len())];
        match self.chance.below(100) {
            0..60 => Op::Visit {
                device,
                household,
                value,
            },
            60..88 => Op::Ballot {
                device,
                household,
                value,
            },
            88..94 => Op::Identity {
                device,
                household,
                value,
            },
            94..96 => Op::Note {
                device,
                household,
                value,
            },
            96..98 => Op::Picture {
                device,
                household,
                value,
            },
            98..99 => Op::Retract { device, household },
            _ => Op::Withdraw { device, household },
        }
    }

    /// A card is written and brought to the office, or one of before; of the answers any may come
    /// back, at any time, or none.
    fn card(&mut self, device: usize) -> Vec<Op> {
        let mut ops = vec![Op::Bundle { device }];
        for _ in 0..self.chance.below(3) {
            let number = self.chance.below(CARDS);
            ops.push(Op::Carry { device, number });
        }
        for _ in 0..self.chance.below(3) {
            let number = self.chance.below(CARDS);
            ops.push(Op::Answer { device, number });
        }
        ops
    }

    fn faults(&mut self) -> Vec<Planned> {
        if !self.chance.per_mille(self.shape.faulty) {
            return Vec::new();
        }
        let mut faults: Vec<Planned> = Vec::new();
        for _ in 0..self.chance.between(1, 3) {
            let request = u32::try_from(self.chance.between(1, REQUESTS)).unwrap_or(1);
            let (fault, _) = self.shape.faults[self.chance.below(self.shape.faults.len())];
            if faults.iter().all(|planned| planned.request != request) {
                faults.push(Planned { request, fault });
            }
        }
        faults
    }

    /// What befalls a device; a copy is put back on some later occasion.
    fn mishap(&mut self, device: usize) -> Vec<Op> {
        match self.chance.below(100) {
            0..35 => vec![Op::Reopen { device }],
            35..50 => vec![Op::Copy { device }],
            50..65 => vec![Op::Restore { device }],
            65..90 => vec![Op::Skew {
                device,
                minutes: self.skew(),
            }],
            90..97 => self.replacement(device),
            _ => vec![Op::Revoke { device }],
        }
    }

    /// A device is lost; the other one is confirmed on the same day, or at the end.
    fn replacement(&mut self, device: usize) -> Vec<Op> {
        let mut ops = vec![Op::Replace { device }];
        if self.chance.per_mille(700) {
            ops.push(Op::Confirm { device });
        }
        ops
    }

    fn skew(&mut self) -> i64 {
        match self.chance.below(4) {
            0 => 0,
            1 => self.chance.between(-180, 180),
            2 => self.chance.between(-60 * 24 * 60, 60 * 24 * 60),
            _ => self.chance.between(-YEAR_MINUTES, YEAR_MINUTES),
        }
    }

    /// What happens at the desk and to the server.
    fn office(&mut self) -> Vec<Op> {
        let mut ops = Vec::new();
        let gacha = self.chance.below(self.scene.gachas.len());
        if self.interests.per_mille(INTERESTS) {
            let device = self.interests.below(self.scene.crews.len());
            let near = &self.near[device];
            let household = near[self.interests.below(near.len())];
            ops.push(Op::Interest { device, household });
        }
        if self.erasures.per_mille(ERASURES) {
            let household = self.erasures.below(self.scene.households.len());
            ops.push(Op::Erase { household });
        }
        if self.chance.per_mille(300) {
            ops.push(Op::Resolve { gacha });
        }
        if self.chance.per_mille(300) {
            let release = self.chance.per_mille(600);
            ops.push(if release {
                Op::Release { gacha }
            } else {
                Op::Reject { gacha }
            });
        }
        if self.chance.per_mille(60) {
            let household = self.chance.below(self.scene.households.len());
            ops.push(Op::Move { household, gacha });
        }
        if self.chance.per_mille(self.shape.rotations) {
            let announces = self.chance.per_mille(500);
            ops.push(if announces { Op::Announce } else { Op::Rotate });
        }
        if self.chance.per_mille(self.shape.server_mishaps) {
            ops.push(match self.chance.below(4) {
                0 | 1 => Op::RestartServer,
                2 => Op::Backup,
                _ => Op::RestoreServer,
            });
        }
        ops
    }
}
