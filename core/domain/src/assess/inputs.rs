//! The inputs of an assessment: facts of the file, context of the registers, parameters and rule
//! pack, in canonical bytes with one hash. From the stored bytes any old rating can be recomputed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use jiff::civil::Date;

use crate::hash::Hash;
use crate::id::SubjectId;
use crate::item::{Evidence, ItemPath, Observation, State};
use crate::pack::{Parameters, RulePack, StockClass};
use crate::register::{
    Centi, Commitment, CreditRecord, Disaster, DisputedPlot, DivisionFacts, Entrusted,
    FodderRecord, Honour, JointGroup, Lease, ListEntry, OverstockOrder, PeerEvaluation,
    Predecessor, PublicRecord, Quota, RelatedStanding, TitleHeld, VetoFact, is_default,
};
use crate::subject::SubjectKind;

/// The largest number of combinations of conflicting values that are all assessed
/// (`design.md` 4.10).
pub const MAX_COMBINATIONS: usize = 64;

/// One value of a file with how and when it became known.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What is known.
    pub state: State,
    /// How.
    pub evidence: Evidence,
    /// The day of the observation.
    pub observed_on: Date,
}

/// The facts of a subject's file after the file's own rules were applied.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Values on which nobody disagrees.
    pub values: BTreeMap<ItemPath, Fact>,
    /// Items in open conflict with every value that was observed, at least two each; such an item
    /// is not in `values`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conflicts: BTreeMap<ItemPath, Vec<Fact>>,
}

/// What the registers say on the day of the assessment. An absent row is an absent fact; where
/// absence means "unknown" the field says so.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// The identity of the head, or of the organisation, was verified.
    #[serde(skip_serializing_if = "is_default")]
    pub identity_verified: bool,
    /// Consent to collect is signed and stands.
    #[serde(skip_serializing_if = "is_default")]
    pub consent_signed: bool,
    /// The lenders' ledger.
    #[serde(skip_serializing_if = "is_default")]
    pub credit: CreditRecord,
    /// Facts from official lists, courts and lenders that may stand against a rating.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vetoes: Vec<VetoFact>,
    /// Entries of official lists; a veto or cap of the pack names the lists that it looks at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub official_lists: Vec<ListEntry>,
    /// Public credit records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub public_records: Vec<PublicRecord>,
    /// Honours from government bodies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub honours: Vec<Honour>,
    /// The credit commitment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// The ear-tag or digital herd register was verified.
    #[serde(skip_serializing_if = "is_default")]
    pub herd_register_verified: bool,
    /// Declared disasters that reach the subject.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disasters: Vec<Disaster>,
    /// Official pasture quotas; without one the parameters' quota holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Quota>,
    /// Leases that move capacity, each with what is left after sub-leases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<Lease>,
    /// Leases that are oral or not registered: they raise a tip on both sides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unregistered_leases: Vec<Lease>,
    /// Plots in dispute: they give capacity to nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disputed_plots: Vec<DisputedPlot>,
    /// Joint-herd groups that the subject grazes or grazed with; the day of the count decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joint_groups: Vec<JointGroup>,
    /// Animals that the subject grazes for others, and its own that others graze.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entrusted: Vec<Entrusted>,
    /// The peer evaluation.
    #[serde(skip_serializing_if = "is_default")]
    pub peer: PeerEvaluation,
    /// An order to correct overstock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overstock_order: Option<OverstockOrder>,
    /// The day on which the household came to be by division or immigration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub founded_on: Option<Date>,
    /// Mean operated cropland of the gacha's households, 亩; without it the parameters' mean holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_cropland_mu: Option<Centi>,
    /// Income benchmark of the banner; without it that of the parameters holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub income_benchmark_fen: Option<i64>,
    /// Median net assets in the banner; without it that of the parameters holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_net_assets_fen: Option<i64>,
    /// The fodder reserve as last assessed in season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_fodder: Option<FodderRecord>,
    /// Persons behind an entity or a collective, in the order of their ids, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedStanding>,
    /// The organisations from which this one comes; what stood with them is among its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub predecessors: Vec<Predecessor>,
    /// Heads of each class, grazing and penned, at last year's count.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last_stock: BTreeMap<StockClass, i64>,
    /// The count before this one, if it was at most half a year earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_count: Option<EarlierCount>,
    /// Counts and facts of a village or township.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionFacts>,
    /// The title that a village or township holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleHeld>,
    /// Risk tips that registers raise (`TIP_ROLLOVER`, `domain.md` F.3): shown, never scored.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tips: BTreeSet<String>,
}

