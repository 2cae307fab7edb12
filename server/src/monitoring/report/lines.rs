//! The rows of the table of validation: one for each figure, with its share, interval and verdict.

use itgel_domain::validation::{Interval, Share, Stability, Validation, Verdict};
use itgel_text as text;

use super::LANG;

/// The rows that the figures of a validation give.
pub(super) fn rows(figures: &Validation) -> Vec<Vec<String>> {
    let mut lines = Lines(Vec::new());
    lines.outcomes(figures);
    lines.populations(figures);
    lines.people(figures);
    lines.0
}

/// Rows of the table of validation.
struct Lines(Vec<Vec<String>>);

impl Lines {
    fn add(&mut self, item: String, figure: Option<String>, of: Option<Share>) -> &mut Vec<String> {
        self.0.push(vec![
            item,
            figure.unwrap_or_default(),
            of.map_or_else(String::new, |share| share.part.to_string()),
            of.map_or_else(String::new, |share| share.whole.to_string()),
            String::new(),
            String::new(),
            String::new(),
        ]);
        // The row that was pushed just now.
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    fn judged(&mut self, item: String, figure: Option<String>, of: Option<Share>, is: Verdict) {
        self.add(item, figure, of)[6] = text::verdict(LANG, is);
    }

    fn share(&mut self, item: String, of: Share, interval: Option<Interval>) {
        let row = self.add(item, of.ppm().map(|ppm| ppm.to_string()), Some(of));
        if let Some(interval) = interval {
            row[4] = interval.low.to_string();
            row[5] = interval.high.to_string();
        }
    }

    fn outcomes(&mut self, figures: &Validation) {
        for (word, many) in &figures.outcomes {
            let of = Share::of(*many, figures.cases);
            self.share(text::monitoring_outcome(LANG, word), of, None);
        }
        let found = &figures.discrimination;
        let bads = Some(Share::of(found.bads, found.goods + found.bads));
        for (item, figure) in [
            (text::monitoring_auc(LANG), found.auc),
            (text::monitoring_gini(LANG), found.gini),
            (text::monitoring_ks(LANG), found.ks),
        ] {
            self.judged(item, figure.map(|f| f.to_string()), bads, found.verdict);
        }
        for rate in &figures.calibration.grades {
            let item = text::monitoring_bad_rate(LANG, rate.grade.as_str());
            self.share(item, rate.bads, rate.interval);
        }
        let breaks = figures.calibration.breaks.iter();
        let breaks: Vec<String> = breaks.map(|(a, b)| format!("{a}≥{b}")).collect();
        let (item, is) = (text::monitoring_monotone(LANG), figures.calibration.verdict);
        self.judged(item, Some(breaks.join(" ")), None, is);
        self.share(
            text::monitoring_disaster(LANG),
            figures.disasters.adjusted,
            None,
        );
        let bads = figures.disasters.bads;
        self.share(text::monitoring_disaster_bads(LANG), bads, bads.wilson());
    }

    fn populations(&mut self, figures: &Validation) {
        self.psi(text::monitoring_psi(LANG, ""), &figures.psi);
        for (banner, found) in &figures.psi_of_banners {
            self.psi(text::monitoring_psi(LANG, banner), found);
        }
        for (code, found) in &figures.csi {
            self.psi(text::monitoring_csi(LANG, code), found);
        }
        for (property, fair) in &figures.fairness {
            let item = text::monitoring_fairness(LANG, property);
            self.judged(item, fair.ratio.map(|r| r.to_string()), None, fair.verdict);
            for group in &fair.groups {
                let name = format!("{property} {}", group.group);
                let item = text::monitoring_fairness(LANG, &name);
                self.share(item, group.selected, group.selected.wilson());
            }
        }
    }

    fn psi(&mut self, item: String, found: &Stability) {
        let of = Some(Share::of(found.before, found.now));
        self.judged(
            item,
            found.psi.map(|psi| psi.to_string()),
            of,
            found.verdict,
        );
    }

    fn people(&mut self, figures: &Validation) {
        let moved = &figures.overrides;
        let rate = moved.rate.map(|rate| rate.to_string());
        let item = text::monitoring_overrides(LANG);
        self.judged(item, rate, Some(moved.cases), moved.verdict);
        let whole = moved.cases.part;
        self.share(
            text::monitoring_overrides_up(LANG),
            Share::of(moved.up, whole),
            None,
        );
        self.share(
            text::monitoring_overrides_down(LANG),
            Share::of(moved.down, whole),
            None,
        );
        let item = text::monitoring_overrides_bads(LANG);
        self.share(item, moved.bads, moved.bads.wilson());
        for (officer, of) in &moved.reviewers {
            self.share(text::monitoring_reviewer(LANG, officer.as_str()), *of, None);
        }
        let pairs = &figures.agreement;
        self.share(
            text::monitoring_second_visits(LANG),
            pairs.visited_twice,
            None,
        );
        let (item, same) = (text::monitoring_agreement(LANG), pairs.same_grade);
        self.judged(
            item,
            same.ppm().map(|p| p.to_string()),
            Some(same),
            pairs.verdict,
        );
        let apart = pairs.mean_apart.map(|points| points.to_string());
        self.add(text::monitoring_apart(LANG), apart, None);
        for (field, of) in pairs.fields.iter().filter(|(_, of)| of.part > 0) {
            self.share(text::monitoring_field(LANG, field), *of, None);
        }
        self.habits(figures);
    }

    fn habits(&mut self, figures: &Validation) {
        for cut in &figures.heaping.cuts {
            let item = text::monitoring_cut(LANG, cut.at.to_string());
            let of = Share::of(cut.above, cut.above + cut.below);
            self.judged(item, of.ppm().map(|p| p.to_string()), Some(of), cut.verdict);
        }
        let round = figures.heaping.round;
        let figure = round.ppm().map(|ppm| ppm.to_string());
        let item = text::monitoring_round(LANG);
        self.judged(item, figure, Some(round), figures.heaping.verdict);
        let peer = &figures.peer;
        let figure = peer.top.ppm().map(|ppm| ppm.to_string());
        let item = text::monitoring_peer_top(LANG);
        self.judged(item, figure, Some(peer.top), peer.verdict);
        self.share(text::monitoring_peer_always(LANG), peer.always_top, None);
        let variance = peer.variance_between.map(|points| points.to_string());
        self.add(text::monitoring_peer_variance(LANG), variance, None);
        let times = figures.timeliness;
        self.share(text::monitoring_review(LANG), times.review, None);
        self.share(text::monitoring_approval(LANG), times.approval, None);
        self.share(text::monitoring_objection(LANG), times.objection, None);
    }
}
