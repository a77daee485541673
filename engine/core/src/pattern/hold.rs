//! Holding values against patterns.

use std::cmp::Ordering;
use std::fmt::Write;

use super::{Bound, Difference, FILL, Operator, Pattern, Wants};
use crate::types::{Kind, Type};
use crate::value::{Value, convert, parse_date, parse_json, sort_order};

/// No more differences than this are told of one pattern.
const MOST: usize = 100;

/// How long what is wanted may be where it is told.
const WANTED: usize = 400;

impl Pattern {
    /// Whether a value is as it asks.
    pub fn holds(&self, value: &Value) -> bool {
        self.differences(value).is_empty()
    }

    /// Where a value is not as it asks, in the order in which it is written.
    pub fn differences(&self, value: &Value) -> Vec<Difference> {
        let mut differ = Differ { path: String::new(), all: Vec::new() };
        differ.hold(self, Some(value));
        differ.all
    }

    /// What it asks for, as it would be written.
    pub fn wanted(&self) -> String {
        let mut text = String::new();
        write_wants(&self.wants, &mut text);
        if text.chars().count() > WANTED {
            text = text.chars().take(WANTED).collect();
            text.push('…');
        }
        text
    }
}

struct Differ {
    path: String,
    all: Vec<Difference>,
}

impl Differ {
    fn differs(&mut self, pattern: &Pattern, found: Option<&Value>, why: Option<String>) {
        if self.all.len() < MOST {
            let (path, wanted) = (self.path.clone(), pattern.wanted());
            self.all.push(Difference { path, span: pattern.span, wanted, found: found.cloned(), why });
        }
    }

    fn at(&mut self, step: &str, hold: impl FnOnce(&mut Differ)) {
        let before = self.path.len();
        self.path.push_str(step);
        hold(self);
        self.path.truncate(before);
    }

    fn member(&mut self, name: &str, hold: impl FnOnce(&mut Differ)) {
        let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let step = match (plain, self.path.is_empty()) {
            (true, true) => name.to_owned(),
            (true, false) => format!(".{name}"),
            (false, _) => format!("[{name:?}]"),
        };
        self.at(&step, hold);
    }

    fn hold(&mut self, pattern: &Pattern, found: Option<&Value>) {
        let value = found.unwrap_or(&Value::Null);
        match &pattern.wants {
            Wants::Equal(wanted) => {
                if !equal(wanted, value) {
                    self.differs(pattern, found, type_apart(wanted, value));
                }
            }
            Wants::Members(members) => self.members(pattern, members, found, false),
            Wants::Items(items) => match value {
                Value::List(found_items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.at(&format!("[{index}]"), |differ| differ.hold(item, found_items.get(index)));
                    }
                    if let Some(more) = found_items.len().checked_sub(items.len()).filter(|more| *more > 0) {
                        let why = format!("{} items are wanted, {more} more are there", items.len());
                        self.differs(pattern, found, Some(why));
                    }
                }
                _ => self.differs(pattern, found, None),
            },
            Wants::Fill => self.differs(pattern, found, None),
            Wants::All(operators) => {
                for operator in operators {
                    self.operator(pattern, operator, found);
                }
            }
        }
    }

    fn members(
        &mut self,
        pattern: &Pattern,
        members: &[(crate::value::Text, Pattern)],
        found: Option<&Value>,
        only: bool,
    ) {
        let object = match found.unwrap_or(&Value::Null) {
            Value::Object(object) => object.clone(),
            Value::File(file) => {
                let known = [("name", Value::from(file.name.clone())), ("size", Value::from(file.size))];
                let hash = ("sha256", Value::from(file.handle.clone()));
                match Value::object(known.into_iter().chain([hash])) {
                    Value::Object(object) => object,
                    _ => return,
                }
            }
            _ => return self.differs(pattern, found, None),
        };
        for (name, wanted) in members {
            self.member(name, |differ| differ.hold(wanted, object.get(name)));
        }
        if only {
            for (name, value) in
                object.iter().filter(|(name, _)| !members.iter().any(|(known, _)| known == *name))
            {
                self.member(name, |differ| {
                    differ.differs(pattern, Some(value), Some("no such member is wanted".to_owned()));
                });
            }
        }
    }

    fn operator(&mut self, pattern: &Pattern, operator: &Operator, found: Option<&Value>) {
        let value = found.unwrap_or(&Value::Null);
        match operator {
            Operator::Exactly(members) => return self.members(pattern, members, found, true),
            Operator::Each(each) => {
                if let Value::List(items) = value {
                    for (index, item) in items.iter().enumerate() {
                        self.at(&format!("[{index}]"), |differ| differ.hold(each, Some(item)));
                    }
                    return;
                }
            }
            Operator::None(none) => {
                if let Value::List(items) = value {
                    for (index, item) in items.iter().enumerate().filter(|(_, item)| none.holds(item)) {
                        self.at(&format!("[{index}]"), |differ| differ.differs(pattern, Some(item), None));
                    }
                    return;
                }
            }
            Operator::Json(inner) => {
                if let Some(said) = value.as_text().and_then(|text| parse_json(text).ok()) {
                    return self.hold(inner, Some(&said));
                }
            }
            _ => {}
        }
        if let Err(why) = holds(operator, found) {
            self.differs(pattern, found, why);
        }
    }
}

