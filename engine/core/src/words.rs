//! Numbers, durations and texts as a reader likes them.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A number of things: `25,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Any number, its whole part in groups: `-1,234.5`.
pub fn number(number: f64) -> String {
    let plain = crate::value::format_number(number);
    if !(1_000.0..1e15).contains(&number.abs()) {
        return plain;
    }
    let (sign, rest) = plain.strip_prefix('-').map_or(("", &*plain), |rest| ("-", rest));
    let (whole, fraction) =
        rest.split_once('.').map_or((rest, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    whole.parse().map_or(plain.clone(), |whole| format!("{sign}{}{fraction}", count(whole)))
}

/// So many of a thing: `1 page`, `3 pages`, `2 entries`.
pub fn many(number: u64, thing: &str) -> String {
    format!("{} {}", count(number), if number == 1 { thing.to_owned() } else { plural(thing) })
}

/// More than one of a thing.
pub fn plural(thing: &str) -> String {
    match thing.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if thing.ends_with(['s', 'x']) => format!("{thing}es"),
        _ => format!("{thing}s"),
    }
}

/// How long something took: `40 µs`, `0.1 ms`, `41 ms`, `2.5 s`, `5 min 30 s`, `2 h 5 min`.
pub fn duration(ms: f64) -> String {
    if ms < 0.000_5 {
        return "0 ms".to_owned();
    }
    if ms < 0.095 {
        return format!("{:.0} µs", (ms * 1000.0).max(1.0));
    }
    if ms < 9.95 {
        return format!("{ms:.1} ms");
    }
    if ms < 999.5 {
        return format!("{ms:.0} ms");
    }
    if ms < 59_950.0 {
        let seconds = format!("{:.1}", ms / 1000.0);
        return format!("{} s", seconds.strip_suffix(".0").unwrap_or(&seconds));
    }
    let seconds = (ms / 1000.0).round() as u64;
    let pair = |large: u64, of: &str, small: u64, part: &str| {
        if small == 0 { format!("{large} {of}") } else { format!("{large} {of} {small} {part}") }
    };
    match seconds {
        0..3_600 => pair(seconds / 60, "min", seconds % 60, "s"),
        3_600..172_800 => pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => pair(seconds / 86_400, "days", seconds % 86_400 / 3_600, "h"),
    }
}

/// The time of day at a moment, in UTC: `14:02:31 UTC`.
pub fn time_of_day(ms: i64) -> String {
    let second = ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

/// How many columns a text takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// As much of the first line of a text as fits into so many columns; `…` stands for the rest. Nothing in it can move the cursor.
pub fn fit(text: &str, columns: usize) -> String {
    let line: String = text
        .chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !letter.is_control() && !is_formatting(*letter))
        .collect();
    if width(&line) <= columns {
        return line;
    }
    let mut fitted = String::new();
    let mut taken = 1;
    for letter in line.chars() {
        taken += letter.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        fitted.push(letter);
    }
    let mut fitted = fitted.trim_end().to_owned();
    fitted.push('…');
    fitted
}

/// Letters that change how others are shown, as in texts that pretend to read differently.
pub fn is_formatting(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text in which no letter changes how others are shown: control letters of the second kind, by which old terminals take
/// orders, and those of direction. Colors stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let harms = |letter: char| matches!(letter, '\u{80}'..='\u{9f}') || is_formatting(letter);
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars().map(|letter| if harms(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect(),
    )
}

/// A text, filled up with spaces to so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A text at the right of so many columns.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The words of a text, in lines of so many columns.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines
            .last_mut()
            .filter(|line| line.is_empty() || width(line) + 1 + width(word) <= columns.max(20));
        match line {
            Some(line) => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 500_000, 1_234_567].map(count),
            ["0", "999", "1,000", "500,000", "1,234,567"]
        );
        assert_eq!([-1234.5, 0.25, 1e21].map(number), ["-1,234.5", "0.25", "1e+21"]);
        assert_eq!((many(1, "entry"), many(2, "entry")), ("1 entry".to_owned(), "2 entries".to_owned()));
    }

    #[test]
    fn durations_are_short() {
        let cases = [
            (0.0, "0 ms"),
            (0.000_4, "0 ms"),
            (0.000_6, "1 µs"),
            (0.04, "40 µs"),
            (0.094_9, "95 µs"),
            (0.1, "0.1 ms"),
            (9.94, "9.9 ms"),
            (41.2, "41 ms"),
            (999.4, "999 ms"),
            (999.6, "1 s"),
            (2_500.0, "2.5 s"),
            (59_949.0, "59.9 s"),
            (60_000.0, "1 min"),
            (330_000.0, "5 min 30 s"),
            (7_500_000.0, "2 h 5 min"),
            (200_000_000.0, "2 days 7 h"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn texts_fit() {
        assert_eq!(fit("Müller", 6), "Müller");
        assert_eq!(fit("Müllers", 6), "Mülle…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("a\nb\u{1b}[31m\u{202e}c", 20), "a b[31mc");
    }
}
