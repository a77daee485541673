//! What a file holds, as Okta wrote it: flows, cards, fields and the pins between them.
//!
//! Everything that can be read is; what can't be is told and left out. Nothing is looked up yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error;

use super::Trouble;
use super::json::{Json, Object};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value, read_json};

/// No flow may have more cards than this, those of its blocks included.
pub const MAX_CARDS: usize = 20_000;

/// No card may have more inputs, or more outputs, than this.
pub const MAX_FIELDS: usize = 2_000;

/// Everything in a file.
#[derive(Debug, Default)]
pub struct Pack {
    /// The version that the file names: `1.5.0`.
    pub version: Option<Text>,
    /// The flows, in the order of the file.
    pub flows: Vec<Flow>,
    /// The titles of flows of which the file has nothing else, by their IDs.
    pub absent: BTreeMap<Text, Text>,
    /// The tables, by their IDs.
    pub tables: Vec<Table>,
    /// The folders.
    pub folders: Vec<Folder>,
}

/// A flow.
#[derive(Debug)]
pub struct Flow {
    /// Its ID, by which others call it.
    pub id: Text,
    /// Its title.
    pub title: Text,
    /// What its author says of it.
    pub description: Text,
    /// The ID of its folder.
    pub folder: Option<Text>,
    /// Who may start an API endpoint, in Okta's word: open, medium, high.
    pub security: Option<Text>,
    /// Whether all data that passes through it is saved.
    pub saves_data: Option<bool>,
    /// When it starts by itself.
    pub schedule: Option<Schedule>,
    /// Its cards.
    pub scope: Scope,
}

/// When a scheduled flow starts.
#[derive(Debug)]
pub struct Schedule {
    /// Five cron fields, or six if the seconds are not 0.
    pub cron: Text,
    /// The time zone.
    pub time_zone: Option<Text>,
    /// Not before.
    pub start: Option<Text>,
    /// Not after.
    pub end: Option<Text>,
}

/// A table's definition.
#[derive(Debug)]
pub struct Table {
    /// Its ID.
    pub id: Text,
    /// Its name.
    pub name: Text,
    /// The columns: name, Okta's name of the type, default.
    pub columns: Vec<(Text, Text, Option<Text>)>,
}

/// A folder.
#[derive(Debug)]
pub struct Folder {
    /// Its ID.
    pub id: Text,
    /// Its name.
    pub name: Text,
    /// The IDs of the folders around it, the outermost first.
    pub path: Vec<Text>,
}

/// Cards that see each other: those of a flow, or of a block's branch.
#[derive(Debug, Default)]
pub struct Scope {
    /// The cards, in no order.
    pub cards: Vec<Card>,
    /// Which card comes before which, by their places in `cards`.
    pub orderings: Vec<(usize, usize)>,
    /// What the inputs get: by card and the ID of the input.
    pub pins: BTreeMap<(usize, Text), Vec<Pin>>,
}

/// A card.
#[derive(Debug)]
pub struct Card {
    /// Its ID.
    pub uuid: Text,
    /// Its address without the version: `kernel:list:map`, `channels:http:okta:readUser`.
    pub address: Text,
    /// Its title, which the author may have changed.
    pub title: Text,
    /// The author's remark.
    pub note: Option<Text>,
    /// Whether something that happens elsewhere starts it.
    pub event: bool,
    /// The inputs, in their order.
    pub inputs: Vec<Field>,
    /// The outputs, in their order.
    pub outputs: Vec<Field>,
    /// If/Else: the heads of its branches, and for which result each is.
    pub branches: Vec<(usize, bool)>,
    /// Where branches meet: the IDs of inputs, and of the output that each becomes.
    pub joins: Vec<(Text, Text)>,
    /// What happens when it fails.
    pub policy: Policy,
}

/// What happens when a card fails.
#[derive(Debug, Default)]
pub struct Policy {
    /// Okta's name of it: finish, return, flo, handler.
    pub kind: Text,
    /// The flow that runs then.
    pub flow: Option<Callee>,
    /// How often it is tried again.
    pub retry: u32,
    /// How long to wait before that, in milliseconds: one number, or two to choose between.
    pub delay_ms: Vec<f64>,
}

