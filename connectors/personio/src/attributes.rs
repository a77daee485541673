//! Which attributes a card is asked for: by Personio's key, or by the label that people see in Personio.

use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::call::Call;
use serde::Deserialize;

use crate::Personio;
use crate::record::{self, CUSTOM};

/// What must be readable unless the flow says otherwise: what an import into Okta can't do without.
pub const REQUIRED: [&str; 5] = ["id", "email", "first_name", "last_name", "status"];

/// The attributes that must be readable: those named, else [`REQUIRED`].
pub fn required(named: Option<Vec<Text>>) -> Vec<Text> {
    named.unwrap_or_else(|| REQUIRED.map(Text::from).into())
}

/// The fault of attributes that the credential may not read.
pub fn withheld(missing: &[Text]) -> Fault {
    let message = format!("the API credential may not read {}", missing.join(", "));
    let help = "in Personio, open Settings, API credentials, and tick these attributes as readable; or name under \
                `required_attributes` only what the flow needs";
    Fault::new(FaultKind::Forbidden, message).help(help)
}

/// The fault of a label that several attributes have.
pub fn ambiguous(label: &str, keys: &[Text]) -> Fault {
    let message = format!("several attributes are labelled \"{label}\": {}", keys.join(", "));
    Fault::new(FaultKind::InvalidInput, message).help("name the one that is meant by its key")
}

/// The attributes that a credential may read, as v1 lists them.
pub struct Released(Vec<Attribute>);

#[derive(Deserialize)]
struct Attribute {
    key: Text,
    label: Option<Text>,
}

