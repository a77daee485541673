//! Flows and their cards, lowered: names have become indices.

use std::collections::{BTreeMap, BTreeSet};

use super::control::ControlGraph;
use super::expr::{Item, Position};
use super::fields::Fields;
use super::scope::{Callee, Scope};
use super::shape::Shapes;
use super::uses::{How, Target, Use};
use super::{Log, Shared, block, doubts, kept, policy, table, unused};
use crate::card::{Card, Control, EXTERNAL_CARD, Work};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{self, At, Expr};
use crate::program::{self, BlockId, FlowId, Op, StepId, key_of};
use crate::settings;
use crate::source::Span;
use crate::types::{Kind, Type};

/// Lowers one flow.
pub(super) struct Lower<'c, 'p> {
    pub shared: &'c Shared<'p>,
    pub log: &'c mut Log,
    pub model: &'p model::Flow,
    pub scope: Scope<'p>,
    pub shapes: &'c Shapes<'p>,
    pub control: ControlGraph,
    /// Whether an `on_error` calls this flow.
    pub is_handler: bool,
    /// Whether parts of the file could not be read.
    pub broken: bool,
    /// The outputs of the flow that something gives.
    pub given: Vec<bool>,
    /// For each input, whether something reads it.
    pub inputs_read: Vec<bool>,
    /// For each card, the outputs of its block that a Return gives.
    pub block_given: Vec<Vec<u32>>,
    /// Whether anything reads `$.run`.
    pub reads_run: bool,
}

pub(super) fn flow<'p>(
    shared: &Shared<'p>,
    log: &mut Log,
    scope: Scope<'p>,
    shapes: &Shapes<'p>,
    handlers: &BTreeSet<usize>,
    carrying: &BTreeSet<usize>,
) -> Option<program::Flow> {
    let index = scope.flow;
    let model = &shared.project.flows[index];
    let signature = &shared.signatures[index];
    let before = log.found.len();
    let mut lower = Lower {
        control: ControlGraph::new(&scope),
        is_handler: handlers.contains(&index),
        broken: shared.is_broken(index),
        given: vec![false; signature.outputs.len()],
        inputs_read: vec![false; signature.inputs.len()],
        block_given: vec![Vec::new(); scope.steps.len()],
        reads_run: false,
        shared,
        log,
        model,
        scope,
        shapes,
    };
    let trigger = lower.trigger();
    let runs = settings::settle(&model.runs, settings::FLOW, &mut |mistake| lower.log.report(mistake));
    let mut steps: Vec<Option<program::Step>> = Vec::new();
    steps.resize_with(lower.scope.steps.len(), || None);
    let alone = lower.alone();
    lower.run(0, &mut steps);
    lower.unreachable();
    lower.outputs_given();
    let Lower { scope, control, broken, inputs_read, reads_run, .. } = lower;
    let error = |found: &Diagnostic| found.code.severity() == Severity::Error;
    let errors = log.found[before..].iter().any(error)
        || shared.options.found.iter().any(|found| error(found) && found.span.file == model.span.file);
    if !errors && !broken {
        unused::outputs(log, &scope, &control);
        doubts::unread_inputs(log, model, &inputs_read, carrying.contains(&index));
        doubts::swallowed(log, &scope);
    }
    let on_failure = shared.after_failure[index].map(|flow| FlowId(flow as u32));
    let callees = scope.callees().map(|callee| FlowId(callee as u32));
    let calls: BTreeSet<FlowId> = callees.chain(on_failure).collect();
    // A card that is missing was reported.
    let mut steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
    for (step, key) in steps.iter_mut().zip(keys(&scope)) {
        step.key = key;
    }
    Some(program::Flow {
        key: key_of(&model.path),
        path: model.path.clone(),
        name: model.name.it.clone(),
        alone,
        tables: table::reached(shared, &scope),
        trigger,
        inputs: signature.inputs.clone(),
        outputs: signature.outputs.clone(),
        converts: model.converts,
        runs,
        save_data: kept::save_data(shared.project, model),
        blocks: scope
            .places
            .iter()
            .map(|place| place.steps.iter().map(|&step| StepId(step as u32)).collect())
            .collect(),
        steps,
        slots: scope.slots,
        on_failure,
        calls: calls.into_iter().collect(),
        reads_run,
        carries: false,
        span: model.span,
    })
}

/// What names each card of a flow in journals.
fn keys(scope: &Scope<'_>) -> impl Iterator<Item = u64> {
    let mut nameless: BTreeMap<&str, u32> = BTreeMap::new();
    scope.steps.iter().map(move |step| match &step.model.id {
        Some(id) => key_of(&format!("={}", id.it)),
        None => {
            let before = nameless.entry(&step.model.card.it).or_default();
            *before += 1;
            key_of(&format!("{} {before}", step.model.card.it))
        }
    })
}