/// A flow that a field names or holds.
#[derive(Debug)]
pub enum Callee {
    /// By its ID.
    Named(Text),
    /// Inside.
    Inline(Box<Scope>),
}

/// A field of a card.
#[derive(Debug)]
pub struct Field {
    /// Its ID, by which pins name it.
    pub id: Text,
    /// Its key.
    pub key: Text,
    /// The group it is in.
    pub group: Option<Text>,
    /// The name that is shown, where it differs from the key.
    pub label: Option<Text>,
    /// Its type.
    pub ty: Type,
    /// The constant in it.
    pub value: Value,
    /// The flow in it.
    pub flow: Option<Callee>,
    /// What the author says of it.
    pub description: Option<Text>,
    /// Whether the author added it.
    pub custom: bool,
    /// What of the item a list card puts here: the path, if it is the item's.
    pub item: Option<Text>,
}

/// A wire into an input.
#[derive(Debug)]
pub struct Pin {
    /// The card that it comes from.
    pub from: usize,
    /// The ID of the output.
    pub output: Text,
    /// The conversion on the way.
    pub convert: Option<Text>,
    /// Whether the value becomes a list of one.
    pub wrap: bool,
}

impl Scope {
    /// The IDs of the outputs that wires lead from.
    pub fn pinned(&self) -> BTreeSet<&Text> {
        self.pins.values().flatten().map(|pin| &pin.output).collect()
    }
}

/// Reads what is in a file, and tells what can't be read of it.
pub fn read(text: &str) -> Result<(Pack, Vec<Trouble>), String> {
    let read = |json: &[u8]| {
        // One look at the whole, where the reader of bytes would look at each text.
        let root = serde_json::from_str(str::from_utf8(json).map_err(Error::custom)?)?;
        let mut troubles = Vec::new();
        Ok(read_root(&root, &mut troubles).map(|pack| (pack, troubles)))
    };
    read_json(text.as_bytes(), read).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => {
            format!("the file ends too early, at line {} column {}", error.line(), error.column())
        }
        _ => format!("the file isn't JSON: {error}"),
    })?
}

fn read_root(root: &Json<'_>, troubles: &mut Vec<Trouble>) -> Result<Pack, String> {
    let root = root.as_object().ok_or("expected an object, as Okta exports flows and folders")?;
    let mut pack = Pack { version: string(root, "version"), ..Pack::default() };
    let data = object(root, "data").unwrap_or(root);
    for (id, flow) in entries(data, "flos").or_else(|| entries(data, "flows")).unwrap_or_default() {
        flow.as_object().into_iter().for_each(|flow| read_flow(id, flow, &mut pack, troubles));
    }
    // A single flow stands in its file by itself.
    if pack.flows.is_empty() && [data, root].iter().any(|flow| flow.get("methods").is_some()) {
        read_flow("flow", root, &mut pack, troubles);
    }
    for (id, table) in entries(data, "tables").unwrap_or_default() {
        pack.tables.extend(table.as_object().map(|table| read_table(id, table)));
    }
    for (id, group) in entries(data, "groups").unwrap_or_default() {
        pack.folders.extend(group.as_object().map(|group| read_folder(id, group)));
    }
    if pack.flows.is_empty() && pack.tables.is_empty() && troubles.is_empty() {
        return Err("there are neither flows nor tables in it".to_owned());
    }
    Ok(pack)
}

fn read_flow(id: &str, flow: &Object<'_>, pack: &mut Pack, troubles: &mut Vec<Trouble>) {
    let title = string(flow, "name").unwrap_or_else(|| id.into());
    if flow.get("data") == Some(&Json::Null) {
        pack.absent.insert(string(flow, "id").unwrap_or_else(|| id.into()), title);
        return;
    }
    let data = object(flow, "data").unwrap_or(flow);
    let mut budget = MAX_CARDS;
    match read_scope(data, &mut budget) {
        Ok(scope) => pack.flows.push(Flow {
            id: string(flow, "id").unwrap_or_else(|| id.into()),
            title,
            description: string(flow, "description").unwrap_or_default(),
            folder: string(data, "group"),
            security: string(data, "security_level"),
            // `inheritLog` is set on every flow, and no folder says anything, while flows of one folder differ: it is the flow's
            // own word that holds.
            saves_data: data.get("log").and_then(Json::as_bool),
            schedule: schedule(data),
            scope,
        }),
        Err(why) => troubles.push(Trouble::lost(&title, &why)),
    }
}

