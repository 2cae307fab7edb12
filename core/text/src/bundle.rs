//! The Fluent bundles: one per language, made at the first use and shared by all threads.

use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::langid;

use crate::lang::Lang;
use crate::messages::TEXTS;

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 3]> = LazyLock::new(|| Lang::ALL.map(bundle));

/// The text of a message with these arguments.
///
/// The build has checked that every language has the key with these variables; a key from nowhere
/// would give itself.
pub(crate) fn format(lang: Lang, key: &str, args: &[(&str, &dyn Display)]) -> String {
    let mut given = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        given.set(*name, value.to_string());
    }
    try_format(lang, key, None, &given).unwrap_or_else(|| key.to_owned())
}

/// The text of a message or of its attribute; `None` if there is none, or an argument is missing.
pub(crate) fn try_format(
    lang: Lang,
    key: &str,
    attribute: Option<&str>,
    args: &FluentArgs<'_>,
) -> Option<String> {
    let bundle = &BUNDLES[lang as usize];
    let message = bundle.get_message(key)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut errors);
    errors.is_empty().then(|| text.into_owned())
}

fn bundle(lang: Lang) -> Bundle {
    let id = match lang {
        Lang::ZhCn => langid!("zh-CN"),
        Lang::MnMong => langid!("mn-Mong"),
        Lang::En => langid!("en"),
    };
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // The marks that isolate arguments would stand in printed sheets and in the terminal.
    bundle.set_use_isolating(false);
    for text in TEXTS[lang as usize] {
        // The build has read every text without an error; what can be read of one is used.
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new((*text).to_owned());
        bundle.add_resource_overriding(resource);
    }
    bundle
}
