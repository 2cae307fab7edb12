//! The parts of a visit: shown, and saved.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Json, Response};

use super::answer::{Asked, blocking, opened, respond};
use crate::app::FieldApp;
use crate::page::visit::{Visit, overview};
use crate::page::{consent, evaluation, grade, people, photos, records, seal, section};
use crate::request::{Form, Trouble};

pub(super) async fn visit(asked: Asked) -> Response {
    asked.page(|_, visit| overview(visit)).await
}

pub(super) async fn show_people(asked: Asked) -> Response {
    asked.page(|_, visit| people::people(visit)).await
}

pub(super) async fn save_people(asked: Asked, form: Form) -> Response {
    let written = people::written(&form);
    if let Some(lang) = form.lang() {
        asked.app.set_lang(lang);
        return asked
            .page(move |_, visit| Ok(people::page(visit, &written, &[])))
            .await;
    }
    asked
        .after("people", form, move |app, visit, _| {
            // Nothing written is nobody to save: on the way back it is no mistake.
            if written.is_empty() {
                return Ok(None);
            }
            let wrong = people::save(app, visit, written.clone())?;
            Ok((!wrong.is_empty()).then(|| people::page(visit, &written, &wrong)))
        })
        .await
}

pub(super) async fn show_consent(asked: Asked) -> Response {
    asked
        .page(|_, visit| consent::consent(visit, &Form::default(), &[]))
        .await
}

pub(super) async fn save_consent(asked: Asked, form: Form) -> Response {
    if let Some(lang) = form.lang() {
        asked.app.set_lang(lang);
        return asked
            .page(move |_, visit| consent::consent(visit, &form, &[]))
            .await;
    }
    asked
        .after("consent", form, |app, visit, form| {
            let untouched =
                form.all("purpose").next().is_none() && form.get("signature").is_empty();
            if form.get("go") == "back" && untouched {
                return Ok(None);
            }
            let wrong = consent::save(app, visit, form)?;
            match wrong.is_empty() {
                true => Ok(None),
                false => consent::consent(visit, form, &wrong).map(Some),
            }
        })
        .await
}

pub(super) async fn clear_consent(asked: Asked, form: Form) -> Response {
    asked
        .page(move |app, visit| {
            let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
            visit
                .session
                .device
                .clear_consent(id, cycle, form.get("person"))?;
            let fresh = Visit::of(app, visit.session, visit.subject.id.as_str())?;
            consent::consent(&fresh, &Form::default(), &[])
        })
        .await
}

pub(super) async fn show_section(asked: Asked) -> Response {
    let word = asked.section.clone();
    asked
        .page(move |_, visit| section::section(visit, &word, ""))
        .await
}

pub(super) async fn save_section(asked: Asked, form: Form) -> Response {
    let word = asked.section.clone();
    if let Some(lang) = form.lang() {
        asked.app.set_lang(lang);
    }
    let part = format!("section/{word}");
    asked
        .after(&part, form, move |app, visit, form| {
            let wrong = section::save(app, visit, form)?;
            let add = form.get("go").strip_prefix("add:").unwrap_or_default();
            let stays = wrong || !matches!(form.get("go"), "next" | "back");
            if !stays || form.get("go") == "back" {
                return Ok(None);
            }
            let fresh = Visit::of(app, visit.session, visit.subject.id.as_str())?;
            section::section(&fresh, &word, add).map(Some)
        })
        .await
}

pub(super) async fn save_field(asked: Asked, form: Form) -> Response {
    kept(asked, move |app, visit| {
        section::save_one(app, visit, &form)
    })
    .await
}

pub(super) async fn keep_people(asked: Asked, form: Form) -> Response {
    kept(asked, move |app, visit| {
        people::keep(app, visit, &form)?;
        Ok(section::form_kept(visit.lang))
    })
    .await
}

/// What the script is told after something was kept while one writes.
async fn kept(
    asked: Asked,
    keep: impl FnOnce(&FieldApp, &Visit<'_>) -> Result<section::Kept, Trouble> + Send + 'static,
) -> Response {
    let Asked { app, subject, .. } = asked;
    let Some(session) = app.session() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let kept = blocking(&app, move |app| {
        let visit = Visit::of(app, &session, &subject)?;
        keep(app, &visit)
    });
    match kept.await {
        Ok(Ok(kept)) => Json(kept).into_response(),
        Ok(Err(trouble)) => {
            let told = Json(section::not_kept(app.lang(), &trouble));
            (StatusCode::UNPROCESSABLE_ENTITY, told).into_response()
        }
        Err(response) => response,
    }
}

pub(super) async fn show_photos(asked: Asked) -> Response {
    asked.page(|_, visit| photos::photos(visit, None)).await
}

pub(super) async fn save_photo(asked: Asked, form: Form) -> Response {
    asked
        .page(move |app, visit| {
            let wrong = photos::save(app, visit, &form)?;
            photos::photos(visit, wrong.as_deref())
        })
        .await
}

/// A photo as it was taken, from the store.
pub(super) async fn show_picture(asked: Asked) -> Response {
    let Asked {
        app,
        subject,
        section: content,
    } = asked;
    let Some(session) = app.session() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let found = blocking(&app, move |_| photos::picture(&session, &subject, &content));
    match found.await {
        Ok(Ok((kind, bytes))) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
        Err(response) => response,
    }
}

pub(super) async fn show_grade(asked: Asked) -> Response {
    asked.page(|_, visit| grade::grade(visit)).await
}

pub(super) async fn show_seal(asked: Asked) -> Response {
    asked.page(|_, visit| seal::seal(visit)).await
}

pub(super) async fn sign(asked: Asked) -> Response {
    asked
        .page(|app, visit| {
            let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
            visit.session.device.sign_first(id, cycle, app.steady_ms());
            Ok(seal::second(app, visit, None))
        })
        .await
}

pub(super) async fn save_seal(asked: Asked, form: Form) -> Response {
    asked
        .page(move |app, visit| seal::save(app, visit, &form))
        .await
}

pub(super) async fn show_records(asked: Asked) -> Response {
    asked.page(|_, visit| records::records(visit)).await
}

pub(super) async fn show_evaluation(asked: Asked) -> Response {
    asked.page(|_, visit| evaluation::of_one(visit)).await
}

pub(super) async fn begin_evaluation(asked: Asked) -> Response {
    let Asked { app, subject, .. } = asked;
    let begun = opened(app.clone(), move |app, session| {
        let visit = Visit::of(app, session, &subject)?;
        evaluation::hand_over(app, session, &visit.cycle, vec![visit.subject.id.clone()])
    });
    begun.await
}
