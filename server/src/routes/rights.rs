//! Rights of those who are rated: extract, one call, respond.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{DecisionId, DeviceId, SubjectId};
use itgel_domain::rights::RequestState;
use itgel_text::Lang;
use serde_json::json;

use super::App;
use super::extract::{Json, NoBody, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::rights::desk::{self, AnswerRequest, RequestView, TakeRequest};
use crate::rights::hold::{self, HoldRequest};
use crate::rights::loss::{self, LostLine};
use crate::rights::queue::{self, RequestFilter};
use crate::rights::slip::{self, SlipAnswer, SlipRequest};
use crate::rights::statement::{self, NoticeRequest, StatementRequest};
use crate::rights::{page, view};

/// Which requests are wanted.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestQuery {
    division: DivisionCode,
    state: RequestState,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// In which language a page is printed.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageQuery {
    #[serde(default)]
    language: Option<String>,
}

impl LanguageQuery {
    fn lang(&self) -> Lang {
        let asked = self.language.as_deref().and_then(|word| word.parse().ok());
        asked.unwrap_or(Lang::ZhCn)
    }
}

pub(super) async fn take(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<TakeRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let taken = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.take", move |s, tx| {
            desk::take(s, tx, &actor, &request, now)
        })
    });
    Ok((StatusCode::CREATED, axum::Json(taken.await?)))
}

pub(super) async fn requests(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<RequestQuery>,
) -> Result<Page<RequestView>, Refusal> {
    let limit = PageQuery {
        cursor: None,
        limit: query.limit,
    };
    let filter = RequestFilter {
        division: query.division,
        state: query.state,
        after: query.cursor.unwrap_or_default(),
        limit: limit.limit(),
    };
    let page = with_service(&app, move |s| {
        s.store
            .read(|c| queue::list(s, c, &actor, &filter, s.now()))
    });
    let (items, next) = page.await?;
    Ok(Page { items, next })
}

pub(super) async fn answer(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DecisionId>,
    Json(answer): Json<AnswerRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let answered = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.answer", move |s, tx| {
            desk::answer(s, tx, &actor, (&id, &answer), now)
        })
    });
    Ok(axum::Json(answered.await?))
}

pub(super) async fn erase(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DecisionId>,
    NoBody: NoBody,
) -> Result<impl IntoResponse, Refusal> {
    let done = with_service(&app, move |s| desk::carry_out(s, &actor, &id, s.now()));
    Ok(axum::Json(done.await?))
}

pub(super) async fn self_view(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DecisionId>,
) -> Result<impl IntoResponse, Refusal> {
    let read = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.read", move |s, tx| {
            view::read(s, tx, &actor, &id, now)
        })
    });
    Ok(axum::Json(read.await?))
}

pub(super) async fn self_view_page(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DecisionId>,
    Query(query): Query<LanguageQuery>,
) -> Result<Html<String>, Refusal> {
    let read = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.read", move |s, tx| {
            view::read(s, tx, &actor, &id, now)
        })
    });
    Ok(Html(page::self_view(&read.await?, query.lang())))
}

pub(super) async fn hold(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<HoldRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let placed = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.hold", move |_, tx| {
            hold::place(tx, &actor, &request, now)
        })
    });
    Ok((StatusCode::CREATED, axum::Json(placed.await?)))
}

pub(super) async fn lift(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DecisionId>,
) -> Result<StatusCode, Refusal> {
    let lifted = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.lift", move |_, tx| hold::lift(tx, &actor, &id, now))
    });
    lifted.await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn state(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<StatementRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let made = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.statement", move |s, tx| {
            statement::make(s, tx, &actor, &request, now)
        })
    });
    Ok((
        StatusCode::CREATED,
        axum::Json(json!({ "id": made.await? })),
    ))
}

pub(super) async fn slip(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<SlipRequest>,
) -> Result<axum::Json<SlipAnswer>, Refusal> {
    let checked = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.slip", move |_, tx| {
            slip::check(tx, &actor, &request, now)
        })
    });
    Ok(axum::Json(checked.await?))
}

pub(super) async fn unstate(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((subject, id)): Path<(SubjectId, DecisionId)>,
) -> Result<StatusCode, Refusal> {
    let withdrawn = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.unstate", move |_, tx| {
            statement::withdraw(tx, &actor, (&subject, &id), now)
        })
    });
    withdrawn.await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn tell(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<NoticeRequest>,
) -> Result<StatusCode, Refusal> {
    let told = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.tell", move |_, tx| {
            statement::tell(tx, &actor, &request, now)
        })
    });
    told.await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn lost(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(device): Path<DeviceId>,
    Query(query): Query<PageQuery>,
) -> Result<Page<LostLine>, Refusal> {
    let lines = with_service(&app, move |s| {
        s.store.read(|c| loss::subjects(c, &actor, &device))
    });
    let place = |line: &LostLine| format!("{} {}", line.division, line.subject);
    let mut lines = lines.await?;
    lines.sort_by_key(place);
    let limit = query.limit();
    Ok(Page::of(lines, place, query.cursor, limit))
}

pub(super) async fn letters(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(device): Path<DeviceId>,
    Query(query): Query<LanguageQuery>,
) -> Result<Html<String>, Refusal> {
    let lang = query.lang();
    let printed = with_service(&app, move |s| {
        let now = s.now();
        s.transact("rights.letters", move |s, tx| {
            loss::letters(s, tx, &actor, (&device, lang), now)
        })
    });
    Ok(Html(printed.await?))
}

pub(super) async fn notice(
    Path((kind, banner)): Path<(itgel_domain::subject::SubjectKind, DivisionCode)>,
    State(app): State<App>,
    Query(query): Query<LanguageQuery>,
) -> Result<Html<String>, Refusal> {
    let name = with_service(&app, move |s| {
        let found = s
            .store
            .read(|c| crate::store::division::get(c, banner, s.now().on()))?;
        Ok(found.map_or_else(|| banner.to_string(), |division| division.name))
    });
    Ok(Html(page::notice(kind, &name.await?, query.lang())))
}
