//! 草畜平衡核定表: how many 亩 a sheep unit needs, by season (`domain.md` C, G 23). A later
//! determination ends one without a last day; both are kept, each for its days.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::register::{Centi, PreviousQuota, Quota, RegisterContent, RegisterRow, Season};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::common;
use crate::error::ServiceError;
use crate::import::desk::NewRow;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::store;

/// Pasture quotas.
pub(super) struct Quotas;

const COLUMNS: &[Column] = &[
    common::PLACE,
    common::HOUSEHOLD,
    Column::text(
        "plot",
        "草场编号",
        "只对一块草场核定时填写，要同时填户编号",
        "p1",
    )
    .also(&["地块编号"]),
    Column::text("season", "季节", "全年、暖季或冷季", "全年").required(),
    Column::text(
        "mu_per_su",
        "每羊单位亩数",
        "一个羊单位需要的草场亩数，最多两位小数",
        "22.66",
    )
    .required()
    .also(&["亩/羊单位", "载畜定额", "适宜载畜量(亩/羊单位)"]),
    common::FROM,
    common::TO,
    Column::text(
        "before",
        "灾前每羊单位亩数",
        "因灾调减时，调减以前的核定数",
        "20",
    ),
    Column::text("cut_on", "调减日期", "因灾调减的日期", "2026-06-01"),
];

/// The seasons by the words of the table.
const SEASONS: &[(&str, Season)] = &[
    ("全年", Season::Year),
    ("暖季", Season::Warm),
    ("冷季", Season::Cold),
];

/// A quota as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    division: DivisionCode,
    subject: Option<SubjectId>,
    quota: Quota,
}

impl Sheet for Quotas {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "pasture-quotas"
    }

    fn title(&self) -> &'static str {
        "草畜平衡核定表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let place = common::place(cells, desk)?;
        let season = cells.choice("season", SEASONS);
        let mu_per_su = cells.decimal("mu_per_su", 2).map(Centi);
        let (from, to) = common::validity(cells);
        let before_disaster = previous(cells);
        let plot = cells.short_text("plot", 32).map(str::to_owned);
        let (Some(place), Some(season), Some(mu_per_su), Some(valid_from)) =
            (place, season, mu_per_su, from)
        else {
            return Ok(None);
        };
        if plot.is_some() && place.subject.is_none() {
            cells.fault(common::HOUSEHOLD.key, ErrorCode::ValueMissing);
        }
        let row = Row {
            division: place.division,
            subject: place.subject.map(|subject| subject.id),
            quota: Quota {
                plot,
                season,
                valid_from,
                valid_to: to,
                mu_per_su,
                before_disaster,
            },
        };
        let held = desk.rows_in_force(row.division, row.subject.as_ref())?;
        let contradicts = |held: &RegisterRow| match &held.content {
            RegisterContent::Quota(held) => overlaps(held, &row.quota),
            _ => false,
        };
        if let Some(other) = held.iter().find(|held| contradicts(held)) {
            let shown = common::shown_days(other.valid_from, other.valid_to);
            cells.fault_with("valid_from", ErrorCode::ImportOverlap, &[("other", &shown)]);
        }
        Ok(Some(row))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let subject = row.subject.as_ref().map_or("", SubjectId::as_str);
        let division = row.division.to_string();
        let plot = row.quota.plot.as_deref().unwrap_or_default();
        Some(Span {
            from: row.quota.valid_from,
            to: row.quota.valid_to,
            ..Span::once(&[&division, subject, plot, row.quota.season.as_str()])
        })
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        end_earlier(force, &row)?;
        force.put_row(row_of(row.division, row.subject, row.quota))
    }
}

fn previous(cells: &mut Cells<'_>) -> Option<PreviousQuota> {
    let mu_per_su = cells.decimal("before", 2).map(Centi);
    let cut_on = cells.day("cut_on");
    match (mu_per_su, cut_on) {
        (Some(mu_per_su), Some(cut_on)) => Some(PreviousQuota { mu_per_su, cut_on }),
        (Some(_), None) if cells.text("cut_on").is_none() => {
            cells.fault("cut_on", ErrorCode::ValueMissing);
            None
        }
        (None, Some(_)) if cells.text("before").is_none() => {
            cells.fault("before", ErrorCode::ValueMissing);
            None
        }
        _ => None,
    }
}

/// The row of the register. Its own days tell from when it is known: which quota a count is
/// judged by is told by the days of the quota, also after its last day.
fn row_of(division: DivisionCode, subject: Option<SubjectId>, quota: Quota) -> NewRow {
    NewRow {
        division,
        subject,
        key: key(&quota),
        valid_from: quota.valid_from,
        valid_to: None,
        content: RegisterContent::Quota(quota),
    }
}

fn key(quota: &Quota) -> String {
    let plot = quota.plot.as_deref().unwrap_or_default();
    format!("{plot}/{}/{}", quota.season.as_str(), quota.valid_from)
}

fn is_same_object(held: &Quota, new: &Quota) -> bool {
    held.plot == new.plot && held.season == new.season && held.valid_from != new.valid_from
}

/// Whether both hold on a day, and neither ends the other: an earlier one without a last day ends
/// when the new one begins.
fn overlaps(held: &Quota, new: &Quota) -> bool {
    let begins_by = |from: Date, to: Option<Date>| to.is_none_or(|end| from <= end);
    let shares_days =
        begins_by(held.valid_from, new.valid_to) && begins_by(new.valid_from, held.valid_to);
    let is_ended = held.valid_to.is_none() && held.valid_from < new.valid_from;
    is_same_object(held, new) && shares_days && !is_ended
}

/// Ends the determination without a last day that the new one follows.
fn end_earlier(force: &Force<'_>, row: &Row) -> Result<(), ServiceError> {
    let held = store::register::list_about(force.tx, row.division, row.subject.as_ref())?;
    for held in held {
        let RegisterContent::Quota(quota) = held.content else {
            continue;
        };
        if !is_same_object(&quota, &row.quota) {
            continue;
        }
        if overlaps(&quota, &row.quota) {
            return Err(ErrorCode::ImportOverlap.into());
        }
        let follows = quota.valid_to.is_none() && quota.valid_from < row.quota.valid_from;
        if let Some(last) = row
            .quota
            .valid_from
            .checked_sub(1.day())
            .ok()
            .filter(|_| follows)
        {
            let ended = Quota {
                valid_to: Some(last),
                ..quota
            };
            force.put_row(row_of(row.division, row.subject.clone(), ended))?;
        }
    }
    Ok(())
}