/// An earlier count of the same herd.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierCount {
    /// The day of the visit.
    pub counted_on: Date,
    /// Heads of each class, grazing and penned.
    pub heads: BTreeMap<StockClass, i64>,
}

impl Context {
    /// Drops what is settled: repaired, withdrawn, exonerated, removed.
    pub(crate) fn forget_settled(&mut self) {
        self.public_records.retain(|record| !record.is_settled());
        self.official_lists.retain(|e| e.ended_on().is_none());
    }

    /// Drops the adverse records of persons whose time is over on `day` (`domain.md` L-06);
    /// whether there were any.
    pub fn forget_expired(&mut self, day: Date) -> bool {
        let mut forgot = crate::register::forget_expired(
            &mut self.public_records,
            &mut self.official_lists,
            day,
        );
        for related in &mut self.related {
            forgot |= related.forget_expired(day);
        }
        forgot
    }
}

/// Everything that an assessment depends on.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Who is assessed.
    pub subject: SubjectId,
    /// What kind of subject.
    pub subject_kind: SubjectKind,
    /// The day on which every window ends.
    pub as_of: Date,
    /// Facts of the file.
    pub facts: Facts,
    /// Rows of the registers.
    pub context: Context,
    /// The parameter table.
    pub parameters: Arc<Parameters>,
    /// The rule pack.
    pub pack: Arc<RulePack>,
}

/// Gives the rule packs and parameter tables that stored inputs name by hash.
pub trait Rules {
    /// The rule pack with this hash.
    fn pack(&self, hash: &Hash) -> Option<Arc<RulePack>>;
    /// The parameter table with this hash.
    fn parameters(&self, hash: &Hash) -> Option<Arc<Parameters>>;
}

/// Why stored inputs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputsError {
    /// Not inputs at all.
    #[error("these bytes are no stored inputs")]
    Malformed(#[source] serde_json::Error),
    /// Readable, but not the bytes that the same inputs are written as.
    #[error("the stored inputs are not canonical")]
    NotCanonical,
    /// Written by a later program.
    #[error("inputs of version {0} need a later program")]
    Version(u32),
    /// The rule pack is not at hand.
    #[error("rule pack {0} is needed")]
    PackMissing(Hash),
    /// The parameter table is not at hand.
    #[error("parameter table {0} is needed")]
    ParametersMissing(Hash),
}

const VERSION: u32 = 1;

/// The stored form: fields in this order, maps sorted, integers and text only.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<F, C> {
    v: u32,
    subject: SubjectId,
    subject_kind: SubjectKind,
    as_of: Date,
    pack: Hash,
    parameters: Hash,
    facts: F,
    context: C,
}

impl Inputs {
    /// The canonical bytes: JSON of fixed field order without spaces, defaults left out, pack and
    /// parameters by their hash. The same inputs give the same bytes everywhere.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "text keys and integers always serialise to memory"
    )]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            v: VERSION,
            subject: self.subject.clone(),
            subject_kind: self.subject_kind,
            as_of: self.as_of,
            pack: self.pack.hash(),
            parameters: self.parameters.hash(),
            facts: &self.facts,
            context: &self.context,
        };
        serde_json::to_vec(&stored).expect("inputs serialise")
    }

    /// The hash of the canonical bytes.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Self::hash_of(&self.canonical_bytes())
    }

    /// The hash of inputs that are already in canonical bytes.
    #[must_use]
    pub fn hash_of(canonical_bytes: &[u8]) -> Hash {
        Hash::of("itgel.inputs.v1", &[canonical_bytes])
    }

    /// Reads stored inputs back.
    ///
    /// # Errors
    /// When the bytes are malformed or not canonical, or name rules that `rules` does not have.
    pub fn decode(bytes: &[u8], rules: &dyn Rules) -> Result<Self, InputsError> {
        let stored: Stored<Facts, Context> =
            serde_json::from_slice(bytes).map_err(InputsError::Malformed)?;
        if stored.v != VERSION {
            return Err(InputsError::Version(stored.v));
        }
        let inputs = Self {
            subject: stored.subject,
            subject_kind: stored.subject_kind,
            as_of: stored.as_of,
            facts: stored.facts,
            context: stored.context,
            pack: rules
                .pack(&stored.pack)
                .ok_or(InputsError::PackMissing(stored.pack))?,
            parameters: rules
                .parameters(&stored.parameters)
                .ok_or(InputsError::ParametersMissing(stored.parameters))?,
        };
        if inputs.canonical_bytes() == bytes {
            Ok(inputs)
        } else {
            Err(InputsError::NotCanonical)
        }
    }
}

