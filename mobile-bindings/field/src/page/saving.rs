//! What leaves a page as a file: a browser downloads it, a shell without a port is given its bytes over
//! the bridge (`docs/field.md`).

use data_encoding::BASE64;
use itgel_text::{self as text, Lang, escape};

/// How the file looks away from the program: nothing is loaded from anywhere.
const STYLE: &str = "body{font:1.1rem/1.6 sans-serif;margin:1.5rem;max-width:30rem}\
    .label{color:#444}.letters{font:bold 1.6rem monospace;letter-spacing:.1em}";

/// The way to a slip as a file: it carries the markup that is printed, and needs no script.
pub(crate) fn link(lang: Lang, code: &str, title: &str, slip: &str) -> String {
    let whole = format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         {slip}</body>\n</html>\n",
        title = escape(title)
    );
    let name: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "<a class=\"button\" href=\"data:text/html;charset=utf-8;base64,{}\" \
         download=\"itgel-{name}.html\" data-saves>{}</a>",
        BASE64.encode(whole.as_bytes()),
        escape(&text::app_slip_save(lang))
    )
}
