//! Inputs that no scorecard and no catalogue may have (`domain.md` B.2): forbidden by art. 14 of
//! 征信业管理条例, or unfair and beyond what is necessary.

use crate::catalogue::Restricted;

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
    let all = words(name);
    FORBIDDEN
        .iter()
        .find(|(_, names)| all.iter().any(|w| names.contains(&w.as_str())))
        .map(|(field, _)| *field)
}

/// Words in a path of a household's item that tell of one of the classes which are locked until
/// the person ticks them (`domain.md` L-04, L-18).
const RESTRICTED: &[(Restricted, &[&str])] = &[
    (
        Restricted::Income,
        &["income", "wage", "wages", "salary", "revenue", "earnings"],
    ),
    (Restricted::Deposits, &["deposit", "deposits", "savings"]),
    (
        Restricted::Securities,
        &[
            "securities",
            "shares",
            "stocks",
            "bonds",
            "funds",
            "options",
        ],
    ),
    (
        Restricted::Insurance,
        &["insurance", "insured", "policy", "premium", "annuity"],
    ),
    (
        Restricted::RealEstate,
        &[
            "real_estate",
            "house",
            "housing",
            "apartment",
            "dwelling",
            "property",
        ],
    ),
    (Restricted::Tax, &["tax", "taxes", "vat"]),
    (
        Restricted::Location,
        &["location", "gps", "latitude", "longitude", "whereabouts"],
    ),
];

/// The class that a household's item with this name belongs to by its words: such an item must
/// say that it is locked.
#[must_use]
pub(crate) fn restricted(name: &str) -> Option<Restricted> {
    let words = words(name);
    RESTRICTED
        .iter()
        .find(|(_, names)| words.iter().any(|word| names.contains(&word.as_str())))
        .map(|(class, _)| *class)
}

/// The words of a name one by one and in pairs, in small letters.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    let pairs = parts.windows(2).map(|pair| pair.join("_"));
    let pairs: Vec<String> = pairs.collect();
    parts.into_iter().chain(pairs).collect()
}

/// What names a forbidden field in the heads of Chinese tables. Words that also stand in lawful
/// heads, as 病 in 疫病, are written out.
const HEADS: &[(&str, &[&str])] = &[
    ("religion", &["宗教", "信仰", "喇嘛", "僧"]),
    ("genes", &["基因"]),
    ("biometrics", &["指纹", "人脸", "虹膜", "声纹"]),
    ("blood_type", &["血型"]),
    (
        "health",
        &[
            "疾病",
            "患病",
            "病史",
            "病情",
            "大病",
            "慢性病",
            "健康",
            "残疾",
            "伤残",
        ],
    ),
    ("ethnicity", &["民族", "族别"]),
    ("gender", &["性别"]),
    ("marital_status", &["婚姻", "婚否", "已婚", "离异", "丧偶"]),
    ("pregnancy", &["怀孕", "孕期"]),
    ("education", &["文化程度", "学历", "学位", "教育程度"]),
    ("party_membership", &["政治面貌", "党员", "党派", "入党"]),
    ("family_harmony", &["家庭和睦", "和睦", "邻里关系"]),
    (
        "low_income_status",
        &["低保", "五保", "贫困", "脱贫", "低收入", "特困"],
    ),
    ("number_of_children", &["子女", "孩子"]),
    ("contacts", &["通讯录", "微信", "QQ", "抖音"]),
    ("drug_register", &["涉毒", "吸毒", "戒毒"]),
    ("criminal_record", &["犯罪", "前科", "服刑", "刑满"]),
];

/// The forbidden field that the head of a Chinese table names: an import must not read its
/// column.
#[must_use]
pub fn find_in_head(head: &str) -> Option<&'static str> {
    let names = |words: &[&str]| words.iter().any(|word| head.contains(word));
    let found = HEADS.iter().find(|(_, words)| names(words));
    found.map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forbidden_field_has_its_chinese_heads_and_lawful_heads_pass() {
        for (field, _) in FORBIDDEN {
            assert!(HEADS.iter().any(|(named, _)| named == field), "{field}");
        }
        for (head, field) in [
            ("民族", Some("ethnicity")),
            ("户主政治面貌", Some("party_membership")),
            ("是否低保户", Some("low_income_status")),
            ("子女数", Some("number_of_children")),
            ("身份证号", None),
            ("家庭人口", None),
            ("牲畜疫病防治次数", None),
            ("劳动力人数", None),
        ] {
            assert_eq!(find_in_head(head), field, "{head}");
        }
    }

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
