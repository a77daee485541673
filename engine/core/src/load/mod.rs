//! Reading a project: texts become the model, and every mistake in their form becomes a diagnostic.
//!
//! A text is first read as YAML (`node`), then as the language (`flow`, `card`, `manifest`). Nothing stops at the first
//! mistake: what can't be read is reported once, marked as broken in the model, and the rest is read all the same. Of a file that
//! is not YAML that is what is left without the item or key that is broken (`mend`).

pub(crate) mod card;
mod expr;
pub(crate) mod flow;
pub(crate) mod inline;
mod manifest;
mod mend;
pub mod node;
pub mod reader;
mod slip;
mod syntax;

use std::collections::BTreeMap;

use crate::card::Catalog;
use crate::diag::{Code, Diagnostic};
pub use crate::duration::duration;
use crate::model::Project;
use crate::source::{FileId, Source, Sources, Span};
use crate::value::Value;
use inline::Around;
pub use inline::{MAX_INLINE, Of, Paths};
use reader::Reader;

/// The name of a project's manifest.
pub const MANIFEST: &str = "flowrun.yaml";

/// No file may be larger than this many bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Lists and mappings may not lie deeper in each other than this.
pub const MAX_DEPTH: usize = 64;

/// No file may have more keys, values and list items than this, those that aliases repeat included.
pub const MAX_NODES: usize = 100_000;

/// IDs that name something else in wires.
pub const RESERVED: &[&str] = &["inputs", "vars", "item", "index", "run", "error"];

/// Reads all files of a project: `flowrun.yaml` is the manifest, every other `.yaml` (or `.yml`) file is a flow.
///
/// The model holds what could be understood, however many mistakes there are. The diagnostics are in the order of the
/// files. Of the cards of `catalog` only those fields are looked at in which a flow may stand.
pub fn load(sources: &Sources, catalog: &Catalog) -> (Project, Vec<Diagnostic>) {
    let mut project = Project::default();
    let mut diagnostics = Vec::new();
    let mut paths: BTreeMap<&str, FileId> = BTreeMap::new();
    for (file, source) in sources.iter() {
        let path = flow_path(source).unwrap_or_default();
        let mut reader = Reader::new(file, &source.text, Around::new(catalog, path));
        if &*source.path == MANIFEST {
            project.manifest = manifest::read(&mut reader);
        } else if let Some(mistake) = inline::misnamed(path, Span::start_of(file)) {
            reader.report(mistake);
        } else if !path.is_empty() {
            match paths.insert(path, file) {
                None => {
                    project.flows.push(flow::read(&mut reader, path, &source.path));
                    project.flows.append(&mut reader.around.found);
                }
                Some(other) => reader.report(
                    Diagnostic::new(
                        Code::DuplicateName,
                        Span::start_of(file),
                        format!("there are two flows `{path}`"),
                    )
                    .related(Span::start_of(other), "the other one is here")
                    .help("rename or remove one of the two files"),
                ),
            }
        }
        diagnostics.append(&mut reader.finish());
    }
    project.flows.sort_by(|a, b| a.path.cmp(&b.path));
    (project, diagnostics)
}

/// The path by which flows name the flow in this file; none if the file isn't a flow.
fn flow_path(source: &Source) -> Option<&str> {
    source.path.strip_suffix(".yaml").or_else(|| source.path.strip_suffix(".yml"))
}

/// Reads one constant, such as what a command line gives for an input: `12`, `[a, b]`, `{ a: 1 }`.
pub fn constant(text: &str) -> Result<Value, Diagnostic> {
    let mut reader = Reader::plain(FileId(0), text);
    let value = reader.parse().and_then(|node| reader.constant(&node, "a constant"));
    match reader.finish().into_iter().next() {
        Some(mistake) => Err(mistake),
        None => Ok(value.map(|value| value.it).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_constants() {
        assert_eq!(constant("12").unwrap(), Value::Number(12.0));
        assert_eq!(constant("").unwrap(), Value::Null);
        assert_eq!(constant("no").unwrap(), Value::from("no"));
        assert_eq!(constant("$$.x").unwrap(), Value::from("$.x"));
        assert_eq!(constant("[a, {b: true}]").unwrap(), {
            Value::list(vec![Value::from("a"), Value::object([("b", true)])])
        });
        assert_eq!(constant("$.x").unwrap_err().code, Code::Structure);
        assert_eq!(constant("{").unwrap_err().code, Code::Syntax);
    }
}
