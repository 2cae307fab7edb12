//! The orders of my gachas: how they are called, and what a row tells beside its name in each.

use itgel_device::{Listed, Order};
use itgel_domain::place::Place;
use itgel_text::{self as text, Lang, escape};

/// An order as the address asks for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    word: &'static str,
    /// The order that can be had; that of the codes while nobody knows where the officer is.
    pub(super) order: Order,
}

impl Asked {
    pub(super) fn of(word: &str, here: Option<Place>) -> Self {
        let (word, order) = match word {
            "name" => ("name", Order::Name),
            "visit" => ("visit", Order::LastVisit),
            "distance" => {
                let order = here.map(|from| Order::Distance { from });
                ("distance", order.unwrap_or_default())
            }
            _ => ("code", Order::LocalCode),
        };
        Self { word, order }
    }

    /// Its word in an address.
    pub(super) const fn word(self) -> &'static str {
        self.word
    }

    /// Asks the browser for the place that the order lacks; nothing where it lacks none.
    pub(super) fn question(self, lang: Lang) -> Option<String> {
        let has_place = matches!(self.order, Order::Distance { .. });
        (self.word == "distance" && !has_place).then(|| {
            format!(
                "<p class=\"note\" role=\"status\" data-here=\"reload\" data-failed=\"{}\">{}</p>\n",
                escape(&text::app_place_none(lang)),
                escape(&text::app_place_asked(lang))
            )
        })
    }

    /// What is told of a household beside its name.
    pub(super) fn beside(self, lang: Lang, one: &Listed) -> Option<String> {
        match self.order {
            Order::LocalCode | Order::Name => None,
            Order::LastVisit => Some(match one.visited_on {
                Some(day) => text::app_visited_on(lang, day.to_string()),
                None => text::app_visited_never(lang),
            }),
            Order::Distance { from } => Some(match one.place {
                Some(place) => distance(lang, from.metres_to(place)),
                None => text::app_place_unknown(lang),
            }),
        }
    }
}

/// The words of all orders, and how each is called.
pub(super) fn all(lang: Lang) -> [(&'static str, String); 4] {
    [
        ("code", text::app_order_code(lang)),
        ("name", text::app_order_name(lang)),
        ("visit", text::app_order_visit(lang)),
        ("distance", text::app_order_distance(lang)),
    ]
}

/// A way in words; nearer than places are known it says so.
fn distance(lang: Lang, metres: u64) -> String {
    match metres {
        0..=200 => text::app_distance_near(lang),
        _ => {
            let hundreds = (metres + 50) / 100;
            let words = format!("{}.{}", hundreds / 10, hundreds % 10);
            text::app_distance(lang, words)
        }
    }
}
