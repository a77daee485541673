//! Where the keys of a flow and of a card stand: in the order in which the loader lists them, which is that of converted exports.

use super::tree::{Content, Entry, Node};
use crate::load::{card, flow};

/// A tree whose lists of cards are known.
pub(super) type Cards = std::collections::BTreeSet<usize>;

/// Orders the keys of a flow and of its cards, and tells where lists of cards start.
pub(super) fn flow(node: &mut Node<'_>, sorts: bool) -> Cards {
    let mut cards = Cards::new();
    in_flow(node, sorts, &mut cards);
    cards
}

fn in_flow(node: &mut Node<'_>, sorts: bool, found: &mut Cards) {
    let Content::Map { members, .. } = &mut node.content else { return };
    if !members.iter().any(|member| member.name() == Some("cards")) {
        return;
    }
    sort(members, flow::KEYS, sorts);
    for member in members.iter_mut().filter(|member| member.name() == Some("cards")) {
        list(&mut member.value, found, &mut |item, found| in_card(item, sorts, found));
    }
}

fn list(node: &mut Node<'_>, found: &mut Cards, each: &mut dyn FnMut(&mut Node<'_>, &mut Cards)) {
    let Content::List { items, .. } = &mut node.content else { return };
    found.insert(node.start);
    items.iter_mut().for_each(|item| each(&mut item.value, found));
}

fn in_card(node: &mut Node<'_>, sorts: bool, found: &mut Cards) {
    let Content::Map { members, .. } = &mut node.content else { return };
    sort(members, card::KEYS, sorts);
    for member in members {
        match member.key.as_ref().map(|key| &key.content) {
            Some(Content::Scalar { value, .. }) if card::ARMS.contains(&&**value) => {
                list(&mut member.value, found, &mut |item, found| in_card(item, sorts, found));
            }
            Some(Content::Scalar { value, .. }) if value == "cases" => {
                list(&mut member.value, found, &mut |item, found| in_case(item, sorts, found));
            }
            Some(Content::Scalar { value, .. }) if value == "with" => {
                let inner = member.value.entries_mut().iter_mut();
                inner.filter(|field| field.name() == Some("flow")).for_each(|field| {
                    in_flow(&mut field.value, sorts, found);
                });
            }
            Some(Content::Scalar { value, .. }) if value == "flow" => {
                in_flow(&mut member.value, sorts, found)
            }
            _ => {}
        }
    }
}

fn in_case(node: &mut Node<'_>, sorts: bool, found: &mut Cards) {
    let Content::Map { members, .. } = &mut node.content else { return };
    sort(members, card::CASE_KEYS, sorts);
    for member in members.iter_mut().filter(|member| member.name() == Some("cards")) {
        list(&mut member.value, found, &mut |item, found| in_card(item, sorts, found));
    }
}

/// What the language doesn't know goes to the end; what it knows twice stays in its order.
fn sort(members: &mut [Entry<'_>], keys: &[&str], sorts: bool) {
    let place = |member: &Entry<'_>| {
        member.name().and_then(|name| keys.iter().position(|key| *key == name)).unwrap_or(keys.len())
    };
    if !sorts || members.is_sorted_by_key(place) {
        return;
    }
    let below = members.last_mut().map(|last| std::mem::take(&mut last.below)).unwrap_or_default();
    members.sort_by_key(place);
    if let Some(last) = members.last_mut() {
        last.below = below;
    }
}
