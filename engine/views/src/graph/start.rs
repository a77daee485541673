//! What starts a flow, as the first node of its picture.

use flowrun_core::card::{external, title_of};

use super::scene::{Give, Node, Paint, Row, constant, plain};
use crate::catalog::category::words;
use crate::private::masked_constant;
use flowrun_core::model::{Flow, Trigger};

/// The node of what starts the flow; what it gives are the flow's inputs.
pub fn trigger(flow: &Flow) -> Node {
    let mut rows = Vec::new();
    let title = match &flow.trigger {
        Trigger::Helper if flow.around().is_some() => "Inputs",
        Trigger::Helper => "Helper Flow",
        Trigger::Delegated => "Delegated Flow",
        Trigger::Schedule(schedule) => {
            rows.push(Row::plain("cron", &**schedule.cron));
            rows.extend(schedule.time_zone.as_ref().map(|zone| Row::plain("time_zone", &***zone)));
            rows.extend(schedule.start.as_ref().map(|start| Row::plain("start", &***start)));
            rows.extend(schedule.end.as_ref().map(|end| Row::plain("end", &***end)));
            rows.extend(settings(&schedule.more));
            "Scheduled Flow"
        }
        Trigger::ApiEndpoint { method, security, more } => {
            rows.extend(method.as_ref().map(|method| Row::plain("method", &***method)));
            rows.extend(security.as_ref().map(|level| Row::plain("security", &***level)));
            rows.extend(settings(more));
            "API Endpoint"
        }
        Trigger::Event { event, with, filter, more } => {
            rows.extend(with.iter().map(|(name, value)| Row::plain(&name.it, plain(&value.it))));
            rows.extend(filter.as_ref().map(|filter| Row::plain("filter", plain(&filter.it))));
            rows.extend(settings(more));
            &title_of(external(event).unwrap_or(event))
        }
        Trigger::Poll(poll) => {
            rows.push(Row::plain("card", &**poll.card));
            rows.extend(poll.with.iter().map(|(name, value)| Row::plain(&name.it, plain(&value.it))));
            rows.extend(settings(&poll.more));
            "Poll"
        }
        Trigger::Webhook { name, more } => {
            rows.push(Row::plain("name", &***name));
            rows.extend(settings(more));
            "Webhook"
        }
    };
    let mut gives = Vec::new();
    for input in &flow.inputs {
        let mut row = Row::plain(&input.name, input.ty.as_ref().map_or("any", |ty| &***ty));
        if let Some(default) = &input.default {
            row.say(
                format!(", default {}", constant(&masked_constant(&input.name, &default.it))),
                Paint::Muted,
            );
        }
        if !input.choices.is_empty() {
            let choices: Vec<String> = input.choices.iter().map(|choice| constant(&choice.it)).collect();
            row.say(format!(": {}", choices.join(", ")), Paint::Muted);
        }
        gives.push(Give { row, source: None });
    }
    let kind = match &flow.trigger {
        Trigger::Event { event, .. } => {
            let connector = external(event).unwrap_or(event).split('.').next().unwrap_or_default();
            format!("{} event", words(connector))
        }
        _ => String::new(),
    };
    Node {
        title: title.to_owned(),
        kind,
        id: (!flow.inputs.is_empty()).then(|| "inputs".into()),
        rows,
        gives,
        ..Node::default()
    }
}

fn settings(settings: &flowrun_core::settings::Settings) -> impl Iterator<Item = Row> {
    settings.iter().map(|(key, value)| Row::plain(&key.it, constant(&value.it)))
}
