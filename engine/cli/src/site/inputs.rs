//! Texts of the command line as values for a service, by the types that its flows have.

use flowrun_core::suggest::closest;
use flowrun_core::types::{Kind, Type};
use flowrun_host::session::{delegated, read_as};
use flowrun_project::Problem;
use serde_json::{Map, Value, json};

/// The type of this name among inputs or outputs.
pub fn type_of(of: &Value, name: &str) -> Option<Type> {
    let found = of.as_array()?.iter().find(|one| one["name"] == *name)?;
    Type::parse(found["type"].as_str()?)
}

/// The inputs of a flow, as its types read them.
pub fn inputs(flow: &Value, given: &[(String, String)]) -> Result<Value, Problem> {
    let known: Vec<&str> =
        flow["inputs"].as_array().into_iter().flatten().filter_map(|input| input["name"].as_str()).collect();
    let title = flow["title"].as_str().unwrap_or_default();
    let mut read = Map::new();
    for (name, text) in given {
        let Some(ty) = type_of(&flow["inputs"], name) else {
            let problem = Problem::new(format!("the flow `{title}` has no input `{name}`"));
            let known = || match known.is_empty() {
                true => "it has none".to_owned(),
                false => format!("it has {}", known.join(", ")),
            };
            return Err(problem.meant(closest(name, known_names(&flow["inputs"]))).or_help(known));
        };
        if read.insert(name.clone(), value(name, text, ty)?).is_some() {
            return Err(Problem::new(format!("the input `{name}` is given twice")));
        }
    }
    let all = flow["inputs"].as_array().into_iter().flatten();
    let missing = all.filter(|input| input["required"] == true).filter_map(|input| input["name"].as_str());
    // Who runs a delegated flow the service says itself.
    let told = |name: &&str| flow["trigger"]["kind"] == "delegated" && delegated::USER.contains(name);
    let missing: Vec<&str> = missing.filter(|name| !read.contains_key(*name) && !told(name)).collect();
    if missing.is_empty() {
        return Ok(Value::from(read));
    }
    let (noun, them) = if missing.len() == 1 { ("the input", "it") } else { ("the inputs", "them") };
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let options: Vec<String> = missing.iter().map(|name| format!("--input {name}=…")).collect();
    let problem = Problem::new(format!("the flow `{title}` needs {noun} {}", names.join(", ")));
    Err(problem.help(format!("give {them}: {}", options.join(" "))))
}

fn known_names(of: &Value) -> impl Iterator<Item = &str> {
    of.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str())
}

/// A value of the command line as JSON.
pub fn value(name: &str, text: &str, ty: Type) -> Result<Value, Problem> {
    match ty.kind {
        Kind::File => {
            let problem = Problem::new(format!("--input {name}: a file can't be given to a service yet"));
            Err(problem.help("run the flow without --server, or call it over HTTP"))
        }
        Kind::Secret => Ok(json!(text)),
        _ => {
            let read = read_as(text, ty).map_err(|why| Problem::new(format!("--input {name}: {why}")))?;
            serde_json::to_value(read).map_err(|error| Problem::new(format!("--input {name}: {error}")))
        }
    }
}
