//! `[registers]`: records of land and animals as their registers keep them, resolved on the spot
//! for the subject of the sheet ([`crate::land`]).

use std::collections::BTreeMap;

use super::json;
use crate::id::SubjectId;
use crate::land::{self, Counted, LandRecord, LandRules, Records};
use crate::pack::read::{self, Node};
use crate::pack::{PackError, PackErrorCode as Code};
use crate::register::LandUse;

/// The records of a sheet, and the counts of those members of joint groups that it does not rate.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    plots: Vec<land::Plot>,
    leases: Vec<land::LeaseContract>,
    joint: Vec<land::JointContract>,
    entrusted: Vec<land::Entrustment>,
    counts: BTreeMap<SubjectId, Counted>,
}

/// What the records come to for `subject`.
pub(super) fn resolve(
    file: &str,
    node: &Node,
    subject: &SubjectId,
    rules: LandRules,
) -> Result<LandUse, PackError> {
    let fault =
        |message: String| read::fault(file, node.line, "registers", Code::BadValue, message);
    let written: Written = serde_json::from_value(json(node)).map_err(|e| fault(e.to_string()))?;
    let records = Records {
        plots: written.plots,
        leases: written.leases,
        joint: written.joint,
        entrusted: written.entrusted,
    };
    for record in all(&records) {
        record
            .check()
            .map_err(|e| fault(format!("{} {}: {e}", record.register(), record.number())))?;
    }
    let mut resolution = land::resolve(&records, &written.counts, rules);
    Ok(resolution.uses.remove(subject).unwrap_or_default())
}

fn all(records: &Records) -> impl Iterator<Item = LandRecord> {
    let plots = records.plots.iter().cloned().map(LandRecord::Plot);
    let leases = records.leases.iter().cloned().map(LandRecord::Lease);
    let joint = records.joint.iter().cloned().map(LandRecord::Joint);
    let entrusted = records.entrusted.iter().cloned().map(LandRecord::Entrusted);
    plots.chain(leases).chain(joint).chain(entrusted)
}
