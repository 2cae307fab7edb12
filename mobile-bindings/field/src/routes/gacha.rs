//! What is done with a gacha as a whole: registering a household, and the peer evaluation.

use axum::extract::{Query, State};
use axum::response::Response;

use super::Pairs;
use super::answer::{blocking, opened, respond, show};
use crate::app::FieldApp;
use crate::page::register::Registered;
use crate::page::{ballot, door, evaluation, register as page, review};
use crate::request::Form;

pub(super) async fn show_register(
    State(app): State<FieldApp>,
    Query(query): Query<Pairs>,
) -> Response {
    opened(app, move |app, session| {
        page::register(app, session, &Form(query))
    })
    .await
}

pub(super) async fn register(State(app): State<FieldApp>, form: Form) -> Response {
    let Some(session) = app.session() else {
        return respond(&app, &door::door(&app, None, "/"));
    };
    if let Some(lang) = form.lang() {
        app.set_lang(lang);
        return opened(app, move |app, session| page::register(app, session, &form)).await;
    }
    if form.get("go") == "back" {
        return show(app, "/").await;
    }
    match blocking(&app, move |app| page::save(app, &session, &form)).await {
        Ok(Ok(Registered::As(id))) => show(app, &format!("/visit/{id}")).await,
        Ok(Ok(Registered::Not(page))) => respond(&app, &page),
        Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
        Err(response) => response,
    }
}

pub(super) async fn reviews(State(app): State<FieldApp>, Query(query): Query<Pairs>) -> Response {
    opened(app, move |app, session| {
        review::list(app, session, &Form(query), None)
    })
    .await
}

pub(super) async fn review(State(app): State<FieldApp>, form: Form) -> Response {
    opened(app, move |app, session| review::save(app, session, &form)).await
}

pub(super) async fn evaluations(
    State(app): State<FieldApp>,
    Query(query): Query<Pairs>,
) -> Response {
    opened(app, move |app, session| {
        evaluation::of_gacha(app, session, &Form(query))
    })
    .await
}

pub(super) async fn begin_round(State(app): State<FieldApp>, form: Form) -> Response {
    opened(app, move |app, session| {
        evaluation::begin_round(app, session, &form)
    })
    .await
}

pub(super) async fn round(State(app): State<FieldApp>) -> Response {
    go_round(State(app), Form::default()).await
}

/// What evaluators do while the device is in their hands; anything else asks for a PIN.
pub(super) async fn go_round(State(app): State<FieldApp>, form: Form) -> Response {
    let Some(handed) = app.handed() else {
        return show(app, "/").await;
    };
    if let Some(lang) = form.lang() {
        app.set_lang(lang);
    }
    match blocking(&app, move |app| ballot::step(app, &handed, &form)).await {
        Ok(Ok(page)) => respond(&app, &page),
        Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
        Err(response) => response,
    }
}
