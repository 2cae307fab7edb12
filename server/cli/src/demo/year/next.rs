//! The next campaign: opened by a table, with the holidays of its year, and a township that is
//! visited again.

use itgel_domain::case::cycle::{Cycle, CycleKind};
use itgel_domain::division::DivisionCode;
use itgel_domain::item::{Observation, State, Value as Found};
use itgel_fixtures::{Gacha, Household};
use itgel_text as text;
use jiff::civil::date;

use super::super::DemoError;
use super::super::plan::Visit;
use super::{LANG, Story};

/// What has grown since the year before, each by its own part of a hundred: nobody finds the same
/// twice.
const GROWN: [(&str, i64); 5] = [
    ("herd.", 103),
    ("income.", 104),
    ("finance.assets", 103),
    ("fodder.", 106),
    ("cropland.yield", 102),
];

impl Story<'_> {
    /// The approver opens the campaign with a table; the administrator enters the holidays.
    pub(super) fn open_next_campaign(&mut self) -> Result<(), DemoError> {
        let banner = self.people.banner;
        let name = "2027年度评定";
        self.import_by(
            "cycles",
            &[
                "年度编号,年度名称,类型,区划代码,起始日期,截止日期".into(),
                format!("2027,{name},年度评定,{banner},2027-01-01,2027-12-31"),
            ],
            &self.people.approver,
        )?;
        self.import(
            "holidays",
            &["日期,安排,节日".into(), "2027-06-09,放假,端午节".into()],
        )?;
        self.cycle = Cycle {
            id: "2027"
                .parse()
                .map_err(|_| DemoError::Story("no campaign", name.into()))?,
            banner,
            kind: CycleKind::Annual,
            name: name.into(),
            opens_on: date(2027, 1, 1),
            closes_on: date(2027, 12, 31),
        };
        self.say(&text::year_opened(LANG, name));
        Ok(())
    }

    /// The teams of a township and of the merged gacha visit the households there again; how many
    /// visits they sealed.
    pub(super) fn visit_again(&mut self, township: DivisionCode) -> Result<u64, DemoError> {
        let gachas: Vec<Gacha> = self.sample.banner.gachas.clone();
        let merged = self.merged.as_ref().map(|merged| merged.places);
        let merged = merged.map_or_else(Vec::new, Vec::from);
        let grown: Vec<(usize, Household)> = gachas
            .iter()
            .enumerate()
            .filter(|(place, gacha)| township.contains(gacha.code) || merged.contains(place))
            .flat_map(|(place, gacha)| self.grown(place, gacha))
            .collect();
        let mut plan: Vec<Vec<Visit<'_>>> = self.sample.teams.iter().map(|_| Vec::new()).collect();
        for (place, household) in &grown {
            let team = self
                .sample
                .teams
                .iter()
                .position(|t| t.gachas.contains(place));
            let team = team.ok_or_else(|| DemoError::Story("no team", place.to_string()))?;
            // The evaluators of the larger gacha go on in the merged one.
            let evaluators_at = merged.last().filter(|_| merged.contains(place));
            plan[team].push(Visit {
                gacha: &gachas[*evaluators_at.unwrap_or(place)],
                household,
                is_second: false,
            });
        }
        // The teams count on from the year before.
        Ok(self.visit(&plan)?.visits - self.year.visits)
    }

    /// The households of a gacha a year later.
    fn grown(&self, place: usize, gacha: &Gacha) -> Vec<(usize, Household)> {
        let Some(team) = self.sample.teams.iter().find(|t| t.gachas.contains(&place)) else {
            return Vec::new();
        };
        let author = &team.collector.officer;
        let (banner, today) = (&self.sample.banner, self.today());
        let numbers = gacha.first..gacha.first + gacha.households;
        let later = |number| {
            let mut household = Household::draw(banner, gacha, number, today, author);
            household.found.iter_mut().for_each(grow);
            (place, household)
        };
        numbers.map(later).collect()
    }
}

fn grow(observation: &mut Observation) {
    let item = observation.item.as_str();
    let part = GROWN.iter().find(|(group, _)| item.starts_with(group));
    if let (Some((_, part)), State::Known(Found::Int(n))) = (part, &mut observation.state) {
        *n = *n * part / 100;
    }
}
