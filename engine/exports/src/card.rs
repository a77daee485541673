//! A card and its fields.

use std::collections::BTreeSet;

use super::Dictionary;
use super::answer::{is_asking, is_given};
use super::fields::{COUNT_BLANKS, EXPORT_FLOW, LEGACY_RAW, declared_input, empties, skipped, stood_in};
use super::flow::{Flowing, lower_inline, origin};
use super::helpers::author_s;
use super::inline;
use super::naming::{Names, id, stem};
use super::pack::{Callee, Card, Field};
use super::policy::{of_policy, retry};
use super::search::{condition, result_set, result_set_named, streaming_method};
use super::wire::{View, literal, nowhere};
use flowrun_core::card::{Card as Declared, Control, Work, title_of};
use flowrun_core::model::{At, Expr, INSIDE, Joined, Name, Step};
use flowrun_core::source::Origin;
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value, time_zone};

/// Cards that flowrun lacks stand under this name, with their connector's and their own.
const EXTERNAL: &str = "external";

/// `external.slack.send_message`: the name of a card that flowrun lacks.
pub(super) fn external(card: &Card) -> Text {
    let mut parts = card.address.rsplit(':');
    let name = parts.next().unwrap_or_default();
    let connector = parts.next().unwrap_or_default();
    format!("{EXTERNAL}.{}.{}", stem(connector, "connector"), id(name, "card")).into()
}

/// The title that the author gave a card, if it is not what the editor calls it.
fn own_title(dictionary: &Dictionary, card: &Card) -> Option<Text> {
    let usual = match dictionary.cards.get(&*card.address) {
        Some(declared) => declared.title(),
        None => title_of(external(card).rsplit('.').next().unwrap_or_default()),
    };
    let title = card.title.trim();
    (!title.eq_ignore_ascii_case(&usual) && !title.is_empty()).then(|| title.into())
}

/// The name by which wires know an output.
pub(super) fn output_name(dictionary: &Dictionary, card: &Card, field: &Field) -> Option<Text> {
    let Some(declared) = dictionary.cards.get(&*card.address) else {
        return Some(shown(&card.outputs, field));
    };
    if *card.address == *LEGACY_RAW {
        return Some(id(&field.key, "output").into());
    }
    let nth =
        card.outputs.iter().filter(|other| other.key == field.key).position(|other| other.id == field.id)?;
    let named = declared.outputs.iter().filter(|output| *output.key == *field.key);
    if let Some(output) = named.clone().nth(nth).or_else(|| named.clone().next()) {
        return Some(Text::from(&*output.name));
    }
    // The author's own; what the card here lacks is told where its wire is checked.
    Some(field.key.clone())
}

/// The name that the editor shows for a field of an external card, with its group where two fields share it; its key where
/// that is not enough.
fn shown(fields: &[Field], field: &Field) -> Text {
    let said = |field: &Field| -> Text {
        let label = field.label.as_deref().map(str::trim).filter(|label| !label.is_empty());
        label.map_or_else(|| field.key.clone(), Text::from)
    };
    let grouped = |field: &Field| match &field.group {
        Some(group) => format!("{group} {}", said(field)).into(),
        None => said(field),
    };
    let alone =
        |name: &dyn Fn(&Field) -> Text| fields.iter().filter(|other| name(other) == name(field)).count() < 2;
    match () {
        _ if alone(&said) => said(field),
        _ if alone(&grouped) => grouped(field),
        _ => field.key.clone(),
    }
}

impl Flowing<'_, '_> {
    /// A step without fields.
    pub fn begin(&mut self, view: &View<'_>, card: usize, name: &str) -> Step {
        let raw = &view.scope.cards[card];
        let card_of = Some(((&*raw.title).into(), (&*raw.uuid).into()));
        let origin = Origin { card: card_of, ..origin(&self.title, &self.id) };
        Step {
            span: self.all.made_of(origin),
            title: own_title(self.all.dictionary, raw).map(nowhere),
            id: Some(nowhere(view.ids[card].clone())),
            card: nowhere(name.into()),
            connection: None,
            with: Vec::new(),
            pass: Vec::new(),
            arms: Vec::new(),
            outputs: Vec::new(),
            on_error: self.on_error(view, card, raw),
            retry: retry(raw),
            timeout: None,
            note: raw.note.clone().map(nowhere),
            broken: false,
        }
    }

