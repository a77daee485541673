//! Cards of the category Text take secrets and give secrets, as templates do.

use crate::card::Card;
use crate::value::Value;

/// Whether a card may be given secrets where it takes texts.
pub(crate) fn takes_secrets(card: &Card) -> bool {
    card.id.starts_with("text.")
}

/// Lays the secrets among the arguments open, for the card alone; gives their texts.
pub(super) fn open(card: &Card, args: &mut [Value]) -> Vec<String> {
    let mut found = Vec::new();
    if takes_secrets(card) {
        for arg in args {
            if let Value::Secret(secret) = arg {
                found.push(secret.expose().to_owned());
                *arg = Value::from(secret.expose());
            }
        }
    }
    found
}

/// Seals what a card made of secrets: its texts, and those in its lists. Where something lies in a text tells nothing of it.
pub(super) fn seal(outputs: &mut [Value]) {
    let holds_text =
        |output: &&mut Value| matches!(output, Value::Text(_) | Value::List(_) | Value::Object(_));
    for output in outputs.iter_mut().filter(holds_text) {
        *output = std::mem::take(output).sealed();
    }
}