impl Released {
    /// Asks which they are.
    pub async fn ask(personio: &Personio) -> Result<Released> {
        #[derive(Deserialize)]
        struct Answer {
            data: Vec<Attribute>,
        }
        let call = Call::get("/v1/company/employees/attributes");
        let answer: Answer = personio.v1.read(call, |reply| reply.json()).await?;
        Ok(Released(answer.data))
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Fails unless all of these are among them: Personio leaves out the rest without a word.
    pub fn require(&self, names: &[Text]) -> Result<()> {
        let mut missing = Vec::new();
        for name in names {
            if self.key(name)?.is_none() {
                missing.push(name.clone());
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(withheld(&missing)) }
    }

    /// What to ask for to get these; nothing named means everything.
    pub fn resolve(&self, names: Option<&[Text]>) -> Result<Asked> {
        let Some(names) = names else { return Ok(Asked::default()) };
        // The ID tells a page that came twice.
        let (mut keys, mut labels) = (vec![Text::from("id")], Vec::new());
        for name in names {
            let key = match self.key(name)? {
                Some(key) => key.clone(),
                None if is_key(name) => name.clone(),
                None => {
                    let message =
                        format!("the API credential may read no attribute with the key or label \"{name}\"");
                    let help = "labels are in the language of the account, written as Personio shows them; keys are as in \
                                `first_name` and `dynamic_123`";
                    return Err(Fault::new(FaultKind::InvalidInput, message).help(help));
                }
            };
            if key != *name {
                labels.push((name.clone(), key.clone()));
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(Asked { keys: Some(keys), labels })
    }

    /// The key of the attribute with this key or, if there is none, this label.
    fn key(&self, name: &str) -> Result<Option<&Text>> {
        if let Some(attribute) = self.0.iter().find(|attribute| *attribute.key == *name) {
            return Ok(Some(&attribute.key));
        }
        let labelled = |attribute: &&Attribute| attribute.label.as_deref() == Some(name);
        let keys: Vec<&Text> = self.0.iter().filter(labelled).map(|attribute| &attribute.key).collect();
        if keys.len() > 1 {
            return Err(ambiguous(name, &keys.into_iter().cloned().collect::<Vec<_>>()));
        }
        Ok(keys.first().copied())
    }
}

/// Whether a name is written as Personio's keys are.
fn is_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// The attributes to read; the keys are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Their keys; `None` means all.
    pub keys: Option<Vec<Text>>,
    /// The labels that some were asked for by, with their keys.
    pub labels: Vec<(Text, Text)>,
}

impl Asked {
    /// As it stands in a cursor.
    pub fn write(&self) -> Value {
        let keys =
            self.keys.as_ref().map(|keys| Value::list(keys.iter().cloned().map(Value::from).collect()));
        Value::object([
            ("keys", keys.unwrap_or_default()),
            ("labels", Value::object(self.labels.iter().cloned())),
        ])
    }

    /// Reads what [`Asked::write`] wrote.
    pub fn read(value: &Value) -> Asked {
        let member = |name: &str| value.as_object().and_then(|members| members.get(name));
        let text = |value: &Value| value.as_text().cloned();
        let keys = member("keys").and_then(Value::as_list).map(|keys| keys.iter().filter_map(text).collect());
        let labels = member("labels").and_then(Value::as_object).into_iter().flat_map(Record::iter);
        Asked { keys, labels: labels.filter_map(|(label, key)| Some((label.clone(), text(key)?))).collect() }
    }

    /// Gives each attribute that was asked for by its label that name too.
    pub fn label(&self, record: &mut Record) {
        let Some(Value::Object(custom)) = record.get_mut(CUSTOM) else { return };
        let found = self.labels.iter().filter_map(|(label, key)| Some((label, custom.get(key)?.clone())));
        let found: Vec<_> = found.map(|(label, value)| (label.clone(), value)).collect();
        if !found.is_empty() {
            Arc::make_mut(custom).extend(found);
        }
    }

    /// Drops what was not asked for.
    pub fn select(&self, record: &Record) -> Record {
        let Some(keys) = &self.keys else { return record.clone() };
        let titles: Vec<Text> = keys.iter().map(|key| record::title(key)).collect();
        let kept = record.iter().filter_map(|(name, value)| match value {
            Value::Object(custom) if *name == CUSTOM => {
                let kept = custom.iter().filter(|(key, _)| keys.contains(key));
                let kept: Record = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
                (!kept.is_empty()).then(|| (name.clone(), Value::from(kept)))
            }
            value => titles.contains(name).then(|| (name.clone(), value.clone())),
        });
        kept.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released() -> Released {
        let attributes = [
            ("id", "Personalnummer"),
            ("email", "E-Mail"),
            ("dynamic_1", "Mobile phone"),
            ("dynamic_2", "Cost"),
            ("dynamic_3", "Cost"),
        ];
        Released(
            attributes.map(|(key, label)| Attribute { key: key.into(), label: Some(label.into()) }).into(),
        )
    }

    fn resolve(names: &[&str]) -> Result<Asked> {
        let names: Vec<Text> = names.iter().map(|&name| Text::from(name)).collect();
        released().resolve(Some(&names))
    }

    #[test]
    fn attributes_have_keys_and_labels() {
        let asked = resolve(&["E-Mail", "Mobile phone", "dynamic_2", "not_released"]).unwrap();
        let keys = ["id", "email", "dynamic_1", "dynamic_2", "not_released"].map(Text::from);
        assert_eq!(asked.keys.as_deref(), Some(&keys[..]));
        assert_eq!(Asked::read(&asked.write()), asked);
        assert_eq!(Asked::read(&Asked::default().write()), Asked::default());
        let fault = resolve(&["Cost"]).unwrap_err();
        assert_eq!(fault.message, "several attributes are labelled \"Cost\": dynamic_2, dynamic_3");
        assert!(
            resolve(&["Handy"]).unwrap_err().message.contains("no attribute with the key or label \"Handy\"")
        );
        assert!(released().require(&["Mobile phone".into(), "id".into()]).is_ok());
        let fault = released().require(&["Handy".into(), "status".into()]).unwrap_err();
        assert_eq!(fault.message, "the API credential may not read Handy, status");
    }

    #[test]
    fn labels_are_added_and_the_rest_is_dropped() {
        let asked = resolve(&["Mobile phone", "E-Mail"]).unwrap();
        let custom = Value::object([("dynamic_1", "+49"), ("dynamic_2", "7")]);
        let record =
            Value::object([("ID", Value::from("1")), ("Position", Value::from("x")), (CUSTOM, custom)]);
        let mut record = asked.select(record.as_object().unwrap());
        asked.label(&mut record);
        let expected = r#"{"ID":"1","Custom Attributes":{"dynamic_1":"+49","Mobile phone":"+49"}}"#;
        assert_eq!(Value::from(record).to_json(), expected);
    }
}
