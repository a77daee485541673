//! From a flow's cards to nodes: their fields, and which outputs they read.

use flowrun_core::card::Card;
use flowrun_core::check::uses::{How, Target, Use, within};
use flowrun_core::model::{At, Expr, Joined, Name, OnError, Step};
use flowrun_core::source::Span;
use flowrun_core::types::Kind;
use flowrun_core::value::{REDACTED, Value};

use super::conditions::{Condition, conditions};
use super::scene::{Form, Lane, Node, Paint, Row, Scene, Source, constant, plain};
use super::{Subject, start, title};
use crate::private::masked;

impl Scene {
    /// What is to be drawn of a flow. Cards that the catalog lacks are drawn by their ID.
    pub fn new(subject: Subject<'_>) -> Scene {
        let flow = subject.flow;
        let drawn = Drawn { uses: &[], start: None, cards: Vec::new() };
        let mut builder = Builder { subject, drawn, nodes: Vec::new(), sources: Vec::new() };
        let steps = builder.flow(subject.at, true);
        builder.nodes[0].note = (!subject.is_whole).then(|| INCOMPLETE.into());
        let Builder { mut nodes, sources, .. } = builder;
        for (index, source) in sources.iter().enumerate() {
            nodes[source.node].give(&source.name, index);
        }
        Scene {
            name: flow.name.to_string(),
            description: flow.description.as_ref().map(|text| text.to_string()).unwrap_or_default(),
            nodes,
            body: steps,
            sources,
        }
    }
}

/// What is said of a flow of which not all could be read.
pub const INCOMPLETE: &str = "Parts of this flow could not be read; `flowrun check` tells which.";

struct Builder<'a> {
    subject: Subject<'a>,
    drawn: Drawn<'a>,
    nodes: Vec<Node>,
    sources: Vec<Source>,
}

/// The flow that is drawn: the whole, or one that stands in a card.
struct Drawn<'a> {
    /// What it uses.
    uses: &'a [Use],
    /// The node of what starts it, if there is one.
    start: Option<usize>,
    /// The nodes of its cards, by their places in the flow.
    cards: Vec<usize>,
}

