//! What a path reads: the source of a value, and its type.

use std::sync::Arc;

use super::expr::{Item, Lowered, Position, a, type_of};
use super::lower::Lower;
use super::order::shown;
use super::uses::{How, Target};
use crate::diag::{Code, Diagnostic};
use crate::path::{self, Key, Query};
use crate::program::{Arg, SlotId};
use crate::source::Span;
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// The keys that follow a root, each with its place.
type Keys<'k> = &'k [(Key, Span)];

impl Lower<'_, '_> {
    /// What a path reads: a root, keys, and perhaps a query.
    pub fn resolve(
        &mut self,
        root: &Text,
        place: Span,
        keys: Keys<'_>,
        query: Option<Arc<Query>>,
        at: Position,
    ) -> Lowered {
        self.used(root, place, keys, at);
        match &**root {
            "item" | "index" => self.item(root, place, keys, query, at),
            "run" => {
                let members = [
                    ("execution_id", Type::TEXT),
                    ("index", Type::NUMBER),
                    ("caller", Type::OBJECT),
                    ("execution_time", Type::DATE),
                    ("dry_run", Type::BOOL),
                ];
                self.known("the run", SlotId::RUN, &members, keys, query)
            }
            "error" => self.error(place, keys, query, at),
            "inputs" => self.input(place, keys, query),
            "vars" => self.var(place, keys, query),
            _ => self.card(root, place, keys, query, at),
        }
    }

    /// Notes what a path names.
    fn used(&mut self, root: &Text, place: Span, keys: Keys<'_>, at: Position) {
        let name = match keys.first() {
            Some((Key::Name(name), _)) => Some(name.clone()),
            _ => None,
        };
        let target = match &**root {
            "item" | "index" | "error" => return,
            "run" => return self.reads_run = true,
            "inputs" => Target::Input { flow: self.scope.flow, name },
            "vars" => match &name {
                Some(name) => match self.shared.var(name) {
                    Some((index, _)) => Target::Var(index),
                    None => return,
                },
                None => {
                    for index in 0..self.shared.vars.len() {
                        self.uses(place, at.step, How::Reads, Target::Var(index));
                    }
                    return;
                }
            },
            id => match self.scope.ids.get(id) {
                Some(&card) => Target::Output { card, name },
                None => return,
            },
        };
        let end = keys.last().map_or(place.end, |(_, last)| last.end.max(place.end));
        let card = at.step.or(self.scope.places[at.place].owner);
        self.uses(Span { end, ..place }, card, How::Reads, target);
    }

    fn item(
        &mut self,
        root: &Text,
        place: Span,
        keys: Keys<'_>,
        query: Option<Arc<Query>>,
        at: Position,
    ) -> Lowered {
        let (slot, ty) = match (&**root, at.item) {
            ("index", Item::Of(_) | Item::Count) => (SlotId::INDEX, Some(Type::NUMBER)),
            ("item", Item::Of(ty)) => (SlotId::ITEM, ty),
            (name, item) => {
                let mistake =
                    Diagnostic::new(Code::WireOutOfPlace, place, format!("there is no `$.{name}` here"));
                self.report(match item {
                    Item::Count => mistake.label("a count has no items").help("`$.index` says which time it is, from 0"),
                    _ => mistake.label("only list cards have items").help(format!(
                        "`$.{name}` can be used under `pass` of a card that runs a helper flow for each item; the helper has it as an input"
                    )),
                });
                return Lowered::unknown();
            }
        };
        self.inside(slot, ty, keys, query, None)
    }

    fn error(&mut self, place: Span, keys: Keys<'_>, query: Option<Arc<Query>>, at: Position) -> Lowered {
        let caught = self.scope.around(at.place).find_map(|place| {
            let catch = self.scope.places[place].name == "catch";
            self.scope.steps[self.scope.places[place].owner?].error.filter(|_| catch)
        });
        let slot = match caught {
            _ if at.failed => SlotId::ERROR,
            Some(slot) => slot,
            None if self.is_handler || self.shared.handlers_unsure => SlotId::ERROR,
            None => {
                self.report(
                    Diagnostic::new(Code::WireOutOfPlace, place, "there is no `$.error` here")
                        .label("nothing has failed")
                        .help("`$.error` is there in `catch`, in `on_error`, and in a flow that an `on_error` or `on_failure` calls"),
                );
                return Lowered::unknown();
            }
        };
        let members = [
            ("message", Type::TEXT),
            ("code", Type::NUMBER),
            ("kind", Type::TEXT),
            ("method", Type::TEXT),
            ("flow", Type::TEXT),
            ("execution", Type::TEXT),
            ("body", Type::ANY),
        ];
        self.known("the error", slot, &members, keys, query)
    }

