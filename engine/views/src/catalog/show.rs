//! One card on a terminal.

use flowrun_core::card::{Card, Catalog, Field, Rest, Then};

use super::{category, choices, given, keys, need, renamed, traits};
use crate::look::{Look, Paint};
use flowrun_core::words::{pad, width};

/// Everything that a card's declaration says.
pub fn show(catalog: &Catalog, card: &Card, look: Look) -> String {
    let mut page = Page { paint: Paint(look.color), width: look.width.min(110), text: String::new() };
    let place = format!("{} · {}", card.id, category::title(catalog, card.group()));
    page.line(&format!("{}  {}", page.paint.bold(&card.title()), page.paint.dim(&place)));
    for paragraph in card.docs.split("\n\n") {
        page.line("");
        page.paragraph(paragraph, 0);
    }
    page.fields("Inputs", &card.inputs, card.rest_in.as_ref(), true);
    page.fields("Outputs", &card.outputs, card.rest_out.as_ref(), false);
    let traits = traits(catalog, card);
    if !traits.is_empty() {
        page.line("");
        page.paragraph(&traits.join(" "), 0);
    }
    page.examples("Examples", card, |then| matches!(then, Then::Gives(_)));
    page.examples("What may fail", card, |then| matches!(then, Then::Fails(_)));
    page.exports(card);
    page.text
}

/// A space at which no line is broken.
const GLUE: &str = "\u{a0}";

/// What stands for the names that the author chooses.
const ANY: &str = "any name";

/// A row of a table: name, type, need, and what it means.
type Line = (String, String, String, String);

struct Page {
    paint: Paint,
    width: usize,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str) {
        self.line("");
        self.line(&self.paint.bold(title));
    }

    /// A paragraph; names in backticks stand out where there are colors.
    fn paragraph(&mut self, text: &str, indent: usize) {
        let mut inside = false;
        for line in wrap(text, self.width.saturating_sub(indent)) {
            let line = self.names(&line, &mut inside);
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// Paints what stands between backticks; `inside` says whether the line before ended between two.
    fn names(&self, line: &str, inside: &mut bool) -> String {
        if !self.paint.0 {
            return line.to_owned();
        }
        let mut painted = String::new();
        for (index, part) in line.split('`').enumerate() {
            *inside ^= index > 0;
            painted.push_str(&if *inside { self.paint.cyan(part) } else { part.to_owned() });
        }
        painted
    }

    fn fields(&mut self, title: &str, fields: &[Field], rest: Option<&Rest>, inputs: bool) {
        let mut lines: Vec<Line> = Vec::new();
        for field in fields {
            let need = if inputs { need(field) } else { String::new() };
            let mut docs = one_line(&field.docs);
            let choices = choices(field);
            if !choices.is_empty() {
                // A choice stays on one line.
                let choices: Vec<String> = choices.iter().map(|choice| choice.replace(' ', GLUE)).collect();
                docs.push_str(&format!(" One of {}.", choices.join(", ")));
            }
            if let Some(keys) = keys(field) {
                docs.push_str(&format!(" {keys}"));
            }
            lines.push((field.name.to_string(), field.ty.to_string(), need, docs));
        }
        if let Some(rest) = rest {
            lines.push((ANY.to_owned(), rest.ty.to_string(), String::new(), one_line(&rest.docs)));
        }
        if lines.is_empty() {
            return;
        }
        self.heading(title);
        let widest =
            |part: fn(&Line) -> &String| lines.iter().map(|line| width(part(line))).max().unwrap_or(0);
        let (names, types, needs) = (widest(|line| &line.0), widest(|line| &line.1), widest(|line| &line.2));
        let left = 2 + names + 2 + types + 2 + if needs > 0 { needs + 2 } else { 0 };
        // Where little room is left beside the columns, what a field means goes below.
        let beside = self.width.saturating_sub(left) >= 36;
        for (name, ty, need, docs) in &lines {
            let free = name == ANY;
            let name = pad(name, names);
            let name = if free { self.paint.dim(&name) } else { self.paint.cyan(&name) };
            let columns = format!("  {name}  {}  ", self.paint.dim(&pad(ty, types)));
            let need = if needs > 0 { format!("{}  ", pad(need, needs)) } else { String::new() };
            let room = if beside { self.width - left } else { self.width.saturating_sub(6) };
            let mut inside = false;
            let docs: Vec<String> =
                wrap(docs, room).iter().map(|line| self.names(line, &mut inside)).collect();
            let mut docs = docs.into_iter();
            let first = if beside { docs.next().unwrap_or_default() } else { String::new() };
            self.line(&format!("{columns}{need}{first}"));
            let indent = " ".repeat(if beside { left } else { 6 });
            for line in docs {
                self.line(&format!("{indent}{line}"));
            }
        }
    }

    fn examples(&mut self, title: &str, card: &Card, wanted: fn(&Then) -> bool) {
        let mut examples = card.examples.iter().filter(|example| wanted(&example.then)).peekable();
        if examples.peek().is_none() {
            return;
        }
        self.heading(title);
        for (index, example) in examples.enumerate() {
            if index > 0 {
                self.line("");
            }
            for line in given(card, &example.given).lines() {
                self.line(&format!("  {line}"));
            }
            let then = match &example.then {
                Then::Gives(outputs) => self.paint.green(&format!("→ {outputs}")),
                Then::Fails(message) => self.paint.red(&format!("✗ {message}")),
            };
            self.line(&format!("  {then}"));
        }
    }

    fn exports(&mut self, card: &Card) {
        if card.exported_as.is_empty() {
            return;
        }
        self.heading("In Okta's exports");
        for address in card.exported_as.iter() {
            self.line(&format!("  {address}"));
        }
        let renamed: Vec<String> =
            renamed(card).iter().map(|(name, key)| format!("`{name}` is `{key}`")).collect();
        if !renamed.is_empty() {
            self.paragraph(&format!("{}.", renamed.join(", ")), 2);
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text in lines of so many columns; a list keeps its items apart.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, part) in text.lines().enumerate() {
        let item = part.trim_start().starts_with("- ");
        for (place, word) in part.split([' ', '\t']).filter(|word| !word.is_empty()).enumerate() {
            match lines.last_mut() {
                Some(line)
                    if !(item && place == 0)
                        && index + place > 0
                        && width(line) + 1 + width(word) <= columns =>
                {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
    }
    lines.iter().map(|line| line.replace(GLUE, " ")).collect()
}
