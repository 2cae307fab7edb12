//! The pre-credit list of a gacha (整村授信): the credit households that authorised the lender for
//! the purpose, with reference lines, and of everybody else the count alone (`domain.md` F.2).
//!
//! There is no name in it: who may be asked about stands in the lender's own authorisations, and a
//! report on each tells the rest. Each household of a page is a query: it counts against the day's
//! quota and stands in the audit row of the same commit (L-08).

use itgel_domain::assess::Points;
use itgel_domain::authorisation::{Authorisation, Ground, Purpose};
use itgel_domain::case::{CaseState, LenderView};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{AuthorisationId, LenderId, SubjectId};
use itgel_domain::lending::{LineParameters, LoanUse, NOTICE, NoLine, ReferenceLine};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::line::{self, Held};
use super::right::{self, Right};
use super::{lender_of, parameters};
use crate::error::ServiceError;
use crate::fold;
use crate::service::Service;
use crate::store::{self, Tx};

/// A page of the list of a gacha.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreCreditRequest {
    /// The gacha.
    pub division: DivisionCode,
    /// What for.
    pub purpose: Purpose,
    /// In which order.
    pub sort: PreCreditSort,
    /// [`PreCreditPage::next`] of the page before.
    pub after: Option<String>,
    /// Most households of the page; the whole list, or nothing, if absent.
    pub limit: Option<u32>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreCreditSort {
    /// By household code.
    #[default]
    Code,
    /// The largest line first, households without one last.
    Line,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct PreCreditPage {
    /// The gacha.
    #[schema(value_type = String)]
    pub division: DivisionCode,
    /// What for.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Id and version of the lender's parameters; absent if it has none in force for this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
    /// SHA-256 of their file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub parameters_hash: Option<Hash>,
    /// Households on the whole list.
    pub listed: u64,
    /// Households of the gacha that are not on it, for whatever reason.
    pub others: u64,
    /// The households of this page.
    pub items: Vec<PreCreditLine>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What a reader must know, as keys of the product's words.
    pub notices: Vec<String>,
}

/// A credit household that authorised the lender.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct PreCreditLine {
    /// The authorisation, under which a report can be asked for.
    #[schema(value_type = String)]
    pub authorisation: AuthorisationId,
    /// The household.
    #[schema(value_type = String)]
    pub subject: SubjectId,
    /// The grade in effect: AAA, AA or A.
    #[schema(value_type = String)]
    pub grade: Grade,
    /// The score.
    #[schema(value_type = String)]
    pub score: Points,
    /// Last day of the rating.
    #[schema(value_type = String, format = Date)]
    pub valid_to: Date,
    /// The rating is under watch (预警).
    pub watch: bool,
    /// The reference line in fen: advisory; absent if a person must decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_fen: Option<i64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>, required = false)]
    pub none_for: Vec<NoLine>,
    /// Discount on the spread in basis points.
    pub discount_bp: i64,
    /// Uses for which there is no line.
    #[schema(value_type = Vec<String>)]
    pub blocked_uses: Vec<LoanUse>,
}

/// A household of the list with its place in the order.
struct Placed {
    place: String,
    given: Authorisation,
    line: PreCreditLine,
}

