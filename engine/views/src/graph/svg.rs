//! A picture as SVG.

use std::fmt::Write;

use flowrun_core::card::Catalog;
use flowrun_core::source::Span;

use super::Theme;
use super::layout::{Label, Panel, Picture};
use super::paint::{self, COLOURS};
use super::scene::{Paint, Scene};
use super::wires::{Net, Place};
pub use crate::markup::line as escape;

/// How round the corners of wires are.
const ROUND: i32 = 6;

/// How a picture is written.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// Its colours; none where the page around it has the style sheet.
    pub theme: Option<Theme>,
    /// Where the picture of a flow is, by the flow's name.
    pub link: &'a dyn Fn(&str) -> Option<String>,
    /// What is marked of the card that stands there, or of its arm of this name.
    pub mark: &'a dyn Fn(Span, Option<&str>) -> Option<Mark>,
}

impl Default for Writing<'_> {
    fn default() -> Self {
        Writing { theme: None, link: &|_| None, mark: &|_, _| None }
    }
}

/// What is marked of a card or an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing came there.
    Never,
    /// Nothing came to these of its branches.
    Partly(String),
}

/// Writes the picture.
pub fn write(picture: &Picture, scene: &Scene, catalog: &Catalog, writing: Writing<'_>) -> String {
    let mut svg = Svg { out: String::new(), writing, catalog };
    let Picture { width, height, .. } = picture;
    svg.line(format_args!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" xml:space="preserve">"#,
        paint::CLASS
    ));
    svg.line(format_args!("<title>{}</title>", escape(&scene.name)));
    if !scene.description.trim().is_empty() {
        svg.line(format_args!("<desc>{}</desc>", escape(scene.description.trim())));
    }
    if let Some(theme) = writing.theme {
        svg.line(format_args!("<style>{}</style>", paint::style(theme, catalog)));
    }
    svg.line(format_args!(r#"<rect class="ground" width="{width}" height="{height}" rx="12"/>"#));
    // A block comes before what it holds, so that each box covers those around it.
    svg.panels(picture, scene, true);
    for arrow in &picture.arrows {
        svg.arrow(arrow);
    }
    for net in &picture.nets {
        svg.net(net, scene);
    }
    svg.panels(picture, scene, false);
    for net in &picture.nets {
        svg.ends(net);
    }
    for (x, y, length) in &picture.rules {
        svg.line(format_args!(r#"<path class="rule" d="M{x} {y}h{length}"/>"#));
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

struct Svg<'a> {
    out: String,
    writing: Writing<'a>,
    catalog: &'a Catalog,
}

impl Svg<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String never fails.
        let _ = writeln!(self.out, "{line}");
    }

    fn panels(&mut self, picture: &Picture, scene: &Scene, frames: bool) {
        for panel in picture.panels.iter().filter(|panel| panel.frame == frames) {
            let node = &scene.nodes[panel.node];
            let (x, y, width, height) = (panel.x, panel.y, panel.width, panel.height);
            let class = match () {
                () if frames => "frame",
                () if &*node.card == "flow_control.comment" => "comment",
                () => "card",
            };
            let strip = paint::group_class(&node.group, self.catalog);
            let (marked, told) = match node.span.and_then(|span| (self.writing.mark)(span, None)) {
                None => ("", None),
                Some(Mark::Never) => (" never", Some("not reached".to_owned())),
                Some(Mark::Partly(branches)) => (" partly", Some(format!("not reached: {branches}"))),
            };
            let told: Vec<String> =
                told.into_iter().chain(node.note.as_ref().map(|note| note.trim().to_owned())).collect();
            let title = match told.is_empty() {
                true => String::new(),
                false => format!("<title>{}</title>", escape(&told.join("; "))),
            };
            self.line(format_args!(
                r#"<g>{title}<rect class="{class}{marked}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>"#
            ));
            // The strip follows the box's rounded corners on its left side.
            let down = height - 16;
            self.line(format_args!(
                r#"<path class="{strip}" d="M{} {y}a8 8 0 0 0-8 8v{down}a8 8 0 0 0 8 8h-2a1 1 0 0 1-1-1v-{}a1 1 0 0 1 1-1z"/></g>"#,
                x + 8,
                height - 2,
            ));
            let lanes = picture.lanes.iter().filter(|lane| frames && holds(panel, lane));
            for ((x, y, width, height), lane) in lanes.zip(&node.lanes) {
                let mark = node.span.and_then(|span| (self.writing.mark)(span, Some(&lane.label)));
                let marked = if mark.is_some() { " never" } else { "" };
                self.line(format_args!(
                    r#"<rect class="lane{marked}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>"#
                ));
            }
        }
    }

    fn arrow(&mut self, places: &[Place]) {
        let Some(((x, y), before)) = places.split_last() else { return };
        let mut path = before.to_vec();
        path.push((x - 6, *y));
        self.line(format_args!(r#"<path class="order" d="{}"/>"#, rounded(&path)));
        self.line(format_args!(r#"<path class="head" d="M{} {}v8l7-4z"/>"#, x - 8, y - 4));
    }

    fn net(&mut self, net: &Net, scene: &Scene) {
        let shorten = |path: &Vec<Place>| {
            let mut path = path.clone();
            if let Some(end) = path.last_mut() {
                end.0 -= 5;
            }
            rounded(&path)
        };
        let paths: String = net.paths.iter().map(shorten).collect();
        let source = &scene.sources[net.source];
        let node = &scene.nodes[source.node];
        let title = escape(&format!("{} {}", node.title, source.name));
        let colour = net.source % COLOURS;
        self.line(format_args!(
            r#"<g class="net"><title>{}</title><path class="halo" d="{paths}"/><path class="wire w{colour}" d="{paths}"/></g>"#,
            title.trim_end()
        ));
    }

    /// A dot where wires leave a card, a tip where they reach one.
    fn ends(&mut self, net: &Net) {
        let colour = net.source % COLOURS;
        let (x, y) = net.start;
        let mut tips = String::new();
        for (x, y) in &net.ends {
            let _ = write!(tips, "M{x} {y}l-6-3v6z");
        }
        self.line(format_args!(
            r#"<circle class="t{colour}" cx="{x}" cy="{y}" r="3"/><path class="t{colour}" d="{tips}"/>"#
        ));
    }

    fn label(&mut self, label: &Label) {
        let Label { x, y, class, pieces, .. } = label;
        let link = label.flow.as_ref().and_then(|flow| (self.writing.link)(flow));
        if let Some(link) = &link {
            let _ = write!(self.out, r#"<a href="{}">"#, escape(link));
        }
        let _ = write!(self.out, r#"<text class="{class}" x="{x}" y="{y}">"#);
        for piece in pieces {
            let text = escape(&piece.text);
            let class = match piece.paint {
                Paint::Plain => None,
                Paint::Muted => (*class == "value").then(|| "dim".to_owned()),
                Paint::From(source) => Some(format!("t{}", source % COLOURS)),
            };
            let _ = match class {
                Some(class) => write!(self.out, r#"<tspan class="{class}">{text}</tspan>"#),
                None => write!(self.out, "{text}"),
            };
        }
        self.line(format_args!("</text>{}", if link.is_some() { "</a>" } else { "" }));
    }
}

/// Whether a lane is one of this block's own: it fills the block's width.
fn holds(panel: &Panel, lane: &&(i32, i32, i32, i32)) -> bool {
    let (x, y, width, height) = **lane;
    panel.x + 6 == x && panel.width - 12 == width && panel.y < y && y + height < panel.y + panel.height
}

/// A line through these places, with round corners.
fn rounded(places: &[Place]) -> String {
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

fn distance(a: Place, b: Place) -> i32 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// The place `by` pixels from `at` on the way to `to`; all lines are level or upright.
fn toward(at: Place, to: Place, by: i32) -> Place {
    (at.0 + (to.0 - at.0).signum() * by, at.1 + (to.1 - at.1).signum() * by)
}
