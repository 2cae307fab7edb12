//! The proof at the end: every stored rating and title comes out of its inputs and rules again,
//! every file out of its envelopes, and the log is whole.

use itgel_domain::log;
use itgel_server::store::log::AuditRow;
use itgel_server::{ServiceError, recompute, store, sync};
use itgel_text as text;
use jiff::ToSpan as _;

use super::super::DemoError;
use super::{LANG, Story, expect};

/// What was proved.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Ratings that came out of their stored inputs and pack, byte for byte.
    pub ratings: u64,
    /// Titles that did.
    pub titles: u64,
    /// Files that came out of their envelopes.
    pub files: u64,
    /// Leaves of the log under the signed root.
    pub leaves: u64,
    /// Audit rows without a gap.
    pub audit_rows: u64,
}

impl Story<'_> {
    /// What an auditor does at the machine.
    pub(super) fn prove(&mut self) -> Result<(), DemoError> {
        // The daily job builds every file from its envelopes; what differs would be an alarm.
        self.until(self.today().saturating_add(2.days()))?;
        let service = &self.hosted.service;
        let failed = service
            .store
            .read(|c| -> Result<_, ServiceError> { Ok(store::job::list_failed(c)?) })?;
        expect(failed.is_empty(), "jobs failed", failed)?;
        let done = recompute::recompute(service, &mut |_| ())?;
        let is_same = done.different == 0 && done.shortened == 0 && done.erased == 0;
        expect(is_same, "ratings do not come out again", &done.differences)?;
        let rows = service
            .store
            .read(|c| -> Result<_, ServiceError> { Ok(store::log::list_audit(c, 0, u32::MAX)?) })?;
        expect(
            rows.iter().map(|row| row.n).eq(1..=rows.len() as u64),
            "an audit row is missing",
            rows.len(),
        )?;
        let alarms: Vec<&AuditRow> = rows
            .iter()
            .filter(|row| row.action.starts_with("alarm."))
            .collect();
        expect(alarms.is_empty(), "alarms", alarms)?;
        self.year.proof = Proof {
            ratings: done.ratings,
            titles: done.titles,
            files: self.count_files()?,
            leaves: self.verify_log()?,
            audit_rows: rows.len() as u64,
        };
        let proof = &self.year.proof;
        let line = text::year_proved(LANG, proof.ratings, proof.titles, proof.files, proof.leaves);
        self.say(&line);
        Ok(())
    }

    /// The signed checkpoint is the root over all leaves, computed from scratch.
    fn verify_log(&self) -> Result<u64, DemoError> {
        let service = &self.hosted.service;
        let signed = sync::checkpoint(service, self.hosted.now())?;
        let key = service.keys.public_key();
        let verified = signed.checkpoint.verify(&key, &signed.signature);
        expect(
            verified.is_ok(),
            "the checkpoint is not signed",
            signed.checkpoint.size,
        )?;
        let leaves = service
            .store
            .read(|c| -> Result<_, ServiceError> { Ok(store::log::list_leaves(c, 0)?) })?;
        let is_root = signed.checkpoint.root == log::root_of(&leaves);
        expect(is_root, "the log was rewritten", leaves.len())?;
        Ok(leaves.len() as u64)
    }

    fn count_files(&self) -> Result<u64, DemoError> {
        let files = self
            .hosted
            .service
            .store
            .read(|c| -> Result<_, ServiceError> {
                Ok(store::projection::list_files(c, "", usize::MAX)?)
            })?;
        Ok(files.len() as u64)
    }
}
