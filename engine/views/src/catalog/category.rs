//! Okta's categories, in the order in which its console and this manual list them.

/// Every category: how IDs of cards write it, and its name.
pub const ALL: &[(&str, &str)] = &[
    ("branching", "Branching"),
    ("error_handling", "Error Handling"),
    ("flow_control", "Flow Control"),
    ("text", "Text"),
    ("number", "Number"),
    ("true_false", "True/False"),
    ("date_time", "Date & Time"),
    ("list", "List"),
    ("object", "Object"),
    ("json", "JSON"),
    ("xml", "XML"),
    ("csv", "CSV"),
    ("file", "File"),
    ("url", "URL"),
    ("encryption", "Encryption"),
    ("jwt", "JWT"),
    ("file", "File"),
    ("tables", "Tables"),
    ("api_connector", "API Connector"),
    ("external", "External"),
    ("okta", "Okta"),
    ("personio", "Personio"),
];

/// The name of a category; one that isn't listed is written in words.
pub fn title(group: &str) -> String {
    match ALL.iter().find(|(id, _)| *id == group) {
        Some((_, title)) => (*title).to_owned(),
        None => words(group),
    }
}

/// Where a category stands among all; one that isn't listed stands behind them.
pub fn rank(group: &str) -> usize {
    ALL.iter().position(|(id, _)| *id == group).unwrap_or(ALL.len())
}

/// The last part of a name in snake case, as words: `okta.read_user` is `Read User`.
pub fn words(name: &str) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    let words = name.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}
