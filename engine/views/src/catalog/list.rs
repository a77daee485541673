//! All cards, one line each.

use flowrun_core::card::Catalog;

use super::{by_category, category, chosen, summary};
use crate::look::{Look, Paint};
use flowrun_core::words::{fit, many, pad, width};

/// The cards by category, each with a sentence; only those that fit `search`, where one is given.
pub fn list(catalog: &Catalog, search: Option<&str>, look: Look) -> String {
    let paint = Paint(look.color);
    let cards = chosen(catalog, search);
    if cards.is_empty() {
        return format!(
            "no card has to do with `{}`; `flowrun cards` lists them all\n",
            search.unwrap_or_default()
        );
    }
    let widest = cards.iter().map(|card| width(&card.id)).max().unwrap_or(0);
    let mut text = String::new();
    for (group, cards) in by_category(&cards) {
        text.push_str(&format!("{}\n", paint.bold(&category::title(catalog, group))));
        for card in cards {
            let room = look.width.saturating_sub(widest + 4);
            let said = fit(&summary(card), room);
            text.push_str(&format!("  {}  {said}\n", paint.cyan(&pad(&card.id, widest))));
        }
        text.push('\n');
    }
    let hint = match cards.first() {
        Some(first) if search.is_some() => format!("`flowrun cards {}` shows one", first.id),
        _ => "`flowrun cards list.map` shows one, `flowrun cards --search date` those that fit a word"
            .to_owned(),
    };
    text.push_str(&format!("{}\n", paint.dim(&format!("{} · {hint}", many(cards.len() as u64, "card")))));
    text
}
