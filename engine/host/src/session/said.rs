//! What somebody says to a run of before: the answer to a pause, or what became of a request.

use flowrun_core::effect::{Act, Answer, EffectId};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::journal::{Event, Settlement};
use flowrun_core::load::constant;
use flowrun_core::machine::Paused;
use flowrun_core::types::Type;
use flowrun_core::value::{Record, Text, Value, convert, parse_json};
use flowrun_project::Problem;

use super::Say;
use super::open::refused;
use super::run::{Keeping, Session};
use crate::driver::{self, Log};

impl Session {
    /// Takes in what somebody says, before the run goes on.
    pub(super) fn hear(mut self) -> Result<Session, Problem> {
        let say = std::mem::take(&mut self.plan.job.say);
        if let Say::GoOn = say {
            return Ok(self);
        }
        let (mut log, chronicle) = std::mem::replace(&mut self.keeping, Keeping::Nothing).log();
        self.course.catch_up(&mut self.world.here());
        match say {
            Say::Answer(given) => self.answer(|pause| answered(pause, &given), &mut *log)?,
            Say::Reply(given) => self.answer(|_| Ok(given), &mut *log)?,
            Say::Settle { card, what, outputs } => self.settle(&card, what, &outputs, &mut *log)?,
            Say::Cancel => {
                let at_us = self.world.time.now_us();
                log.append(&self.course.entry(at_us, Event::Cancelled));
                self.course.cancel(at_us);
            }
            Say::GoOn => {}
        }
        self.keeping = chronicle.map_or(Keeping::Nothing, Keeping::Journal);
        Ok(self)
    }

    fn answer(
        &mut self,
        given: impl FnOnce(&Paused) -> Result<Record, Problem>,
        log: &mut dyn Log,
    ) -> Result<(), Problem> {
        let machine = &self.course.machine;
        let Some(pause) = machine.pauses().into_iter().next() else {
            return Err(Problem::new("the run waits for no answer")
                .help("without --input it goes on from where it is"));
        };
        let answer = machine.answer(pause.id, &given(&pause)?).map_err(|fault| refused(&fault))?;
        let now_us = self.world.time.now_us();
        if driver::answer(&mut self.course, pause.id, answer, now_us, log) {
            return Ok(());
        }
        Err(Problem::new("the time for the answer is over")
            .help("go on without --input: the card fails then"))
    }

    /// The effects of a card that may have happened and have no end.
    fn unsettled(&self, card: &str) -> Vec<EffectId> {
        let id = |effect: &EffectId| {
            let machine = &self.course.machine;
            let (flow, step) = machine.card_of(*effect)?;
            Some(machine.program().flow(flow).step(step).id.clone())
        };
        let open =
            self.course.open().map(|(id, _)| id).filter(|id| self.course.may_have_happened(*id).is_some());
        open.filter(|effect| id(effect).is_some_and(|id| *id == *card)).collect()
    }

    fn settle(
        &mut self,
        card: &str,
        what: Settlement,
        outputs: &[(String, String)],
        log: &mut dyn Log,
    ) -> Result<(), Problem> {
        let (name, number) = match card.rsplit_once('#') {
            Some((name, number)) => (name, number.parse::<usize>().ok()),
            None => (card, None),
        };
        let found = self.unsettled(name);
        let id = match (&*found, number) {
            ([], _) => {
                return Err(Problem::new(format!("the run asks nothing about a card `{name}`"))
                    .help("`flowrun runs show` tells what it asks"));
            }
            ([one], None) => *one,
            (some, Some(number)) if (1..=some.len()).contains(&number) => some[number - 1],
            (some, _) => {
                let problem =
                    Problem::new(format!("the run asks about {} performances of `{name}`", some.len()));
                return Err(
                    problem.help(format!("say which: `{name}#1` to `{name}#{}`, in their order", some.len()))
                );
            }
        };
        let Some(effect) = self.course.asked(id) else { return Ok(()) };
        let wanted = match &effect.act {
            Act::Card(performance) => performance.outputs.clone(),
            Act::WaitUntil(_) | Act::Pause(_) => Default::default(),
        };
        let outcome = match what {
            Settlement::Happened => Some(Ok(Answer::Outputs(given(&wanted, outputs)?))),
            Settlement::Failed => {
                let message = "nobody knows whether this was done before the run was interrupted";
                Some(Err(Fault::new(FaultKind::Uncertain, message).lost(true)))
            }
            Settlement::DidNot => None,
        };
        driver::settle(&mut self.course, id, what, outcome, self.world.time.now_us(), log);
        Ok(())
    }
}

/// The answer to a pause: texts read as what its outputs are.
pub(super) fn answered(pause: &Paused, given: &[(String, String)]) -> Result<Record, Problem> {
    let value = |(name, text): &(String, String)| {
        let ty =
            pause.wanted.iter().find(|output| *output.name == **name).map_or(Type::ANY, |output| output.ty);
        Ok((Text::from(name.as_str()), read(name, text, ty)?))
    };
    given.iter().map(value).collect()
}

/// The values of a card's outputs: those that are said, and nothing for the others.
pub(super) fn given(wanted: &[Text], outputs: &[(String, String)]) -> Result<Vec<Value>, Problem> {
    if let Some((name, _)) = outputs.iter().find(|(name, _)| !wanted.iter().any(|wanted| **wanted == **name))
    {
        let known: Vec<&str> = wanted.iter().map(|name| &**name).collect();
        return Err(Problem::new(format!("the card has no output `{name}`"))
            .help(format!("it has {}", known.join(", "))));
    }
    let value = |name: &Text| match outputs.iter().find(|(given, _)| **given == **name) {
        Some((name, text)) => read(name, text, Type::ANY),
        None => Ok(Value::Null),
    };
    wanted.iter().map(value).collect()
}

/// A value as it is written on a command line: JSON where it looks like that.
fn read(name: &str, text: &str, ty: Type) -> Result<Value, Problem> {
    if ty == Type::TEXT {
        return Ok(Value::from(text));
    }
    let value = match text.trim_start().starts_with(['{', '[', '"']) {
        true => parse_json(text).map_err(|error| Problem::new(format!("--input {name}: {error}")))?,
        false => constant(text).unwrap_or_else(|_| Value::from(text)),
    };
    convert(value, ty).map_err(|mismatch| Problem::new(format!("--input {name}: {mismatch}")))
}
