//! How long: `30 s`, `5 min`, `2 hours`, or a plain number of seconds.

use crate::value::Value;

/// The units and their milliseconds, in the spellings that flow files may use.
const UNITS: &[(&[&str], f64)] = &[
    (&["ms", "millisecond", "milliseconds"], 1.0),
    (&["s", "sec", "second", "seconds"], 1_000.0),
    (&["min", "minute", "minutes"], 60_000.0),
    (&["h", "hour", "hours"], 3_600_000.0),
    (&["d", "day", "days"], 86_400_000.0),
];

/// Forty days: more than anything may wait.
const LONGEST_MS: f64 = 40.0 * 86_400_000.0;

/// The milliseconds that a value stands for; none if it isn't a duration, is negative, or is longer than forty days.
pub fn duration(value: &Value) -> Option<u64> {
    milliseconds(value).filter(|ms| *ms <= LONGEST_MS).map(|ms| ms.round() as u64)
}

/// The milliseconds that a value stands for, however many; none if it isn't a duration, or is negative.
pub fn milliseconds(value: &Value) -> Option<f64> {
    let ms = match value {
        Value::Number(seconds) => seconds * 1_000.0,
        Value::Text(text) => {
            let text = text.trim();
            let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
            let (number, unit) = text.split_at(unit_at);
            // What `parse` would also take: infinity, exponents, a sign.
            let number: f64 = number.trim_end().parse().ok()?;
            let factor = match unit {
                "" => 1_000.0,
                unit => UNITS.iter().find(|(names, _)| names.contains(&unit))?.1,
            };
            number * factor
        }
        _ => return None,
    };
    (0.0..f64::INFINITY).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        let read = |text: &str| duration(&Value::from(text));
        assert_eq!(read("30 s"), Some(30_000));
        assert_eq!(read("30s"), Some(30_000));
        assert_eq!(read("5 min"), Some(300_000));
        assert_eq!(read("2 hours"), Some(7_200_000));
        assert_eq!(read("1.5 h"), Some(5_400_000));
        assert_eq!(read("250 ms"), Some(250));
        assert_eq!(read("1 day"), Some(86_400_000));
        assert_eq!(read("12"), Some(12_000));
        assert_eq!(duration(&Value::Number(0.5)), Some(500));
        for wrong in ["", "s", "5 m", "5 minutes later", "-1 s", "41 days", "inf", "1e3 s", "1 s 2 min"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(duration(&Value::Number(f64::NAN)), None);
        assert_eq!(duration(&Value::Null), None);
        assert_eq!(milliseconds(&Value::from("365 days")), Some(31_536_000_000.0));
        assert_eq!(milliseconds(&Value::Number(f64::INFINITY)), None);
    }
}
