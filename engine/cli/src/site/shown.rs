//! What a service tells, as commands show it.

use flowrun_core::program::{Flow, Trigger};
use flowrun_core::suggest::closest;
use flowrun_core::value::{Record, Text, Value as Given, parse_json};
use flowrun_project::Problem;
use serde_json::{Map, Value};

use super::{EndpointShown, FlowShown, ScheduleShown, TableShown};

/// A text of an answer.
pub fn text(told: &Value, name: &str) -> Option<String> {
    told[name].as_str().map(str::to_owned)
}

/// The flow of this path among those that are shown.
pub fn chosen(flows: Vec<FlowShown>, name: &str) -> Result<FlowShown, Problem> {
    let near = closest(name, flows.iter().map(|flow| &*flow.flow)).map(str::to_owned);
    flows.into_iter().find(|flow| flow.flow == name).ok_or_else(|| {
        let problem = Problem::new(format!("there is no flow `{name}`"));
        problem.meant(near.as_deref()).or_help(|| "`flowrun flows` lists those there are")
    })
}

impl FlowShown {
    /// A flow of this machine.
    pub fn of(flow: &Flow, is_on: bool) -> FlowShown {
        let (starts, has_trigger) = match &flow.trigger {
            Trigger::Helper => ("other flows".to_owned(), false),
            Trigger::Delegated => ("people".to_owned(), false),
            Trigger::Schedule { cron, time_zone, .. } => (format!("the clock: {cron} {time_zone}"), true),
            Trigger::Endpoint { .. } => ("calls".to_owned(), true),
            Trigger::Event { event, .. } => (format!("the event {event}"), true),
            Trigger::Poll { card, .. } => (format!("a look by {card}"), true),
            Trigger::Webhook { name, .. } => (format!("the webhook {name}"), true),
        };
        FlowShown {
            flow: flow.path.to_string(),
            title: flow.name.to_string(),
            starts,
            on: has_trigger.then_some(is_on),
            passed: 0,
        }
    }
}

/// A flow of a service.
pub fn flow_of(told: &Value, with_project: bool) -> Option<FlowShown> {
    let trigger = &told["trigger"];
    let said = |name: &str| trigger[name].as_str().unwrap_or_default();
    let (starts, has_trigger) = match trigger["kind"].as_str()? {
        "helper" => ("other flows".to_owned(), false),
        "delegated" => ("people".to_owned(), false),
        "schedule" => (format!("the clock: {} {}", said("cron"), said("time_zone")), true),
        "api_endpoint" => ("calls".to_owned(), true),
        "event" => (format!("the event {}", said("event")), true),
        "poll" => (format!("a look by {}", said("card")), true),
        "webhook" => (format!("the webhook {}", said("name")), true),
        other => (other.to_owned(), true),
    };
    let path = text(told, "flow")?;
    let flow = if with_project { format!("{}/{path}", told["project"].as_str()?) } else { path };
    let count = |name: &str| told[name].as_u64().unwrap_or_default();
    let on = has_trigger.then(|| told["on"].as_bool().unwrap_or(true));
    let passed = if on == Some(false) { count("passed") + count("aside") } else { 0 };
    Some(FlowShown { flow, title: text(told, "title")?, starts, on, passed })
}

/// A kept table of a service.
pub fn table_of(told: &Value) -> Option<TableShown> {
    Some(TableShown {
        table: text(told, "table")?,
        hosts: text(told, "hosts")?,
        rows: told["rows"].as_u64()?,
    })
}

/// Rows as this machine has them: each with all columns that any has.
pub fn records(table: &str, rows: &[Value]) -> Vec<Record> {
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().filter_map(|row| row["columns"].as_object()).flat_map(Map::keys) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let given = |value: &Value| parse_json(&value.to_string()).unwrap_or(Given::Null);
    let record = |row: &Value| {
        let mut record = Record::default();
        record.insert(Text::from("Row ID"), Given::from(format!("{table}-{}", row["row"])));
        record.insert(Text::from("Created"), given(&row["created"]));
        record.insert(Text::from("Updated"), given(&row["updated"]));
        for name in &names {
            record.insert(Text::from(name.as_str()), given(&row["columns"][name.as_str()]));
        }
        record
    };
    rows.iter().map(record).collect()
}

/// A scheduled flow of a service.
pub fn schedule_of(told: &Value) -> Option<ScheduleShown> {
    let schedule = text(told, "schedule")?;
    let (cron, zone) = schedule.rsplit_once(' ')?;
    let next = told["next"].as_array()?.iter().filter_map(|next| next.as_str().map(str::to_owned));
    Some(ScheduleShown {
        flow: text(told, "flow")?,
        cron: cron.to_owned(),
        zone: zone.to_owned(),
        next: next.collect(),
        on: told["on"].as_bool()?,
    })
}

/// A flow of a service that is called over HTTP.
pub fn endpoint_of(told: &Value) -> Option<EndpointShown> {
    let ids = |tokens: &Vec<Value>| tokens.iter().filter_map(|token| text(token, "id")).collect();
    Some(EndpointShown {
        flow: text(told, "flow")?,
        method: text(told, "method"),
        url: text(told, "url"),
        security: text(told, "security")?,
        tokens: told["tokens"].as_array().map(ids),
        on: told["on"].as_bool()?,
    })
}
