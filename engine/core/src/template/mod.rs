//! Templates: minijinja, compiled once.
//!
//! A text that is one `{{ expression }}` and nothing else gives a value of the expression's type, any other template a
//! text. Whatever comes of a secret is a secret.

mod absent;
mod bounded;
mod bridge;
mod copies;
mod operators;
mod order;
mod pieces;
mod reads;
mod respell;
mod scan;

use std::io;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, machinery};

use crate::fault::{Fault, FaultKind};
use crate::types::Type;
use crate::value::{Secret, Text, Value};
use bridge::{Context, Shape};
use pieces::Pieces;

pub use order::{Order, Side};
pub use reads::Read;
pub use respell::respell;
pub use scan::Use;

/// How many instructions one rendering may take.
const FUEL: u64 = 1_000_000;

/// How many bytes a template may have.
const LONGEST: usize = 64 << 10;

/// Enough for a template that nests with each byte: minijinja calls itself for each sign in `------1`.
const STACK: usize = 64 << 20;

/// How large one rendering may become.
const LARGEST: usize = 16 << 20;

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    shape: Arc<Shape>,
    code: Code,
    plain: bool,
    ty: Type,
    orders: Vec<Order>,
    reads: Vec<Read>,
}

#[derive(Debug)]
enum Code {
    /// One expression, which keeps its type.
    Value { expression: Expression<'static, 'static>, source: Text, may_be_blank: bool },
    /// Anything else: an environment that holds this template alone, and its pieces where it has nothing else.
    Text { own: Box<Environment<'static>>, pieces: Option<Pieces> },
}

/// Why a text isn't a template.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateError {
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// The first byte at fault.
    pub start: usize,
    /// The byte behind the last one at fault.
    pub end: usize,
    /// What to do.
    pub help: Option<String>,
    /// Whether it is a filter, test or function that doesn't exist, rather than the syntax.
    pub unknown_name: bool,
}

/// What all templates share: filters, limits and how values are written.
static SHARED: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut shared = Environment::new();
    shared.set_undefined_behavior(UndefinedBehavior::Strict);
    shared.set_fuel(Some(FUEL));
    shared.set_formatter(bridge::format);
    shared.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    shared.set_syntax(syntax());
    // Minijinja's own write true and false as Python does, and JSON for use in HTML.
    shared.add_filter("string", bridge::string);
    shared.add_filter("join", bounded::join);
    shared.add_filter("indent", bounded::indent);
    shared.add_filter("replace", bounded::replace);
    shared.add_filter("batch", bounded::batch);
    shared.add_filter("slice", bounded::slice);
    shared.add_filter("format", bounded::format);
    shared.add_filter("tojson", bridge::tojson);
    // Okta's conversions, for fields that take anything.
    shared.add_filter("fromjson", bridge::fromjson);
    shared.add_filter("as_list", bridge::as_list);
    shared.add_filter("number", bridge::number);
    shared.add_filter("date", bridge::date);
    // It would print the whole scope, secrets included.
    shared.remove_global("debug");
    // A loop could put a value into itself again and again, or double it: no stack and no memory is enough for what comes of it.
    shared.remove_global("namespace");
    // Makes an error name the variable that is undefined.
    shared.set_debug(true);
    shared
});

/// The name of the only template of an environment.
const NAME: &str = "template";

fn syntax() -> SyntaxConfig {
    // A text means what it says, down to the line break at its end; the builder has no way to fail with these settings.
    SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
}

impl Template {
    /// Compiles a text with `{{ }}` or `{% %}`.
    pub fn compile(source: &str) -> Result<Template, TemplateError> {
        if source.len() > LONGEST {
            let message = format!("the template is {} bytes long, {LONGEST} are allowed", source.len());
            return Err(TemplateError {
                message,
                start: 0,
                end: source.len(),
                help: None,
                unknown_name: false,
            });
        }
        stacker::maybe_grow(STACK, STACK, || Template::read(source))
    }

