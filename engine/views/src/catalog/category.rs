//! The categories of cards, in the order in which the manual lists them: those of Okta's console, then the connectors'.

use flowrun_core::card::{Catalog, Colour, acronym, capital};

const fn colour(light: u32, dark: u32) -> Option<Colour> {
    Some(Colour { light, dark })
}

/// Those of Okta's console: how IDs of cards write it, its name, and its colour in pictures.
const OKTAS: &[(&str, &str, Option<Colour>)] = &[
    ("branching", "Branching", colour(0xd97706, 0xf59e0b)),
    ("error_handling", "Error Handling", colour(0xdc2626, 0xf87171)),
    ("flow_control", "Flow Control", colour(0x7c3aed, 0xa78bfa)),
    ("text", "Text", colour(0x0891b2, 0x22d3ee)),
    ("number", "Number", colour(0x2563eb, 0x60a5fa)),
    ("true_false", "True/False", colour(0x65a30d, 0xa3e635)),
    ("date_time", "Date & Time", colour(0xc026d3, 0xe879f9)),
    ("list", "List", colour(0x0d9488, 0x2dd4bf)),
    ("object", "Object", colour(0x4f46e5, 0x818cf8)),
    ("json", "JSON", colour(0xa16207, 0xfacc15)),
    ("xml", "XML", colour(0xb45309, 0xfbbf24)),
    ("csv", "CSV", colour(0x4d7c0f, 0xbef264)),
    ("file", "File", colour(0xdb2777, 0xf472b6)),
    ("url", "URL", colour(0x0369a1, 0x38bdf8)),
    ("encryption", "Encryption", colour(0xbe123c, 0xfb7185)),
    ("jwt", "JWT", colour(0xa21caf, 0xf0abfc)),
    ("flows", "Flows", colour(0x6d28d9, 0xa78bfa)),
    ("folders", "Folders", colour(0x854d0e, 0xeab308)),
    ("tables", "Tables", colour(0x16a34a, 0x4ade80)),
];

/// Every category: how IDs of cards write it, its name, its colour.
pub fn all(catalog: &Catalog) -> impl Iterator<Item = (&str, &str, Option<Colour>)> {
    let more = catalog.categories().iter();
    OKTAS.iter().copied().chain(more.map(|category| (&*category.id, &*category.title, category.colour)))
}

/// The name of a category; one that isn't listed is written in words.
pub fn title(catalog: &Catalog, group: &str) -> String {
    match all(catalog).find(|(id, ..)| *id == group) {
        Some((_, title, _)) => title.to_owned(),
        None => words(group),
    }
}

/// Where a category stands among all; one that isn't listed stands behind them.
pub fn rank(catalog: &Catalog, group: &str) -> usize {
    all(catalog).position(|(id, ..)| id == group).unwrap_or(usize::MAX)
}

/// The last part of a name in snake case, as words: `okta.read_user` is `Read User`. The number that tells connectors apart
/// which people built in Okta is no word.
pub fn words(name: &str) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    let number = |word: &str| word.len() == 32 && word.bytes().all(|letter| letter.is_ascii_hexdigit());
    let words = name.split('_').filter(|word| !word.is_empty() && !number(word));
    let words = words.map(|word| acronym(word).map_or_else(|| capital(word), str::to_owned));
    words.collect::<Vec<_>>().join(" ")
}
