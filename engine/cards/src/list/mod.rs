//! List cards that need no helper flow. Places count from 0; a missing list is an empty one; no list is ever
//! changed. Each takes time in proportion to the length of its lists, sorting a little more.

use flowrun_core::value::{Mismatch, compare};

use crate::prelude::*;

flowrun_core::pure_cards! {
    filter::Filter,
    find::Find,
    at::At,
    get_first_item::GetFirstItem,
    get_last_item::GetLastItem,
    list_segment::ListSegment,
    length::Length,
    includes::Includes,
    construct::Construct,
    range::Range,
    add_to_end::AddToEnd,
    add_to_front::AddToFront,
    combine_all::CombineAll,
    union::Union,
    intersection::Intersection,
    difference::Difference,
    remove_duplicates::RemoveDuplicates,
    flatten::Flatten,
    chunk::Chunk,
    sort::Sort,
    reverse::Reverse,
    sample::Sample,
    pluck::Pluck,
    group_by::GroupBy,
    index_by::IndexBy,
    collapse::Collapse,
    list_to_text::ListToText,
}

/// The lists of a card that takes two and any number more, in their order.
fn lists(
    first: Arc<Vec<Value>>,
    second: Option<Arc<Vec<Value>>>,
    more: Record,
) -> Result<Vec<Arc<Vec<Value>>>> {
    let mut lists: Vec<_> = [first].into_iter().chain(second).collect();
    for (name, value) in more {
        let list = Arc::from_value(value).map_err(|mismatch| {
            Fault::new(FaultKind::InvalidTypeConversion, format!("`{name}`: {mismatch}"))
        })?;
        lists.push(list);
    }
    Ok(lists)
}

/// Whether a comparison holds for what lies at a path in an item, as `branching.if_else` compares.
///
/// An item that is nothing equals the text `null` too: a published flow (Slack App template) looks so for the first item that is something.
fn holds(path: &Path, item: &Value, operator: Operator, comparison: &Value) -> Result<bool, Mismatch> {
    let found = path.get(item);
    let is_null = found.is_null() && matches!(comparison, Value::Text(text) if **text == *"null");
    match operator {
        Operator::Equal if is_null => Ok(true),
        Operator::NotEqual if is_null => Ok(false),
        _ => compare(&found, operator, comparison),
    }
}