    /// The path of a flow by its ID.
    pub fn named(&mut self, flow: &Text, raw: &Card) -> Text {
        match self.all.signatures.get(&**flow) {
            Some(signature) => signature.path.clone(),
            None => {
                self.trouble(Some(raw), &format!("it calls the flow {flow}, which is not in the export"));
                flow.clone()
            }
        }
    }

    /// Lowers a card that holds no others.
    pub fn card(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Option<Step> {
        let Some(declared) = self.all.dictionary.cards.get(&*raw.address) else {
            return Some(self.external_card(view, card, raw));
        };
        if declared.id == "flow_control.comment" && raw.note.is_none() {
            return None;
        }
        let mut step = self.begin(view, card, &declared.id);
        let calls = declared.inputs.iter().find(|input| input.ty.kind == Kind::Flow);
        let result_set = result_set(declared, raw);
        let mut given: BTreeSet<&str> = BTreeSet::new();
        for field in &raw.inputs {
            let pinned = view.pin(card, field).is_some();
            let streamed =
                field.group.as_deref() == Some("Streaming") && result_set.as_deref() == Some("stream");
            let own = streamed && declared_input(declared, raw, field, None).is_none();
            let expression = field.group.as_deref() == Some("_expr");
            if expression || own || !pinned && skipped(declared, raw, field) {
                continue;
            }
            if let (Some(flow), Some(input)) = (&field.flow, calls) {
                let path = self.callee(view, card, raw, field, flow, &mut step);
                step.with
                    .push((nowhere(Text::from(&*input.name)), nowhere(Expr::Constant(Value::Text(path)))));
                continue;
            }
            if let (EXPORT_FLOW, Some(Callee::Named(flow))) = (&*raw.address, &field.flow) {
                let path = self.named(flow, raw);
                step.with.push((nowhere("flow".into()), nowhere(Expr::Constant(Value::Text(path)))));
                continue;
            }
            let found = declared_input(declared, raw, field, result_set.as_deref());
            let found = found.or_else(|| stood_in(declared, raw, field, &given));
            match found.filter(|input| !given.contains(&*input.name)) {
                Some(input) => {
                    given.insert(&*input.name);
                    let expr = self.input(view, card, declared, field, input);
                    step.with.extend(expr.map(|expr| (nowhere(Text::from(&*input.name)), nowhere(expr))));
                }
                None => self.rest(view, card, declared, field, calls.is_some(), &mut step),
            }
        }
        // The editor gives a direction also where nothing is sorted.
        if !step.with.iter().any(|(name, _)| *name.it == *"sort_column") {
            step.with.retain(|(name, _)| *name.it != *"sort_direction");
        }
        self.made(declared, raw, &mut step);
        self.member(declared, raw, &mut step);
        let streams = result_set.as_deref() == Some("stream");
        if streams {
            self.streamed(view, card, raw, Some(declared), &mut step);
        }
        let result_set = declared.input("result_set").map(|index| &declared.inputs[index]);
        if let Some(input) = result_set.filter(|input| !given.contains(&*input.name)) {
            // Of older exports, which lack the choice, there was one only.
            let only = input.choices.iter().next().filter(|_| input.required);
            if let Some(choice) = streams.then_some("stream").or(only) {
                step.with
                    .push((nowhere(Text::from(&*input.name)), nowhere(Expr::Constant(Value::from(choice)))));
            }
        }
        self.finish(view, declared, raw, &mut step);
        Some(step)
    }

    /// The path of the flow in a field; one that stands inside becomes a flow of its own.
    fn callee(
        &mut self,
        view: &View<'_>,
        card: usize,
        raw: &Card,
        field: &Field,
        flow: &Callee,
        step: &mut Step,
    ) -> Text {
        let scope = match flow {
            Callee::Named(flow) => return self.named(flow, raw),
            Callee::Inline(_) => match super::flow::inline(field) {
                Some(scope) => scope,
                None => return Text::default(),
            },
        };
        let mut names = Names::default();
        let mut hidden = Vec::new();
        for seen in raw.inputs.iter().filter(|field| field.group.as_deref() == Some("context")) {
            let expr = view.expr(card, seen, Type::ANY);
            let said = match &expr {
                Expr::Wire(wire) => {
                    wire.rsplit(['.', '\'', '[']).find(|part| part.len() > 1).unwrap_or("value").to_owned()
                }
                _ => "value".to_owned(),
            };
            let name = names.unique(&id(&said, "value"));
            step.pass.push((nowhere(name.clone()), nowhere(expr)));
            hidden.push((seen.key.clone(), name, seen.ty));
        }
        // In a card that flowrun lacks no flow can stand.
        let stays = self.all.dictionary.cards.contains_key(&*raw.address) && inline::stays(scope);
        let path = match stays {
            true => format!("{}{INSIDE}{}", self.path, view.ids[card]).into(),
            false => self.all.paths.unique(&format!("{}_{}", self.path, view.ids[card])),
        };
        let title: Text = format!("{}: {}", self.title, raw.title).into();
        lower_inline(&title, &self.id, path, scope, hidden, is_asking(raw), self.all).unwrap_or_default()
    }

    /// What a declared input gets; nothing where it keeps its default.
    fn input(
        &mut self,
        view: &View<'_>,
        card: usize,
        declared: &Declared,
        field: &Field,
        input: &flowrun_core::card::Field,
    ) -> Option<Expr> {
        let raw = &view.scope.cards[card];
        if view.pin(card, field).is_some() {
            if input.ty.kind == Kind::Table {
                self.trouble(Some(raw), "its table is known only in the run, where it must be the table's name here, not its ID in Okta");
            }
            return Some(match (&*declared.id, &*input.name) {
                _ if *field.key == *"_text_" => self.template(view, card, raw, field),
                ("tables.search_rows", "where") => view.expr(card, field, Type::ANY),
                _ => view.expr(card, field, input.ty),
            });
        }
        if *field.key == *"_text_" {
            return Some(self.template(view, card, raw, field));
        }
        let value = match (input.ty.kind, &field.value) {
            (Kind::Table, Value::Text(table)) => {
                let name = self.all.tables.get(&**table).cloned();
                if name.is_none() {
                    self.trouble(
                        Some(raw),
                        &format!("it uses the table {table}, which is not in the export"),
                    );
                }
                Value::Text(name.unwrap_or_else(|| table.clone()))
            }
            (_, value) if input.name == "method" && streaming_method(value).is_some() => {
                Value::from(streaming_method(value))
            }
            _ if input.name == "result_set" => Value::from(result_set_named(&field.value, &input.choices)),
            (_, Value::Text(zone)) if input.name == "time_zone" && time_zone(zone).is_none() => {
                let told = format!("there is no time zone {zone}: as in Okta, it counts as UTC");
                self.trouble(Some(raw), &told);
                return None;
            }
            // Okta writes 0 where no limit is meant.
            (Kind::Number, Value::Number(0.0)) if declared.id == "tables.search_rows" => return None,
            _ if declared.id == "tables.search_rows" && input.name == "where" => {
                return condition(view, card, raw, &field.value);
            }
            (_, value) => value.clone(),
        };
        // There a blank field counts, and one that isn't there does not.
        if value.is_empty() && COUNT_BLANKS.contains(&&*declared.id) {
            return Some(Expr::Constant(input.ty.blank()));
        }
        // Nothing in them is nothing sent; an empty body is something.
        if value.is_empty() && !input.required && ["headers", "query"].contains(&&*input.name) {
            return None;
        }
        let default = Value::from(&input.default);
        let blank = value.is_null()
            || value == default
            || value.is_empty() && default.is_empty() && input.ty.kind != Kind::Any;
        match blank && !(input.required && value == Value::from("")) {
            true if input.required && !value.is_null() => Some(Expr::Constant(value)),
            true => None,
            false => Some(Expr::Constant(value)),
        }
    }

    /// A field that the author named, or that the card here does not have.
    fn rest(
        &mut self,
        view: &View<'_>,
        card: usize,
        declared: &Declared,
        field: &Field,
        calls: bool,
        step: &mut Step,
    ) {
        let raw = &view.scope.cards[card];
        if field.group.as_deref() == Some("context") {
            return;
        }
        let pinned = view.pin(card, field).is_some();
        if calls && self.passes(raw, field) {
            let expr = match &field.item {
                Some(path) => item(path),
                None => view.expr(card, field, Type::ANY),
            };
            // Reduce hands its running value over by itself.
            if !(declared.id == "list.reduce" && *field.key == *"memo") {
                step.pass.push((nowhere(field.key.clone()), nowhere(expr)));
            }
        } else if let Some(rest) = &declared.rest_in {
            let blank = !pinned && field.value.is_empty();
            // Columns and attributes that are blank are left as they are, unless the card says that they are to be emptied.
            if blank && matches!(declared.work, Work::Effect(_)) && !empties(raw) {
                return;
            }
            let name = match &*declared.id {
                "list.construct" => format!("item_{}", step.with.len() + 1).into(),
                "number.formula" | "true_false.expression" => formula_name(raw, field).into(),
                _ => field.key.clone(),
            };
            step.with.push((nowhere(name), nowhere(view.expr(card, field, rest.ty))));
        } else if let Some(list) = list_of_group(declared, field) {
            if pinned || !field.value.is_empty() {
                let item = nowhere(view.expr(card, field, Type::one(list.ty.kind)));
                match step.with.iter_mut().find(|(name, _)| *name.it == *list.name) {
                    Some((_, At { it: Expr::List(items), .. })) => items.push(item),
                    _ => step.with.push((nowhere(Text::from(&*list.name)), nowhere(Expr::List(vec![item])))),
                }
            }
        } else if let Some(name) = object_of_group(declared, field) {
            let entry = (nowhere(field.key.clone()), nowhere(view.expr(card, field, Type::ANY)));
            match step.with.iter_mut().find(|(given, _)| *given.it == *name) {
                Some((_, At { it: Expr::Object(members), .. })) => members.push(entry),
                _ => step.with.push((nowhere(name.into()), nowhere(Expr::Object(vec![entry])))),
            }
        } else if pinned || !field.value.is_empty() {
            if of_policy(self.all.dictionary, self.all.signatures, raw).any(|own| own.id == field.id) {
                return;
            }
            let known = field.value == field.ty.blank() && !pinned;
            if !known && !is_part(raw, field) && *raw.policy.kind != *"return" {
                // What a vendor's card is not told may be what keeps it from everybody: the run is refused.
                if matches!(declared.work, Work::Effect(_)) && !field.custom {
                    step.with.push((nowhere(field.key.clone()), nowhere(view.expr(card, field, Type::ANY))));
                    return;
                }
                let said = field.label.as_ref().unwrap_or(&field.key);
                let whose = if calls { "neither the card nor its helper has" } else { "the card here lacks" };
                self.trouble(Some(raw), &format!("{whose} the field \"{said}\"; what it holds is left out"));
            }
        }
    }

    /// Whether the flow that a card calls has an input for a field; cards keep those that their helper had once.
    fn passes(&mut self, raw: &Card, field: &Field) -> bool {
        let callee = raw.inputs.iter().find_map(|field| match &field.flow {
            Some(Callee::Named(flow)) => Some(flow),
            _ => None,
        });
        let Some(callee) = callee else { return raw.inputs.iter().any(|field| field.flow.is_some()) };
        let Some(signature) = self.all.signatures.get(&**callee) else { return true };
        signature.inputs.iter().any(|(name, ..)| *name == field.key)
    }

    /// Outputs that the author named, as far as wires use them; of a pause all, for an answer may give no other.
    fn finish(&mut self, view: &View<'_>, declared: &Declared, raw: &Card, step: &mut Step) {
        if declared.rest_out.is_none() {
            return;
        }
        let own = |field: &&Field| !declared.outputs.iter().any(|output| *output.key == *field.key);
        let pauses = matches!(declared.work, Work::Control(Control::Pause));
        let read = |field: &&Field| {
            (pauses || view.pinned.contains(&field.id)) && is_given(self.all.signatures, raw, field)
        };
        for field in raw.outputs.iter().filter(own).filter(read) {
            if !step.outputs.iter().any(|(name, _)| name.it == field.key) {
                step.outputs.push(typed(field.key.clone(), field));
            }
        }
    }

    fn external_card(&mut self, view: &View<'_>, card: usize, raw: &Card) -> Step {
        let mut step = self.begin(view, card, &external(raw));
        let signatures = self.all.signatures;
        let of_policy: BTreeSet<&Text> =
            of_policy(self.all.dictionary, signatures, raw).map(|field| &field.id).collect();
        let mine = |field: &&Field| !of_policy.contains(&field.id) && !author_s(raw, field, None);
        let mut streams = false;
        for field in raw.inputs.iter().filter(mine) {
            if let Some(flow) = &field.flow {
                // Other connectors' cards take a flow for one purpose: it gets their records.
                let path = self.callee(view, card, raw, field, flow, &mut step);
                let name = if streams { shown(&raw.inputs, field) } else { "flow".into() };
                step.with.push((nowhere(name), nowhere(Expr::Constant(Value::Text(path)))));
                streams = true;
            } else if view.pin(card, field).is_some() || !field.value.is_empty() {
                let expr = view.expr(card, field, Type::ANY);
                step.with.push((nowhere(shown(&raw.inputs, field)), nowhere(expr)));
            }
        }
        if streams {
            self.streamed(view, card, raw, None, &mut step);
        }
        for field in raw.outputs.iter().filter(|field| view.pinned.contains(&field.id)) {
            step.outputs.push(typed(shown(&raw.outputs, field), field));
        }
        step
    }

    /// A text with fields in it: `{{{key}}}` becomes the field's own value, or its name in a formula.
    fn template(&mut self, view: &View<'_>, card: usize, raw: &Card, field: &Field) -> Expr {
        let Some(text) = field.value.as_text().cloned() else { return Expr::Constant(field.value.clone()) };
        let formula = raw.address.ends_with(":expression");
        let mut whole = String::new();
        let mut wired = false;
        let mut rest = &*text;
        while let Some((before, after)) = rest.split_once("{{{") {
            let Some((key, behind)) = after.split_once("}}}") else { break };
            whole.push_str(&if formula { before.to_owned() } else { literal(before) });
            match raw.inputs.iter().find(|input| *input.key == *key) {
                Some(input) if formula => whole.push_str(&formula_name(raw, input)),
                Some(input) => {
                    let part = view.part(card, input);
                    wired |= part.starts_with("{{");
                    whole.push_str(&part);
                }
                None => self.trouble(
                    Some(raw),
                    &format!("its text has a place for the field {key}, which the card lacks"),
                ),
            }
            rest = behind;
        }
        whole.push_str(&if formula { rest.to_owned() } else { literal(rest) });
        let only = whole.starts_with("{{") && whole.ends_with("}}") && whole.matches("{{").count() == 1;
        match () {
            // A template that is one wire keeps the wire's type: a text is wanted.
            _ if wired && only => {
                Expr::Template(format!("{} | string }}}}", whole.trim_end_matches("}}").trim_end()).into())
            }
            _ if wired || whole.contains("{%") => Expr::Template(whole.into()),
            _ => Expr::Constant(Value::Text(whole.into())),
        }
    }
}

/// The list that a group of fields is here.
fn list_of_group<'d>(declared: &'d Declared, field: &Field) -> Option<&'d flowrun_core::card::Field> {
    let group = field.group.as_deref()?;
    declared.inputs.iter().find(|input| input.ty.list && input.key == group)
}

