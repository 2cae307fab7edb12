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
    /// The words of an order; `row` is the subject that is put in its place. Whole numbers alone go into
    /// them: squares of the distance, in thousandths of thousandths of a degree.
    pub(super) fn words(self, row: &str) -> String {
        match self {
            Self::LocalCode => format!("{row}.local_code, {row}.id"),
            Self::Name => format!("{row}.name, {row}.local_code, {row}.id"),
            Self::LastVisit => format!(
                "(select max(v.visited_on) from last_visit v where v.subject = {row}.id),
                 {row}.local_code, {row}.id"
            ),
            Self::Distance { from } => {
                let (latitude, longitude) = (from.latitude_mdeg, from.longitude_mdeg);
                let width = from.width_permille();
                let far = format!(
                    "(select (v.latitude_mdeg - ({latitude})) * (v.latitude_mdeg - ({latitude})) * 1000000
                         + (v.longitude_mdeg - ({longitude})) * (v.longitude_mdeg - ({longitude}))
                             * {width} * {width}
                      from last_visit v where v.subject = {row}.id and v.latitude_mdeg is not null
                      order by v.year desc limit 1)"
                );
                format!("{far} is null, {far}, {row}.local_code, {row}.id")
            }
        }
    }
}
