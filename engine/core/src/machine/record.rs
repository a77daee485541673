//! The report of a run, made from what its frames left behind.

use super::frame::{End, Frame, Many, Remains, Status as Step_, Trace, Waiting};
use super::{Machine, eval::Reach};
use crate::fault::{Fault, FaultKind};
use crate::program::{Flow, Op, SlotId, Step};
use crate::report::{
    CardReport, FailureReport, FaultReport, FlowReport, Inside, ItemsReport, Report, Status, VERSION, clip,
};
use crate::types::Kind;
use crate::value::{MOST_VALUES, Record, Text, Value, convert};

impl Machine {
    /// What has happened so far; the whole run, once `turn` says that it is done.
    pub fn report(&self) -> Report {
        let root = self.ended.as_deref().or_else(|| self.frames.get(self.root));
        let flow = root.map(|frame| self.flow_report(frame, false)).unwrap_or_else(|| self.missing());
        Report {
            version: VERSION,
            run: self.start.run_id.clone(),
            status: match flow.status {
                _ if self.all_pause() => Status::Paused,
                // What the flow started beside it has something to do.
                Status::Paused => Status::Running,
                Status::Done | Status::Stopped | Status::Handled if self.start.dry_run => Status::Planned,
                status => status,
            },
            started: iso(self.start.at_us).unwrap_or_default(),
            duration_ms: self.ms(self.start.at_us, self.now_us),
            counts: self.counts,
            warnings: self.warnings.values().cloned().collect(),
            flow,
        }
    }

    fn missing(&self) -> FlowReport {
        let flow = self.program.flow(self.start.entry);
        FlowReport {
            name: flow.name.clone(),
            path: flow.path.clone(),
            index: None,
            status: Status::Running,
            duration_ms: 0.0,
            inputs: Value::Null,
            outputs: Value::Null,
            error: None,
            cards: Vec::new(),
        }
    }

    fn flow_status(&self, frame: &Frame) -> Status {
        match &frame.end {
            None if self.only_pauses(frame) => Status::Paused,
            None => Status::Running,
            Some(End::Done) => Status::Done,
            Some(End::Stopped) => Status::Stopped,
            Some(End::Handled(_)) => Status::Handled,
            Some(End::Failed(fault)) if fault.kind == FaultKind::Cancelled => Status::Cancelled,
            Some(End::Failed(_)) => Status::Failed,
        }
    }

    fn ms(&self, from_us: i64, to_us: i64) -> f64 {
        (to_us - from_us).max(0) as f64 / 1000.0
    }

    fn flow_report(&self, frame: &Frame, cut: bool) -> FlowReport {
        let flow = self.program.flow(frame.flow);
        // A list that holds itself twice, forty times over, has a trillion values and could be written out for ever.
        let shown = |value: &Value| {
            if cut || !value.has_at_most(MOST_VALUES) { self.shown(value) } else { value.clone() }
        };
        let first = SlotId::FIRST_INPUT.0 as usize;
        let inputs = flow.inputs.iter().zip(&frame.slots[first..]);
        let outputs = flow.outputs.iter().zip(&frame.outputs);
        let ended = if frame.end.is_some() { frame.ended_us } else { self.now_us };
        FlowReport {
            name: flow.name.clone(),
            path: flow.path.clone(),
            index: frame.caller.and_then(|caller| caller.item),
            status: self.flow_status(frame),
            duration_ms: self.ms(frame.started_us, ended),
            inputs: Value::from(
                inputs.map(|(input, value)| (input.name.clone(), self.shown(value))).collect::<Record>(),
            ),
            outputs: Value::from(
                outputs.map(|(output, value)| (output.name.clone(), shown(value))).collect::<Record>(),
            ),
            error: match &frame.end {
                Some(End::Failed(fault) | End::Handled(fault)) => Some(FaultReport::new(fault, None)),
                _ => None,
            },
            cards: self.cards(flow, frame, &mut frame.trace.iter().peekable(), 1),
        }
    }

