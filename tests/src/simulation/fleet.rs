//! Executes the operations of a run.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use itgel_device::sync::{self, SyncError, SyncReport};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_server::{Service, auth, setup};
use tempfile::TempDir;

use super::album::{self, Pictures};
use super::chance::{Bytes, Chance};
use super::check;
use super::desk;
use super::failure::{Failure, Outcome, fails};
use super::fault::{Fault, Planned};
use super::host::Host;
use super::link::{Link, Receipted};
use super::mutant::Mutant;
use super::operation::Op;
use super::phone::Phone;
use super::scene::{Scene, start};
use super::trace::Trace;

/// Lines of a kept trace that are told with a failure.
const TOLD: usize = 60;

/// How a run is executed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Way {
    /// Keep the lines of the trace.
    pub keeps_trace: bool,
    /// Put a wrong server between.
    pub mutant: Option<Mutant>,
}

/// What came of a run that holds.
#[derive(Debug, Clone)]
pub struct Report {
    /// Envelopes that the officers wrote and that are there at the end.
    pub written: u64,
    /// Envelopes on the server.
    pub kept: u64,
    /// Envelopes whose receipt reached a device.
    pub receipted: u64,
    /// Of them: lost with a storage or a database that was put back from an older copy.
    pub excused: u64,
    /// Pictures whose receipt reached a device.
    pub pictures: u64,
    /// How often the server's keys were handed on.
    pub handed_on: u64,
    /// Devices that were lost, and another enrolled in their place.
    pub replaced: u64,
    /// Synchronisations that were tried.
    pub syncs: u64,
    /// Of them: those that did not end well.
    pub broken_syncs: u64,
    /// Rounds after healing until every device was quiet.
    pub rounds: u32,
    /// What happened.
    pub trace: Trace,
}

/// A run while it goes on.
pub(super) struct Fleet<'a> {
    pub(super) scene: &'a Scene,
    pub(super) phones: Vec<Phone<'a>>,
    pub(super) host: RefCell<Host>,
    pub(super) receipted: RefCell<Receipted>,
    /// Pictures whose receipt reached a device.
    pub(super) shown: RefCell<Pictures>,
    /// Envelopes and pictures.
    pub(super) excused: BTreeSet<Hash>,
    /// Written again in another place by a phone whose storage was put back since: its marks went
    /// with it.
    pub(super) written_again: BTreeSet<Hash>,
    pub(super) was_restored: bool,
    /// Households of which nothing may be left anywhere.
    pub(super) erased: BTreeSet<SubjectId>,
    /// Devices that an administrator revoked, those that were lost among them.
    pub(super) revoked: BTreeSet<DeviceId>,
    /// The last audit row that was looked at.
    audited: u64,
    mutant: Option<Mutant>,
    trace: RefCell<Trace>,
    replaced: u64,
    syncs: u64,
    broken_syncs: u64,
    // Goes last.
    _folder: TempDir,
}

/// How a synchronisation ended.
pub(super) struct Synced {
    pub(super) requests: u32,
    pub(super) report: Option<SyncReport>,
}

/// Executes a list in a copy of the scene, heals the network and checks.
///
/// # Errors
/// [`Failure`] with what does not hold.
pub fn execute(scene: &Scene, seed: u64, ops: &[Op], way: Way) -> Outcome<Report> {
    Ok(execute_and(scene, seed, ops, way, |_| Ok(()))?.0)
}

/// The same, with a look at the server when everything was checked.
///
/// # Errors
/// [`Failure`] with what does not hold.
pub fn execute_and<T>(
    scene: &Scene,
    seed: u64,
    ops: &[Op],
    way: Way,
    look: impl FnOnce(&Service) -> Outcome<T>,
) -> Outcome<(Report, T)> {
    let run = AssertUnwindSafe(|| {
        let mut fleet = Fleet::open(scene, seed, way)?;
        let went = ops.iter().try_for_each(|op| fleet.execute(op));
        went.and_then(|()| fleet.end(seed, look))
            .or_else(|failure| {
                let trace = fleet.trace.into_inner();
                let from = trace.lines().len().saturating_sub(TOLD);
                fails(format!("{failure}\n{}", trace.lines()[from..].join("\n")))
            })
    });
    catch_unwind(run).unwrap_or_else(|_| fails("a panic, told above"))
}

impl<'a> Fleet<'a> {
    fn open(scene: &'a Scene, seed: u64, way: Way) -> Outcome<Self> {
        let folder = scene.copy()?;
        let host = Host::open(folder.path(), start(), &Bytes::new(seed, 1))?;
        let phones = scene.crews.iter().zip(100_u64..).map(|(crew, stream)| {
            Phone::open(scene, crew, folder.path(), Bytes::new(seed, stream))
        });
        Ok(Self {
            scene,
            phones: phones.collect::<Outcome<_>>()?,
            host: RefCell::new(host),
            receipted: RefCell::default(),
            shown: RefCell::default(),
            excused: BTreeSet::new(),
            written_again: BTreeSet::new(),
            was_restored: false,
            erased: BTreeSet::new(),
            revoked: BTreeSet::new(),
            replaced: 0,
            audited: 0,
            mutant: way.mutant,
            trace: RefCell::new(Trace::new(way.keeps_trace)),
            syncs: 0,
            broken_syncs: 0,
            _folder: folder,
        })
    }

