//! Everything that one pass over the ratings of a campaign counts, and what it comes to.

use std::collections::BTreeMap;

use super::judgement::{Agreement, Ballots, Heaping, Heaps, Moved, Overridden, Overrides};
use super::judgement::{PeerMarks, SecondVisits};
use super::quality::{Fairness, FileQuality, FileShares, Selection, Timeliness};
use super::share::Share;
use super::stability::{Bands, Stability, stability};
use super::{Calibrated, Calibration, Discriminates, Discrimination, Outcome, Thresholds};
use crate::assess::{Assessment, Points, Step};
use crate::division::{DivisionCode, DivisionLevel};
use crate::id::OfficerId;
use crate::subject::Grade;

/// A rating with what is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct RatedCase<'a> {
    /// The home of the subject.
    pub division: DivisionCode,
    /// The grade in effect.
    pub grade: Grade,
    /// The assessment that it rests on.
    pub assessment: &'a Assessment,
    /// The scores at which its pack's grades begin.
    pub cuts: &'a [Points],
    /// Who collected.
    pub collector: Option<&'a OfficerId>,
    /// Who reviewed.
    pub reviewer: Option<&'a OfficerId>,
    /// Whether and how the grade was moved.
    pub moved: Option<Moved>,
    /// Of each property that must not decide a grade, the group: pastoral, three persons.
    pub groups: &'a [(&'static str, String)],
    /// What became of it within the months of the thresholds.
    pub outcome: Outcome,
    /// The same within the months for ratings under the disaster rule.
    pub late_outcome: Outcome,
}

/// Counts of one pass. Its memory grows with officers, gachas and indicators, not with ratings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// Seals of two officers for one household and campaign.
    pub second_visits: SecondVisits,
    /// Ballots of the peer evaluation.
    pub ballots: Ballots,
    /// Figures that pile up; scores come with [`Sample::add`].
    pub heaping: Heaping,
    /// What was due and in time.
    pub timeliness: Timeliness,
    cases: u64,
    outcomes: BTreeMap<Outcome, u64>,
    loans: BTreeMap<Outcome, u64>,
    discrimination: Discrimination,
    calibration: Calibration,
    overrides: Overrides,
    before: BTreeMap<DivisionCode, Population>,
    now: BTreeMap<DivisionCode, Population>,
    officers: BTreeMap<OfficerId, FileQuality>,
    villages: BTreeMap<DivisionCode, FileQuality>,
    selection: BTreeMap<&'static str, Selection>,
    disasters: Disasters,
}

/// Ratings under the disaster rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Disasters {
    /// Adjusted among all ratings.
    pub adjusted: Share,
    /// Bads among the adjusted with an outcome after their longer term.
    pub bads: Share,
    /// Of the adjusted, those whose loans were rescheduled because of a disaster.
    pub rescheduled: u64,
}

/// Counts by band of a banner: of the score, and of each indicator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Population {
    scores: Bands,
    indicators: BTreeMap<String, Bands>,
}

/// What a campaign's ratings came to (`domain.md` I.2).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Validation {
    /// Ratings.
    pub cases: u64,
    /// What became of them.
    pub outcomes: BTreeMap<String, u64>,
    /// What became of the loans of lenders with an authorisation, each by itself.
    pub loans: BTreeMap<String, u64>,
    /// AUC, Gini, KS.
    pub discrimination: Discriminates,
    /// Bad rate by grade.
    pub calibration: Calibrated,
    /// PSI of the scores, all banners together.
    pub psi: Stability,
    /// PSI of the scores of each banner.
    pub psi_of_banners: BTreeMap<String, Stability>,
    /// CSI of each indicator.
    pub csi: BTreeMap<String, Stability>,
    /// Overrides.
    pub overrides: Overridden,
    /// Second visits.
    pub agreement: Agreement,
    /// Heaping.
    pub heaping: Heaps,
    /// Peer evaluation.
    pub peer: PeerMarks,
    /// Completeness and evidence by collector.
    pub officers: BTreeMap<OfficerId, FileShares>,
    /// The same by gacha.
    pub villages: BTreeMap<String, FileShares>,
    /// Timeliness.
    pub timeliness: Timeliness,
    /// Selection by each property.
    pub fairness: BTreeMap<String, Fairness>,
    /// The disaster rule.
    pub disasters: Disasters,
    /// Without outcomes only content and reliability can be claimed (`domain.md` I.3).
    pub has_outcomes: bool,
}

impl Sample {
    /// Counts a rating.
    pub fn add(&mut self, case: &RatedCase<'_>) {
        let assessment = case.assessment;
        let score = assessment.totals.score;
        let is_bad = case.outcome.is_bad();
        let is_scored = Grade::SCORED.contains(&case.grade);
        self.cases += 1;
        *self.outcomes.entry(case.outcome).or_default() += 1;
        if let Some(is_bad) = is_bad {
            self.calibration.add(case.grade, is_bad);
            if is_scored {
                self.discrimination.add(score, is_bad);
            }
        }
        if is_scored {
            self.heaping.add_score(score, case.cuts);
            population(&mut self.now, case.division).add(assessment);
        }
        self.overrides.add(case.reviewer, case.moved, is_bad);
        let (complete, evidence) = (assessment.completeness, assessment.evidence);
        if let Some(collector) = case.collector {
            let own = self.officers.entry(collector.clone()).or_default();
            own.add(complete, evidence);
        }
        let village = self.villages.entry(case.division).or_default();
        village.add(complete, evidence);
        for (property, group) in case.groups {
            let selection = self.selection.entry(property).or_default();
            selection.add(group, case.grade);
        }
        self.disasters.add(case);
    }

