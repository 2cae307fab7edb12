//! What the pages are shown with; embedded, so that no page ever asks anybody else.

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../assets/field.css");

/// The script: saving while one writes, signatures, the way without a port. ES2017.
pub(crate) const SCRIPT: &str = include_str!("../assets/field.js");

/// The letters of traditional Mongolian, so that every device shows them alike: `assets/font`.
pub(crate) const FONT: &[u8] = include_bytes!("../assets/font/mongolian.woff2");

/// The licence that goes with the letters.
pub(crate) const FONT_LICENCE: &str = include_str!("../assets/font/OFL.txt");
