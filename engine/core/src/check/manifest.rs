//! Tables, connections and variables.

use super::expr::a;
use super::names::type_named;
use super::{Log, Options};
use crate::diag::{Code, Diagnostic};
use crate::model::{self, At, Environment, Manifest, Name, Project};
use crate::program::{Column, Table};
use crate::suggest::closest;
use crate::types::{Kind, Type};
use crate::value::{Secret, Text, Value, convert};

/// The most rows that a table may be given.
const MOST_ROWS: f64 = 10_000_000.0;

/// A variable with its value for this run.
pub(super) struct Var {
    pub name: Text,
    pub ty: Option<Type>,
    pub value: Value,
}

pub(super) fn check(project: &Project, options: &Options<'_>, log: &mut Log) -> (Vec<Table>, Vec<Var>) {
    let manifest = &project.manifest;
    for connection in &manifest.connections {
        if !options.connectors.contains(&&*connection.connector.it) {
            let message = format!("there is no connector `{}`", connection.connector.it);
            let mistake = Diagnostic::new(Code::UnknownConnector, connection.connector.span, message)
                .label("no such connector");
            log.report(
                mistake
                    .meant(closest(&connection.connector.it, options.connectors.iter().copied()))
                    .or_help(|| format!("the connectors are {}", options.connectors.join(", "))),
            );
        }
    }
    let tables = manifest.tables.iter().map(|table| self::table(table, log)).collect();
    let vars = manifest.vars.iter().map(|var| self::var(var, options, log)).collect();
    manifest.environments.iter().for_each(|environment| self::environment(environment, manifest, log));
    (tables, vars)
}

/// An environment gives other settings and values to what the project has; it adds nothing, for all flows must run without it too.
fn environment(environment: &Environment, manifest: &Manifest, log: &mut Log) {
    let mut missing = |code, name: &Name, what: &str, section: &str, known: &[Name]| {
        let message = format!("the project has no {what} `{}`", name.it);
        log.report(
            Diagnostic::new(code, name.span, message)
                .label(format!("no such {what}"))
                .meant(closest(&name.it, known.iter().map(|known| &*known.it)))
                .or_help(|| format!("define it under `{section}` first: what stands here replaces that")),
        );
    };
    let connections: Vec<Name> = manifest.connections.iter().map(|known| known.name.clone()).collect();
    for (name, _) in &environment.connections {
        if connections.iter().all(|known| known.it != name.it) {
            missing(Code::UnknownConnection, name, "connection", "connections", &connections);
        }
    }
    let vars: Vec<Name> = manifest.vars.iter().map(|known| known.name.clone()).collect();
    for var in &environment.vars {
        if vars.iter().all(|known| known.it != var.name.it) {
            missing(Code::UnknownVar, &var.name, "variable", "vars", &vars);
        }
    }
    for var in &environment.vars {
        let ty = var.ty.as_ref().and_then(|ty| type_named(ty, &mut Log::default()));
        if let (Some(value), Some(ty)) = (&var.value, ty.filter(|ty| ty.kind != Kind::Secret)) {
            fit(value, ty, log);
        }
    }
}

fn table(table: &model::Table, log: &mut Log) -> Table {
    let columns = table.columns.iter().map(|column| {
        let ty = type_named(&column.ty, log);
        if let Some(ty) = ty
            && (ty.list || !matches!(ty.kind, Kind::Text | Kind::Number | Kind::Bool | Kind::Date))
        {
            log.report(
                Diagnostic::new(Code::UnknownType, column.ty.span, format!("a column can't hold a value of type {ty}"))
                    .label("no type for a column")
                    .help("columns are of type text, number, true/false or date & time; keep objects and lists as text, by `json.stringify`"),
            );
        }
        let ty = ty.unwrap_or(Type::ANY);
        let default = column.default.as_ref().map_or(Value::Null, |default| fit(default, ty, log));
        Column { name: column.name.it.clone(), ty, default }
    });
    let columns = columns.collect();
    Table { name: table.name.it.clone(), columns, kept: table.kept, max_rows: max_rows(table, log) }
}

/// How many rows a table may have: what fits into memory.
fn max_rows(table: &model::Table, log: &mut Log) -> Option<usize> {
    let given = table.max_rows.as_ref().filter(|given| !given.it.is_null())?;
    let rows = given.it.as_number().filter(|rows| rows.fract() == 0.0 && (1.0..=MOST_ROWS).contains(rows));
    if rows.is_none() {
        let message = format!("expected a whole number from 1 to {MOST_ROWS}, found {}", given.it);
        let label = "not how many rows a table can have";
        log.report(Diagnostic::new(Code::BadValue, given.span, message).label(label));
    }
    rows.map(|rows| rows as usize)
}

fn var(var: &model::Var, options: &Options<'_>, log: &mut Log) -> Var {
    let ty = var.ty.as_ref().and_then(|ty| type_named(ty, log));
    let given = |list: &[(Text, Value)]| {
        list.iter().find(|(name, _)| *name == var.name.it).map(|(_, value)| value.clone())
    };
    let written = var.value.as_ref().map(|value| match ty {
        Some(ty) if ty.kind != Kind::Secret => fit(value, ty, log),
        _ => value.it.clone(),
    });
    // From the nearest to the run to the farthest: the command line, the environment, the file.
    let value = match given(options.vars).or_else(|| given(options.env)) {
        Some(value) => match ty {
            Some(Type { kind: Kind::Secret, list: false }) => match value {
                Value::Null | Value::Secret(_) => value,
                shown => Value::Secret(Secret::new(shown.to_string())),
            },
            Some(ty) => convert(value, ty).unwrap_or_else(|mismatch| {
                log.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        var.name.span,
                        format!("variable `{}`: {mismatch}", var.name.it),
                    )
                    .label("was given another value for this run")
                    .help("look at `--set` and at the environment variable"),
                );
                Value::Null
            }),
            None => value,
        },
        None => written.unwrap_or_default(),
    };
    Var { name: var.name.it.clone(), ty, value }
}

/// The constant, converted; one that can't be is reported.
pub(super) fn fit(value: &At<Value>, ty: Type, log: &mut Log) -> Value {
    if value.it.is_null() {
        return Value::Null;
    }
    convert(value.it.clone(), ty).unwrap_or_else(|mismatch| {
        let told = mismatch.to_string();
        let found = told.split_once(", found ").map_or(&*told, |(_, found)| found);
        log.report(
            Diagnostic::new(Code::TypeMismatch, value.span, format!("expected {}, found {found}", a(ty)))
                .label(format!("can't become {}", a(ty)))
                .may_help(mismatch.help()),
        );
        Value::Null
    })
}