impl<'p> Lower<'_, 'p> {
    pub fn report(&mut self, mistake: Diagnostic) {
        self.log.report(mistake);
    }

    /// Lowers a run of cards.
    pub fn run(&mut self, place: usize, into: &mut Vec<Option<program::Step>>) {
        for position in 0..self.scope.places[place].steps.len() {
            let index = self.scope.places[place].steps[position];
            into[index] = self.step(index, into);
        }
    }

    pub fn position(&self, index: usize) -> Position {
        Position {
            point: self.control.enter[index],
            place: self.scope.steps[index].place,
            step: Some(index),
            item: Item::None,
            failed: false,
        }
    }

    fn step(&mut self, index: usize, into: &mut Vec<Option<program::Step>>) -> Option<program::Step> {
        let step = &self.scope.steps[index];
        let (model, card) = (step.model, step.card);
        let Some(card) = card else {
            // What the card reads can be wrong even where the card is not known, unless it is the item of a list card.
            let at = self.position(index);
            for (_, value) in model.with.iter().chain(&model.pass) {
                let known = self.log.found.len();
                self.expr(value, at);
                if mentions_item(value) {
                    self.log.found.truncate(known);
                }
            }
            self.arms_alone(index, into);
            return None;
        };
        let fields = self.fields(index, card);
        if card.id == "flow_control.assign" {
            self.mirror(index, &fields);
        }
        self.misplaced(index, card);
        if !matches!(self.scope.steps[index].callee, Callee::Flow(_)) {
            self.unpassed(&model.pass, self.position(index));
        }
        let policy = policy::lower(self, index, card);
        let op = self.op(index, card, &fields, into);
        let step = &self.scope.steps[index];
        let full = if card.id == EXTERNAL_CARD { model.card.it.clone() } else { (&*card.id).into() };
        let name = full.rsplit('.').next().unwrap_or(&*card.id);
        Some(program::Step {
            // Given once all cards are there.
            key: 0,
            id: model.id.as_ref().map_or_else(|| name.into(), |id| id.it.clone()),
            card: card.clone(),
            name: full.clone(),
            titled: model.title.as_ref().map(|title| title.it.clone()),
            note: model.note.as_ref().map(|note| note.it.clone()),
            args: fields.args,
            names: fields.names.into(),
            out: step.out,
            outputs: step.outputs.iter().map(|output| output.name.clone()).collect(),
            op: op?,
            policy,
            span: model.span,
            arg_spans: fields.spans,
            last: Box::default(),
            looks_into: Box::default(),
            mock: None,
        })
    }

    /// What is passed to a flow that can't be found is read all the same; that it may be wrong is not the mistake to tell.
    pub fn unpassed(&mut self, pass: &[(model::Name, At<Expr>)], at: Position) {
        let known = self.log.found.len();
        for (_, value) in pass {
            self.expr(value, Position { item: Item::Of(None), ..at });
        }
        self.log.found.truncate(known);
    }

    /// Notes that something is named at a place.
    pub fn uses(&mut self, span: Span, card: Option<usize>, how: How, target: Target) {
        self.log.uses.push(Use { span, flow: self.scope.flow, card, how, target });
    }

    /// The arms of a card that can't be lowered: their cards have mistakes of their own.
    fn arms_alone(&mut self, index: usize, into: &mut Vec<Option<program::Step>>) {
        for arm in self.scope.steps[index].arms.clone() {
            self.run(arm, into);
        }
    }

    /// Parts of a card that only other cards have.
    fn misplaced(&mut self, index: usize, card: &Card) {
        let step = &self.scope.steps[index];
        let (model, control) = (step.model, step.control());
        let takes_flow = card.inputs.iter().any(|field| field.ty.kind == Kind::Flow);
        if !takes_flow && let Some((name, _)) = model.pass.first() {
            self.report(
                Diagnostic::new(
                    Code::NotForThisCard,
                    name.span,
                    format!("`{}` calls no flow, so there is nothing to pass", card.id),
                )
                .label("not for this card")
                .help("the card's own fields go under `with`"),
            );
        }
        if let (Some(connection), None) = (&model.connection, card.connector()) {
            self.report(
                Diagnostic::new(
                    Code::NotForThisCard,
                    connection.span,
                    format!("`{}` reaches no vendor, so it needs no connection", card.id),
                )
                .label("not for this card")
                .help("leave `connection` out"),
            );
        }
        let allowed: &[&str] = match control {
            Some(Control::IfElse) => &["then", "else"],
            Some(Control::IfElseIf) => &["cases", "else"],
            Some(Control::IfError) => &["try", "catch"],
            _ => &[],
        };
        let wrong = model.arms.iter().find(|arm| {
            let key = if is_case(arm) { "cases" } else { &*arm.name.it };
            !allowed.contains(&key)
        });
        if let Some(arm) = wrong {
            let key = if is_case(arm) { "cases" } else { &*arm.name.it };
            let mistake =
                Diagnostic::new(Code::NotForThisCard, arm.name.span, format!("`{}` has no `{key}`", card.id))
                    .label("not for this card");
            let mistake = match (allowed, key) {
                ([], "then" | "else") => mistake.help("`branching.if_else` has `then` and `else`"),
                ([], "cases") => mistake.help("`branching.if_elseif` has `cases` and `else`"),
                ([], _) => mistake.help("`error_handling.if_error` has `try` and `catch`"),
                (allowed, _) => mistake.help(format!("it has `{}` and `{}`", allowed[0], allowed[1])),
            };
            self.report(mistake);
        }
    }

    /// How the card is carried out.
    fn op(
        &mut self,
        index: usize,
        card: &Card,
        fields: &Fields,
        into: &mut Vec<Option<program::Step>>,
    ) -> Option<Op> {
        let place = self.scope.steps[index].place;
        let control = match &card.work {
            Work::Pure(run) => {
                self.arms_alone(index, into);
                return Some(Op::Pure(*run));
            }
            Work::Effect(spec) => {
                self.arms_alone(index, into);
                let connection =
                    card.connector().and_then(|connector| self.connection(index, card, connector));
                let stream = self.stream(index, card, spec.streams);
                return Some(Op::Effect { spec: spec.clone(), connection, stream });
            }
            Work::Control(control) => *control,
        };
        if !matches!(control, Control::IfElse | Control::IfElseIf | Control::IfError) {
            self.arms_alone(index, into);
        }
        Some(match control {
            Control::IfElse => block::if_else(self, index, fields, into),
            Control::IfElseIf => block::if_elseif(self, index, into),
            Control::IfError => block::if_error(self, index, into),
            Control::ContinueIf => {
                let message = self.given_if_there(place, "message");
                Op::ContinueIf { message, leaves_arm: self.scope.container(place).is_some() }
            }
            Control::ReturnError => Op::ReturnError,
            Control::ReturnErrorIf => Op::ReturnErrorIf,
            Control::WaitFor => Op::Wait,
            Control::WaitUntil => Op::WaitUntil,
            Control::Pause | Control::PauseRaw => {
                Op::Pause { raw: control == Control::PauseRaw, wanted: self.wanted(index) }
            }
            Control::CallFlow => Op::Call(self.call_flow(index)?),
            Control::CallFlowAsync => Op::Start(self.call_flow(index)?),
            Control::Return => {
                let model = self.scope.steps[index].model;
                let given = model.with.iter().zip(&fields.types).zip(&fields.args);
                let places = given
                    .map(|(((name, value), ty), arg)| {
                        block::returned(self, place, name, value.span, *ty, arg)
                    })
                    .collect();
                Op::Return { places, leaves_arm: self.scope.container(place).is_some() }
            }
            Control::Close => Op::Close,
            Control::ReturnRaw => {
                let names = card.inputs.iter().map(|field| &*field.name);
                let places = names.map(|name| self.given_if_there(place, name)).collect();
                Op::ReturnRaw { places, leaves_arm: self.scope.container(place).is_some() }
            }
            Control::Repeat
            | Control::RepeatUntil
            | Control::Paginate
            | Control::ForEach
            | Control::ForEachIgnoreErrors
            | Control::Map
            | Control::Reduce
            | Control::FilterCustom
            | Control::FindCustom
            | Control::SortCustom
            | Control::MapObject
            | Control::MapToList => self.loop_over(index, card, control)?,
        })
    }

    /// What the answer to a pause may give.
    fn wanted(&self, index: usize) -> Vec<program::Output> {
        // Where values pass as they are, a secret is one all the same.
        let promises = |ty: &Type| self.model.converts || ty.kind == Kind::Secret;
        let outputs = self.scope.steps[index].outputs.iter();
        let wanted = outputs.map(|output| program::Output {
            name: output.name.clone(),
            ty: output.ty.filter(promises).unwrap_or(Type::ANY),
        });
        wanted.collect()
    }

    /// The output that Return would give at `place` under a name that nobody wrote; none if there is no such output.
    fn given_if_there(&mut self, place: usize, name: &str) -> Option<u32> {
        let output = self.target_output(place, name)?;
        match self.scope.container(place) {
            Some(step) => self.block_given[step].push(output),
            None => self.given[output as usize] = true,
        }
        Some(output)
    }

    /// The connection that a card uses, as an index into the program's.
    fn connection(&mut self, index: usize, card: &Card, connector: &str) -> Option<u32> {
        let model = self.scope.steps[index].model;
        let (named, at) = (model.connection.as_ref(), model.card.span);
        match self.shared.names.connection(named, connector) {
            Some(found) => {
                let place = named.map_or(at, |name| name.span);
                self.uses(place, Some(index), How::by(card), Target::Connection(found));
                Some(found as u32)
            }
            None => {
                self.log.found.extend(self.shared.no_connection(named, connector, at));
                None
            }
        }
    }

    /// An output of the flow or block that Return ends at `place`.
    pub fn target_output(&self, place: usize, name: &str) -> Option<u32> {
        let at = match self.scope.container(place) {
            Some(step) => self.scope.steps[step].outputs.iter().position(|output| output.name == *name),
            None => {
                self.shared.signatures[self.scope.flow].outputs.iter().position(|output| output.name == *name)
            }
        };
        at.map(|at| at as u32)
    }

    /// Warns of cards that no run reaches: of the first of each run of them.
    fn unreachable(&mut self) {
        for place in 0..self.scope.places.len() {
            let steps = &self.scope.places[place].steps;
            let Some(first) =
                steps.iter().position(|&step| !self.control.is_reached(self.control.enter[step]))
            else {
                continue;
            };
            // A branch of a card that is itself never reached is covered by that.
            if first == 0 {
                continue;
            }
            let (dead, before) = (&self.scope.steps[steps[first]], &self.scope.steps[steps[first - 1]]);
            let message = match steps.len() - first {
                1 => "no run ever reaches this card".to_owned(),
                more => format!(
                    "no run ever reaches this card and the {} after it",
                    match more - 1 {
                        1 => "one".to_owned(),
                        more => more.to_string(),
                    }
                ),
            };
            let why = match before.control() {
                Some(Control::Return | Control::ReturnRaw) => "ends here",
                Some(Control::ReturnError) => "ends here with an error",
                _ => "ends on every way through this",
            };
            let what = if self.scope.container(place).is_some() { "the branch" } else { "the flow" };
            let mistake = Diagnostic::new(Code::Unreachable, dead.model.card.span, message)
                .label("never runs")
                .related(before.model.card.span, format!("{what} {why}"))
                .help("remove it, or put it in front");
            self.report(mistake);
        }
    }

    /// Every declared output of the flow, and every typed one of a block, is given by something.
    fn outputs_given(&mut self) {
        let signature = &self.shared.signatures[self.scope.flow];
        if signature.declared && !self.broken {
            for (index, (name, _)) in self.model.outputs.iter().enumerate() {
                if self.given.get(index) == Some(&false) {
                    self.log.report(
                        Diagnostic::new(
                            Code::ReturnMismatch,
                            name.span,
                            format!("nothing returns the output `{}`", name.it),
                        )
                        .label("never given")
                        .help(format!(
                            "give it by `flow_control.return`, with `{}: …`, or take it off the list",
                            name.it
                        )),
                    );
                }
            }
        }
        block::outputs_given(self);
    }

    /// The certain call of a flow, for cycles.
    pub fn note_call(&mut self, index: usize, callee: usize) {
        if self.control.is_certain(self.control.enter[index]) {
            let place = self.scope.steps[index].model.card.span;
            let place = self.scope.steps[index].field("flow").map_or(place, |value| value.span);
            self.log.certain_calls.push((self.scope.flow, callee, place));
        }
    }
}

/// A case of If/ElseIf, rather than an arm with a name of its own.
pub(super) fn is_case(arm: &model::Arm) -> bool {
    !arm.when.is_empty() || !matches!(&*arm.name.it, "then" | "else" | "try" | "catch")
}

/// The block in the program that a run of cards becomes.
pub(super) fn block_id(place: usize) -> BlockId {
    BlockId(place as u32)
}

/// Whether something in an expression may be an item of a list card, which an unknown card may well be.
fn mentions_item(expr: &At<Expr>) -> bool {
    match &expr.it {
        Expr::Wire(text) | Expr::Template(text) => text.contains("item") || text.contains("index"),
        Expr::List(items) => items.iter().any(mentions_item),
        Expr::Object(members) => members.iter().any(|(_, value)| mentions_item(value)),
        Expr::Constant(_) | Expr::Broken => false,
    }
}
