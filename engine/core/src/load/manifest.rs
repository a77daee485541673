//! `flowrun.yaml`.

use super::node::{Content, Node};
use super::reader::Reader;
use crate::credentials;
use crate::diag::{Code, Diagnostic};
use crate::keep::{JournalBounds, Keep, Limit};
use crate::model::{At, Column, Connection, Environment, Folder, Manifest, Name, Table, Var};
use crate::value::Value;

const KEYS: &[&str] = &[
    "name",
    "description",
    "tables",
    "connections",
    "vars",
    "environments",
    "on_failure",
    "save_data",
    "folders",
    "keep",
    "journal",
    "exclude",
];
const COLUMN_KEYS: &[&str] = &["type", "default"];
const VAR_KEYS: &[&str] = &["type", "value", "env", "description"];
const ENVIRONMENT_KEYS: &[&str] = &["connections", "vars"];

/// How long the name of an environment may be.
const MOST_LETTERS: usize = 40;

/// Reads the manifest.
pub(super) fn read(reader: &mut Reader<'_>) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(root) = reader.parse() else {
        manifest.broken = true;
        return manifest;
    };
    manifest.broken = reader.mended;
    if root.content == Content::Null {
        return manifest;
    }
    let Some(keys) = reader.keys(&root, "the manifest", KEYS) else {
        manifest.broken = true;
        return manifest;
    };
    manifest.broken |= keys.broken;
    manifest.name = reader.text_at(&keys, "name");
    manifest.description = reader.text_at(&keys, "description");
    manifest.on_failure = reader.text_at(&keys, "on_failure");
    manifest.on_failure.iter().for_each(|flow| reader.check_flow_name(flow));
    if let Some(node) = keys.get("save_data") {
        manifest.save_data = reader.switch(node);
        manifest.broken |= manifest.save_data.is_none();
    }
    for (path, node) in section(reader, &mut manifest.broken, keys.get("folders"), "a mapping of folders") {
        let Some(path) = reader.label(path, "a folder") else { continue };
        let folder = folder(reader, path, node);
        manifest.broken |= folder.is_none();
        manifest.folders.extend(folder);
    }
    manifest.keep = limits(reader, &mut manifest.broken, keys.get("keep"), "`keep`", &Keep::LIMITS);
    manifest.journal =
        limits(reader, &mut manifest.broken, keys.get("journal"), "`journal`", &JournalBounds::LIMITS);
    if let Some(node) = keys.get("exclude").filter(|node| node.content != Content::Null) {
        let patterns = reader.list(node, "a list of paths, as `[docker-compose.yml, mocks/*.yaml]`");
        manifest.broken |= patterns.is_none();
        let patterns = patterns.unwrap_or_default().iter();
        manifest.exclude =
            patterns.filter_map(|node| reader.text(node, "a path, as `mocks/*.yaml`")).collect();
    }
    for (name, node) in section(reader, &mut manifest.broken, keys.get("tables"), "a mapping of tables") {
        let Some(name) = reader.label(name, "a table") else { continue };
        if let Some(table) = table(reader, &mut manifest.broken, name, node) {
            manifest.tables.push(table);
        }
    }
    for (name, node) in
        section(reader, &mut manifest.broken, keys.get("connections"), "a mapping of connections")
    {
        let Some(name) = reader.label(name, "a connection") else { continue };
        match connection(reader, name, node) {
            Some(connection) => manifest.connections.push(connection),
            None => manifest.broken = true,
        }
    }
    for (name, node) in section(reader, &mut manifest.broken, keys.get("vars"), "a mapping of variables") {
        reader.check_identifier(&name, "a variable");
        let own = Var { name, ty: None, value: None, env: None, description: None };
        match var(reader, own, node, VAR_KEYS) {
            Some(var) => manifest.vars.push(var),
            None => manifest.broken = true,
        }
    }
    let named = section(reader, &mut manifest.broken, keys.get("environments"), "a mapping of environments");
    for (name, node) in named {
        let Some(name) = label(reader, name) else { continue };
        match environment(reader, &manifest.vars, name, node) {
            Some(environment) => manifest.environments.push(environment),
            None => manifest.broken = true,
        }
    }
    manifest
}

