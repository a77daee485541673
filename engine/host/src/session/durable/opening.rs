//! How a run began, as its store keeps it: what its machine starts with, and what else the run is made of again.

use std::path::PathBuf;
use std::sync::Arc;

use flowrun_core::machine::Start;
use flowrun_core::program::Program;
use flowrun_core::stored::{Header, Unreadable, decode, encode};
use flowrun_core::value::{File, Record, Text, Value};
use flowrun_project::bundle::{Bundle, Listing, Started, Vars};
use flowrun_store::StoredProgram;
use serde::{Deserialize, Serialize};

use super::seal::Sealing;

/// What a run began with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What its machine starts with.
    pub header: Header,
    /// Where the project lay.
    pub root: PathBuf,
    /// What variables were given.
    pub vars: Vars,
    /// The CSV files that filled tables of its own, by the tables' names.
    pub filled: Vec<(Text, Arc<File>)>,
}

impl Opening {
    /// What is kept of a start.
    pub fn new(start: &Start, program: &Program, bundle: &Bundle, filled: Vec<(Text, Arc<File>)>) -> Opening {
        let Started { root, vars, .. } = bundle.started.clone();
        Opening { header: Header::of(start, program), root, vars, filled }
    }

    /// How the run was started.
    pub fn started(&self) -> Started {
        Started { root: self.root.clone(), entry: self.header.flow.clone(), vars: self.vars.clone() }
    }

    /// Two lines: what the machine starts with, and the rest.
    pub fn write(&self, sealing: &Sealing) -> Vec<u8> {
        let pairs = |values: &[(Text, Value)]| Value::object(values.iter().cloned());
        let filled = self.filled.iter().map(|(table, file)| (table.clone(), Value::File(file.clone())));
        let rest = Value::object([
            ("root", Value::from(self.root.to_string_lossy().into_owned())),
            ("set", pairs(&self.vars.set)),
            ("env", pairs(&self.vars.env)),
            ("filled", Value::object(filled)),
        ]);
        [encode(&self.header, sealing), encode(&rest, sealing)].join(&b'\n')
    }

    /// What was written.
    pub fn read(bytes: &[u8], sealing: &dyn flowrun_core::stored::Seal) -> Result<Opening, Unreadable> {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let header: Header = decode(lines.next().unwrap_or_default(), sealing)?;
        let rest: Value = decode(lines.next().unwrap_or_default(), sealing)?;
        let Value::Object(rest) = rest else {
            return Err(Unreadable::Damaged { at: 0, expected: "what a run began with" });
        };
        let members = |name: &str| -> Vec<(Text, Value)> {
            let members = rest.get(name).and_then(Value::as_object);
            members
                .map(|members: &Record| {
                    members.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
                })
                .unwrap_or_default()
        };
        let filled = members("filled").into_iter().filter_map(|(table, file)| match file {
            Value::File(file) => Some((table, file)),
            _ => None,
        });
        let root = rest.get("root").and_then(Value::as_text).map(|root| PathBuf::from(&**root));
        Ok(Opening {
            header,
            root: root.unwrap_or_default(),
            vars: Vars { set: members("set"), env: members("env") },
            filled: filled.collect(),
        })
    }
}

/// A program as its store keeps it: what it is made of, and the texts.
#[derive(Serialize, Deserialize)]
struct Kept {
    listing: Listing,
    texts: Vec<Arc<str>>,
}

/// What is stored of a bundle.
pub fn program(bundle: &Bundle) -> StoredProgram {
    let listing = bundle.listing();
    let hash = listing.hash().to_string();
    let texts = bundle.texts().cloned().collect();
    StoredProgram { hash, body: serde_json::to_vec(&Kept { listing, texts }).unwrap_or_default() }
}

/// The bundle that was stored, as a run of it was started.
pub fn bundle(body: &[u8], started: Started) -> Result<Bundle, String> {
    let Kept { listing, texts } = serde_json::from_slice(body)
        .map_err(|error| format!("the program that was kept can't be read: {error}"))?;
    let texts: std::collections::BTreeMap<String, Arc<str>> = texts
        .into_iter()
        .map(|text| (flowrun_project::bundle::Digest::of(&text).to_string(), text))
        .collect();
    let find = |digest: &flowrun_project::bundle::Digest| texts.get(&digest.to_string()).cloned();
    Bundle::restore(&listing, find, started).map_err(|why| why.to_string())
}
