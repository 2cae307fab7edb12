use super::credit::{CREDIT_CHARACTERS, credit_check, organisation_check};
use super::resident::resident_check;
use super::*;
use std::str::FromStr;

/// The valid numbers of `domain.md` G 4.
const RESIDENTS: [&str; 3] = [
    "11010519491231002X",
    "440524188001010014",
    "34052419800101001X",
];

/// A resident ID number with a right check character for these 17 digits.
fn with_check(digits: &str) -> String {
    format!("{digits}{}", resident_check(digits.as_bytes()))
}

/// A credit code with right inner and outer check characters for these 16 characters.
fn credit_code(body: &str) -> String {
    let inner = char::from(organisation_check(&body.as_bytes()[8..16]));
    let outer = char::from(credit_check(format!("{body}{inner}").as_bytes()));
    format!("{body}{inner}{outer}")
}

#[test]
fn the_published_numbers_are_accepted_and_the_wrong_one_is_not() {
    for number in RESIDENTS {
        assert_eq!(number.parse::<ResidentId>().unwrap().as_str(), number);
    }
    let wrong = "110105194912310021".parse::<ResidentId>();
    assert_eq!(wrong, Err(ResidentIdError::Check));
}

#[test]
fn a_lower_case_x_and_full_width_digits_are_no_errors() {
    let typed = " １１010519491231002x ".parse::<ResidentId>().unwrap();
    assert_eq!(typed.as_str(), "11010519491231002X");
    assert_eq!(
        typed.original(),
        "１１010519491231002x",
        "what was typed is kept"
    );
}

#[test]
fn each_part_of_a_resident_number_is_refused_by_its_own_name() {
    let read = |text: &str| text.parse::<ResidentId>().unwrap_err();
    assert_eq!(read(""), ResidentIdError::Length);
    assert_eq!(read("1101051949123100"), ResidentIdError::Length);
    assert_eq!(read("1101051949123100二"), ResidentIdError::Length);
    assert_eq!(read("11010519491231X021"), ResidentIdError::Character);
    assert_eq!(
        read(&with_check("99010519491231002")),
        ResidentIdError::Area
    );
    assert_eq!(
        read(&with_check("15000019491231002")),
        ResidentIdError::Area
    );
    assert_eq!(
        read(&with_check("11010519490229002")),
        ResidentIdError::BirthDate
    );
    assert_eq!(
        read(&with_check("11010517991231002")),
        ResidentIdError::BirthDate
    );
    assert_eq!(
        with_check("11010519480229002")
            .parse::<ResidentId>()
            .map(|id| id.born_on()),
        Ok(jiff::civil::date(1948, 2, 29))
    );
}

#[test]
fn no_single_wrong_digit_and_no_two_swapped_ones_pass_for_a_resident_number() {
    for number in RESIDENTS {
        for at in 0..18 {
            for other in "0123456789X"
                .bytes()
                .filter(|b| *b != number.as_bytes()[at])
            {
                let mut wrong = number.as_bytes().to_vec();
                wrong[at] = other;
                assert_refused::<ResidentId>(&wrong);
            }
        }
        for_each_swap(number, assert_refused::<ResidentId>);
    }
}

#[test]
fn a_15_digit_number_matches_the_number_it_became_and_stays_readable() {
    let old = ResidentId::from_15("110105491231002").unwrap();
    assert_eq!(old, "11010519491231002X".parse().unwrap());
    assert_eq!(old.original(), "110105491231002");
    assert_eq!(
        ResidentId::from_15("11010549123100"),
        Err(ResidentIdError::Length)
    );
    assert_eq!(
        ResidentId::from_15("11010549123100X"),
        Err(ResidentIdError::Character)
    );
    assert_eq!(
        ResidentId::from_15("110105490229002"),
        Err(ResidentIdError::BirthDate)
    );
}