/// The name of an environment: it becomes a part of the names of folders and connections.
fn label(reader: &mut Reader<'_>, name: Name) -> Option<Name> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.it.is_empty() && name.it.len() <= MOST_LETTERS && name.it.chars().all(fits) {
        return Some(name);
    }
    let message = format!("`{}` can't be the name of an environment", name.it);
    reader.report(
        Diagnostic::new(Code::BadValue, name.span, message)
            .label("not such a name")
            .help(format!("take letters, digits, `-` and `_`, {MOST_LETTERS} at most, as in `production`")),
    );
    None
}

/// What differs in an environment; `declared` are the project's variables.
fn environment(reader: &mut Reader<'_>, declared: &[Var], name: Name, node: &Node) -> Option<Environment> {
    let mut environment = Environment { name, connections: Vec::new(), vars: Vec::new() };
    if node.content == Content::Null {
        return Some(environment);
    }
    let keys = reader.keys(node, "an environment", ENVIRONMENT_KEYS)?;
    let mut broken = keys.broken;
    for (name, node) in section(reader, &mut broken, keys.get("connections"), "a mapping of connections") {
        let members = match node.content {
            Content::Null => Vec::new(),
            _ => reader.members(node, "the settings of a connection")?,
        };
        let settings = settings(reader, members);
        environment.connections.push((name, settings));
    }
    for (name, node) in section(reader, &mut broken, keys.get("vars"), "a mapping of variables") {
        let ty = declared.iter().find(|var| var.name.it == name.it).and_then(|var| var.ty.clone());
        let own = Var { name, ty, value: None, env: None, description: None };
        environment.vars.push(var(reader, own, node, &["value", "env"])?);
    }
    (!broken).then_some(environment)
}

/// The members of a part of the manifest; a part without any may be left empty.
fn section<'n>(
    reader: &mut Reader<'_>,
    broken: &mut bool,
    node: Option<&'n Node>,
    what: &'static str,
) -> Vec<(Name, &'n Node)> {
    let Some(node) = node.filter(|node| node.content != Content::Null) else { return Vec::new() };
    let members = reader.members(node, what);
    *broken |= members.is_none();
    members.unwrap_or_default()
}

fn folder(reader: &mut Reader<'_>, path: Name, node: &Node) -> Option<Folder> {
    let keys = reader.keys(node, "a folder", &["save_data"])?;
    let save_data = match keys.get("save_data") {
        Some(node) => Some(reader.switch(node)?),
        None => None,
    };
    (!keys.broken).then_some(Folder { path, save_data })
}

/// Numbers by the keys that may stand there.
fn limits<const N: usize>(
    reader: &mut Reader<'_>,
    broken: &mut bool,
    node: Option<&Node>,
    what: &'static str,
    limits: &[Limit; N],
) -> Vec<(Name, At<Value>)> {
    let Some(node) = node.filter(|node| node.content != Content::Null) else { return Vec::new() };
    let known = limits.each_ref().map(|limit| limit.key);
    let Some(keys) = reader.keys(node, what, &known) else {
        *broken = true;
        return Vec::new();
    };
    *broken |= keys.broken;
    let given: Vec<(&str, &Node)> = known.into_iter().filter_map(|key| Some((key, keys.get(key)?))).collect();
    let number = |(key, node): (&str, &Node)| {
        Some((Name::new(key.into(), node.span), reader.constant(node, "a whole number")?))
    };
    given.into_iter().filter_map(number).collect()
}

