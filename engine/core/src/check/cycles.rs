//! Flows that call each other in a circle with nothing that could end it.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Log;
use crate::diag::{Code, Diagnostic};
use crate::model::Project;

/// A call that no run gets past, within a circle of such calls, never ends. Any other recursion may, and is bounded in the run.
pub(super) fn check(project: &Project, log: &mut Log) {
    let mut graph: DiGraph<(), usize> = DiGraph::new();
    for _ in &project.flows {
        graph.add_node(());
    }
    for (call, (caller, callee, _)) in log.certain_calls.iter().enumerate() {
        graph.add_edge(NodeIndex::new(*caller), NodeIndex::new(*callee), call);
    }
    for mut circle in tarjan_scc(&graph) {
        circle.sort();
        let within = |flow: usize| circle.contains(&NodeIndex::new(flow));
        let mut calls =
            log.certain_calls.iter().filter(|(caller, callee, _)| within(*caller) && within(*callee));
        let Some(&(caller, callee, place)) = calls.next() else { continue };
        let name = |flow: usize| &project.flows[flow].name.it;
        let message = match circle.len() {
            1 => format!("`{}` calls itself, always", name(caller)),
            _ => format!("`{}` and `{}` call each other, always", name(caller), name(callee)),
        };
        let mut mistake = Diagnostic::new(Code::Cycle, place, message).label("never ends");
        for &(caller, callee, place) in calls.filter(|call| call.0 != caller) {
            mistake = mistake.related(place, format!("here `{}` calls `{}`", name(caller), name(callee)));
        }
        let mistake = mistake.help(
            "put the call into a branch of `branching.if_else`, or a `branching.continue_if` in front of it",
        );
        log.report(mistake);
    }
}
