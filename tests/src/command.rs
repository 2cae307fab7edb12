//! What `itgel assess` prints for the inputs that the server assessed: the reference that every other
//! way to a grade is held against.

use itgel::assess::{Args, output};
use itgel_domain::assess::inputs::{Fact, Facts, Inputs};
use itgel_domain::id::SubjectId;
use itgel_domain::item::{State, Value as Found};
use itgel_domain::pack::shipped;
use itgel_server::store;
use itgel_server::store::assessment::AssessmentRow;
use serde_json::{Map, Value, json};

use crate::world::World;

/// What the server assessed last for a subject.
#[must_use]
pub fn stored(world: &World, subject: &SubjectId) -> AssessmentRow {
    let row = world.service.store.read(|c| {
        let standing = store::standing::get(c, subject, world.cycle())?.unwrap();
        store::assessment::get(c, &standing.inputs_hash.unwrap())
    });
    row.unwrap().unwrap()
}

/// What the command prints for a worksheet with the same facts and rows.
#[must_use]
pub fn in_the_command(world: &World, stored: &AssessmentRow) -> String {
    let inputs = Inputs::decode(&stored.inputs, shipped::rules()).unwrap();
    let file = world.path("worksheet.json");
    std::fs::write(&file, worksheet(&inputs).to_string()).unwrap();
    let (pack, parameters) = (Vec::new(), Vec::new());
    let args = Args {
        file,
        explain: false,
        check: false,
        pack,
        parameters,
        line: None,
    };
    let lines = output(&args).unwrap().lines;
    assert_eq!(lines.len(), 1);
    lines.concat()
}

fn worksheet(inputs: &Inputs) -> Value {
    json!({
        "title": "the same inputs",
        "subject": inputs.subject,
        "subject_kind": inputs.subject_kind,
        "as_of": inputs.as_of,
        "pack": inputs.pack.id,
        "parameters": inputs.parameters.id,
        "facts": facts(&inputs.facts),
        "context": inputs.context,
    })
}

/// Facts as people write them: by group and name, and by group, key and name.
fn facts(facts: &Facts) -> Value {
    let mut all = Map::new();
    let alone = facts
        .values
        .iter()
        .map(|(item, fact)| (item, written(fact)));
    let disputed = facts.conflicts.iter();
    let disputed = disputed.map(|(item, values)| (item, values.iter().map(written).collect()));
    for (item, fact) in alone.chain(disputed) {
        let mut place = &mut all;
        let mut names: Vec<&str> = item.as_str().split(['.', '/']).collect();
        let last = names.pop().unwrap();
        for name in names {
            let below = place.entry(name).or_insert_with(|| json!({}));
            place = below.as_object_mut().unwrap();
        }
        place.insert(last.to_owned(), fact);
    }
    all.into()
}

fn written(fact: &Fact) -> Value {
    let value = match &fact.state {
        State::Known(Found::Int(number)) => json!(number),
        State::Known(Found::Text(text)) => json!(text),
        State::Unknown => json!("unknown"),
        State::Refused => json!("refused"),
        State::NotApplicable => json!("not_applicable"),
    };
    json!({
        "value": value,
        "evidence": fact.evidence,
        "observed_on": fact.observed_on,
    })
}
