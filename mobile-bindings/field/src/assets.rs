//! What the pages are shown with; embedded, so that no page ever asks anybody else.
//!
//! A browser keeps the style, the script and the letters: nothing of anybody stands in them, and
//! fetching them again with each page is what a slow phone waits for. Their addresses name
//! [`VERSION`], so what is kept is that of this program.

use std::sync::LazyLock;

use itgel_domain::hash::Hash;

/// What tells the files of this program from those of another version of it.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let files = [STYLE_FILE.as_bytes(), SCRIPT.as_bytes(), FONT];
    let mut digits = Hash::of("itgel.field.assets.v1", &files).to_string();
    digits.truncate(16);
    digits
});

/// The style sheet.
pub(crate) static STYLE: LazyLock<String> = LazyLock::new(|| {
    let letters = format!("mongolian.woff2?v={}", *VERSION);
    STYLE_FILE.replace("mongolian.woff2", &letters)
});

/// The script: saving while one writes, signatures, the way without a port. ES2017.
pub(crate) const SCRIPT: &str = include_str!("../assets/field.js");

/// The letters of traditional Mongolian, so that every device shows them alike: `assets/font`.
pub(crate) const FONT: &[u8] = include_bytes!("../assets/font/mongolian.woff2");

/// The licence that goes with the letters.
pub(crate) const FONT_LICENCE: &str = include_str!("../assets/font/OFL.txt");

const STYLE_FILE: &str = include_str!("../assets/field.css");
