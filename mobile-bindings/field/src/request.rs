//! What a form says, and what a handler answers.

use axum::http::StatusCode;
use itgel_domain::error::ErrorCode;
use itgel_text::{self as text, Lang, escape};

/// The pairs of a form, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// The value of a name; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name = self.0.iter().filter(move |(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str())
    }

    /// The language that a button asked for.
    pub(crate) fn lang(&self) -> Option<Lang> {
        self.get("lang").parse().ok()
    }
}

/// The file that a form carries as `data:…;base64,…`.
pub(crate) fn attached(written: &str) -> Option<Vec<u8>> {
    let (head, body) = written.split_once(";base64,")?;
    head.starts_with("data:").then_some(())?;
    data_encoding::BASE64.decode(body.as_bytes()).ok()
}

/// A page without its frame.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    /// The markup of the page.
    pub(crate) main: String,
    /// Where it stands: the address that shows it again.
    pub(crate) at: String,
    /// Where its arrow leads; none on a page of the bar.
    pub(crate) back: Option<String>,
    /// It has a form with the id `entry`, which keeps what was written when the language changes.
    pub(crate) has_entry: bool,
}

impl Page {
    pub(crate) fn new(title: String, at: impl Into<String>, main: String) -> Self {
        Self {
            status: StatusCode::OK,
            title,
            main,
            at: at.into(),
            back: None,
            has_entry: false,
        }
    }

    #[must_use]
    pub(crate) fn back_to(self, address: impl Into<String>) -> Self {
        Self {
            back: Some(address.into()),
            ..self
        }
    }

    #[must_use]
    pub(crate) fn with_entry(self) -> Self {
        Self {
            has_entry: true,
            ..self
        }
    }

    #[must_use]
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The device library.
    #[error(transparent)]
    Device(#[from] itgel_device::Error),
    /// No such page.
    #[error("no such page")]
    NotFound,
}

impl Trouble {
    /// The page that says so, with the way out.
    pub(crate) fn page(&self, lang: Lang) -> Page {
        let (code, status) = match self {
            Self::NotFound => (ErrorCode::NotFound, StatusCode::NOT_FOUND),
            Self::Device(error) => (error.code(), StatusCode::UNPROCESSABLE_ENTITY),
        };
        let words = text::error(lang, code, &[]);
        let main = format!("<p class=\"error\" role=\"alert\">{}</p>", escape(&words));
        Page::new(text::app_failed(lang), "/", main)
            .back_to("/")
            .with_status(status)
    }
}