fn schedule(data: &Object<'_>) -> Option<Schedule> {
    let cron = object(data, "cron").filter(|_| data.get("scheduled") == Some(&Json::Bool(true)))?;
    let part = |name: &str| string(cron, name).filter(|part| !part.is_empty());
    let star = || Text::from("*");
    let five = ["minutes", "hours", "dayOfTheMonth", "month", "dayOfTheWeek"]
        .map(|name| part(name).unwrap_or_else(star).to_string())
        .join(" ");
    let seconds = part("seconds").unwrap_or_else(|| "0".into());
    let zero = seconds.bytes().all(|byte| byte == b'0');
    Some(Schedule {
        cron: if zero { five.into() } else { format!("{seconds} {five}").into() },
        time_zone: part("timeZone"),
        start: part("startDate"),
        end: part("endDate"),
    })
}

fn read_table(id: &str, table: &Object<'_>) -> Table {
    let data = object(table, "data");
    let columns = data.and_then(|data| data.get("structure")).and_then(Json::as_list);
    let column = |column: &Json| {
        let column = column.as_object()?;
        let default = string(column, "default").filter(|default| !default.is_empty());
        Some((string(column, "name")?, string(column, "type").unwrap_or_default(), default))
    };
    Table {
        id: id.into(),
        name: string(table, "name").unwrap_or_else(|| id.into()),
        columns: columns.into_iter().flatten().filter_map(column).collect(),
    }
}

fn read_folder(id: &str, group: &Object<'_>) -> Folder {
    let data = object(group, "data").unwrap_or(group);
    let path = string(data, "path").unwrap_or_default();
    Folder {
        id: id.into(),
        name: string(data, "name").unwrap_or_else(|| id.into()),
        path: path.split(['/', ',']).filter(|part| !part.is_empty()).map(Text::from).collect(),
    }
}

/// Reads the cards of a flow or branch; `budget` is how many more there may be.
fn read_scope(data: &Object<'_>, budget: &mut usize) -> Result<Scope, String> {
    let methods: Vec<&Json> = match data.get("methods") {
        Some(Json::List(methods)) => methods.iter().collect(),
        Some(Json::Object(methods)) => methods.values().collect(),
        _ => return Err("it has no list of cards".to_owned()),
    };
    let mut scope = Scope::default();
    let mut places: BTreeMap<Text, usize> = BTreeMap::new();
    let methods: Vec<&Object<'_>> = methods.into_iter().filter_map(Json::as_object).collect();
    for method in &methods {
        *budget = budget.checked_sub(1).ok_or_else(|| format!("it has more than {MAX_CARDS} cards"))?;
        let uuid = string(method, "uuid").ok_or("a card has no ID")?;
        if places.insert(uuid.clone(), scope.cards.len()).is_some() {
            return Err(format!("two cards have the ID {uuid}"));
        }
        scope.cards.push(read_card(uuid, method, budget)?);
    }
    for (place, method) in methods.iter().enumerate() {
        for (uuid, result) in object(method, "branches").into_iter().flat_map(Object::iter) {
            let head = places.get(uuid).copied().zip(result.as_bool());
            scope.cards[place].branches.extend(head);
        }
        read_pins(place, method, &places, &mut scope);
    }
    let orderings = match data.get("orderings") {
        Some(Json::Object(pairs)) => pairs.values().collect(),
        Some(Json::List(pairs)) => pairs.iter().collect(),
        _ => Vec::new(),
    };
    for pair in orderings {
        let Some([from, to]) = pair.as_list() else { continue };
        let place = |end: &Json| places.get(end.as_str()?).copied();
        scope.orderings.extend(place(from).zip(place(to)));
    }
    Ok(scope)
}

