//! What a program of another language is sent out with: lines of a name and values between tabs,
//! which every language reads without a library.

use std::fmt::Write as _;
use std::path::PathBuf;

use itgel_domain::catalogue::Restricted;
use itgel_domain::id::SubjectId;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::trust::Invitation;
use itgel_tests::World;
use jiff::ToSpan as _;

/// An errand, written down.
pub(crate) struct Errand {
    /// The file with it.
    pub(crate) file: PathBuf,
    /// Where the program writes the assessment that it saw.
    pub(crate) result: PathBuf,
    /// The household that it rates.
    pub(crate) subject: SubjectId,
}

impl Errand {
    /// For the officers of a team of the world.
    pub(crate) fn of(world: &World, team: usize) -> Self {
        let household = world.households().iter().find(|h| h.twist.is_none());
        let household = household.unwrap();
        let (file, result) = (world.path("errand.tsv"), world.path("result.json"));
        let mut lines = String::new();
        let mut line = |values: &[&str]| writeln!(lines, "{}", values.join("\t")).unwrap();
        let key = world.service.keys.public_key();
        let code = &world.sample.teams[team].collector.code;
        let invited = |address: &str| Invitation::new(address, code, &key).to_string();
        line(&["invitation", &invited(world.address())]);
        // Nobody listens on the port of the discard service.
        line(&["unreachable", &invited("http://127.0.0.1:9")]);
        line(&["now_ms", &world.now().0.to_string()]);
        line(&["data", &world.path("app").display().to_string()]);
        line(&["result", &result.display().to_string()]);
        line(&["subject", household.subject.as_str()]);
        line(&["campaign", world.cycle().as_str()]);
        line(&["gacha", &world.gacha().code.to_string()]);
        line(&["today", &world.today().to_string()]);
        let until = world.today().saturating_add(1.year());
        line(&["until", &until.to_string()]);
        line(&["lender", world.sample.lender.as_str()]);
        for class in Restricted::ALL {
            line(&["class", class.as_str()]);
        }
        for person in &household.identity.people {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            line(&[
                "person",
                &person.role,
                &person.full_name,
                &text(&person.id_number),
                &text(&person.phone),
            ]);
        }
        for observation in &household.found {
            let written = written(observation);
            line(&written.each_ref().map(String::as_str));
        }
        std::fs::write(&file, lines).unwrap();
        Self {
            file,
            result,
            subject: household.subject.clone(),
        }
    }
}

/// `value`, item, kind, value, evidence, day.
fn written(observation: &Observation) -> [String; 6] {
    let (kind, value) = match &observation.state {
        State::Known(Value::Int(number)) => ("number", number.to_string()),
        State::Known(Value::Text(text)) => ("words", text.clone()),
        State::NotApplicable => ("not_applicable", String::new()),
        State::Unknown => ("unknown", String::new()),
        State::Refused => ("refused", String::new()),
    };
    let evidence = match observation.evidence {
        Evidence::A => "A",
        Evidence::B => "B",
        Evidence::C => "C",
        Evidence::D => "D",
    };
    [
        "value".to_owned(),
        observation.item.to_string(),
        kind.to_owned(),
        value,
        evidence.to_owned(),
        observation.observed_on.to_string(),
    ]
}
