//! Whether a document has the shape that the interface description gives it.

use serde_json::Value;

/// What of `value` is not as the named schema says: a member that is missing, of another type or
/// not described.
pub(crate) fn fault(description: &Value, schema: &str, value: &Value) -> Option<String> {
    let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{schema}") });
    fits(description, &reference, value, schema).err()
}

fn fits(description: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = description
            .pointer(pointer)
            .ok_or(format!("{place}: no {reference}"))?;
        return fits(description, target, value, place);
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[word].as_array() {
            let fitting = choices
                .iter()
                .any(|one| fits(description, one, value, place).is_ok());
            return fitting
                .then_some(())
                .ok_or(format!("{place}: none of {word} fits {value}"));
        }
    }
    if !has_type(&schema["type"], value) {
        return Err(format!(
            "{place}: {} is not of type {}",
            value, schema["type"]
        ));
    }
    match value {
        Value::Object(members) => members_fit(description, schema, members, place),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(n, item)| {
            fits(
                description,
                &schema["items"],
                item,
                &format!("{place}[{n}]"),
            )
        }),
        _ => Ok(()),
    }
}

fn members_fit(
    description: &Value,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
    place: &str,
) -> Result<(), String> {
    let known = schema["properties"].as_object();
    if let Some(required) = schema["required"].as_array() {
        for name in required.iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{place}: {name} is missing"));
            }
        }
    }
    for (name, member) in members {
        let place = format!("{place}.{name}");
        match known.and_then(|known| known.get(name)) {
            Some(schema) => fits(description, schema, member, &place)?,
            None if known.is_some() => return Err(format!("{place}: not described")),
            None => fits(description, &schema["additionalProperties"], member, &place)?,
        }
    }
    Ok(())
}

/// A schema without a type takes anything.
fn has_type(expected: &Value, value: &Value) -> bool {
    match expected {
        Value::String(word) => is_of(word, value),
        Value::Array(words) => words
            .iter()
            .filter_map(Value::as_str)
            .any(|word| is_of(word, value)),
        _ => true,
    }
}

fn is_of(word: &str, value: &Value) -> bool {
    match word {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    }
}