#[test]
fn the_sample_of_the_standard_is_accepted_with_its_parts() {
    let code: CreditCode = "91350100m000100y43".parse().unwrap();
    assert_eq!(code.as_str(), "91350100M000100Y43");
    assert_eq!(code.department(), Department::Market);
    assert_eq!(code.organisation_code(), "M000100Y4");
    let collective: CreditCode = credit_code("N2152502MF000000").parse().unwrap();
    assert_eq!(collective.department(), Department::Agriculture);
}

#[test]
fn each_part_of_a_credit_code_is_refused_by_its_own_name() {
    let read = |text: &str| text.parse::<CreditCode>().unwrap_err();
    assert_eq!(read("91350100M000100Y4"), CreditCodeError::Length);
    for letter in ["I", "O", "S", "V", "Z"] {
        assert_eq!(
            read(&format!("91350100{letter}000100Y43")),
            CreditCodeError::Character
        );
    }
    assert_eq!(read("9135010AM000100Y43"), CreditCodeError::Character);
    assert_eq!(
        read(&credit_code("B1350100M000100Y")),
        CreditCodeError::Department
    );
    let outer = char::from(credit_check(b"91350100M000100Y5"));
    assert_eq!(
        read(&format!("91350100M000100Y5{outer}")),
        CreditCodeError::Organisation
    );
    assert_eq!(read("91350100M000100Y44"), CreditCodeError::Check);
}

#[test]
fn no_single_wrong_character_and_no_two_swapped_ones_pass_for_a_credit_code() {
    for number in [
        "91350100M000100Y43".to_owned(),
        credit_code("N2152502MF1A2B3C"),
    ] {
        for at in 0..18 {
            for other in CREDIT_CHARACTERS
                .iter()
                .filter(|b| **b != number.as_bytes()[at])
            {
                let mut wrong = number.as_bytes().to_vec();
                wrong[at] = *other;
                assert_refused::<CreditCode>(&wrong);
            }
        }
        for_each_swap(&number, assert_refused::<CreditCode>);
    }
}

#[test]
fn a_name_that_the_bank_typed_with_another_dot_still_matches() {
    let same = "乌云·达来";
    for dot in ['\u{b7}', '\u{2022}', '\u{30fb}', '\u{ff0e}', '.'] {
        assert_eq!(normalise_name(&format!("乌云{dot}达来")), same, "{dot}");
        assert_eq!(
            normalise_name(&format!("　乌云 {dot} 达来 ")),
            same,
            "{dot}"
        );
    }
    assert_eq!(normalise_name("王　芳"), "王芳");
    assert_eq!(
        normalise_name("Ｂ. Bat"),
        "B. Bat",
        "a dot of an initial stays"
    );
    assert_eq!(normalise_name("  "), "");
}

#[test]
fn a_masked_value_shows_no_more_than_the_list_may() {
    assert_eq!(mask_id_number("150612199001011234"), "1506**********1234");
    assert_eq!(mask_id_number("110105491231002"), "1101*******1002");
    assert_eq!(mask_id_number("12345678"), "********");
    assert_eq!(mask_name("乌云达来"), "乌＊");
    assert_eq!(
        mask_name("王芳"),
        "王＊",
        "the length of a name is hidden too"
    );
    assert_eq!(mask_name(""), "＊");
}

#[test]
fn debug_output_and_errors_hold_no_personal_value() {
    let id: ResidentId = RESIDENTS[0].parse().unwrap();
    let code: CreditCode = "91350100M000100Y43".parse().unwrap();
    let shown = format!(
        "{id:?} {code:?} {}",
        "110105194912310021".parse::<ResidentId>().unwrap_err()
    );
    assert!(
        !shown.contains("1949") && !shown.contains("M000"),
        "{shown}"
    );
}

fn assert_refused<T: FromStr>(bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap();
    assert!(text.parse::<T>().is_err(), "{text} passed");
}

fn for_each_swap(number: &str, check: impl Fn(&[u8])) {
    for at in 0..17 {
        let mut swapped = number.as_bytes().to_vec();
        swapped.swap(at, at + 1);
        if swapped != number.as_bytes() {
            check(&swapped);
        }
    }
}
