//! Runs every example that has only cards of tables; the others run with those of the whole catalog, from outside.

use crate::perform::{perform, tables, yaml};
use flowrun_core::card::Then;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_tables::effect_cards;

#[test]
fn every_example_does_what_it_says() {
    for card in effect_cards().into_iter().map(|effect| effect.card) {
        assert!(card.examples.len() >= 3, "{} has too few examples", card.id);
        for example in card.examples.iter() {
            let tables = tables();
            let steps = yaml(&example.given);
            let steps = steps.as_list().expect("a list of cards");
            let named = |step: &Value| step.as_object().expect("a card")["card"].to_string();
            if !steps.iter().all(|step| named(step).starts_with("tables.")) {
                continue;
            }
            let steps = steps.iter().map(|step| {
                let step = step.as_object().expect("a card");
                let named = step.get("outputs").and_then(Value::as_object);
                let named: Vec<&str> = named.into_iter().flat_map(Record::keys).map(|name| &**name).collect();
                perform(&tables, step["card"].as_text().expect("a name"), &step["with"], &named)
            });
            let last = { steps }.try_fold(Record::default(), |_, result| result);
            match (last, &example.then) {
                (Ok(outputs), Then::Gives(wanted)) => {
                    for (name, value) in yaml(wanted).as_object().expect("outputs") {
                        let found = parse_json(&outputs[name].to_json()).expect("JSON of our own");
                        assert_eq!(found, *value, "{name} of {}: {}", card.id, example.given);
                    }
                }
                (Err(fault), Then::Fails(wanted)) => {
                    assert!(
                        fault.to_string().contains(&**wanted),
                        "{}\n{fault}\nlacks {wanted}",
                        example.given
                    );
                }
                (found, then) => panic!("{}: {}\ngave {found:?}\nnot {then:?}", card.id, example.given),
            }
        }
    }
}
