//! The office of the demo: townships settle conflicts, review and publish; the banner approves
//! and awards. Everything goes through the same interface as a real office's.

use indicatif::ProgressBar;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::DemoError;
use crate::client::{ClientError, Server, Session};
use crate::clock;
use crate::sample::{Sample, Seat};

/// Cases in one request.
const BATCH: usize = 100;

/// How often to look whether a job of the server is done, and how many times.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(100);
const LOOKS: usize = 600;

/// The people of the office, signed in.
pub(super) struct People {
    /// The banner.
    pub(super) banner: DivisionCode,
    /// The group of each gacha.
    village_groups: Vec<(DivisionCode, Session)>,
    /// The reviewer of each township.
    reviewers: Vec<(DivisionCode, Session)>,
    /// The approver of the banner.
    pub(super) approver: Session,
    /// The administrator of the banner.
    pub(super) administrator: Session,
    /// The objection officer of the banner.
    pub(super) objections: Session,
}

impl People {
    /// Enrols the office's workstations.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn enrol(server: &Server, sample: &Sample) -> Result<Self, DemoError> {
        let seated = |seat: &Seat| enrol(server, seat);
        let all = |seats: &[Seat]| -> Result<Vec<_>, DemoError> {
            seats
                .iter()
                .map(|seat| Ok((seat.division, seated(seat)?)))
                .collect()
        };
        Ok(Self {
            banner: sample.banner.code,
            village_groups: all(&sample.village_groups)?,
            reviewers: all(&sample.reviewers)?,
            approver: seated(&sample.approver)?,
            administrator: seated(&sample.administrator)?,
            objections: seated(&sample.objections)?,
        })
    }

    /// The office at work in a campaign on a day.
    pub(super) const fn at<'a>(&'a self, cycle: &'a Cycle, today: Date) -> Office<'a> {
        Office {
            people: self,
            cycle,
            today,
        }
    }

    /// The group of a gacha that went into another one works there from now on.
    pub(super) fn move_group(&mut self, from: DivisionCode, into: DivisionCode) {
        let groups = self.village_groups.iter_mut();
        for (gacha, _) in groups.filter(|(gacha, _)| *gacha == from) {
            *gacha = into;
        }
    }

    /// The reviewer of the township that a division lies in.
    ///
    /// # Errors
    /// [`DemoError::Office`] if there is none.
    pub(super) fn reviewer(&self, division: DivisionCode) -> Result<&Session, DemoError> {
        let found = self
            .reviewers
            .iter()
            .find(|(township, _)| township.contains(division));
        let missing =
            || DemoError::Office("reviewer", Box::new(ClientError::Unreadable("no seat")));
        found.map(|(_, session)| session).ok_or_else(missing)
    }
}

/// The office at work in a campaign on a day.
#[derive(Clone, Copy)]
pub(super) struct Office<'a> {
    people: &'a People,
    cycle: &'a Cycle,
    today: Date,
}

