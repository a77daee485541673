//! Writing flows: a model as the YAML that a person would have written for it.
//!
//! What is written reads back as the same model, and the same model is always written in the same way.

use flowrun_core::model::{
    Alone, Arm, At, Connection, Expr, Flow, Input, Joined, Manifest, Name, OnError, Others, Project, Retry,
    Step, Table, Trigger, Var, on_or_off,
};
use flowrun_core::settings::Settings;
use flowrun_core::value::{Text, Value};
use flowrun_core::yaml::{self, Document, Yaml};

use crate::wire::literal;

/// The text of a flow's file, with the flows that stand in its cards.
pub fn flow(flow: &Flow, project: &Project) -> String {
    let mut file = vec![("name".to_owned(), text(&flow.name.it))];
    file.extend(
        flow.description.as_ref().map(|description| ("description".to_owned(), text(&description.it))),
    );
    file.extend(trigger(&flow.trigger).map(|trigger| ("trigger".to_owned(), trigger)));
    file.extend(flow.alone.as_ref().map(|alone| ("alone".to_owned(), self::alone(alone))));
    file.extend(flow.on_failure.as_ref().map(|name| ("on_failure".to_owned(), text(&name.it))));
    file.extend(settings(&flow.runs));
    file.extend(flow.save_data.map(save_data));
    if !flow.converts {
        file.push(member("convert", Yaml::text("none")));
    }
    body(flow, project, &mut file);
    Document::of(file).write()
}

/// What all flows have, those in cards too.
fn body(flow: &Flow, project: &Project, file: &mut Vec<(String, Yaml)>) {
    if !flow.inputs.is_empty() {
        let inputs = flow.inputs.iter().map(|input| (input.name.it.to_string(), self::input(input)));
        file.push(("inputs".to_owned(), Yaml::map(inputs)));
    }
    if !flow.outputs.is_empty() {
        let outputs = flow.outputs.iter().map(|(name, ty)| (name.it.to_string(), text(&ty.it)));
        file.push(("outputs".to_owned(), Yaml::map(outputs)));
    }
    file.push(("cards".to_owned(), cards(&flow.cards, project)));
}

/// The text of `flowrun.yaml`; none if it would be empty.
pub fn manifest(manifest: &Manifest) -> Option<String> {
    let mut file = Vec::new();
    for (key, name) in [("name", &manifest.name), ("description", &manifest.description)] {
        file.extend(name.as_ref().map(|name| (key.to_owned(), text(&name.it))));
    }
    let mut section = |key: &str, members: Vec<(String, Yaml)>| {
        if !members.is_empty() {
            file.push((key.to_owned(), Yaml::map(members)));
        }
    };
    section(
        "tables",
        manifest.tables.iter().map(|table| (table.name.it.to_string(), self::table(table))).collect(),
    );
    let named = |connection: &Connection| (connection.name.it.to_string(), self::connection(connection));
    section("connections", manifest.connections.iter().map(named).collect());
    section("vars", manifest.vars.iter().map(|var| (var.name.it.to_string(), self::var(var))).collect());
    (!file.is_empty()).then(|| Document::of(file).write())
}

/// Whether data is saved: words that the language knows need no quotes, which texts of theirs would have.
fn save_data(on: bool) -> (String, Yaml) {
    member("save_data", Yaml::Scalar(yaml::Scalar::new(on_or_off(on))))
}

fn text(text: &Text) -> Yaml {
    Yaml::text(text)
}

fn member(key: &str, value: Yaml) -> (String, Yaml) {
    (key.to_owned(), value)
}

fn named(members: &mut Vec<(String, Yaml)>, key: &str, name: Option<&Name>) {
    members.extend(name.map(|name| member(key, text(&name.it))));
}

fn constant(value: &Value) -> Yaml {
    match value {
        Value::List(items) => Yaml::list(items.iter().map(constant)),
        Value::Object(members) => {
            Yaml::map(members.iter().map(|(key, value)| (key.to_string(), constant(value))))
        }
        Value::Text(content) => Yaml::text(&escaped(content)),
        value => Yaml::Scalar(yaml::constant(value)),
    }
}

/// A text that would be taken for a wire or a template keeps what it is.
fn escaped(text: &str) -> String {
    let root = text.trim_start_matches('$');
    let dollars = text.len() - root.len();
    if dollars > 0 && (root.is_empty() || root.starts_with(['.', '['])) {
        return format!("${text}");
    }
    literal(text)
}

