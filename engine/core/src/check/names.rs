//! The names of a project: flows, tables, connections, variables.

use std::collections::BTreeMap;

use super::{Log, Options, manifest};
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Project};
use crate::program::Table;
use crate::source::Span;
use crate::suggest::closest;
use crate::types::Type;
use crate::value::{Text, Value};

/// The names of a project, and what the manifest says of them.
pub(super) struct Names<'p> {
    project: &'p Project,
    paths: BTreeMap<&'p str, usize>,
    stems: BTreeMap<&'p str, Vec<usize>>,
    tables: Vec<Table>,
    vars: Vec<Var>,
}

/// A variable with its value for this run.
pub(super) struct Var {
    pub name: Text,
    pub ty: Option<Type>,
    pub value: Value,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    One(usize),
    Many(Vec<usize>),
    None,
}

impl<'p> Names<'p> {
    pub fn new(project: &'p Project, options: &Options<'_>, log: &mut Log) -> Names<'p> {
        let mut paths = BTreeMap::new();
        let mut stems: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, flow) in project.flows.iter().enumerate() {
            paths.insert(&*flow.path, index);
            stems.entry(stem(&flow.path)).or_default().push(index);
        }
        let (tables, vars) = manifest::check(project, options, log);
        Names { project, paths, stems, tables, vars }
    }

    /// The flow that `name` stands for in the flow `from`: its path, its path from the folder of `from`, or its stem.
    pub fn flow(&self, name: &str, from: &str) -> Found {
        if let Some(&index) = self.paths.get(name) {
            return Found::One(index);
        }
        if let Some((folder, _)) = from.rsplit_once('/')
            && let Some(&index) = self.paths.get(&*format!("{folder}/{name}"))
        {
            return Found::One(index);
        }
        match self.stems.get(name).map(Vec::as_slice) {
            Some([one]) => Found::One(*one),
            Some(many) => Found::Many(many.to_vec()),
            None => Found::None,
        }
    }

    /// The diagnostic for a name that is no flow's, or that of several.
    pub fn unknown_flow(&self, name: &str, from: &str, span: Span) -> Diagnostic {
        if let Found::Many(many) = self.flow(name, from) {
            let paths: Vec<String> =
                many.iter().map(|&index| format!("`{}`", self.project.flows[index].path)).collect();
            return Diagnostic::new(
                Code::UnknownFlow,
                span,
                format!("`{name}` is the name of {} flows", many.len()),
            )
            .label("which one is meant?")
            .help(format!("write the path: {}", paths.join(" or ")));
        }
        let mistake = Diagnostic::new(Code::UnknownFlow, span, format!("there is no flow `{name}`"))
            .label("no such flow");
        let trimmed = name.trim_start_matches("./").trim_end_matches(".yaml").trim_end_matches(".yml");
        if let Some(flow) = self.project.flows.iter().find(|flow| {
            *flow.name.it == *name || *flow.path == *trimmed || trimmed != name && stem(&flow.path) == trimmed
        }) {
            return mistake.help(format!(
                "flows go by the names of their files: write `{}`",
                self.shortest(flow.path.as_ref())
            ));
        }
        let paths = name.contains('/').then(|| closest(name, self.paths.keys().copied())).flatten();
        match paths.or_else(|| closest(stem(name), self.stems.keys().copied())) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help("flows go by the names of their files, without `.yaml`"),
        }
    }

    /// The shortest name by which all flows can name this one.
    pub fn shortest<'f>(&self, path: &'f str) -> &'f str {
        if self.stems.get(stem(path)).is_some_and(|many| many.len() == 1) { stem(path) } else { path }
    }

    pub fn tables(&self) -> Vec<Table> {
        self.tables.clone()
    }

    pub fn table(&self, index: usize) -> &Table {
        &self.tables[index]
    }

    pub fn find_table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == *name)
    }

    pub fn unknown_table(&self, name: &str, span: Span) -> Option<Diagnostic> {
        if self.project.manifest.broken {
            return None;
        }
        let mistake = Diagnostic::new(Code::UnknownTable, span, format!("there is no table `{name}`"))
            .label("no such table");
        Some(match closest(name, self.tables.iter().map(|table| &*table.name)) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help("define it in flowrun.yaml under `tables`"),
        })
    }

    pub fn vars(&self) -> impl Iterator<Item = (&Text, &Value)> {
        self.vars.iter().map(|var| (&var.name, &var.value))
    }

    pub fn var(&self, name: &str) -> Option<(usize, &Var)> {
        self.vars.iter().enumerate().find(|(_, var)| var.name == *name)
    }

    pub fn unknown_var(&self, name: &str, span: Span) -> Option<Diagnostic> {
        if self.project.manifest.broken {
            return None;
        }
        let mistake = Diagnostic::new(Code::UnknownVar, span, format!("there is no variable `{name}`"))
            .label("no such variable");
        Some(match closest(name, self.vars.iter().map(|var| &*var.name)) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help("define it in flowrun.yaml under `vars`"),
        })
    }

    /// The connection that a card uses, by its place in the manifest; a card of `connector` stands at `card`.
    pub fn connection(
        &self,
        named: Option<&Name>,
        connector: &str,
        card: Span,
    ) -> Result<Option<usize>, Option<Diagnostic>> {
        let all = &self.project.manifest.connections;
        let broken = self.project.manifest.broken;
        let fitting: Vec<usize> =
            (0..all.len()).filter(|&index| *all[index].connector.it == *connector).collect();
        let list = |indices: &[usize]| -> String {
            indices.iter().map(|&index| format!("`{}`", all[index].name.it)).collect::<Vec<_>>().join(", ")
        };
        let Some(name) = named else {
            return match fitting.as_slice() {
                [one] => Ok(Some(*one)),
                [] if broken => Ok(None),
                [] => Err(Some(
                    Diagnostic::new(
                        Code::UnknownConnection,
                        card,
                        format!("there is no connection of the connector `{connector}`"),
                    )
                    .label(format!("needs a connection to {connector}"))
                    .help(format!(
                        "define one in flowrun.yaml: `connections: {{ {connector}: {connector} }}`"
                    )),
                )),
                many => Err(Some(
                    Diagnostic::new(
                        Code::UnknownConnection,
                        card,
                        format!("{} connections of the connector `{connector}` would fit", many.len()),
                    )
                    .label("which one is meant?")
                    .help(format!("name one of {} under `connection`", list(many))),
                )),
            };
        };
        let Some(index) = all.iter().position(|connection| connection.name.it == name.it) else {
            if broken {
                return Err(None);
            }
            let mistake = Diagnostic::new(
                Code::UnknownConnection,
                name.span,
                format!("there is no connection `{}`", name.it),
            )
            .label("no such connection");
            return Err(Some(match closest(&name.it, all.iter().map(|connection| &*connection.name.it)) {
                Some(near) => mistake.help(format!("did you mean `{near}`?")),
                None if fitting.is_empty() => mistake.help("define it in flowrun.yaml under `connections`"),
                None => mistake.help(format!("the project has {}", list(&fitting))),
            }));
        };
        let connection = &all[index];
        if *connection.connector.it != *connector {
            let message = format!(
                "expected a connection of the connector `{connector}`, found one of `{}`",
                connection.connector.it
            );
            let mistake = Diagnostic::new(Code::UnknownConnection, name.span, message)
                .label(format!("belongs to {}", connection.connector.it))
                .related(connection.connector.span, "defined here");
            return Err(Some(match fitting.as_slice() {
                [] => mistake,
                some => mistake.help(format!("name one of {}", list(some))),
            }));
        }
        Ok(Some(index))
    }
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The type that a name stands for; an unknown one is reported, and fits everything.
pub(super) fn type_named(name: &Name, log: &mut Log) -> Option<Type> {
    let ty = Type::parse(&name.it);
    if ty.is_none() {
        let (list, bare) =
            name.it.strip_prefix("list of ").map_or(("", &*name.it), |bare| ("list of ", bare));
        let meant = match bare.to_ascii_lowercase().as_str() {
            "string" | "str" | "varchar" | "char" => Some("text"),
            "int" | "integer" | "float" | "double" | "decimal" | "bigint" => Some("number"),
            "bool" | "flag" | "true" | "false" | "yes/no" => Some("true/false"),
            "datetime" | "timestamp" | "time" | "date_time" | "date and time" => Some("date & time"),
            "array" | "sequence" => Some("list"),
            "dict" | "map" | "record" | "json" | "mapping" => Some("object"),
            "password" | "token" => Some("secret"),
            _ => closest(bare, Type::NAMES.iter().copied()),
        };
        let mistake =
            Diagnostic::new(Code::UnknownType, name.span, format!("there is no type `{}`", name.it))
                .label("no such type");
        log.report(match meant {
            Some(meant) => mistake.help(format!("did you mean `{list}{meant}`?")),
            None => mistake.help(format!("the types are {}", Type::NAMES.join(", "))),
        });
    }
    ty
}
