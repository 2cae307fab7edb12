//! A visit: its sections in the order of a real one, how far each is, and where one was.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use itgel_device::{DraftValue, Warning, WarningCode};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::catalogue::{Catalogue, Item, Section};
use itgel_domain::error::Violation;
use itgel_domain::file::facts::value::Source;
use itgel_domain::id::SubjectId;
use itgel_domain::item::{ItemPath, Observation};
use itgel_domain::rights::consent::CollectionPurpose;
use itgel_domain::subject::{Producer, Subject};
use itgel_text::{self as text, Lang, escape};
use jiff::civil::Date;

use super::list::cycle_of;
use crate::app::{FieldApp, Session};
use crate::request::{Page, Trouble};

/// A visit and what is known of it.
pub(crate) struct Visit<'a> {
    pub(crate) session: &'a Session,
    pub(crate) lang: Lang,
    pub(crate) today: Date,
    pub(crate) subject: Subject,
    pub(crate) cycle: Cycle,
    pub(crate) draft: BTreeMap<ItemPath, DraftValue>,
    /// What this officer sealed in this campaign.
    pub(crate) sealed: BTreeMap<ItemPath, Observation>,
    /// What was found in the campaign before.
    pub(crate) earlier: BTreeMap<ItemPath, Observation>,
    /// The restricted classes that a consent names.
    pub(crate) ticked: BTreeSet<String>,
}

impl<'a> Visit<'a> {
    pub(crate) fn of(app: &FieldApp, session: &'a Session, subject: &str) -> Result<Self, Trouble> {
        let id: SubjectId = subject.parse().map_err(|_| Trouble::NotFound)?;
        let device = &session.device;
        let (subject, today) = (device.subject(&id)?, app.today());
        let cycle = cycle_of(session, subject.division, today)?.ok_or(Trouble::NotFound)?;
        let (officer, facts) = (device.officer()?, device.facts(&id)?);
        let mut sealed = BTreeMap::new();
        for (item, values) in facts.live(&cycle.id) {
            let mut own = values.into_iter();
            let own = own.find(|v| v.source == Source::Officer && v.officer == officer);
            sealed.extend(own.map(|v| (item, v.observation)));
        }
        let mut ticked = BTreeSet::new();
        let drafted = device.draft_consents(&id, &cycle.id)?;
        let standing = facts.consents_valid_on(today);
        let to_rate = standing.iter().map(|view| view.consent).chain(&drafted);
        for consent in to_rate.filter(|c| c.serves(CollectionPurpose::CreditRating)) {
            ticked.extend(consent.categories.iter().cloned());
        }
        let by_item = |value: DraftValue| (value.observation.item.clone(), value);
        let earlier = device.earlier_values(&id, &cycle.id)?.into_iter();
        Ok(Self {
            session,
            lang: app.lang(),
            today,
            draft: device
                .draft(&id, &cycle.id)?
                .into_iter()
                .map(by_item)
                .collect(),
            earlier: earlier
                .map(|e| (e.observation.item.clone(), e.observation))
                .collect(),
            subject,
            cycle,
            sealed,
            ticked,
        })
    }

    /// The address of a part of this visit.
    pub(crate) fn at(&self, part: &str) -> String {
        match part {
            "" => format!("/visit/{}", self.subject.id),
            part => format!("/visit/{}/{part}", self.subject.id),
        }
    }

    /// How the household lives from the land, once that is known.
    pub(crate) fn producer(&self) -> Option<Producer> {
        let path: ItemPath = "household.producer".parse().ok()?;
        let drafted = self.draft.get(&path).map(|value| &value.observation);
        let known = drafted.or_else(|| self.sealed.get(&path))?;
        known.state.value()?.as_text()?.parse().ok()
    }

    /// The items that are asked here, in the order of the visit.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &'static Item> {
        Catalogue::builtin().asked(self.subject.kind, self.producer())
    }

    /// The sections that are asked here, in their order.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        for item in self.asked() {
            if !sections.contains(&item.section) {
                sections.push(item.section);
            }
        }
        sections
    }

    /// The parts of the visit by their place in the address, in order.
    pub(crate) fn parts(&self) -> Vec<String> {
        let sections = self.sections().into_iter();
        let sections = sections.map(|section| format!("section/{}", section.as_str()));
        ["people", "consent"]
            .into_iter()
            .map(str::to_owned)
            .chain(sections)
            .chain(["photos", "grade", "seal"].map(str::to_owned))
            .collect()
    }

    /// The part after another one.
    pub(crate) fn next(&self, part: &str) -> String {
        let parts = self.parts();
        let mut after = parts.iter().skip_while(|p| *p != part).skip(1);
        self.at(after.next().map_or("", String::as_str))
    }

    /// The name of the head, or that it is not known.
    pub(crate) fn name(&self) -> Result<String, Trouble> {
        let records = self.session.device.identity(&self.subject.id)?;
        let principal = records.first().and_then(|record| record.principal());
        Ok(principal.map_or_else(
            || text::app_name_unknown(self.lang),
            |person| person.full_name.clone(),
        ))
    }

    /// Where a violation or a warning is put right: the page, and the field on it.
    pub(crate) fn place_of(&self, field: &str) -> String {
        let plain = field.split('#').next().unwrap_or(field);
        if let Ok(path) = plain.parse::<ItemPath>()
            && let Some(item) = Catalogue::builtin().get(&path)
        {
            return self.at(&format!("section/{}#f-{path}", item.section.as_str()));
        }
        let part = match plain.split('/').next().unwrap_or(plain) {
            "identity" => "people",
            "consent" => "consent",
            "herd" => "section/herd",
            "plot" => "section/pasture",
            _ => "",
        };
        self.at(part)
    }

    /// What a violation or a warning is about, in words.
    pub(crate) fn name_of(&self, field: &str) -> String {
        let plain = field.split('#').next().unwrap_or(field);
        let item = plain.parse::<ItemPath>().ok();
        let item = item.and_then(|path| Catalogue::builtin().get(&path));
        if let Some(item) = item {
            return crate::value::titled(self.lang, &item.titles).to_owned();
        }
        match plain.split('/').next().unwrap_or(plain) {
            "identity" => text::app_section_people(self.lang),
            "consent" => text::app_section_consent(self.lang),
            "herd" => text::app_section_herd(self.lang),
            "plot" => text::app_section_pasture(self.lang),
            _ => text::app_visit(self.lang),
        }
    }
}

