//! Tables of officials: entered as a file, looked at, put into force by another person.

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CycleId, ImportId};

use super::App;
use super::extract::{Officer, Page, PageQuery, limit_of, with_service};
use super::problem::{self, Refusal};
use crate::import::{self, BatchView, Entering, FaultLine, sheets};
use crate::table::Options;

/// The media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The media type of a CSV file.
const CSV: &str = "text/csv; charset=utf-8";

/// How a file is to be taken.
#[derive(serde::Deserialize)]
pub(super) struct EnterQuery {
    source: String,
    #[serde(default)]
    check: bool,
    encoding: Option<String>,
    sheet: Option<String>,
    cycle: Option<CycleId>,
}

/// Where tables were entered.
#[derive(serde::Deserialize)]
pub(super) struct InDivision {
    division: DivisionCode,
    cursor: Option<ImportId>,
    limit: Option<u32>,
}

/// A kind of table.
#[derive(serde::Serialize)]
struct KindView {
    kind: &'static str,
    title: &'static str,
    needs_second_person: bool,
}

/// A fault in the caller's language.
#[derive(serde::Serialize)]
struct FaultView {
    #[serde(flatten)]
    line: FaultLine,
    title: String,
}

pub(super) async fn enter(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(kind): Path<String>,
    Query(query): Query<EnterQuery>,
    request: Request,
) -> Result<impl IntoResponse, Refusal> {
    let bytes = axum::body::to_bytes(request.into_body(), import::MAX_BYTES).await;
    let bytes = bytes.map_err(|_| ErrorCode::RequestTooLarge)?;
    let encoding = query.encoding.as_deref().map(str::parse).transpose()?;
    let is_check = query.check;
    let entering = Entering {
        kind,
        bytes: bytes.into(),
        options: Options {
            encoding,
            sheet: query.sheet,
            max_rows: None,
        },
        source: query.source,
        cycle: query.cycle,
        check_only: is_check,
    };
    let entered = with_service(&app, move |s| {
        import::enter(s, &actor, &entering, &mut |_| ())
    })
    .await?;
    let status = match entered.was_known || is_check {
        true => StatusCode::OK,
        false => StatusCode::CREATED,
    };
    Ok((status, axum::Json(entered)))
}

pub(super) async fn list(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InDivision>,
) -> Result<Page<BatchView>, Refusal> {
    let limit = limit_of(query.limit);
    let items = with_service(&app, move |s| {
        let after = query.cursor.as_ref();
        let read = |c: &_| import::list(c, &actor, query.division, after, limit);
        s.store.read(read)
    })
    .await?;
    let is_full = u32::try_from(items.len()).is_ok_and(|count| count == limit);
    let next = items.last().filter(|_| is_full);
    let next = next.map(|batch| batch.id.to_string());
    Ok(Page { items, next })
}

pub(super) async fn view(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<ImportId>,
) -> Result<axum::Json<BatchView>, Refusal> {
    let view = with_service(&app, move |s| {
        s.store.read(|c| import::view(c, &actor, &id))
    });
    Ok(axum::Json(view.await?))
}

pub(super) async fn faults(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Path(id): Path<ImportId>,
    Query(query): Query<PageQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let lang = problem::lang_of(&headers);
    let after = query.cursor.as_deref().map(str::parse::<u32>);
    let after = after.transpose().map_err(|_| ErrorCode::RequestMalformed)?;
    let limit = query.limit();
    let (lines, next) = with_service(&app, move |s| {
        let after = after.unwrap_or(0);
        s.store
            .read(|c| import::report_page(c, &actor, &id, after, limit))
    })
    .await?;
    let shown = |line: FaultLine| FaultView {
        title: line.fault.text(lang),
        line,
    };
    Ok(Page {
        items: lines.into_iter().map(shown).collect(),
        next: next.map(|row| row.to_string()),
    })
}

pub(super) async fn report(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<ImportId>,
) -> Result<Response, Refusal> {
    let name = format!("import-{id}.xlsx");
    let book = with_service(&app, move |s| import::report_table(s, &actor, &id));
    Ok(saved(&name, XLSX, book.await?))
}

pub(super) async fn report_csv(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<ImportId>,
) -> Result<Response, Refusal> {
    let name = format!("import-{id}.csv");
    let text = with_service(&app, move |s| import::report_csv(s, &actor, &id));
    Ok(saved(&name, CSV, text.await?))
}

pub(super) async fn activate(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<ImportId>,
) -> Result<impl IntoResponse, Refusal> {
    let ordered = with_service(&app, move |s| import::order(s, &actor, &id));
    Ok((StatusCode::ACCEPTED, axum::Json(ordered.await?)))
}

pub(super) async fn reject(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<ImportId>,
) -> Result<axum::Json<BatchView>, Refusal> {
    let rejected = with_service(&app, move |s| import::reject(s, &actor, &id));
    Ok(axum::Json(rejected.await?))
}

pub(super) async fn kinds(Officer(_): Officer) -> Page<impl serde::Serialize> {
    let view = |sheet: &&'static dyn import::AnySheet| KindView {
        kind: sheet.kind(),
        title: sheet.title(),
        needs_second_person: sheet.decides_grades(),
    };
    Page {
        items: sheets::all().iter().map(view).collect(),
        next: None,
    }
}

pub(super) async fn template(
    Officer(_): Officer,
    Path(kind): Path<String>,
) -> Result<Response, Refusal> {
    let sheet = sheets::find(&kind).ok_or(ErrorCode::ImportKind)?;
    let name = format!("{}.xlsx", sheet.kind());
    Ok(saved(&name, XLSX, import::template(sheet)?))
}

/// A file to be saved under a name of plain letters.
fn saved(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let saved = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let saved = saved.unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(kind);
    (
        [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, saved)],
        Body::from(bytes),
    )
        .into_response()
}