/// One page of the list of a gacha.
///
/// # Errors
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ScopeOutside`] or [`ErrorCode::ReportPurpose`] against
/// the contract; [`ErrorCode::DivisionInvalid`] for what is no gacha; [`ErrorCode::TooMany`] once
/// the day's quota is used up.
pub fn pre_credit(
    service: &Service,
    actor: &Actor,
    request: &PreCreditRequest,
    now: AtMs,
) -> Result<PreCreditPage, ServiceError> {
    let lender = lender_of(actor)?;
    policy::may(
        actor,
        Action::ListPreCredit,
        &Resource::at(request.division),
    )?;
    let serves = |grant: &policy::Grant| grant.purpose == Some(request.purpose);
    if !actor.grants.iter().any(serves) {
        return Err(ErrorCode::ReportPurpose.into());
    }
    if request.division.level() != DivisionLevel::Village {
        return Err(ErrorCode::DivisionInvalid.into());
    }
    let list = service
        .store
        .read(|c| List::gather(service, c, (actor, &lender), request, now))?;
    let (actor, request) = (actor.clone(), request.clone());
    service.transact("lending.pre_credit", move |_, tx| {
        give(tx, (&actor, &lender), &request, list, now)
    })
}

/// The whole list, in its order.
struct List {
    parameters: Option<LineParameters>,
    placed: Vec<Placed>,
    residents: u64,
}

impl List {
    fn gather(
        service: &Service,
        connection: &Connection,
        (actor, lender): (&Actor, &LenderId),
        request: &PreCreditRequest,
        now: AtMs,
    ) -> Result<Self, ServiceError> {
        let today = now.on();
        let question = (SubjectKind::Household, request.purpose);
        let parameters = parameters::in_force(connection, lender, question, today)?;
        let held = Held::of(connection, request.division)?;
        let given = store::authorisation::list_in(
            connection,
            request.division,
            lender,
            request.purpose,
            today,
        )?;
        let mut placed: Vec<Placed> = Vec::new();
        for given in given {
            let is_listed = placed.iter().any(|p| p.line.subject == given.subject);
            if is_listed || !is_proven(connection, &given)? {
                continue;
            }
            let found = right::standing(connection, actor, given, request.purpose, now)?;
            let Some(right) = found.ok().filter(is_credit) else {
                continue;
            };
            let line = match &parameters {
                None => None,
                Some(parameters) => {
                    let file = fold::facts(connection, &right.subject.id)?;
                    let rows = store::register::list_reaching(connection, &right.subject, false)?;
                    let of = (&right, parameters);
                    Some(line::of(
                        service,
                        connection,
                        of,
                        (&file, &rows, &held),
                        today,
                    )?)
                }
            };
            placed.push(Placed::of(right, line, request.sort));
        }
        placed.sort_by(|a, b| a.place.cmp(&b.place));
        let households = Some(SubjectKind::Household);
        let residents = store::subject::list(connection, request.division, households)?;
        Ok(Self {
            parameters,
            placed,
            residents: u64::try_from(residents.len()).unwrap_or(u64::MAX),
        })
    }
}

/// With the lender's own evidence a report must have shown first that it knows whom it means:
/// otherwise a list would tell about anybody whose number was guessed.
fn is_proven(connection: &Connection, given: &Authorisation) -> Result<bool, ServiceError> {
    match given.ground {
        Ground::Consent(_) => Ok(true),
        Ground::LenderEvidence(_) => Ok(store::report::is_given(connection, &given.id)?),
    }
}

/// AAA, AA or A, and not being examined.
fn is_credit(right: &Right) -> bool {
    right.rating.grade.is_credit() && right.rating.status.lender_view() == LenderView::Grade
}

impl Placed {
    fn of(right: Right, line: Option<ReferenceLine>, sort: PreCreditSort) -> Self {
        let Right {
            authorisation,
            subject,
            rating,
        } = right;
        let line_fen = line.as_ref().and_then(|line| line.line_fen);
        let household = format!("{}~{}", subject.local_code, subject.id);
        let place = match sort {
            PreCreditSort::Code => household,
            // Fixed width, the largest first; no line is after every line.
            PreCreditSort::Line => {
                let below = line_fen.map_or(i64::MAX, |fen| i64::MAX - 1 - fen.max(0));
                format!("{below:019}~{household}")
            }
        };
        let blocks = line.iter().flat_map(|line| &line.blocks);
        let mut blocked_uses: Vec<LoanUse> = blocks.flat_map(|b| b.uses.clone()).collect();
        blocked_uses.sort_unstable();
        blocked_uses.dedup();
        let shown = PreCreditLine {
            authorisation: authorisation.id.clone(),
            subject: subject.id,
            grade: rating.grade,
            score: Points(rating.score),
            valid_to: rating.valid_to,
            watch: rating.status == CaseState::Watch,
            line_fen,
            discount_bp: line.as_ref().map_or(0, |line| line.discount_bp),
            none_for: line.map(|line| line.none_for).unwrap_or_default(),
            blocked_uses,
        };
        Self {
            place,
            given: authorisation,
            line: shown,
        }
    }
}

/// Gives a page, as far as the day's quota reaches, with its audit row. What was withdrawn since
/// the list was gathered is left out.
fn give(
    tx: &Tx<'_>,
    (actor, lender): (&Actor, &LenderId),
    request: &PreCreditRequest,
    list: List,
    now: AtMs,
) -> Result<PreCreditPage, ServiceError> {
    let contract = store::lender::get(tx, lender, now.on())?.ok_or(ErrorCode::NotAllowed)?;
    let used = store::lender::day_use(tx, lender, now.on())?;
    let left = contract.daily_quota.saturating_sub(used.queries);
    if left == 0 {
        return Err(ErrorCode::TooMany.into());
    }
    let listed = u64::try_from(list.placed.len()).unwrap_or(u64::MAX);
    if request.limit.is_none() && u64::from(left) < listed {
        return Err(ErrorCode::TooMany.into());
    }
    let most = usize::try_from(request.limit.unwrap_or(left).min(left)).unwrap_or(usize::MAX);
    let after = request.after.as_deref().unwrap_or_default();
    let rest = list.placed.into_iter().filter(|p| p.place.as_str() > after);
    let mut page: Vec<Placed> = rest.take(most.saturating_add(1)).collect();
    let has_more = page.len() > most;
    page.truncate(most);
    let next = page.last().filter(|_| has_more).map(|p| p.place.clone());
    let mut items = Vec::with_capacity(page.len());
    for one in page {
        if still_holds(tx, &one.given, lender, request.purpose, now)? {
            items.push(one.line);
        }
    }
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    // An empty page is a question too.
    store::lender::count_listed(tx, lender, now.on(), count.max(1))?;
    record(tx, actor, request, &items, now)?;
    let name = list.parameters.as_ref().map(LineParameters::name);
    Ok(PreCreditPage {
        division: request.division,
        purpose: request.purpose,
        on: now.on(),
        notices: notices(name.is_some()),
        parameters: name,
        parameters_hash: list.parameters.as_ref().map(LineParameters::hash),
        listed,
        others: list.residents.saturating_sub(listed),
        items,
        next,
    })
}

fn still_holds(
    tx: &Tx<'_>,
    given: &Authorisation,
    lender: &LenderId,
    purpose: Purpose,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let Some(given) = store::authorisation::get(tx, &given.id)? else {
        return Ok(false);
    };
    Ok(given.allows(lender, purpose, now.on()) && right::ground_holds(tx, &given, now)?)
}

/// Each authorisation that was used stands in the row, so that a household can see who asked.
fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &PreCreditRequest,
    items: &[PreCreditLine],
    now: AtMs,
) -> Result<(), ServiceError> {
    let used: Vec<&AuthorisationId> = items.iter().map(|line| &line.authorisation).collect();
    let detail = json!({ "purpose": request.purpose, "authorisations": used });
    let resource = format!("pre-credit:{}", request.division);
    let who = actor.officer.as_str();
    let n = store::log::audit(tx, now, who, "pre_credit.listed", &resource, &detail)?;
    let leaf = Hash::of("itgel.query.v1", &[resource.as_bytes(), &n.to_be_bytes()]);
    store::log::leaf(tx, LeafKind::Query, &leaf)?;
    Ok(())
}

fn notices(has_lines: bool) -> Vec<String> {
    ["report-not-a-credit-report", "report-advisory"]
        .into_iter()
        .chain(has_lines.then_some(NOTICE))
        .map(str::to_owned)
        .collect()
}
