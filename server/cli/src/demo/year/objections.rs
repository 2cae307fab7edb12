//! Two objections: one household is right and its values are corrected at the door, the other is
//! not, and its grade stays.

use std::sync::Arc;

use itgel_domain::id::SubjectId;
use itgel_domain::item::{Observation, State, Value as Found};
use itgel_domain::subject::Grade;
use itgel_text as text;
use jiff::civil::date;
use serde_json::{Value, json};

use super::super::DemoError;
use super::super::office::office;
use super::super::plan::plan;
use super::offices::{grade_of, score_of};
use super::{LANG, Story, expect};

/// Most lists that are looked at for a household that may object.
const LOOKED_AT: usize = 60;

/// What the household that is right had left out: wool sold in the spring.
const LEFT_OUT: [&str; 2] = ["income.net_fen", "income.operating_fen"];

/// An objection that was handed in.
pub(super) struct Objection {
    subject: SubjectId,
    receipt: &'static str,
    grade: Grade,
}

impl Story<'_> {
    /// Two households object while their gacha's list hangs on the board.
    pub(super) fn object(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 9, 30))?;
        let [right, wrong] = self.objectors()?;
        for (case, receipt) in [(right, "异议2026-0001"), (wrong, "异议2026-0002")] {
            let step = json!({ "step": "object", "objection": {
                "receipt": receipt,
                "ground": "wrong_or_missing",
                "of_subject": true,
                "filed_at": self.hosted.now(),
            }});
            let taken = self.step(
                &self.people.objections,
                &case,
                &step,
                "本人到窗口提出（示例）",
            );
            let taken = taken.map_err(office("objection"))?;
            expect(
                taken["state"] == "disputed",
                "an objection does not stop",
                &taken,
            )?;
            let subject = case["subject"]["id"].as_str().unwrap_or_default();
            let objection = Objection {
                subject: self.household(subject)?.subject.clone(),
                receipt,
                grade: grade_of(&case)?,
            };
            self.objections.push(objection);
        }
        self.say(&text::year_objected(LANG, self.objections.len()));
        Ok(())
    }

    /// Of the households on the lists the one that lacks least to the next grade, and another.
    fn objectors(&self) -> Result<[Value; 2], DemoError> {
        let mut found: Vec<(i64, Value)> = Vec::new();
        let lists = self.sample.banner.gachas.iter();
        let lists: Vec<_> = lists
            .map(|gacha| self.board(gacha.code))
            .collect::<Result<_, _>>()?;
        for line in lists.iter().flatten().take(LOOKED_AT) {
            if line["grade"] == "AAA" {
                continue;
            }
            // The board shows a number and no more; the office finds its case by it.
            let mut all = self.sample.households.iter();
            let Some(household) = all.find(|h| line["local_code"] == h.local_code.as_str()) else {
                continue;
            };
            if household.twist.is_some() {
                continue;
            }
            let case = self.case_of(&household.subject)?;
            let score = score_of(&case["assessment"])?;
            found.push((1_000 - score % 1_000, case));
        }
        found.sort_by_key(|(lacks, _)| *lacks);
        let mut cases = found.into_iter().map(|(_, case)| case);
        let two = (cases.next(), cases.next());
        let (Some(right), Some(wrong)) = two else {
            return Err(DemoError::Story("nobody may object", String::new()));
        };
        Ok([right, wrong])
    }

    /// The household that is right is visited again, and the office answers both.
    pub(super) fn decide_objections(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 10, 10))?;
        let [right, wrong] = &self.objections[..] else {
            return Err(DemoError::Story("objections", String::new()));
        };
        let (right_id, wrong_id) = (right.subject.clone(), wrong.subject.clone());
        let (before, stays) = (right.grade, wrong.grade);
        let receipts = [right.receipt, wrong.receipt];
        self.correct(&right_id)?;
        self.answer(
            &right_id,
            receipts[0],
            &json!({ "upheld": { "assessed": null } }),
        )?;
        self.answer(&wrong_id, receipts[1], &json!("rejected"))?;
        self.office().publish()?;
        self.until(date(2026, 10, 21))?;
        self.year.effective += self.approve()?;
        let after = grade_of(&self.case_of(&right_id)?)?;
        // AAA is the first of the grades.
        expect(after < before, "a right objection changed no grade", after)?;
        let unmoved = grade_of(&self.case_of(&wrong_id)?)?;
        expect(
            unmoved == stays,
            "a wrong objection changed a grade",
            unmoved,
        )?;
        (self.year.upheld, self.year.rejected) = (Some((before, after)), Some(stays));
        self.say(&text::year_upheld(LANG, before, after));
        self.say(&text::year_rejected(LANG, stays));
        Ok(())
    }

    fn answer(&self, subject: &SubjectId, receipt: &str, outcome: &Value) -> Result<(), DemoError> {
        let case = self.case_of(subject)?;
        let step = json!({ "step": "decide_objection", "receipt": receipt, "outcome": outcome });
        let words = "已入户复核，书面答复本人（示例）";
        let decided = self.step(&self.people.objections, &case, &step, words);
        decided.map(drop).map_err(office("objection"))
    }

    /// The officers who were there correct what they had written, and synchronise.
    fn correct(&mut self, subject: &SubjectId) -> Result<(), DemoError> {
        let household = self.household(subject.as_str())?;
        let corrected: Vec<Observation> = household
            .found
            .iter()
            .filter(|o| LEFT_OUT.contains(&o.item.as_str()))
            .cloned()
            .map(|mut observation| {
                if let State::Known(Found::Int(fen)) = &mut observation.state {
                    *fen *= 2;
                }
                observation.observed_on = self.today();
                observation
            })
            .collect();
        let sample = Arc::clone(&self.sample);
        let visits = plan(&sample);
        let was_there = |visits: &Vec<super::super::plan::Visit<'_>>| {
            visits
                .iter()
                .any(|v| !v.is_second && v.household.subject == *subject)
        };
        let team = visits.iter().position(was_there);
        let team = team.ok_or_else(|| DemoError::Story("no team", subject.to_string()))?;
        let household = household.clone();
        drop(visits);
        let mut crews = std::mem::take(&mut self.crews);
        let (sealed, received) = (self.teller.bar("", 1), self.teller.bar("", 1));
        let campaign = self.campaign(&sealed, &received);
        crews[team].correct(&campaign, &household, &corrected)?;
        sealed.finish_and_clear();
        received.finish_and_clear();
        self.crews = crews;
        Ok(self.hosted.settle()?)
    }
}
