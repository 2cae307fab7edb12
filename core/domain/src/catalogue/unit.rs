//! Units of quantities and their exact conversion into the one unit that is stored
//! (`domain.md` G 26).

use super::ViolationCode;
use crate::pack::decimal;
use crate::pack::vocabulary;

vocabulary! {
    /// The unit in which a quantity is stored.
    Unit {
        /// Area: 亩.
        Mu => "mu",
        /// Money: 分.
        Fen => "fen",
        /// Weight: kilogram.
        Kg => "kg",
        /// Animals: 头, 只, 匹, 峰.
        Head => "head",
        /// People.
        Person => "person",
        /// Years, whole.
        Year => "year",
        /// Thousandths of a sheep unit.
        MilliSu => "milli_su",
        /// Thousandths of a degree of latitude or longitude: about a hundred metres.
        MilliDegree => "mdeg",
        /// A plain count.
        Count => "count",
    }
}

/// Why an amount cannot be stored in an item's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnitFault {
    Unknown,
    NotANumber,
    NotWhole,
}

/// A unit that people write: its words, the stored unit, and how many stored units it holds as a
/// fraction.
struct Written(&'static [&'static str], Unit, i64, i64);

const WRITTEN: &[Written] = &[
    Written(&["mu", "亩"], Unit::Mu, 1, 1),
    Written(&["ha", "公顷"], Unit::Mu, 15, 1),
    Written(&["km2", "km²", "平方公里"], Unit::Mu, 1_500, 1),
    Written(&["fen", "分"], Unit::Fen, 1, 1),
    Written(&["yuan", "元"], Unit::Fen, 100, 1),
    Written(&["wan_yuan", "万元"], Unit::Fen, 1_000_000, 1),
    Written(&["kg", "公斤", "千克"], Unit::Kg, 1, 1),
    Written(&["jin", "斤"], Unit::Kg, 1, 2),
    Written(&["t", "吨"], Unit::Kg, 1_000, 1),
    Written(&["head", "头", "只", "匹", "峰"], Unit::Head, 1, 1),
    Written(&["person", "人"], Unit::Person, 1, 1),
    Written(&["year", "年"], Unit::Year, 1, 1),
    Written(&["milli_su"], Unit::MilliSu, 1, 1),
    Written(&["su", "羊单位"], Unit::MilliSu, 1_000, 1),
    Written(&["mdeg"], Unit::MilliDegree, 1, 1),
    Written(&["deg", "度"], Unit::MilliDegree, 1_000, 1),
    Written(&["count", "次", "项", "个", "块"], Unit::Count, 1, 1),
];

impl Unit {
    /// The words of all units that can be converted into this one, smallest first.
    pub fn accepted(self) -> impl Iterator<Item = &'static str> {
        WRITTEN
            .iter()
            .filter(move |w| w.1 == self)
            .flat_map(|w| w.0.iter().copied())
    }

    /// An amount as people write it, `("733.4", "公顷")`, in this unit, exactly.
    ///
    /// # Errors
    /// A unit that measures something else, an amount that is no decimal, or one that is no whole
    /// number of this unit.
    pub fn exact(self, amount: &str, unit: &str) -> Result<i64, ViolationCode> {
        let converted = self.convert(amount.trim(), unit.trim());
        converted.map_err(|fault| match fault {
            UnitFault::Unknown => ViolationCode::WrongUnit {
                unit: unit.chars().take(16).collect(),
                accepted: self.accepted().map(str::to_owned).collect(),
            },
            UnitFault::NotANumber => ViolationCode::NotANumber,
            UnitFault::NotWhole => ViolationCode::NotWhole { unit: self },
        })
    }

    /// The same for a quantity of which only whole units are kept: what is less than one unit is
    /// left out, and whether anything was. Nobody gets more by it than the paper says.
    ///
    /// # Errors
    /// As [`Unit::exact`], but for an amount that is no whole number of this unit.
    pub fn whole(self, amount: &str, unit: &str) -> Result<(i64, bool), ViolationCode> {
        match self.scaled(amount.trim(), unit.trim()) {
            Ok((num, den)) if num >= 0 && num % den != 0 => i64::try_from(num / den)
                .map(|whole| (whole, true))
                .map_err(|_| ViolationCode::NotANumber),
            _ => self.exact(amount, unit).map(|whole| (whole, false)),
        }
    }

    /// Stored units in one of the written `unit`, as a fraction; `None` if it measures something
    /// else.
    pub(crate) fn per(self, unit: &str) -> Option<(i64, i64)> {
        let written = WRITTEN
            .iter()
            .find(|w| w.1 == self && w.0.contains(&unit))?;
        Some((written.2, written.3))
    }

    /// `amount` (a decimal) of the written `unit` in this unit, exactly.
    fn convert(self, amount: &str, unit: &str) -> Result<i64, UnitFault> {
        let (num, den) = self.scaled(amount, unit)?;
        if num % den != 0 {
            return Err(UnitFault::NotWhole);
        }
        i64::try_from(num / den).map_err(|_| UnitFault::NotANumber)
    }

    /// The same as a fraction.
    fn scaled(self, amount: &str, unit: &str) -> Result<(i128, i128), UnitFault> {
        const PLACES: u32 = 6;
        let (stored, written) = self.per(unit).ok_or(UnitFault::Unknown)?;
        let millionths = decimal::parse(amount, PLACES).ok_or(UnitFault::NotANumber)?;
        let num = i128::from(millionths) * i128::from(stored);
        Ok((num, 10_i128.pow(PLACES) * i128::from(written)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hectares_jin_and_ten_thousands_convert_without_loss() {
        assert_eq!(Unit::Mu.convert("733.4", "公顷"), Ok(11_001));
        assert_eq!(Unit::Mu.convert("7.5", "km2"), Ok(11_250));
        assert_eq!(Unit::Kg.convert("120000", "斤"), Ok(60_000));
        assert_eq!(Unit::Fen.convert("14.0001", "万元"), Ok(14_000_100));
        assert_eq!(Unit::MilliSu.convert("450", "su"), Ok(450_000));
    }

    #[test]
    fn a_fraction_of_a_mu_never_makes_land_larger() {
        assert_eq!(Unit::Mu.whole("733.999999", "亩"), Ok((733, true)));
        assert_eq!(Unit::Mu.whole("733.000", "亩"), Ok((733, false)));
        assert_eq!(Unit::Mu.whole("0.05", "公顷"), Ok((0, true)));
        assert_eq!(
            Unit::Mu.whole("-0.5", "亩"),
            Err(ViolationCode::NotWhole { unit: Unit::Mu })
        );
        assert_eq!(Unit::Mu.whole("1e3", "亩"), Err(ViolationCode::NotANumber));
    }

    #[test]
    fn an_amount_that_would_be_rounded_is_refused() {
        assert_eq!(Unit::Kg.convert("3", "jin"), Err(UnitFault::NotWhole));
        assert_eq!(Unit::Fen.convert("0.005", "yuan"), Err(UnitFault::NotWhole));
        assert_eq!(Unit::Mu.convert("3", "kg"), Err(UnitFault::Unknown));
        assert_eq!(Unit::Mu.convert("1,000", "mu"), Err(UnitFault::NotANumber));
    }
}
