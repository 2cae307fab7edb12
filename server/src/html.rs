//! Pages that the service itself writes. Text becomes markup by [`escape`] and in no other way.

use std::fmt::Write as _;

use itgel_text::Lang;

/// The style sheet of every page; Mongolian stands vertically by it.
pub const STYLE: &str = include_str!("board.css");

/// Where a page of the server finds it.
pub const STYLE_LINK: &str = "<link rel=\"stylesheet\" href=\"/assets/board.css\">";

pub use itgel_text::escape;

/// A page to print.
#[must_use]
pub fn page(lang: Lang, title: &str, main: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n{STYLE_LINK}\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
    )
}

/// The same page as a file that is opened where no server is: it carries the style sheet itself.
#[must_use]
pub fn standalone(page: &str) -> String {
    page.replacen(STYLE_LINK, &format!("<style>\n{STYLE}</style>"), 1)
}

/// A section with a table: a heading, heads of columns if there are any, rows of text.
pub fn section(html: &mut String, heading: &str, heads: &[String], rows: &[Vec<String>]) {
    let _ = writeln!(
        html,
        "<h2>{}</h2>\n<table class=\"listing\">",
        escape(heading)
    );
    if !heads.is_empty() {
        let cells: String = heads
            .iter()
            .map(|c| format!("<th>{}</th>", escape(c)))
            .collect();
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    for row in rows {
        let cells: String = row
            .iter()
            .map(|c| format!("<td>{}</td>", escape(c)))
            .collect();
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    html.push_str("</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_t30_a_name_cannot_become_markup() {
        let hostile = "<script>alert(1)</script>\" onload='x' &";
        let safe = escape(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
        assert!(safe.starts_with("&lt;script&gt;") && safe.ends_with("&amp;"));
        let mut html = String::new();
        section(
            &mut html,
            hostile,
            &[hostile.into()],
            &[vec![hostile.into()]],
        );
        assert!(!page(Lang::ZhCn, hostile, &html).contains("<script"));
    }

    #[test]
    fn a_page_in_a_file_needs_no_server_to_look_right() {
        let served = page(Lang::MnMong, "t", "");
        let file = standalone(&served);
        assert!(served.contains("/assets/") && !file.contains("/assets/"));
        assert!(file.contains("writing-mode: vertical-lr"));
    }
}
