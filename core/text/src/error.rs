//! The text of an error code: what is wrong, and the way out.

use fluent_bundle::FluentArgs;
use itgel_domain::error::{ErrorCode, Violation};

use crate::bundle;
use crate::lang::Lang;
use crate::messages::ERROR_KEYS;

/// What is wrong and the way out, for a person.
///
/// The arguments are the figures of the rule by name, as a [`Violation`] carries them. Unknown
/// ones are passed over; if one is missing that the text needs, the text without figures is given.
#[must_use]
pub fn error(lang: Lang, code: ErrorCode, args: &[(String, String)]) -> String {
    let key = code.text_key();
    let mut given = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        given.set(name.as_str(), value.as_str());
    }
    bundle::try_format(lang, &key, None, &given)
        .or_else(|| bundle::try_format(lang, &key, Some("plain"), &given))
        .unwrap_or(key)
}

/// The text of a broken rule. The field it belongs to stands beside it, and is not in it.
#[must_use]
pub fn violation(lang: Lang, violation: &Violation) -> String {
    error(lang, violation.code, &violation.args)
}

/// Fails the build on an error code without a text, and on a text without an error code. The
/// compiler's message shows the word; its text belongs in `ftl/*/errors.ftl`, in every language.
const EVERY_ERROR_CODE_HAS_A_TEXT_IN_ERRORS_FTL: () = {
    let mut at = 0;
    while at < ErrorCode::ALL.len() {
        let code = ErrorCode::ALL[at].as_str();
        assert!(find_key(code), "{}", code);
        at += 1;
    }
    let mut at = 0;
    while at < ERROR_KEYS.len() {
        assert!(find_code(ERROR_KEYS[at]), "{}", ERROR_KEYS[at]);
        at += 1;
    }
};
const _: () = EVERY_ERROR_CODE_HAS_A_TEXT_IN_ERRORS_FTL;

const fn find_key(code: &str) -> bool {
    let mut at = 0;
    while at < ERROR_KEYS.len() {
        if is_key_of(ERROR_KEYS[at], code) {
            return true;
        }
        at += 1;
    }
    false
}

const fn find_code(key: &str) -> bool {
    let mut at = 0;
    while at < ErrorCode::ALL.len() {
        if is_key_of(key, ErrorCode::ALL[at].as_str()) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether `key` is [`ErrorCode::text_key`] of `code`, at compile time.
const fn is_key_of(key: &str, code: &str) -> bool {
    let (key, code) = (key.as_bytes(), code.as_bytes());
    let prefix = "error-".len();
    if key.len() != prefix + code.len() {
        return false;
    }
    let mut at = 0;
    while at < code.len() {
        let expected = match code[at] {
            b'.' | b'_' => b'-',
            other => other,
        };
        if key[prefix + at] != expected {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_code_is_shown_as_its_key_in_any_language() {
        for code in ErrorCode::ALL {
            for lang in Lang::ALL {
                let text = error(lang, *code, &[]);
                assert!(
                    !text.contains("error-") && !text.contains('$'),
                    "{lang} {code}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_missing_figure_gives_the_text_without_figures_and_not_a_hole() {
        let code = ErrorCode::ValueOutOfRange;
        let known = Violation::new("herd.sheep", code)
            .with("min", 0)
            .with("max", 20_000);
        let text = violation(Lang::ZhCn, &known);
        assert_eq!(text, "数值应在 0 到 20000 之间。请核对后重填。");
        let unknown = Violation::new("herd.sheep", code).with("min", 0);
        assert_eq!(
            violation(Lang::ZhCn, &unknown),
            "数值超出合理范围。请核对后重填。"
        );
    }

    #[test]
    fn a_key_of_another_code_does_not_pass_for_its_text() {
        assert!(is_key_of("error-value-out-of-range", "value.out_of_range"));
        assert!(!is_key_of("error-value-out-of-range", "value.out_of_rang"));
        assert!(!is_key_of(
            "error-value-out-of-ranges",
            "value.out_of_range"
        ));
        assert!(!is_key_of("error-value-missing", "value.wrong_t"));
    }
}