/// The object that a group of fields is here: `options`, `headers`.
fn object_of_group<'d>(declared: &'d Declared, field: &Field) -> Option<&'d str> {
    let group = field.group.as_deref()?.to_lowercase();
    let is_it = |input: &&flowrun_core::card::Field| input.ty == Type::OBJECT && input.name == group;
    declared.inputs.iter().find(is_it).map(|input| &*input.name)
}

/// An output that the author named, with its type.
fn typed(name: Text, field: &Field) -> (Name, At<Joined>) {
    (nowhere(name), nowhere(Joined::Type(field.ty.to_string().into())))
}

/// Whether the field is one of those that stand in the card's text.
fn is_part(raw: &Card, field: &Field) -> bool {
    let text =
        raw.inputs.iter().find(|field| *field.key == *"_text_").and_then(|field| field.value.as_text());
    text.is_some_and(|text| text.contains(&format!("{{{{{{{}}}}}}}", field.key)))
}

/// A field of a formula, whose key is no name, has one by its place.
fn formula_name(raw: &Card, field: &Field) -> String {
    let place =
        raw.inputs.iter().filter(|field| *field.key != *"_text_").position(|other| other.id == field.id);
    format!("x{}", place.unwrap_or_default() + 1)
}

/// What a list card takes of its item.
pub(super) fn item(path: &str) -> Expr {
    let keys = path.split('.').filter(|key| !key.is_empty()).map(Text::from);
    Expr::Wire(super::wire::wire(&[Text::from("item")].into_iter().chain(keys).collect::<Vec<_>>()))
}
