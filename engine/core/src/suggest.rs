//! "Did you mean": the name that was probably meant.

/// The candidate that `name` was probably meant to be, if one is close enough to be worth naming.
///
/// Letters swapped, left out, added or mistaken count one each; case, and whether words are joined by `_`, `-` or a
/// space, count nothing. Of two that are equally close the first one wins.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = plain(name);
    // One mistake in a short name, three in a long one; more would suggest what nobody meant. A name of two letters is
    // one mistake away from every other.
    let allowed = (name.len() / 3).min(3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other = plain(candidate);
        if other.len().abs_diff(name.len()) > allowed {
            continue;
        }
        let distance = distance(&name, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The advice that `near` was meant.
pub fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

/// Names as messages list them, each as code.
pub fn listed<N: std::fmt::Display>(names: impl IntoIterator<Item = N>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How many names a message lists: a record of a vendor may have hundreds of keys.
const SHOWN: usize = 20;

/// What helps where there is no key `missing`: the one that was probably meant, and which there are.
pub fn there_are<'a>(missing: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = listed(names.iter().take(SHOWN));
    let mut help = match closest(missing, names.iter().copied()) {
        Some(near) => format!("{} There are {shown}", did_you_mean(near)),
        None => format!("there are {shown}"),
    };
    if let more @ 1.. = names.len().saturating_sub(SHOWN) {
        help.push_str(&format!(" and {more} more"));
    }
    help
}

/// The name of letters a-z, digits and `_` that is nearest to a text, as German and its neighbours write their letters without marks.
pub fn identifier(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars() {
        match letter {
            'ä' | 'æ' => name.push_str("ae"),
            'ö' | 'ø' | 'œ' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'Ä' | 'Æ' => name.push_str("Ae"),
            'Ö' | 'Ø' | 'Œ' => name.push_str("Oe"),
            'Ü' => name.push_str("Ue"),
            'ß' => name.push_str("ss"),
            'å' => name.push_str("aa"),
            letter if letter.is_ascii_alphanumeric() => name.push(letter),
            _ => name.push('_'),
        }
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name
}

fn plain(name: &str) -> Vec<char> {
    // Names come from files: a longer one than this isn't a misspelling.
    name.chars()
        .take(64)
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '-' | ' ') { '_' } else { c })
        .collect()
}

/// How many letters differ (Damerau-Levenshtein, each pair swapped at most once).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &from) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, &to) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(from != to)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == b[j - 1] && a[i - 1] == to {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let cards = ["text.split", "text.compose", "list.map", "list.at"];
        assert_eq!(closest("text.splitt", cards), Some("text.split"));
        assert_eq!(closest("text.spilt", cards), Some("text.split"));
        assert_eq!(closest("Text.Split", cards), Some("text.split"));
        assert_eq!(closest("list.nap", cards), Some("list.map"));
        assert_eq!(closest("number.add", cards), None);
        assert_eq!(closest("if", ["id", "y"]), None);
        assert_eq!(closest("ID", ["id"]), Some("id"));
        assert_eq!(closest("employes", ["employees", "employee"]), Some("employees"));
        assert_eq!(closest("record-limit", ["record_limit"]), Some("record_limit"));
        assert_eq!(closest("", ["a"]), None);
    }

    #[test]
    fn counts_swaps_once() {
        let d = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(d("ab", "ba"), 1);
        assert_eq!(d("größe", "grösse"), 2);
        assert_eq!(d("", "abc"), 3);
        assert_eq!(d("same", "same"), 0);
    }
}
