//! A flow as a Mermaid flowchart.

use std::fmt::Write;

use super::scene::{Form, Node, Row, Scene};
use super::text::Font;

/// Rows are cut to this many pixels of Mermaid's usual font.
const ROOM: i32 = 320;
const FONT: Font = Font::regular(12);

/// Writes the flowchart.
pub fn write(scene: &Scene) -> String {
    let mut chart = Chart { scene, out: String::from("flowchart TD\n"), edges: String::new() };
    let _ = writeln!(chart.out, "  %% {}", line(&scene.name));
    chart.run(&scene.body, Vec::new(), "  ");
    chart.out + &chart.edges
}

/// A node from which the flow goes on, and what the arrow says.
type Exit = (usize, String);

/// Where the cards of a run lead.
#[derive(Default)]
struct Exits {
    /// On to the next card.
    next: Vec<Exit>,
    /// Behind the innermost block that Return leaves alone.
    leave: Vec<Exit>,
}

struct Chart<'a> {
    scene: &'a Scene,
    out: String,
    /// Kept to the end: an arrow inside a subgraph would draw both its nodes into it.
    edges: String,
}

impl Chart<'_> {
    fn run(&mut self, nodes: &[usize], from: Vec<Exit>, indent: &str) -> Exits {
        let mut exits = Exits { next: from, leave: Vec::new() };
        for at in nodes {
            let node = &self.scene.nodes[*at];
            self.node(*at, node, indent);
            for (from, label) in std::mem::take(&mut exits.next) {
                let label =
                    if label.is_empty() { String::new() } else { format!("|\"{}\"|", escape(&label)) };
                let _ = writeln!(self.edges, "  n{from} -->{label} n{at}");
            }
            match &*node.card {
                "error_handling.return_error" => break,
                "flow_control.return" => {
                    exits.leave.push((*at, String::new()));
                    break;
                }
                _ if node.lanes.is_empty() => exits.next.push((*at, String::new())),
                _ => {
                    let mut arms = self.arms(*at, node, indent);
                    exits.next.append(&mut arms.next);
                    exits.leave.append(&mut arms.leave);
                }
            }
        }
        exits
    }

    fn arms(&mut self, at: usize, node: &Node, indent: &str) -> Exits {
        let mut exits = Exits::default();
        let inner = format!("{indent}  ");
        for (index, lane) in node.lanes.iter().enumerate() {
            let entry = (at, lane.label.clone());
            if lane.nodes.is_empty() {
                exits.next.push(entry);
                continue;
            }
            // The arrow that leads here says which arm it is.
            let when = lane.when.as_ref().map(|when| escape(&FONT.shorten(&when.text(), ROOM)));
            let _ = writeln!(
                self.out,
                "{indent}subgraph n{at}a{index}[\"{}\"]",
                when.unwrap_or_else(|| " ".to_owned())
            );
            let mut arm = self.run(&lane.nodes, vec![entry], &inner);
            let _ = writeln!(self.out, "{indent}end");
            exits.next.append(&mut arm.next);
            exits.leave.append(&mut arm.leave);
        }
        // An If/Else without `else` goes on, too.
        if &*node.card == "branching.if_else" {
            for arm in ["then", "else"] {
                if !node.lanes.iter().any(|lane| lane.label == arm) {
                    exits.next.push((at, arm.to_owned()));
                }
            }
        } else {
            // In other blocks Return leaves only the arm.
            exits.next.append(&mut exits.leave);
        }
        exits
    }

    fn node(&mut self, at: usize, node: &Node, indent: &str) {
        let mut lines = vec![format!("<b>{}</b>", escape(&node.title))];
        let starts = node.card.is_empty();
        if let (Some(id), false) = (&node.id, starts) {
            lines[0].push_str(&format!(" · {}", escape(id)));
        }
        let inputs = node.gives.iter().map(|give| &give.row).filter(|_| starts);
        let shown = node.rows.iter().chain(inputs).filter(|row| row.form != Form::Passed);
        lines.extend(shown.map(|row| escape(&FONT.shorten(&text(row), ROOM))));
        let text = lines.join("<br/>");
        let (open, close) = match () {
            () if starts => ("([", "])"),
            () if node.card.starts_with("branching.if_else") => ("{{", "}}"),
            () => ("[", "]"),
        };
        let _ = writeln!(self.out, "{indent}n{at}{open}\"{text}\"{close}");
    }
}

fn text(row: &Row) -> String {
    match row.form {
        Form::Call => format!("→ {}", row.text()),
        _ if row.key == "if" => row.text(),
        _ => format!("{}: {}", row.key, row.text()),
    }
}

/// A text for the inside of a quoted label: what Mermaid, Markdown or HTML would take for its own becomes a code.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' | '*' | ';' | '{' | '}' | '[' | ']' | '|' => {
                let _ = write!(escaped, "#{};", c as u32);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text on one line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
