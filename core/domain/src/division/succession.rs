//! How divisions follow each other (`domain.md` G 52, 53): gachas merge and split, codes change,
//! sumus become towns. History stays with the old code; an edge says where it goes on.
//!
//! A division that keeps its code and gets another name is no succession, only another
//! [`Division`](super::Division) row with a later first day.

use jiff::civil::Date;

use super::DivisionCode;
use crate::error::ErrorCode;
use crate::pack::vocabulary;

vocabulary! {
    /// How a division became another.
    SuccessionKind {
        /// 合并: all of it became part of the successor.
        Merged => "merged",
        /// 拆分: a part of it became the successor; who belongs there is listed one by one.
        Split => "split",
        /// 变更代码 or 改制 (苏木改镇): the same place under another code.
        Recoded => "recoded",
    }
}

/// One edge: from a day on, a division goes on as another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The division that was.
    pub from: DivisionCode,
    /// The division that follows.
    pub into: DivisionCode,
    /// The first day of the new state.
    pub on: Date,
    /// How.
    pub kind: SuccessionKind,
}

impl SuccessionKind {
    /// Whether everything in the old division belongs to the new one.
    #[must_use]
    pub const fn takes_all(self) -> bool {
        matches!(self, Self::Merged | Self::Recoded)
    }
}

/// Checks a new edge against those that are known.
///
/// On one day a division may be left or entered, never both: so no chain of edges of a day and no
/// cycle can be written, while a merger may still be undone years later.
///
/// # Errors
/// [`ErrorCode::DivisionSuccession`] for an edge from a division into itself or into one of
/// another level, for a cycle, and for a division that goes as a whole into two others;
/// [`ErrorCode::DivisionInvalid`] above the level of townships and gachas.
pub fn check(known: &[Succession], new: &Succession) -> Result<(), ErrorCode> {
    let level = new.from.level();
    if level < super::DivisionLevel::Township {
        return Err(ErrorCode::DivisionInvalid);
    }
    let crosses = |edge: &Succession| {
        edge.on == new.on && edge != new && (edge.into == new.from || edge.from == new.into)
    };
    let leaves_twice = |edge: &Succession| {
        edge.from == new.from
            && edge.on == new.on
            && edge.into != new.into
            && (edge.kind.takes_all() || new.kind.takes_all())
    };
    let is_refused = new.from == new.into
        || new.into.level() != level
        || known.iter().any(|edge| crosses(edge) || leaves_twice(edge));
    match is_refused {
        true => Err(ErrorCode::DivisionSuccession),
        false => Ok(()),
    }
}

/// Where a division goes on after all edges up to `day`, itself if nothing followed; a division
/// that was split goes on in several. By code.
#[must_use]
pub fn successors(edges: &[Succession], of: DivisionCode, day: Date) -> Vec<DivisionCode> {
    let mut sorted: Vec<&Succession> = edges.iter().filter(|edge| edge.on <= day).collect();
    sorted.sort_unstable();
    sorted.sort_by_key(|edge| edge.on);
    let mut found = vec![of];
    for edge in sorted {
        if !found.contains(&edge.from) {
            continue;
        }
        if edge.kind.takes_all() {
            found.retain(|code| *code != edge.from);
        }
        if !found.contains(&edge.into) {
            found.push(edge.into);
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn edge(from: &str, into: &str, year: i16, kind: SuccessionKind) -> Succession {
        Succession {
            from: from.parse().unwrap(),
            into: into.parse().unwrap(),
            on: date(year, 1, 1),
            kind,
        }
    }

    const A: &str = "150623200201";
    const B: &str = "150623200202";
    const C: &str = "150623200203";

    #[test]
    fn two_gachas_cannot_follow_each_other_on_one_day() {
        let known = [edge(A, B, 2026, SuccessionKind::Merged)];
        let back = edge(B, A, 2026, SuccessionKind::Merged);
        assert_eq!(check(&known, &back), Err(ErrorCode::DivisionSuccession));
        let chained = edge(B, C, 2026, SuccessionKind::Recoded);
        assert_eq!(check(&known, &chained), Err(ErrorCode::DivisionSuccession));
        let itself = edge(A, A, 2027, SuccessionKind::Recoded);
        assert_eq!(check(&known, &itself), Err(ErrorCode::DivisionSuccession));
        let undone = edge(B, A, 2028, SuccessionKind::Split);
        assert_eq!(check(&known, &undone), Ok(()));
        assert_eq!(check(&known, &known[0]), Ok(()), "the same edge again");
    }

    #[test]
    fn a_gacha_does_not_go_as_a_whole_into_two() {
        let known = [edge(A, B, 2026, SuccessionKind::Merged)];
        let second = edge(A, C, 2026, SuccessionKind::Merged);
        assert_eq!(check(&known, &second), Err(ErrorCode::DivisionSuccession));
        let known = [edge(A, B, 2026, SuccessionKind::Split)];
        let second = edge(A, C, 2026, SuccessionKind::Split);
        assert_eq!(check(&known, &second), Ok(()));
    }

    #[test]
    fn a_gacha_does_not_follow_a_sumu_nor_a_banner_another() {
        let sumu = edge("150623200", A, 2026, SuccessionKind::Recoded);
        assert_eq!(check(&[], &sumu), Err(ErrorCode::DivisionSuccession));
        let banner = edge("150623", "150624", 2026, SuccessionKind::Merged);
        assert_eq!(check(&[], &banner), Err(ErrorCode::DivisionInvalid));
    }

    #[test]
    fn the_way_of_a_gacha_is_followed_through_a_merger_and_a_split() {
        let edges = [
            edge(B, A, 2028, SuccessionKind::Split),
            edge(A, B, 2026, SuccessionKind::Merged),
            edge(B, C, 2030, SuccessionKind::Recoded),
        ];
        let on = |year| successors(&edges, A.parse().unwrap(), date(year, 6, 1));
        let codes = |texts: &[&str]| -> Vec<DivisionCode> {
            texts.iter().map(|t| t.parse().unwrap()).collect()
        };
        assert_eq!(on(2025), codes(&[A]));
        assert_eq!(on(2026), codes(&[B]));
        assert_eq!(on(2028), codes(&[A, B]));
        assert_eq!(on(2030), codes(&[A, C]));
    }
}
