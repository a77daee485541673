//! Positions in texts, in UTF-16 units as JavaScript counts them.

/// Where in the bytes of `text` its UTF-16 unit at `position` begins; a position inside a pair means the
/// pair's end.
pub(super) fn place(text: &str, position: usize) -> usize {
    if position >= text.len() {
        return text.len(); // No character has more UTF-16 units than bytes.
    }
    if text.is_ascii() {
        return position;
    }
    let mut units = 0;
    for (index, letter) in text.char_indices() {
        if units >= position {
            return index;
        }
        units += letter.len_utf16();
    }
    text.len()
}

/// How many UTF-16 units `text` has.
pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The position of the byte at `found` in `text`, or -1 if nothing was found.
pub(super) fn position(text: &str, found: Option<usize>) -> f64 {
    found.map_or(-1.0, |at| units(&text[..at]) as f64)
}
