//! How far a process has come: the part that ratings and titles share.

use std::collections::{BTreeMap, BTreeSet};

use super::Role;
use super::event::{By, CaseError, Event, Now, Reason, Transition};
use crate::error::ErrorCode;
use crate::id::OfficerId;

/// State, people and history of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress<Step, State> {
    pub(super) state: State,
    /// Who has acted in which role: one role each, by its shape.
    pub(super) participants: BTreeMap<OfficerId, Role>,
    pub(super) history: Vec<Event<Step, State>>,
}

/// A step that somebody asks for, before anything of it is known to be allowed.
pub(super) struct Request<'a, Kind: 'static, State: 'static> {
    pub(super) table: &'static [Transition<Kind, State>],
    pub(super) step: Kind,
    /// Persons whom the step names beside its actor, with the role that they have in it.
    pub(super) named: Vec<(OfficerId, Role)>,
    pub(super) by: &'a By,
    pub(super) reason: &'a Reason,
    pub(super) needs_text: bool,
}

impl<Step, State: Copy + Ord> Progress<Step, State> {
    pub(super) const fn new(state: State) -> Self {
        Self {
            state,
            participants: BTreeMap::new(),
            history: Vec::new(),
        }
    }

    /// How many events there are.
    pub(super) const fn version(&self) -> u64 {
        self.history.len() as u64
    }

    /// Version, table, people and reason, in this order; the states that the table allows after.
    pub(super) fn admit<Kind: Copy + Eq>(
        &self,
        request: &Request<'_, Kind, State>,
        now: &Now<'_>,
    ) -> Result<BTreeSet<State>, CaseError> {
        if now.version != self.version() {
            return Err(CaseError::new(ErrorCode::CaseStale).with("version", self.version()));
        }
        let targets = self.targets(request)?;
        for (officer, role) in request.people() {
            self.check_person(officer, role, now)?;
        }
        let is_person = request.by.officer().is_some();
        request.reason.check(request.needs_text && is_person)?;
        Ok(targets)
    }

    /// The event of a step that was admitted.
    pub(super) fn event(
        &self,
        step: Step,
        to: State,
        (by, reason): (&By, Reason),
        now: &Now<'_>,
    ) -> Event<Step, State> {
        Event {
            n: self.version() + 1,
            step,
            from: self.state,
            to,
            by: by.clone(),
            reason,
            at: now.at,
            device_at: now.device_at,
            pack: now.pack,
        }
    }

    /// Takes in an event that was checked when it was made.
    pub(super) fn absorb(&mut self, event: Event<Step, State>, named: Vec<(OfficerId, Role)>) {
        if let By::Officer { officer, role } = &event.by {
            self.participants.insert(officer.clone(), *role);
        }
        self.participants.extend(named);
        self.state = event.to;
        self.history.push(event);
    }

    fn targets<Kind: Copy + Eq>(
        &self,
        request: &Request<'_, Kind, State>,
    ) -> Result<BTreeSet<State>, CaseError> {
        let here = |row: &&Transition<Kind, State>| {
            row.step == request.step && row.from.contains(&self.state)
        };
        let mut rows = request.table.iter().filter(here).peekable();
        if rows.peek().is_none() {
            return Err(CaseError::new(ErrorCode::CaseStep));
        }
        let capacity = request.by.capacity();
        let targets: BTreeSet<State> = rows
            .filter(|row| row.by.contains(&capacity))
            .map(|row| row.to.unwrap_or(self.state))
            .collect();
        match targets.is_empty() {
            true => Err(CaseError::new(ErrorCode::NotAllowed)),
            false => Ok(targets),
        }
    }

    /// Whether `officer` may act as `role` beside those who have acted before.
    fn check_person(
        &self,
        officer: &OfficerId,
        role: Role,
        now: &Now<'_>,
    ) -> Result<(), CaseError> {
        if now.barred.contains(officer) {
            return Err(CaseError::new(ErrorCode::ConflictOfInterest));
        }
        match self.participants.get(officer) {
            Some(&before) if before != role => {
                Err(CaseError::new(ErrorCode::ActedBefore).with("role", before))
            }
            _ => Ok(()),
        }
    }
}

impl<Kind, State> Request<'_, Kind, State> {
    fn people(&self) -> impl Iterator<Item = (&OfficerId, Role)> {
        let actor = match self.by {
            By::Officer { officer, role } => Some((officer, *role)),
            By::Subject | By::Rule => None,
        };
        actor
            .into_iter()
            .chain(self.named.iter().map(|(officer, role)| (officer, *role)))
    }
}

/// The one state that follows: the only one the table allows, or the one of several that `chosen`
/// says.
pub(super) fn follow<State: Copy + Ord>(
    targets: &BTreeSet<State>,
    chosen: State,
) -> Result<State, CaseError> {
    let only = targets.first().filter(|_| targets.len() == 1);
    let state = only.or_else(|| targets.get(&chosen)).copied();
    state.ok_or_else(|| CaseError::new(ErrorCode::CaseStep))
}