    fn execute(&mut self, op: &Op) -> Outcome<()> {
        let done = self.done(op).and_then(|told| {
            self.audited = check::no_alarm(self.host.get_mut(), self.audited)?;
            Ok(told)
        });
        match done {
            Ok(told) => {
                self.trace.borrow_mut().note(format!("{op} -> {told}"));
                Ok(())
            }
            Err(Failure(why)) => fails(format!("{op}: {why}")),
        }
    }

    fn done(&mut self, op: &Op) -> Outcome<String> {
        let now = self.host.borrow().now();
        let done = || Ok(String::from("done"));
        match *op {
            Op::Visit {
                device,
                household,
                value,
            } => self.phone(device)?.visit(household, value, now),
            Op::Identity {
                device,
                household,
                value,
            } => self.phone(device)?.identify(household, value, now),
            Op::Ballot {
                device,
                household,
                value,
            } => {
                let gacha = self.scene.homes[household];
                self.phone(device)?.vote(household, gacha, value, now)
            }
            Op::Withdraw { device, household } => self.phone(device)?.withdraw(household, now),
            Op::Note {
                device,
                household,
                value,
            } => self.phone(device)?.remark(household, value, now),
            Op::Picture {
                device,
                household,
                value,
            } => self.phone(device)?.photograph(household, value, now),
            Op::Retract { device, household } => self.phone(device)?.retract(household, now),
            Op::Sync { device, ref faults } => self.synchronise(device, faults),
            Op::Bundle { device } => self.save(device),
            Op::Carry { device, number } => self.carry(device, number),
            Op::Answer { device, number } => self.take_answer(device, number),
            Op::Reopen { device } => self.phone(device)?.reopen().and_then(|()| done()),
            Op::Copy { device } => self.phone(device)?.copy().and_then(|()| done()),
            Op::Restore { device } => self.restore_device(device).and_then(|()| done()),
            Op::Skew { device, minutes } => {
                self.phone(device)?.ahead_minutes = minutes;
                done()
            }
            Op::Revoke { device } => self.revoke(device).and_then(|()| done()),
            Op::Replace { device } => self.replace(device),
            Op::Confirm { device } => self.confirm(device),
            Op::Clog { device } => {
                self.phone(device)?.is_clogged = true;
                done()
            }
            Op::Heal { device } => {
                self.phone(device)?.is_clogged = false;
                done()
            }
            Op::Pass { minutes } => {
                let host = self.host.borrow();
                host.wait(minutes);
                host.do_jobs().and_then(|()| done())
            }
            Op::Backup => self.host.get_mut().back_up().and_then(|()| done()),
            Op::RestoreServer => self.restore_server().and_then(|()| done()),
            Op::RestartServer => self.host.get_mut().restart().and_then(|()| done()),
            Op::Announce => self.host.get_mut().announce().map(told_of),
            Op::Rotate => self.host.get_mut().rotate().map(told_of),
            Op::Move { household, gacha } => {
                desk::move_household(self.scene, &self.host.borrow(), household, gacha)
            }
            Op::Interest { device, household } => {
                self.expect_other_receipts();
                let officer = self.phone(device)?.crew.officer.clone();
                desk::find_interest(self.scene, &self.host.borrow(), &officer, household)
            }
            Op::Erase { household } => {
                self.expect_other_receipts();
                self.erased
                    .insert(self.scene.households[household].subject.clone());
                desk::erase(self.scene, &self.host.borrow(), household)
            }
            Op::Resolve { gacha } => desk::resolve(self.scene, &self.host.borrow(), gacha),
            Op::Release { gacha } => self.decide(gacha, true),
            Op::Reject { gacha } => self.decide(gacha, false),
        }
    }

