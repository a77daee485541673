//! Whether a text is a cron expression: five fields, or six with seconds in front.

/// What is wrong with a cron expression, and where.
pub(super) struct Wrong {
    pub message: String,
    pub start: usize,
    pub end: usize,
    pub help: String,
}

/// A field: its name, its bounds, and the names that its numbers have.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, names: &[] },
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    // Both 0 and 7 are Sunday.
    Field { name: "day of the week", least: 0, most: 7, names: DAYS },
];

pub(super) fn check(text: &str) -> Result<(), Wrong> {
    let words = words(text);
    let fields = match words.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        count => {
            return Err(Wrong {
                message: format!("expected 5 cron fields, or 6 with seconds, found {count}"),
                start: 0,
                end: text.len(),
                help:
                    "minute, hour, day of the month, month, day of the week: `0 2 * * *` is every day at 2:00"
                        .into(),
            });
        }
    };
    words.into_iter().zip(fields).try_for_each(|((start, word), field)| {
        word.split(',').try_fold(start, |at, part| {
            self::part(part, field).map_err(|message| Wrong {
                message,
                start: at,
                end: at + part.len(),
                help: format!(
                    "the {} is {} to {}, `*`, a range as `1-5`, a step as `*/2`, or several with commas",
                    field.name, field.least, field.most
                ),
            })?;
            Ok(at + part.len() + 1)
        })?;
        Ok(())
    })
}

/// Why an expression that is one never comes: its days are in none of its months. Nothing if it does come.
pub(super) fn never(text: &str) -> Option<String> {
    let words = words(text);
    let [.., (_, days), (_, months), (_, weekdays)] = words.as_slice() else { return None };
    // With days of the week, either is enough.
    if !matches!(*weekdays, "*" | "?") || matches!(*days, "*" | "?") {
        return None;
    }
    let first = days.split(',').filter_map(|part| {
        let from = part.split(['-', '/']).next()?;
        if from == "*" { Some(1) } else { from.parse::<u32>().ok() }
    });
    let (month, first) = (&FIELDS[4], first.min()?);
    let longest = (1..=12).filter(|number| has(months, *number, month)).map(|number| match number {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    });
    let longest = longest.max()?;
    (first > longest)
        .then(|| format!("no month of `{months}` has a day {first}, so that the schedule never comes"))
}

/// Whether a field that has been checked names a number.
fn has(text: &str, wanted: u32, field: &Field) -> bool {
    text.split(',').any(|part| {
        let (range, step) =
            part.split_once('/').map_or((part, None), |(range, step)| (range, step.parse::<u32>().ok()));
        let number = |text: &str| number(text, field).ok();
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (Some(field.least), Some(field.most)),
            Some((from, to)) => (number(from), number(to)),
            None if step.is_some() => (number(range), Some(field.most)),
            None => (number(range), number(range)),
        };
        let (Some(from), Some(to)) = (from, to) else { return false };
        (from..=to).contains(&wanted) && (wanted - from).is_multiple_of(step.unwrap_or(1))
    })
}

fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        if !word.is_empty() {
            words.push((at, word));
        }
        // Every white space of a file's text that splits is one byte, or ends the word all the same.
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

fn part(part: &str, field: &Field) -> Result<(), String> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if let Some(step) = step
        && !(step.bytes().all(|digit| digit.is_ascii_digit())
            && step.parse::<u32>().is_ok_and(|step| step > 0 && step <= field.most))
    {
        return Err(format!("expected a step of 1 to {} for the {}, found `{step}`", field.most, field.name));
    }
    if range == "*" || range == "?" && step.is_none() && field.name.starts_with("day") {
        return Ok(());
    }
    match range.split_once('-') {
        Some((from, to)) => {
            // At the end of a range Sunday is the seventh day: `fri-sun`.
            let sunday = field.names == DAYS && to.eq_ignore_ascii_case("sun");
            let (from, to) = (number(from, field)?, if sunday { 7 } else { number(to, field)? });
            if from > to {
                return Err(format!("the range `{range}` of the {} ends before it starts", field.name));
            }
            Ok(())
        }
        None => number(range, field).map(|_| ()),
    }
}

fn number(text: &str, field: &Field) -> Result<u32, String> {
    let upper = text.to_ascii_uppercase();
    if let Some(at) = field.names.iter().position(|name| *name == upper) {
        return Ok(at as u32 + field.least);
    }
    // A sign is none of the digits.
    let digits = text.bytes().all(|digit| digit.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(number) if digits && (field.least..=field.most).contains(&number) => Ok(number),
        _ => {
            Err(format!("expected {} to {} for the {}, found `{text}`", field.least, field.most, field.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_comes_is_known() {
        // By the calendar: February has 29 days at the most, April, June, September and November 30.
        for text in ["0 0 30 2 *", "0 0 31 4,6 *", "0 0 31 FEB-APR/2 ?", "0 0 0 31 9 *"] {
            assert!(never(text).is_some(), "{text}");
        }
        for text in [
            "0 0 29 2 *",
            "0 0 31 4,5 *",
            "0 0 30,1 2 *",
            "0 0 30 2 mon",
            "0 0 */31 2 *",
            "0 0 31 * *",
            "0 0 30 2/2 *",
        ] {
            assert!(never(text).is_none(), "{text}");
        }
    }

    #[test]
    fn cron_expressions_are_told_from_others() {
        let good = [
            "0 2 * * *",
            "*/15 * * * *",
            "0 0,12 1-31/6 JAN-MAR mon",
            "30 0 2 * * 1,2,3,4,5",
            "0 2 ? * SUN",
            "0 0 * * 7",
            "0 2 * * fri-SUN",
        ];
        for text in good {
            assert!(check(text).is_ok(), "{text}");
        }
        let bad = [
            ("", "expected 5 cron fields, or 6 with seconds, found 0", 0..0),
            ("0 2 * *", "expected 5 cron fields, or 6 with seconds, found 4", 0..7),
            ("61 2 * * *", "expected 0 to 59 for the minute, found `61`", 0..2),
            ("0  25 * * *", "expected 0 to 23 for the hour, found `25`", 3..5),
            ("0 2 * * mon,fri,san", "expected 0 to 7 for the day of the week, found `san`", 16..19),
            ("0 2 0 * *", "expected 1 to 31 for the day of the month, found `0`", 4..5),
            ("*/0 * * * *", "expected a step of 1 to 59 for the minute, found `0`", 0..3),
            ("0 5-2 * * *", "the range `5-2` of the hour ends before it starts", 2..5),
            ("0 2 * * 1-0", "the range `1-0` of the day of the week ends before it starts", 8..11),
            ("+1 2 * * *", "expected 0 to 59 for the minute, found `+1`", 0..2),
            ("0 2 * * 1.5", "expected 0 to 7 for the day of the week, found `1.5`", 8..11),
        ];
        for (text, message, place) in bad {
            let wrong = check(text).err().map(|wrong| (wrong.message, wrong.start..wrong.end));
            assert_eq!(wrong, Some((message.to_owned(), place)), "{text}");
        }
    }
}
