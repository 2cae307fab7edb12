//! The words of the product: Chinese (the source), Mongolian in the traditional script, English.
//!
//! Every message is a function, named after its key, with its variables as arguments:
//! `grade_aaa(lang)`, `error_value_out_of_range(lang, min, max)`. A key that a locale lacks, an
//! unknown variable or a text that nothing uses fails the build and names file and key; so does an
//! error code without a text. This is the only package that knows Fluent.
//!
//! The words of the rules (reasons, indicators) are not here: they come with their pack.

mod bundle;
mod error;
mod field;
mod fingerprint;
mod lang;
mod line;
mod markup;
mod messages {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod monitoring;
mod name;
mod rules;
mod sync;

pub use error::{error, violation};
pub use field::{field, register, word};
pub use fingerprint::{fingerprint, is_fingerprint};
pub use lang::{Lang, UnknownLang, is_draft};
pub use line::{line_discount_for, line_figure, line_step, line_use, line_why};
pub use markup::escape;
pub use messages::*;
pub use monitoring::{reaction, trigger, verdict};
pub use name::{
    case_state, cycle_kind, division_kind, evidence, gate_state, grade, mismatch, producer,
    purpose, role, stock_class, subject_kind, title_of, title_state, township_title, unit,
    village_title,
};
pub use rules::{rule_cause, rule_change, rule_place};
pub use sync::only_here;
