//! Rated subjects (信用主体) and grades.

use crate::division::DivisionCode;
use crate::id::SubjectId;

/// What kind of subject is rated; the scorecard follows from it through the rule pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// 农牧户.
    Household,
    /// 新型农牧业经营主体.
    Entity(EntityKind),
    /// 嘎查村集体经济组织.
    Collective,
    /// 嘎查 or 行政村 as a whole, computed from effective ratings.
    Village,
    /// 苏木 or 乡镇 as a whole, computed from village titles and effective ratings.
    Township,
}

/// The two profiles of a new-type operating entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// 农民专业合作社.
    Cooperative,
    /// 家庭农牧场.
    Ranch,
}

/// How a household lives from the land (`domain.md` B.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Producer {
    /// Own or leased grazing with animals.
    Pastoral,
    /// Cropland.
    Farming,
    /// Both.
    Mixed,
    /// Neither.
    Other,
}

/// A grade (`domain.md` B.1.9), best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// 优秀.
    Aaa,
    /// 良好.
    Aa,
    /// 较好.
    A,
    /// 一般.
    B,
    /// 待培育: a low grade, never a record of dishonesty.
    C,
    /// 未评级: not enough is known.
    N,
    /// 不予评定: a veto stands against it, for a time.
    V,
}

/// A subject and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// Its identifier for ever, whatever happens to codes and ID numbers.
    pub id: SubjectId,
    /// What it is.
    pub kind: SubjectKind,
    /// Its home: the gacha of a household, the division itself of a village or township.
    pub division: DivisionCode,
    /// The number on the household's door or book, for a list; no personal data.
    pub local_code: String,
}

/// A word that names no value of the list it was read for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of: {expected}")]
pub struct UnknownWord {
    pub(crate) expected: &'static str,
}

impl Grade {
    /// AAA, AA or A: a credit household (信用户).
    #[must_use]
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::Aaa | Self::Aa | Self::A)
    }

    /// The grades that a score can give, best first.
    pub const SCORED: [Self; 5] = [Self::Aaa, Self::Aa, Self::A, Self::B, Self::C];
}

/// Both directions between the values of an enum and their one written form, and its codecs.
macro_rules! words {
    ($name:ident { $($pattern:pat => $value:expr => $word:literal,)+ }) => {
        impl $name {
            /// The word in documents, on the wire and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($pattern => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::subject::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::subject::UnknownWord> {
                match text {
                    $($word => Ok($value),)+
                    _ => Err($crate::subject::UnknownWord { expected: concat!($($word, " "),+) }),
                }
            }
        }

        crate::id::text_codec!($name);
    };
}
pub(crate) use words;

words!(SubjectKind {
    Self::Household => Self::Household => "household",
    Self::Entity(EntityKind::Cooperative) => Self::Entity(EntityKind::Cooperative) => "cooperative",
    Self::Entity(EntityKind::Ranch) => Self::Entity(EntityKind::Ranch) => "ranch",
    Self::Collective => Self::Collective => "collective",
    Self::Village => Self::Village => "village",
    Self::Township => Self::Township => "township",
});

words!(Producer {
    Self::Pastoral => Self::Pastoral => "pastoral",
    Self::Farming => Self::Farming => "farming",
    Self::Mixed => Self::Mixed => "mixed",
    Self::Other => Self::Other => "other",
});

words!(Grade {
    Self::Aaa => Self::Aaa => "AAA",
    Self::Aa => Self::Aa => "AA",
    Self::A => Self::A => "A",
    Self::B => Self::B => "B",
    Self::C => Self::C => "C",
    Self::N => Self::N => "N",
    Self::V => Self::V => "V",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_what_wrote_it() {
        for grade in Grade::SCORED.into_iter().chain([Grade::N, Grade::V]) {
            assert_eq!(grade.as_str().parse(), Ok(grade));
        }
        for word in [
            "household",
            "cooperative",
            "ranch",
            "collective",
            "village",
            "township",
        ] {
            assert_eq!(
                word.parse::<SubjectKind>().map(SubjectKind::as_str),
                Ok(word)
            );
        }
    }

    #[test]
    fn an_unknown_word_names_the_known_ones() {
        let error = "AAAA".parse::<Grade>().unwrap_err().to_string();
        assert!(error.contains("AAA AA A B C N V"), "{error}");
    }
}
