//! What differs between two manifests: the project's own words, tables, connections and variables.

use std::collections::BTreeSet;

use flowrun_core::model::{At, Column, Connection, Environment, Manifest, Name, Table, Var};
use flowrun_core::value::{REDACTED, Value};

use super::cards::texts;
use super::flow::saved;
use super::report::{Change, Item, Kind, Mark, What};
use super::roots::numberless;
use crate::private::{Secrets, is_private};

/// Settings that are credentials by their name, though elsewhere such a name may mean something else.
const PRIVATE: &[&str] = &["key"];

/// Which tables are which: for each old one its name and the new one, by name, else by equal columns.
pub fn tables(old: &Manifest, new: &Manifest) -> Vec<Option<usize>> {
    let find = |name: &Name| new.tables.iter().position(|table| table.name.it == name.it);
    let mut found: Vec<Option<usize>> = old.tables.iter().map(|table| find(&table.name)).collect();
    for (at, table) in old.tables.iter().enumerate() {
        if found[at].is_some() {
            continue;
        }
        let free = |place: &usize| !found.contains(&Some(*place));
        let twins: Vec<usize> = (0..new.tables.len())
            .filter(free)
            .filter(|place| same_columns(table, &new.tables[*place]))
            .collect();
        let numbered =
            twins.iter().find(|place| numberless(&new.tables[**place].name.it) == numberless(&table.name.it));
        found[at] = numbered.or(twins.first()).copied();
    }
    found
}

fn same_columns(old: &Table, new: &Table) -> bool {
    let equal =
        |column: &Column| new.columns.iter().any(|c| c.name.it == column.name.it && c.ty.it == column.ty.it);
    old.columns.len() == new.columns.len() && old.columns.iter().all(equal)
}

/// Everything that differs between two manifests.
pub fn compare(old: &Manifest, new: &Manifest, tables: &[Option<usize>], secrets: &Secrets) -> Vec<Item> {
    let mut items = Vec::new();
    let mut project: Vec<Change> = texts("name", old.name.as_ref(), new.name.as_ref()).into_iter().collect();
    if old.description.as_ref().map(|text| &text.it) != new.description.as_ref().map(|text| &text.it) {
        let shown = |text: Option<&Name>| text.map(|text| secrets.struck(&text.it));
        project.push(Change::of(
            "description",
            shown(old.description.as_ref()),
            shown(new.description.as_ref()),
        ));
    }
    kept(old, new, &mut project);
    items.extend(item(Kind::Project, Mark::Changed, "flowrun.yaml", project));
    let mut told = |kind: Kind, old: Vec<Part>, new: Vec<Part>| {
        for part in &new {
            let was = old.iter().find(|was| was.twin.as_deref() == Some(&part.name));
            let mark = if was.is_some() { Mark::Changed } else { Mark::Added };
            items.extend(item(kind, mark, &part.name, changes(was, Some(part))));
        }
        for part in old.iter().filter(|part| part.twin.is_none()) {
            items.extend(item(kind, Mark::Removed, &part.name, changes(Some(part), None)));
        }
    };
    let table_parts =
        |manifest: &Manifest| manifest.tables.iter().map(|t| table(t, secrets)).collect::<Vec<Part>>();
    let mut old_tables = table_parts(old);
    for (part, twin) in old_tables.iter_mut().zip(tables) {
        part.twin = twin.map(|at| new.tables[at].name.it.to_string());
    }
    told(Kind::Table, old_tables, table_parts(new));
    let parts = |manifest: &Manifest| {
        let own = manifest.connections.iter().map(|c| connection(c, secrets));
        let within = manifest.environments.iter().flat_map(|environment| {
            let settings = environment.connections.iter();
            settings.map(|(name, given)| within(&name.it, environment, settings_of(given, secrets)))
        });
        own.chain(within).collect::<Vec<Part>>()
    };
    let (was, now) = (parts(old), parts(new));
    told(Kind::Connection, known(was, &now), now);
    let parts = |manifest: &Manifest| {
        let own = manifest.vars.iter().map(|var| variable(var, secrets));
        let within = manifest.environments.iter().flat_map(|environment| {
            let vars = environment.vars.iter();
            vars.map(|var| within(&var.name.it, environment, variable(var, secrets).members))
        });
        own.chain(within).collect::<Vec<Part>>()
    };
    let (was, now) = (parts(old), parts(new));
    told(Kind::Variable, known(was, &now), now);
    items
}

/// What differs in whether data is saved, how long runs are kept and how far journals may grow.
fn kept(old: &Manifest, new: &Manifest, changes: &mut Vec<Change>) {
    changes.extend(saved("save_data", old.save_data, new.save_data));
    let paths: BTreeSet<&str> =
        old.folders.iter().chain(&new.folders).map(|folder| &*folder.path.it).collect();
    for path in paths {
        let says = |manifest: &Manifest| {
            manifest
                .folders
                .iter()
                .find(|folder| *folder.path.it == *path)
                .and_then(|folder| folder.save_data)
        };
        let change = saved("save_data", says(old), says(new));
        changes.extend(
            change.map(|change| Change::named("folder", path, change.was, change.now).part("save_data")),
        );
    }
    type Numbers = [(Name, At<Value>)];
    let mut numbers = |sort, old: &Numbers, new: &Numbers| {
        let keys: BTreeSet<&str> = old.iter().chain(new).map(|(name, _)| &*name.it).collect();
        for key in keys {
            let number = |numbers: &Numbers| {
                numbers.iter().find(|(name, _)| *name.it == *key).map(|(_, value)| value.it.to_string())
            };
            changes.extend(Change::named(sort, key, number(old), number(new)).if_differs());
        }
    };
    numbers("keep", &old.keep, &new.keep);
    numbers("journal", &old.journal, &new.journal);
}