fn read_pins(from: usize, method: &Object<'_>, places: &BTreeMap<Text, usize>, scope: &mut Scope) {
    for (output, targets) in object(method, "pins").into_iter().flat_map(Object::iter) {
        for (target, wires) in targets.as_object().into_iter().flat_map(Object::iter) {
            let Some(&to) = places.get(target) else { continue };
            for wire in wires.as_list().into_iter().flatten().filter_map(Json::as_object) {
                let Some(input) = string(wire, "input") else { continue };
                let how = object(wire, "transform").and_then(|how| how.values().next()?.as_object());
                let pin = Pin {
                    from,
                    output: output.into(),
                    convert: how.and_then(|how| string(how, "convert")),
                    wrap: how.is_some_and(|how| how.get("forceWrapArray") == Some(&Json::Bool(true))),
                };
                scope.pins.entry((to, input)).or_default().push(pin);
            }
        }
    }
}

fn read_card(uuid: Text, method: &Object<'_>, budget: &mut usize) -> Result<Card, String> {
    let node = object(method, "node").ok_or_else(|| format!("the card {uuid} says nothing"))?;
    let model = object(node, "model").ok_or_else(|| format!("the card {uuid} has no fields"))?;
    let address = string(method, "address").unwrap_or_default();
    let title = object(node, "data").and_then(|data| string(data, "name"));
    Ok(Card {
        title: title.unwrap_or_else(|| address.rsplit(':').next().unwrap_or_default().into()),
        note: note(model),
        event: ["webhook", "monitor"].iter().any(|key| model.get(key) == Some(&Json::Bool(true))),
        inputs: read_fields(model, "inputs", budget)?,
        outputs: read_fields(model, "outputs", budget)?,
        branches: Vec::new(),
        joins: joins(method),
        policy: read_policy(model, budget)?,
        address: unversioned(&address),
        uuid,
    })
}

fn joins(method: &Object<'_>) -> Vec<(Text, Text)> {
    let joins = object(method, "joins").into_iter().flat_map(Object::iter);
    let output = |outputs: &Json| string(outputs.as_list()?.first()?.as_object()?, "output");
    joins.filter_map(|(input, outputs)| Some((input.into(), output(outputs)?))).collect()
}

/// The author's remark: what the editor puts there by itself is a plain text.
fn note(model: &Object<'_>) -> Option<Text> {
    let comments = object(model, "comments")?;
    let title = string(comments, "title").unwrap_or_default();
    let text = string(comments, "markdown").unwrap_or_default();
    let whole = [title.trim(), text.trim()].into_iter().filter(|part| !part.is_empty());
    let whole = whole.collect::<Vec<_>>().join(": ");
    (!whole.is_empty()).then(|| whole.into())
}

/// `root:kernel:list:0.0.1:map` is `kernel:list:map`, whatever the version.
fn unversioned(address: &str) -> Text {
    match address.split(':').collect::<Vec<_>>()[..] {
        [_, "kernel", module, _, card] => format!("kernel:{module}:{card}").into(),
        [_, "channels", kind, connector, _, card] => format!("channels:{kind}:{connector}:{card}").into(),
        _ => address.into(),
    }
}

fn read_policy(model: &Object<'_>, budget: &mut usize) -> Result<Policy, String> {
    let Some(error) = object(model, "policy").and_then(|policy| object(policy, "error")) else {
        return Ok(Policy::default());
    };
    let delay_ms = match error.get("delay") {
        Some(Json::List(range)) => range.iter().filter_map(Json::as_f64).collect(),
        Some(delay) => delay.as_f64().into_iter().collect(),
        None => Vec::new(),
    };
    Ok(Policy {
        kind: string(error, "type").unwrap_or_default(),
        flow: error.get("flo").map(|flow| read_callee(flow, budget)).transpose()?.flatten(),
        retry: error.get("retry").and_then(Json::as_u64).map_or(0, |times| times.min(1_000) as u32),
        delay_ms,
    })
}

fn read_callee(flow: &Json, budget: &mut usize) -> Result<Option<Callee>, String> {
    Ok(match flow {
        Json::Text(id) if !id.is_empty() => Some(Callee::Named((&**id).into())),
        Json::Number(id) => Some(Callee::Named(id.to_string().into())),
        Json::Object(inline) if inline.get("methods").is_some() => {
            Some(Callee::Inline(Box::new(read_scope(inline, budget)?)))
        }
        Json::Object(named) => string(named, "id").map(Callee::Named),
        _ => None,
    })
}

