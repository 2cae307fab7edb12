//! What is done with a request before anything else: its token is checked, without the database,
//! and says in which lane the request waits.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;

use super::App;
use crate::auth::{Principal, Token};
use crate::lane::Lane;

/// The addresses of the sync protocol.
const SYNC: &str = "/v1/sync/";

tokio::task_local! {
    static LANE: Lane;
}

/// The token of a request, or why it has no good one.
#[derive(Clone)]
pub(super) struct Bearer(pub(super) Result<Token, ErrorCode>);

/// Checks the token and lets the request go on in its lane.
pub(super) async fn arrive(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let token = token(&app, request.headers());
    let lane = token
        .as_ref()
        .map_or(Lane::Open, |token| lane_of(token, request.uri().path()));
    request.extensions_mut().insert(Bearer(token));
    LANE.scope(lane, next.run(request)).await
}

/// The lane of the request that is answered here.
pub(super) fn lane() -> Lane {
    LANE.try_get().unwrap_or(Lane::Own)
}

/// Does a part of signing in, in the lane of the devices of `township`.
pub(super) async fn signing_in<T>(
    township: Option<DivisionCode>,
    part: impl Future<Output = T>,
) -> T {
    LANE.scope(Lane::SignIn(township), part).await
}

fn lane_of(token: &Token, path: &str) -> Lane {
    let township = token.claims.township();
    match token.claims.principal() {
        Some(Principal::Device(_)) if path.starts_with(SYNC) => Lane::Devices(township),
        Some(Principal::Device(_)) => Lane::Desks(township),
        Some(Principal::Lender(_)) => Lane::Lenders,
        None => Lane::Open,
    }
}

fn token(app: &App, headers: &HeaderMap) -> Result<Token, ErrorCode> {
    let header = headers.get(AUTHORIZATION).ok_or(ErrorCode::TokenMissing)?;
    let text = header.to_str().map_err(|_| ErrorCode::TokenInvalid)?;
    let (scheme, token) = text.split_once(' ').ok_or(ErrorCode::TokenMissing)?;
    let is_known = ["bearer", "dpop"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if !is_known {
        return Err(ErrorCode::TokenMissing);
    }
    let text = token.trim().to_owned();
    let claims = app.tokens.verify(&text, app.service.now())?;
    Ok(Token { text, claims })
}
