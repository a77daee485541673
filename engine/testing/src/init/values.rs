//! Values for first tests.

use std::collections::BTreeSet;

use flowrun_core::path::Key;
use flowrun_core::program::{Arg, Call, Flow, Op, Program, SlotId};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Record, Value};
use flowrun_core::yaml::{Yaml, constant};

/// A value that something of this name and type could have.
pub fn plausible(name: &str, ty: Type) -> Value {
    if ty.list {
        return Value::list(vec![plausible(name, Type::one(ty.kind))]);
    }
    let lower = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    match ty.kind {
        Kind::Number => Value::from(1_u64),
        Kind::Bool => Value::Bool(true),
        Kind::Object => Value::object::<&str, Value>([]),
        Kind::File => Value::Null,
        Kind::Date => Value::from("2026-01-05T09:00:00Z"),
        Kind::Any if has(&["record", "state", "object"]) => Value::object::<&str, Value>([]),
        _ if has(&["mail", "login", "user name", "username"]) => Value::from("ada@example.com"),
        _ if has(&["first"]) => Value::from("Ada"),
        _ if has(&["last name", "lastname", "last_name"]) => Value::from("Lovelace"),
        _ if has(&["date", "time", "since", "until"]) => Value::from("2026-01-05T09:00:00Z"),
        _ if lower.ends_with("id") => Value::from("id1"),
        _ => Value::from(lower),
    }
}

/// A value for an input: with the keys that the flow reads of it, else of the type that it or the first card that takes it has.
pub fn input(flow: &Flow, place: usize) -> Value {
    let (input, slot) = (&flow.inputs[place], SlotId::input(place));
    if let Some(shape) = shape(flow, slot) {
        return shape;
    }
    let taken = flow.steps.iter().find_map(|step| {
        let at = step.args.iter().position(|arg| matches!(arg, Arg::Slot(read) if *read == slot))?;
        Some((step, step.card.inputs.get(at)?))
    });
    match taken {
        Some((step, _)) if *step.name == *"json.parse" => Value::from("{}"),
        Some((_, field)) if input.ty.kind == Kind::Any => plausible(&input.name, field.ty),
        _ => plausible(&input.name, input.ty),
    }
}

/// The slots that something in a flow reads.
pub fn read(flow: &Flow) -> BTreeSet<SlotId> {
    let mut read = BTreeSet::new();
    wires(flow, &mut |slot, _| {
        read.insert(slot);
    });
    read
}

/// An item of a loop, or a record of a stream, with the keys that its helper flow is passed or reads.
pub fn item(program: &Program, call: &Call) -> Value {
    let helper = program.flow(call.flow);
    let mut item = Value::Null;
    for (place, arg) in call.pass.iter().enumerate() {
        match arg {
            Arg::Slot(SlotId::ITEM) if item.is_null() => {
                item = input(helper, place);
            }
            arg => arg.places(&mut |slot, keys| {
                if let Some(Key::Name(last)) = keys.last().filter(|_| slot == SlotId::ITEM) {
                    item =
                        kept(item.clone(), keys, plausible(last, Type::TEXT)).unwrap_or_else(|| item.clone());
                }
            }),
        }
    }
    if item.is_null() { Value::from("1") } else { item }
}

/// An object with the keys that the flow reads of it; none where it reads none.
pub fn shape(flow: &Flow, slot: SlotId) -> Option<Value> {
    let mut shape = None;
    let mut look = |read: SlotId, keys: &[Key]| {
        let Some(Key::Name(last)) = keys.last().filter(|_| read == slot) else { return };
        let value = plausible(last, Type::TEXT);
        let base = shape.clone().unwrap_or(Value::Null);
        // Who reads a part of what another card reads whole needs an object there.
        if let Some(placed) = kept(base, keys, value) {
            shape = Some(placed);
        }
    };
    wires(flow, &mut look);
    shape
}

/// Shows what the cards of a flow read.
fn wires(flow: &Flow, show: &mut impl FnMut(SlotId, &[Key])) {
    for step in &flow.steps {
        step.args.iter().for_each(|arg| arg.places(show));
        match &step.op {
            Op::Branch { arms, .. } => {
                for condition in arms.iter().filter_map(|(condition, _)| condition.as_ref()) {
                    let parts = [&condition.a, &condition.operator, &condition.b];
                    parts.into_iter().for_each(|arg| arg.places(show));
                }
                arms.iter().flat_map(|(_, arm)| &arm.join).for_each(|arg| arg.places(show));
            }
            Op::Try { body, catch, .. } => {
                body.join.iter().chain(&catch.join).for_each(|arg| arg.places(show));
            }
            _ => {}
        }
        if let Some(call) = step.calls() {
            call.pass.iter().for_each(|arg| arg.places(show));
        }
    }
}

/// What lies at a place of a value; nothing where that is not there.
pub fn at(value: &Value, keys: &[Key]) -> Value {
    let found = keys.iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.as_object()?.get(name),
        Key::Index(index) => value.as_list()?.get(usize::try_from(*index).ok()?),
    });
    found.cloned().unwrap_or(Value::Null)
}

/// `base` with `value` at this place, unless something stands there.
fn kept(base: Value, keys: &[Key], value: Value) -> Option<Value> {
    if at(&base, keys).is_null() { placed(base, keys, value) } else { None }
}

/// `base` with `value` at this place; none where something else is in the way.
pub fn placed(base: Value, keys: &[Key], value: Value) -> Option<Value> {
    match keys {
        [] => Some(value),
        [Key::Name(name), rest @ ..] => {
            let mut members = match &base {
                Value::Object(members) => (**members).clone(),
                Value::Null => Record::default(),
                _ => return None,
            };
            let inner = members.get(name).cloned().unwrap_or(Value::Null);
            members.insert(name.clone(), placed(inner, rest, value)?);
            Some(Value::from(members))
        }
        [Key::Index(0), rest @ ..] => {
            let inner = match &base {
                Value::List(items) => items.first().cloned().unwrap_or(Value::Null),
                Value::Null => Value::Null,
                _ => return None,
            };
            Some(Value::list(vec![placed(inner, rest, value)?]))
        }
        _ => None,
    }
}

/// Values that stand to `with` in one relation or another.
pub fn candidates(with: &Value) -> Vec<Value> {
    // Of a list its items come first: they are in it.
    let mut found: Vec<Value> = with.as_list().and_then(|items| items.first().cloned()).into_iter().collect();
    found.push(with.clone());
    if let Value::Number(number) = with {
        found.extend([number + 1.0, number - 1.0].map(Value::Number));
    }
    if let Value::Bool(yes) = with {
        found.push(Value::Bool(!yes));
    }
    if let Some(text) = with.as_text().filter(|text| !text.is_empty()) {
        found.push(Value::from(format!("not {text}")));
        found.push(Value::object([(text.clone(), Value::from("1"))]));
    }
    found.extend([Value::from("a"), Value::from(""), Value::Null, Value::from(1_u64)]);
    found.extend([Value::list(vec![Value::from("1")]), Value::list(Vec::new())]);
    found.push(Value::object([("a", Value::from("1"))]));
    found.push(Value::object::<&str, Value>([]));
    found
}

/// A value as a test file has it.
pub fn yaml(value: &Value) -> Yaml {
    match value {
        Value::Text(text) => Yaml::text(text),
        Value::List(items) => Yaml::list(items.iter().map(yaml)),
        Value::Object(members) => {
            Yaml::map(members.iter().map(|(name, value)| (name.to_string(), yaml(value))))
        }
        other => Yaml::Scalar(constant(other)),
    }
}
