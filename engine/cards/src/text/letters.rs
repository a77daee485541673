//! Comparing texts whatever their capital and small letters.

/// The letters of `text`, made small.
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// The first place in `text` whose letters, made small, are `wanted`; only whole characters are matched.
pub(super) fn find_folded(text: &str, wanted: &[char]) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(start, _)| {
        let length = starts_folded(&text[start..], wanted)?;
        Some((start, start + length))
    })
}

/// How many bytes at the start of `text` are `wanted` when made small.
pub(super) fn starts_folded(text: &str, wanted: &[char]) -> Option<usize> {
    let mut left = wanted;
    if left.is_empty() {
        return Some(0);
    }
    for (offset, letter) in text.char_indices() {
        for small in letter.to_lowercase() {
            left = left.strip_prefix(&[small])?;
        }
        if left.is_empty() {
            return Some(offset + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_fold_to_several_are_matched_whole() {
        // İ folds to i and a dot: a lone i matches neither all of it nor a part.
        let wanted: Vec<char> = fold("i").collect();
        assert_eq!(find_folded("İi", &wanted), Some((2, 3)));
        assert_eq!(find_folded("GRÖSSE größe", &fold("Größe").collect::<Vec<_>>()), Some((8, 15)));
    }
}
