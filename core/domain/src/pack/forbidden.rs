//! Inputs that no scorecard and no catalogue may have (`domain.md` B.2): forbidden by art. 14 of
//! 征信业管理条例, or unfair and beyond what is necessary.

/// The forbidden fields, each with the words that name it in a path.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("religion", &["religion", "religious", "faith", "lama"]),
    ("genes", &["gene", "genes", "genetic", "dna"]),
    (
        "biometrics",
        &[
            "fingerprint",
            "fingerprints",
            "biometric",
            "biometrics",
            "face",
            "iris",
            "voiceprint",
        ],
    ),
    ("blood_type", &["blood", "blood_type"]),
    (
        "health",
        &[
            "disease",
            "illness",
            "medical",
            "medical_history",
            "health",
            "disability",
            "disabled",
        ],
    ),
    ("ethnicity", &["ethnicity", "ethnic", "nationality"]),
    ("gender", &["gender", "sex"]),
    (
        "marital_status",
        &[
            "marital",
            "marital_status",
            "married",
            "marriage",
            "divorced",
            "divorce",
        ],
    ),
    ("pregnancy", &["pregnancy", "pregnant"]),
    ("education", &["education", "schooling", "diploma"]),
    (
        "party_membership",
        &["party", "party_member", "party_membership"],
    ),
    ("family_harmony", &["harmony", "family_harmony"]),
    (
        "low_income_status",
        &["low_income", "five_guarantee", "dibao", "wubao", "poverty"],
    ),
    ("number_of_children", &["children", "child_count"]),
    (
        "contacts",
        &["contacts", "phone_contacts", "social_media", "wechat"],
    ),
    ("drug_register", &["drug", "drugs", "drug_register"]),
    ("criminal_record", &["criminal", "criminal_record", "crime"]),
];

/// The forbidden field that a name refers to: its words are looked at one by one and in pairs,
/// so that `household.head_gender` and `head/*/blood_type` are found, and `general` is not `gene`.
#[must_use]
pub(crate) fn find(name: &str) -> Option<&'static str> {
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let single = words.iter().map(|w| (*w).to_owned());
    let pairs = words.windows(2).map(|pair| pair.join("_"));
    let all: Vec<String> = single
        .chain(pairs)
        .map(|w| w.to_ascii_lowercase())
        .collect();
    FORBIDDEN
        .iter()
        .find(|(_, names)| all.iter().any(|w| names.contains(&w.as_str())))
        .map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forbidden_field_is_found_however_it_is_spelt() {
        for (field, names) in FORBIDDEN {
            for name in *names {
                assert_eq!(find(&format!("household.{name}")), Some(*field), "{name}");
                assert_eq!(find(&format!("member/*/{name}")), Some(*field), "{name}");
                assert_eq!(find(&format!("head.{name}_word")), Some(*field), "{name}");
            }
        }
    }

    #[test]
    fn an_innocent_name_is_not_taken_for_a_forbidden_one() {
        for name in [
            "general",
            "income.net_fen",
            "surface.mu",
            "household.members",
            "herd.sheep",
        ] {
            assert_eq!(find(name), None, "{name}");
        }
    }
}