    fn read(source: &str) -> Result<Template, TemplateError> {
        let tree = machinery::parse(source, NAME, syntax()).map_err(|error| broken(&error, source))?;
        let scan::Found { uses, orders, reads } = scan::scan(&tree, source)?;
        copies::count(&tree).map_err(|found| TemplateError {
            message: found.message.to_owned(),
            start: found.span.start_offset as usize,
            end: found.span.end_offset as usize,
            help: Some("use `text.repeat`, or make the text in several cards".to_owned()),
            unknown_name: false,
        })?;
        let mut plain = false;
        let mut ty = Type::TEXT;
        let code = match only_expression(&tree, source) {
            Some((expression, inner)) => {
                ty = type_of(expression);
                plain = uses.len() == 1
                    && path_of(expression).is_some_and(|path| path.len() == uses[0].path.len());
                let may_be_blank = matches!(expression, Expr::IfExpr(choice) if choice.false_expr.is_none());
                let expression = SHARED
                    .compile_expression_owned(inner.to_owned())
                    .map_err(|error| broken(&error, source))?;
                Code::Value { expression, source: inner.trim().into(), may_be_blank }
            }
            None => {
                let mut own = SHARED.clone();
                own.add_template_owned(NAME, source.to_owned()).map_err(|error| broken(&error, source))?;
                Code::Text { own: Box::new(own), pieces: Pieces::of(&tree, &uses) }
            }
        };
        Ok(Template { shape: Arc::new(Shape::new(uses)), code, plain, ty, orders, reads })
    }

    /// What it reads, each with its place in the source.
    pub fn uses(&self) -> &[Use] {
        self.shape.uses()
    }

    /// What it compares by size.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The whole ways into what it reads, as far as they are sure, without those that it looks for before it reads them.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// Whether it is nothing but the one thing it reads, so that a wire would do the same.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Of what type it is: a text, or that of its only expression.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Renders with one value for each of `uses`.
    pub fn render(&self, values: Vec<Value>) -> Result<Value, Fault> {
        let values = match &self.code {
            Code::Text { pieces: Some(pieces), .. } if pieces.fit(&values) => {
                return pieces.put_together(values);
            }
            _ => &*values,
        };
        let context = Context::of(self.shape.clone(), values);
        let secret = bridge::Watch::start();
        let rendered = match &self.code {
            Code::Value { expression, source, may_be_blank } => expression.eval(context).and_then(|value| {
                if value.is_undefined() && !may_be_blank {
                    return Err(Error::new(ErrorKind::UndefinedError, format!("`{source}` is undefined")));
                }
                bridge::back(&value)
            }),
            Code::Text { own, .. } => own.get_template(NAME).and_then(|template| {
                let mut text = Limited(Vec::new());
                template.render_captured_to(context, &mut text)?;
                Ok(Value::from(String::from_utf8(text.0).unwrap_or_default()))
            }),
        };
        let secret = secret.finish();
        match rendered {
            Ok(value) if oversized(&value) => Err(too_large()),
            Ok(value) if secret => Ok(hide(value, &|key| self.shows(key, values))),
            Ok(value) => Ok(value),
            Err(error) => Err(fault(&error, secret, self.uses(), values)),
        }
    }
}

impl Template {
    /// Whether a key is there for all to see: in the template, or in what it was given.
    fn shows(&self, key: &str, values: &[Value]) -> bool {
        let written = matches!(&self.code, Code::Value { source, .. } if source.contains(key));
        written || values.iter().any(|value| has_key(value, key))
    }
}

/// The type of an expression that ends by making one.
fn type_of(expression: &Expr<'_>) -> Type {
    match expression {
        Expr::Filter(filter) if filter.name == "date" => Type::DATE,
        Expr::Filter(filter) if filter.name == "number" => Type::NUMBER,
        _ => Type::ANY,
    }
}

/// The expression and its source, if the template is one `{{ expression }}` and nothing else.
fn only_expression<'t, 's>(tree: &'t Stmt<'s>, source: &'s str) -> Option<(&'t Expr<'s>, &'s str)> {
    let Stmt::Template(template) = tree else { return None };
    let [Stmt::EmitExpr(emit)] = template.children.as_slice() else { return None };
    let inner = source.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some((&emit.expr, inner.strip_suffix(['-', '+']).unwrap_or(inner)))
}

/// The names of an expression that is a variable with names behind it, and nothing else.
fn path_of<'s>(expression: &Expr<'s>) -> Option<Vec<&'s str>> {
    match expression {
        Expr::Var(variable) => Some(vec![variable.id]),
        Expr::GetAttr(attribute) => {
            let mut path = path_of(&attribute.expr)?;
            path.push(attribute.name);
            Some(path)
        }
        _ => None,
    }
}

