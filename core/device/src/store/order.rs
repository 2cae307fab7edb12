//! The orders of a list of subjects.

use itgel_domain::place::Place;

/// In which order subjects are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By the number on the door or in the book.
    #[default]
    LocalCode,
    /// By the name of the head.
    Name,
    /// Who was visited longest ago first, and before them who never was.
    LastVisit,
    /// By the distance of the last place that is known; last who has none.
    Distance {
        /// From where.
        from: Place,
    },
}

impl Order {
    /// The words of an order; `row` is the subject that is put in its place. An order by distance has
    /// three parameters from `?8` on: those of [`Self::bound`].
    pub(super) fn words(self, row: &str) -> String {
        match self {
            Self::LocalCode => format!("{row}.local_code, {row}.id"),
            Self::Name => format!("{row}.name, {row}.local_code, {row}.id"),
            Self::LastVisit => format!(
                "(select max(v.visited_on) from last_visit v where v.subject = {row}.id),
                 {row}.local_code, {row}.id"
            ),
            Self::Distance { .. } => {
                // Squares of the distance, in thousandths of thousandths of a degree.
                let far = format!(
                    "(select (v.latitude_mdeg - ?8) * (v.latitude_mdeg - ?8) * 1000000
                         + (v.longitude_mdeg - ?9) * (v.longitude_mdeg - ?9) * ?10 * ?10
                      from last_visit v where v.subject = {row}.id and v.latitude_mdeg is not null
                      order by v.year desc limit 1)"
                );
                format!("{far} is null, {far}, {row}.local_code, {row}.id")
            }
        }
    }

    /// What the words are bound to: where the officer stands, and how wide a degree is there.
    pub(super) fn bound(self) -> Vec<i64> {
        match self {
            Self::LocalCode | Self::Name | Self::LastVisit => Vec::new(),
            Self::Distance { from } => vec![
                i64::from(from.latitude_mdeg),
                i64::from(from.longitude_mdeg),
                from.width_permille(),
            ],
        }
    }
}