/// The page of a household.
pub(crate) fn overview(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let checked = visit
        .session
        .device
        .check(&visit.subject.id, &visit.cycle.id, visit.today)?;
    let mut html = format!(
        "<p class=\"note\">{} · {}</p>\n",
        escape(&visit.subject.local_code),
        escape(&visit.cycle.name)
    );
    resume(&mut html, visit);
    html.push_str("<ol class=\"parts\">\n");
    for part in visit.parts() {
        let wrong = checked.violations.iter().any(|v| is_in(visit, v, &part)) && has_begun(visit);
        let mark = if wrong {
            "<b class=\"count\">!</b>"
        } else {
            ""
        };
        let _ = writeln!(
            html,
            "<li><a href=\"{}\"><span>{}</span><small>{}</small>{mark}</a></li>",
            visit.at(&part),
            escape(&part_name(lang, &part)),
            escape(&filled(visit, &part)),
        );
    }
    for (part, name) in [
        ("evaluation", text::app_evaluation(lang)),
        ("records", text::app_section_records(lang)),
    ] {
        let _ = writeln!(
            html,
            "<li><a href=\"{}\"><span>{}</span></a></li>",
            visit.at(part),
            escape(&name)
        );
    }
    html.push_str("</ol>\n");
    Ok(Page::new(visit.name()?, visit.at(""), html).back_to("/"))
}

/// Whether anything was entered: an empty visit is not yet a wrong one.
fn has_begun(visit: &Visit<'_>) -> bool {
    !visit.draft.is_empty() || !visit.sealed.is_empty()
}

/// The last field that was touched.
fn resume(html: &mut String, visit: &Visit<'_>) {
    let last = visit.draft.values().max_by_key(|value| value.changed_at);
    if let Some(last) = last {
        let place = visit.place_of(last.observation.item.as_str());
        let words = text::app_resume(visit.lang);
        let _ = writeln!(
            html,
            "<p><a class=\"button main\" href=\"{place}\">{}</a></p>",
            escape(&words)
        );
    }
}

fn is_in(visit: &Visit<'_>, violation: &Violation, part: &str) -> bool {
    let place = visit.place_of(&violation.field);
    place.split('#').next() == Some(visit.at(part).as_str())
}

fn filled(visit: &Visit<'_>, part: &str) -> String {
    let Some(section) = part.strip_prefix("section/") else {
        let drafted = visit.session.device.drafted_people(&visit.subject.id);
        return match part == "people" && matches!(drafted, Ok(Some(_))) {
            true => text::app_unsaved(visit.lang),
            false => String::new(),
        };
    };
    let of_section = |path: &&ItemPath| {
        let item = Catalogue::builtin().get(path);
        item.is_some_and(|item| item.section.as_str() == section)
    };
    let paths: BTreeSet<&ItemPath> = visit.draft.keys().chain(visit.sealed.keys()).collect();
    match paths.into_iter().filter(of_section).count() {
        0 => String::new(),
        n => text::app_filled(visit.lang, n.to_string()),
    }
}

/// What a part of a visit is called.
pub(crate) fn part_name(lang: Lang, part: &str) -> String {
    let section = part
        .strip_prefix("section/")
        .and_then(|word| word.parse().ok());
    match (part, section) {
        (_, Some(section)) => section_name(lang, section),
        ("people", _) => text::app_section_people(lang),
        ("consent", _) => text::app_section_consent(lang),
        ("photos", _) => text::app_section_photos(lang),
        ("grade", _) => text::app_section_grade(lang),
        _ => text::app_section_seal(lang),
    }
}

pub(crate) fn section_name(lang: Lang, section: Section) -> String {
    match section {
        Section::Household => text::app_section_household(lang),
        Section::Organisation => text::app_section_organisation(lang),
        Section::Business => text::app_section_business(lang),
        Section::Herd => text::app_section_herd(lang),
        Section::Pasture => text::app_section_pasture(lang),
        Section::Cropland => text::app_section_cropland(lang),
        Section::Income => text::app_section_income(lang),
        Section::Finance => text::app_section_finance(lang),
        Section::Facilities => text::app_section_facilities(lang),
        Section::Insurance => text::app_section_insurance(lang),
        Section::Fodder => text::app_section_fodder(lang),
        Section::History => text::app_section_history(lang),
    }
}

/// What looks wrong, in words.
pub(crate) fn warning_words(lang: Lang, warning: &Warning) -> String {
    match warning.code {
        WarningCode::Count(mismatch) => text::mismatch(lang, mismatch),
        WarningCode::SameStockAsBefore => text::warning_same_stock_as_before(lang),
        WarningCode::CopiedFromBefore => text::warning_copied_from_before(lang),
        WarningCode::FarFromBefore => text::warning_far_from_before(lang),
        WarningCode::ForbiddenWords => text::app_warning_words(lang),
        WarningCode::OutdatedRules => text::warning_outdated_rules(lang),
        WarningCode::DoubtfulClock => text::warning_doubtful_clock(lang),
    }
}