    /// Counts a rating of the campaign that this one is compared with.
    pub fn add_before(&mut self, division: DivisionCode, grade: Grade, assessment: &Assessment) {
        if Grade::SCORED.contains(&grade) {
            population(&mut self.before, division).add(assessment);
        }
    }

    /// Counts what became of one loan of a lender with an authorisation.
    pub fn add_loan(&mut self, outcome: Outcome) {
        *self.loans.entry(outcome).or_default() += 1;
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Validation {
        let (before, now) = (Population::of(&self.before), Population::of(&self.now));
        let discrimination = self.discrimination.result(thresholds);
        let words = |counts: &BTreeMap<Outcome, u64>| {
            let word = |(outcome, n): (&Outcome, &u64)| (outcome.to_string(), *n);
            counts.iter().map(word).collect()
        };
        Validation {
            cases: self.cases,
            outcomes: words(&self.outcomes),
            loans: words(&self.loans),
            has_outcomes: discrimination.goods + discrimination.bads > 0,
            discrimination,
            calibration: self.calibration.result(thresholds),
            psi: stability(&before.scores, &now.scores, thresholds),
            psi_of_banners: self.psi_of_banners(thresholds),
            csi: csi(&before, &now, thresholds),
            overrides: self.overrides.result(thresholds),
            agreement: self.second_visits.result(thresholds),
            heaping: self.heaping.result(thresholds),
            peer: self.ballots.result(thresholds),
            officers: self
                .officers
                .iter()
                .map(|(officer, files)| (officer.clone(), files.result()))
                .collect(),
            villages: self
                .villages
                .iter()
                .map(|(village, files)| (village.to_string(), files.result()))
                .collect(),
            timeliness: self.timeliness,
            fairness: self
                .selection
                .iter()
                .map(|(property, groups)| ((*property).to_owned(), groups.result(thresholds)))
                .collect(),
            disasters: self.disasters,
        }
    }

    fn psi_of_banners(&self, thresholds: &Thresholds) -> BTreeMap<String, Stability> {
        let none = Population::default();
        let of = |(banner, now): (&DivisionCode, &Population)| {
            let before = self.before.get(banner).unwrap_or(&none);
            let found = stability(&before.scores, &now.scores, thresholds);
            (banner.to_string(), found)
        };
        self.now.iter().map(of).collect()
    }
}

fn csi(
    before: &Population,
    now: &Population,
    thresholds: &Thresholds,
) -> BTreeMap<String, Stability> {
    let none = Bands::new();
    let of = |(code, bands): (&String, &Bands)| {
        let before = before.indicators.get(code).unwrap_or(&none);
        (code.clone(), stability(before, bands, thresholds))
    };
    now.indicators.iter().map(of).collect()
}

/// That of the banner in which `division` lies.
fn population(
    of: &mut BTreeMap<DivisionCode, Population>,
    division: DivisionCode,
) -> &mut Population {
    let banner = division.ancestor(DivisionLevel::County).unwrap_or(division);
    of.entry(banner).or_default()
}

impl Population {
    fn add(&mut self, assessment: &Assessment) {
        // Bands of ten points; the last one has 100 in it.
        let band = (assessment.totals.score.0 / 1_000).min(9) * 10;
        *self.scores.entry(format!("{band:02}")).or_default() += 1;
        for line in assessment
            .trace
            .iter()
            .filter(|l| l.step == Step::Indicator)
        {
            let points = line.points.filter(|_| line.weight.is_some_and(|w| w.0 > 0));
            let band = points.map_or_else(|| "none".to_owned(), |points| points.to_string());
            let code = match self.indicators.get_mut(&line.code) {
                Some(bands) => bands,
                None => self.indicators.entry(line.code.clone()).or_default(),
            };
            *code.entry(band).or_default() += 1;
        }
    }

    /// All banners together.
    fn of(banners: &BTreeMap<DivisionCode, Self>) -> Self {
        let mut all = Self::default();
        for own in banners.values() {
            join(&mut all.scores, &own.scores);
            for (code, bands) in &own.indicators {
                join(all.indicators.entry(code.clone()).or_default(), bands);
            }
        }
        all
    }
}

fn join(all: &mut Bands, own: &Bands) {
    for (band, n) in own {
        *all.entry(band.clone()).or_default() += n;
    }
}

impl Disasters {
    fn add(&mut self, case: &RatedCase<'_>) {
        let is_adjusted = case.assessment.unadjusted.is_some();
        self.adjusted.add(is_adjusted);
        if !is_adjusted {
            return;
        }
        if let Some(is_bad) = case.late_outcome.is_bad() {
            self.bads.add(is_bad);
        }
        self.rescheduled += u64::from(case.late_outcome == Outcome::Disaster);
    }
}
