//! Divisions as people call them; the code stands where no name is known.

use itgel_domain::division::DivisionCode;
use itgel_domain::sync::hello::DivisionName;
use itgel_text::Lang;

use crate::app::Session;
use crate::request::Trouble;

/// The names that are known on this device.
pub(crate) struct Places {
    lang: Lang,
    names: Vec<DivisionName>,
}

impl Places {
    pub(crate) fn of(session: &Session, lang: Lang) -> Result<Self, Trouble> {
        let names = session.device.division_names()?;
        Ok(Self { lang, names })
    }

    /// What a division is called: in Mongolian for who reads it, if it has such a name.
    pub(crate) fn name(&self, code: DivisionCode) -> Option<&str> {
        let known = self.names.iter().find(|one| one.division == code)?;
        let mongolian = known
            .name_mn
            .as_deref()
            .filter(|_| self.lang == Lang::MnMong);
        Some(mongolian.unwrap_or(&known.name))
    }

    /// The name, or else the code.
    pub(crate) fn named(&self, code: DivisionCode) -> String {
        self.name(code)
            .map_or_else(|| code.to_string(), str::to_owned)
    }
}
