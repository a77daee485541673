//! A file of answers: what a card gives, for which fields.

use std::collections::BTreeMap;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::suggest::closest;
use flowrun_core::value::{Record, Value};
use flowrun_kit::effect::Connection;
use serde::Deserialize;

/// No file of answers may be larger than this many bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The answers that are given in place of cards, by the names of those: `slack.send_message`.
#[derive(Debug, Default)]
pub struct Answers(BTreeMap<String, Vec<Answer>>);

/// One answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The fields that must have these values; others may have any.
    #[serde(default)]
    when: BTreeMap<String, Value>,
    /// The outputs.
    gives: Option<BTreeMap<String, Value>>,
    /// The message of a failure, in place of outputs.
    fails: Option<String>,
}

/// One answer may stand by itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Many(Vec<Answer>),
    One(Answer),
}

impl Connection for Answers {
    const CONNECTOR: &'static str = "external";
}

impl Answers {
    /// Reads a file of answers, YAML or JSON.
    ///
    /// `slack.send_message: [{ when: { Channel: C1 }, gives: { Message ID: m1 } }, { fails: no such channel }]`: the first
    /// whose `when` fits is given.
    pub fn read(text: &str) -> std::result::Result<Answers, String> {
        let options = serde_yaml::options! {
            budget: serde_yaml::budget! { max_depth: 64, max_nodes: 1_000_000, max_documents: 1 },
        };
        let listed: BTreeMap<String, Listed> =
            serde_yaml::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        let mut all = BTreeMap::new();
        for (card, listed) in listed {
            let answers = match listed {
                Listed::Many(answers) => answers,
                Listed::One(answer) => vec![answer],
            };
            if answers.iter().any(|answer| answer.gives.is_some() == answer.fails.is_some()) {
                return Err(format!("each answer of {card} needs either `gives` or `fails`"));
            }
            all.insert(card.strip_prefix("external.").unwrap_or(&card).to_owned(), answers);
        }
        Ok(Answers(all))
    }

    /// What is answered in place of `card` with these fields.
    pub(crate) fn answer(&self, card: &str, fields: &Record) -> Result<Record> {
        let Some(answers) = self.0.get(card) else { return Err(self.nothing_for(card)) };
        let fits = |answer: &&Answer| {
            answer.when.iter().all(|(name, wanted)| fields.get(name).unwrap_or(&Value::Null) == wanted)
        };
        let Some(answer) = answers.iter().find(fits) else {
            let message = format!("none of the answers for {card} is for these fields");
            return Err(Fault::new(FaultKind::NotFound, message)
                .help("add an answer whose `when` fits, or one without `when` as the last"));
        };
        if let Some(message) = &answer.fails {
            return Err(Fault::new(FaultKind::HttpRequest, message.clone()));
        }
        let outputs = answer.gives.iter().flatten();
        Ok(outputs.map(|(name, value)| (name.as_str().into(), value.clone())).collect())
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
        assert!(answers.answer("a.c", &record(&[])).unwrap_err().help.unwrap().contains("a.b"));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert!(Answers::read("a.b: {}").unwrap_err().contains("either `gives` or `fails`"));
        assert!(Answers::read("a.b: { gives: {}, whn: {} }").is_err());
    }
}