    pub(super) fn phone(&mut self, number: usize) -> Outcome<&mut Phone<'a>> {
        match self.phones.get_mut(number) {
            Some(phone) => Ok(phone),
            None => fails("no such device in this scene"),
        }
    }

    fn synchronise(&mut self, number: usize, faults: &[Planned]) -> Outcome<String> {
        if self.phone(number)?.is_clogged {
            return Ok("no network".into());
        }
        self.syncs += 1;
        let synced = self.sync(number, faults)?;
        Ok(match synced.report {
            Some(report) => format!("{report:?}"),
            None => {
                self.broken_syncs += 1;
                "broken off".into()
            }
        })
    }

    /// Synchronises a device, and opens it again if it was killed on the way.
    pub(super) fn sync(&mut self, number: usize, faults: &[Planned]) -> Outcome<Synced> {
        let now = self.host.borrow().now();
        let phone = &self.phones[number];
        let link = Link {
            host: &self.host,
            device: &phone.handset.device,
            faults,
            mutant: self.mutant,
            way: &phone.way,
            receipted: &self.receipted,
            shown: &self.shown,
            trace: &self.trace,
            freeze: &|| phone.freeze(),
            state: RefCell::default(),
        };
        let ended = sync::run(phone.device(), &link, phone.clock(now), &mut |_| {});
        let state = link.state.into_inner();
        if let Some(broken) = state.broken {
            return fails(broken);
        }
        let report = match ended {
            Ok(report) => Some(report),
            Err(SyncError::Protocol { .. }) => None,
            Err(SyncError::NotTheServers(_))
                if faults
                    .iter()
                    .any(|p| matches!(p.fault, Fault::StaleAnswer | Fault::HandOn)) =>
            {
                None
            }
            Err(error) => return Err(Failure::from(error)),
        };
        if state.is_killed {
            self.phones[number].thaw()?;
        }
        Ok(Synced {
            requests: state.requests,
            report,
        })
    }

    /// What a storage or a database loses that is put back from an older copy is nobody's fault,
    /// if nobody else holds it.
    fn excusing(&mut self, work: impl FnOnce(&mut Self) -> Outcome<()>) -> Outcome<()> {
        let before = (check::held(self)?, album::held(self)?);
        work(self)?;
        let after = (check::held(self)?, album::held(self)?);
        self.excused.extend(before.0.difference(&after.0));
        self.excused.extend(before.1.difference(&after.1));
        Ok(())
    }

    fn restore_device(&mut self, number: usize) -> Outcome<()> {
        if !self.phone(number)?.has_copy() {
            return Ok(());
        }
        let moved = check::written_again(self)?;
        self.written_again.extend(moved);
        self.excusing(|fleet| fleet.phone(number)?.restore())
    }

    fn decide(&self, gacha: usize, counts: bool) -> Outcome<String> {
        self.expect_other_receipts();
        desk::decide(self.scene, &self.host.borrow(), gacha, counts)
    }

    fn expect_other_receipts(&self) {
        for phone in &self.phones {
            phone.way.borrow_mut().expect_other_receipts();
        }
    }

    fn restore_server(&mut self) -> Outcome<()> {
        if !self.host.borrow().has_backup() {
            return Ok(());
        }
        self.was_restored = true;
        self.audited = 0;
        self.expect_other_receipts();
        self.excusing(|fleet| fleet.host.get_mut().restore())
    }

    fn revoke(&mut self, number: usize) -> Outcome<()> {
        let device = self.phone(number)?.handset.device.clone();
        self.phone(number)?.is_revoked = true;
        self.revoked.insert(device.clone());
        let operator = setup::operator(self.scene.banner);
        let host = self.host.borrow();
        Ok(host.work(|service| auth::revoke(service, &operator, &device, service.now()))?)
    }

    /// A device is lost: an administrator revokes it and gives its officer a code for another.
    fn replace(&mut self, number: usize) -> Outcome<String> {
        self.revoke(number)?;
        let moved = check::written_again(self)?;
        self.written_again.extend(moved);
        let code = desk::invite(
            self.scene,
            &self.host.borrow(),
            &self.phones[number].crew.officer,
        )?;
        self.excusing(|fleet| fleet.phones[number].replace(&fleet.host.borrow(), &code))?;
        self.replaced += 1;
        Ok(self.phones[number].handset.device.to_string())
    }

    /// An administrator compares the words on the screen of a device with those of the server.
    fn confirm(&mut self, number: usize) -> Outcome<String> {
        let handset = &self.phone(number)?.handset;
        let (device, key) = (handset.device.clone(), handset.signer().public_key());
        desk::confirm(self.scene, &self.host.borrow(), &device, &key)
    }

    /// Heals the network, lets everybody synchronise until all is quiet, and checks.
    fn end<T>(
        &mut self,
        seed: u64,
        look: impl FnOnce(&Service) -> Outcome<T>,
    ) -> Outcome<(Report, T)> {
        for number in 0..self.phones.len() {
            self.confirm(number)?;
        }
        let rounds = check::settle(self, &mut Chance::new(seed, 2))?;
        let kept = check::everything(self)?;
        let seen = look(self.host.borrow().service())?;
        let report = Report {
            written: self.phones.iter().map(|phone| phone.book.written).sum(),
            kept,
            receipted: self.receipted.borrow().len() as u64,
            excused: self.excused.len() as u64,
            pictures: self.shown.borrow().len() as u64,
            handed_on: self.host.borrow().handed_on(),
            replaced: self.replaced,
            syncs: self.syncs,
            broken_syncs: self.broken_syncs,
            rounds,
            trace: self.trace.replace(Trace::new(false)),
        };
        Ok((report, seen))
    }
}

fn told_of(is_done: bool) -> String {
    if is_done { "done" } else { "nothing to do" }.into()
}
