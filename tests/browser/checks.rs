//! What must be true of every page, whatever is on it.

use serde_json::{Value, json};

use crate::browser::{Browser, Screen};

/// axe-core, as `npm ci` has put it beside the suite.
fn axe() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/browser/node_modules/axe-core/axe.min.js"
    );
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{path}: {error}: run `npm ci` in tests/browser"))
}

/// What is wrong with a page: something sticks out, a target is too small for a thumb or the main
/// action beyond its reach, the browser complains, or somebody who reads differently is left out.
pub(crate) async fn faults(browser: &Browser) -> Vec<String> {
    let place = browser.place().await;
    let mut found = browser.complaints();
    let mut scripts = vec![("sticks out", STICKS_OUT)];
    if browser.screen == Screen::Phone {
        scripts.push(("too small for a thumb", TOO_SMALL));
        scripts.push(("out of the thumb's reach", OUT_OF_REACH));
    }
    for (what, script) in scripts {
        let said = browser.ask(script, Vec::new()).await;
        found.extend(lines(&said).map(|line| format!("{what}: {line}")));
    }
    found.extend(lines(&violations(browser).await).map(|line| format!("axe-core: {line}")));
    let of_place = |fault: String| format!("{place}: {fault}");
    found.into_iter().map(of_place).collect()
}

fn lines(said: &Value) -> impl Iterator<Item = &str> {
    let lines = said.as_array().into_iter().flatten();
    lines.filter_map(Value::as_str)
}

/// What is wider than the screen, with the elements that make it so.
const STICKS_OUT: &str = "
    const width = innerWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll('body *')].filter(
        (e) => e.getBoundingClientRect().right > width && !e.closest('.gachas, .reading'));
    return [document.documentElement.scrollWidth + ' > ' + width,
        ...wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];";

/// Targets below 44 points. A tick counts with its label, a link in a sentence with its line.
const TOO_SMALL: &str = "
    const targets = document.querySelectorAll('button, .button, summary, select, textarea, nav a, '
        + '.chips label, .tick, .parts a, .households a, input:not([type=hidden]):not([type=radio])'
        + ':not([type=checkbox]):not([type=file])');
    const small = [];
    for (const one of targets) {
        if (one.matches('.default') || !one.checkVisibility()) continue;
        const box = one.getBoundingClientRect();
        if (box.height < 43.9 || box.width < 43.9)
            small.push(Math.round(box.width) + 'x' + Math.round(box.height) + ' ' + one.outerHTML.slice(0, 120));
    }
    return small.slice(0, 5);";

/// Main actions that lie in the upper third of the screen once the page is read to its end.
const OUT_OF_REACH: &str = "
    scrollTo(0, document.documentElement.scrollHeight);
    const last = [...document.querySelectorAll('.ends .main')].pop();
    const far = [];
    if (last) {
        const box = last.getBoundingClientRect();
        const middle = box.top + box.height / 2;
        if (middle < innerHeight / 3 || box.bottom > innerHeight)
            far.push(Math.round(middle) + ' ' + last.outerHTML.slice(0, 120));
    }
    scrollTo(0, 0);
    return far;";

/// What axe-core calls serious or critical.
async fn violations(browser: &Browser) -> Value {
    let is_there = browser.ask("return !!window.axe", Vec::new()).await;
    if is_there == json!(false) {
        browser.ask(&axe(), Vec::new()).await;
    }
    let run = "
        const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations
            .filter((v) => v.impact === 'serious' || v.impact === 'critical')
            .map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)
                + ' (' + (n.any[0] || {}).message + ')').join(' | '))), (e) => done(['' + e]));";
    let found = browser.client.execute_async(run, Vec::new()).await;
    found.unwrap()
}
