//! How the values of a project are shown. Secrets are not: what loading found to be one, what a name or its form gives away.

use flowrun_core::credentials;
use flowrun_core::diag::Code;
use flowrun_core::model::{At, Expr, Name};
use flowrun_core::value::{REDACTED, Text, Value};

use flowrun_project::Project;

/// A constant whose name contains one of these is not shown, without `_`, `-`, spaces and case.
const PRIVATE: &[&str] = &[
    "password",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
];

/// What stands before a credential in a header.
const SCHEMES: &[&str] = &["Bearer ", "Basic ", "SSWS "];

/// Shorter words behind a scheme are no credentials.
const SHORTEST: usize = 8;

/// What is not to be shown.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The credentials that loading found in these projects.
    pub fn of(projects: &[&Project]) -> Secrets {
        let mut found: Vec<String> = Vec::new();
        for project in projects {
            let spans = project.found.iter().filter(|found| found.code == Code::SecretInFile);
            spans.for_each(|span| spellings(project.sources.slice(span.span), &mut found));
        }
        // Shorter ones stand in other words by chance.
        found.retain(|secret| secret.len() > 3);
        // One may be a part of another.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Secrets(found)
    }

    /// A text, fit to be shown.
    pub fn struck(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            text = text.replace(secret.as_str(), REDACTED);
        }
        for scheme in SCHEMES {
            text = without_credentials(&text, scheme);
        }
        without_userinfo(&text)
    }

    /// What a field is given, fit to be shown; `name` may be a path such as `headers.Authorization`.
    pub fn expr(&self, name: &str, value: &Expr) -> String {
        match value {
            Expr::Constant(value) => self.constant(name, value),
            Expr::Wire(text) | Expr::Template(text) => self.struck(text),
            Expr::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.expr(name, &item.it)).collect();
                format!("[{}]", items.join(", "))
            }
            Expr::Object(members) => self.members(name, members),
            Expr::Broken => "?".to_owned(),
        }
    }

    /// Fields as an object.
    pub fn members(&self, name: &str, members: &[(Name, At<Expr>)]) -> String {
        let member = |(key, value): &(Name, At<Expr>)| {
            format!("{}: {}", key.it, self.expr(&format!("{name}.{}", key.it), &value.it))
        };
        braces(members.iter().map(member).collect())
    }

    /// A constant, fit to be shown.
    pub fn constant(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Null => "nothing".to_owned(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.constant(name, item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(members) => {
                let member = |(key, value): (&_, &_)| {
                    format!("{key}: {}", self.constant(&format!("{name}.{key}"), value))
                };
                braces(members.iter().map(member).collect())
            }
            Value::Bool(_) => value.to_json(),
            _ if !value.is_empty() && is_private(name) => REDACTED.to_owned(),
            Value::Text(text) if reads_as_other(text) => format!("\"{}\"", self.struck(text)),
            Value::Text(text) => self.struck(text),
            value => value.to_json(),
        }
    }
}

/// An expression in which no constant is a credential: what is drawn or printed of a project that may hold some, as exports do.
/// `name` may be a path such as `headers.Authorization`.
pub fn masked(name: &str, value: &Expr) -> Expr {
    let inner = |name: &str, item: &At<Expr>| At::new(masked(name, &item.it), item.span);
    match value {
        Expr::Constant(value) => Expr::Constant(masked_constant(name, value)),
        Expr::Wire(text) => Expr::Wire(text.clone()),
        Expr::Template(text) => Expr::Template(Secrets::default().struck(text).into()),
        Expr::List(items) => Expr::List(items.iter().map(|item| inner(name, item)).collect()),
        Expr::Object(members) => {
            let member =
                |(key, value): &(Name, At<Expr>)| (key.clone(), inner(&format!("{name}.{}", key.it), value));
            Expr::Object(members.iter().map(member).collect())
        }
        Expr::Broken => Expr::Broken,
    }
}

/// A constant without credentials.
pub fn masked_constant(name: &str, value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| masked_constant(name, item)).collect()),
        Value::Object(members) => {
            let member = |(key, value): (&Text, &Value)| {
                (key.clone(), masked_constant(&format!("{name}.{key}"), value))
            };
            Value::object(members.iter().map(member))
        }
        Value::Text(text) if text.is_empty() => value.clone(),
        Value::Text(text) if is_private(name) || credentials::in_field(name, text).is_some() => {
            Value::from(REDACTED)
        }
        Value::Text(text) => Value::from(Secrets::default().struck(text)),
        _ => value.clone(),
    }
}

