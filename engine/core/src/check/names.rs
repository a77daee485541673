//! What is said of names that stand for nothing.

use super::{Log, Shared};
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Project};
use crate::names::{Meant, Names, stem};
use crate::source::Span;
use crate::suggest::{closest, listed};
use crate::types::Type;

impl Shared<'_> {
    /// The diagnostic for a name that isn't a flow's, or that of several.
    pub fn unknown_flow(&self, name: &str, from: &str, span: Span) -> Diagnostic {
        unknown_flow(self.project, &self.names, name, (from, span))
    }
}

/// The diagnostic for a name that isn't a flow's, or that of several; with the flow in which it stands, and where.
pub(super) fn unknown_flow(
    project: &Project,
    names: &Names<'_>,
    name: &str,
    (from, span): (&str, Span),
) -> Diagnostic {
    let flows = &project.flows;
    if let Meant::Many(many) = names.find(name, from) {
        let paths: Vec<String> = many.iter().map(|&index| format!("`{}`", flows[index].path)).collect();
        return Diagnostic::new(
            Code::UnknownFlow,
            span,
            format!("`{name}` is the name of {} flows", many.len()),
        )
        .label("which one is meant?")
        .help(format!("write the path: {}", paths.join(" or ")));
    }
    let mistake =
        Diagnostic::new(Code::UnknownFlow, span, format!("there is no flow `{name}`")).label("no such flow");
    let trimmed = name.trim_start_matches("./").trim_end_matches(".yaml").trim_end_matches(".yml");
    if let Some(flow) = project.files().find(|flow| {
        *flow.name.it == *name || *flow.path == *trimmed || trimmed != name && stem(&flow.path) == trimmed
    }) {
        let short = names.shortest(&flow.path);
        return mistake.help(format!("flows go by the names of their files: write `{short}`"));
    }
    let by_path = name.contains('/').then(|| closest(name, names.paths())).flatten();
    mistake
        .meant(by_path.or_else(|| closest(stem(name), names.stems())))
        .or_help(|| "flows go by the names of their files, without `.yaml`")
}

impl Shared<'_> {
    /// The diagnostic for a name that no table has; none where the manifest could not be read.
    pub fn unknown_table(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let mistake = Diagnostic::new(Code::UnknownTable, span, format!("there is no table `{name}`"))
            .label("no such table")
            .meant(closest(name, self.tables.iter().map(|table| &*table.name)))
            .or_help(|| "define it in flowrun.yaml under `tables`");
        (!self.project.manifest.broken).then_some(mistake)
    }

    /// The diagnostic for a name that no variable has; none where the manifest could not be read.
    pub fn unknown_var(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let mistake = Diagnostic::new(Code::UnknownVar, span, format!("there is no variable `{name}`"))
            .label("no such variable")
            .meant(closest(name, self.vars.iter().map(|var| &*var.name)))
            .or_help(|| "define it in flowrun.yaml under `vars`");
        (!self.project.manifest.broken).then_some(mistake)
    }

    /// Why a card of `connector`, which stands at `card`, has no connection; none if it needs none, or if the manifest could
    /// not be read.
    pub fn no_connection(&self, named: Option<&Name>, connector: &str, card: Span) -> Option<Diagnostic> {
        let manifest = &self.project.manifest;
        let all = &manifest.connections;
        let fitting = || all.iter().filter(|connection| *connection.connector.it == *connector);
        let list = || listed(fitting().map(|connection| &connection.name.it));
        let mistake = |span, message| Diagnostic::new(Code::UnknownConnection, span, message);
        let Some(name) = named else {
            return match fitting().count() {
                0 if manifest.broken => None,
                0 => Some(
                    mistake(card, format!("there is no connection of the connector `{connector}`"))
                        .label(format!("needs a connection to {connector}"))
                        .help(format!(
                            "define one in flowrun.yaml: `connections: {{ {connector}: {connector} }}`"
                        )),
                ),
                many => Some(
                    mistake(card, format!("{many} connections of the connector `{connector}` would fit"))
                        .label("which one is meant?")
                        .help(format!("name one of {} under `connection`", list())),
                ),
            };
        };
        let Some(other) = all.iter().find(|connection| connection.name.it == name.it) else {
            let mistake = mistake(name.span, format!("there is no connection `{}`", name.it))
                .label("no such connection")
                .meant(closest(&name.it, all.iter().map(|connection| &*connection.name.it)))
                .or_help(|| match fitting().count() {
                    0 => "define it in flowrun.yaml under `connections`".to_owned(),
                    _ => format!("the project has {}", list()),
                });
            return (!manifest.broken).then_some(mistake);
        };
        let message = format!(
            "expected a connection of the connector `{connector}`, found one of `{}`",
            other.connector.it
        );
        let mistake = mistake(name.span, message)
            .label(format!("belongs to {}", other.connector.it))
            .related(other.connector.span, "defined here");
        Some(match fitting().count() {
            0 => mistake,
            _ => mistake.help(format!("name one of {}", list())),
        })
    }
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
        let meant = meant.map(|meant| format!("{list}{meant}"));
        log.report(
            mistake.meant(meant.as_deref()).or_help(|| format!("the types are {}", Type::NAMES.join(", "))),
        );
    }
    ty
}
