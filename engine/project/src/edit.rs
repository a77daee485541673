//! Changes of a connections file, of which all else stays as it was written.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::connections::raw;

/// The file with a connection of these settings in it: in place of an earlier one of that name if that is wanted; none if there is
/// one and it is not.
pub fn with_connection(
    old: &str,
    name: &str,
    settings: &BTreeMap<&str, String>,
    replace: bool,
) -> Option<String> {
    let lines = settings.iter().map(|(name, text)| format!("  {name}: {}\n", quoted(text)));
    let key = if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name.to_owned()
    } else {
        quoted(name)
    };
    let block = format!("{key}:\n{}", lines.collect::<String>());
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    match place(&lines, name) {
        None => {
            let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
            Some(format!("{old}{gap}{block}"))
        }
        Some((start, length)) if replace => {
            Some(lines[..start].concat() + &block + &lines[start + length..].concat())
        }
        Some(_) => None,
    }
}

/// The file with another value for one setting of a connection that it has; none where that can't be done without changing more.
pub fn with_setting(old: &str, connection: &str, setting: &str, text: &str) -> Option<String> {
    let mut wanted = raw(old).ok()?;
    let before = wanted.get_mut(connection)?.as_mut()?.insert(setting.to_owned(), Json::from(text));
    let fits = |new: &String| raw(new).is_ok_and(|new| new == wanted);
    on_its_line(old, connection, setting, text).filter(fits).or_else(|| {
        // In braces, or on a line with others: where the old value stands.
        let before = before?.as_str()?.to_owned();
        let (quoted_old, quoted_new) = (quoted(&before), quoted(text));
        let once = |what: &str| old.matches(what).count() == 1;
        [quoted_old, format!("'{before}'"), before]
            .iter()
            .filter(|what| once(what))
            .map(|what| old.replace(&**what, &quoted_new))
            .find(fits)
    })
}

/// The same, if the setting has a line to itself.
fn on_its_line(old: &str, connection: &str, setting: &str, text: &str) -> Option<String> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let (start, length) = place(&lines, connection)?;
    let is_setting =
        |line: &&str| line.trim_start().strip_prefix(setting).is_some_and(|rest| rest.starts_with(':'));
    let block = &lines[start + 1..start + length];
    let line = match block.iter().position(is_setting) {
        Some(place) => start + 1 + place,
        None => {
            // Below the name, with the indentation of what stands there.
            let next = block.first()?;
            let indentation = &next[..next.len() - next.trim_start().len()];
            let new = format!("{indentation}{setting}: {}\n", quoted(text));
            return Some(lines[..=start].concat() + &new + &lines[start + 1..].concat());
        }
    };
    let indentation = &lines[line][..lines[line].len() - lines[line].trim_start().len()];
    let new = format!("{indentation}{setting}: {}\n", quoted(text));
    Some(lines[..line].concat() + &new + &lines[line + 1..].concat())
}

/// Where the lines of a connection begin, and how many they are.
fn place(lines: &[&str], name: &str) -> Option<(usize, usize)> {
    let is_key = |line: &str| {
        [name.to_owned(), quoted(name)]
            .iter()
            .any(|name| line.strip_prefix(&**name).is_some_and(|rest| rest.trim_start().starts_with(':')))
    };
    let start = lines.iter().position(|line| is_key(line))?;
    let inside = |line: &&str| line.starts_with([' ', '\t']) || line.trim().is_empty();
    Some((start, 1 + lines[start + 1..].iter().take_while(|line| inside(line)).count()))
}

/// A text of JSON is one of YAML too, whatever is in it.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_connections_stay_as_they_are() {
        let old =
            "# mine\nokta:\n  org_url: a\n\n  # the old one\n  api_token: b\npersonio: { client_id: x }\n";
        let settings = BTreeMap::from([("org_url", "c".to_owned())]);
        assert_eq!(with_connection(old, "okta", &settings, false), None);
        assert_eq!(
            with_connection(old, "okta", &settings, true).unwrap(),
            "# mine\nokta:\n  org_url: \"c\"\npersonio: { client_id: x }\n"
        );
        let new = "okta:\n  org_url: \"c\"\n";
        assert_eq!(with_connection("a: {}", "okta", &settings, false).unwrap(), format!("a: {{}}\n{new}"));
        let eu = "okta_eu: {}\n";
        assert_eq!(with_connection(eu, "okta", &settings, false).unwrap(), format!("{eu}{new}"));
    }

    #[test]
    fn one_setting_is_changed_and_nothing_else() {
        let table = [
            (
                "a:\n  x: \"1\"\n  t: old # kept by flowrun\n  y: 2\n",
                "a:\n  x: \"1\"\n  t: \"new\\\"\"\n  y: 2\n",
            ),
            ("a: { x: 1, t: old }\nb: { t: other }\n", "a: { x: 1, t: \"new\\\"\" }\nb: { t: other }\n"),
            ("a: { t: \"old\", x: 1 }\n", "a: { t: \"new\\\"\", x: 1 }\n"),
            ("b:\n  t: old\na:\n    t: 'old'\n", "b:\n  t: old\na:\n    t: \"new\\\"\"\n"),
            ("a:\n  x: 1\n", "a:\n  t: \"new\\\"\"\n  x: 1\n"),
        ];
        for (old, new) in table {
            assert_eq!(with_setting(old, "a", "t", "new\"").as_deref(), Some(new), "{old}");
        }
        // Twice the same in braces, a connection that is not there, an alias.
        for old in ["a: { t: old, x: old }\n", "b: { t: old }\n", "b: &o { t: old }\na: *o\n"] {
            assert_eq!(with_setting(old, "a", "t", "new"), None, "{old}");
        }
    }
}
