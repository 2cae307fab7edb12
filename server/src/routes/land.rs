//! What the keepers of the registers of land read.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;

use super::App;
use super::extract::{Officer, Page, limit_of, with_service};
use super::problem::{self, Refusal};
use crate::land::{self, ContradictionLine, ContradictionQuery};

/// A contradiction in the caller's language.
#[derive(serde::Serialize)]
struct ContradictionView {
    #[serde(flatten)]
    line: ContradictionLine,
    title: String,
}

pub(super) async fn contradictions(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Query(query): Query<ContradictionQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let lang = problem::lang_of(&headers);
    let limit = limit_of(query.limit);
    let (lines, next) = with_service(&app, move |s| {
        let bounds = (s.now().on(), limit);
        s.store
            .read(|c| land::list_contradictions(c, &actor, &query, bounds))
    })
    .await?;
    let shown = |line: ContradictionLine| ContradictionView {
        title: itgel_text::error(lang, line.code, &[]),
        line,
    };
    Ok(Page {
        items: lines.into_iter().map(shown).collect(),
        next: next.map(|id| id.to_string()),
    })
}
