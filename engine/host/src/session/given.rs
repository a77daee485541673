//! Reads what the command line and the environment give: inputs by the types of the flow, variables by theirs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use flowrun_core::load::constant;
use flowrun_core::model::{self, Manifest, Var};
use flowrun_core::suggest::closest;
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Record, Secret, Value, convert, parse_json, whole_number};
use flowrun_kit::files::{self, Files};
use flowrun_project::Problem;
use flowrun_project::bundle::Vars;

/// The inputs of a flow, each of its declared type.
pub fn inputs(flow: &model::Flow, given: &[(String, String)], files: &Files) -> Result<Record, Problem> {
    let mut inputs = Record::default();
    for (name, text) in given {
        let Some(input) = flow.inputs.iter().find(|input| *input.name.it == **name) else {
            return Err(unknown(
                "input",
                &format!("the flow `{}`", flow.name.it),
                name,
                flow.inputs.iter().map(|i| &*i.name.it),
            ));
        };
        let ty = input.ty.as_ref().and_then(|ty| Type::parse(&ty.it)).unwrap_or(Type::ANY);
        let value = if ty == Type::one(Kind::File) { named_file(text, files) } else { read(text, ty) };
        // Where types promise nothing, what doesn't fit passes as a flow file would have it.
        let value = match (flow.converts && input.converts, ty.kind) {
            (true, _) => value,
            (false, Kind::Secret) => Ok(parse_json(text).unwrap_or_else(|_| Value::from(&**text)).sealed()),
            (false, _) => value.or_else(|_| read(text, Type::ANY)),
        };
        let value = value.map_err(|why| {
            let problem = Problem::new(format!("--input {name}: {why}"));
            if ty == Type::DATE { problem.help(DATES) } else { problem }
        })?;
        if inputs.insert(input.name.it.clone(), value).is_some() {
            return Err(Problem::new(format!("the input `{name}` is given twice")));
        }
    }
    let missing: Vec<&model::Input> = flow
        .inputs
        .iter()
        .filter(|input| input.default.is_none() && !inputs.contains_key(&input.name.it))
        .collect();
    if missing.is_empty() {
        return Ok(inputs);
    }
    let names: Vec<String> = missing.iter().map(|input| format!("`{}`", input.name.it)).collect();
    let noun = if names.len() == 1 { "the input" } else { "the inputs" };
    let message = format!("the flow `{}` needs {noun} {}", flow.name.it, names.join(", "));
    let options: Vec<String> = missing.iter().map(|input| option(input)).collect();
    Err(Problem::new(message).help(
        format!("give them: {}", options.join(" "))
            .replace("them", if names.len() == 1 { "it" } else { "them" }),
    ))
}