fn table(reader: &mut Reader<'_>, broken: &mut bool, name: Name, node: &Node) -> Option<Table> {
    let (columns_node, kept, max_rows) = {
        let keys = reader.keys(node, "a table", &["columns", "kept", "max_rows"]);
        *broken |= keys.as_ref().is_none_or(|keys| keys.broken);
        let keys = keys?;
        let kept = keys.get("kept").is_some_and(|kept| match kept.content {
            Content::Bool(kept) => kept,
            _ => {
                reader.mismatch(kept, "true or false");
                *broken = true;
                false
            }
        });
        let max_rows = keys.get("max_rows").and_then(|node| reader.constant(node, "a number"));
        let help = "list the columns and their types, as in: `columns: { email: text, hired: date & time }`";
        let columns = reader.required(&keys, "columns", help);
        *broken |= columns.is_none();
        (columns, kept, max_rows)
    };
    let mut columns = Vec::new();
    for (name, node) in section(reader, broken, columns_node, "a mapping of columns") {
        let Some(name) = reader.label(name, "a column") else { continue };
        let column = column(reader, name, node);
        *broken |= column.is_none();
        columns.extend(column);
    }
    Some(Table { name, columns, kept, max_rows })
}

fn column(reader: &mut Reader<'_>, name: Name, node: &Node) -> Option<Column> {
    if !matches!(node.content, Content::Map(_)) {
        let ty = reader.text(node, "a type, as `text`, or a mapping with `type` and `default`")?;
        return Some(Column { name, ty, default: None });
    }
    let keys = reader.keys(node, "a column", COLUMN_KEYS)?;
    let ty = reader.required(&keys, "type", "say what the column holds, as in: `type: text`");
    let ty = ty.and_then(|ty| reader.text(ty, "a type"));
    let default = keys.get("default").and_then(|node| reader.constant(node, "a constant"));
    Some(Column { name, ty: ty?, default })
}

fn connection(reader: &mut Reader<'_>, name: Name, node: &Node) -> Option<Connection> {
    if !matches!(node.content, Content::Map(_)) {
        let connector =
            reader.text(node, "the name of a connector, or a mapping with `connector` and its settings")?;
        return Some(Connection { name, connector, settings: Vec::new() });
    }
    let members = reader.members(node, "a connection")?;
    let said = members.iter().find(|(key, _)| key.it == "connector");
    let missing = said.is_none();
    let connector = said.and_then(|(_, value)| reader.text(value, "the name of a connector"));
    let settings = settings(reader, members.into_iter().filter(|(key, _)| key.it != "connector"));
    if missing {
        let place = reader.first_line(node.span);
        reader.report(
            Diagnostic::new(
                Code::MissingKey,
                place,
                format!("the connection `{}` needs the key `connector`", name.it),
            )
            .label("`connector` is missing")
            .help("name the connector, as in: `connector: okta`"),
        );
    }
    Some(Connection { name, connector: connector?, settings })
}

/// The settings of a connection: none of them a credential.
fn settings<'n>(
    reader: &mut Reader<'_>,
    members: impl IntoIterator<Item = (Name, &'n Node)>,
) -> Vec<(Name, At<Value>)> {
    let mut settings = Vec::new();
    for (key, value) in members {
        if let Some(found) = value.as_text().and_then(|text| credentials::in_setting(&key.it, text)) {
            // The setting is left out: what follows must not come across it.
            reader.credential(value.span, found);
        } else if let Some(value) = reader.named_constant(&key.it, value, "a constant") {
            settings.push((key, value));
        }
    }
    settings
}

fn var(reader: &mut Reader<'_>, mut var: Var, node: &Node, known: &[&'static str]) -> Option<Var> {
    let written = if matches!(node.content, Content::Map(_)) {
        let keys = reader.keys(node, "a variable", known)?;
        var.ty = reader.text_at(&keys, "type").or(var.ty);
        var.env = reader.text_at(&keys, "env");
        var.description = reader.text_at(&keys, "description");
        keys.get("value").cloned()
    } else {
        Some(node.clone())
    };
    if let Some(value) = written {
        if var.ty.as_ref().is_some_and(|ty| &*ty.it == "secret") && value.content != Content::Null {
            reader.credential(value.span, "the value of a secret variable");
        } else {
            var.value = reader.named_constant(&var.name.it, &value, "a constant");
        }
    }
    Some(var)
}