/// Whether a value is as an operator asks, else what more there is to say.
fn holds(operator: &Operator, found: Option<&Value>) -> Result<(), Option<String>> {
    let value = found.unwrap_or(&Value::Null);
    let say = |holds: bool| if holds { Ok(()) } else { Err(None) };
    let text = || value.as_text().map(|text| &**text).ok_or_else(|| Some(format!("it is {}", value.kind())));
    match operator {
        Operator::Equals(wanted) => say(equal(wanted, value)),
        Operator::Not(pattern) => say(!pattern.holds(value)),
        Operator::Beyond(bound, than) => {
            let order = order(value, than).ok_or_else(|| Some(format!("it is {}", value.kind())))?;
            say(match bound {
                Bound::Above => order == Ordering::Greater,
                Bound::AtLeast => order != Ordering::Less,
                Bound::Below => order == Ordering::Less,
                Bound::AtMost => order != Ordering::Greater,
            })
        }
        Operator::Near(number, off) => match value {
            Value::Number(found) => say((found - number).abs() <= *off),
            _ => Err(Some(format!("it is {}", value.kind()))),
        },
        Operator::In(values) => say(values.iter().any(|wanted| equal(wanted, value))),
        Operator::Contains(part) => match value {
            Value::List(items) => say(items.iter().any(|item| item.as_text() == Some(part))),
            _ => say(text()?.contains(&**part)),
        },
        Operator::StartsWith(part) => say(text()?.starts_with(&**part)),
        Operator::EndsWith(part) => say(text()?.ends_with(&**part)),
        Operator::Matches(regex) => say(regex.is_match(text()?)),
        Operator::Exists(exists) => say(value.is_null() != *exists),
        Operator::Empty(empty) => match value {
            Value::Text(_) | Value::List(_) | Value::Object(_) | Value::Null => {
                say(value.is_empty() == *empty)
            }
            _ => Err(Some(format!("it is {}", value.kind()))),
        },
        Operator::Type(ty) => say(is_of(value, *ty)),
        Operator::Length(pattern) => {
            let length = match value {
                Value::Text(text) => text.chars().count(),
                Value::List(items) => items.len(),
                Value::Object(members) => members.len(),
                _ => return Err(Some(format!("{} has no length", value.kind()))),
            };
            if pattern.holds(&Value::from(length)) {
                Ok(())
            } else {
                Err(Some(format!("it is {length} long")))
            }
        }
        Operator::Any(pattern) => match value {
            Value::List(items) => say(items.iter().any(|item| pattern.holds(item))),
            _ => Err(Some(format!("it is {}", value.kind()))),
        },
        Operator::Unordered(patterns) => match value {
            Value::List(items) => {
                if items.len() != patterns.len() {
                    return Err(Some(format!("{} items are there", items.len())));
                }
                say(pairs(patterns, items))
            }
            _ => Err(Some(format!("it is {}", value.kind()))),
        },
        Operator::Secret(secret) => say(value.holds_secret() == *secret),
        // What is no list, object or text of JSON; the rest is held part by part.
        Operator::Each(_) | Operator::None(_) | Operator::Exactly(_) => {
            Err(Some(format!("it is {}", value.kind())))
        }
        Operator::Json(_) => Err(Some("it is no JSON".to_owned())),
    }
}

/// Whether each item can be given a pattern of its own that it fits: a matching in a bipartite graph.
fn pairs(patterns: &[Pattern], items: &[Value]) -> bool {
    let fits: Vec<Vec<usize>> = items
        .iter()
        .map(|item| (0..patterns.len()).filter(|index| patterns[*index].holds(item)).collect())
        .collect();
    let mut taken: Vec<Option<usize>> = vec![None; patterns.len()];
    (0..items.len()).all(|item| place(item, &fits, &mut taken, &mut vec![false; patterns.len()]))
}

fn place(item: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &pattern in &fits[item] {
        if std::mem::replace(&mut seen[pattern], true) {
            continue;
        }
        if taken[pattern].is_none_or(|other| place(other, fits, taken, seen)) {
            taken[pattern] = Some(item);
            return true;
        }
    }
    false
}

