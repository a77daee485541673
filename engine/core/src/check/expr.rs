//! Expressions: what each reads, of what type it is, and the argument it becomes.

use std::sync::Arc;

use super::lower::Lower;
use super::control::Point;
use super::{place, table};
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr};
use crate::path::{self, Query};
use crate::program::{Arg, Key, SlotId};
use crate::source::Span;
use crate::suggest::closest;
use crate::template::Template;
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// An expression that became an argument.
pub(super) struct Lowered {
    pub arg: Arg,
    /// None: not known, so that it fits everything.
    pub ty: Option<Type>,
    /// Where its type was laid down, and in which words.
    pub from: Option<(Span, String)>,
}

/// From where an expression reads.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// The point of the control graph.
    pub point: Point,
    /// The run of cards around it.
    pub place: usize,
    /// The card it belongs to, if it is evaluated while or before that one runs.
    pub step: Option<usize>,
    pub item: Item,
    /// Whether it is evaluated because its card has failed.
    pub failed: bool,
}

/// What `$.item` and `$.index` are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Item {
    /// Nothing: no list card passes them.
    None,
    /// The item of a list.
    Of(Option<Type>),
    /// Nothing but the number of the time.
    Count,
}

impl Lowered {
    pub fn unknown() -> Lowered {
        Lowered { arg: Arg::Const(Value::Null), ty: None, from: None }
    }

    pub fn constant(value: Value) -> Lowered {
        let ty = type_of(&value);
        Lowered { arg: Arg::Const(value), ty: Some(ty), from: None }
    }
}

/// The type of a constant; nothing at all fits everything.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::ANY,
        Value::Bool(_) => Type::BOOL,
        Value::Number(_) => Type::NUMBER,
        Value::Text(_) => Type::TEXT,
        Value::Date(_) => Type::DATE,
        Value::List(items) => {
            let mut kinds = items.iter().map(|item| type_of(item)).map(|ty| if ty.list { Kind::Any } else { ty.kind });
            let first = kinds.next().unwrap_or(Kind::Any);
            Type::list_of(if kinds.all(|kind| kind == first) { first } else { Kind::Any })
        }
        Value::Object(_) => Type::OBJECT,
        Value::File(_) => Type::one(Kind::File),
        Value::Secret(_) => Type::one(Kind::Secret),
    }
}

/// The keys that follow a root, each with its place.
type Keys<'k> = &'k [(Key, Span)];

