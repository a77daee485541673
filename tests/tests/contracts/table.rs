//! Cases and what came of them, those that came to the same joined into one row.

use std::fmt;

use serde_json::Value;

/// The rows; the first outcome of success is what later ones are compared with.
#[derive(Default)]
pub struct Table {
    whole: Option<Value>,
    rows: Vec<(String, Vec<(u16, String)>)>,
}

impl Table {
    /// One more case.
    pub fn add(&mut self, status: u16, case: &str, outcome: Result<Value, String>) {
        let told = match outcome {
            Err(fault) => fault.replace(&format!("answered {status}"), "answered <status>"),
            Ok(given) => match &self.whole {
                None => {
                    let told = format!("gives {given}");
                    self.whole = Some(given);
                    told
                }
                Some(whole) => compared(whole, &given, case),
            },
        };
        let case = (status, case.to_owned());
        match self.rows.iter_mut().find(|(known, _)| *known == told) {
            Some((_, cases)) => cases.push(case),
            None => self.rows.push((told, vec![case])),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (told, cases) in &self.rows {
            let mut last = 0;
            for (status, names) in by_status(cases) {
                let shown = if status == last { String::new() } else { status.to_string() };
                writeln!(f, "{shown:>5}  {names}")?;
                last = status;
            }
            writeln!(f, "  -> {told}")?;
        }
        Ok(())
    }
}

/// The cases of each status in a line.
fn by_status(cases: &[(u16, String)]) -> Vec<(u16, String)> {
    let mut lines: Vec<(u16, Vec<&str>)> = Vec::new();
    for (status, case) in cases {
        match lines.last_mut().filter(|(last, _)| last == status) {
            Some((_, names)) => names.push(case),
            None => lines.push((*status, vec![case])),
        }
    }
    lines.into_iter().map(|(status, names)| (status, joined(&names))).collect()
}

/// `without a.b; without a.c` as `without a.{b, c}`.
fn joined(names: &[&str]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names {
        let at = name.rfind('.').map_or_else(|| name.rfind(' ').map_or(0, |at| at + 1), |at| at + 1);
        let varied = ["without ", "null ", "of another type "].iter().any(|what| name.starts_with(what));
        let (above, last) = if varied { name.split_at(at) } else { ("", *name) };
        match groups.iter_mut().find(|(known, _)| *known == above && varied) {
            Some((_, lasts)) => lasts.push(last),
            None => groups.push((above, vec![last])),
        }
    }
    let shown = groups.iter().map(|(above, lasts)| match lasts.as_slice() {
        [last] => format!("{above}{last}"),
        lasts => format!("{above}{{{}}}", lasts.join(", ")),
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// What a case gives, told by how it differs from the whole.
fn compared(whole: &Value, given: &Value, case: &str) -> String {
    let mut differences = Vec::new();
    differ(whole, given, "", &mut differences);
    if differences.is_empty() {
        return "gives the same".to_owned();
    }
    let it = plain(case.rsplit(['.', ' ']).next().unwrap_or_default());
    let about = |path: &String| path.split('.').any(|step| plain(step) == it);
    if differences.iter().all(|(path, value)| about(path) && value.is_null()) {
        return "gives the same without it".to_owned();
    }
    let shown = differences.iter().map(|(path, value)| format!("{path}: {value}"));
    let shown: String = shown.collect::<Vec<_>>().join(", ");
    format!("gives the same, but {}", shown.chars().take(300).collect::<String>())
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn differ(whole: &Value, given: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    match (whole, given) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                let null = Value::Null;
                let (one, other) = (old.get(name).unwrap_or(&null), new.get(name).unwrap_or(&null));
                let dot = if at.is_empty() { "" } else { "." };
                differ(one, other, &format!("{at}{dot}{name}"), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (place, (one, other)) in old.iter().zip(new).enumerate() {
                differ(one, other, &format!("{at}[{place}]"), found);
            }
        }
        (old, new) if old == new => {}
        (_, new) => found.push((at.to_owned(), new.clone())),
    }
}
