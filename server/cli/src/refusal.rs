//! The one place where an error of the command becomes words and a code: what is wrong and the way
//! out, in Chinese, for whoever sits before the terminal.

use std::error::Error;

use itgel_domain::error::{ErrorCode, Violation};
use itgel_server::ServiceError;
use itgel_text::{Lang, error, violation};

/// The language of the command.
pub(crate) const LANG: Lang = Lang::ZhCn;

/// An error of the service: its code and its words. What is no refusal has the words of its code
/// too; the cause stands below it.
#[must_use]
pub fn of(service: &ServiceError) -> String {
    match service {
        ServiceError::Refused { code, violations } => in_words(*code, violations),
        ServiceError::Config(_) => service.to_string(),
        other => in_words(other.code(), &[]),
    }
}

/// A code in words, with every place that is named, a line each.
#[must_use]
pub fn in_words(code: ErrorCode, violations: &[Violation]) -> String {
    let mut lines = Vec::new();
    for one in violations {
        let (words, code) = (violation(LANG, one), one.code);
        lines.push(match one.field.is_empty() {
            true => format!("{code}: {words}"),
            false => format!("{code}: {}: {words}", one.field),
        });
    }
    if !violations.iter().any(|one| one.code == code) {
        lines.insert(0, format!("{code}: {}", error(LANG, code, &[])));
    }
    lines.join("\n  ")
}

/// The code of an answer of the server, in words; a code that this program does not know stays.
#[must_use]
pub fn of_answer(code: &str) -> String {
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    known.map_or_else(|| code.to_owned(), |known| in_words(*known, &[]))
}

/// The error and what caused it, a line each; what only repeats the line above is left out.
#[must_use]
pub fn report(failed: &(dyn Error + 'static)) -> String {
    let mut lines = vec![format!("itgel: {failed}")];
    let mut cause = failed.source();
    while let Some(error) = cause {
        let is_told = matches!(
            error.downcast_ref::<ServiceError>(),
            Some(ServiceError::Refused { .. } | ServiceError::Config(_))
        );
        if !is_told {
            lines.push(format!("  because: {error}"));
        }
        cause = error.source();
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refusal_is_shown_as_a_bare_code() {
        for code in ErrorCode::ALL {
            let told = of(&ServiceError::refused(*code));
            let words = told.strip_prefix(&format!("{code}: ")).unwrap();
            assert!(
                words
                    .chars()
                    .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                "{told}"
            );
        }
    }

    #[test]
    fn every_broken_rule_is_told_with_its_place_and_the_code_once() {
        let refused = ServiceError::Refused {
            code: ErrorCode::ValueMissing,
            violations: vec![
                Violation::new("proof", ErrorCode::ValueMissing),
                Violation::new("relation", ErrorCode::RightNotOfRelatives),
            ],
        };
        let told = of(&refused);
        assert_eq!(told.lines().count(), 2, "{told}");
        assert!(told.contains("proof") && told.contains("relation"));
    }

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        #[derive(Debug, thiserror::Error)]
        #[error("{}", of(.0))]
        struct Failed(#[source] ServiceError);
        let told = report(&Failed(ServiceError::refused(ErrorCode::NotAllowed)));
        assert_eq!(told.lines().count(), 1, "{told}");
        let inner = ServiceError::caused("a place", std::io::Error::other("the disk"));
        let told = report(&Failed(inner));
        assert!(
            told.contains("a place") && told.contains("the disk"),
            "{told}"
        );
    }
}
