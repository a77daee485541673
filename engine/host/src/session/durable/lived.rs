//! What a run of before was given and answered, card by card: of it tests are made.

use std::collections::HashMap;
use std::sync::Arc;

use flowrun_core::course::Course;
use flowrun_core::effect::Act;
use flowrun_core::journal::{Event, Recorded};
use flowrun_core::machine::{Limits, Machine};
use flowrun_core::report::Report;
use flowrun_core::value::{Record, Text};
use flowrun_project::Problem;

use super::recall::Recalled;
use crate::mocked::fields;

/// What a run of before was given and answered.
#[derive(Debug)]
pub struct Lived {
    /// The cards that were answered from outside, in the order in which they were first answered.
    pub cards: Vec<Answered>,
    /// The answers to its pauses, each with when, in microseconds after the start.
    pub replies: Vec<(i64, Record)>,
    /// When it was cancelled, in microseconds after the start.
    pub cancelled_us: Option<i64>,
    /// The rows that filled tables before it began.
    pub filled: Vec<(Text, Vec<Record>)>,
    /// What happened, whole.
    pub report: Report,
}

/// One performance of a card, and how it was answered.
#[derive(Debug)]
pub struct Answered {
    /// The flow and the card's ID in it.
    pub place: String,
    /// What it was given; secrets are dots.
    pub fields: Record,
    /// How each of its tries ended, or each of its pages.
    pub ends: Vec<Recorded>,
}

impl Recalled {
    /// What it was given and answered, as its journal says.
    pub fn lived(&self) -> Result<Lived, Problem> {
        if self.checkpoint.is_some() {
            let message = format!("the beginning of run {} is not known any more", self.run.about.id);
            return Err(
                Problem::new(message).help("`journal: { max_entries: … }` in flowrun.yaml keeps more")
            );
        }
        let mut program = (*self.program).clone();
        program.show_whole();
        let machine = Machine::new(Arc::new(program), self.start.clone());
        let mut course = Course::new(machine.map_err(|fault| Problem::new(fault.message.to_string()))?);
        course.machine.limit(Limits { whole: true, ..Limits::default() });
        let mut own = self.looking()?;
        let rows =
            |name: &Text| own.0.shared_tables().and_then(|tables| tables.rows(name)).unwrap_or_default();
        let filled = self.opening.filled.iter().map(|(name, _)| (name.clone(), rows(name))).collect();
        let mut lived = Vec::new();
        let mut places = HashMap::new();
        let (mut replies, mut cancelled_us) = (Vec::new(), None);
        for entry in &self.entries {
            let after_us = entry.at_us - self.start.at_us;
            match &entry.event {
                Event::Completed(asked, recorded) if *recorded != Recorded::Waited => {
                    course.advance(entry.after, &mut own);
                    let effect = course.asked(asked.id);
                    if let Some((flow, step)) = course.machine.card_of(asked.id) {
                        let flow = self.program.flow(flow);
                        let card = effect.and_then(|effect| match effect.act {
                            Act::Card(card) => Some(card),
                            _ => None,
                        });
                        // Tries and pages of one performance have the same frame.
                        let at = *places.entry((asked.id.frame, asked.id.card)).or_insert_with(|| {
                            lived.push(Answered {
                                place: format!("{}/{}", flow.path, flow.step(step).id),
                                // What kept tables were asked is not open to whoever looks.
                                fields: card.as_ref().map(fields).unwrap_or_default(),
                                ends: Vec::new(),
                            });
                            lived.len() - 1
                        });
                        lived[at].ends.push(recorded.clone());
                    }
                }
                Event::Signal(_, Recorded::Outputs(outputs)) => {
                    replies.push((after_us, outputs.iter().cloned().collect()));
                }
                Event::Cancelled => cancelled_us = Some(after_us),
                _ => {}
            }
            let applied = course.apply(entry, &mut own);
            applied.map_err(|_| Problem::new(format!("run {} can't be replayed", self.run.about.id)))?;
        }
        course.catch_up(&mut own);
        let report = course.machine.report();
        Ok(Lived { cards: lived, replies, cancelled_us, filled, report })
    }
}