    /// The cards of one block: traces of deeper blocks belong to the card before them.
    fn cards<'f>(
        &self,
        flow: &Flow,
        frame: &'f Frame,
        traces: &mut std::iter::Peekable<std::slice::Iter<'f, Trace>>,
        level: u32,
    ) -> Vec<CardReport> {
        let mut cards = Vec::new();
        while let Some(trace) = traces.next_if(|trace| trace.level >= level) {
            let inner = self.cards(flow, frame, traces, level + 1);
            cards.push(self.card_report(flow, frame, trace, inner));
        }
        cards
    }

    fn card_report(&self, flow: &Flow, frame: &Frame, trace: &Trace, inner: Vec<CardReport>) -> CardReport {
        let step = flow.step(trace.step);
        let remains = trace.remains.as_deref();
        let fault = remains.and_then(|remains| remains.fault.as_ref());
        let running = trace.status == Step_::Running;
        CardReport {
            step: trace.step.0,
            id: step.id.clone(),
            card: step.name.clone(),
            title: step.title(),
            status: match (trace.status, fault) {
                (Step_::Running, _) if self.only_pauses(frame) => Status::Paused,
                (Step_::Running, _) => Status::Running,
                (Step_::Done, _) => Status::Done,
                (Step_::Stopped, _) => Status::Stopped,
                (Step_::Failed, Some(fault)) if fault.kind == FaultKind::Cancelled => Status::Cancelled,
                // A branch that was left in the middle.
                (Step_::Failed, None)
                    if inner.last().is_some_and(|last| last.status == Status::Cancelled) =>
                {
                    Status::Cancelled
                }
                (Step_::Failed, _) => Status::Failed,
            },
            started_ms: self.ms(self.start.at_us, trace.started_us),
            duration_ms: self.ms(trace.started_us, if running { self.now_us } else { trace.ended_us }),
            tries: trace.tries,
            inputs: match remains.and_then(|remains| remains.given.as_ref()) {
                Some(given) => given.clone(),
                None => inputs(step, frame, &|value| self.shown(value)),
            },
            outputs: if running { Value::Null } else { self.outputs(step, frame) },
            error: fault.map(|fault| FaultReport::new(fault, input_name(step, fault))),
            note: step.note.clone(),
            until: match trace.status {
                Step_::Running if matches!(step.op, Op::Pause { .. }) => self.pause_of(frame).and_then(iso),
                _ => None,
            },
            inside: self.inside(frame, step, trace, remains, inner),
        }
    }

    fn inside(
        &self,
        frame: &Frame,
        step: &Step,
        trace: &Trace,
        remains: Option<&Remains>,
        inner: Vec<CardReport>,
    ) -> Inside {
        let waits_here = std::ptr::eq(trace, frame.trace.last().unwrap_or(trace));
        let open = |id| self.frames.get(id).map(|child| self.flow_report(child, true));
        match &step.op {
            Op::Branch { arms, .. } => match remains.and_then(|remains| remains.arm) {
                Some(arm) => Inside::Arm { arm: arms[arm].1.name.clone(), cards: inner },
                None => Inside::Nothing {},
            },
            Op::Try { body, catch, .. } => {
                let caught = remains.is_some_and(|remains| remains.arm.is_some());
                Inside::Arm { arm: if caught { catch.name.clone() } else { body.name.clone() }, cards: inner }
            }
            _ => {
                if let Some(many) = remains.and_then(|remains| remains.many.as_deref()) {
                    let running = match &frame.waiting {
                        Waiting::Loop(state) if waits_here => state.open.clone(),
                        Waiting::Stream(state) if waits_here => state.open.into_iter().collect(),
                        _ => Vec::new(),
                    };
                    let running = running.into_iter().filter_map(open).collect();
                    return Inside::Items(Box::new(self.items(step, many, running)));
                }
                let called = match &frame.waiting {
                    Waiting::Call(child) | Waiting::Handler { child, .. } if waits_here => open(*child),
                    _ => remains.and_then(|remains| match remains.started {
                        Some(child) => open(child),
                        None => remains.called.as_ref().map(|child| self.flow_report(child, true)),
                    }),
                };
                called.map_or(Inside::Nothing {}, |called| Inside::Call { called: Box::new(called) })
            }
        }
    }

    /// What the report shows of a value.
    fn shown(&self, value: &Value) -> Value {
        if self.limits.whole && value.has_at_most(MOST_VALUES) { value.clone() } else { clip(value) }
    }

    fn outputs(&self, step: &Step, frame: &Frame) -> Value {
        let values = step.outputs.iter().zip(&frame.slots[step.out_range()]);
        Value::from(
            values
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), self.shown(value)))
                .collect::<Record>(),
        )
    }

    fn items(&self, step: &Step, many: &Many, running: Vec<FlowReport>) -> ItemsReport {
        let mut items: Vec<FlowReport> = many
            .first
            .iter()
            .chain(&many.last)
            .chain(&many.failed)
            .map(|frame| self.flow_report(frame, true))
            .chain(running)
            .collect();
        items.sort_by_key(|item| item.index);
        let stream = matches!(step.op, Op::Effect { .. });
        let helper = match &step.op {
            Op::Loop { call, .. } | Op::Effect { stream: Some(call), .. } => {
                self.program.flow(call.flow).name.clone()
            }
            _ => Default::default(),
        };
        let mut failures: Vec<FailureReport> = many
            .failures
            .iter()
            .map(|(index, fault)| FailureReport { index: *index, error: FaultReport::new(fault, None) })
            .collect();
        failures.sort_by_key(|failure| failure.index);
        ItemsReport {
            helper,
            total: many.total,
            done: many.done,
            failed: many.failures.len(),
            pages: stream.then_some(many.pages),
            slowest: many
                .slowest
                .filter(|(_, took)| *took > 0)
                .map(|(index, took)| (index, took as f64 / 1000.0)),
            failures,
            items,
        }
    }
}

