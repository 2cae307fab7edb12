//! Every address of the program on one screen. A handler extracts, makes one call, responds; none
//! redirects, because a WebView that is handed its answers throws on one.

mod answer;
mod card;
mod gacha;
mod locked;
mod visit;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use itgel_domain::place::Place;

use self::answer::{KEPT, NOT_KEPT, blocking, guarded, opened, respond, show};
use crate::app::FieldApp;
use crate::assets;
use crate::page::{device, door, list, pin, records};
use crate::request::{Form, Trouble};

/// Most bytes of a form: a photo of 4 MiB in base 64, and its words.
const MAX_BODY: usize = 8 << 20;

/// Most bytes of a form with an answer from a card: the largest bundle in base 64, as a form writes it.
const MAX_CARD: usize = itgel_domain::sync::bundle::MAX_BYTES / 2 * 3;

type Pairs = Vec<(String, String)>;

/// Every page of the program.
pub fn router(app: FieldApp) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/enrol", get(enrolment).post(enrol))
        .route("/enrol/scan", post(scan))
        .route("/unlock", post(locked::unlock))
        .route("/practice", post(practise))
        .route("/practice/delete", post(end_practice))
        .route("/lock", post(lock))
        .route("/language", post(language))
        .route("/needs", get(needs))
        .route("/sync", get(sync).post(synchronise))
        .route("/sync/bundle", get(card::bundle))
        .route(
            "/sync/answer",
            post(card::take).layer(DefaultBodyLimit::max(MAX_CARD)),
        )
        .route("/api/jobs/sync", get(job))
        .route("/api/lock", get(locked::told))
        .route("/api/here", post(here))
        .route("/api/network", post(network))
        .route("/device", get(about))
        .route("/pin", get(show_pin).post(change_pin))
        .route("/review", get(gacha::reviews).post(gacha::review))
        .route("/register", get(gacha::show_register).post(gacha::register))
        .route(
            "/evaluation",
            get(gacha::evaluations).post(gacha::begin_round),
        )
        .route("/round", get(gacha::round).post(gacha::go_round))
        .route("/visit/{subject}", get(visit::visit))
        .route(
            "/visit/{subject}/evaluation",
            get(visit::show_evaluation).post(visit::begin_evaluation),
        )
        .route(
            "/visit/{subject}/people",
            get(visit::show_people).post(visit::save_people),
        )
        .route(
            "/visit/{subject}/consent",
            get(visit::show_consent).post(visit::save_consent),
        )
        .route("/visit/{subject}/people/draft", post(visit::keep_people))
        .route("/visit/{subject}/consent/clear", post(visit::clear_consent))
        .route(
            "/visit/{subject}/section/{section}",
            get(visit::show_section).post(visit::save_section),
        )
        .route("/visit/{subject}/field", post(visit::save_field))
        .route(
            "/visit/{subject}/photos",
            get(visit::show_photos).post(visit::save_photo),
        )
        .route(
            "/visit/{subject}/photos/{section}",
            get(visit::show_picture),
        )
        .route("/visit/{subject}/grade", get(visit::show_grade))
        .route("/visit/{subject}/sign", post(visit::sign))
        .route(
            "/visit/{subject}/seal",
            get(visit::show_seal).post(visit::save_seal),
        )
        .route("/visit/{subject}/records", get(visit::show_records))
        .route(
            "/assets/field.css",
            get(|of: Query<Pairs>| asset(of, "text/css; charset=utf-8", assets::STYLE.as_bytes())),
        )
        .route(
            "/assets/field.js",
            get(|of: Query<Pairs>| {
                let kind = "text/javascript; charset=utf-8";
                asset(of, kind, assets::SCRIPT.as_bytes())
            }),
        )
        .route(
            "/assets/mongolian.woff2",
            get(|of: Query<Pairs>| asset(of, "font/woff2", assets::FONT)),
        )
        .route(
            "/assets/font-licence.txt",
            get(|of: Query<Pairs>| {
                let kind = "text/plain; charset=utf-8";
                asset(of, kind, assets::FONT_LICENCE.as_bytes())
            }),
        )
        // Of addresses that there are: what there is not is not found with a PIN either.
        .route_layer(middleware::from_fn_with_state(app.clone(), locked::door))
        .fallback(|State(app): State<FieldApp>| async move {
            respond(&app, &Trouble::NotFound.page(app.lang()))
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(guarded))
        .with_state(app)
}

