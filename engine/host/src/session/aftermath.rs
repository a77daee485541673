//! What runs after a run that has failed.

use flowrun_core::machine::{Machine, Start};
use flowrun_core::report::{CardReport, FlowReport, Inside, Report, Status};
use flowrun_core::value::{Record, Value};

use flowrun_core::journal::Entry;

use crate::driver::{self, Log, World};

/// Runs the flow that its project wants to run after this failure, in the same world; nothing if there is none. How that ends
/// changes nothing of the first run: it is told beside it.
pub async fn after(machine: &Machine, report: &Report, world: &World, log: &mut dyn Log) -> Option<Report> {
    let program = machine.program();
    let entry = program.find(&report.flow.path)?;
    let flow = program.flow(entry).on_failure?;
    let run_id = format!("{}-failure", report.run);
    let at_us = world.time.clock().now_ms().saturating_mul(1000);
    let start = Start { error: error(report), ..Start::new(flow, Record::default(), run_id, at_us) };
    driver::run(program.clone(), start, world, &mut Changes(log), &mut ()).await.ok()
}

/// What failed, as flows see it under `$.error`.
fn error(report: &Report) -> Value {
    let Some(fault) = &report.flow.error else { return Value::Null };
    let (flow, card) = innermost(&report.flow);
    Value::object([
        ("message", Value::from(fault.message.clone())),
        ("code", Value::from(f64::from(fault.code.unwrap_or(500)))),
        ("kind", Value::from(fault.kind.clone())),
        ("method", Value::from(card.map(|card| card.id.clone()))),
        ("flow", Value::from(flow.name.clone())),
        ("execution", Value::from(report.run.clone())),
        ("body", fault.body.clone()),
    ])
}

/// The card that failed first, and its flow: inside of the flows that were called.
fn innermost(flow: &FlowReport) -> (&FlowReport, Option<&CardReport>) {
    let failed = flow.cards.iter().rev().find(|card| card.status == Status::Failed);
    match failed.map(|card| &card.inside) {
        Some(Inside::Call { called }) if called.status == Status::Failed => innermost(called),
        Some(Inside::Items(items)) => {
            let item = items.items.iter().find(|item| item.status == Status::Failed);
            item.map_or((flow, failed), innermost)
        }
        _ => (flow, failed),
    }
}

/// Keeps what is done to tables that outlive the run, and no journal.
struct Changes<'l>(&'l mut dyn Log);

impl Log for Changes<'_> {
    fn keeps(&self) -> bool {
        false
    }

    fn append(&mut self, _: &Entry) {}

    fn changed(&mut self, changes: Vec<flowrun_tables::Changes>) {
        self.0.changed(changes);
    }
}
