//! A column of a table: what stands in it, and under which heads officials have it.

use itgel_domain::catalogue::Unit;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the program.
    pub key: &'static str,
    /// Its head in the template.
    pub head: &'static str,
    /// Other heads under which officials have it.
    pub also: &'static [&'static str],
    /// Whether a row without it is refused.
    pub required: bool,
    /// What stands in it, for the template.
    pub meaning: &'static str,
    /// An example, for the template.
    pub example: &'static str,
    /// Of an amount: how it is stored, and the unit of a head that names none.
    pub measure: Option<(Unit, &'static str)>,
}

impl Column {
    /// A column of texts, words or days.
    #[must_use]
    pub const fn text(
        key: &'static str,
        head: &'static str,
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            key,
            head,
            also: &[],
            required: false,
            meaning,
            example,
            measure: None,
        }
    }

    /// A column of amounts, in `written` unless its head names another unit, as 面积(公顷).
    #[must_use]
    pub const fn amount(
        key: &'static str,
        head: &'static str,
        (unit, written): (Unit, &'static str),
        meaning: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            measure: Some((unit, written)),
            ..Self::text(key, head, meaning, example)
        }
    }

    /// The same, which no row may lack.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, known under other heads as well.
    #[must_use]
    pub const fn also(mut self, heads: &'static [&'static str]) -> Self {
        self.also = heads;
        self
    }

    /// The head as the template shows it, with its unit.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.measure {
            Some((_, written)) => format!("{}({written})", self.head),
            None => self.head.to_owned(),
        }
    }
}
