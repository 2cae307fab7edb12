//! Errors as clients see them: `application/problem+json` (RFC 9457), made in one place.
//!
//! A handler returns a [`Refusal`]; the layer `answer` turns it, and every bare error of the
//! framework, into a problem document in the caller's language. It says which rule was broken and
//! what to do, and never repeats a value of the request.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use itgel_domain::error::{ErrorCode, Kind, Violation};
use itgel_text::Lang;

use super::metrics::Refusals;
use crate::error::ServiceError;

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Characters of a trace id: the same for every answer, so that lengths tell nothing.
pub const TRACE_ID_CHARS: usize = 16;

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// `urn:itgel:problem:` and the code; it never changes its meaning.
    #[serde(rename = "type")]
    #[schema(example = "urn:itgel:problem:report.not_found")]
    pub kind: String,
    /// What is wrong and the way out, in the caller's language.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// The code, for programs.
    #[schema(example = "report.not_found")]
    pub code: String,
    /// Leads to the server's log.
    #[schema(min_length = 16, max_length = 16)]
    pub trace_id: String,
    /// Every broken rule at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<BrokenRule>,
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct BrokenRule {
    /// The field of the request, or the item.
    pub field: String,
    /// The code, for programs.
    #[schema(example = "value.missing")]
    pub code: String,
    /// What is wrong, in the caller's language.
    pub title: String,
    /// The figures of the rule by name, never the value itself.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub figures: std::collections::BTreeMap<String, String>,
}

/// What a handler gives back in place of an answer.
#[derive(Debug)]
pub struct Refusal(ServiceError);

/// A refusal on its way to the layer that writes it down.
#[derive(Debug, Clone)]
struct Refused {
    code: ErrorCode,
    violations: Vec<Violation>,
    /// For the log: places and causes, no values.
    fault: Option<String>,
}

impl<E: Into<ServiceError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self.0.code();
        let fault = (code.kind() == Kind::Internal).then(|| chain(&self.0));
        let violations = match self.0 {
            ServiceError::Refused { violations, .. } => violations,
            _ => Vec::new(),
        };
        let mut response = status_of(code).into_response();
        response.extensions_mut().insert(Refused {
            code,
            violations,
            fault,
        });
        response
    }
}

/// The causes of an error in one line, for the log.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// Gives every request a trace id and a span, and writes down what was refused.
pub(super) async fn answer(
    State(refusals): State<Arc<Refusals>>,
    request: Request,
    next: Next,
) -> Response {
    let trace_id = trace_id();
    let lang = lang_of(request.headers());
    let signed_in = request.headers().contains_key(AUTHORIZATION);
    let span = span(&request, &trace_id);
    let response = {
        use tracing::Instrument as _;
        next.run(request).instrument(span.clone()).await
    };
    let _entered = span.enter();
    tracing::debug!(status = response.status().as_u16(), "answered");
    let Some(refused) = refused(&response) else {
        return response;
    };
    refusals.count(refused.code);
    if let Some(fault) = &refused.fault {
        tracing::error!(code = %refused.code, %fault, "a request failed");
    } else {
        tracing::info!(code = %refused.code, signed_in, "refused");
    }
    document(refused, lang, trace_id)
}

/// The method and the pattern of the address; never the address itself or its query.
fn span(request: &Request, trace_id: &str) -> tracing::Span {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str);
    let method = request.method().as_str();
    tracing::info_span!("request", trace_id, method, path)
}

fn trace_id() -> String {
    const BYTES: usize = TRACE_ID_CHARS / 2;
    let bytes = crate::service::random::<BYTES>().unwrap_or([0; BYTES]);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// The refusal in a response, also for a bare error of the framework.
fn refused(response: &Response) -> Option<Refused> {
    if let Some(refused) = response.extensions().get::<Refused>() {
        return Some(refused.clone());
    }
    let code = match response.status() {
        status if !status.is_client_error() && !status.is_server_error() => return None,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ErrorCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::RequestTooLarge,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Unavailable,
        status if status.is_client_error() => ErrorCode::RequestMalformed,
        _ => ErrorCode::Internal,
    };
    let fault = (code == ErrorCode::Internal).then(|| "a handler ended early".to_owned());
    Some(Refused {
        code,
        violations: Vec::new(),
        fault,
    })
}

fn document(refused: Refused, lang: Lang, trace_id: String) -> Response {
    let code = refused.code;
    let status = status_of(code);
    let problem = Problem {
        kind: code.problem_type(),
        title: itgel_text::error(lang, code, &[]),
        status: status.as_u16(),
        code: code.to_string(),
        trace_id,
        violations: refused
            .violations
            .into_iter()
            .map(|v| broken_rule(v, lang))
            .collect(),
    };
    let mut response = (status, axum::Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.as_str()));
    match code.kind() {
        Kind::Unauthenticated => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Kind::TooMany => {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s(60)));
        }
        Kind::Unavailable => {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s(5)));
        }
        _ => {}
    }
    response
}

/// `least` seconds and up to seven more: who was sent away together does not come back together.
fn retry_after_s(least: u16) -> u16 {
    let [jitter] = crate::service::random::<1>().unwrap_or_default();
    least + u16::from(jitter % 8)
}

fn broken_rule(violation: Violation, lang: Lang) -> BrokenRule {
    BrokenRule {
        title: itgel_text::violation(lang, &violation),
        field: violation.field,
        code: violation.code.to_string(),
        figures: violation.args.into_iter().collect(),
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.kind().http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The first language of the caller that the product has; Chinese if none.
pub(super) fn lang_of(headers: &HeaderMap) -> Lang {
    let wanted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let tags = wanted.split(',').filter_map(|part| part.split(';').next());
    tags.filter_map(|tag| tag.parse().ok())
        .next()
        .unwrap_or_default()
}

/// No such address, or not with this method.
pub(super) async fn no_such_address(_: Method) -> Refusal {
    ErrorCode::NotFound.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_t34_clients_that_are_sent_away_together_are_not_asked_back_together() {
        for (code, least) in [(ErrorCode::Unavailable, 5), (ErrorCode::TooMany, 60)] {
            let pauses = (0..200).map(|_| {
                let refused = Refused {
                    code,
                    violations: Vec::new(),
                    fault: None,
                };
                let answer = document(refused, Lang::default(), trace_id());
                let pause = answer.headers()[RETRY_AFTER].to_str().unwrap().to_owned();
                pause.parse::<u16>().unwrap()
            });
            let pauses: std::collections::BTreeSet<u16> = pauses.collect();
            assert!(pauses.len() > 1, "all of them after {pauses:?} seconds");
            assert!(pauses.iter().all(|s| (least..least + 8).contains(s)));
        }
    }
}
