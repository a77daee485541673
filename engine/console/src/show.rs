//! How values are shown in templates.

use jiff::Timestamp;
use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Value, escape_formatter};

use crate::assets::TEMPLATES;

/// The templates, with what they show values by.
pub fn templates() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
        _ => escape_formatter(out, state, value),
    });
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
    environment.add_filter("when", when);
    environment.add_filter("took", took);
    environment.add_filter("count", count);
    environment.add_filter("pretty", pretty);
    environment.add_filter("part", |text: &str| crate::ask::part(text));
    environment.add_function("many", many);
    for (name, text) in TEMPLATES {
        // A template that can't be read is told by the test below, and by the page that needs it.
        let _ = environment.add_template(name, text);
    }
    environment
}

/// A text as HTML, within an element or an attribute in quotes. A slash stays one, so that addresses can be read in the source of a page.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
    }
    html
}

/// `24 Nov 13:58:02`, in UTC; a text that is no time stays as it is.
fn when(text: Option<&str>) -> String {
    let Some(text) = text else { return "–".to_owned() };
    match text.parse::<Timestamp>() {
        Ok(at) => at.strftime("%-d %b %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A time in milliseconds, in the units that people say it in.
fn took(ms: Option<f64>) -> String {
    match ms {
        None => "–".to_owned(),
        Some(ms) if ms < 1000.0 => format!("{} ms", (ms * 10.0).round() / 10.0),
        Some(ms) if ms < 10_000.0 => format!("{:.1} s", ms / 1000.0),
        Some(ms) => {
            let seconds = (ms / 1000.0).round() as u64;
            match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
                (0, 0, seconds) => format!("{seconds} s"),
                (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
                (hours, minutes, _) => format!("{hours} h {minutes} min"),
            }
        }
    }
}

/// `14,000`.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0 runs`, `1 run`, `2 runs`.
fn many(number: u64, one: &str, rest: Kwargs) -> Result<String, minijinja::Error> {
    let several: Option<String> = rest.get("several")?;
    rest.assert_all_used()?;
    let word = if number == 1 { one.to_owned() } else { several.unwrap_or_else(|| format!("{one}s")) };
    Ok(format!("{} {word}", count(number)))
}

/// A value as JSON with a member a line.
fn pretty(value: &Value) -> Value {
    Value::from(serde_json::to_string_pretty(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        let environment = templates();
        for (name, _) in TEMPLATES {
            environment.get_template(name).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        }
    }

    #[test]
    fn times_and_counts_are_said_as_people_say_them() {
        assert_eq!(when(Some("2026-11-24T13:58:02.120Z")), "24 Nov 13:58:02");
        let all: Vec<String> =
            [0.123, 48.0, 4_200.0, 12_000.0, 308_200.0, 7_260_000.0].map(|ms| took(Some(ms))).into();
        assert_eq!(all, ["0.1 ms", "48 ms", "4.2 s", "12 s", "5 min 8 s", "2 h 1 min"]);
        assert_eq!([count(7), count(14_000), count(1_000_000)], ["7", "14,000", "1,000,000"]);
    }
}
