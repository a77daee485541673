//! A file of answers: what a card gives, for which fields.

use std::collections::BTreeMap;

use flowrun_core::effect::Page;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::suggest::closest;
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::effect::Connection;

/// No file of answers may be larger than this many bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The answers that are given in place of cards, by the names of those: `slack.send_message`.
#[derive(Debug, Default)]
pub struct Answers(BTreeMap<String, Vec<Answer>>);

/// One answer.
#[derive(Debug)]
struct Answer {
    /// The fields that must have these values; others may have any.
    when: Record,
    /// What comes of it.
    then: Then,
}

/// What an answer is.
#[derive(Debug)]
enum Then {
    /// These outputs.
    Gives(Record),
    /// A failure with this message.
    Fails(Text),
}

impl Connection for Answers {
    const CONNECTOR: &'static str = "external";
    const OWN: bool = true;
}

impl Answers {
    /// Reads a file of answers, YAML or JSON.
    ///
    /// `slack.send_message: [{ when: { Channel: C1 }, gives: { Message ID: m1 } }, { fails: no such channel }]`: the first
    /// whose `when` fits is given.
    pub fn read(text: &str) -> std::result::Result<Answers, String> {
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! { max_depth: 64, max_nodes: 1_000_000, max_documents: 1 },
            // `no` and `y` are texts, as in flow files.
            strict_booleans: true,
        };
        let file: Value =
            serde_yaml::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        let Some(cards) = file.as_object() else {
            return Err(format!("expected a mapping of cards, found {}", file.kind()));
        };
        let mut all = BTreeMap::new();
        for (card, answers) in cards.iter() {
            let answers = match answers {
                Value::List(answers) => answers.iter().map(|answer| self::answer(card, answer)).collect(),
                one => answer(card, one).map(|answer| vec![answer]),
            };
            all.insert(card.strip_prefix("external.").unwrap_or(card).to_owned(), answers?);
        }
        Ok(Answers(all))
    }

    /// Whether anything is answered in place of `card`.
    pub fn has(&self, card: &str) -> bool {
        self.0.contains_key(card)
    }

    /// The cards that something is answered for, by their names.
    pub fn cards(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is answered in place of `card` with these fields.
    pub fn answer(&self, card: &str, fields: &Record) -> Result<Record> {
        let Some(answers) = self.0.get(card) else { return Err(self.nothing_for(card)) };
        let fits = |answer: &&Answer| {
            answer.when.iter().all(|(name, wanted)| fields.get(name).unwrap_or(&Value::Null) == wanted)
        };
        let Some(answer) = answers.iter().find(fits) else {
            let message = format!("none of the answers for {card} is for these fields");
            return Err(Fault::new(FaultKind::NotFound, message)
                .help("add an answer whose `when` fits, or one without `when` as the last"));
        };
        match &answer.then {
            Then::Gives(outputs) => Ok(outputs.clone()),
            Then::Fails(message) => Err(Fault::new(FaultKind::HttpRequest, message.to_string())),
        }
    }

    /// The records that are answered in place of a `card` that streams: the list `records`, as the only page.
    pub fn records(&self, card: &str, fields: &Record) -> Result<Page> {
        match self.answer(card, fields)?.get("records") {
            Some(Value::List(records)) => Ok(Page { records: (**records).clone(), total: None, next: None }),
            _ => Err(Fault::new(
                FaultKind::NotFound,
                format!("the answer for {card} has no list of `records` to stream"),
            )),
        }
    }

    fn nothing_for(&self, card: &str) -> Fault {
        let fault = Fault::new(
            FaultKind::NotFound,
            format!("flowrun has no card {card}, and no answer is given in its place"),
        );
        match closest(card, self.0.keys().map(String::as_str)) {
            Some(near) => fault.help(format!("there is an answer for {near}: was that meant?")),
            None => fault
                .help(format!("give one with --mock FILE, whose text is: `{card}: {{ gives: {{ … }} }}`")),
        }
    }
}

/// Reads one answer for `card`.
fn answer(card: &str, value: &Value) -> std::result::Result<Answer, String> {
    let Some(members) = value.as_object() else {
        return Err(format!(
            "an answer for {card} is a mapping with `gives` or `fails`, found {}",
            value.kind()
        ));
    };
    if let Some(key) = members.keys().find(|key| !["when", "gives", "fails"].contains(&&***key)) {
        return Err(format!("an answer for {card} has `when`, `gives` and `fails`, found `{key}`"));
    }
    let fields = |key: &str| match members.get(key) {
        None => Ok(None),
        Some(Value::Object(fields)) => Ok(Some((**fields).clone())),
        Some(other) => Err(format!("`{key}` of {card} is a mapping of fields, found {}", other.kind())),
    };
    let then = match (fields("gives")?, members.get("fails")) {
        (Some(outputs), None) => Then::Gives(outputs),
        (None, Some(Value::Text(message))) => Then::Fails(message.clone()),
        _ => return Err(format!("each answer for {card} needs either `gives`, or `fails` with a message")),
    };
    Ok(Answer { when: fields("when")?.unwrap_or_default(), then })
}

/// The answers that the manual's examples go by.
pub fn example_answers() -> Answers {
    let text = "slack.send_message:\n  - { when: { Channel: nowhere }, fails: channel_not_found }\n  - { gives: { Message ID: m1 } }\n";
    Answers::read(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(members: &[(&str, &str)]) -> Record {
        members.iter().map(|(name, value)| ((*name).into(), Value::from(*value))).collect()
    }

    #[test]
    fn the_first_that_fits_is_given() {
        let answers = Answers::read("a.b: [{ when: { x: \"1\" }, gives: { y: one } }, { gives: { y: any } }]\nexternal.c.d: { fails: no }").unwrap();
        assert_eq!(
            answers.answer("a.b", &record(&[("x", "1"), ("z", "2")])).unwrap(),
            record(&[("y", "one")])
        );
        assert_eq!(answers.answer("a.b", &record(&[])).unwrap(), record(&[("y", "any")]));
        assert_eq!(answers.answer("c.d", &record(&[])).unwrap_err().message, "no");
        assert!(
            answers
                .answer("a.c", &record(&[]))
                .unwrap_err()
                .help
                .as_ref()
                .is_some_and(|help| help.contains("a.b"))
        );
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let wrong = |text: &str, because: &str| {
            let told = Answers::read(text).unwrap_err();
            assert!(told.contains(because), "{told}");
        };
        wrong("a.b: {}", "needs either `gives`");
        wrong("a.b: { gives: {}, whn: {} }", "found `whn`");
        wrong("a.b: { gives: 1 }", "`gives` of a.b is a mapping of fields, found number");
        wrong("a.b: yes", "found text");
        wrong("[]", "expected a mapping of cards");
    }
}