/// A time in microseconds since 1970, in ISO 8601.
fn iso(at_us: i64) -> Option<String> {
    Some(crate::value::Date::from_millis(at_us.div_euclid(1000))?.to_string())
}

/// What a card was given. Slots are written once, and keep of what they handed on as much as a report shows, so evaluating again
/// gives what the card saw.
pub(super) fn inputs(step: &Step, frame: &Frame, shown: &dyn Fn(&Value) -> Value) -> Value {
    let reach = Reach::of(&frame.slots);
    given(step, step.args.iter().map(|arg| reach.eval(arg).unwrap_or_default()), shown)
}

/// What a report shows of the values that a card was given.
pub(super) fn given(
    step: &Step,
    values: impl Iterator<Item = Value>,
    shown: &dyn Fn(&Value) -> Value,
) -> Value {
    let declared = step.card.inputs.iter().map(|field| (Text::from(&*field.name), field.ty.kind));
    let named = step.names.iter().map(|name| (name.clone(), Kind::Any));
    let mut given = Record::default();
    for ((name, kind), value) in declared.chain(named).zip(values) {
        if value.is_null() {
            continue;
        }
        let secret = kind == Kind::Secret;
        let value = if secret {
            convert(value, crate::types::Type::one(kind)).unwrap_or_default()
        } else {
            shown(&value)
        };
        given.insert(name, value);
    }
    Value::from(given)
}

fn input_name(step: &Step, fault: &Fault) -> Option<Text> {
    let index = fault.input?.0 as usize;
    let declared = step.card.inputs.len();
    match step.card.inputs.get(index) {
        Some(field) => Some(Text::from(&*field.name)),
        None => step.names.get(index - declared).cloned(),
    }
}