    /// An object of the machine's, whose members are known.
    fn known(
        &mut self,
        what: &str,
        slot: SlotId,
        members: &[(&str, Type)],
        keys: Keys<'_>,
        query: Option<Arc<Query>>,
    ) -> Lowered {
        let [(first, place), rest @ ..] = keys else {
            return self.inside(slot, Some(Type::OBJECT), keys, query, None);
        };
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

    fn input(&mut self, place: Span, keys: Keys<'_>, query: Option<Arc<Query>>) -> Lowered {
        let shared = self.shared;
        let inputs = &shared.signatures[self.scope.flow].inputs;
        let [(first, first_at), rest @ ..] = keys else {
            self.inputs_read.fill(true);
            let members = inputs
                .iter()
                .enumerate()
                .map(|(index, input)| (input.name.clone(), Arg::Slot(SlotId::input(index))));
            return self.whole(members.collect(), place, query);
        };
        let Some(index) =
            inputs.iter().position(|input| matches!(first, Key::Name(name) if *name == input.name))
        else {
            if !self.broken {
                self.unknown_input(first, *first_at);
            }
            return Lowered::unknown();
        };
        self.inputs_read[index] = true;
        let written = &self.model.inputs[index];
        let from = (
            written.ty.as_ref().map_or(written.name.span, |ty| ty.span),
            format!("the input `{}` is declared here", written.name.it),
        );
        self.inside(SlotId::input(index), Some(inputs[index].ty), rest, query, Some(from))
    }

    fn var(&mut self, place: Span, keys: Keys<'_>, query: Option<Arc<Query>>) -> Lowered {
        let shared = self.shared;
        let [(first, first_at), rest @ ..] = keys else {
            let members =
                shared.vars.iter().map(|var| (var.name.clone(), Arg::Const(var.value.clone()))).collect();
            return self.whole(members, place, query);
        };
        let Key::Name(name) = first else {
            self.no_output("variables have names".to_owned(), first, *first_at, [], None);
            return Lowered::unknown();
        };
        let Some((index, var)) = shared.var(name) else {
            self.log.found.extend(shared.unknown_var(name, *first_at));
            return Lowered::unknown();
        };
        let from = Some((
            shared.project.manifest.vars[index].name.span,
            format!("the variable `{name}` is defined here"),
        ));
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

    fn card(
        &mut self,
        id: &Text,
        place: Span,
        keys: Keys<'_>,
        query: Option<Arc<Query>>,
        at: Position,
    ) -> Lowered {
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
            let members = members
                .map(|(index, output)| (output.name.clone(), Arg::Slot(SlotId(out + index as u32))))
                .collect();
            return self.whole(members, place, query);
        };
        let output = match first {
            Key::Name(name) => step.output(name),
            Key::Index(_) => None,
        };
        let Some(output) = output else {
            if !step.open {
                self.unknown_output(index, first, *first_at);
            }
            return Lowered::unknown();
        };
        let (slot, ty) = (SlotId(step.out.0 + output as u32), step.outputs[output].ty);
        let from = ty.map(|ty| {
            (step.model.card.span, format!("its output `{}` is {}", step.outputs[output].name, a(ty)))
        });
        self.inside(slot, ty, rest, query, from)
    }

    /// All members of something, as an object.
    fn whole(&mut self, members: Vec<(Text, Arg)>, place: Span, query: Option<Arc<Query>>) -> Lowered {
        if query.is_some() {
            self.report(
                Diagnostic::new(
                    Code::WireSyntax,
                    place,
                    "a wire must name what it reads before it may look for many places",
                )
                .label("expected a name behind this")
                .help("write `$.card.output[*]`"),
            );
            return Lowered::unknown();
        }
        Lowered { arg: Arg::Object(members), ty: Some(Type::OBJECT), from: None }
    }

    /// A place in a slot, by keys into its value; a key that no value of the type has is reported.
    fn inside(
        &mut self,
        slot: SlotId,
        ty: Option<Type>,
        keys: Keys<'_>,
        query: Option<Arc<Query>>,
        from: Option<(Span, String)>,
    ) -> Lowered {
        let mut at = ty;
        for (key, place) in keys {
            let Some(ty) = at else { break };
            at = match (key, ty) {
                (_, Type::ANY) => Some(Type::ANY),
                (Key::Index(_), Type { list: true, kind }) => Some(Type::one(kind)),
                (Key::Name(_), Type { list: false, kind: Kind::Object }) => Some(Type::ANY),
                (key, ty) => {
                    let mistake = Diagnostic::new(
                        Code::WireToUnknownOutput,
                        *place,
                        format!("{} has no {}", a(ty), shown(key)),
                    )
                    .label("nothing can be here");
                    let mistake = match (key, ty.list) {
                        (Key::Name(name), true) => mistake
                            .help(format!("`[*].{name}` gives it of every item, `[0].{name}` of the first")),
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
            Some(query) => (Arg::Query(slot, keys, query), Some(Type::list_of(Kind::Any))),
            None if keys.is_empty() => (Arg::Slot(slot), at),
            None => (Arg::At(slot, keys), at),
        };
        Lowered { arg, ty, from }
    }
}

fn joined(first: &Key, rest: Box<[Key]>) -> Box<[Key]> {
    std::iter::once(first.clone()).chain(rest).collect()
}
