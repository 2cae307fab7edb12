//! Names for matching, and what a screen or a list may show of a name or a number.

/// A name in the form for matching; the name as written is kept beside it (`domain.md` G 1, G 2).
///
/// Full-width letters become plain ones, the many dots typed between Han characters become
/// U+00B7, spaces that only align Han characters go. A name is never matched alone (G 3).
#[must_use]
pub fn normalise_name(name: &str) -> String {
    let marks: Vec<char> = half_width(name).chars().collect();
    let mut out = String::with_capacity(name.len());
    for (at, &mark) in marks.iter().enumerate() {
        let before = last_solid(&marks[..at]);
        let after = marks[at + 1..].iter().copied().find(|c| !c.is_whitespace());
        let inside_han = before.is_some_and(is_han) && after.is_some_and(is_han);
        if mark.is_whitespace() {
            let beside_han = before.is_some_and(is_han) || after.is_some_and(is_han);
            if !beside_han && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if is_dot(mark) && inside_han {
            out.push('\u{b7}');
        } else {
            out.push(mark);
        }
    }
    out
}

/// Whether a character is none of a name: pictures, marks of a private use, control characters. The
/// joiners and selectors that Mongolian script is written with are part of names.
#[must_use]
pub fn is_unwritable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{fffc}' | '\u{fffd}' | '\u{1f000}'..='\u{1faff}' | '\u{f0000}'..='\u{10ffff}')
}

/// A number for a screen: its first four and last four characters, the rest as stars. A text too
/// short to hide anything that way is all stars.
#[must_use]
pub fn mask_id_number(number: &str) -> String {
    let marks: Vec<char> = number.trim().chars().collect();
    let shown = if marks.len() >= 15 { 4 } else { 0 };
    let hidden = shown..marks.len() - shown;
    let star = |(at, mark): (usize, &char)| if hidden.contains(&at) { '*' } else { *mark };
    marks.iter().enumerate().map(star).collect()
}

/// A name for the publicity list: its first character and one ＊, whatever its length
/// (`domain.md` D.4).
#[must_use]
pub fn mask_name(name: &str) -> String {
    name.trim().chars().take(1).chain(['＊']).collect()
}

/// Trimmed, with full-width ASCII (U+FF01 to U+FF5E) as plain ASCII.
pub(super) fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.trim().chars().map(narrow).collect()
}

fn last_solid(marks: &[char]) -> Option<char> {
    marks.iter().rev().copied().find(|c| !c.is_whitespace())
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The dots of `domain.md` G 2 (U+FF0E is a full stop by now), and the others that look the same.
const fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{b7}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{30fb}'
            | '\u{ff65}'
    )
}
