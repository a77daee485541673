//! What the numbers of a checkpoint mean.

use std::collections::BTreeMap;

use crate::program::{Flow, FlowId, Op, Program, SlotId, StepId};
use crate::stored::read::Read;
use crate::stored::{Reader, Unreadable, Writer};
use crate::value::{Text, Value};

/// The slots of a flow, in the order in which checkpoints have them.
pub(super) fn slots(flow: &Flow) -> impl Iterator<Item = SlotId> {
    let first = [SlotId::RUN, SlotId::ERROR].into_iter().chain((0..flow.inputs.len()).map(SlotId::input));
    first.chain(flow.steps.iter().flat_map(|step| {
        let caught = if let Op::Try { error, .. } = &step.op { Some(*error) } else { None };
        step.out_range().map(|slot| SlotId(slot as u32)).chain(caught)
    }))
}

/// The flows of a checkpoint that is being written, by their places in it.
pub(super) struct Written(BTreeMap<FlowId, usize>);

impl Written {
    /// Writes what the numbers of these flows mean.
    pub fn write(flows: impl Iterator<Item = FlowId>, program: &Program, writer: &mut Writer<'_>) -> Written {
        let mut places: BTreeMap<FlowId, usize> = flows.map(|flow| (flow, 0)).collect();
        places.values_mut().enumerate().for_each(|(place, at)| *at = place);
        writer.name("flows").list(places.keys(), |writer, flow| {
            let flow = program.flow(*flow);
            writer.object(|writer| {
                writer.name("path").text(&flow.path);
                writer.name("inputs").list(&flow.inputs, |writer, input| writer.text(&input.name));
                writer.name("outputs").list(&flow.outputs, |writer, output| writer.text(&output.name));
                writer.name("cards").list(&flow.steps, |writer, step| {
                    writer.object(|writer| {
                        writer.name("key").plain(format_args!("{:016x}", step.key));
                        writer.name("id").text(&step.id);
                        writer.name("out").list(&*step.outputs, |writer, output| writer.text(output));
                        if matches!(step.op, Op::Try { .. }) {
                            writer.name("catches").boolean(true);
                        }
                    });
                });
            });
        });
        Written(places)
    }

    /// The place of a flow.
    pub fn place(&self, flow: FlowId) -> u64 {
        // Every flow of the run was written.
        self.0.get(&flow).map_or(u64::MAX, |place| *place as u64)
    }
}

/// A flow of a checkpoint, as this program has it.
pub(super) struct Known {
    pub flow: FlowId,
    path: Text,
    cards: Vec<Card>,
    /// Where each value of a frame lies now; none where nothing has it any more.
    pub slots: Vec<Option<SlotId>>,
    /// The same of its outputs.
    pub outputs: Vec<Option<usize>>,
}

struct Card {
    id: Text,
    step: Option<StepId>,
}

impl Known {
    /// Reads what the numbers of a flow mean.
    pub fn read(program: &Program, reader: &mut Reader<'_>) -> Read<Known> {
        let (mut path, mut inputs, mut outputs, mut cards) =
            (Text::default(), Vec::new(), Vec::new(), Vec::new());
        let text = |reader: &mut Reader<'_>| Ok(Text::from(&*reader.text()?));
        reader.object(|reader, name| {
            match name {
                "path" => path = text(reader)?,
                "inputs" => inputs = reader.list(text)?,
                "outputs" => outputs = reader.list(text)?,
                "cards" => cards = reader.list(card)?,
                _ => return reader.damaged("what is known of a flow"),
            }
            Ok(())
        })?;
        let id = program.find(&path);
        let id = id.ok_or_else(|| Unreadable::Unknown(format!("flow `{path}` that can run")))?;
        let flow = program.flow(id);
        let mut slots = vec![Some(SlotId::RUN), Some(SlotId::ERROR)];
        let input = |name: &Text| flow.inputs.iter().position(|input| input.name == *name);
        slots.extend(inputs.iter().map(|name| input(name).map(SlotId::input)));
        let mut known = Vec::with_capacity(cards.len());
        for CardRead { key, id, out, catches } in cards {
            let place = flow.steps.iter().position(|step| step.key == key);
            let step = place.map(|place| &flow.steps[place]);
            slots.extend(out.iter().map(|name| {
                let step = step?;
                let output = step.outputs.iter().position(|output| output == name)?;
                Some(SlotId(step.out.0 + output as u32))
            }));
            if catches {
                slots.push(match step.map(|step| &step.op) {
                    Some(Op::Try { error, .. }) => Some(*error),
                    _ => None,
                });
            }
            known.push(Card { id, step: place.map(|place| StepId(place as u32)) });
        }
        let output = |name: &Text| flow.outputs.iter().position(|output| output.name == *name);
        let outputs = outputs.iter().map(output).collect();
        Ok(Known { flow: id, path, cards: known, slots, outputs })
    }

    /// The card with this number in the checkpoint.
    pub fn step(&self, card: usize) -> Result<StepId, Unreadable> {
        match self.cards.get(card) {
            Some(Card { step: Some(step), .. }) => Ok(*step),
            Some(Card { id, .. }) => {
                Err(Unreadable::Unknown(format!("card `{id}` in the flow `{}`", self.path)))
            }
            None => Err(Unreadable::Unknown(format!("card number {card} in the flow `{}`", self.path))),
        }
    }

    /// The values that a frame has at these places.
    pub fn placed(places: &[Option<usize>], values: Vec<Value>, count: usize) -> Vec<Value> {
        let mut placed = vec![Value::Null; count];
        for (place, value) in places.iter().zip(values) {
            if let Some(slot) = place.and_then(|place| placed.get_mut(place)) {
                *slot = value;
            }
        }
        placed
    }
}

struct CardRead {
    key: u64,
    id: Text,
    out: Vec<Text>,
    catches: bool,
}

fn card(reader: &mut Reader<'_>) -> Read<CardRead> {
    let mut card = CardRead { key: 0, id: Text::default(), out: Vec::new(), catches: false };
    reader.object(|reader, name| {
        match name {
            "key" => card.key = reader.quoted_hex()?,
            "id" => card.id = Text::from(&*reader.text()?),
            "out" => card.out = reader.list(|reader| Ok(Text::from(&*reader.text()?)))?,
            "catches" => card.catches = reader.boolean()?,
            _ => return reader.damaged("what is known of a card"),
        }
        Ok(())
    })?;
    Ok(card)
}
