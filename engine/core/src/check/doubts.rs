//! What may be written and is probably not meant: warnings.

use std::collections::BTreeSet;

use super::loops::MEMO;
use super::scope::{Callee, Scope, Step};
use super::{Log, Shared};
use crate::card::Control;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, Flow, OnError, Trigger};
use crate::value::Value;

/// Inputs of a stream's helper: who streams passes them, whether the helper looks at them or not.
const STREAMED: [&str; 2] = ["Record", "State"];

/// Inputs that a helper takes and never looks at: what its callers pass there does nothing.
pub(super) fn unread_inputs(log: &mut Log, flow: &Flow, read: &[bool], is_carrying: bool) {
    if !matches!(flow.trigger, Trigger::Helper) {
        return;
    }
    let unread = flow.inputs.iter().zip(read).filter(|(_, read)| !**read).map(|(input, _)| &input.name);
    let demanded = |name: &str| STREAMED.contains(&name) || is_carrying && name == MEMO;
    for name in unread.filter(|name| !demanded(&name.it)) {
        log.report(
            Diagnostic::new(Code::UnreadInput, name.span, format!("nothing reads the input `{}`", name.it))
                .label("what is passed here does nothing")
                .help(format!(
                    "read `$.inputs.{}`, or take the input out here and where the flow is called",
                    name.it
                )),
        );
    }
}

/// Failures that nobody ever hears of.
pub(super) fn swallowed(log: &mut Log, scope: &Scope<'_>) {
    for step in &scope.steps {
        let name = &step.model.card;
        let catch = step.model.arms.iter().find(|arm| *arm.name.it == *"catch");
        // Who reads what `try` gives sees that it gave nothing.
        let unseen = catch.is_none_or(|catch| catch.cards.is_empty()) && !step.is_read;
        if step.control() == Some(Control::IfError) && unseen && !step.model.broken {
            log.report(
                Diagnostic::new(Code::Swallowed, name.span, "whatever fails in `try` goes unnoticed")
                    .label("`catch` is empty")
                    .help("do something with `$.error` under `catch`: write it into a table, or end with an error of your own"),
            );
        }
        if let Some(on_error) = &step.model.on_error
            && matches!(&on_error.it, OnError::Return(values) if values.is_empty())
        {
            log.report(
                Diagnostic::new(
                    Code::Swallowed,
                    on_error.span,
                    format!("if `{}` fails, the flow ends as if it had gone well", name.it),
                )
                .label("gives nothing, and tells nobody")
                .help(
                    "return something by which the caller sees it: `on_error: { return: { failed: true } }`",
                ),
            );
        }
    }
}

/// Helpers that several items run at the same time, although what one does depends on what another has done.
pub(super) fn races(shared: &Shared<'_>, log: &mut Log, scopes: &[Scope<'_>]) {
    for step in scopes.iter().flat_map(|scope| &scope.steps) {
        let Callee::Flow(callee) = step.callee else { continue };
        let at_once = match step.field("concurrency").map(|value| &value.it) {
            Some(Expr::Constant(Value::Number(number))) => *number > 1.0,
            Some(_) => false,
            None => by_default(step),
        };
        if !at_once {
            continue;
        }
        let (read, written) = tables(callee, scopes);
        for table in read.intersection(&written) {
            let table = &shared.tables[*table].name;
            let helper = &shared.project.flows[callee];
            let message = format!("several items at the same time read the table `{table}` and write to it");
            log.report(
                Diagnostic::new(Code::Race, step.model.card.span, message)
                    .label(format!("runs `{}` for more than one item at a time", helper.path))
                    .help(
                        "write `concurrency: 1`, so that each item sees what the ones before it have written",
                    ),
            );
        }
    }
}

/// Whether a card works on several items at the same time where nothing is said.
fn by_default(step: &Step<'_>) -> bool {
    let field = step.card.and_then(|card| card.inputs.iter().find(|field| field.name == "concurrency"));
    field.is_some_and(|field| matches!(field.default, crate::card::Literal::Number(number) if number > 1.0))
}

/// The tables that a flow and its helpers read, and those that they write to.
fn tables(flow: usize, scopes: &[Scope<'_>]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut read, mut written) = (BTreeSet::new(), BTreeSet::new());
    for flow in super::reachable(flow, scopes) {
        for step in &scopes[flow].steps {
            let (Some(table), Some(card)) = (step.table, step.card) else { continue };
            let tables = if card.does().changes() { &mut written } else { &mut read };
            tables.insert(table);
        }
    }
    (read, written)
}
