//! The colours of a picture, light and dark.

use flowrun_core::card::{Catalog, Colour};

use super::Theme;
use crate::catalog::category;

/// The colour of cards whose category has none.
const OTHER: Colour = Colour { light: 0x64748b, dark: 0x94a3b8 };

/// The colours of wires, light and dark, ordered so that neighbours differ; each can be read as a text on a card.
const WIRES: &[(&str, &str)] = &[
    ("#2563eb", "#60a5fa"),
    ("#c2410c", "#fb923c"),
    ("#15803d", "#4ade80"),
    ("#9333ea", "#c084fc"),
    ("#be123c", "#fb7185"),
    ("#0e7490", "#22d3ee"),
    ("#a16207", "#facc15"),
    ("#4338ca", "#a5b4fc"),
    ("#be185d", "#f472b6"),
    ("#4d7c0f", "#a3e635"),
];

/// The number of colours for wires.
pub const COLOURS: usize = WIRES.len();

/// Everything else: a rule, its light form, its dark form.
const RULES: &[(&str, &str, &str)] = &[
    (".ground", "fill:#ffffff", "fill:#0d1117"),
    (".card", "fill:#ffffff;stroke:#cbd5e1", "fill:#161b22;stroke:#3d444d"),
    (".frame", "fill:#f8fafc;stroke:#cbd5e1", "fill:#11161d;stroke:#3d444d"),
    (".lane", "fill:#ffffff;stroke:#e2e8f0", "fill:#0d1117;stroke:#2b323b"),
    (".comment", "fill:#fffbeb;stroke:#e9d8a6", "fill:#211d10;stroke:#4d4426"),
    (".rule", "stroke:#e2e8f0", "stroke:#2b323b"),
    (".order", "stroke:#94a3b8", "stroke:#6b7684"),
    (".head", "fill:#94a3b8", "fill:#6b7684"),
    (".halo", "stroke:#ffffff", "stroke:#0d1117"),
    (".name,.title", "fill:#0f172a", "fill:#f0f6fc"),
    (".value,.give", "fill:#1e293b", "fill:#d1d9e0"),
    (".about,.key", "fill:#526074", "fill:#9aa5b1"),
    (".muted,.dim,.note", "fill:#64748b", "fill:#8b949e"),
    (".id", "fill:#475569", "fill:#9aa5b1"),
    (".tag", "fill:#f1ecfe", "fill:#2a2140"),
    (".call", "fill:#6d28d9", "fill:#c4b5fd"),
    (".arm", "fill:#475569", "fill:#c9d1d9"),
];

/// What is marked: after the others, for it counts more.
const MARKS: &[(&str, &str, &str)] = &[
    (".never", "fill:#fff1f0;stroke:#cf222e", "fill:#2b1417;stroke:#f85149"),
    (".partly", "stroke:#b45309", "stroke:#e3a008"),
];

/// What the light and the dark picture share.
const SHARED: &[(&str, &str)] = &[
    ("text", "font-family:system-ui,sans-serif;white-space:pre"),
    (".name", "font-size:18px;font-weight:700"),
    (".about", "font-size:13px"),
    (".title", "font-size:13px;font-weight:700"),
    (".key,.value,.give,.call", "font-size:12px"),
    (".id,.arm,.muted,.note", "font-size:11px"),
    (".arm,.call", "font-weight:700"),
    (".order,.wire,.halo", "fill:none"),
    (".order", "stroke-width:2"),
    (".wire", "stroke-width:1.5"),
    (".halo", "stroke-width:4.5"),
    (".net:hover .wire", "stroke-width:3"),
];

/// The class of a whole picture.
pub const CLASS: &str = "flowrun";

/// The class of a category's colour.
pub fn group_class(group: &str, catalog: &Catalog) -> String {
    match category::all(catalog).any(|(name, _, colour)| name == group && colour.is_some()) {
        true => format!("g-{group}"),
        false => "g-other".to_owned(),
    }
}

/// The style sheet of a picture. Its rules hold within pictures of flowrun only, should one be part of a page.
pub fn style(theme: Theme, catalog: &Catalog) -> String {
    let mut css = String::new();
    for (selectors, rule) in SHARED {
        write(&mut css, selectors, rule);
    }
    colours(&mut css, theme == Theme::Dark, catalog);
    if theme == Theme::Auto {
        css.push_str("@media(prefers-color-scheme:dark){");
        colours(&mut css, true, catalog);
        css.push('}');
    }
    css
}

/// The style sheet of a page with pictures, whose reader may choose against the system by `data-theme`.
pub fn page_style(catalog: &Catalog) -> String {
    let mut dark = String::new();
    colours(&mut dark, true, catalog);
    // Of two rules that are alike in weight the later one counts.
    let chosen = dark.replace(&format!(".{CLASS} "), &format!("[data-theme=dark] .{CLASS} "));
    let preferred = dark.replace(&format!(".{CLASS} "), &format!(":root:not([data-theme=light]) .{CLASS} "));
    format!("{}@media(prefers-color-scheme:dark){{{preferred}}}{chosen}", style(Theme::Light, catalog))
}

/// What a page adds to its style sheet whose pictures have marks.
pub fn marked_style() -> String {
    let rules = |dark: bool| -> String {
        let mut css = String::new();
        for (selectors, light, other) in MARKS {
            write(&mut css, selectors, if dark { other } else { light });
        }
        css
    };
    let mut css = String::new();
    write(&mut css, ".never,.partly", "stroke-width:2;stroke-dasharray:6 4");
    format!("{css}{}@media(prefers-color-scheme:dark){{{}}}", rules(false), rules(true))
}

fn colours(css: &mut String, dark: bool, catalog: &Catalog) {
    let pick = |light: &'static str, other: &'static str| if dark { other } else { light };
    for (selectors, light, other) in RULES {
        write(css, selectors, pick(light, other));
    }
    let coloured = category::all(catalog).filter_map(|(group, _, colour)| Some((group, colour?)));
    for (group, colour) in [("other", OTHER)].into_iter().chain(coloured) {
        let fill = if dark { colour.dark } else { colour.light };
        write(css, &format!(".g-{group}"), &format!("fill:#{fill:06x}"));
    }
    for (index, (light, other)) in WIRES.iter().enumerate() {
        let colour = pick(light, other);
        write(css, &format!(".w{index}"), &format!("stroke:{colour}"));
        write(css, &format!(".t{index}"), &format!("fill:{colour}"));
    }
}

fn write(css: &mut String, selectors: &str, rule: &str) {
    let selectors: Vec<String> =
        selectors.split(',').map(|selector| format!(".{CLASS} {selector}")).collect();
    css.push_str(&format!("{}{{{rule}}}", selectors.join(",")));
}
