//! The one page of the server: the public board, so that a person can open a running server in a
//! browser. Rendered here, no script, no inline style.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionKind;
use itgel_text::{self as text, Lang};
use jiff::civil::Date;

use super::App;
use super::extract::with_service;
use super::problem::Refusal;
use crate::html::{STYLE, STYLE_LINK, escape};
use crate::public_board::{
    Line, PublicBoard, PublicTitle, SMALLEST_CELL, TitlePublicity, public_board,
};

/// The page is Chinese; Mongolian stands vertically and has pages of its own.
const LANG: Lang = Lang::ZhCn;

/// What stands in place of a number that may not be shown.
const HIDDEN: &str = "—";

pub(super) async fn board(State(app): State<App>) -> Result<Html<String>, Refusal> {
    let (board, is_sample) = with_service(&app, |s| Ok((public_board(s)?, s.is_sample()?))).await?;
    Ok(Html(page(board.as_ref(), is_sample)))
}

pub(super) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

fn page(board: Option<&PublicBoard>, is_sample: bool) -> String {
    let title = text::board_title(LANG);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{LANG}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0} · {1}</title>\n{STYLE_LINK}\n</head>\n\
         <body>\n<header>\n<h1>{0} · {1}</h1>\n<p>{2}</p>\n",
        escape(&text::product_name(LANG)),
        escape(&title),
        escape(&text::product_claim(LANG)),
    );
    if is_sample {
        let note = escape(&text::synthetic_data(LANG));
        let _ = writeln!(html, "<p class=\"sample\">{note}</p>");
    }
    html.push_str("</header>\n<main>\n");
    match board {
        Some(board) => tables(&mut html, board),
        None => {
            let _ = writeln!(html, "<p>{}</p>", escape(&text::board_empty(LANG)));
        }
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn tables(html: &mut String, board: &PublicBoard) {
    heading(html, &board.cycle, board);
    publicity(html, &board.publicity);
    let sumus: Vec<&Line> = board.townships.iter().map(|(sumu, _)| sumu).collect();
    table(html, &text::board_sumu(LANG), &sumus);
    for (sumu, gachas) in &board.townships {
        if !gachas.is_empty() {
            let caption = format!("{} · {}", sumu.division.name, text::board_gacha(LANG));
            let gachas: Vec<&Line> = gachas.iter().collect();
            table(html, &caption, &gachas);
        }
    }
    let note = text::board_suppressed(LANG, SMALLEST_CELL.to_string());
    let live = text::board_live_not_title(LANG);
    let _ = writeln!(
        html,
        "<p class=\"note\">{} {}</p>",
        escape(&note),
        escape(&live)
    );
}

/// Titles that hang on the board, with the last day and the way of an objection.
fn publicity(html: &mut String, titles: &[TitlePublicity]) {
    if titles.is_empty() {
        return;
    }
    let caption = escape(&text::board_publicity(LANG));
    let _ = writeln!(
        html,
        "<table class=\"board titles\">\n<caption>{caption}</caption>"
    );
    let heads = [
        text::board_publicity_who(LANG),
        text::board_publicity_level(LANG),
        text::board_publicity_until(LANG),
    ];
    row(html, "th scope=\"col\"", "th", &heads);
    for one in titles {
        let names: Vec<&str> = one.divisions.iter().map(|d| d.name.as_str()).collect();
        let kind = one.divisions.first().map(|division| division.kind);
        let level = kind.map(|kind| text::title_of(LANG, kind, one.level));
        let cells = [
            names.join("、"),
            level.unwrap_or_default(),
            one.until.to_string(),
        ];
        row(html, "td", "td", &cells);
    }
    let how = escape(&text::board_publicity_how(LANG));
    let _ = writeln!(html, "</table>\n<p class=\"note\">{how}</p>");
}

fn heading(html: &mut String, cycle: &Cycle, board: &PublicBoard) {
    let at = text::board_snapshot(LANG, board.at.on().to_string());
    let _ = writeln!(
        html,
        "<h2>{}</h2>\n<p class=\"note\">{}</p>",
        escape(&cycle.name),
        escape(&at)
    );
}

fn table(html: &mut String, caption: &str, lines: &[&Line]) {
    let _ = writeln!(
        html,
        "<table class=\"board\">\n<caption>{}</caption>",
        escape(caption)
    );
    let heads = [
        String::new(),
        text::board_filed(LANG),
        text::board_rated(LANG),
        text::board_credit_share(LANG),
        text::board_held_title(LANG),
    ];
    row(html, "th scope=\"col\"", "th", &heads);
    for line in lines {
        let cells = line.cells;
        let number = |n: Option<i64>| n.map_or_else(|| HIDDEN.to_owned(), |n| n.to_string());
        let share = cells
            .credit_share()
            .map_or_else(|| HIDDEN.to_owned(), percent);
        let kind = line.division.kind;
        let title = line.title.as_ref();
        let title = title.map_or_else(String::new, |title| words(kind, title));
        let name = line.division.name.clone();
        row(
            html,
            "td",
            "td",
            &[name, number(cells.filed), number(cells.rated), share, title],
        );
    }
    html.push_str("</table>\n");
}

/// A title with what is to be known of it.
fn words(kind: DivisionKind, title: &PublicTitle) -> String {
    let warned = |until: Date| text::board_warned(LANG, until.to_string());
    let jointly = |name: &String| text::board_jointly(LANG, name);
    let more: Vec<String> = title
        .jointly_with
        .as_ref()
        .map(jointly)
        .into_iter()
        .chain(title.corrected_by.map(warned))
        .collect();
    let level = text::title_of(LANG, kind, title.level);
    match more.is_empty() {
        true => level,
        false => format!("{level}（{}）", more.join("；")),
    }
}

fn row(html: &mut String, open: &str, close: &str, cells: &[String]) {
    html.push_str("<tr>");
    for cell in cells {
        let _ = write!(html, "<{open}>{}</{close}>", escape(cell));
    }
    html.push_str("</tr>\n");
}

/// Hundredths of a per cent with one digit.
fn percent(centi: i64) -> String {
    let tenths = (centi + 5) / 10;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_to_one_digit() {
        assert_eq!(percent(8_333), "83.3%");
        assert_eq!(percent(8_335), "83.4%");
        assert_eq!(percent(10_000), "100.0%");
    }
}