fn read_fields(model: &Object<'_>, side: &str, budget: &mut usize) -> Result<Vec<Field>, String> {
    let fields = object(model, side).and_then(|side| object(side, "data"));
    let mut read = Vec::new();
    for (id, field) in fields.into_iter().flat_map(Object::iter) {
        let Some(field) = field.as_object() else { continue };
        if read.len() == MAX_FIELDS {
            return Err(format!("a card has more than {MAX_FIELDS} {side}"));
        }
        let metadata = object(field, "metadata");
        let index = metadata.and_then(|metadata| metadata.get("index")?.as_f64()).unwrap_or(f64::MAX);
        read.push((index, read_field(id, field, metadata, budget)?));
    }
    // Fields of one place keep the order of the file.
    read.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(read.into_iter().map(|(_, field)| field).collect())
}

fn read_field(
    id: &str,
    field: &Object<'_>,
    metadata: Option<&Object<'_>>,
    budget: &mut usize,
) -> Result<Field, String> {
    let none = Object::default();
    let value = object(field, "value").unwrap_or(&none);
    let metadata = metadata.unwrap_or(&none);
    let is_flow = value.get("type").and_then(Json::as_str) == Some("flo");
    let data = value.get("data");
    let flow = match data {
        Some(data) if is_flow => read_callee(data, budget)?,
        _ => None,
    };
    let proxy = object(value, "proxy");
    let dynamic = proxy.filter(|proxy| proxy.get("dynamic") == Some(&Json::Bool(true)));
    Ok(Field {
        id: id.into(),
        // Names here neither begin nor end with a space.
        key: string(field, "key").map_or_else(|| id.into(), |key| key.trim().into()),
        group: string(field, "group").filter(|group| !group.is_empty()),
        label: string(metadata, "displayname"),
        description: string(metadata, "description").filter(|text| !text.trim().is_empty()),
        custom: metadata.get("custom") == Some(&Json::Bool(true)),
        ty: read_type(value),
        value: match data {
            Some(data) if !is_flow => constant(data),
            _ => Value::Null,
        },
        flow,
        item: dynamic.map(|proxy| string(proxy, "path").unwrap_or_default()),
    })
}

fn read_type(value: &Object<'_>) -> Type {
    let kind = match value.get("type") {
        Some(Json::Text(name)) => match &**name {
            "string" => Kind::Text,
            "number" => Kind::Number,
            "boolean" => Kind::Bool,
            "Date" => Kind::Date,
            "file" => Kind::File,
            "object" => Kind::Object,
            "flo" => Kind::Flow,
            _ => Kind::Any,
        },
        // The object's fields, as the editor shows them.
        Some(Json::Object(_)) => Kind::Object,
        _ => Kind::Any,
    };
    Type { kind, list: value.get("collection") == Some(&Json::Bool(true)) }
}

/// JSON as a value.
fn constant(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (_, Some(number)) => Value::from(number),
            _ => Value::Number(number.as_f64().unwrap_or_default()),
        },
        Json::Text(text) => Value::from(&**text),
        Json::List(items) => Value::list(items.iter().map(constant).collect()),
        Json::Object(members) => Value::object(members.iter().map(|(key, value)| (key, constant(value)))),
    }
}

fn object<'j, 't>(from: &'j Object<'t>, key: &str) -> Option<&'j Object<'t>> {
    from.get(key)?.as_object()
}

fn string(from: &Object<'_>, key: &str) -> Option<Text> {
    match from.get(key)? {
        Json::Text(text) => Some((&**text).into()),
        Json::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// The members of an object, or the items of a list under the IDs that they have.
fn entries<'j, 't>(from: &'j Object<'t>, key: &str) -> Option<Vec<(&'j str, &'j Json<'t>)>> {
    match from.get(key)? {
        Json::Object(members) => Some(members.iter().collect()),
        Json::List(items) => {
            let id = |item: &'j Json<'t>| item.as_object()?.get("id")?.as_str();
            Some(items.iter().map(|item| (id(item).unwrap_or_default(), item)).collect())
        }
        _ => None,
    }
}
