//! What the pages are shown with; embedded, so that no page ever asks anybody else.

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../assets/field.css");

/// The script: saving while one writes, signatures, the way without a port. ES2017.
pub(crate) const SCRIPT: &str = include_str!("../assets/field.js");
