//! Half characters in JSON: escapes that stand for nothing by themselves.

/// The JSON with U+FFFD in place of each escape of half a character (`\ud800` that no `\udc00` follows), none if there is none. JSON's
/// grammar allows them, and no text in UTF-8 can hold them: that is what every writer of UTF-8 puts there (WHATWG Encoding).
pub(super) fn whole(json: &[u8]) -> Option<Vec<u8>> {
    let mut whole: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = json[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        at += match (unit(&json[at..]), json.get(at + 6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                // As long as what it replaces, so that places in messages stay right.
                whole.get_or_insert_with(|| json.to_vec())[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2.min(json.len() - at),
        };
    }
    whole
}

/// The number of an escape such as `\u00e4` at the start of the text.
fn unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_are_replaced_and_whole_ones_left() {
        #[rustfmt::skip]
        let table = [
            (r#""\ud83d\ude00 \u00e4""#, None), (r#""\\ud800""#, None), (r#""\ud800""#, Some(r#""\ufffd""#)),
            (r#""a\uDC00b""#, Some(r#""a\ufffdb""#)), (r#""\ud800\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\\\ud83dx""#, Some(r#""\\\ufffdx""#)), (r#""\ud83d\n""#, Some(r#""\ufffd\n""#)), (r#""\u+d80""#, None), (r#""\"#, None), (r#""\ud8"#, None),
        ];
        for (json, wanted) in table {
            assert_eq!(whole(json.as_bytes()).as_deref(), wanted.map(str::as_bytes), "{json}");
        }
    }
}
