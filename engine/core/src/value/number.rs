//! Numbers as JavaScript writes and reads them, for that is what Okta's are.

use super::{Integer, Value};

/// Writes a number as Okta shows it: integers without a fraction, the shortest digits that read back the same.
pub fn format_number(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let size = number.abs();
    if (1e-6..1e21).contains(&size) {
        return format!("{number}");
    }
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => scientific,
    }
}

/// White space as JavaScript has it: with the byte order mark, without the next line of old terminals.
pub fn is_space(letter: char) -> bool {
    letter == '\u{feff}' || letter.is_whitespace() && letter != '\u{85}'
}

/// Reads the number a text begins with, after white space, and ignores what follows; none if there is no number.
pub fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(is_space);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with("Infinity") {
        return None; // A flow has no use for a number that no JSON can carry.
    }
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = text.len() - unsigned.len();
    let whole = digits(start);
    let mut end = whole;
    if bytes.get(whole) == Some(&b'.') {
        let fraction = digits(whole + 1);
        if whole > start || fraction > whole + 1 {
            end = fraction;
        }
    }
    if end == start {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(sign);
        if exponent > sign {
            end = exponent;
        }
    }
    text[..end].parse().ok().filter(|number: &f64| number.is_finite())
}

/// Reads a text that is a number and nothing else, but for white space around it: what is imported must not be cut.
pub fn whole_number(text: &str) -> Option<Value> {
    let text = text.trim_matches(is_space);
    // What Rust reads beyond these letters, such as `nan`, no flow can use.
    let plain = |byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let double = || text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number);
    text.bytes().all(plain).then(|| Integer::read(text).or_else(double)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_javascript() {
        let table = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-3.0, "-3"),
            (0.1, "0.1"),
            (2.5, "2.5"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (0.000001, "0.000001"),
            (0.1 + 0.2, "0.30000000000000004"),
        ];
        for (number, text) in table {
            assert_eq!(format_number(number), text);
        }
    }

    #[test]
    fn a_whole_text_is_a_number_or_none() {
        for (text, number) in [
            (" 12.5 ", Some("12.5")),
            ("-1e3", Some("-1000")),
            ("12345678901234567", Some("12345678901234567")),
            ("1,234.50", None),
            ("1.234,50", None),
            ("12 kg", None),
            ("0x10", None),
            ("\u{feff}7\u{a0}", Some("7")),
            ("7\u{85}", None),
            ("1e999", None),
            ("nan", None),
            ("", None),
        ] {
            assert_eq!(whole_number(text).map(|number| number.to_string()).as_deref(), number, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_read_by_their_leading_digits() {
        let table = [
            ("12", Some(12.0)),
            (" 12.5kg", Some(12.5)),
            ("-1e3", Some(-1000.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e", Some(1.0)),
            ("", None),
            ("abc", None),
            ("-", None),
            (".", None),
            ("Infinity", None),
            ("0x10", Some(0.0)),
        ];
        for (text, number) in table {
            assert_eq!(parse_number(text), number, "{text:?}");
        }
    }
}
