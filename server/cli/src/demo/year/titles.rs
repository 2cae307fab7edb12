//! Titles: computed, published, awarded; one is warned and kept, one is taken back after a hearing.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_fixtures::Gacha;
use itgel_text as text;
use jiff::ToSpan as _;
use jiff::civil::date;
use serde_json::{Value, json};

use super::super::DemoError;
use super::super::office::office;
use super::loans::Arrears;
use super::{LANG, Story, expect};

/// What became of titles.
#[derive(Debug, Clone, Default)]
pub struct TitleFates {
    /// Gachas that were awarded one.
    pub gachas: u64,
    /// Townships that were.
    pub townships: u64,
    /// The gacha that was warned, and kept its title in the end.
    pub warned: Option<DivisionCode>,
    /// The gacha whose title was taken back.
    pub cancelled: Option<DivisionCode>,
}

impl Story<'_> {
    /// A snapshot; then gachas and, because they count them, townships after them.
    pub(super) fn award(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 11, 3))?;
        let today = self.today();
        self.people.at(&self.cycle, today).snapshot()?;
        self.year.titles.gachas = self.lead_to_award(12)?;
        self.year.titles.townships = self.lead_to_award(9)?;
        let fates = &self.year.titles;
        let line = text::year_awarded(LANG, fates.gachas, fates.townships);
        expect(fates.gachas >= 2, "too few titles", fates)?;
        self.say(&line);
        Ok(())
    }

    /// Leads the titles of a level through their publicity; how many were awarded.
    fn lead_to_award(&self, digits: usize) -> Result<u64, DemoError> {
        // Computed, reviewed, on the board.
        for _ in 0..3 {
            self.office().lead_all(digits)?;
        }
        // Seven full days and the rest days behind them.
        self.until(self.today().saturating_add(11.days()))?;
        let mut awarded = 0;
        for _ in 0..3 {
            awarded += self.office().lead_all(digits)?.0;
        }
        Ok(awarded)
    }

    /// Families have moved into one gacha and are not filed yet; the December ledger brings
    /// arrears into another. The check of the quarter warns the one and takes the title of the
    /// other back, after it was heard.
    pub(super) fn check_titles(&mut self) -> Result<(), DemoError> {
        self.until(date(2027, 1, 11))?;
        let ((warned, resident), cancelled) = self.to_be_checked()?;
        self.count_residents(warned, resident)?;
        let bad = self.borrowers(cancelled).len().div_ceil(3);
        let arrears = Arrears {
            gacha: cancelled,
            borrowers: bad,
            days: 120,
        };
        self.report_loans("2026-12", &[arrears])?;
        self.office().snapshot()?;
        let title = self.title(warned)?;
        expect(title["state"] == "warning", "no warning", &title)?;
        let due = self.today().saturating_add(90.days());
        let name = self.name_of(warned);
        self.say(&text::year_warned(LANG, name, due));
        let heard_on = date(2027, 1, 18);
        self.until(heard_on)?;
        let step = json!({ "step": "cancel", "ground": "below_exit", "heard_on": heard_on });
        let words = "低于退出线，已听取嘎查意见（示例）";
        let title = self.title_step(cancelled, &step, words)?;
        let is_taken = title["state"] == "cancelled";
        expect(is_taken, "a title was not taken back", &title)?;
        let name = self.name_of(cancelled);
        self.say(&text::year_cancelled(LANG, name));
        self.year.titles.warned = Some(warned);
        self.year.titles.cancelled = Some(cancelled);
        Ok(())
    }

    /// A gacha with a title that falls below the entry gate of filed households and stays above
    /// the exit gate with so many residents, and another gacha with a title.
    fn to_be_checked(&self) -> Result<((DivisionCode, u32), DivisionCode), DemoError> {
        let mut held = Vec::new();
        for gacha in &self.sample.banner.gachas {
            if self.title(gacha.code)?["state"] == "awarded" {
                held.push(gacha);
            }
        }
        let with_residents = |gacha: &&Gacha| {
            let filed = gacha.households;
            // Filed between 85 and 90 of a hundred (`domain.md` B.6).
            let is_between = |all: &u32| filed * 100 < 90 * all && filed * 100 >= 85 * all;
            Some((gacha.code, (filed..2 * filed).find(is_between)?))
        };
        let warned = held.iter().find_map(with_residents);
        let other = warned.and_then(|(code, _)| held.iter().find(|g| g.code != code));
        warned
            .zip(other.map(|gacha| gacha.code))
            .ok_or_else(|| DemoError::Story("too few titles", format!("{held:?}")))
    }

    /// The gacha's table of facts says how many households live there.
    fn count_residents(&self, gacha: DivisionCode, resident: u32) -> Result<Value, DemoError> {
        let today = self.today();
        self.import(
            "gacha-facts",
            &[
                "嘎查代码,常住农牧户数,起始日期".into(),
                format!("{gacha},{resident},{today}"),
            ],
        )
    }

    /// At the review of the next campaign the warned gacha is up to date again and keeps its title.
    pub(super) fn keep(&mut self) -> Result<(), DemoError> {
        let Some(gacha) = self.year.titles.warned else {
            return Ok(());
        };
        self.until(date(2027, 7, 12))?;
        let own = self.sample.banner.gachas.iter().find(|g| g.code == gacha);
        let filed = own.map_or(0, |gacha| gacha.households);
        self.count_residents(gacha, filed)?;
        self.report_loans("2027-06", &[])?;
        self.office().snapshot()?;
        self.judged_on_the_union()?;
        let step = json!({ "step": "keep" });
        let title = self.title_step(gacha, &step, "整改完成，达到进入线（示例）")?;
        expect(title["state"] == "kept", "a title was not kept", &title)?;
        let name = self.name_of(gacha);
        self.say(&text::year_kept(LANG, name));
        Ok(())
    }

    /// The merged gacha is judged on the households of both.
    fn judged_on_the_union(&self) -> Result<(), DemoError> {
        let Some(merged) = &self.merged else {
            return Ok(());
        };
        let title = self.title(merged.code)?;
        let filed = &title["result"]["facts"]["filed_households"];
        let all = json!(merged.households);
        expect(*filed == all, "the union was not counted", &title)
    }

    /// The title of a division as it stands.
    fn title(&self, division: DivisionCode) -> Result<Value, DemoError> {
        let list = self.office().page(
            &self.people.approver,
            "titles",
            &format!("division={division}"),
        )?;
        let own = |title: &Value| title["division"] == json!(division);
        Ok(list.into_iter().find(own).unwrap_or_default())
    }

    fn title_step(
        &self,
        division: DivisionCode,
        step: &Value,
        words: &str,
    ) -> Result<Value, DemoError> {
        let title = self.title(division)?;
        let request = json!({
            "cycle": self.cycle.id,
            "version": title["version"],
            "step": step,
            "reason": { "code": "year", "text": words },
        });
        let path = format!("/v1/titles/{division}/steps");
        self.people
            .approver
            .post(&path, &request)
            .map_err(office("title"))
    }

    /// The next campaign rates the township of the title holders again; what was in effect there
    /// is superseded.
    pub(super) fn rate_again(&mut self) -> Result<(), DemoError> {
        self.until(date(2027, 6, 7))?;
        self.open_next_campaign()?;
        let gacha = self.year.titles.warned;
        let township = gacha.and_then(|gacha| gacha.ancestor(DivisionLevel::Township));
        let township = township.ok_or_else(|| DemoError::Story("no township", String::new()))?;
        let visits = self.visit_again(township)?;
        let ended = self.office().end_evaluations()?;
        self.until(date(2027, 6, 14))?;
        self.settle_doubts()?;
        let reviewed = self.review()?;
        self.office().publish()?;
        self.until(date(2027, 6, 28))?;
        let superseded = self.approve()?;
        self.year.superseded = superseded;
        expect(
            superseded == reviewed,
            "ratings did not take effect",
            superseded,
        )?;
        self.say(&text::year_rated_again(LANG, visits, ended, superseded));
        Ok(())
    }
}
