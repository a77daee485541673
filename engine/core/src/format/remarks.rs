//! Which remark belongs to what: one at the end of a line to what stands there, one on a line of its own to what comes next, or, as
//! far as it is indented, to the list or mapping that ends above it.

use super::tree::{Entry, Node, Remark};

/// Gives each remark to a member or an item, and blank lines to what stands below them. What belongs to nothing, because the file
/// has nothing, comes back, as does what stands at the top of the file with a blank line below it.
pub(super) fn place(text: &str, root: Option<&mut Node<'_>>, remarks: &[Remark<'_>]) -> Vec<String> {
    let lines = Lines(text);
    let mut head: Vec<String> = Vec::new();
    let Some(root) = root.filter(|root| !root.entries().1.is_empty()) else {
        for remark in remarks {
            lines.gap(remark.start, &mut head);
            head.push(remark.text.to_owned());
        }
        head.splice(..usize::from(head.first().is_some_and(String::is_empty)), []);
        return head;
    };
    for remark in remarks {
        put(&lines, root, remark);
    }
    gaps(&lines, root);
    let first = &mut root.entries_mut()[0].above;
    let modeline = usize::from(first.first().is_some_and(|line| line.starts_with("# yaml-language-server:")));
    let end = first.iter().rposition(String::is_empty).map_or(modeline, |blank| blank + 1);
    first.drain(..end).skip_while(String::is_empty).collect()
}

/// The lines of a file.
struct Lines<'t>(&'t str);

impl Lines<'_> {
    /// Where the line of a byte starts.
    fn start(&self, at: usize) -> usize {
        self.0[..at].rfind('\n').map_or(0, |line| line + 1)
    }

    fn column(&self, at: usize) -> usize {
        at - self.start(at)
    }

    /// Whether a byte is the first of its line that is not blank.
    fn is_first(&self, at: usize) -> bool {
        self.0[self.start(at)..at].trim().is_empty()
    }

    /// Adds a blank line if there is one above the line of a byte.
    fn gap(&self, at: usize, remarks: &mut Vec<String>) {
        let above = self.0[..self.start(at)].strip_suffix('\n');
        if self.is_first(at) && above.is_some_and(|above| above[self.start(above.len())..].trim().is_empty())
        {
            remarks.push(String::new());
        }
    }
}

/// Gives a remark to one of the entries of a list or mapping that has some, or to what is in them.
fn put(lines: &Lines<'_>, within: &mut Node<'_>, remark: &Remark<'_>) {
    let own_line = lines.is_first(remark.start);
    let entries = within.entries_mut();
    let next = entries.partition_point(|entry| entry.start <= remark.start);
    let last = next == entries.len();
    let Some(place) = next.checked_sub(1) else {
        return above(lines, &mut entries[0], remark);
    };
    let entry = &mut entries[place];
    if let Some(inner) = inside(lines, entry, remark, own_line, last) {
        return put(lines, inner, remark);
    }
    if !own_line {
        return beside(entry, remark);
    }
    if remark.start < entry.value.end {
        // Between a key and its value.
        return above(lines, entry, remark);
    }
    match last {
        true => {
            lines.gap(remark.start, &mut entry.below);
            entry.below.push(remark.text.to_owned());
        }
        false => above(lines, &mut entries[next], remark),
    }
}

/// The list or mapping under an entry, if a remark behind the start of the entry belongs there.
fn inside<'n, 't>(
    lines: &Lines<'_>,
    entry: &'n mut Entry<'t>,
    remark: &Remark<'_>,
    own_line: bool,
    last: bool,
) -> Option<&'n mut Node<'t>> {
    let (block, entries) = entry.value.entries();
    let first = entries.first()?.start;
    let belongs = if remark.start < entry.value.end {
        // Behind a key or a bracket it is the key's.
        own_line || first < remark.start
    } else if own_line {
        let (deep, own) = (lines.column(first), lines.column(entry.start));
        block && lines.column(remark.start) >= deep && (deep > own || last)
    } else {
        block
    };
    belongs.then_some(&mut entry.value)
}

fn above(lines: &Lines<'_>, entry: &mut Entry<'_>, remark: &Remark<'_>) {
    lines.gap(remark.start, &mut entry.above);
    entry.above.push(remark.text.to_owned());
}

/// A line has one remark; another one, as behind the brackets that close on a line of their own, goes above it.
fn beside(entry: &mut Entry<'_>, remark: &Remark<'_>) {
    match &entry.beside {
        None => entry.beside = Some(remark.text.to_owned()),
        Some(_) => entry.above.push(remark.text.to_owned()),
    }
}

/// Keeps a blank line above what has one.
fn gaps(lines: &Lines<'_>, node: &mut Node<'_>) {
    for entry in node.entries_mut() {
        lines.gap(entry.start, &mut entry.above);
        gaps(lines, &mut entry.value);
    }
}