/// Old parts that go by their names.
fn known(mut old: Vec<Part>, new: &[Part]) -> Vec<Part> {
    for part in &mut old {
        part.twin = new.iter().any(|now| now.name == part.name).then(|| part.name.clone());
    }
    old
}

fn item(kind: Kind, mark: Mark, name: &str, changes: Vec<Change>) -> Option<Item> {
    let differs = !changes.is_empty() || mark != Mark::Changed;
    differs.then(|| Item { kind, mark, name: name.to_owned(), path: None, changes, cards: Vec::new() })
}

/// A table, connection or variable as what can differ in it.
#[derive(Debug)]
struct Part {
    name: String,
    /// The name of the new part that it is.
    twin: Option<String>,
    members: Vec<Member>,
}

/// Something that a part says: as it is shown, and as it is.
#[derive(Debug)]
struct Member {
    sort: &'static str,
    name: Option<String>,
    shown: String,
    real: String,
}

fn changes(old: Option<&Part>, new: Option<&Part>) -> Vec<Change> {
    let (was, now) = (members(old), members(new));
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (old, new)
        && numberless(&old.name) != numberless(&new.name)
    {
        changes.push(Change::of("name", Some(old.name.clone()), Some(new.name.clone())));
    }
    let same = |one: &Member, other: &Member| one.sort == other.sort && one.name == other.name;
    let change = |member: &Member, was: Option<&Member>, now: Option<&Member>| {
        let change = Change::of(member.sort, was.map(|m| m.shown.clone()), now.map(|m| m.shown.clone()));
        Change { what: What { name: member.name.clone(), ..change.what }, ..change }
    };
    for member in now {
        let twin = was.iter().find(|old| same(old, member));
        if twin.is_none_or(|twin| twin.real != member.real) {
            changes.push(change(member, twin, Some(member)));
        }
    }
    let gone = was.iter().filter(|member| !now.iter().any(|new| same(new, member)));
    changes.extend(gone.map(|member| change(member, Some(member), None)));
    changes
}

fn members(part: Option<&Part>) -> &[Member] {
    part.map_or(&[], |part| &part.members)
}

fn member(sort: &'static str, name: Option<&str>, shown: String, real: &str) -> Member {
    Member { sort, name: name.map(str::to_owned), shown, real: real.to_owned() }
}

fn plain(sort: &'static str, name: Option<&Name>) -> Option<Member> {
    name.map(|name| member(sort, None, name.it.to_string(), &name.it))
}

/// A constant under a name that may give it away as a credential.
fn constant(
    sort: &'static str,
    name: Option<&str>,
    private: bool,
    value: &At<Value>,
    secrets: &Secrets,
) -> Member {
    let mut real = String::new();
    super::meaning::constant(&value.it, &mut real);
    let hidden = private && !value.it.is_empty();
    let shown =
        if hidden { REDACTED.to_owned() } else { secrets.constant(name.unwrap_or_default(), &value.it) };
    member(sort, name, shown, &real)
}

fn table(table: &Table, secrets: &Secrets) -> Part {
    let mut members = Vec::new();
    for column in &table.columns {
        let mut shown = column.ty.it.to_string();
        let mut real = shown.clone();
        if let Some(default) = &column.default {
            shown.push_str(&format!(", {} by default", secrets.constant(&column.name.it, &default.it)));
            real.push_str(&default.it.to_json());
        }
        members.push(member("column", Some(&column.name.it), shown, &real));
    }
    if table.kept {
        members.push(member("kept", None, "true".to_owned(), "true"));
    }
    members.extend(table.max_rows.as_ref().map(|most| constant("max_rows", None, false, most, secrets)));
    Part { name: table.name.it.to_string(), twin: None, members }
}

fn connection(connection: &Connection, secrets: &Secrets) -> Part {
    let mut members: Vec<Member> = plain("connector", Some(&connection.connector)).into_iter().collect();
    members.extend(settings_of(&connection.settings, secrets));
    Part { name: connection.name.it.to_string(), twin: None, members }
}

fn settings_of(settings: &[(Name, At<Value>)], secrets: &Secrets) -> Vec<Member> {
    let setting = |(name, value): &(Name, At<Value>)| {
        let private = is_private(&name.it) || PRIVATE.contains(&&*name.it);
        constant("setting", Some(&name.it), private, value, secrets)
    };
    settings.iter().map(setting).collect()
}

/// What an environment puts in the place of a connection or a variable.
fn within(name: &str, environment: &Environment, members: Vec<Member>) -> Part {
    Part { name: format!("{name}@{}", environment.name.it), twin: None, members }
}

fn variable(var: &Var, secrets: &Secrets) -> Part {
    let mut members: Vec<Member> = plain("type", var.ty.as_ref()).into_iter().collect();
    let private = is_private(&var.name.it) || var.ty.as_ref().is_some_and(|ty| *ty.it == *"secret");
    members.extend(var.value.as_ref().map(|value| constant("value", None, private, value, secrets)));
    members.extend(plain("environment variable", var.env.as_ref()));
    let description = var.description.as_ref();
    members.extend(description.map(|text| member("description", None, secrets.struck(&text.it), &text.it)));
    Part { name: var.name.it.to_string(), twin: None, members }
}
