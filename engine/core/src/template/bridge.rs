//! Values of the language as minijinja sees them: shared, never copied, and secrets kept track of.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Kwargs, Object, ObjectRepr, Value as Inner, ValueKind};
use minijinja::{Error, ErrorKind, Output, State};

use super::{LARGEST, Use};
use crate::types::Type;
use crate::value::{Record, Text, Value, convert, format_number, parse_json};

thread_local! {
    /// Whether the rendering under way on this thread has read a secret. Minijinja hands a text from filter to filter
    /// without a place to note that on it.
    static SECRET_READ: Cell<bool> = const { Cell::new(false) };

    /// How many bytes the rendering under way may still make of values: minijinja shares what a list holds a million times, and
    /// we would write it out.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// How many bytes a rendering may make of values, on the way to its result too.
const MOST_MADE: usize = 4 * LARGEST;

/// What an item of a list takes, whatever it is.
const ITEM: usize = 64;

/// Takes from what the rendering may make.
fn spend(bytes: usize) -> Result<(), Error> {
    let left = LEFT.get().checked_sub(bytes).ok_or_else(|| Error::from(ErrorKind::WriteFailure))?;
    LEFT.set(left);
    Ok(())
}

/// Watches whether a secret is read.
pub(super) struct Watch(());

impl Watch {
    pub(super) fn start() -> Watch {
        SECRET_READ.set(false);
        LEFT.set(MOST_MADE);
        Watch(())
    }

    pub(super) fn finish(self) -> bool {
        SECRET_READ.get()
    }
}

/// What a template reads, by name.
#[derive(Debug)]
pub(super) struct Shape {
    uses: Vec<Use>,
}

impl Shape {
    pub(super) fn new(uses: Vec<Use>) -> Shape {
        Shape { uses }
    }

    pub(super) fn uses(&self) -> &[Use] {
        &self.uses
    }
}

/// The names that a template reads, with their values.
#[derive(Debug)]
pub(super) struct Context {
    shape: Arc<Shape>,
    values: Vec<Value>,
}

impl Context {
    pub(super) fn of(shape: Arc<Shape>, values: &[Value]) -> Inner {
        Inner::from_object(Context { shape, values: values.to_vec() })
    }

    fn find(&self, wanted: impl Fn(&[Text]) -> bool) -> Option<(usize, &Value)> {
        let at = self.shape.uses.iter().position(|used| wanted(&used.path))?;
        Some((at, self.values.get(at)?))
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Inner) -> Option<Inner> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Inner> {
        let (at, value) = self.find(|path| path[0] == name)?;
        Some(match self.shape.uses[at].path.len() {
            1 => wrap(value),
            _ => Inner::from_object(Members { context: self.clone(), first: at }),
        })
    }
}

/// What a template reads of one name.
#[derive(Debug)]
struct Members {
    context: Arc<Context>,
    /// The first use of the name.
    first: usize,
}

impl Object for Members {
    fn get_value(self: &Arc<Self>, key: &Inner) -> Option<Inner> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Inner> {
        let root = &self.context.shape.uses[self.first].path[0];
        self.context
            .find(|path| path[0] == *root && path.get(1).is_some_and(|second| second == name))
            .map(|(_, value)| wrap(value))
    }
}

/// A value that minijinja has no like for, or that is too large to copy.
#[derive(Debug)]
struct Wrapped(Value);

impl Object for Wrapped {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.0 {
            Value::List(_) => ObjectRepr::Seq,
            Value::Object(_) => ObjectRepr::Map,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Inner) -> Option<Inner> {
        match &self.0 {
            Value::List(items) => items.get(key.as_usize()?).map(wrap),
            _ => self.get_value_by_str(key.as_str()?),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Inner> {
        match &self.0 {
            Value::Object(members) => members.get(key).map(wrap),
            Value::File(file) => match key {
                "name" => Some(Inner::from(Arc::<str>::from(file.name.clone()))),
                "size" => Some(Inner::from(file.size)),
                _ => None,
            },
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.0 {
            Value::List(items) => Enumerator::Seq(items.len()),
            Value::Object(members) => Enumerator::Values(
                members.keys().map(|key| Inner::from(Arc::<str>::from(key.clone()))).collect(),
            ),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        match &self.0 {
            Value::List(items) => Some(items.len()),
            Value::Object(members) => Some(members.len()),
            _ => None,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_empty()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        match (&self.0, &other.downcast_ref::<Wrapped>()?.0) {
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Secret(a), Value::Secret(b)) => Some(a.expose().cmp(b.expose())),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An error here would be a panic of whoever writes it; what is made of it next fails instead.
        f.write_str(&written(&self.0).unwrap_or_else(|_| {
            LEFT.set(0);
            String::new()
        }))
    }
}

/// A value for minijinja; only scalars are copied.
fn wrap(value: &Value) -> Inner {
    match value {
        Value::Null => Inner::from(()),
        Value::Bool(truth) => Inner::from(*truth),
        // Integers must be integers, to be used as indices and to print without a fraction.
        Value::Number(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
            Inner::from(*number as i64)
        }
        Value::Number(number) => Inner::from(*number),
        Value::Integer(integer) => match integer.digits().parse::<i128>() {
            Ok(integer) => Inner::from(integer),
            // Minijinja knows no longer ones; as a text it keeps its digits.
            Err(_) => Inner::from(integer.to_string()),
        },
        Value::Text(text) => Inner::from(Arc::<str>::from(text.clone())),
        other => Inner::from_object(Wrapped(other.clone())),
    }
}

/// The value that a template gave; one that only passed through is the same shared value.
pub(super) fn back(value: &Inner) -> Result<Value, Error> {
    spend(ITEM + value.as_str().map_or(0, str::len))?;
    if let Some(Wrapped(inner)) = value.downcast_object_ref() {
        return Ok(inner.clone());
    }
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => {
            if let Some(integer) = value.is_integer().then(|| i128::try_from(value.clone()).ok()).flatten() {
                return Ok(Value::from(integer));
            }
            let number = f64::try_from(value.clone())?;
            if !number.is_finite() {
                return Err(Error::new(ErrorKind::InvalidOperation, "the result isn't a number"));
            }
            Value::Number(number)
        }
        ValueKind::String => value.to_str().map_or(Value::Null, |text| Value::Text(text.into())),
        ValueKind::Seq | ValueKind::Iterable => {
            Value::list(value.try_iter()?.map(|item| back(&item)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let mut members = Record::default();
            for key in value.try_iter()? {
                let member = back(&value.get_item(&key)?)?;
                members.insert(key.to_string().into(), member);
            }
            Value::from(members)
        }
        _ => Value::from(value.to_string()),
    })
}

/// Writes a value into the text: texts as they are, nothing for nothing, dates in ISO 8601, lists and objects as JSON.
pub(super) fn format(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Inner) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        spend(text.len())?;
        return Ok(out.write_str(text)?);
    }
    if value.is_undefined() {
        // Strict undefined values never come here; this is the `else` that an inline `if` left out.
        return Ok(());
    }
    let text = written(&back(value)?)?;
    spend(text.len())?;
    Ok(out.write_str(&text)?)
}

/// The filter `string`.
pub(super) fn string(value: &Inner) -> Result<String, Error> {
    written(&back(value)?)
}

/// The filter `tojson`; with `indent` it takes many lines.
pub(super) fn tojson(value: &Inner, options: Kwargs) -> Result<String, Error> {
    let value = back(value)?;
    let indent: Option<u8> = options.get("indent")?;
    options.assert_all_used()?;
    json(&value, indent.unwrap_or(0) > 0)
}

/// The filter `fromjson`: what a JSON text says; what isn't a text is what it is.
pub(super) fn fromjson(value: &Inner) -> Result<Inner, Error> {
    match back(value)? {
        Value::Text(text) if text.trim().is_empty() => Ok(wrap(&Value::Null)),
        Value::Text(text) => match parse_json(&text) {
            Ok(value) => Ok(wrap(&value)),
            Err(wrong) => {
                Err(Error::new(ErrorKind::InvalidOperation, format!("the text isn't JSON: {wrong}")))
            }
        },
        other => Ok(wrap(&other)),
    }
}

/// The filter `as_list`: a list as it is, nothing as no items, anything else as the one item of a list.
pub(super) fn as_list(value: &Inner) -> Result<Inner, Error> {
    Ok(match back(value)? {
        Value::Null => wrap(&Value::list(Vec::new())),
        Value::List(_) => value.clone(),
        one => wrap(&Value::list(vec![one])),
    })
}

/// The filter `number`: what a text says, as Okta converts it; a blank is none.
pub(super) fn number(value: &Inner) -> Result<Inner, Error> {
    converted(value, Type::NUMBER)
}

/// The filter `date`: what a text says, as Okta converts it; a blank is none.
pub(super) fn date(value: &Inner) -> Result<Inner, Error> {
    converted(value, Type::DATE)
}

fn converted(value: &Inner, ty: Type) -> Result<Inner, Error> {
    let value = back(value)?;
    if value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty()) {
        return Ok(wrap(&Value::Null));
    }
    match convert(value, ty) {
        Ok(value) => Ok(wrap(&value)),
        Err(mismatch) => Err(Error::new(ErrorKind::InvalidOperation, mismatch.to_string())),
    }
}

/// A value as it stands in a text.
pub(super) fn written(value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Number(number) => format_number(*number),
        Value::Integer(integer) => integer.to_string(),
        Value::Secret(secret) => {
            SECRET_READ.set(true);
            secret.expose().to_owned()
        }
        Value::List(_) | Value::Object(_) => return json(value, false),
        other => other.to_string(),
    })
}

/// JSON with the secrets in it, unless it becomes too large.
fn json(value: &Value, pretty: bool) -> Result<String, Error> {
    let write = |value: &Value| {
        value.to_json_within(LARGEST, pretty).ok_or_else(|| Error::from(ErrorKind::WriteFailure))
    };
    let text = write(value)?;
    if !value.holds_secret() {
        return Ok(text);
    }
    SECRET_READ.set(true);
    write(&value.exposed())
}