fn expr(value: &Expr) -> Yaml {
    match value {
        Expr::Constant(value) => constant(value),
        Expr::Wire(content) | Expr::Template(content) => text(content),
        Expr::List(items) => Yaml::list(items.iter().map(|item| expr(&item.it))),
        Expr::Object(members) => fields(members),
        Expr::Broken => constant(&Value::Null),
    }
}

fn fields(fields: &[(Name, At<Expr>)]) -> Yaml {
    Yaml::map(fields.iter().map(|(name, value)| (name.it.to_string(), expr(&value.it))))
}

fn trigger(trigger: &Trigger) -> Option<Yaml> {
    let (key, members) = match trigger {
        Trigger::Helper => return None,
        Trigger::Delegated => ("delegated", Vec::new()),
        Trigger::Schedule(schedule) => {
            let mut members = vec![member("cron", text(&schedule.cron.it))];
            named(&mut members, "time_zone", schedule.time_zone.as_ref());
            named(&mut members, "start", schedule.start.as_ref());
            named(&mut members, "end", schedule.end.as_ref());
            members.extend(settings(&schedule.more));
            ("schedule", members)
        }
        Trigger::ApiEndpoint { method, security, more } => {
            let mut members = Vec::new();
            named(&mut members, "method", method.as_ref());
            named(&mut members, "security", security.as_ref());
            members.extend(settings(more));
            ("api_endpoint", members)
        }
        Trigger::Event { event, with, filter, more } => {
            let mut members = vec![member("event", text(&event.it))];
            if !with.is_empty() {
                members.push(member("with", fields(with)));
            }
            members.extend(filter.as_ref().map(|filter| member("filter", expr(&filter.it))));
            members.extend(settings(more));
            ("event", members)
        }
        Trigger::Poll(poll) => {
            let mut members = vec![member("card", text(&poll.card.it))];
            named(&mut members, "connection", poll.connection.as_ref());
            if !poll.with.is_empty() {
                members.push(member("with", fields(&poll.with)));
            }
            members.extend(settings(&poll.more));
            ("poll", members)
        }
        Trigger::Webhook { name, more } => {
            let mut members = vec![member("name", text(&name.it))];
            members.extend(settings(more));
            ("webhook", members)
        }
    };
    Some(if members.is_empty() { Yaml::text(key) } else { Yaml::map(vec![member(key, Yaml::map(members))]) })
}

fn settings(settings: &Settings) -> Vec<(String, Yaml)> {
    settings.iter().map(|(key, value)| member(&key.it, constant(&value.it))).collect()
}

fn alone(alone: &Alone) -> Yaml {
    let mut members = vec![member("key", expr(&alone.key.it))];
    if alone.others != Others::default() {
        members.push(member("others", Yaml::text(alone.others.word())));
    }
    Yaml::map(members)
}

fn input(input: &Input) -> Yaml {
    let ty = input.ty.as_ref().map(|ty| text(&ty.it));
    if input.default.is_none() && input.choices.is_empty() && input.converts && input.description.is_none() {
        return ty.unwrap_or_else(|| constant(&Value::Null));
    }
    let mut members: Vec<(String, Yaml)> = ty.map(|ty| member("type", ty)).into_iter().collect();
    members.extend(input.default.as_ref().map(|default| member("default", constant(&default.it))));
    if !input.choices.is_empty() {
        members.push(member("choices", Yaml::list(input.choices.iter().map(|choice| constant(&choice.it)))));
    }
    if !input.converts {
        members.push(member("convert", Yaml::text("none")));
    }
    named(&mut members, "description", input.description.as_ref());
    Yaml::map(members)
}

fn table(table: &Table) -> Yaml {
    let column = |column: &flowrun_core::model::Column| {
        let ty = text(&column.ty.it);
        let value = match &column.default {
            None => ty,
            Some(default) => Yaml::map(vec![member("type", ty), member("default", constant(&default.it))]),
        };
        (column.name.it.to_string(), value)
    };
    let mut members = Vec::new();
    if table.kept {
        members.push(member("kept", constant(&Value::Bool(true))));
    }
    members.extend(table.max_rows.as_ref().map(|most| member("max_rows", constant(&most.it))));
    members.push(member("columns", Yaml::map(table.columns.iter().map(column))));
    Yaml::map(members)
}

fn connection(connection: &Connection) -> Yaml {
    let connector = text(&connection.connector.it);
    if connection.settings.is_empty() {
        return connector;
    }
    let settings = connection.settings.iter().map(|(name, value)| (name.it.to_string(), constant(&value.it)));
    Yaml::map([member("connector", connector)].into_iter().chain(settings))
}

