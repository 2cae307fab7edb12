//! Where something is, as coarsely as the law lets it be kept (`domain.md` L-18): thousandths of a
//! degree, about a hundred metres. Distances are for an order and a hint; integers do for both.

/// A point on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Thousandths of a degree north.
    pub latitude_mdeg: i32,
    /// Thousandths of a degree east.
    pub longitude_mdeg: i32,
}

/// Metres of a thousandth of a degree on a meridian.
const METRES_PER_MDEG: i64 = 111;

/// Thousandths of the cosine of each whole degree from [`COSINES_FROM`] on: the latitudes of the region.
const COSINES: [i64; 18] = [
    799, 788, 777, 766, 755, 743, 731, 719, 707, 695, 682, 669, 656, 643, 629, 616, 602, 588,
];
const COSINES_FROM: i64 = 37;

impl Place {
    /// The place that is written as thousandths of a degree; `None` for what lies nowhere on earth.
    #[must_use]
    pub fn of_mdeg(latitude: i64, longitude: i64) -> Option<Self> {
        let is_real =
            (-90_000..=90_000).contains(&latitude) && (-180_000..=180_000).contains(&longitude);
        is_real.then_some(())?;
        Some(Self {
            latitude_mdeg: i32::try_from(latitude).ok()?,
            longitude_mdeg: i32::try_from(longitude).ok()?,
        })
    }

    /// How much shorter a degree of longitude is here than one of latitude, in thousandths.
    #[must_use]
    pub fn width_permille(self) -> i64 {
        let degree = i64::from(self.latitude_mdeg).abs() / 1000;
        let last = COSINES_FROM + 17;
        let at = degree.clamp(COSINES_FROM, last) - COSINES_FROM;
        let found = usize::try_from(at).ok().and_then(|at| COSINES.get(at));
        found.copied().unwrap_or(1000)
    }

    /// The corners, south-west and north-east, between which everything lies that is within so many
    /// metres, and a little more.
    #[must_use]
    pub fn around(self, metres: u64) -> (Self, Self) {
        let metres = i64::try_from(metres).unwrap_or(i64::MAX / 1000);
        let north = metres / METRES_PER_MDEG + 1;
        let east = metres.saturating_mul(1000) / (METRES_PER_MDEG * self.width_permille()) + 1;
        let corner = |sign: i64| Self {
            latitude_mdeg: moved(self.latitude_mdeg, sign.saturating_mul(north), 90_000),
            longitude_mdeg: moved(self.longitude_mdeg, sign.saturating_mul(east), 180_000),
        };
        (corner(-1), corner(1))
    }

    /// Metres between two places, good to a few in a hundred within a banner.
    #[must_use]
    pub fn metres_to(self, other: Self) -> u64 {
        let apart = |one: i32, other: i32| i64::from(one.abs_diff(other)) * METRES_PER_MDEG;
        let north = apart(self.latitude_mdeg, other.latitude_mdeg);
        let east = apart(self.longitude_mdeg, other.longitude_mdeg) * self.width_permille() / 1000;
        let square = north * north + east * east;
        square.unsigned_abs().isqrt()
    }
}

fn moved(from: i32, by: i64, limit: i32) -> i32 {
    let by = i32::try_from(by.clamp(-360_000, 360_000)).unwrap_or(0);
    (from + by).clamp(-limit, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: i64, longitude: i64) -> Place {
        Place::of_mdeg(latitude, longitude).unwrap()
    }

    #[test]
    fn a_way_is_as_long_north_as_on_the_map_and_shorter_east_than_its_degrees_say() {
        let here = place(43_900, 116_000);
        assert_eq!(here.metres_to(here), 0);
        assert_eq!(here.metres_to(place(44_900, 116_000)), 111_000);
        // At 43 degrees a degree of longitude is about 81 km.
        let east = here.metres_to(place(43_900, 117_000));
        assert!((80_000..82_500).contains(&east), "{east}");
        let both = here.metres_to(place(43_903, 116_004));
        assert!((455..475).contains(&both), "{both}");
    }

    #[test]
    fn nobody_close_by_is_missed_between_the_corners_around_a_place() {
        for latitude in [37_400, 43_900, 53_300] {
            let here = place(latitude, 116_000);
            let (from, to) = here.around(300);
            let mut near = 0;
            for (north, east) in (-9..=9).flat_map(|n| (-9..=9).map(move |e| (n, e))) {
                let there = place(latitude + north, 116_000 + east);
                let is_between = (from.latitude_mdeg..=to.latitude_mdeg)
                    .contains(&there.latitude_mdeg)
                    && (from.longitude_mdeg..=to.longitude_mdeg).contains(&there.longitude_mdeg);
                let is_near = here.metres_to(there) <= 300;
                assert!(is_between || !is_near, "{north} {east}");
                near += usize::from(is_near);
            }
            assert!(near > 9, "{near}");
        }
        assert_eq!(
            place(90_000, 180_000).around(u64::MAX),
            (place(-90_000, -180_000), place(90_000, 180_000))
        );
    }

    #[test]
    fn what_lies_nowhere_is_no_place() {
        assert_eq!(Place::of_mdeg(90_001, 0), None);
        assert_eq!(Place::of_mdeg(0, -180_001), None);
        assert_eq!(Place::of_mdeg(i64::MAX, 0), None);
    }
}
