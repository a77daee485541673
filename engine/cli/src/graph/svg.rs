//! A picture as SVG.

use std::fmt::Write;

use super::Theme;
use super::layout::{Label, Picture};
use super::paint::{self, COLOURS};
use super::scene::{Paint, Scene};
use super::wires::Net;

/// How round the corners of wires are.
const ROUND: i32 = 6;

/// Writes the picture.
pub fn write(picture: &Picture, scene: &Scene, theme: Theme) -> String {
    let mut svg = Svg { out: String::new(), colours: colours(picture, scene) };
    let Picture { width, height, .. } = picture;
    svg.line(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">"#,
        paint::CLASS
    ));
    svg.line(format_args!("<title>{}</title>", escape(&scene.name)));
    if !scene.description.trim().is_empty() {
        svg.line(format_args!("<desc>{}</desc>", escape(scene.description.trim())));
    }
    svg.line(format_args!("<style>{}</style>", paint::style(theme)));
    svg.line(format_args!(r#"<rect class="ground" width="{width}" height="{height}" rx="12"/>"#));
    svg.panels(picture, scene, true);
    for (x, y, length) in &picture.rules {
        svg.line(format_args!(r#"<path class="rule" d="M{x} {y}h{length}"/>"#));
    }
    for arrow in &picture.arrows {
        svg.arrow(arrow);
    }
    for net in &picture.wires.nets {
        svg.net(net, scene);
    }
    svg.panels(picture, scene, false);
    for net in &picture.wires.nets {
        svg.ends(net);
    }
    for (x, y, width) in &picture.tags {
        svg.line(format_args!(r#"<rect class="tag" x="{x}" y="{y}" width="{width}" height="18" rx="6"/>"#));
    }
    for label in &picture.labels {
        svg.label(label);
    }
    svg.line(format_args!("</svg>"));
    svg.out
}

/// The colour of each node's wires; nodes that nobody reads have none.
fn colours(picture: &Picture, scene: &Scene) -> Vec<Option<usize>> {
    let mut colours = vec![None; scene.nodes.len()];
    for net in &picture.wires.nets {
        colours[net.source] = Some(net.colour % COLOURS);
    }
    colours
}

struct Svg {
    out: String,
    colours: Vec<Option<usize>>,
}

impl Svg {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String never fails.
        let _ = writeln!(self.out, "{line}");
    }

    fn panels(&mut self, picture: &Picture, scene: &Scene, frames: bool) {
        for panel in picture.panels.iter().filter(|panel| panel.frame == frames) {
            let node = &scene.nodes[panel.node];
            let (x, y, width, height) = (panel.x, panel.y, panel.width, panel.height);
            let class = if frames { "frame" } else { "card" };
            let strip = paint::group_class(&node.group);
            let note = node
                .note
                .as_ref()
                .map(|note| format!("<title>{}</title>", escape(note.trim())))
                .unwrap_or_default();
            self.line(format_args!(
                r#"<g>{note}<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>"#
            ));
            // The strip follows the box's rounded corners on its left side.
            let down = height - 16;
            self.line(format_args!(
                r#"<path class="{strip}" d="M{} {y}a8 8 0 0 0-8 8v{down}a8 8 0 0 0 8 8h-2a1 1 0 0 1-1-1v-{}a1 1 0 0 1 1-1z"/></g>"#,
                x + 8,
                height - 2,
            ));
        }
    }

    fn arrow(&mut self, places: &[(i32, i32)]) {
        let Some(((x, y), before)) = places.split_last() else { return };
        let mut path: Vec<(i32, i32)> = before.to_vec();
        path.push((*x, y - 6));
        let path = rounded(&path);
        if places.len() > 2 {
            self.line(format_args!(r#"<path class="halo" d="{path}"/>"#));
        }
        self.line(format_args!(r#"<path class="order" d="{path}"/>"#));
        self.line(format_args!(r#"<path class="head" d="M{} {}h8l-4 7z"/>"#, x - 4, y - 8));
    }

    fn net(&mut self, net: &Net, scene: &Scene) {
        let paths: Vec<String> = net
            .ends
            .iter()
            .map(|(x, y, from_right)| {
                let before = if *from_right { x + 5 } else { x - 5 };
                rounded(&[net.start, (net.x, net.start.1), (net.x, *y), (before, *y)])
            })
            .collect();
        let paths = paths.join("");
        let node = &scene.nodes[net.source];
        let title = escape(node.id.as_deref().unwrap_or(&node.title));
        let colour = net.colour % COLOURS;
        self.line(format_args!(
            r#"<g class="net"><title>{title}</title><path class="wire w{colour}" d="{paths}"/></g>"#
        ));
    }

    /// A dot where wires leave a card, a tip where they reach one.
    fn ends(&mut self, net: &Net) {
        let colour = net.colour % COLOURS;
        let (x, y) = net.start;
        let mut tips = String::new();
        for (x, y, from_right) in &net.ends {
            let step = if *from_right { 6 } else { -6 };
            let _ = write!(tips, "M{x} {y}l{step}-3v6z");
        }
        self.line(format_args!(
            r#"<circle class="t{colour}" cx="{x}" cy="{y}" r="3"/><path class="t{colour}" d="{tips}"/>"#
        ));
    }

    fn label(&mut self, label: &Label) {
        let Label { x, y, class, pieces, .. } = label;
        let _ = write!(self.out, r#"<text class="{class}" x="{x}" y="{y}">"#);
        for piece in pieces {
            let text = escape(&piece.text);
            let class = match piece.paint {
                Paint::Plain => None,
                Paint::Muted => (*class == "value").then(|| "dim".to_owned()),
                Paint::From(node) => {
                    self.colours.get(node).copied().flatten().map(|colour| format!("t{colour}"))
                }
            };
            let _ = match class {
                Some(class) if pieces.len() > 1 || *class != *label.class => {
                    write!(self.out, r#"<tspan class="{class}">{text}</tspan>"#)
                }
                _ => write!(self.out, "{text}"),
            };
        }
        self.line(format_args!("</text>"));
    }
}

/// A line through these places, with round corners.
fn rounded(places: &[(i32, i32)]) -> String {
    let mut path = String::new();
    let Some((first, rest)) = places.split_first() else { return path };
    let _ = write!(path, "M{} {}", first.0, first.1);
    let mut from = *first;
    for (index, at) in rest.iter().enumerate() {
        let Some(to) = rest.get(index + 1) else {
            let _ = write!(path, "L{} {}", at.0, at.1);
            break;
        };
        let round = ROUND.min(distance(from, *at)).min(distance(*at, *to) / 2);
        let (before, after) = (toward(*at, from, round), toward(*at, *to, round));
        let _ = write!(path, "L{} {}Q{} {} {} {}", before.0, before.1, at.0, at.1, after.0, after.1);
        from = *at;
    }
    path
}

fn distance(a: (i32, i32), b: (i32, i32)) -> i32 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// The place `by` pixels from `at` on the way to `to`; all lines are level or upright.
fn toward(at: (i32, i32), to: (i32, i32), by: i32) -> (i32, i32) {
    (at.0 + (to.0 - at.0).signum() * by, at.1 + (to.1 - at.1).signum() * by)
}

/// A text for XML. Characters that XML can't hold are left out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}
