//! A campaign in the field and at the desks: visits, second visits, the peer evaluation,
//! conflicts, review, publicity, approval.

use std::sync::Arc;

use indicatif::ProgressBar;
use itgel_domain::division::DivisionCode;
use itgel_text as text;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use serde_json::Value;

use super::super::DemoError;
use super::super::field::{self, Campaign, Crew, Total};
use super::super::plan::{Visit, plan, records};
use super::{LANG, Story, expect};

/// The list goes on the boards so that the holidays of October fall into its seven days.
const POSTED_ON: Date = date(2026, 9, 28);

impl Story<'_> {
    /// The field teams visit every household, some of them twice.
    pub(super) fn collect(&mut self) -> Result<(), DemoError> {
        let sample = Arc::clone(&self.sample);
        let visits = plan(&sample);
        let tally = self.visit(&visits)?;
        self.year.visits = tally.visits;
        self.say(&text::year_collected(
            LANG,
            tally.visits,
            tally.values,
            tally.ballots,
        ));
        Ok(())
    }

    /// A third person settles what officers disagree on; evaluations to which too few came end.
    pub(super) fn settle(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 9, 14))?;
        let settled = self.office().settle()?;
        let ended = self.office().end_evaluations()?;
        self.year.settled = settled;
        self.say(&text::year_settled(LANG, settled, ended));
        Ok(())
    }

    /// Lets the teams make visits, at once, and synchronise.
    pub(super) fn visit(&mut self, plan: &[Vec<Visit<'_>>]) -> Result<field::Tally, DemoError> {
        let visits: usize = plan.iter().map(Vec::len).sum();
        let sealed = self
            .teller
            .bar(&text::demo_progress_collect(LANG), visits as u64);
        let received = self
            .teller
            .bar(&text::demo_progress_sync(LANG), records(plan));
        let mut crews = std::mem::take(&mut self.crews);
        let campaign = self.campaign(&sealed, &received);
        if crews.is_empty() {
            let teams = self.sample.teams.iter();
            crews = teams
                .map(|team| Crew::enrol(&campaign, team))
                .collect::<Result<_, _>>()?;
        }
        let campaign = &campaign;
        super::super::at_once(crews.iter_mut().zip(plan).map(|(crew, visits)| {
            let first: Vec<_> = visits.iter().filter(|v| !v.is_second).copied().collect();
            move || field::first_visits(campaign, crew, &first)
        }))?;
        let worked = super::super::at_once(crews.iter_mut().zip(plan).map(|(crew, visits)| {
            let second: Vec<_> = visits.iter().filter(|v| v.is_second).copied().collect();
            move || field::second_visits(campaign, crew, &second)
        }))?;
        let total = Total::default();
        for team in &worked {
            total.add(&team.tally);
        }
        sealed.finish_and_clear();
        received.finish_and_clear();
        self.crews = crews;
        let tally = total.tally();
        expect(tally.set_aside == 0, "records were set aside", tally)?;
        self.hosted.settle()?;
        Ok(tally)
    }

    /// What the teams know on the way.
    pub(super) fn campaign<'a>(
        &'a self,
        sealed: &'a ProgressBar,
        received: &'a ProgressBar,
    ) -> Campaign<'a> {
        Campaign {
            office: self.hosted.address(),
            link: self.hosted.address().to_owned(),
            cycle: &self.cycle,
            clock: self.hosted.clock(),
            cost: self.cost,
            lender: &self.sample.lender,
            folder: &self.stores,
            sealed,
            received,
        }
    }

    /// Every case is reviewed; the lists go on the boards just before the holidays.
    pub(super) fn publish(&mut self) -> Result<(), DemoError> {
        self.until(date(2026, 9, 21))?;
        let reviewed = self.review()?;
        self.say(&text::year_reviewed(LANG, reviewed));
        self.until(POSTED_ON)?;
        let published = self.office().publish()?;
        self.year.published = published;
        expect(published == reviewed, "cases were not published", published)?;
        let closes_on = self.closes_on()?;
        // Seven full days, if no holiday came between (`domain.md` D.3).
        let plain = POSTED_ON.saturating_add(7.days());
        expect(closes_on > plain, "the period does not shift", closes_on)?;
        self.year.period = Some((closes_on, plain));
        self.say(&text::year_published(
            LANG,
            published,
            closes_on.to_string(),
            plain.to_string(),
        ));
        Ok(())
    }

    pub(super) fn review(&mut self) -> Result<u64, DemoError> {
        let all = self.sample.households.len() as u64;
        let bar = self.teller.bar(&text::demo_progress_review(LANG), all);
        let reviewed = self.office().review(&bar)?;
        bar.finish_and_clear();
        Ok(reviewed)
    }

    /// The one last day that all lists of today have.
    fn closes_on(&self) -> Result<Date, DemoError> {
        let mut days: Vec<Date> = Vec::new();
        for gacha in &self.sample.banner.gachas {
            let list = self.board(gacha.code)?;
            days.extend(
                list.iter()
                    .filter_map(|l| l["closes_on"].as_str()?.parse::<Date>().ok()),
            );
        }
        days.dedup();
        let one = days.first().copied().filter(|_| days.len() == 1);
        one.ok_or_else(|| DemoError::Story("the lists end on several days", format!("{days:?}")))
    }

    /// The list on a gacha's board.
    pub(super) fn board(&self, gacha: DivisionCode) -> Result<Vec<Value>, DemoError> {
        let reviewer = self.people.reviewer(gacha)?;
        self.office()
            .page(reviewer, &format!("publicity/{gacha}"), "")
    }

    /// On the day on which seven days are over but the holidays are not, nobody can approve; the
    /// morning after the period, the banner does.
    pub(super) fn take_effect(&mut self) -> Result<(), DemoError> {
        let (closes_on, plain) = self.year.period.unwrap_or_default();
        self.until(plain.saturating_add(1.day()))?;
        self.cannot_approve_yet()?;
        self.until(closes_on.saturating_add(1.day()))?;
        self.year.effective = self.approve()?;
        self.say(&text::year_effective(LANG, self.year.effective));
        Ok(())
    }

    pub(super) fn approve(&mut self) -> Result<u64, DemoError> {
        let all = self.sample.households.len() as u64;
        let bar = self.teller.bar(&text::demo_progress_rate(LANG), all);
        let approved = self.office().approve(&bar)?;
        bar.finish_and_clear();
        Ok(approved)
    }

    /// A rating published before the holidays cannot be approved in them.
    fn cannot_approve_yet(&self) -> Result<(), DemoError> {
        let office = self.office();
        let banner = self.people.banner;
        let open = office.cases(&self.people.approver, banner, "in_publicity")?;
        let first = &open[..open.len().min(1)];
        let today = self.today();
        let step = serde_json::json!({
            "step": "approve",
            "effective_on": today,
            "valid_to": today.saturating_add(1.year()),
        });
        let done = office.steps(&self.people.approver, first, &step)?;
        expect(
            first.len() == 1 && done == 0,
            "a period was cut short",
            done,
        )
    }
}
