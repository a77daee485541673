//! What differs, as a comment on a pull request.

use super::report::{CardChange, Change, Compared, Item, Mark, Report};
use super::summary::{place, summary};
use flowrun_core::words;

/// A flow with more lines than this is folded.
const UNFOLDED: usize = 15;

/// Longer values stand in blocks of their own.
const LONGEST: usize = 90;

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut page = format!("**flowrun diff**: {}\n", escaped(&summary(report)));
    for file in &report.files {
        section(file, &mut page);
    }
    page
}

fn section(file: &Compared, page: &mut String) {
    if let Some(name) = file.name.as_ref().filter(|_| file.mark != Mark::Changed || !file.items.is_empty()) {
        page.push_str(&format!("\n## {} ({})\n", escaped(name), file.mark.word()));
    }
    for item in &file.items {
        page.push_str(&self::item(item));
    }
}

fn item(item: &Item) -> String {
    let path = item.path.as_ref().map(|path| format!(" {}", code(path))).unwrap_or_default();
    let title = format!("{} {}", item.kind.word(), escaped(&item.name));
    let mut body = String::new();
    item.changes.iter().for_each(|change| body.push_str(&self::change(change, item.mark, 0)));
    item.cards.iter().for_each(|card| body.push_str(&self::card(card)));
    let heading = format!("\n### {title} ({})\n\n", item.mark.word());
    let body = format!("{}{body}", if path.is_empty() { String::new() } else { format!("File{path}\n\n") });
    match body.lines().count() {
        lines if lines > UNFOLDED => {
            let cards = words::many(item.cards.len() as u64, "card");
            format!("{heading}<details><summary>{cards}</summary>\n\n{body}\n</details>\n")
        }
        _ => format!("{heading}{body}"),
    }
}

fn card(card: &CardChange) -> String {
    let mark = if card.mark == Mark::Changed { String::new() } else { format!("{} ", card.mark.word()) };
    let mut lines = format!("- {mark}**{}**{}\n", escaped(&card.name), escaped(&place(card)));
    card.changes.iter().for_each(|change| lines.push_str(&self::change(change, card.mark, 2)));
    lines
}

fn change(change: &Change, mark: Mark, indent: usize) -> String {
    let space = " ".repeat(indent);
    let mut label = change.what.sort.to_owned();
    if let Some(name) = &change.what.name {
        label.push_str(&format!(" {}", code(name)));
    }
    if let Some(part) = &change.what.part {
        label.push_str(&format!(", {}", code(part)));
    }
    let long = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.contains('\n') || text.chars().count() > LONGEST)
    };
    match (&change.was, &change.now) {
        _ if change.is_hidden() => format!("{space}- {label} has changed; it is not shown\n"),
        _ if long(&change.was) || long(&change.now) => {
            let block = block(change.was.as_deref(), change.now.as_deref(), indent + 2);
            format!("{space}- {label}\n{block}")
        }
        (Some(was), Some(now)) => format!("{space}- {label} was {}, is now {}\n", code(was), code(now)),
        (None, Some(now)) if mark == Mark::Added => format!("{space}- {label}: {}\n", code(now)),
        (None, Some(now)) => format!("{space}- {label} is new: {}\n", code(now)),
        (Some(was), None) if mark == Mark::Removed => format!("{space}- {label}: {}\n", code(was)),
        (Some(was), None) => format!("{space}- {label} is gone, was {}\n", code(was)),
        (None, None) => String::new(),
    }
}

/// Long texts, line by line, but for the lines that both have at the start and the end.
fn block(was: Option<&str>, now: Option<&str>, indent: usize) -> String {
    let lines =
        |text: Option<&str>| text.map(|text| text.lines().map(clean).collect::<Vec<_>>()).unwrap_or_default();
    let (was_lines, now_lines) = (lines(was), lines(now));
    let (mut was, mut now) = (&was_lines[..], &now_lines[..]);
    let mut parts = Vec::new();
    while let ([first, was_rest @ ..], [other, now_rest @ ..]) = (was, now)
        && first == other
    {
        (was, now) = (was_rest, now_rest);
        parts = vec!["  …".to_owned()];
    }
    let mut end = Vec::new();
    while let ([was_rest @ .., last], [now_rest @ .., other]) = (was, now)
        && last == other
    {
        (was, now) = (was_rest, now_rest);
        end = vec!["  …".to_owned()];
    }
    parts.extend(was.iter().map(|line| format!("- {line}")));
    parts.extend(now.iter().map(|line| format!("+ {line}")));
    parts.append(&mut end);
    let fence = "`".repeat(parts.iter().map(|line| longest_run(line)).max().unwrap_or(0).max(2) + 1);
    let space = " ".repeat(indent);
    let body: String = parts.iter().map(|line| format!("{space}{line}\n")).collect();
    format!("{space}{fence}diff\n{body}{space}{fence}\n")
}

/// A text as code, whatever signs are in it.
fn code(text: &str) -> String {
    let text = words::fit(text, 1_000);
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

/// A text in which nothing means anything to Markdown; names of cards may hold code.
fn escaped(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for letter in words::fit(text, 1_000).chars() {
        match letter {
            '<' => whole.push_str("&lt;"),
            '&' => whole.push_str("&amp;"),
            // Nobody is to be notified because a flow has their name.
            '@' => whole.push_str("&#64;"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                whole.push('\\');
                whole.push(letter);
            }
            letter => whole.push(letter),
        }
    }
    whole
}

fn clean(line: &str) -> String {
    words::fit(line, 1_000)
}
