//! Pages that the service itself writes: text becomes markup here and nowhere else.

use std::fmt::Write as _;

use itgel_text::Lang;

/// Text for an element or a quoted attribute.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A page to print, with the style sheet of the board; Mongolian stands vertically by it.
#[must_use]
pub fn page(lang: Lang, title: &str, main: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/assets/board.css\">\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
    )
}

/// A section with a table: a heading, heads of columns if there are any, rows of text.
pub fn section(html: &mut String, heading: &str, heads: &[String], rows: &[Vec<String>]) {
    let _ = writeln!(html, "<h2>{}</h2>\n<table>", escape(heading));
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
    fn a_name_cannot_become_markup() {
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
}
