//! Photos as evidence: of a section, with the items that were entered in it. The bytes wait behind
//! the data and are sent in chunks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::http::StatusCode;
use itgel_device::{Error, KeptPicture};
use itgel_domain::catalogue::Catalogue;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::item::ItemPath;
use itgel_domain::picture::Picture;
use itgel_text::{self as text, escape};

use super::consent::picture as taken;
use super::visit::{Visit, part_name, section_name};
use super::{alert, instant, paragraph};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page, Trouble};

/// The page.
pub(crate) fn photos(visit: &Visit<'_>, wrong: Option<&str>) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let mut html = String::new();
    if let Some(words) = wrong {
        alert(&mut html, words);
    }
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"{}\" class=\"photo\"><noscript><p class=\"error\">{}</p></noscript>\
         <div class=\"field\"><label for=\"section\">{}</label><select id=\"section\" name=\"section\">",
        visit.at("photos"),
        escape(&text::app_sign_script(lang)),
        escape(&text::app_visit(lang)),
    );
    for section in visit.sections() {
        let _ = write!(
            html,
            "<option value=\"{}\">{}</option>",
            section.as_str(),
            escape(&section_name(lang, section))
        );
    }
    let _ = writeln!(
        html,
        "</select></div><input type=\"hidden\" name=\"picture\">\
         <label class=\"button main\">{}<input type=\"file\" accept=\"image/*\" capture=\"environment\" \
         data-reads=\"picture\"></label></form>",
        escape(&text::app_photo_add(lang)),
    );
    kept(&mut html, visit)?;
    let next = escape(&text::app_next(lang));
    let _ = writeln!(
        html,
        "<p class=\"ends\"><a class=\"button main\" href=\"{}\">{next}</a></p>",
        visit.next("photos")
    );
    let page = Page::new(part_name(lang, "photos"), visit.at("photos"), html).back_to(visit.at(""));
    Ok(match wrong {
        Some(_) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY),
        None => page,
    })
}

fn kept(html: &mut String, visit: &Visit<'_>) -> Result<(), Trouble> {
    let lang = visit.lang;
    let pictures = visit.session.device.pictures(&visit.subject.id)?;
    let (photos, signed): (Vec<_>, Vec<_>) = pictures.into_iter().partition(|one| one.is_photo);
    if photos.is_empty() {
        paragraph(html, "empty", &text::app_photo_none(lang));
    }
    for one in photos {
        let title = text::app_photo_of(lang, instant(one.added_at));
        line(html, visit, &one, &title);
    }
    if !signed.is_empty() {
        let _ = writeln!(html, "<h2>{}</h2>", escape(&text::app_photo_signed(lang)));
    }
    for one in signed {
        let title = text::app_photo_signed_at(lang, instant(one.added_at));
        line(html, visit, &one, &title);
    }
    Ok(())
}

/// A picture, when it was taken and where it stands.
fn line(html: &mut String, visit: &Visit<'_>, one: &KeptPicture, title: &str) {
    let lang = visit.lang;
    let state = match one.received_at {
        Some(at) => text::app_received_at(lang, instant(at)),
        None if visit.session.profile.is_practice() => text::app_practice_kept(lang),
        None => text::app_photo_waiting(lang),
    };
    let words = format!(
        "{} · {} KB · {state}",
        instant(one.added_at),
        one.length.div_ceil(1024)
    );
    shown(html, visit, one, title);
    // Green is the server's word, here as for a record.
    let class = match one.received_at {
        Some(_) => "received",
        None => "waiting",
    };
    paragraph(html, class, &words);
}

/// The picture itself, small, and whole when it is touched; after its time only that it was here.
fn shown(html: &mut String, visit: &Visit<'_>, one: &KeptPicture, title: &str) {
    let place = visit.at(&format!("photos/{}", one.content));
    match visit.session.device.holds_picture(one) {
        Ok(true) => {
            let _ = writeln!(
                html,
                "<a class=\"picture\" href=\"{place}\"><img src=\"{place}\" alt=\"{}\" loading=\"lazy\"></a>",
                escape(title)
            );
        }
        _ => paragraph(html, "note", &text::app_photo_gone(visit.lang)),
    }
}

/// The bytes of a picture of this household, with what they are.
pub(crate) fn picture(
    session: &Session,
    subject: &str,
    content: &str,
) -> Result<(&'static str, Vec<u8>), Trouble> {
    let subject: SubjectId = subject.parse().map_err(|_| Trouble::NotFound)?;
    let content: Hash = content.parse().map_err(|_| Trouble::NotFound)?;
    let bytes = session.device.picture(&subject, &content)?;
    let bytes = bytes.ok_or(Trouble::NotFound)?;
    let kind = Picture::read(&bytes).map_err(Error::from)?.kind;
    Ok((kind.as_str(), bytes))
}

/// Keeps a photo of a section; what is wrong with it otherwise.
pub(crate) fn save(
    app: &FieldApp,
    visit: &Visit<'_>,
    form: &Form,
) -> Result<Option<String>, Trouble> {
    let lang = visit.lang;
    let Some(bytes) = taken(form.get("picture")) else {
        let code = itgel_domain::picture::PictureError::Malformed.code();
        return Ok(Some(text::error(lang, code, &[])));
    };
    let of_section = |path: &&ItemPath| {
        let item = Catalogue::builtin().get(path);
        item.is_some_and(|item| item.section.as_str() == form.get("section"))
    };
    let entered: BTreeSet<&ItemPath> = visit.draft.keys().chain(visit.sealed.keys()).collect();
    let items: Vec<ItemPath> = entered.into_iter().filter(of_section).cloned().collect();
    match visit
        .session
        .device
        .put_evidence(&visit.subject.id, items, &bytes, app.now())
    {
        Ok(_) => Ok(None),
        Err(Error::Picture(error)) => Ok(Some(text::error(lang, error.code(), &[]))),
        Err(error) => Err(error.into()),
    }
}
