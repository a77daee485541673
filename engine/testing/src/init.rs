//! A first test file for a flow: a case for each way that it can take.
//!
//! A way is steered by inputs and, where a card decides, by a mock of that card. What neither can steer is said in a comment for whoever goes on
//! with the file.

mod answers;
mod values;
mod written;

use flowrun_core::path::Key;
use flowrun_core::program::{Arg, BlockId, Condition, Flow, FlowId, Op, Program, SlotId, Step, StepId};
use flowrun_core::value::{Operator, Text, Value, compare, convert};
use flowrun_core::yaml::{Document, Entry, Yaml};

use self::answers::{answers, output_type, read_of};
use self::values::{candidates, placed, yaml};
use self::written::{Case, Then, member, written};

/// The tests that a flow could begin with, as a file. `named` is what stands under `flow`, where the file's name does not say it.
pub fn first_tests(program: &Program, entry: FlowId, named: Option<&str>) -> String {
    let flow = program.flow(entry);
    let mut ways = Ways { program, flow, tests: Vec::new() };
    ways.block(Flow::BODY, &Way::default());
    let mut head = Vec::new();
    head.extend(named.map(|name| member("flow", Yaml::text(name))));
    let mut defaults = Vec::new();
    let inputs = flow.inputs.iter().enumerate().filter(|(_, input)| input.default.is_none());
    let inputs: Vec<Entry> = inputs
        .map(|(place, input)| {
            let value = input.choices.first().cloned();
            member(&input.name, yaml(&value.unwrap_or_else(|| values::input(flow, place))))
        })
        .collect();
    if !inputs.is_empty() {
        defaults.push(member("inputs", Yaml::Map(inputs)));
    }
    let mocks = answers(program, entry);
    if !mocks.is_empty() {
        let mut mocks = member("mocks", Yaml::Map(mocks));
        mocks.above.push(
            "# Made up. What is taken away here, Okta and Personio answer, which are simulated.".to_owned(),
        );
        defaults.push(mocks);
    }
    if !defaults.is_empty() {
        head.push(member("defaults", Yaml::Map(defaults)));
    }
    let runs = Yaml::Map(vec![member("expect", Yaml::Map(vec![member("status", Yaml::text("done"))]))]);
    let tests = [member("runs", runs)].into_iter().chain(ways.tests);
    head.push(member("tests", Yaml::Map(tests.collect())));
    Document { head: Vec::new(), members: head }.write()
}

/// What leads to a place of the flow.
#[derive(Clone, Default)]
struct Way {
    /// Values of inputs.
    inputs: Vec<(Text, Value)>,
    /// Answers of cards by their IDs: what they give, by output.
    mocks: Vec<(Text, Then)>,
    /// What was decided at places on the way.
    decided: Vec<Decided>,
    /// What somebody else has to say to get there.
    open: Vec<String>,
}

/// That what lies at a place compares so.
#[derive(Clone)]
struct Decided {
    slot: SlotId,
    keys: Vec<Key>,
    operator: Operator,
    with: Value,
    wanted: bool,
}

/// The place that a wire reads.
fn read(wire: &Arg) -> Option<(SlotId, &[Key])> {
    match wire {
        Arg::Slot(slot) => Some((*slot, &[])),
        Arg::At(slot, keys) => Some((*slot, keys)),
        _ => None,
    }
}

/// Puts a value under a name.
fn set(values: &mut Vec<(Text, Value)>, name: &Text, value: Value) {
    match values.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => values.push((name.clone(), value)),
    }
}

/// The ways of a flow, as tests.
struct Ways<'f> {
    program: &'f Program,
    flow: &'f Flow,
    tests: Vec<Entry>,
}

