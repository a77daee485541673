//! Okta's inline hooks: what of a flow's answer Okta would pass over without a word.
//!
//! An inline hook is an endpoint whose caller takes an answer in one form only. What does not fit is not refused: the token is
//! issued as it was, the person is let in, the import goes on. So it is said here.

use serde_json::{Map, Value};

/// An answer of so many bytes or more is not taken.
const MOST_BYTES: usize = 256 * 1024;

/// How long a token may live, in seconds.
const LIFETIME: std::ops::RangeInclusive<i64> = 300..=86_400;

const ACTION: &str = "com.okta.action.update";
const PROFILE: &str = "com.okta.user.profile.update";

/// A kind of inline hook.
#[derive(Debug)]
pub struct Kind {
    /// Okta's name of it, which requests carry as `eventType`.
    pub name: &'static str,
    /// The `requestType` of its requests, where one kind has several.
    pub request: Option<&'static str>,
    /// The commands that its answers may hold.
    pub commands: &'static [&'static str],
    /// What the command `com.okta.action.update` decides, and the words for it.
    action: Option<(&'static str, &'static [&'static str])>,
    /// What an operation of a patch may be.
    operations: &'static [&'static str],
    /// What an answer with `error` comes to.
    error: Outcome,
}

/// What becomes of an answer with `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is refused or logged, as it says.
    Said,
    /// Whoever registers is turned away, and no command runs.
    Fails,
    /// Okta does not look at it.
    Nothing,
}

/// The kinds, as Okta's specification of the management API lists them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "com.okta.oauth2.tokens.transform",
        request: None,
        commands: &["com.okta.identity.patch", "com.okta.access.patch"],
        action: None,
        operations: &["add", "replace", "remove"],
        error: Outcome::Said,
    },
    Kind {
        name: "com.okta.saml.tokens.transform",
        request: None,
        commands: &["com.okta.assertion.patch"],
        action: None,
        operations: &["add", "replace"],
        error: Outcome::Said,
    },
    Kind {
        name: "com.okta.user.pre-registration",
        request: Some("self.service.registration"),
        commands: &[PROFILE, ACTION],
        action: Some(("registration", &["ALLOW", "DENY"])),
        operations: &[],
        error: Outcome::Fails,
    },
    Kind {
        name: "com.okta.user.pre-registration",
        request: Some("progressive.profile"),
        commands: &["com.okta.user.progressive.profile.update", ACTION],
        action: Some(("registration", &["ALLOW", "DENY"])),
        operations: &[],
        error: Outcome::Fails,
    },
    Kind {
        name: "com.okta.user.credential.password.import",
        request: None,
        commands: &[ACTION],
        action: Some(("credential", &["VERIFIED", "UNVERIFIED"])),
        operations: &[],
        error: Outcome::Nothing,
    },
    Kind {
        name: "com.okta.import.transform",
        request: None,
        commands: &["com.okta.appUser.profile.update", PROFILE, ACTION, "com.okta.user.update"],
        action: Some(("result", &["CREATE_USER", "LINK_USER"])),
        operations: &[],
        error: Outcome::Said,
    },
    Kind {
        name: "com.okta.telephony.provider",
        request: None,
        commands: &["com.okta.telephony.action"],
        action: None,
        operations: &[],
        error: Outcome::Said,
    },
];

/// The kind of a request, if it is one of an inline hook.
pub fn kind_of(request: &Value) -> Option<&'static Kind> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let (name, asked) = (text("eventType")?, text("requestType"));
    let named = || KINDS.iter().filter(|kind| kind.name == name);
    // Telephony has request types too, all of one form.
    named().find(|kind| kind.request.is_some() && kind.request == asked).or_else(|| named().next())
}

impl Kind {
    /// What of an answer Okta would not do, each in a sentence; nothing where all is well.
    pub fn passed_over(&self, answer: &[u8]) -> Vec<String> {
        if answer.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        if answer.len() >= MOST_BYTES {
            found.push(format!("the answer has {} KB: Okta takes less than 256 KB", answer.len() / 1024));
        }
        let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(answer) else {
            found.push("the answer is no JSON object".to_owned());
            return found;
        };
        self.members(&members, &mut found);
        match members.get("commands") {
            None | Some(Value::Null) => {}
            Some(Value::Array(commands)) => {
                commands.iter().for_each(|command| self.command(command, commands, &mut found));
            }
            Some(_) => found.push("`commands` is no list".to_owned()),
        }
        found
    }

