//! Items of the catalogue that nothing uses: what is not needed is not asked (`domain.md` L-15).

/// The items that are named by no pack and by no rule of the domain.
pub(crate) fn unused(file: &str, text: &str, words: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(path) = line
            .strip_prefix("path = \"")
            .and_then(|rest| rest.strip_suffix('"'))
        else {
            continue;
        };
        if !words.iter().any(|source| names(source, path)) {
            problems.push(format!(
                "{file}:{number}: no rule uses the item {path}; take it out or use it"
            ));
        }
    }
    problems
}

/// Whether a text names an item: by its path, with its group, or by its last part where rules put
/// the rest before it.
fn names(source: &str, path: &str) -> bool {
    let group = path
        .split_once('.')
        .map(|(group, _)| format!("\"{group}.*\""));
    let last = path.rsplit(['/', '.']).next().unwrap_or(path);
    source.contains(path)
        || group.is_some_and(|group| source.contains(&group))
        || source.contains(&format!("\"{last}\""))
        || source.contains(&format!("/{last}\""))
}
