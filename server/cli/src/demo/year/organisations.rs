//! A cooperative, a family ranch and a gacha's collective are rated beside the households: whoever
//! answers for them is entered by a table, and a team visits them.

use std::sync::Arc;

use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_fixtures::Organisation;
use itgel_text as text;

use super::super::DemoError;
use super::{FIRST_DAY, LANG, Story};

impl Story<'_> {
    /// The books of the banner hold the organisations; the register of offices says who answers
    /// for them.
    pub(super) fn enter_organisations(&mut self) -> Result<(), DemoError> {
        let all = Organisation::draw_all(&self.sample.banner, FIRST_DAY);
        let subject = |organisation: &Organisation| Subject {
            id: organisation.subject.clone(),
            kind: organisation.kind,
            division: organisation.gacha,
            local_code: organisation.local_code.clone(),
        };
        let subjects: Vec<Subject> = all.iter().map(subject).collect();
        let put = move |service: &itgel_server::Service, tx: &itgel_server::store::Tx<'_>| {
            subjects
                .iter()
                .try_for_each(|one| itgel_server::registers::put_subject(service, tx, one))
        };
        let service = &self.hosted.service;
        service.transact("setup.organisations", put)?;
        self.organisations = all;
        Ok(())
    }

    /// The team of the gacha visits them once the households were visited, because who answers for
    /// them is known by his number from then on.
    pub(super) fn visit_organisations(&mut self) -> Result<(), DemoError> {
        let all = self.organisations.clone();
        let Some(first) = all.first() else {
            return Ok(());
        };
        self.enter_responsible(&all)?;
        let sample = Arc::clone(&self.sample);
        let mut gachas = sample.banner.gachas.iter();
        let place = gachas.position(|gacha| gacha.code == first.gacha);
        let team = place.and_then(|place| {
            let mut teams = sample.teams.iter();
            teams.position(|team| team.gachas.contains(&place))
        });
        let team = team.ok_or_else(|| DemoError::Story("no team", first.gacha.to_string()))?;
        let mut crews = std::mem::take(&mut self.crews);
        let (sealed, received) = (self.teller.bar("", 1), self.teller.bar("", 1));
        let campaign = self.campaign(&sealed, &received);
        for organisation in &all {
            crews[team].visit_organisation(&campaign, organisation)?;
        }
        sealed.finish_and_clear();
        received.finish_and_clear();
        self.crews = crews;
        self.hosted.settle()?;
        self.year.organisations = all.len() as u64;
        self.say(&text::year_organisations(LANG, all.len()));
        Ok(())
    }

    /// The heads of three households answer for them.
    fn enter_responsible(&self, all: &[Organisation]) -> Result<(), DemoError> {
        let mut lines = vec!["区划代码,主体类型,主体编号,职务,身份证号,起始日期".to_owned()];
        for organisation in all {
            let mut households = self.sample.households.iter();
            let household = households.find(|h| h.number == organisation.responsible);
            let people = household.map(|h| h.identity.people.as_slice());
            let mut people = people.unwrap_or_default().iter();
            let head = people.find(|person| person.role == "head");
            let number = head.and_then(|head| head.id_number.clone());
            lines.push(format!(
                "{},{},{},负责人,{},{FIRST_DAY}",
                organisation.gacha,
                word(organisation.kind),
                organisation.local_code,
                number.unwrap_or_default()
            ));
        }
        self.import("responsible-persons", &lines).map(drop)
    }
}

/// The word of the table.
const fn word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Entity(EntityKind::Cooperative) => "农民专业合作社",
        SubjectKind::Entity(EntityKind::Ranch) => "家庭农牧场",
        _ => "集体经济组织",
    }
}
