//! Runs a card without a machine.

use flowrun_core::card::{Args, Card, Cx, PureFn, Slots, Work};
use flowrun_core::fault::Fault;
use flowrun_core::value::{Record, Text, Value, parse_json};

/// 2016-09-07T00:01:25.670Z
const NOW: i64 = 1_473_206_485_670;

/// What the first card of the flow `example` draws from, for the manual's examples are run as flows too.
const SEED: u64 = 0xd575_0e71_d919_73f8;

/// A value, written in YAML.
pub fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Runs a card once; dates and the like become what a reader of the manual sees.
pub fn perform(card: &Card, given: &Value, wanted: &[Text]) -> Result<Value, Fault> {
    let outputs = Call::of(card, given, wanted)?.run()?;
    Ok(parse_json(&outputs.to_json()).expect("JSON of our own"))
}

/// A card with its arguments, which can be run any number of times.
#[derive(Debug)]
pub struct Call {
    work: PureFn,
    args: Vec<Value>,
    names: Vec<Text>,
    outputs: Vec<Text>,
    wanted: Vec<Text>,
}

impl Call {
    /// As the machine makes one; panics if the card is not pure.
    pub fn of(card: &Card, given: &Value, wanted: &[Text]) -> Result<Call, Fault> {
        let Work::Pure(work) = card.work else { panic!("{} is not pure", card.id) };
        let given = given.as_object().expect("an object of fields");
        let (args, names) = card.arguments(given)?;
        let mut wanted: Vec<Text> = wanted.to_vec();
        if card.rest_out.is_some() {
            wanted.extend(names.iter().cloned());
        }
        let outputs = card.outputs.iter().map(|field| Text::from(&*field.name)).chain(wanted.iter().cloned());
        Ok(Call { work, args, names, outputs: outputs.collect(), wanted })
    }

    /// Runs the card; gives its outputs under their names.
    pub fn run(&self) -> Result<Value, Fault> {
        let mut args = self.args.clone();
        let mut slots = vec![Value::Null; self.outputs.len()];
        let cx = Cx { now_ms: NOW, seed: SEED, wanted: &self.wanted };
        (self.work)(&mut Args::new(&mut args, &self.names), &cx, &mut Slots::new(&mut slots, &self.wanted))?;
        Ok(Value::from(self.outputs.iter().cloned().zip(slots).collect::<Record>()))
    }
}