impl Facts {
    /// Facts on which nobody disagrees, from the observations of a file; the last of several
    /// observations of one item stands.
    #[must_use]
    pub fn of(observations: impl IntoIterator<Item = Observation>) -> Self {
        let fact = |o: Observation| {
            (
                o.item,
                Fact {
                    state: o.state,
                    evidence: o.evidence,
                    observed_on: o.observed_on,
                },
            )
        };
        Self {
            values: observations.into_iter().map(fact).collect(),
            conflicts: BTreeMap::new(),
        }
    }

    /// These facts with every conflict settled in the cautious way, for those whose figures rest
    /// on them before a person has decided: of two counts of animals the larger one, of anything
    /// else the smaller.
    #[must_use]
    pub fn cautious(&self) -> Self {
        let mut values = self.values.clone();
        for (path, alternatives) in &self.conflicts {
            let text = path.as_str();
            let is_stock = text.starts_with("herd.") || text.starts_with("penned.");
            let by_value = |f: &&Fact| f.state.value().and_then(crate::item::Value::as_int);
            let settled = if is_stock {
                alternatives.iter().max_by_key(|f| (by_value(f), *f))
            } else {
                alternatives.iter().min_by_key(|f| (by_value(f), *f))
            };
            values.extend(settled.map(|fact| (path.clone(), fact.clone())));
        }
        Self {
            values,
            conflicts: BTreeMap::new(),
        }
    }

    /// The undisputed fact of an item.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Fact> {
        self.values.get(path)
    }

    /// The undisputed facts of a repeating group (`plot`), in the order of keys and names.
    pub fn in_group<'a>(
        &'a self,
        group: &str,
    ) -> impl Iterator<Item = (&'a ItemPath, &'a Fact)> + use<'a> {
        // '0' is the character after '/'.
        let (from, to) = (format!("{group}/"), format!("{group}0"));
        let bounds = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        self.values.range::<str, _>(bounds)
    }

    /// How many ways there are to settle every conflict; saturates.
    #[must_use]
    pub fn combinations(&self) -> usize {
        self.conflicts.values().fold(1, |n, alternatives| {
            n.saturating_mul(alternatives.len().max(1))
        })
    }

    /// These facts with every conflict settled in the way with number `index`, which counts
    /// through [`Facts::combinations`].
    #[must_use]
    pub fn settled(&self, index: usize) -> Self {
        let mut values = self.values.clone();
        let mut rest = index;
        for (path, alternatives) in &self.conflicts {
            let many = alternatives.len().max(1);
            if let Some(fact) = alternatives.get(rest % many) {
                values.insert(path.clone(), fact.clone());
            }
            rest /= many;
        }
        Self {
            values,
            conflicts: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Value;

    fn fact(n: i64) -> Fact {
        Fact {
            state: State::Known(Value::Int(n)),
            evidence: Evidence::B,
            observed_on: "2026-10-01".parse().unwrap(),
        }
    }

    fn path(text: &str) -> ItemPath {
        text.parse().unwrap()
    }

    #[test]
    fn every_combination_of_conflicting_values_occurs_once() {
        let mut facts = Facts::default();
        facts
            .conflicts
            .insert(path("herd.sheep"), vec![fact(1), fact(2)]);
        facts
            .conflicts
            .insert(path("herd.goat"), vec![fact(3), fact(4), fact(5)]);
        let seen: BTreeSet<_> = (0..facts.combinations())
            .map(|i| {
                let settled = facts.settled(i);
                (
                    settled.get("herd.sheep").cloned(),
                    settled.get("herd.goat").cloned(),
                )
            })
            .collect();
        assert_eq!(seen.len(), 6);
    }

    #[test]
    fn a_group_does_not_reach_into_its_neighbours() {
        let mut facts = Facts::default();
        for name in [
            "plot/p1/area_mu",
            "plot/p2/area_mu",
            "plots/x/y",
            "pasture.plot_count",
        ] {
            facts.values.insert(path(name), fact(1));
        }
        let keys: Vec<_> = facts
            .in_group("plot")
            .filter_map(|(p, _)| p.key())
            .collect();
        assert_eq!(keys, ["p1", "p2"]);
    }
}
