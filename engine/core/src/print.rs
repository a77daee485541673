//! Fingerprints of what effects ask for: by them a replay notices that a run takes another way.

use crate::chance::spread;
use crate::effect::{Act, Cursor, Effect};
use crate::value::{MOST_VALUES, Value};

impl Effect {
    /// A fingerprint of what is asked for: the card and its inputs, by their names. It is the same on every machine and in every
    /// version. Secrets don't go into it: a short one could be guessed from it.
    pub fn print(&self) -> u64 {
        let mut print = Print { state: 0, left: MOST_VALUES as usize };
        match &self.act {
            Act::WaitUntil(until_us) => print.number(*until_us as u64),
            Act::Pause(pause) => {
                print.text("pause");
                print.number(pause.until_us as u64);
            }
            Act::Card(performance) => {
                print.text(&performance.card.id);
                let declared = performance.card.inputs.iter().map(|field| &*field.name);
                let names = declared.chain(performance.names.iter().map(|name| &**name));
                for (name, value) in names.zip(&performance.args) {
                    // A field that a later version adds is left blank by those who don't know it.
                    if !value.is_null() {
                        print.text(name);
                        print.value(value);
                    }
                }
                if let Some(Cursor::After(cursor)) = &performance.page {
                    print.value(cursor);
                }
            }
        }
        spread(print.state)
    }
}

struct Print {
    state: u64,
    /// How many values are still looked at: a list that holds itself twice, forty times over, has no end.
    left: usize,
}

impl Print {
    fn number(&mut self, number: u64) {
        self.state = spread(self.state.rotate_left(23) ^ number);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.state =
                (self.state.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last));
    }

    fn value(&mut self, value: &Value) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        match value {
            Value::Null => self.number(0),
            Value::Bool(value) => self.number(1 + u64::from(*value)),
            Value::Number(number) => {
                self.number(3);
                self.number((number + 0.0).to_bits());
            }
            Value::Integer(integer) => {
                self.number(4);
                self.text(integer.digits());
            }
            Value::Text(text) => {
                self.number(5);
                self.text(text);
            }
            Value::Date(date) => {
                self.number(6);
                self.number(date.millis() as u64);
            }
            Value::List(items) => {
                self.number(7);
                self.number(items.len() as u64);
                items.iter().for_each(|item| self.value(item));
            }
            Value::Object(members) => {
                self.number(8);
                self.number(members.len() as u64);
                for (key, value) in members.iter() {
                    self.text(key);
                    self.value(value);
                }
            }
            Value::File(file) => {
                self.number(9);
                self.text(&file.handle);
                self.text(&file.name);
            }
            Value::Secret(_) => self.number(10),
        }
    }
}
