//! Two gachas become one at the turn of the year: households go along, no title is inherited, and
//! the people who work there get their rights in the new gacha from a table.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::OfficerId;
use itgel_fixtures::Gacha;
use itgel_text as text;
use jiff::civil::date;
use serde_json::{Value, json};

use super::super::DemoError;
use super::super::office::office;
use super::{LANG, Story, expect};
use crate::sample;

/// The name of the new gacha.
const NAME: &str = "合兴嘎查（示例）";

/// A gacha that two were merged into.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    /// Its code.
    pub(super) code: DivisionCode,
    /// Where the two stand among the gachas of the sample; the larger one last.
    pub(super) places: [usize; 2],
    /// Its households.
    pub(super) households: u32,
}

impl Story<'_> {
    /// The two smallest gachas of the last township are merged: a table, and a second person.
    pub(super) fn merge(&mut self) -> Result<(), DemoError> {
        self.until(date(2027, 1, 4))?;
        let township = self.dry_township()?;
        let mut gachas: Vec<(usize, &Gacha)> =
            self.sample.banner.gachas.iter().enumerate().collect();
        gachas.retain(|(_, gacha)| township.contains(gacha.code));
        gachas.sort_by_key(|(_, gacha)| gacha.households);
        let [(small_at, small), (large_at, large), ..] = gachas[..] else {
            return Err(DemoError::Story("no two gachas", township.to_string()));
        };
        let (small, large) = (small.clone(), large.clone());
        let code = format!("{township}299").parse();
        let merged = Merged {
            code: code.map_err(|_| DemoError::Story("no code", township.to_string()))?,
            places: [small_at, large_at],
            households: small.households + large.households,
        };
        let mut lines = vec!["原区划代码,变更类型,新区划代码,新区划名称,生效日期".to_owned()];
        lines.extend(
            [&small, &large]
                .map(|old| format!("{},合并,{},{NAME},2027-01-01", old.code, merged.code)),
        );
        self.import("division-changes", &lines)?;
        self.check_merged(township, &merged)?;
        self.appoint(&merged, [&small, &large])?;
        self.people.move_group(large.code, merged.code);
        let names = format!("{}、{}", small.name, large.name);
        self.year.merged = u64::from(merged.households);
        self.say(&text::year_merged(LANG, names, NAME, merged.households));
        self.merged = Some(merged);
        Ok(())
    }

    /// Everybody lives in the new gacha, and it has no title.
    fn check_merged(&self, township: DivisionCode, merged: &Merged) -> Result<(), DemoError> {
        let path = format!("/v1/board/{township}?cycle={}", self.cycle.id);
        let board = self.people.approver.get(&path).map_err(office("board"))?;
        let mut parts = board["parts"].as_array().into_iter().flatten();
        let is_new = |part: &&Value| part["division"]["code"] == json!(merged.code);
        let part = parts.find(is_new).cloned().unwrap_or_default();
        let living = part["subjects"].as_u64();
        let all = Some(u64::from(merged.households));
        expect(living == all, "households were lost", &part)?;
        expect(part["title"].is_null(), "a title was inherited", &part)
    }

    /// Rights end with the gacha that they were given in: collectors, the group and the evaluators
    /// are appointed anew.
    fn appoint(&self, merged: &Merged, olds: [&Gacha; 2]) -> Result<(), DemoError> {
        let mut rows: Vec<(OfficerId, &str)> = Vec::new();
        for team in &self.sample.teams {
            if merged.places.iter().any(|at| team.gachas.contains(at)) {
                rows.push((team.collector.officer.clone(), "采集员"));
                rows.push((team.second.officer.clone(), "采集员"));
            }
        }
        let mut groups = self.sample.village_groups.iter();
        let group = groups.find(|seat| seat.division == olds[1].code);
        rows.extend(group.map(|seat| (seat.officer.clone(), "嘎查初评组")));
        let evaluators = 0..sample::EVALUATORS;
        rows.extend(evaluators.map(|n| (sample::evaluator(olds[1].code, n), "评议员")));
        let mut lines = vec!["人员编号,姓名,角色,区划代码".to_owned()];
        let line = |(officer, role): &(OfficerId, &str)| {
            format!("{officer},示例 {officer},{role},{}", merged.code)
        };
        lines.extend(rows.iter().map(line));
        self.import("officers", &lines).map(drop)
    }
}
