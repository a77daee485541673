//! What differs, as lines on a terminal.

use super::report::{CardChange, Change, Item, Mark, Report};
use super::summary::{excerpt, place, summary};
use crate::look::{Look, Paint};
use flowrun_core::words;

/// The report as text.
pub fn text(report: &Report, look: Look) -> String {
    let page = Page { paint: Paint(look.color), width: look.width };
    let mut text = String::new();
    for file in &report.files {
        let differs = file.mark != Mark::Changed || !file.items.is_empty();
        if let Some(name) = file.name.as_ref().filter(|_| differs) {
            text.push_str(&format!("{}\n\n", page.marked(file.mark, &page.paint.bold(&clean(name)))));
        }
        for item in &file.items {
            text.push_str(&page.item(item));
            text.push('\n');
        }
    }
    text.push_str(&format!("{}\n", page.paint.bold(&summary(report))));
    text
}

/// How it may look.
#[derive(Clone, Copy)]
struct Page {
    paint: Paint,
    width: usize,
}

impl Page {
    /// `~ name`, in the mark's colour.
    fn marked(self, mark: Mark, name: &str) -> String {
        let paint = self.paint;
        let sign = match mark {
            Mark::Changed => paint.yellow(mark.sign()),
            Mark::Added => paint.green(mark.sign()),
            Mark::Removed => paint.red(mark.sign()),
            Mark::Moved => paint.cyan(mark.sign()),
        };
        format!("{sign} {name}")
    }

    fn item(self, item: &Item) -> String {
        let name = format!("{} {}", item.kind.word(), self.paint.bold(&clean(&item.name)));
        let mut line = self.marked(item.mark, &name);
        if let Some(path) = &item.path {
            line.push_str(&self.paint.dim(&format!(" ({})", clean(path))));
        }
        line.push('\n');
        item.changes.iter().for_each(|change| line.push_str(&self.change(change, item.mark, 4)));
        item.cards.iter().for_each(|card| line.push_str(&self.card(card)));
        line
    }

    fn card(self, card: &CardChange) -> String {
        let name = format!("{}{}", self.paint.bold(&clean(&card.name)), self.paint.dim(&clean(&place(card))));
        let mut lines = format!("  {}\n", self.marked(card.mark, &name));
        card.changes.iter().for_each(|change| lines.push_str(&self.change(change, card.mark, 6)));
        lines
    }

    /// A change on one line where there is room for it, else on three.
    fn change(self, change: &Change, mark: Mark, indent: usize) -> String {
        let label = label(change);
        let space = " ".repeat(indent);
        let room = self.width.saturating_sub(indent);
        let left = room.saturating_sub(words::width(&label) + 12);
        let value = |text: &str| format!("`{text}`");
        match (&change.was, &change.now) {
            _ if change.is_hidden() => format!("{space}{label} has changed; it is not shown\n"),
            (Some(was), Some(now)) => {
                let line = format!("{label} was `{}`, is now `{}`", one_line(was), one_line(now));
                if words::width(&line) <= room && !was.contains('\n') && !now.contains('\n') {
                    let (was, now) =
                        (self.paint.dim(&value(&one_line(was))), self.paint.green(&value(&one_line(now))));
                    return format!("{space}{label} was {was}, is now {now}\n");
                }
                let (was, now) = excerpt(was, now, room.saturating_sub(14));
                let (was, now) = (self.paint.dim(&value(&was)), self.paint.green(&value(&now)));
                format!("{space}{label}\n{space}  was    {was}\n{space}  is now {now}\n")
            }
            (None, Some(now)) if mark == Mark::Added => {
                format!("{space}{label}: {}\n", value(&words::fit(now, left)))
            }
            (None, Some(now)) => {
                format!("{space}{label} is new: {}\n", self.paint.green(&value(&words::fit(now, left))))
            }
            (Some(was), None) if mark == Mark::Removed => {
                format!("{space}{label}: {}\n", value(&words::fit(was, left)))
            }
            (Some(was), None) => {
                format!("{space}{label} is gone, was {}\n", self.paint.dim(&value(&words::fit(was, left))))
            }
            (None, None) => String::new(),
        }
    }
}

/// ``field `email` ``, or ``case `other`, `value_a` ``.
fn label(change: &Change) -> String {
    let mut label = change.what.sort.to_owned();
    if let Some(name) = &change.what.name {
        label.push_str(&format!(" `{}`", clean(name)));
    }
    if let Some(part) = &change.what.part {
        label.push_str(&format!(", `{}`", clean(part)));
    }
    label
}

/// A name, in which nothing moves the cursor.
fn clean(text: &str) -> String {
    words::fit(text, 200)
}

fn one_line(text: &str) -> String {
    words::fit(text, 1_000)
}
