//! Runs a card without a machine.

use flowrun_core::card::{Args, Card, Cx, Slots, Work};
use flowrun_core::fault::Fault;
use flowrun_core::value::{Mismatch, Record, Text, Value, parse_json};

/// 2016-09-07T00:01:25.670Z
const NOW: i64 = 1_473_206_485_670;

/// What the first card of the flow `example` draws from, for the manual's examples are run as flows too.
const SEED: u64 = 0xd575_0e71_d919_73f8;

/// A value, written in YAML.
pub fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Runs a card as the machine does: arguments by field, defaults, then what the author named.
pub fn perform(card: &Card, given: &Value, wanted: &[Text]) -> Result<Value, Fault> {
    let Work::Pure(work) = card.work else { panic!("{} is not pure", card.id) };
    let given = given.as_object().expect("an object of fields");
    let mut args = Vec::new();
    for field in card.inputs {
        match given.get(field.name) {
            Some(value) => args.push(value.clone()),
            None if field.required => {
                let mismatch = Mismatch { wanted: field.ty, found: Value::Null };
                return Err(Fault::mismatch(&mismatch, None));
            }
            None => args.push(field.default.into()),
        }
    }
    let rest = given.iter().filter(|(name, _)| card.input(name).is_none());
    let (names, values): (Vec<Text>, Vec<Value>) =
        rest.map(|(name, value)| (name.clone(), value.clone())).unzip();
    assert!(names.is_empty() || card.rest_in.is_some(), "{}: no such fields: {names:?}", card.id);
    args.extend(values);

    let mut wanted: Vec<Text> = wanted.to_vec();
    if card.rest_out.is_some() {
        wanted.extend(names.iter().cloned());
    }
    let mut slots = vec![Value::Null; card.outputs.len() + wanted.len()];
    let cx = Cx { now_ms: NOW, seed: SEED, wanted: &wanted };
    work(&mut Args::new(&mut args, &names), &cx, &mut Slots::new(&mut slots, &wanted))?;
    let outputs = card.outputs.iter().map(|field| Text::from(field.name)).chain(wanted.iter().cloned());
    let outputs = Value::from(outputs.zip(slots).collect::<Record>());
    // Dates and the like become what a reader of the manual sees.
    Ok(parse_json(&outputs.to_json()).expect("JSON of our own"))
}