fn var(var: &Var) -> Yaml {
    let value = var.value.as_ref().map(|value| constant(&value.it));
    match value {
        Some(value)
            if var.ty.is_none()
                && var.env.is_none()
                && var.description.is_none()
                && !matches!(value, Yaml::Map(_)) =>
        {
            value
        }
        value => {
            let mut members = Vec::new();
            named(&mut members, "type", var.ty.as_ref());
            members.extend(value.map(|value| member("value", value)));
            named(&mut members, "env", var.env.as_ref());
            named(&mut members, "description", var.description.as_ref());
            Yaml::map(members)
        }
    }
}

fn cards(steps: &[Step], project: &Project) -> Yaml {
    Yaml::cards(steps.iter().map(|step| card(step, project)))
}

/// The fields of a card; last, because it is the longest, the flow that stands in it.
fn with(step: &Step, project: &Project) -> Yaml {
    let inside = |name: &Name, value: &Expr| match value {
        Expr::Constant(Value::Text(path)) if *name.it == *"flow" => {
            project.flow(path).filter(|flow| flow.around().is_some())
        }
        _ => None,
    };
    let (mut members, mut last) = (Vec::new(), Vec::new());
    for (name, value) in &step.with {
        match inside(name, &value.it) {
            Some(flow) => {
                let mut parts = Vec::new();
                body(flow, project, &mut parts);
                last.push(member(&name.it, Yaml::map(parts)));
            }
            None => members.push(member(&name.it, expr(&value.it))),
        }
    }
    members.append(&mut last);
    Yaml::map(members)
}

fn card(step: &Step, project: &Project) -> Yaml {
    let mut members = Vec::new();
    named(&mut members, "title", step.title.as_ref());
    named(&mut members, "id", step.id.as_ref());
    members.push(member("card", text(&step.card.it)));
    named(&mut members, "connection", step.connection.as_ref());
    named(&mut members, "note", step.note.as_ref());
    if !step.with.is_empty() {
        members.push(member("with", with(step, project)));
    }
    if !step.pass.is_empty() {
        members.push(member("pass", fields(&step.pass)));
    }
    arms(&step.arms, project, &mut members);
    if !step.outputs.is_empty() {
        let outputs = step.outputs.iter().map(|(name, output)| (name.it.to_string(), joined(&output.it)));
        members.push(member("outputs", Yaml::map(outputs)));
    }
    members.extend(step.on_error.as_ref().map(|policy| member("on_error", on_error(&policy.it))));
    members.extend(step.retry.as_ref().map(|retry| member("retry", self::retry(&retry.it))));
    members.extend(step.timeout.as_ref().map(|timeout| member("timeout", constant(&timeout.it))));
    Yaml::map(members)
}

fn arms(arms: &[Arm], project: &Project, members: &mut Vec<(String, Yaml)>) {
    let is_case = |arm: &&Arm| !matches!(&*arm.name.it, "then" | "else" | "try" | "catch");
    let cases: Vec<(usize, &Arm)> = arms.iter().filter(is_case).enumerate().collect();
    let case = |(place, arm): &(usize, &Arm)| {
        let mut members = Vec::new();
        if *arm.name.it != format!("case_{}", place + 1) {
            members.push(member("id", text(&arm.name.it)));
        }
        members.push(member("when", fields(&arm.when)));
        members.push(member("cards", cards(&arm.cards, project)));
        Yaml::map(members)
    };
    if !cases.is_empty() {
        members.push(member("cases", Yaml::cards(cases.iter().map(case))));
    }
    // An empty branch need not stand there, but for the first.
    for arm in arms.iter().filter(|arm| !is_case(arm)) {
        if !arm.cards.is_empty() || matches!(&*arm.name.it, "then" | "try") {
            members.push(member(&arm.name.it, cards(&arm.cards, project)));
        }
    }
}

fn joined(output: &Joined) -> Yaml {
    match output {
        Joined::Arms(arms) => fields(arms),
        Joined::Type(ty) => text(ty),
    }
}

fn on_error(policy: &OnError) -> Yaml {
    match policy {
        OnError::Stop => Yaml::text("stop"),
        OnError::Return(values) if values.is_empty() => Yaml::text("return"),
        OnError::Return(values) => Yaml::map(vec![member("return", fields(values))]),
        OnError::Call { flow, pass } => {
            let mut members = vec![member("call", text(&flow.it))];
            if !pass.is_empty() {
                members.push(member("pass", fields(pass)));
            }
            Yaml::map(members)
        }
    }
}

fn retry(retry: &Retry) -> Yaml {
    let mut members = vec![member("times", constant(&retry.times.it))];
    members.extend(retry.wait.as_ref().map(|wait| member("wait", constant(&wait.it))));
    named(&mut members, "on", retry.on.as_ref());
    Yaml::map(members)
}
