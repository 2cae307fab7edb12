//! Who must not act for a subject, as devices are told it (`domain.md` D.1): officers who declared
//! an interest, as digests under a salt of the row, so that a device knows its own officers among
//! them and a list that is found says no names.

use crate::hash::Hash;
use crate::id::OfficerId;

/// The officers with an interest that stands, of one subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarredOfficers {
    /// Of this row alone, hexadecimal.
    pub salt: String,
    /// A digest for each officer, in order.
    pub officers: Vec<Hash>,
}

impl BarredOfficers {
    /// The row of these officers under a salt.
    #[must_use]
    pub fn of<'a>(salt: String, officers: impl IntoIterator<Item = &'a OfficerId>) -> Self {
        let digests = officers.into_iter().map(|officer| digest(&salt, officer));
        let mut officers: Vec<Hash> = digests.collect();
        officers.sort_unstable();
        officers.dedup();
        Self { salt, officers }
    }

    /// Whether an officer is among them.
    #[must_use]
    pub fn bars(&self, officer: &OfficerId) -> bool {
        self.officers.contains(&digest(&self.salt, officer))
    }
}

fn digest(salt: &str, officer: &OfficerId) -> Hash {
    let parts: [&[u8]; 2] = [salt.as_bytes(), officer.as_str().as_bytes()];
    Hash::of("itgel.barred.v1", &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_bars_its_officers_under_its_own_salt_and_names_nobody() {
        let [relative, other]: [OfficerId; 2] = ["o1", "o2"].map(|id| id.parse().unwrap());
        let row = BarredOfficers::of("aa".into(), [&relative, &relative]);
        assert!(row.bars(&relative) && !row.bars(&other));
        assert_eq!(row.officers.len(), 1);
        let elsewhere = BarredOfficers::of("bb".into(), [&relative]);
        assert_ne!(
            row.officers, elsewhere.officers,
            "two rows cannot be linked"
        );
        assert!(!serde_json::to_string(&row).unwrap().contains("o1"));
    }
}
