//! The whole of a vendor's API, as the vendor describes it: what a simulator may serve, and what it must own up to lacking.

use axum::http::Method;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// The operations of a vendor's API.
#[derive(Debug)]
pub struct Api {
    operations: Vec<Operation>,
    /// The places of the operations on each path.
    on: HashMap<&'static str, Vec<usize>>,
    /// The places of those that are taken for others, once that is known.
    hidden: OnceLock<Vec<usize>>,
}

/// One operation, by the vendor's description.
#[derive(Debug)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path: `/api/v1/users/{user}`.
    pub path: &'static str,
    /// What the vendor calls it; empty where it has no name.
    pub name: &'static str,
    /// The OAuth 2.0 scopes that it needs.
    pub scopes: Vec<&'static str>,
    /// Its parameters; one with `@` is a header, the others stand in the query.
    pub parameters: Vec<&'static str>,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// The vendor has the operation, the simulator lacks it.
    NotSimulated,
    /// The vendor has the path, with other methods.
    NoMethod,
    /// The vendor has no such path.
    NoPath,
}

impl Api {
    /// Reads a table of an operation a line: method, path, name, scopes joined by `+`, parameters; `-` stands for nothing,
    /// `#` begins a comment. A line that is none of it is left out.
    pub fn read(table: &'static str) -> Api {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let operations: Vec<Operation> = lines.filter_map(Operation::read).collect();
        let mut on: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (place, operation) in operations.iter().enumerate() {
            on.entry(operation.path).or_default().push(place);
        }
        Api { operations, on, hidden: OnceLock::new() }
    }

    /// Every operation, in the order of the table.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The first parts of all paths: `/api`.
    pub fn roots(&self) -> BTreeSet<&'static str> {
        self.operations.iter().filter_map(|operation| operation.path.split('/').nth(1)).collect()
    }

    /// The operation with this method and this very path.
    pub fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let mut on = self.on.get(path)?.iter().map(|&place| &self.operations[place]);
        on.find(|operation| operation.method == *method)
    }

    /// The operations that nothing serves, and that would be taken for those of other paths: `/groups/rules` is no group. What is
    /// served is looked at once only, for a simulator always serves the same.
    pub(super) fn hidden(&self, served: &[(&Method, &str)]) -> impl Iterator<Item = &Operation> {
        let places = self.hidden.get_or_init(|| {
            let is_hidden = |operation: &Operation| {
                let paths = || served.iter().filter(|(_, path)| *path != operation.path);
                !served.iter().any(|(method, path)| **method == operation.method && *path == operation.path)
                    && paths().any(|(_, path)| is_of(operation.path, path))
            };
            (0..self.operations.len()).filter(|&place| is_hidden(&self.operations[place])).collect()
        });
        places.iter().map(|&place| &self.operations[place])
    }

    /// The methods that a path has, for the header `Allow`.
    pub fn allows(&self, path: &str) -> String {
        let methods: BTreeSet<&str> = self.at(path).map(|operation| operation.method.as_str()).collect();
        methods.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The operations that a path has; where several templates fit, those of the one with the fewest names: `/things/rules` is no
    /// thing.
    fn at(&self, path: &str) -> impl Iterator<Item = &Operation> {
        let names = |template: &str| template.matches('{').count();
        let fitting: Vec<&Operation> =
            self.operations.iter().filter(|operation| is_of(path, operation.path)).collect();
        let fewest = fitting.iter().map(|operation| names(operation.path)).min();
        fitting.into_iter().filter(move |operation| Some(names(operation.path)) == fewest)
    }

    /// Why a request that the simulator has no endpoint for is not answered.
    pub fn unserved(&self, method: &Method, path: &str) -> Unserved {
        let mut there = self.at(path).peekable();
        if there.peek().is_none() {
            Unserved::NoPath
        } else if there.any(|operation| operation.method == *method) {
            Unserved::NotSimulated
        } else {
            Unserved::NoMethod
        }
    }
}

impl Operation {
    fn read(line: &'static str) -> Option<Operation> {
        let mut words = line.split_whitespace();
        let mut next = || words.next();
        let (method, path, name, scopes) = (next()?, next()?, next()?, next()?);
        let given = |text: &'static str| if text == "-" { "" } else { text };
        Some(Operation {
            method: method.parse().ok()?,
            path,
            name: given(name),
            scopes: given(scopes).split('+').filter(|scope| !scope.is_empty()).collect(),
            parameters: words.collect(),
        })
    }
}

/// Whether a path, which may itself have `{names}`, is one that a template stands for.
pub(super) fn is_of(path: &str, template: &str) -> bool {
    let mut parts = path.trim_end_matches('/').split('/');
    let fits = template.split('/').all(|wanted| {
        parts.next().is_some_and(|part| part == wanted || (wanted.starts_with('{') && !part.is_empty()))
    });
    fits && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
# What follows is made up.
GET /things - things.read limit after
GET /things/{thing} getThing things.read+owners.read @If-Match
DELETE /things/{thing} - -
GET /things/rules - -";

    #[test]
    fn a_table_is_read() {
        let api = Api::read(TABLE);
        assert_eq!(api.operations().len(), 4);
        let thing = api.find(&Method::GET, "/things/{thing}").unwrap();
        assert_eq!((thing.name, &*thing.scopes), ("getThing", &["things.read", "owners.read"][..]));
        assert_eq!(thing.parameters, ["@If-Match"]);
        assert!(api.find(&Method::GET, "/things").unwrap().name.is_empty());
        assert!(api.roots().into_iter().eq(["things"]));
    }

    #[test]
    fn it_is_told_why_nothing_answers() {
        let api = Api::read(TABLE);
        assert_eq!((&*api.allows("/things/7"), &*api.allows("/things/rules")), ("DELETE, GET", "GET"));
        for (method, path, why) in [
            (Method::GET, "/things/7", Unserved::NotSimulated),
            (Method::DELETE, "/things/7/", Unserved::NotSimulated),
            (Method::PUT, "/things/7", Unserved::NoMethod),
            (Method::GET, "/things/7/parts", Unserved::NoPath),
            (Method::GET, "/things//", Unserved::NotSimulated),
            (Method::GET, "/thing", Unserved::NoPath),
        ] {
            assert_eq!(api.unserved(&method, path), why, "{method} {path}");
        }
    }
}
