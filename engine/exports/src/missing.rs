//! Flows that are called and that the file lacks, as a `.flow` lacks its helpers: each stands as a flow of one external card, which a
//! mock answers for.

use std::collections::BTreeMap;

use super::answer::{CALL_FLOW, is_asking};
use super::naming::stem;
use super::pack::{Callee, Card, Field, Flow, Pack, Pin, Policy, Scope};
use super::project::each_card;
use super::{Dictionary, Trouble};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};

/// What is known of a missing flow from those that call it.
#[derive(Default)]
struct Missing {
    takes: Vec<(Text, Type)>,
    gives: Vec<(Text, Type)>,
}

/// Puts a flow in the place of each that is called and missing, and tells so.
pub(super) fn stand_in(pack: &mut Pack, dictionary: &Dictionary, troubles: &mut Vec<Trouble>) {
    let mut missing: BTreeMap<Text, Missing> = BTreeMap::new();
    for flow in &pack.flows {
        each_card(&flow.scope, &mut |card| {
            for callee in card.inputs.iter().filter_map(|field| field.flow.as_ref()).chain(&card.policy.flow)
            {
                if let Callee::Named(id) = callee
                    && !pack.flows.iter().any(|flow| flow.id == *id)
                {
                    missing.entry(id.clone()).or_default().learn(dictionary, card);
                }
            }
        });
    }
    for (id, known) in missing {
        let title = pack.absent.get(&id).cloned().unwrap_or_else(|| format!("Flow {id}").into());
        troubles.push(Trouble {
            flow: None,
            card: None,
            message: format!(
                "the flow \"{title}\" is called, and is not in the export: it stands as an external flow, which a mock can answer for"
            ),
            flow_is_lost: false,
        });
        pack.flows.push(known.flow(id, title));
    }
}

impl Missing {
    fn learn(&mut self, dictionary: &Dictionary, card: &Card) {
        let declared = dictionary.cards.get(&*card.address);
        let add = |known: &mut Vec<(Text, Type)>, key: &Text, ty: Type| {
            if !known.iter().any(|(name, _)| name == key) {
                known.push((key.clone(), ty));
            }
        };
        let own = |field: &&Field| {
            field.flow.is_none()
                && field.group.is_none()
                && !declared.is_some_and(|card| card.inputs.iter().any(|input| *input.key == *field.key))
        };
        if card.inputs.iter().any(|field| field.group.as_deref() == Some("Streaming") && field.flow.is_some())
        {
            add(&mut self.takes, &"Record".into(), Type::OBJECT);
            add(&mut self.takes, &"State".into(), Type::OBJECT);
        }
        for field in card.inputs.iter().filter(own) {
            add(&mut self.takes, &field.key, field.ty);
        }
        if *card.address == *CALL_FLOW {
            for field in card.outputs.iter().filter(|field| field.group.as_deref() != Some("context")) {
                add(&mut self.gives, &field.key, field.ty);
            }
        } else if is_asking(card) {
            add(&mut self.gives, &"value".into(), Type::ANY);
        }
    }

    /// A start, an external card that gets all, and a Return of what callers read.
    fn flow(self, id: Text, title: Text) -> Flow {
        let field = |id: String, (key, ty): &(Text, Type)| Field {
            id: id.into(),
            key: key.clone(),
            group: None,
            label: None,
            ty: *ty,
            value: Value::Null,
            flow: None,
            description: None,
            custom: true,
            item: None,
        };
        let fields = |side: &str, known: &[(Text, Type)]| -> Vec<Field> {
            known.iter().enumerate().map(|(place, known)| field(format!("{side}{place}"), known)).collect()
        };
        let card = |address: &str, title: &str, inputs: Vec<Field>, outputs: Vec<Field>| Card {
            uuid: format!("{id} {address}").into(),
            address: address.into(),
            title: title.into(),
            note: None,
            event: false,
            inputs,
            outputs,
            branches: Vec::new(),
            joins: Vec::new(),
            policy: Policy::default(),
        };
        let mut scope = Scope {
            cards: vec![
                card("kernel:control:callable", "Helper Flow", Vec::new(), fields("take", &self.takes)),
                card(
                    &format!("flow:{}", stem(&title, "flow")),
                    &title,
                    fields("get", &self.takes),
                    fields("give", &self.gives),
                ),
            ],
            orderings: vec![(0, 1)],
            pins: BTreeMap::new(),
        };
        let mut pin = |to: (usize, String), from: usize, output: String| {
            let pin = Pin { from, output: output.into(), convert: None, wrap: false };
            scope.pins.insert((to.0, to.1.into()), vec![pin]);
        };
        for place in 0..self.takes.len() {
            pin((1, format!("get{place}")), 0, format!("take{place}"));
        }
        for place in 0..self.gives.len() {
            pin((2, format!("back{place}")), 1, format!("give{place}"));
        }
        if !self.gives.is_empty() {
            scope.cards.push(card(super::flow::RETURN, "Return", fields("back", &self.gives), Vec::new()));
            scope.orderings.push((1, 2));
        }
        Flow {
            id,
            title,
            description: Text::default(),
            folder: None,
            security: None,
            saves_data: None,
            schedule: None,
            scope,
        }
    }
}