fn broken(error: &Error, source: &str) -> TemplateError {
    let range = error.range().filter(|range| range.start < range.end && range.end <= source.len());
    let (start, end) = range.map_or((0, source.len()), |range| whole_letters(source, range));
    let message = match error.detail() {
        Some("unexpected character") => format!("did not expect `{}`", &source[start..end]),
        Some(detail) => detail
            .replace("unexpected end of input", "the template ends too early")
            .replace("expected end of variable block", "expected `}}`"),
        None => error.kind().to_string(),
    };
    let help = match source.get(start..end) {
        Some("&") | Some("&&") => Some("write `and`".to_owned()),
        Some("|") if source[..start].ends_with('|') || source[end..].starts_with('|') => {
            Some("write `or`".to_owned())
        }
        Some("!") => Some("write `not`".to_owned()),
        Some("?") => Some("write `a if condition else b`".to_owned()),
        Some("$") => Some("inside `{{ }}` names are written without `$.`".to_owned()),
        _ if message.ends_with("expected end of block") => {
            Some("`{% for %}` ends with `{% endfor %}`, `{% if %}` with `{% endif %}`".to_owned())
        }
        _ if source.contains("{{$") || source.contains("{{ $") => {
            Some("inside `{{ }}` names are written without `$.`".to_owned())
        }
        _ => None,
    };
    TemplateError { message, start, end, help, unknown_name: false }
}

/// The range with all of the letters that it begins or ends in: of a letter that it did not expect minijinja names the first byte.
fn whole_letters(source: &str, range: Range<usize>) -> (usize, usize) {
    let start = (0..=range.start).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0);
    let end = (range.end..source.len()).find(|&at| source.is_char_boundary(at)).unwrap_or(source.len());
    (start, end)
}

fn fault(error: &Error, secret: bool, uses: &[Use], values: &[Value]) -> Fault {
    match error.kind() {
        ErrorKind::OutOfFuel => {
            let help = "make lists shorter before they reach the template, or use list cards";
            Fault::new(FaultKind::InvalidInput, format!("the template takes more than {FUEL} steps"))
                .help(help)
        }
        ErrorKind::WriteFailure => too_large(),
        ErrorKind::UndefinedError => {
            let message = error.detail().unwrap_or("a variable of the template is undefined").to_owned();
            // The keys of what came of a secret are nobody's business.
            let known = if secret { None } else { absent::keys_that_exist(&message, uses, values) };
            let help =
                known.unwrap_or_else(|| "give it a value if there is none: `| default(\"\")`".to_owned());
            Fault::new(FaultKind::InvalidInput, message).help(help)
        }
        // What minijinja says may quote the value at fault.
        _ if secret => Fault::new(FaultKind::InvalidInput, "the template can't work with this secret"),
        kind => {
            let message = error.detail().map_or_else(|| kind.to_string(), str::to_owned);
            match operators::refused(&message, values) {
                Some((message, help)) => Fault::new(FaultKind::InvalidInput, message).may_help(help),
                None => Fault::new(FaultKind::InvalidInput, message),
            }
        }
    }
}

fn too_large() -> Fault {
    Fault::new(FaultKind::InvalidInput, format!("the template gives more than {} MiB", LARGEST >> 20))
}

fn oversized(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.len() > LARGEST)
}

/// What comes of a secret is one: every text and number of it, for either may be the secret itself; and an object as a whole
/// if one of its keys may be.
fn hide(value: Value, shown: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Text(text) => Value::Secret(Secret::new(&*text)),
        Value::Number(_) | Value::Integer(_) => Value::Secret(Secret::new(value.to_string())),
        Value::List(items) => Value::list(items.iter().cloned().map(|item| hide(item, shown)).collect()),
        Value::Object(members) if !members.keys().all(|key| shown(key)) => {
            Value::Secret(Secret::new(Value::Object(members).to_json()))
        }
        Value::Object(members) => {
            Value::object(members.iter().map(|(key, value)| (key.clone(), hide(value.clone(), shown))))
        }
        other => other,
    }
}

/// Whether an object somewhere in the value has the key.
fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.get(key).is_some() || members.values().any(|member| has_key(member, key))
        }
        Value::List(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

/// Takes no more than the limit.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