impl Builder<'_> {
    /// The nodes of a flow in their order, first that of what starts it; one that stands in a card has that for its inputs only.
    fn flow(&mut self, at: usize, has_start: bool) -> Vec<usize> {
        let flow = &self.subject.flows[at];
        let start = (has_start || !flow.inputs.is_empty()).then(|| start::trigger(flow));
        let mut nodes: Vec<usize> = start.iter().map(|_| self.nodes.len()).collect();
        self.nodes.extend(start);
        let (mut cards, mut next) = (Vec::new(), self.nodes.len());
        self.number(&flow.cards, &mut next, &mut cards);
        let drawn = Drawn { uses: self.subject.uses.of(at), start: nodes.first().copied(), cards };
        let around = std::mem::replace(&mut self.drawn, drawn);
        nodes.extend(self.steps(&flow.cards));
        self.drawn = around;
        nodes
    }

    /// The numbers that the nodes of cards get; what stands in a card comes after it.
    fn number(&self, steps: &[Step], next: &mut usize, cards: &mut Vec<usize>) {
        for step in steps {
            cards.push(*next);
            *next += 1;
            step.arms.iter().for_each(|arm| self.number(&arm.cards, next, cards));
            if let Some((_, at)) = self.inside(step) {
                let flow = &self.subject.flows[at];
                *next += usize::from(!flow.inputs.is_empty());
                self.number(&flow.cards, next, &mut Vec::new());
            }
        }
    }

    /// The flow that stands in a card, and the card's field for it.
    fn inside<'s>(&self, step: &'s Step) -> Option<(&'s Name, usize)> {
        step.with.iter().find_map(|(name, value)| {
            let Expr::Constant(Value::Text(path)) = &value.it else { return None };
            let at = self.subject.flows.binary_search_by(|flow| flow.path.cmp(path)).ok()?;
            let is_here = *name.it == *"flow" && self.subject.flows[at].around().is_some();
            is_here.then_some((name, at))
        })
    }

    fn steps(&mut self, steps: &[Step]) -> Vec<usize> {
        steps.iter().map(|step| self.step(step)).collect()
    }

    fn step(&mut self, step: &Step) -> usize {
        let at = self.nodes.len();
        let card = self.subject.catalog.get(&step.card).map(|card| &**card);
        let id = step.id.as_ref().map(|id| id.it.clone());
        let (title, kind) = title::of(self.subject.catalog, step);
        // What a node holds comes after it.
        let span = Some(step.span);
        self.nodes.push(Node { card: step.card.it.clone(), title, kind, id, span, ..Node::default() });
        let node = Node {
            group: step.card.split_once('.').map_or("", |(group, _)| group).to_owned(),
            rows: self.rows(step, card, at),
            results: self.results(step, at),
            note: step.note.as_ref().map(|note| note.it.clone()),
            ..std::mem::take(&mut self.nodes[at])
        };
        self.nodes[at] = node;
        for arm in &step.arms {
            let when = (!arm.when.is_empty()).then(|| self.condition("", &arm.when, at));
            let lane = Lane { label: arm.name.to_string(), when, nodes: self.steps(&arm.cards) };
            self.nodes[at].lanes.push(lane);
        }
        if let Some((name, flow)) = self.inside(step) {
            let lane = Lane { label: name.it.to_string(), when: None, nodes: self.flow(flow, false) };
            self.nodes[at].lanes.push(lane);
        }
        at
    }

    fn rows(&mut self, step: &Step, card: Option<&Card>, at: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut calls = Vec::new();
        let inside = self.inside(step).map(|(name, _)| name);
        let compares = step.with.iter().any(|(name, _)| &*name.it == "value_a");
        for (name, value) in &step.with {
            let kind = card
                .and_then(|card| card.inputs.iter().find(|field| field.name == *name.it))
                .map(|f| f.ty.kind);
            match &*name.it {
                "value_a" => rows.push(self.condition("if", &step.with, at)),
                "operator" | "value_b" if compares => {}
                // It is drawn whole.
                _ if inside == Some(name) => {}
                _ if kind == Some(Kind::Flow) || kind.is_none() && &*name.it == "flow" => {
                    calls.push(self.call(name, &plain(&value.it)));
                }
                _ if kind == Some(Kind::Secret) && matches!(value.it, Expr::Constant(_)) => {
                    rows.push(Row::plain(name, REDACTED));
                }
                "where" => match conditions(value) {
                    Some(conditions) => rows.extend(self.conditions(name, conditions, at)),
                    None => rows.push(self.row(name, value, Form::Field, at)),
                },
                _ => rows.push(self.row(name, value, Form::Field, at)),
            }
        }
        rows.append(&mut calls);
        rows.extend(step.pass.iter().map(|(name, value)| self.row(name, value, Form::Passed, at)));
        rows.extend(self.policies(step, at));
        rows
    }

    fn policies(&mut self, step: &Step, at: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        match step.on_error.as_ref().map(|policy| &policy.it) {
            Some(OnError::Return(fields)) => {
                let mut row = Row::new("on_error", Form::Field);
                row.say("return ", Paint::Muted);
                self.members(&mut row, fields, at);
                rows.push(row);
            }
            Some(OnError::Call { flow, pass }) => {
                rows.push(self.call("on_error", flow));
                rows.extend(pass.iter().map(|(name, value)| self.row(name, value, Form::Passed, at)));
            }
            Some(OnError::Stop) | None => {}
        }
        if let Some(retry) = &step.retry {
            let wait =
                retry.wait.as_ref().map(|wait| format!(", wait {}", constant(&wait.it))).unwrap_or_default();
            let on = retry.on.as_ref().map(|on| format!(", on {}", on.it)).unwrap_or_default();
            rows.push(Row::plain("retry", format!("{} times{wait}{on}", constant(&retry.times.it))));
        }
        rows.extend(step.timeout.as_ref().map(|timeout| Row::plain("timeout", constant(&timeout.it))));
        rows
    }

    /// What a block's arms give, one row for each output and arm.
    fn results(&mut self, step: &Step, at: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for (name, joined) in &step.outputs {
            let Joined::Arms(arms) = &joined.it else { continue };
            for (index, (arm, value)) in arms.iter().enumerate() {
                let mut row = Row::new(if index == 0 { name } else { "" }, Form::Field);
                row.say(format!("{}: ", arm.it), Paint::Muted);
                self.value(&mut row, value, at);
                rows.push(row);
            }
        }
        rows
    }

    fn row(&mut self, name: &str, value: &At<Expr>, form: Form, at: usize) -> Row {
        let mut row = Row::new(name, form);
        self.value(&mut row, &At::new(masked(name, &value.it), value.span), at);
        row
    }

    /// A helper flow, by its name.
    fn call(&self, key: &str, path: &str) -> Row {
        let called = self.subject.flows.iter().find(|flow| *flow.path == *path);
        let mut row = Row::new(key, Form::Call);
        row.say(called.map_or(path, |flow| &*flow.name.it), Paint::Plain);
        Row { calls: Some(path.into()), ..row }
    }

    /// What rows are searched by, a condition in each line.
    fn conditions(&mut self, key: &str, conditions: Vec<Condition>, at: usize) -> Vec<Row> {
        let row = |(index, (word, mut fields)): (usize, Condition)| {
            let column = field(&fields, "column").map(|column| plain(&column.it)).unwrap_or_default();
            for (name, value) in &mut fields {
                if *name.it == *"value" {
                    value.it = masked(&column, &value.it);
                }
            }
            let key = if index == 0 { key } else { word };
            self.compared(key, &fields, ["column", "operator", "value"], at)
        };
        conditions.into_iter().enumerate().map(row).collect()
    }

    /// `value_a`, `operator` and `value_b` in one line.
    fn condition(&mut self, key: &str, fields: &[(Name, At<Expr>)], at: usize) -> Row {
        self.compared(key, fields, ["value_a", "operator", "value_b"], at)
    }

    /// Two of the fields and what stands between them in one line.
    fn compared(&mut self, key: &str, fields: &[(Name, At<Expr>)], names: [&str; 3], at: usize) -> Row {
        let [left, operator, right] = names.map(|name| field(fields, name));
        let operator = operator.map_or_else(|| "==".to_owned(), |value| plain(&value.it));
        let mut row = Row::new(key, Form::Field);
        match left {
            Some(value) => self.value(&mut row, value, at),
            None => row.say("blank", Paint::Muted),
        }
        row.say(format!(" {operator} "), Paint::Muted);
        match right {
            Some(value) => self.value(&mut row, value, at),
            None if operator.ends_with("empty") => {}
            None => row.say("blank", Paint::Muted),
        }
        row
    }

    fn value(&mut self, row: &mut Row, value: &At<Expr>, at: usize) {
        match &value.it {
            Expr::Constant(Value::Null) => row.say("blank", Paint::Muted),
            Expr::Constant(value) => row.say(constant(value), Paint::Plain),
            Expr::Wire(path) => self.wire(row, path, value.span, at),
            Expr::Template(source) => self.template(row, source, value.span, at),
            Expr::List(items) => {
                row.say("[", Paint::Muted);
                for (index, item) in items.iter().enumerate() {
                    row.say(if index > 0 { ", " } else { "" }, Paint::Muted);
                    self.value(row, item, at);
                }
                row.say("]", Paint::Muted);
            }
            Expr::Object(members) => {
                row.say("{ ", Paint::Muted);
                self.members(row, members, at);
                row.say(" }", Paint::Muted);
            }
            Expr::Broken => row.say("?", Paint::Muted),
        }
    }

    fn members(&mut self, row: &mut Row, members: &[(Name, At<Expr>)], at: usize) {
        for (index, (name, value)) in members.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            row.say(format!("{comma}{}: ", name.it), Paint::Muted);
            self.value(row, value, at);
        }
    }

    fn wire(&mut self, row: &mut Row, text: &str, span: Span, at: usize) {
        let shown = text.trim_start_matches("$.");
        match self.reads(span, at).first() {
            Some(source) => {
                row.say(shown, Paint::From(*source));
                row.read(*source);
            }
            None => row.say(shown, Paint::Muted),
        }
    }

    /// The sources that an expression of node `at` reads.
    fn reads(&mut self, span: Span, at: usize) -> Vec<usize> {
        let mut read = Vec::new();
        for used in within(self.drawn.uses, span).filter(|used| used.how == How::Reads) {
            let (node, name) = match &used.target {
                Target::Input { name, .. } => (self.drawn.start, name),
                Target::Output { card, name } => (self.drawn.cards.get(*card).copied(), name),
                _ => continue,
            };
            // What an alias repeats stands at one place in several cards.
            let is_own = used.card.is_none_or(|card| self.drawn.cards.get(card) == Some(&at));
            if let Some(node) = node.filter(|_| is_own) {
                read.push(self.source(Source { node, name: name.clone().unwrap_or_default() }));
            }
        }
        read
    }

    fn source(&mut self, source: Source) -> usize {
        let known = self.sources.iter().position(|known| *known == source);
        known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        })
    }

    fn template(&mut self, row: &mut Row, source: &str, span: Span, at: usize) {
        let reads = self.reads(span, at);
        match (only_path(source), reads.as_slice()) {
            (Some(path), [read]) => row.say(path, Paint::From(*read)),
            (Some(path), []) => row.say(path, Paint::Muted),
            _ => row.say(source.split_whitespace().collect::<Vec<_>>().join(" "), Paint::Plain),
        }
        reads.into_iter().for_each(|read| row.read(read));
    }
}

fn field<'e>(fields: &'e [(Name, At<Expr>)], name: &str) -> Option<&'e At<Expr>> {
    fields.iter().find(|(key, _)| &*key.it == name).map(|(_, value)| value)
}

/// The path of a template that is nothing but a name, or a member of one.
fn only_path(source: &str) -> Option<&str> {
    let path = source.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let (root, member) = path.split_once('.').map_or((path, None), |(root, member)| (root, Some(member)));
    (is_name(root) && member.is_none_or(is_name)).then_some(path)
}
