//! Every example of every card, run through YAML as a reader of the manual would: pasted into a flow of the project in
//! `tests/cards`, over simulators that nobody has used before; and what each card gives by sources outside (`conformance`).
//!
//! What an example says must be all that the last card gives; of a card that reaches outside it may be a part. A failure may
//! be found before the run already. If it is told in other words then, the card must fail in the run too, with the message
//! that the example tells, when the same values come over wires. So does a card whose example shows a key: no file may hold one.

mod conformance;
mod run;

use std::fmt::Write;

use flowrun_core::card::{Then, Work};
use flowrun_core::does::AfterCrash;
use flowrun_core::load::load;
use flowrun_core::source::Sources;
use flowrun_core::value::Value;
use flowrun_tables::example_tables;
use flowrun_tests::{compile, registry};
use flowrun_views::catalog::card_json;

use run::{flow, project, tried, yaml};

#[tokio::test]
async fn every_example_does_what_it_says() {
    let project = project();
    let mut failed = String::new();
    for card in registry().catalog().iter() {
        let printed = card_json(registry().catalog(), card);
        for (example, printed) in card.examples.iter().zip(printed["examples"].as_array().unwrap()) {
            let cards = printed["cards"].as_str().unwrap();
            let mut pasted = Sources::default();
            pasted.add("example.yaml", &flow(cards));
            if let Some(mistake) = load(&pasted, registry().catalog()).1.first() {
                write!(failed, "\n{}\n{cards}\ncan't be pasted: {}\n", card.id, mistake.message).unwrap();
            }
            if let Some(wrong) = tried(&project, card, cards, &example.then).await {
                write!(failed, "\n{}\n{cards}\n{wrong}\n", card.id).unwrap();
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// Whether there is something in a value that cards tend to get wrong: nothing at all, zero, or less.
fn is_edge(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => *number <= 0.0,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty() || items.iter().any(is_edge),
        Value::Object(members) => members.is_empty() || members.values().any(is_edge),
        _ => false,
    }
}

#[test]
fn every_card_shows_enough() {
    let mut poor = String::new();
    for card in registry().catalog().iter() {
        let takes_nothing = card.inputs.is_empty() && card.rest_in.is_none();
        let ours = matches!(card.work, Work::Pure(_)) || card.group() == "tables";
        let least = if ours && !takes_nothing { 3 } else { 1 };
        if card.examples.len() < least {
            writeln!(poor, "{} has {} examples, not {least}", card.id, card.examples.len()).unwrap();
        }
        let edge = card.examples.iter().any(|example| match &example.then {
            Then::Fails(_) => true,
            Then::Gives(wanted) => [&example.given, wanted].iter().any(|text| is_edge(&yaml(text))),
        });
        if !edge && !takes_nothing {
            writeln!(poor, "{} shows neither a failure nor an edge", card.id).unwrap();
        }
    }
    assert!(poor.is_empty(), "\n{poor}");
}

/// What is done twice is done twice: whoever may not repeat it looks, or asks. What a run has of its own dies with it.
#[test]
fn every_card_says_what_it_does_after_a_crash() {
    let mut silent = String::new();
    for effect in registry().effects().iter() {
        let Work::Effect(spec) = &effect.card.work else { continue };
        let id = &effect.card.id;
        match &spec.after_crash {
            AfterCrash::Repeats if !spec.own && !spec.does.may_be_repeated() => {
                writeln!(silent, "{id} may not be repeated, and says nothing").unwrap();
            }
            AfterCrash::Looks(_) if !spec.does.changes() => {
                writeln!(silent, "{id} changes nothing that it could look for").unwrap();
            }
            AfterCrash::Looks(how) | AfterCrash::Asks(how)
                if how.trim_end_matches('.') != how.trim() || how.is_empty() =>
            {
                writeln!(silent, "{id} says it in a sentence of its own, not as the end of one: {how:?}")
                    .unwrap();
            }
            _ => {}
        }
    }
    assert!(silent.is_empty(), "\n{silent}");
}

#[test]
fn the_examples_have_the_tables_of_the_connector() {
    let (program, _) = compile(&project(), "double", &[]);
    assert_eq!(format!("{:?}", program.tables), format!("{:?}", example_tables()));
}
