//! What nothing uses: warnings.

use std::collections::BTreeSet;

use super::control::ControlGraph;
use super::scope::Scope;
use super::uses::Target;
use super::{Log, Shared};
use crate::card::Work;
use crate::diag::{Code, Diagnostic};
use crate::model::OnError;

/// Cards that only make outputs, none of which is read.
pub(super) fn outputs(log: &mut Log, scope: &Scope<'_>, control: &ControlGraph) {
    for (index, step) in scope.steps.iter().enumerate() {
        let Some(card) = step.card else { continue };
        let policy = step.model.on_error.as_ref().map(|on_error| &on_error.it);
        // A card may be there to fail: in `try`, and with a policy of its own.
        let tried = scope.around(step.place).any(|place| scope.places[place].name == *"try");
        let may_serve = tried || !matches!(policy, None | Some(OnError::Stop));
        let makes = !card.outputs.is_empty() || card.rest_out.is_some();
        if !matches!(card.work, Work::Pure(_))
            || !makes
            || step.is_read
            || may_serve
            || !control.is_reached(control.enter[index])
        {
            continue;
        }
        let mistake = Diagnostic::new(
            Code::UnusedOutput,
            step.model.card.span,
            format!("nothing reads what `{}` puts out", step.name()),
        )
        .label("does nothing else");
        let first = step.outputs.first().map_or("output", |output| &output.name);
        log.report(match &step.model.id {
            Some(id) => mistake.help(format!("read `$.{}.{first}`, or remove the card", id.it)),
            None => mistake.help("give it an `id` to read it by, or remove it"),
        });
    }
}

/// What the manifest defines and no flow uses.
pub(super) fn check(shared: &Shared<'_>, log: &mut Log) {
    let manifest = &shared.project.manifest;
    let warn = |log: &mut Log, kind: &str, name: &crate::model::Name| {
        log.report(
            Diagnostic::new(Code::Unused, name.span, format!("no flow uses the {kind} `{}`", name.it))
                .label("not used")
                .help("remove it from flowrun.yaml"),
        );
    };
    let mut used = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for target in log.uses.iter().map(|used| &used.target) {
        match target {
            Target::Table(table) => used.0.insert(*table),
            Target::Connection(connection) => used.1.insert(*connection),
            Target::Var(var) => used.2.insert(*var),
            _ => false,
        };
    }
    for (index, table) in manifest.tables.iter().enumerate() {
        if !used.0.contains(&index) && !log.any_table {
            warn(log, "table", &table.name);
        }
    }
    for (index, connection) in manifest.connections.iter().enumerate() {
        if !used.1.contains(&index) {
            warn(log, "connection", &connection.name);
        }
    }
    for (index, var) in manifest.vars.iter().enumerate() {
        if !used.2.contains(&index) {
            warn(log, "variable", &var.name);
        }
    }
}