/// What a text in a file reads as: without its quotes, and line by line, for YAML writes long ones over several.
fn spellings(written: &str, found: &mut Vec<String>) {
    found.push(written.trim_matches(['"', '\'', ' ']).to_owned());
    found.extend(serde_json::from_str::<String>(written));
    let inside = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    found.extend(inside.map(|inside| inside.replace("''", "'")));
    let lines = written.lines().map(str::trim).filter(|line| line.len() >= SHORTEST);
    found.extend(lines.filter(|_| written.contains('\n')).map(str::to_owned));
}

fn braces(members: Vec<String>) -> String {
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

/// Whether what stands under this name is nobody's business.
pub fn is_private(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    PRIVATE.iter().any(|word| plain.contains(word))
}

/// Whether a text without quotes would read as something else.
fn reads_as_other(text: &str) -> bool {
    let word = matches!(text, "" | "true" | "false" | "null" | "nothing");
    word || text.parse::<f64>().is_ok() || text.starts_with("$.") || text.trim() != text
}

/// The text with each word behind a scheme struck out, if it can be a credential.
fn without_credentials(text: &str, scheme: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(scheme) {
        let (before, behind) = rest.split_at(at + scheme.len());
        let word = behind.find(|letter: char| !is_credential_letter(letter)).unwrap_or(behind.len());
        whole.push_str(before);
        whole.push_str(if word >= SHORTEST { REDACTED } else { &behind[..word] });
        rest = &behind[word..];
    }
    whole.push_str(rest);
    whole
}

fn is_credential_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter)
}

/// The text without the password of an address such as `https://user:password@host`.
pub fn without_userinfo(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        let end = behind.find(|letter: char| letter == '/' || letter.is_whitespace()).unwrap_or(behind.len());
        whole.push_str(before);
        let host = match behind[..end].rsplit_once('@') {
            Some((_, host)) => format!("{REDACTED}@{host}"),
            _ => behind[..end].to_owned(),
        };
        whole.push_str(&host);
        rest = &behind[end..];
    }
    whole.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_struck_out() {
        let secrets = Secrets(vec!["hunter2!".to_owned()]);
        assert_eq!(secrets.struck("it is hunter2! again"), format!("it is {REDACTED} again"));
        assert_eq!(secrets.struck("Bearer abcdefgh1234, x"), format!("Bearer {REDACTED}, x"));
        assert_eq!(secrets.struck("Basic facts are"), "Basic facts are");
        assert_eq!(
            secrets.struck("https://a:b@x.org/ and https://x.org"),
            format!("https://{REDACTED}@x.org/ and https://x.org")
        );
        assert_eq!(secrets.constant("headers.X-Api-Key", &Value::from("abc")), REDACTED);
        let nested = Value::object([("user", Value::from("ada")), ("Password", Value::from("x"))]);
        assert_eq!(secrets.constant("body", &nested), format!("{{ user: ada, Password: {REDACTED} }}"));
    }

    #[test]
    fn what_is_drawn_holds_no_credential() {
        let shown = |name: &str, value: Value| masked_constant(name, &value).to_json();
        let headers = Value::object([("Authorization", "Basic YWRhOmg="), ("Accept", "text/csv")]);
        assert_eq!(
            shown("headers", headers),
            format!(r#"{{"Authorization":"{REDACTED}","Accept":"text/csv"}}"#)
        );
        assert_eq!(shown("url", Value::from("/x?token=abcdefgh12")), format!("\"{REDACTED}\""));
        assert_eq!(shown("password", Value::from("")), "\"\"");
        assert_eq!(shown("max_tokens", Value::from(5.0)), "5");
        let Expr::Template(text) = masked("x", &Expr::Template("Bearer abcdefgh12 {{ a }}".into())) else {
            panic!()
        };
        assert_eq!(*text, *format!("Bearer {REDACTED} {{{{ a }}}}"));
    }

    #[test]
    fn texts_are_told_from_others() {
        let secrets = Secrets::default();
        let shown = [Value::from("5"), Value::from(5.0), Value::from(""), Value::Null, Value::from("a b")];
        assert_eq!(
            shown.map(|value| secrets.constant("x", &value)),
            ["\"5\"", "5", "\"\"", "nothing", "a b"]
        );
    }
}