/// Whether a value is the one that is written; YAML has no dates, so that a text stands for one.
fn equal(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Text(text), Value::Date(date)) => parse_date(text).is_some_and(|wanted| wanted == *date),
        (Value::List(wanted), Value::List(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found.iter()).all(|(wanted, found)| equal(wanted, found))
        }
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.len() == found.len()
                && wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| equal(wanted, found)))
        }
        _ => wanted == found,
    }
}

fn order(value: &Value, than: &Value) -> Option<Ordering> {
    match (value, than) {
        (Value::Number(_) | Value::Integer(_), Value::Number(_) | Value::Integer(_))
        | (Value::Date(_), Value::Date(_))
        | (Value::Text(_), Value::Text(_)) => Some(sort_order(value, than)),
        (Value::Text(text), Value::Date(_)) => Some(sort_order(&Value::Date(parse_date(text)?), than)),
        _ => None,
    }
}

fn is_of(value: &Value, ty: Type) -> bool {
    match (value, ty.list) {
        (Value::List(items), true) => items.iter().all(|item| is_of(item, Type::one(ty.kind))),
        (_, true) => false,
        (value, false) => match ty.kind {
            Kind::Any => true,
            Kind::Date => matches!(value, Value::Date(_)),
            _ => convert(value.clone(), ty).is_ok_and(|converted| {
                std::mem::discriminant(&converted) == std::mem::discriminant(value)
                    || matches!((&converted, value), (Value::Number(_), Value::Integer(_)))
            }),
        },
    }
}

/// What to say where only the type is another: `"2"` is not `2`.
fn type_apart(wanted: &Value, found: &Value) -> Option<String> {
    let alike = wanted.kind() != found.kind() && wanted.to_string() == found.to_string();
    alike.then(|| format!("it is {}, and {} is wanted", found.kind(), wanted.kind()))
}

fn write_wants(wants: &Wants, text: &mut String) {
    match wants {
        Wants::Equal(value) => text.push_str(&value.to_json()),
        Wants::Fill => text.push_str(FILL),
        Wants::Members(members) => write_members(members, text),
        Wants::Items(items) => write_items(items, text),
        Wants::All(operators) => {
            text.push_str("{ ");
            for (index, operator) in operators.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write_operator(operator, text);
            }
            text.push_str(" }");
        }
    }
}

fn write_members(members: &[(crate::value::Text, Pattern)], text: &mut String) {
    text.push_str("{ ");
    for (index, (name, pattern)) in members.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        let _ = write!(text, "{name}: ");
        write_wants(&pattern.wants, text);
    }
    text.push_str(" }");
}

fn write_items(items: &[Pattern], text: &mut String) {
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        write_wants(&item.wants, text);
    }
    text.push(']');
}

fn write_operator(operator: &Operator, text: &mut String) {
    let mut say = |name: &str, write: &mut dyn FnMut(&mut String)| {
        let _ = write!(text, "~{name}: ");
        write(text);
    };
    let mut value = |name: &str, value: &Value| say(name, &mut |text| text.push_str(&value.to_json()));
    match operator {
        Operator::Equals(wanted) => value("equals", wanted),
        Operator::Beyond(bound, than) => {
            let name = match bound {
                Bound::Above => "gt",
                Bound::AtLeast => "gte",
                Bound::Below => "lt",
                Bound::AtMost => "lte",
            };
            value(name, than);
        }
        Operator::Near(number, off) => {
            value("near", &Value::list(vec![Value::Number(*number), Value::Number(*off)]));
        }
        Operator::In(values) => value("in", &Value::list(values.clone())),
        Operator::Contains(part) => value("contains", &Value::from(part.clone())),
        Operator::StartsWith(part) => value("starts_with", &Value::from(part.clone())),
        Operator::EndsWith(part) => value("ends_with", &Value::from(part.clone())),
        Operator::Matches(regex) => value("matches", &Value::from(regex.as_str())),
        Operator::Exists(yes) => value("exists", &Value::Bool(*yes)),
        Operator::Empty(yes) => value("empty", &Value::Bool(*yes)),
        Operator::Secret(yes) => value("secret", &Value::Bool(*yes)),
        Operator::Type(ty) => value("type", &Value::from(ty.to_string())),
        Operator::Not(pattern) => say("not", &mut |text| write_wants(&pattern.wants, text)),
        Operator::Length(pattern) => say("length", &mut |text| write_wants(&pattern.wants, text)),
        Operator::Any(pattern) => say("any", &mut |text| write_wants(&pattern.wants, text)),
        Operator::Each(pattern) => say("all", &mut |text| write_wants(&pattern.wants, text)),
        Operator::None(pattern) => say("none", &mut |text| write_wants(&pattern.wants, text)),
        Operator::Json(pattern) => say("json", &mut |text| write_wants(&pattern.wants, text)),
        Operator::Unordered(items) => say("unordered", &mut |text| write_items(items, text)),
        Operator::Exactly(members) => say("exactly", &mut |text| write_members(members, text)),
    }
}