    fn members(&self, members: &Map<String, Value>, found: &mut Vec<String>) {
        for name in
            members.keys().filter(|name| !["commands", "error", "debugContext"].contains(&name.as_str()))
        {
            let meant = if name.eq_ignore_ascii_case("error") { ": it is spelt `error`" } else { "" };
            found.push(format!("Okta does not read `{name}`{meant}"));
        }
        match (members.get("error"), self.error) {
            (None | Some(Value::Null), _) => {}
            (Some(_), Outcome::Nothing) => found.push("Okta does not read `error` here".to_owned()),
            (Some(_), Outcome::Fails)
                if members
                    .get("commands")
                    .is_some_and(|all| all.as_array().is_some_and(|all| !all.is_empty())) =>
            {
                found.push("with `error` the person is turned away, and no command runs".to_owned());
            }
            (Some(Value::Object(_)), _) => {}
            (Some(_), _) => found.push("`error` is no object".to_owned()),
        }
    }

    fn command(&self, command: &Value, all: &[Value], found: &mut Vec<String>) {
        let Some(ty) = command.get("type").and_then(Value::as_str) else {
            found.push("a command has no `type`".to_owned());
            return;
        };
        if !self.commands.contains(&ty) {
            let meant = self
                .commands
                .iter()
                .find(|known| known.replace(".okta", "") == ty || known.eq_ignore_ascii_case(ty));
            let known = meant.map_or_else(
                || format!("it may be {}", self.commands.join(", ")),
                |meant| format!("it is called `{meant}`"),
            );
            found.push(format!("the command `{ty}` is not done: {known}"));
            return;
        }
        let value = command.get("value").unwrap_or(&Value::Null);
        match (ty, self.action) {
            (ACTION, Some((name, words))) => self.action(name, words, value, all, found),
            ("com.okta.telephony.action", _) => telephony(value, found),
            _ if ty.ends_with(".patch") => self.patch(ty, value, found),
            _ if !value.is_object() => found.push(format!("the value of `{ty}` is no object")),
            _ => {}
        }
    }

    fn action(&self, name: &str, words: &[&str], value: &Value, all: &[Value], found: &mut Vec<String>) {
        let word = value.get(name).and_then(Value::as_str);
        match word {
            Some(word) if words.contains(&word) => {}
            _ => found.push(format!("`{ACTION}` needs `{name}`: {}", words.join(" or "))),
        }
        let names_user = |command: &Value| {
            command.get("type").and_then(Value::as_str) == Some("com.okta.user.update")
                && command.pointer("/value/id").is_some_and(Value::is_string)
        };
        if word == Some("LINK_USER") && !all.iter().any(names_user) {
            found.push(
                "LINK_USER needs the command `com.okta.user.update` with the `id` of the user".to_owned(),
            );
        }
    }

    /// One operation that is wrong, and none of the patch is done.
    fn patch(&self, ty: &str, value: &Value, found: &mut Vec<String>) {
        let Some(operations) = value.as_array() else {
            found.push(format!("the value of `{ty}` is no list of operations"));
            return;
        };
        for operation in operations {
            let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
            let (op, path) = (text("op"), text("path"));
            let mut wrong = |why: String| found.push(format!("none of `{ty}` is done: {why}"));
            if !self.operations.contains(&op) {
                wrong(format!("`op` is {}, not `{op}`", self.operations.join(", ")));
            }
            if !path.starts_with('/') {
                wrong(format!("the path `{path}` does not begin with `/`"));
            }
            if path == "/token/lifetime/expiration" {
                let lasts = operation
                    .get("value")
                    .and_then(Value::as_i64)
                    .is_some_and(|value| LIFETIME.contains(&value));
                if op != "replace" || !lasts {
                    wrong("the lifetime is replaced, by 300 to 86400 seconds".to_owned());
                }
            }
            if ["/claims/iss", "/claims/ver", "/claims/jti"].contains(&path) {
                wrong(format!("`{path}` is Okta's own"));
            }
        }
    }
}