impl<'p> Lower<'_, 'p> {
    pub fn expr(&mut self, expr: &At<Expr>, at: Position) -> Lowered {
        match &expr.it {
            Expr::Constant(value) => Lowered::constant(value.clone()),
            Expr::Wire(text) => self.wire(text, expr.span, at),
            Expr::Template(text) => self.template(text, expr.span, at),
            Expr::List(items) => {
                let items: Vec<Lowered> = items.iter().map(|item| self.expr(item, at)).collect();
                let mut kinds = items.iter().map(|item| item.ty.filter(|ty| !ty.list).map_or(Kind::Any, |ty| ty.kind));
                let first = kinds.next().unwrap_or(Kind::Any);
                let kind = if kinds.all(|kind| kind == first) { first } else { Kind::Any };
                let arg = Arg::List(items.into_iter().map(|item| item.arg).collect());
                Lowered { arg, ty: Some(Type::list_of(kind)), from: None }
            }
            Expr::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.it.clone(), self.expr(value, at).arg)).collect();
                Lowered { arg: Arg::Object(members), ty: Some(Type::OBJECT), from: None }
            }
            Expr::Broken => Lowered::unknown(),
        }
    }

    fn wire(&mut self, text: &Text, span: Span, at: Position) -> Lowered {
        let sources = self.shared.options.sources;
        let wire = match path::parse(text) {
            Ok(wire) => wire,
            Err(error) => {
                let place = place::within(sources, span, text, error.start, error.end);
                let mut mistake = Diagnostic::new(Code::WireSyntax, place, error.message).label("not part of a wire");
                mistake.help = error.help;
                self.report(mistake);
                return Lowered::unknown();
            }
        };
        let mut places = wire.places.iter().map(|&(start, end)| place::within(sources, span, text, start, end));
        let root = places.next().unwrap_or(span);
        let keys: Vec<(Key, Span)> = wire.keys.into_iter().zip(places).collect();
        self.resolve(&wire.root, root, &keys, wire.query, at)
    }

    fn template(&mut self, text: &Text, span: Span, at: Position) -> Lowered {
        let sources = self.shared.options.sources;
        let template = match Template::compile(text) {
            Ok(template) => template,
            Err(error) => {
                let place = place::within(sources, span, text, error.start, error.end);
                let (code, label) = match error.unknown_name {
                    true => (Code::TemplateUnknownName, "not known to templates"),
                    false => (Code::TemplateSyntax, "the template can't be read here"),
                };
                let mut mistake = Diagnostic::new(code, place, error.message).label(label);
                mistake.help = error.help;
                self.report(mistake);
                return Lowered::unknown();
            }
        };
        let mut args = Vec::with_capacity(template.uses().len());
        let mut only = None;
        let mut secret = false;
        for used in template.uses() {
            let (root, rest) = (&used.path[0], &used.path[1..]);
            let root_at = place::within(sources, span, text, used.start, used.start + root.len());
            let keys: Vec<(Key, Span)> = rest
                .iter()
                .map(|name| {
                    let place = place::within(sources, span, text, used.end.saturating_sub(name.len()), used.end);
                    (Key::Name(name.clone()), place)
                })
                .collect();
            let read = self.resolve(root, root_at, &keys, None, at);
            secret |= read.ty.is_some_and(|ty| ty.kind == Kind::Secret);
            if template.is_plain() {
                only = Some(read);
            } else {
                args.push(read.arg);
            }
        }
        if let Some(read) = only {
            return read;
        }
        if args.iter().all(|arg| matches!(arg, Arg::Const(_))) {
            let values: Vec<Value> = args.iter().filter_map(|arg| if let Arg::Const(value) = arg { Some(value.clone()) } else { None }).collect();
            // A failure is left to the run, which may never come here.
            if let Ok(value) = template.render(&values) {
                return Lowered::constant(value);
            }
        }
        let ty = match (template.keeps_type(), secret) {
            (true, _) => Type::ANY,
            (false, true) => Type::one(Kind::Secret),
            (false, false) => Type::TEXT,
        };
        Lowered { arg: Arg::Template(Arc::new(template), args), ty: Some(ty), from: None }
    }

    /// What a path reads: a root, keys, and perhaps a query.
    fn resolve(&mut self, root: &Text, place: Span, keys: Keys<'_>, query: Option<Query>, at: Position) -> Lowered {
        match &**root {
            "item" | "index" => self.item(root, place, keys, query, at),
            "run" => {
                let members = [("execution_id", Type::TEXT), ("index", Type::NUMBER), ("caller", Type::OBJECT), ("execution_time", Type::DATE)];
                self.known("the run", SlotId::RUN, &members, keys, query)
            }
            "error" => self.error(place, keys, query, at),
            "inputs" => self.input(place, keys, query),
            "vars" => self.var(place, keys, query),
            _ => self.card(root, place, keys, query, at),
        }
    }

    fn item(&mut self, root: &Text, place: Span, keys: Keys<'_>, query: Option<Query>, at: Position) -> Lowered {
        let (slot, ty) = match (&**root, at.item) {
            ("index", Item::Of(_) | Item::Count) => (SlotId::INDEX, Some(Type::NUMBER)),
            ("item", Item::Of(ty)) => (SlotId::ITEM, ty),
            (name, item) => {
                let mistake = Diagnostic::new(Code::WireOutOfPlace, place, format!("there is no `$.{name}` here"));
                self.report(match item {
                    Item::Count => mistake.label("a count has no items").help("`$.index` says which time it is, from 0"),
                    _ => mistake.label("only list cards have items").help(format!(
                        "`$.{name}` can stand under `pass` of a card that runs a helper flow for each item; the helper has it as an input"
                    )),
                });
                return Lowered::unknown();
            }
        };
        self.inside(slot, ty, keys, query, None)
    }

    fn error(&mut self, place: Span, keys: Keys<'_>, query: Option<Query>, at: Position) -> Lowered {
        let caught = self.scope.around(at.place).find_map(|place| {
            let catch = self.scope.places[place].name == "catch";
            self.scope.steps[self.scope.places[place].owner?].error.filter(|_| catch)
        });
        let slot = match caught {
            _ if at.failed => SlotId::ERROR,
            Some(slot) => slot,
            None if self.is_handler => SlotId::ERROR,
            None => {
                self.report(
                    Diagnostic::new(Code::WireOutOfPlace, place, "there is no `$.error` here")
                        .label("nothing has failed")
                        .help("`$.error` is there in `catch`, in `on_error`, and in a flow that an `on_error` calls"),
                );
                return Lowered::unknown();
            }
        };
        let members = [
            ("message", Type::TEXT), ("code", Type::NUMBER), ("kind", Type::TEXT), ("method", Type::TEXT),
            ("flow", Type::TEXT), ("execution", Type::TEXT), ("body", Type::ANY),
        ];
        self.known("the error", slot, &members, keys, query)
    }

    /// An object of the machine's, whose members are known.
    fn known(&mut self, what: &str, slot: SlotId, members: &[(&str, Type)], keys: Keys<'_>, query: Option<Query>) -> Lowered {
        let [(first, place), rest @ ..] = keys else { return self.inside(slot, Some(Type::OBJECT), keys, query, None) };
        let found = members.iter().find(|(name, _)| matches!(first, Key::Name(key) if **key == **name));
        let Some((_, ty)) = found else {
            let names = members.iter().map(|(name, _)| *name);
            self.no_output(format!("{what} has no {}", shown(first)), first, *place, names, None);
            return Lowered::unknown();
        };
        let mut lowered = self.inside(slot, Some(*ty), rest, query, None);
        lowered.arg = match lowered.arg {
            Arg::Slot(slot) => Arg::At(slot, Box::new([first.clone()])),
            Arg::At(slot, keys) => Arg::At(slot, joined(first, keys)),
            Arg::Query(slot, keys, query) => Arg::Query(slot, joined(first, keys), query),
            other => other,
        };
        lowered
    }

    fn input(&mut self, place: Span, keys: Keys<'_>, query: Option<Query>) -> Lowered {
        let shared = self.shared;
        let inputs = &shared.signatures[self.scope.flow].inputs;
        let slot = |index: usize| SlotId(SlotId::FIRST_INPUT.0 + index as u32);
        let [(first, first_at), rest @ ..] = keys else {
            let members = inputs.iter().enumerate().map(|(index, input)| (input.name.clone(), Arg::Slot(slot(index))));
            return self.whole(members.collect(), place, query);
        };
        let Some(index) = inputs.iter().position(|input| matches!(first, Key::Name(name) if *name == input.name)) else {
            if !self.broken {
                let names: Vec<&str> = inputs.iter().map(|input| &*input.name).collect();
                let help = names.is_empty().then(|| "the flow has no inputs: list them under `inputs`, at the start of the file".to_owned());
                self.no_output(format!("the flow has no input {}", shown(first)), first, *first_at, names, help);
            }
            return Lowered::unknown();
        };
        let written = &self.model.inputs[index];
        let from = (written.ty.as_ref().map_or(written.name.span, |ty| ty.span), format!("the input `{}` is declared here", written.name.it));
        self.inside(slot(index), Some(inputs[index].ty), rest, query, Some(from))
    }

    fn var(&mut self, place: Span, keys: Keys<'_>, query: Option<Query>) -> Lowered {
        let shared = self.shared;
        let [(first, first_at), rest @ ..] = keys else {
            let members = shared.names.vars().map(|(name, value)| (name.clone(), Arg::Const(value.clone()))).collect();
            self.log.used_vars.extend(0..shared.names.vars().count());
            return self.whole(members, place, query);
        };
        let Key::Name(name) = first else {
            self.no_output("variables have names".to_owned(), first, *first_at, [], None);
            return Lowered::unknown();
        };
        let Some((index, var)) = shared.names.var(name) else {
            if let Some(mistake) = shared.names.unknown_var(name, *first_at) {
                self.report(mistake);
            }
            return Lowered::unknown();
        };
        self.log.used_vars.insert(index);
        let from = Some((shared.project.manifest.vars[index].name.span, format!("the variable `{name}` is defined here")));
        if rest.is_empty() && query.is_none() {
            let ty = match (&var.value, var.ty) {
                (_, Some(ty)) => ty,
                (value, None) => type_of(value),
            };
            return Lowered { arg: Arg::Const(var.value.clone()), ty: Some(ty), from };
        }
        let keys: Vec<Key> = rest.iter().map(|(key, _)| key.clone()).collect();
        let found = path::follow(&var.value, &keys);
        Lowered::constant(match query {
            Some(query) => Value::list(found.map(|found| query.run(found)).unwrap_or_default()),
            None => found.cloned().unwrap_or_default(),
        })
    }

    fn card(&mut self, id: &Text, place: Span, keys: Keys<'_>, query: Option<Query>, at: Position) -> Lowered {
        let Some(&index) = self.scope.ids.get(&**id) else {
            if !self.broken {
                self.unknown_card(id, place);
            }
            return Lowered::unknown();
        };
        self.scope.steps[index].is_read = true;
        self.check_order(index, place, keys.first().map(|(key, _)| key), at);
        let step = &self.scope.steps[index];
        let [(first, first_at), rest @ ..] = keys else {
            let out = step.out.0;
            let members = step.outputs.iter().enumerate();
            let members = members.map(|(index, output)| (output.name.clone(), Arg::Slot(SlotId(out + index as u32)))).collect();
            return self.whole(members, place, query);
        };
        let output = step.outputs.iter().position(|output| matches!(first, Key::Name(name) if *name == output.name));
        let Some(output) = output else {
            if !step.open {
                self.unknown_output(index, first, *first_at);
            }
            return Lowered::unknown();
        };
        let (slot, ty) = (SlotId(step.out.0 + output as u32), step.outputs[output].ty);
        let from = ty.map(|ty| (step.model.card.span, format!("its output `{}` is {}", step.outputs[output].name, a(ty))));
        self.inside(slot, ty, rest, query, from)
    }

    /// All members of something, as an object.
    fn whole(&mut self, members: Vec<(Text, Arg)>, place: Span, query: Option<Query>) -> Lowered {
        if query.is_some() {
            self.report(
                Diagnostic::new(Code::WireSyntax, place, "a wire must name what it reads before it may look for many places")
                    .label("expected a name behind this")
                    .help("write `$.card.output[*]`"),
            );
            return Lowered::unknown();
        }
        Lowered { arg: Arg::Object(members), ty: Some(Type::OBJECT), from: None }
    }

    /// A place in a slot, by keys into its value; a key that no value of the type has is reported.
    fn inside(&mut self, slot: SlotId, ty: Option<Type>, keys: Keys<'_>, query: Option<Query>, from: Option<(Span, String)>) -> Lowered {
        let mut at = ty;
        for (key, place) in keys {
            let Some(ty) = at else { break };
            at = match (key, ty) {
                (_, Type::ANY) => Some(Type::ANY),
                (Key::Index(_), Type { list: true, kind }) => Some(Type::one(kind)),
                (Key::Name(_), Type { list: false, kind: Kind::Object }) => Some(Type::ANY),
                (key, ty) => {
                    let mistake = Diagnostic::new(Code::WireToUnknownOutput, *place, format!("{} has no {}", a(ty), shown(key)))
                        .label("nothing can be here");
                    let mistake = match (key, ty.list) {
                        (Key::Name(name), true) => mistake.help(format!("`[*].{name}` gives it of every item, `[0].{name}` of the first")),
                        _ => mistake,
                    };
                    self.report(match &from {
                        Some((span, why)) => mistake.related(*span, why.clone()),
                        None => mistake,
                    });
                    None
                }
            };
        }
        let keys: Box<[Key]> = keys.iter().map(|(key, _)| key.clone()).collect();
        let from = from.filter(|_| keys.is_empty() && query.is_none());
        let (arg, ty) = match query {
            Some(query) => (Arg::Query(slot, keys, Arc::new(query)), Some(Type::list_of(Kind::Any))),
            None if keys.is_empty() => (Arg::Slot(slot), at),
            None => (Arg::At(slot, keys), at),
        };
        Lowered { arg, ty, from }
    }

    fn unknown_card(&mut self, id: &Text, place: Span) {
        let mistake = Diagnostic::new(Code::WireToUnknownCard, place, format!("there is no card with the ID `{id}` in this flow"))
            .label("no such card");
        let known = self.scope.ids.keys().copied().chain(["inputs", "vars"]);
        let inputs = &self.shared.signatures[self.scope.flow].inputs;
        let near = closest(id, known);
        let mistake = match near {
            Some(near) => match self.scope.ids.get(near) {
                Some(&step) => mistake.related(self.scope.steps[step].named_at(), "there is this one").help(format!("did you mean `{near}`?")),
                None => mistake.help(format!("did you mean `{near}`?")),
            },
            None if inputs.iter().any(|input| input.name == *id) => mistake.help(format!("it is an input of the flow: write `inputs.{id}`")),
            None if self.shared.names.var(id).is_some() => mistake.help(format!("it is a variable: write `vars.{id}`")),
            None => mistake.help("a card can be wired from if it has an `id`"),
        };
        self.report(mistake);
    }

    fn unknown_output(&mut self, index: usize, key: &Key, place: Span) {
        let step = &self.scope.steps[index];
        if let (Some(table), Key::Name(name), true) = (step.table, key, step.card.is_some_and(|card| card.rest_out.is_some())) {
            let mistake = table::unknown_column(self.shared, table, name, place);
            return self.report(mistake.related(step.model.card.span, "the card"));
        }
        let names: Vec<&str> = step.outputs.iter().map(|output| &*output.name).collect();
        let (title, open) = (step.card.map_or_else(String::new, |card| card.id.to_owned()), step.card.is_some_and(|card| card.rest_out.is_some()));
        let card_at = step.model.card.span;
        let help = if names.is_empty() {
            Some(match (open, step.arms.is_empty()) {
                (true, false) => "name under `outputs` of the block what each branch gives".to_owned(),
                (true, true) => "name what you want of the card under `outputs`".to_owned(),
                (false, _) => "the card has no outputs".to_owned(),
            })
        } else {
            None
        };
        let message = format!("`{title}` has no output {}", shown(key));
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let before = self.log.found.len();
        self.no_output(message, key, place, names.iter().map(String::as_str), help);
        if let Some(mistake) = self.log.found.get_mut(before) {
            mistake.related.push((card_at, "the card".to_owned()));
        }
    }

    fn no_output<'n>(&mut self, message: String, key: &Key, place: Span, names: impl IntoIterator<Item = &'n str>, help: Option<String>) {
        let names: Vec<&str> = names.into_iter().collect();
        let near = if let Key::Name(name) = key { closest(name, names.iter().copied()) } else { None };
        let mistake = Diagnostic::new(Code::WireToUnknownOutput, place, message).label("not there");
        let list = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        self.report(match (near, help) {
            (Some(near), _) => mistake.help(format!("did you mean `{near}`?")),
            (None, Some(help)) => mistake.help(help),
            (None, None) if names.is_empty() => mistake,
            (None, None) => mistake.help(format!("there is {}", list())),
        });
    }

    /// Whether the card has certainly run when something at `at` reads it.
    fn check_order(&mut self, read: usize, place: Span, key: Option<&Key>, at: Position) {
        let target = &self.scope.steps[read];
        let itself = at.step == Some(read);
        if !itself && self.control.precedes(self.control.done[read], at.point) {
            return;
        }
        let (id, there) = (target.name().to_owned(), target.named_at());
        let surrounds = self.scope.around(at.place).any(|place| self.scope.places[place].owner == Some(read));
        if itself || surrounds {
            let (label, why) = if itself { ("reads the card's own output", "this very card") } else { ("stands inside of the card it reads", "this card runs around it") };
            self.report(
                Diagnostic::new(Code::WireToLaterCard, place, format!("`{id}` has not run yet here")).label(label).related(there, why),
            );
            return;
        }
        // In the order of the file, the blocks around the reader count as before it.
        let later = match at.step {
            Some(reader) => read > reader,
            None => self.scope.places[at.place].owner.is_some_and(|owner| read > self.last_within(owner)),
        };
        if later {
            self.report(
                Diagnostic::new(Code::WireToLaterCard, place, format!("`{id}` has not run yet here"))
                    .label("reads a later card")
                    .related(there, "runs only afterwards")
                    .help(format!("move `{id}` in front of this card")),
            );
            return;
        }
        let around: Vec<usize> = self.scope.around(at.place).collect();
        let arm = self.scope.around(target.place).take_while(|place| !around.contains(place)).last();
        let Some((arm, owner)) = arm.and_then(|arm| Some((arm, self.scope.places[arm].owner?))) else { return };
        let arm = &self.scope.places[arm];
        let block = &self.scope.steps[owner];
        let name = arm.name.clone();
        let message = match &*name {
            "try" => format!("`{id}` may not have run here: it stands in `try`, which may fail"),
            _ => format!("`{id}` may not have run here: it stands in the branch `{name}`"),
        };
        let mistake = Diagnostic::new(Code::WireToOtherBranch, place, message)
            .label("reads a card of another branch")
            .related(there, format!("runs only in `{name}`"));
        let output = match key {
            Some(Key::Name(output)) => output.clone(),
            _ => "result".into(),
        };
        let joined = format!("name it under `outputs` of the block, as `{output}: {{ {name}: $.{id}.{output} }}`, and read");
        let inside_block = around.iter().any(|&place| self.scope.places[place].owner == Some(owner));
        let mistake = match (&block.model.id, inside_block) {
            (_, true) => mistake.help("branches can't read each other's cards: put what both need in front of the block"),
            (Some(block), _) => mistake.help(format!("{joined} `$.{}.{output}`", block.it)),
            (None, _) => mistake.related(block.model.card.span, "give this block an `id`").help(format!("{joined} that")),
        };
        self.report(mistake);
    }

    /// The last card of a block, in the order of the file.
    fn last_within(&self, owner: usize) -> usize {
        let last = self.scope.steps[owner].arms.iter().filter_map(|&arm| self.scope.places[arm].steps.last()).max();
        last.map_or(owner, |&last| self.last_within(last).max(last))
    }
}

/// `a` and `an` in front of types.
pub(super) fn a(ty: Type) -> String {
    let name = ty.to_string();
    match name.as_str() {
        "true/false" => name,
        "any" => "any value".to_owned(),
        _ if name.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {name}"),
        _ => format!("a {name}"),
    }
}

fn shown(key: &Key) -> String {
    match key {
        Key::Name(name) => format!("`{name}`"),
        Key::Index(index) => format!("`[{index}]`"),
    }
}

fn joined(first: &Key, rest: Box<[Key]>) -> Box<[Key]> {
    std::iter::once(first.clone()).chain(rest).collect()
}
