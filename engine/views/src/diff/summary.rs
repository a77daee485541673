//! What differs, in one line.

use super::report::{Kind, Mark, Report};
use flowrun_core::words;

/// `2 flows changed, 1 added; cards: 3 changed, 1 moved`.
pub fn summary(report: &Report) -> String {
    if report.is_empty() {
        return "nothing differs".to_owned();
    }
    let mut parts = Vec::new();
    let files = report.files.iter().filter(|file| file.name.is_some());
    let of_file = |file: &super::report::Compared| {
        (file.mark != Mark::Changed || !file.items.is_empty()).then_some(file.mark)
    };
    parts.extend(counted("export", files.filter_map(of_file)));
    let items = || report.files.iter().flat_map(|file| &file.items);
    for kind in [Kind::Flow, Kind::Table, Kind::Connection, Kind::Variable] {
        parts.extend(counted(kind.word(), items().filter(|item| item.kind == kind).map(|item| item.mark)));
    }
    if items().any(|item| item.kind == Kind::Project) {
        parts.push("the project's name, description or settings changed".to_owned());
    }
    parts.extend(counted("card", items().flat_map(|item| &item.cards).map(|card| card.mark)));
    parts.join("; ")
}

/// `2 flows changed, 1 added`; none if there are none.
fn counted(thing: &str, marks: impl Iterator<Item = Mark>) -> Option<String> {
    let marks: Vec<Mark> = marks.collect();
    let mut told = Vec::new();
    for mark in [Mark::Changed, Mark::Added, Mark::Removed, Mark::Moved] {
        let count = marks.iter().filter(|other| **other == mark).count() as u64;
        match count {
            0 => {}
            count if told.is_empty() => told.push(format!("{} {}", words::many(count, thing), mark.word())),
            count => told.push(format!("{} {}", words::count(count), mark.word())),
        }
    }
    (!told.is_empty()).then(|| told.join(", "))
}

/// Where a card stands, for a reader who looks for it.
pub fn place(card: &super::report::CardChange) -> String {
    let mut told = String::new();
    if !card.within.is_empty() {
        told.push_str(&format!(", in {}", card.within.join(" › ")));
    }
    match (&card.behind, card.mark) {
        (_, Mark::Changed) => {}
        (Some(behind), Mark::Removed) => told.push_str(&format!(", was behind {behind}")),
        (Some(behind), _) => told.push_str(&format!(", behind {behind}")),
        (None, Mark::Removed) => told.push_str(", was first"),
        (None, _) => told.push_str(", first"),
    }
    told
}

/// The parts of two texts that differ, with a little around them; `…` stands for what is left out.
pub fn excerpt(was: &str, now: &str, room: usize) -> (String, String) {
    const AROUND: usize = 20;
    let (was, now): (Vec<char>, Vec<char>) = (was.chars().collect(), now.chars().collect());
    let common = was.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let cut = |text: &[char]| {
        let start = if text.len() <= room { 0 } else { common.saturating_sub(AROUND) };
        let shown: String = text[start..].iter().collect();
        words::fit(&format!("{}{shown}", if start > 0 { "…" } else { "" }), room)
    };
    (cut(&was), cut(&now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown() {
        let long = "a".repeat(100);
        let (was, now) = excerpt(&format!("{long}x"), &format!("{long}y"), 40);
        assert_eq!(was, format!("…{}x", "a".repeat(20)));
        assert_eq!(now, format!("…{}y", "a".repeat(20)));
        assert_eq!(excerpt("short", "other", 40), ("short".to_owned(), "other".to_owned()));
    }
}