fn telephony(value: &Value, found: &mut Vec<String>) {
    let status = value.as_array().and_then(|all| all.first()).and_then(|first| first.get("status"));
    if !status.and_then(Value::as_str).is_some_and(|word| ["SUCCESSFUL", "PENDING", "FAILED"].contains(&word))
    {
        found.push(
            "`com.okta.telephony.action` needs a list with a `status`: SUCCESSFUL, PENDING or FAILED"
                .to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(name: &str, request: Option<&str>, answer: &Value) -> String {
        let kind = kind_of(&json!({ "eventType": name, "requestType": request })).unwrap();
        kind.passed_over(answer.to_string().as_bytes()).join("; ")
    }

    /// The rules are those of Okta's pages on inline hooks and of its specification.
    #[test]
    fn what_okta_would_pass_over_is_said() {
        let token = "com.okta.oauth2.tokens.transform";
        let registration = "com.okta.user.pre-registration";
        let import = "com.okta.import.transform";
        let patch = |ops: Value| json!({ "commands": [{ "type": "com.okta.access.patch", "value": ops }] });
        let action = |value: Value| json!({ "commands": [{ "type": ACTION, "value": value }] });
        let progressive = Some("progressive.profile");
        let rows: &[(&str, Option<&str>, Value, &str)] = &[
            (token, None, json!({}), ""),
            (token, None, json!({ "debugContext": { "a": 1 } }), ""),
            (token, None, patch(json!([{ "op": "add", "path": "/claims/a", "value": 1 }])), ""),
            (token, None, patch(json!([{ "op": "remove", "path": "/claims/a" }])), ""),
            (
                token,
                None,
                patch(json!([{ "op": "move", "path": "/claims/a" }])),
                "`op` is add, replace, remove, not `move`",
            ),
            (token, None, patch(json!([{ "op": "add", "path": "claims/a" }])), "does not begin with `/`"),
            (
                token,
                None,
                patch(json!([{ "op": "replace", "path": "/token/lifetime/expiration", "value": 299 }])),
                "300 to 86400",
            ),
            (
                token,
                None,
                patch(json!([{ "op": "replace", "path": "/token/lifetime/expiration", "value": 300 }])),
                "",
            ),
            (token, None, patch(json!({})), "no list of operations"),
            (token, None, json!({ "error": { "errorSummary": "no" } }), ""),
            (token, None, json!({ "error": [] }), "`error` is no object"),
            (token, None, json!({ "Error": {} }), "it is spelt `error`"),
            (token, None, json!({ "result": 1 }), "Okta does not read `result`"),
            (token, None, json!({ "commands": {} }), "`commands` is no list"),
            (token, None, json!([]), "no JSON object"),
            (token, None, action(json!({})), "is not done: it may be com.okta.identity.patch"),
            (
                "com.okta.saml.tokens.transform",
                None,
                json!({ "commands": [{ "type": "com.okta.assertion.patch", "value": [{ "op": "remove", "path": "/claims/a" }] }] }),
                "add, replace, not `remove`",
            ),
            (registration, None, action(json!({ "registration": "DENY" })), ""),
            (registration, None, action(json!({ "action": "DENY" })), "needs `registration`"),
            (
                registration,
                None,
                json!({ "commands": [{ "type": "com.action.update", "value": {} }] }),
                "it is called `com.okta.action.update`",
            ),
            (
                registration,
                None,
                json!({ "error": {}, "commands": [{ "type": ACTION, "value": { "registration": "ALLOW" } }] }),
                "no command runs",
            ),
            (registration, None, json!({ "error": {} }), ""),
            (
                registration,
                progressive,
                json!({ "commands": [{ "type": PROFILE, "value": {} }] }),
                "com.okta.user.progressive.profile.update",
            ),
            (
                "com.okta.user.credential.password.import",
                None,
                action(json!({ "credential": "verified" })),
                "VERIFIED or UNVERIFIED",
            ),
            (
                "com.okta.user.credential.password.import",
                None,
                json!({ "error": {} }),
                "does not read `error`",
            ),
            (
                import,
                None,
                action(json!({ "result": "LINK_USER" })),
                "needs the command `com.okta.user.update`",
            ),
            (
                import,
                None,
                json!({ "commands": [{ "type": ACTION, "value": { "result": "LINK_USER" } }, { "type": "com.okta.user.update", "value": { "id": "00u1" } }] }),
                "",
            ),
            (
                "com.okta.telephony.provider",
                Some("com.okta.user.telephony.pre-enrollment"),
                json!({ "commands": [{ "type": "com.okta.telephony.action", "value": [{ "status": "SENT" }] }] }),
                "SUCCESSFUL, PENDING or FAILED",
            ),
        ];
        for (name, request, answer, expected) in rows {
            let said = said(name, *request, answer);
            assert!(
                said.contains(expected) && (said.is_empty() == expected.is_empty()),
                "{name} {answer}: {said}"
            );
        }
        let long = json!({ "debugContext": "x".repeat(256 * 1024) });
        assert!(self::said(token, None, &long).contains("less than 256 KB"));
        assert!(kind_of(&json!({ "eventType": "com.okta.event_hook" })).is_none());
    }
}
