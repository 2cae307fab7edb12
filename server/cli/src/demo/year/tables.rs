//! What comes as a record or a table: a credit record and its repair, a declared disaster, a
//! merger of gachas, next year's campaign and holidays.

use std::collections::BTreeMap;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_fixtures::registers;
use itgel_server::{ServiceError, store};
use itgel_text as text;
use jiff::civil::{Date, date};
use serde_json::json;

use super::super::DemoError;
use super::super::office::office;
use super::offices::score_of;
use super::{FIRST_DAY, LANG, Story, expect};

/// The catalogue that the record stands in.
const CATALOGUE: &str = "内蒙古自治区公共信用信息目录（2024版）";

/// The fine was decided before the visit and is reported late: it counts on the day that was
/// assessed.
const DECIDED_ON: Date = date(2026, 8, 20);

/// The inputs and the score behind the engine's last word on each household.
type Standings = BTreeMap<SubjectId, Option<(Hash, i64)>>;

impl Story<'_> {
    /// A fine is recorded of a household, which makes it good: the record is repaired, and counts
    /// no more.
    pub(super) fn repair(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 10, 26))?;
        let mut all = self.sample.households.iter();
        let household = all.find(|h| h.twist.is_none()).map(|h| h.subject.clone());
        let subject = household.ok_or_else(|| DemoError::Story("no household", String::new()))?;
        let before = score_of(&self.case_of(&subject)?["assessment"])?;
        let record = self.fine(&subject)?;
        let with_it = self.score_today(&subject)?;
        expect(
            with_it < before,
            "a record costs nothing",
            (before, with_it),
        )?;
        self.say(&text::year_recorded(LANG, points(before), points(with_it)));
        self.until(date(2026, 11, 2))?;
        let path = format!("/v1/credit-records/{record}/steps");
        let step = json!({
            "step": "repair",
            "on": self.today(),
            "evidence": "示例旗农牧局 修复决定〔2026〕1号",
        });
        let objections = &self.people.objections;
        objections.post(&path, &step).map_err(office("repair"))?;
        let after = self.score_today(&subject)?;
        expect(
            after == before,
            "a repaired record still counts",
            (before, after),
        )?;
        self.year.repair = Some((before, with_it, after));
        self.say(&text::year_repaired(LANG, points(after)));
        Ok(())
    }

    fn fine(&self, subject: &SubjectId) -> Result<String, DemoError> {
        let request = json!({
            "subject": subject,
            "source": "示例旗信用平台",
            "content": { "record": {
                "reference": "示例旗农牧局 罚〔2026〕7号",
                "kind": "penalty",
                "catalogue_item": "行政处罚信息",
                "catalogue_version": CATALOGUE,
                "recorded_by": "示例旗农牧局",
                "decided_on": DECIDED_ON,
                "published_from": DECIDED_ON,
            }},
        });
        let administrator = &self.people.administrator;
        let entered = administrator.post("/v1/credit-records", &request);
        let entered = entered.map_err(office("record"))?;
        Ok(entered["id"].as_str().unwrap_or_default().to_owned())
    }

    /// What the engine says of a household today, beside the rating in effect.
    fn score_today(&self, subject: &SubjectId) -> Result<i64, DemoError> {
        let case = self.case_of(subject)?;
        let moved = case["moved"]["since_case"]["rows"].as_array();
        match moved.and_then(|rows| rows.last()) {
            Some(row) => score_of(&json!({ "score": row["with"]["low_score"] })),
            None => score_of(&case["assessment"]),
        }
    }

    /// The drought of the summer is declared over the last township: a table, and a second person.
    pub(super) fn declare_drought(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 10, 22))?;
        let township = self.dry_township()?;
        let before = self.standings(township)?;
        let (began_on, ended_on) = registers::drought_days(FIRST_DAY);
        self.import(
            "disasters",
            &[
                "区划代码,公告文号,灾种,发布机关,起始日期,截止日期".into(),
                format!(
                    "{township},示例旗政发〔2026〕9号,旱灾,示例旗人民政府,{began_on},{ended_on}"
                ),
            ],
        )?;
        let after = self.standings(township)?;
        let of = |id| before.get(id).copied().flatten();
        let both = after
            .iter()
            .filter_map(|(id, now)| Some((of(id)?, (*now)?)));
        let both: Vec<_> = both.collect();
        let moved = both.iter().filter(|(then, now)| then.0 != now.0).count() as u64;
        let better = both.iter().filter(|(then, now)| then.1 < now.1).count() as u64;
        let worse = both.iter().filter(|(then, now)| then.1 > now.1).count();
        expect(moved > 0 && worse == 0, "the drought rule", (moved, worse))?;
        self.year.disaster = Some((moved, better));
        let name = self.name_of(township);
        self.say(&text::year_disaster(LANG, name, moved, better));
        Ok(())
    }

    /// The township that had the drought: the last one.
    pub(super) fn dry_township(&self) -> Result<DivisionCode, DemoError> {
        let mut codes = self.sample.banner.divisions.iter().map(|d| d.code);
        let last = codes.rfind(|code| code.level() == DivisionLevel::Township);
        last.ok_or_else(|| DemoError::Story("no township", String::new()))
    }

    /// What the engine's last word on each household of a division rests on, and its score; read
    /// at the machine.
    fn standings(&self, division: DivisionCode) -> Result<Standings, DemoError> {
        let gachas = self.sample.banner.gachas.iter();
        let mut all = Standings::new();
        for gacha in gachas.filter(|gacha| division.contains(gacha.code)) {
            let numbers = gacha.first..gacha.first + gacha.households;
            let households = self.sample.households.iter();
            for household in households.filter(|h| numbers.contains(&h.number)) {
                let subject = &household.subject;
                let read = |c: &_| -> Result<_, ServiceError> {
                    Ok(store::standing::get(c, subject, &self.cycle.id)?)
                };
                let row = self.hosted.service.store.read(read)?;
                let word = row.and_then(|row| Some((row.inputs_hash?, row.score?)));
                all.insert(subject.clone(), word);
            }
        }
        Ok(all)
    }

    /// The name of a division of the sample.
    pub(super) fn name_of(&self, code: DivisionCode) -> String {
        let found = self.sample.banner.divisions.iter().find(|d| d.code == code);
        found.map_or_else(|| code.to_string(), |division| division.name.clone())
    }
}

/// Hundredths as a decimal.
fn points(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