impl Ways<'_> {
    /// Writes the tests of a block to which `way` leads, and of those in it. Whether the run goes on behind it.
    fn block(&mut self, block: BlockId, way: &Way) -> bool {
        let mut way = way.clone();
        for step in self.flow.block(block).to_vec() {
            let at = self.flow.step(step);
            match &at.op {
                Op::Branch { arms, .. } => {
                    let conditions: Vec<Option<&Condition>> =
                        arms.iter().map(|(condition, _)| condition.as_ref()).collect();
                    let mut cases = Vec::new();
                    let mut on = None;
                    for (place, (_, arm)) in arms.iter().enumerate() {
                        let mut led = way.clone();
                        for condition in conditions[..place].iter().flatten() {
                            self.steer(&mut led, condition, false, at);
                        }
                        if let Some(condition) = conditions[place] {
                            self.steer(&mut led, condition, true, at);
                        }
                        let known = vec![member("branch", Yaml::text(&arm.name))];
                        let status = self.end(arm.block);
                        cases.push((
                            Case { name: arm.name.to_string(), way: led.clone(), status, known },
                            arm.block,
                        ));
                        if status == "done" && on.is_none() && !self.leaves(arm.block) {
                            on = Some(led);
                        }
                    }
                    let blocks: Vec<(BlockId, Way)> =
                        cases.iter().map(|(case, block)| (*block, case.way.clone())).collect();
                    self.test(at, "goes each way at", cases.into_iter().map(|(case, _)| case).collect());
                    for (block, led) in blocks {
                        self.block(block, &led);
                    }
                    let ends =
                        arms.iter().any(|(_, arm)| self.leaves(arm.block) || self.end(arm.block) != "done");
                    match on {
                        Some(led) if ends => way = Way { open: way.open, ..led },
                        Some(_) => {}
                        None => return false,
                    }
                }
                Op::Try { body, catch, .. } => {
                    let mut caught = way.clone();
                    match self.first_to_fail(body.block) {
                        Some(id) => caught.mocks.push((id, Then::Fails)),
                        None => caught.open.push(format!("a failure in `try` of `{}`", at.id)),
                    }
                    let known = |arm: &str| vec![member("branch", Yaml::text(arm))];
                    let ended = self.end(catch.block);
                    let cases = vec![
                        Case {
                            name: "goes well".into(),
                            way: way.clone(),
                            status: "done",
                            known: known("try"),
                        },
                        Case {
                            name: "fails".into(),
                            way: caught.clone(),
                            status: ended,
                            known: known("catch"),
                        },
                    ];
                    self.test(at, "catches what fails in", cases);
                    self.block(body.block, &way);
                    self.block(catch.block, &caught);
                }
                Op::Loop { .. } | Op::Effect { stream: Some(_), .. } => self.items(at, &way),
                Op::ContinueIf { .. } | Op::ReturnErrorIf => {
                    let [a, operator, b, ..] = &at.args[..] else { continue };
                    let condition = Condition { a: a.clone(), operator: operator.clone(), b: b.clone() };
                    // Continue If goes on where it holds, Return Error If where it doesn't.
                    let stops = matches!(at.op, Op::ContinueIf { .. });
                    let (mut on, mut off) = (way.clone(), way.clone());
                    self.steer(&mut on, &condition, stops, at);
                    // A guard lets pass unless something is wrong.
                    on.open.clone_from(&way.open);
                    self.steer(&mut off, &condition, !stops, at);
                    let inside = matches!(at.op, Op::ContinueIf { leaves_arm: true, .. });
                    let status = match (stops, inside) {
                        (true, true) => "done",
                        (true, false) => "stopped",
                        _ => "failed",
                    };
                    let case = |name: &str, way: Way, status| Case {
                        name: name.into(),
                        way,
                        status,
                        known: Vec::new(),
                    };
                    let cases = vec![case("goes on", on.clone(), "done"), case("ends there", off, status)];
                    self.test(at, "goes on or ends at", cases);
                    way = on;
                }
                Op::Return { .. } | Op::ReturnRaw { .. } | Op::ReturnError => return false,
                _ => {}
            }
        }
        true
    }

    /// A loop with no items, one and two.
    fn items(&mut self, step: &Step, way: &Way) {
        let item = step.calls().map_or_else(|| Value::from("1"), |call| values::item(self.program, call));
        let cases = ["no items", "one item", "two items"].into_iter().enumerate().map(|(count, name)| {
            let mut led = way.clone();
            if matches!(step.op, Op::Effect { .. }) {
                led.mocks.push((step.id.clone(), Then::Pages(vec![item.clone(); count])));
            } else {
                let place = step
                    .card
                    .inputs
                    .iter()
                    .position(|field| matches!(&*field.name, "list" | "object" | "count"));
                let items = match place.map(|place| &*step.card.inputs[place].name) {
                    Some("count") => Value::from(count),
                    Some("object") => Value::object((0..count).map(|n| (format!("key_{n}"), item.clone()))),
                    _ => Value::list(vec![item.clone(); count]),
                };
                let led_there = place
                    .and_then(|place| read(&step.args[place]))
                    .is_some_and(|place| self.give(&mut led, place, items, false));
                if !led_there {
                    led.open.push(format!("{name} at `{}`", step.id));
                }
            }
            let known = vec![member("items", Yaml::map([("count".to_owned(), yaml(&Value::from(count)))]))];
            Case { name: name.to_owned(), way: led, status: "done", known }
        });
        let cases = cases.collect();
        self.test(step, "takes any number of items at", cases);
    }

    /// Lets a condition come to `wanted`, or says that somebody else must.
    fn steer(&self, way: &mut Way, condition: &Condition, wanted: bool, step: &Step) {
        let operator = match &condition.operator {
            Arg::Const(value) => value.as_text().and_then(|name| Operator::parse(name)),
            _ => None,
        };
        let with = match &condition.b {
            Arg::Const(value) => Some(value.clone()),
            _ => None,
        };
        let place = read(&condition.a);
        let steered = place.zip(operator).zip(with).is_some_and(|(((slot, keys), operator), with)| {
            let fits: Vec<Value> = candidates(&with)
                .into_iter()
                .filter(|value| compare(value, operator, &with) == Ok(wanted))
                .collect();
            // One that is what the place holds is better than one that is made into it.
            let given = [true, false]
                .iter()
                .any(|exact| fits.iter().any(|value| self.give(way, (slot, keys), value.clone(), *exact)));
            if given {
                way.decided.push(Decided { slot, keys: keys.to_vec(), operator, with, wanted });
            }
            given
        });
        if !steered {
            let which = if wanted { "holds" } else { "does not hold" };
            let open = format!("the condition of `{}` {which}", step.id);
            if !way.open.contains(&open) {
                way.open.push(open);
            }
        }
    }

    /// Lets what lies at a place be `value`, if it can be and nothing was decided there that would then be otherwise; `exact`: only if
    /// nothing has to be made into another type.
    fn give(&self, way: &mut Way, (slot, keys): (SlotId, &[Key]), value: Value, exact: bool) -> bool {
        let input = (0..self.flow.inputs.len()).find(|place| SlotId::input(*place) == slot);
        let (ty, before) = match input {
            Some(place) => {
                let input = &self.flow.inputs[place];
                let known =
                    way.inputs.iter().find(|(name, _)| *name == input.name).map(|(_, value)| value.clone());
                let shape = || values::shape(self.flow, slot).filter(|_| !keys.is_empty());
                (input.ty, known.or_else(shape))
            }
            None => {
                let Some((step, place)) = self.put_out(slot) else { return false };
                match way.mocks.iter().find(|(id, _)| *id == step.id) {
                    Some((_, Then::Gives(outputs))) => {
                        let known = outputs.iter().find(|(name, _)| *name == step.outputs[place]);
                        (output_type(step, place), known.map(|(_, value)| value.clone()))
                    }
                    Some(_) => return false,
                    None => (output_type(step, place), None),
                }
            }
        };
        let Some(value) = placed(before.unwrap_or(Value::Null), keys, value) else { return false };
        let fits = convert(value.clone(), ty).is_ok_and(|converted| !exact || converted == value);
        let as_decided = way.decided.iter().filter(|decided| decided.slot == slot).all(|decided| {
            let found = values::at(&value, &decided.keys);
            compare(&found, decided.operator, &decided.with) == Ok(decided.wanted)
        });
        let allowed = input.is_none_or(|place| {
            let choices = &self.flow.inputs[place].choices;
            choices.is_empty() || choices.contains(&value)
        });
        if !fits || !as_decided || !allowed {
            return false;
        }
        match (input, self.put_out(slot)) {
            (Some(place), _) => set(&mut way.inputs, &self.flow.inputs[place].name, value),
            (None, Some((step, place))) => {
                let mocked = way.mocks.iter_mut().find(|(id, _)| *id == step.id);
                match mocked {
                    Some((_, Then::Gives(outputs))) => set(outputs, &step.outputs[place], value),
                    // What else is read of the card is lost with its own answer.
                    _ => {
                        let mut outputs = read_of(self.flow, step);
                        set(&mut outputs, &step.outputs[place], value);
                        way.mocks.push((step.id.clone(), Then::Gives(outputs)));
                    }
                }
            }
            (None, None) => return false,
        }
        true
    }

    /// The card that a slot is an output of, if that card can be answered for and has its ID for itself.
    fn put_out(&self, slot: SlotId) -> Option<(&Step, usize)> {
        let can_be = |step: &&Step| {
            matches!(step.op, Op::Pure(_) | Op::Effect { stream: None, .. } | Op::Call(_) | Op::Loop { .. })
        };
        let mut steps = self.flow.steps.iter().filter(can_be);
        let step = steps.find(|step| step.out_range().contains(&(slot.0 as usize)))?;
        self.is_alone(step).then(|| (step, slot.0 as usize - step.out_range().start))
    }

    /// The first card of a block that a mock can let fail.
    fn first_to_fail(&self, block: BlockId) -> Option<Text> {
        let steps = self.flow.block(block).iter().map(|step| self.flow.step(*step));
        let alone = |step: &&Step| self.is_alone(step);
        let can_be =
            |step: &&Step| matches!(step.op, Op::Effect { .. } | Op::Call(_) | Op::Loop { .. } | Op::Pure(_));
        steps.filter(can_be).find(alone).map(|step| step.id.clone())
    }

    /// Whether no other card of the flow has its ID.
    fn is_alone(&self, step: &Step) -> bool {
        self.flow.steps.iter().filter(|other| other.id == step.id).count() == 1
    }

    /// How a run ends that comes through a block, as far as the block says it.
    fn end(&self, block: BlockId) -> &'static str {
        let fails = |step: &StepId| matches!(self.flow.step(*step).op, Op::ReturnError);
        if self.flow.block(block).iter().any(fails) { "failed" } else { "done" }
    }

    /// Whether a run ends in a block.
    fn leaves(&self, block: BlockId) -> bool {
        let leaves = |step: &StepId| match self.flow.step(*step).op {
            Op::Return { leaves_arm, .. } | Op::ReturnRaw { leaves_arm, .. } => !leaves_arm,
            Op::ReturnError => true,
            _ => false,
        };
        self.flow.block(block).iter().any(leaves)
    }

    fn test(&mut self, step: &Step, what: &str, cases: Vec<Case>) {
        let titled = step.titled.as_deref().filter(|title| **title != *step.id);
        let name =
            format!("{what} {}{}", step.id, titled.map(|title| format!(" ({title})")).unwrap_or_default());
        let same = |entry: &&Entry| entry.key.as_ref().is_some_and(|key| key.alone.starts_with(&name));
        let name = match self.tests.iter().filter(same).count() {
            0 => name,
            before => format!("{name}, place {}", before + 1),
        };
        // Cards of one ID can't be told apart.
        let alone = self.is_alone(step);
        let cases = cases.into_iter().map(|case| written(step, case, alone));
        let each = Yaml::List(cases.collect());
        self.tests.push(member(&name, Yaml::Map(vec![member("each", each)])));
    }
}