impl Office<'_> {
    /// Settles every conflict: the reviewer picks the first of the values after asking again.
    /// Returns how many.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn settle(&self) -> Result<u64, DemoError> {
        let mut settled = 0;
        for (township, reviewer) in &self.people.reviewers {
            // Each settled conflict leaves the list, so the first page is always the next one.
            loop {
                let page = self.page(reviewer, "conflicts", &format!("division={township}"))?;
                if page.is_empty() {
                    break;
                }
                for conflict in &page {
                    self.settle_one(reviewer, conflict)?;
                    settled += 1;
                }
            }
        }
        Ok(settled)
    }

    fn settle_one(&self, reviewer: &Session, conflict: &Value) -> Result<(), DemoError> {
        let entry = &conflict["values"][0]["entry"];
        let request = json!({
            "subject": conflict["subject"],
            "cycle": self.cycle.id,
            "item": conflict["item"],
            "picked": { "entry": entry },
            "reason": "电话复核，以首次入户清点为准（示例）",
        });
        reviewer
            .post("/v1/conflicts/resolve", &request)
            .map_err(office("resolve"))?;
        Ok(())
    }

    /// The gacha groups end the evaluations to which too few came: what is missing is unknown.
    /// Returns how many.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn end_evaluations(&self) -> Result<u64, DemoError> {
        let mut ended = 0;
        for (gacha, group) in &self.people.village_groups {
            for case in self.cases(group, *gacha, "submitted")? {
                let request = json!({ "subject": case["subject"], "cycle": self.cycle.id });
                group
                    .post("/v1/evaluations/end", &request)
                    .map_err(office("evaluation"))?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Reviews every case that is computed, again if one moved on meanwhile. Returns how many.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn review(&self, bar: &ProgressBar) -> Result<u64, DemoError> {
        let mut reviewed = 0;
        for (township, reviewer) in &self.people.reviewers {
            loop {
                let before = reviewed;
                let cases = self.cases(reviewer, *township, "pre_rated")?;
                for batch in cases.chunks(BATCH) {
                    reviewed += self.steps(reviewer, batch, &json!({ "step": "review" }))?;
                    bar.set_position(reviewed);
                }
                if reviewed == before {
                    break;
                }
            }
        }
        Ok(reviewed)
    }

    /// Publishes the list of each gacha and tells the others alone. Returns how many cases.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn publish(&self) -> Result<u64, DemoError> {
        let mut published = 0;
        for (gacha, _) in &self.people.village_groups {
            let reviewer = self.people.reviewer(*gacha)?;
            let path = format!("/v1/publicity/{gacha}?cycle={}", self.cycle.id);
            let answer = reviewer
                .post(&path, &json!({}))
                .map_err(office("publish"))?;
            for list in ["posted", "noticed"] {
                published += answer[list].as_array().map_or(0, Vec::len) as u64;
            }
        }
        Ok(published)
    }

    /// Approves what has passed its period, and waits until it is in effect. Returns how many.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn approve(&self, bar: &ProgressBar) -> Result<u64, DemoError> {
        let step = json!({
            "step": "approve",
            "effective_on": self.today,
            "valid_to": self.today.saturating_add(1.year()),
        });
        let mut approved = 0;
        for _ in 0..LOOKS {
            let mut cases =
                self.cases(&self.people.approver, self.people.banner, "in_publicity")?;
            cases.extend(self.cases(&self.people.approver, self.people.banner, "in_notice")?);
            if cases.is_empty()
                && self
                    .cases(&self.people.approver, self.people.banner, "approved")?
                    .is_empty()
            {
                return Ok(approved);
            }
            let before = approved;
            for batch in cases.chunks(BATCH) {
                approved += self.steps(&self.people.approver, batch, &step)?;
                bar.set_position(approved);
            }
            if approved == before {
                // The server closes the periods in a job of its own.
                clock::pause(LOOK_EVERY);
            }
        }
        Err(DemoError::Office(
            "approve",
            Box::new(ClientError::Unreadable("periods stay open")),
        ))
    }

    /// Computes titles from ratings in effect, then awards those that are reached: gachas first,
    /// because sumus count them. Returns how many were awarded.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn award(&self) -> Result<u64, DemoError> {
        self.snapshot()?;
        Ok(self.award_level(12)? + self.award_level(9)?)
    }

    /// The boards of the townships, each with its gachas.
    ///
    /// # Errors
    /// [`DemoError::Office`].
    pub(super) fn boards(&self) -> Result<Vec<Value>, DemoError> {
        let board = |(township, reviewer): &(DivisionCode, Session)| {
            let path = format!("/v1/board/{township}?cycle={}", self.cycle.id);
            reviewer.get(&path).map_err(office("board"))
        };
        self.people.reviewers.iter().map(board).collect()
    }

    pub(super) fn snapshot(&self) -> Result<(), DemoError> {
        let before = self.title_versions()?;
        let request = json!({ "cycle": self.cycle.id, "as_of": self.today });
        self.people
            .approver
            .post("/v1/jobs/snapshot", &request)
            .map_err(office("snapshot"))?;
        for _ in 0..LOOKS {
            if self.title_versions()? != before {
                return Ok(());
            }
            clock::pause(LOOK_EVERY);
        }
        Err(DemoError::Office(
            "snapshot",
            Box::new(ClientError::Unreadable("no titles")),
        ))
    }

    fn title_versions(&self) -> Result<String, DemoError> {
        let titles = self.page(
            &self.people.approver,
            "titles",
            &format!("division={}", self.people.banner),
        )?;
        let stamp = |t: &Value| {
            format!(
                "{} {} {}",
                t["division"], t["state"], t["result"]["assessment"]["inputs"]
            )
        };
        Ok(titles.iter().map(stamp).collect::<Vec<_>>().join("\n"))
    }

    /// Leads the titles whose code has this many digits from the computation to the award.
    fn award_level(&self, digits: usize) -> Result<u64, DemoError> {
        let mut awarded = 0;
        for _ in 0..LOOKS {
            let (more, waiting) = self.lead_all(digits)?;
            awarded += more;
            if waiting == 0 {
                return Ok(awarded);
            }
            clock::pause(LOOK_EVERY);
        }
        Err(DemoError::Office(
            "award",
            Box::new(ClientError::Unreadable("titles stay open")),
        ))
    }

    /// Does the next step of each title whose code has this many digits: how many were awarded,
    /// and how many have a way to go.
    pub(super) fn lead_all(&self, digits: usize) -> Result<(u64, u64), DemoError> {
        let (mut awarded, mut waiting) = (0, 0);
        let within = format!("division={}", self.people.banner);
        let titles = self.page(&self.people.approver, "titles", &within)?;
        let of_level = |t: &&Value| t["division"].as_str().is_some_and(|d| d.len() == digits);
        for title in titles
            .iter()
            .filter(of_level)
            .filter(|t| t["level"].is_string())
        {
            match self.lead(title)? {
                Led::Awarded => awarded += 1,
                Led::Waits => waiting += 1,
                Led::Done => {}
            }
        }
        Ok((awarded, waiting))
    }

    /// Does the next step of a title, if a person has one.
    fn lead(&self, title: &Value) -> Result<Led, DemoError> {
        let division: DivisionCode = title["division"]
            .as_str()
            .and_then(|d| d.parse().ok())
            .ok_or_else(|| {
                DemoError::Office("title", Box::new(ClientError::Unreadable("division")))
            })?;
        let (who, step) = match title["state"].as_str() {
            Some("computed") => (self.people.reviewer(division)?, "review"),
            Some("reviewed") => (self.people.reviewer(division)?, "publish"),
            Some("in_publicity") => (&self.people.approver, "approve"),
            Some("approved") => (&self.people.approver, "award"),
            _ => return Ok(Led::Done),
        };
        let request = json!({
            "cycle": self.cycle.id,
            "version": title["version"],
            "step": { "step": step },
            "reason": { "code": "demo", "text": "演示" },
        });
        match who.post(&format!("/v1/titles/{division}/steps"), &request) {
            Ok(_) if step == "award" => Ok(Led::Awarded),
            Ok(_) => Ok(Led::Waits),
            // The server may have closed the period since the list was read: look again.
            Err(ClientError::Refused { code, .. })
                if ["case.period_open", "case.stale"].contains(&code.as_str()) =>
            {
                Ok(Led::Waits)
            }
            Err(error) => Err(office("title")(error)),
        }
    }

    /// All cases of a division in a state.
    pub(super) fn cases(
        &self,
        who: &Session,
        division: DivisionCode,
        state: &str,
    ) -> Result<Vec<Value>, DemoError> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!(
                "/v1/cases?cycle={}&division={division}&state={state}&limit=200{cursor}",
                self.cycle.id
            );
            let page = who.get(&path).map_err(office("queue"))?;
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={}", encoded(next)),
                None => return Ok(all),
            }
        }
    }

    /// One step for each of some cases; how many went through.
    pub(super) fn steps(
        &self,
        who: &Session,
        cases: &[Value],
        step: &Value,
    ) -> Result<u64, DemoError> {
        let request = |case: &Value| {
            json!({
                "case": case["id"],
                "version": case["version"],
                "step": step,
                "reason": { "code": "demo", "text": "演示" },
            })
        };
        let requests: Vec<Value> = cases.iter().map(request).collect();
        let answer = who
            .post("/v1/cases/steps", &requests.into())
            .map_err(office("steps"))?;
        let results = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(results.iter().filter(|r| !r["done"].is_null()).count() as u64)
    }

    pub(super) fn page(
        &self,
        who: &Session,
        list: &str,
        query: &str,
    ) -> Result<Vec<Value>, DemoError> {
        let path = format!("/v1/{list}?cycle={}&{query}&limit=200", self.cycle.id);
        let page = who.get(&path).map_err(office("list"))?;
        Ok(page["items"].as_array().cloned().unwrap_or_default())
    }
}

/// What became of a title.
enum Led {
    Awarded,
    Waits,
    Done,
}

fn enrol(server: &Server, seat: &Seat) -> Result<Session, DemoError> {
    let secret = clock::random()?;
    let enrolled = server
        .enrol(&seat.code, &secret)
        .map_err(office("enrolment"))?;
    Ok(server.workstation(enrolled.device, &secret))
}

pub(super) fn office(step: &'static str) -> impl Fn(ClientError) -> DemoError {
    move |error| DemoError::Office(step, Box::new(error))
}

/// A text as part of a query.
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(b).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