async fn home(State(app): State<FieldApp>, Query(query): Query<Pairs>) -> Response {
    opened(app, move |app, session| {
        list::list(app, session, &Form(query))
    })
    .await
}

async fn enrolment(State(app): State<FieldApp>) -> Response {
    respond(&app, &door::enrolment(&app, None, ""))
}

async fn enrol(State(app): State<FieldApp>, form: Form) -> Response {
    let invitation = form.get("invitation").to_owned();
    match blocking(&app, move |app| door::enrol(app, &form)).await {
        Ok(Ok(())) => show(app, "/device").await,
        Ok(Err(wrong)) => {
            let page = door::enrolment(&app, Some(&wrong), &invitation);
            respond(&app, &page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(response) => response,
    }
}

async fn scan(State(app): State<FieldApp>, form: Form) -> Response {
    match blocking(&app, move |app| door::scanned(app, &form)).await {
        Ok(page) => respond(&app, &page),
        Err(response) => response,
    }
}

async fn practise(State(app): State<FieldApp>) -> Response {
    match blocking(&app, FieldApp::practise).await {
        Ok(Ok(())) => show(app, "/").await,
        Ok(Err(error)) => respond(&app, &Trouble::from(error).page(app.lang())),
        Err(response) => response,
    }
}

async fn end_practice(State(app): State<FieldApp>) -> Response {
    match blocking(&app, FieldApp::end_practice).await {
        Ok(Ok(())) => show(app, "/").await,
        Ok(Err(error)) => respond(&app, &Trouble::from(error).page(app.lang())),
        Err(response) => response,
    }
}

async fn lock(State(app): State<FieldApp>) -> Response {
    app.lock();
    show(app, "/").await
}

async fn language(State(app): State<FieldApp>, form: Form) -> Response {
    if let Some(lang) = form.lang() {
        app.set_lang(lang);
    }
    let at = form.get("at").to_owned();
    show(app, &at).await
}

async fn needs(State(app): State<FieldApp>) -> Response {
    opened(app, |app, session| records::needs(app, session)).await
}

async fn sync(State(app): State<FieldApp>) -> Response {
    opened(app, |app, session| records::sync(app, session)).await
}

async fn synchronise(State(app): State<FieldApp>) -> Response {
    opened(app, |app, session| {
        session.schedule.on_request(app.steady());
        app.synchronise(session);
        records::sync(app, session)
    })
    .await
}

async fn job(State(app): State<FieldApp>) -> Response {
    match app.session() {
        Some(session) => Json(records::told(&app, &session)).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// The browser says that it is online again.
async fn network(State(app): State<FieldApp>) -> Response {
    match blocking(&app, FieldApp::network_came_back).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(response) => response,
    }
}

/// The browser says where the officer stands, by their leave.
async fn here(State(app): State<FieldApp>, form: Form) -> Response {
    let degree = |name: &str| form.get(name).parse().ok();
    let place = degree("lat").zip(degree("lon"));
    let place = place.and_then(|(lat, lon)| Place::of_mdeg(lat, lon));
    match (app.session(), place) {
        (Some(session), Some(place)) => {
            app.set_here(&session, place);
            StatusCode::NO_CONTENT.into_response()
        }
        (None, _) => StatusCode::UNAUTHORIZED.into_response(),
        (_, None) => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
}

async fn about(State(app): State<FieldApp>) -> Response {
    opened(app, |app, session| device::device(app, session, None)).await
}

async fn show_pin(State(app): State<FieldApp>) -> Response {
    opened(app, |app, _| Ok(pin::page(app, None))).await
}

async fn change_pin(State(app): State<FieldApp>, form: Form) -> Response {
    opened(app, move |app, session| {
        match pin::change(app, session, &form) {
            Ok(()) => {
                let done = itgel_text::app_pin_changed(app.lang());
                device::device(app, session, Some(&done))
            }
            Err(wrong) => Ok(pin::page(app, Some(&wrong))),
        }
    })
    .await
}

/// A file of the program; the browser keeps it if it was asked for by version.
async fn asset(Query(of): Query<Pairs>, kind: &'static str, bytes: &'static [u8]) -> Response {
    let is_versioned = Form(of).get("v") == *assets::VERSION;
    let keep = if is_versioned { KEPT } else { NOT_KEPT };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)];
    (headers, bytes).into_response()
}