/// The option that gives an input, as a shell takes it: in quotes where it would split or change it.
fn option(input: &model::Input) -> String {
    let ty = input.ty.as_ref().and_then(|ty| Type::parse(&ty.it)).unwrap_or(Type::ANY);
    let value = match (input.choices.first(), ty.list, ty.kind) {
        (Some(choice), ..) => choice.it.to_string(),
        (_, true, _) => "[…]".to_owned(),
        (.., Kind::Object) => "{…}".to_owned(),
        (.., Kind::Number) => "1".to_owned(),
        (.., Kind::Bool) => "true".to_owned(),
        (.., Kind::Date) => "2026-12-31".to_owned(),
        (.., Kind::File) => "@…".to_owned(),
        _ => "…".to_owned(),
    };
    format!("--input {}", quoted(&format!("{}={value}", input.name.it)))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "=_-.,:/@%+…".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The values that `--set` and the environment give to the variables of a project.
pub fn vars(
    manifest: &Manifest,
    given: &[(String, String)],
    env: &BTreeMap<String, String>,
) -> Result<Vars, Problem> {
    let mut vars = Vars::default();
    for (name, text) in given {
        let Some(var) = manifest.vars.iter().find(|var| *var.name.it == **name) else {
            return Err(unknown(
                "variable",
                "the project",
                name,
                manifest.vars.iter().map(|var| &*var.name.it),
            ));
        };
        let value = read(text, type_of(var)).map_err(|why| Problem::new(format!("--set {name}: {why}")))?;
        if vars.set.iter().any(|(known, _)| *known == var.name.it) {
            return Err(Problem::new(format!("the variable `{name}` is set twice")));
        }
        vars.set.push((var.name.it.clone(), value));
    }
    for var in &manifest.vars {
        let Some(variable) = &var.env else { continue };
        let Some(text) = env.get(&*variable.it).filter(|text| !text.is_empty()) else { continue };
        // The value itself stays out of the message: it may be a secret.
        let value = read(text, type_of(var)).map_err(|_| {
            let message = format!(
                "the environment variable {} does not hold what the variable `{}` needs",
                variable.it, var.name.it
            );
            Problem::new(message).help(format!("expected: {}", type_of(var)))
        })?;
        vars.env.push((var.name.it.clone(), value));
    }
    Ok(vars)
}

/// The type of a variable: as declared, else that of its value in the file.
fn type_of(var: &Var) -> Type {
    if let Some(ty) = var.ty.as_ref().and_then(|ty| Type::parse(&ty.it)) {
        return ty;
    }
    match var.value.as_ref().map(|value| &value.it) {
        Some(Value::Number(_) | Value::Integer(_)) => Type::NUMBER,
        Some(Value::Bool(_)) => Type::BOOL,
        Some(Value::List(_)) => Type::list_of(Kind::Any),
        Some(Value::Object(_)) => Type::OBJECT,
        Some(Value::Text(_)) => Type::TEXT,
        _ => Type::ANY,
    }
}

/// What is said of a date that is written in another way.
const DATES: &str = "write it as 2026-12-31 or 2026-12-31T08:00:00Z; a flow that is to take other forms takes a text, which \
                     `date_time.text_to_date` reads";

/// Reads a text of the command line as a value of a type.
pub fn read(text: &str, ty: Type) -> Result<Value, String> {
    let wrong = |found: &str| format!("expected {}, found `{}`", article(ty), clip(found));
    let structured = ty.list || ty.kind == Kind::Object;
    let value = match ty.kind {
        _ if structured => {
            let value =
                parse_json(text).map_err(|error| format!("expected {} as JSON: {error}", article(ty)))?;
            let fits = if ty.list { value.as_list().is_some() } else { value.as_object().is_some() };
            if !fits {
                return Err(wrong(text));
            }
            value
        }
        Kind::Secret => return Ok(Value::Secret(Secret::new(text))),
        // What a flow file would make of it.
        Kind::Any => constant(text).unwrap_or_else(|_| Value::from(text)),
        Kind::Number => whole_number(text).ok_or_else(|| wrong(text))?,
        Kind::Bool => match text.trim() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(wrong(text)),
        },
        _ => Value::from(text),
    };
    convert(value, ty).map_err(|_| wrong(text))
}

/// Reads the file that `@PATH` names into the run's files.
fn named_file(text: &str, files: &Files) -> Result<Value, String> {
    match text.strip_prefix('@') {
        Some(path) => Ok(Value::File(file(path, files)?)),
        None => Err(format!("expected a file as @PATH, found `{}`", clip(text))),
    }
}

/// Reads a file into the run's files.
pub fn file(path: &str, files: &Files) -> Result<Arc<flowrun_core::value::File>, String> {
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let mut source = File::open(path).map_err(|error| format!("{path} can't be read: {error}"))?;
    let modified = source.metadata().and_then(|known| known.modified()).unwrap_or(UNIX_EPOCH);
    let modified_ms = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
    let mut draft = files.draft();
    io::copy(&mut source, &mut draft).map_err(|error| {
        let fault = files::fault(error);
        let help = fault.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
        format!("{path} can't be read: {}{help}", fault.message)
    })?;
    Ok(draft.keep(&name, modified_ms))
}

fn article(ty: Type) -> String {
    match ty.to_string() {
        word if word.starts_with(['a', 'e', 'i', 'o']) => format!("an {word}"),
        word => format!("a {word}"),
    }
    .replace("a true/false", "true or false")
}

fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(60).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}

fn unknown<'a>(what: &str, of: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::new(format!("{of} has no {what} `{name}`"));
    let names: Vec<&str> = known.collect();
    problem.meant(closest(name, names.iter().copied())).or_help(|| match names.as_slice() {
        [] => "it has none".to_owned(),
        some => format!("it has {}", some.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_by_type() {
        assert_eq!(read("12", Type::NUMBER), Ok(Value::Number(12.0)));
        assert_eq!(
            read("12 employees", Type::NUMBER),
            Err("expected a number, found `12 employees`".to_owned())
        );
        assert_eq!(read("012", Type::TEXT), Ok(Value::from("012")));
        assert_eq!(read("true", Type::BOOL), Ok(Value::Bool(true)));
        assert_eq!(read("yes", Type::BOOL), Err("expected true or false, found `yes`".to_owned()));
        assert_eq!(read("[1, 2]", Type::list_of(Kind::Any)), Ok(Value::list(vec![1.into(), 2.into()])));
        assert!(read("[1", Type::OBJECT).is_err() && read("[1]", Type::OBJECT).is_err());
        assert_eq!(read("12", Type::ANY), Ok(Value::Number(12.0)));
        assert_eq!(read("{ not: yaml", Type::ANY), Ok(Value::from("{ not: yaml")));
        assert!(matches!(read("hunter2", Type::one(Kind::Secret)), Ok(Value::Secret(_))));
    }
}
