//! What runs before what: the control graph of a flow and its dominators.

use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, NodeIndex};

use super::scope::{Place, Scope};
use crate::card::Control;

/// A point of a flow at which a wire is read or an output is there.
pub(super) type Point = NodeIndex<u32>;

/// The control graph, reduced to the question of what has certainly run where.
pub(super) struct ControlGraph {
    /// Where each step starts,
    pub enter: Vec<Point>,
    /// and where it is done.
    pub done: Vec<Point>,
    /// The end of each run of cards.
    pub end: Vec<Point>,
    /// Where the flow starts.
    pub entry: Point,
    exit: Point,
    /// For each point its interval in a walk over the dominator tree; none for what is never reached.
    intervals: Vec<Option<(u32, u32)>>,
}

impl ControlGraph {
    pub fn new(scope: &Scope<'_>) -> ControlGraph {
        let mut graph = DiGraph::new();
        let entry = graph.add_node(());
        let exit = graph.add_node(());
        let nodes = |count: usize, graph: &mut DiGraph<(), ()>| -> Vec<Point> {
            (0..count).map(|_| graph.add_node(())).collect()
        };
        let enter = nodes(scope.steps.len(), &mut graph);
        let done = nodes(scope.steps.len(), &mut graph);
        let end = nodes(scope.places.len(), &mut graph);
        let mut control = ControlGraph { enter, done, end, entry, exit, intervals: Vec::new() };
        for (index, place) in scope.places.iter().enumerate() {
            control.run(&mut graph, scope, index, place, entry);
        }
        graph.add_edge(control.end[0], exit, ());
        control.intervals = intervals(&graph, entry);
        control
    }

    /// The edges of one run of cards.
    fn run(
        &self,
        graph: &mut DiGraph<(), ()>,
        scope: &Scope<'_>,
        index: usize,
        place: &Place<'_>,
        entry: Point,
    ) {
        let mut at = match place.owner {
            None => entry,
            Some(owner) => {
                let after = self.done[owner];
                graph.add_edge(self.end[index], after, ());
                // A branch is chosen, or `try` starts, or fails before anything of it is done, at the block's start.
                self.enter[owner]
            }
        };
        for &step in &place.steps {
            graph.add_edge(at, self.enter[step], ());
            at = self.done[step];
            match scope.steps[step].control() {
                Some(Control::Return | Control::ReturnRaw) => {
                    _ = graph.add_edge(self.enter[step], self.left(scope, index), ())
                }
                Some(Control::ContinueIf) => {
                    graph.add_edge(self.enter[step], self.left(scope, index), ());
                    graph.add_edge(self.enter[step], at, ());
                }
                Some(Control::ReturnError) => {
                    _ = graph.add_edge(self.enter[step], self.failed(scope, index), ())
                }
                Some(Control::ReturnErrorIf) => {
                    graph.add_edge(self.enter[step], self.failed(scope, index), ());
                    graph.add_edge(self.enter[step], at, ());
                }
                // The arms lead on.
                _ if !scope.steps[step].arms.is_empty() => {}
                _ => _ = graph.add_edge(self.enter[step], at, ()),
            }
        }
        graph.add_edge(at, self.end[index], ());
    }

    /// Where Return leads: behind the innermost block that it leaves, or out of the flow.
    fn left(&self, scope: &Scope<'_>, place: usize) -> Point {
        scope.container(place).map_or(self.exit, |step| self.done[step])
    }

    /// Where an error leads: out of the flow, or into a `catch`, which any card of `try` may start; so the way out of the flow
    /// stands for both, for what runs in `catch` may count on nothing of `try`.
    fn failed(&self, scope: &Scope<'_>, place: usize) -> Point {
        let tried = scope.around(place).find_map(|place| {
            let owner = scope.places[place].owner?;
            (scope.places[place].name == "try" && scope.steps[owner].control() == Some(Control::IfError))
                .then_some(owner)
        });
        match tried {
            // The graph needs the way to the end to be there; `catch` has its own edge from the block's start.
            Some(owner) => {
                let catch = scope.steps[owner].arms.iter().find(|&&arm| scope.places[arm].name == "catch");
                catch
                    .and_then(|&arm| {
                        scope.places[arm]
                            .steps
                            .first()
                            .map(|&first| self.enter[first])
                            .or(Some(self.end[arm]))
                    })
                    .unwrap_or(self.exit)
            }
            None => self.exit,
        }
    }

    /// Whether what is there at `before` is certainly there at `at`.
    pub fn precedes(&self, before: Point, at: Point) -> bool {
        match (self.intervals[before.index()], self.intervals[at.index()]) {
            (Some(before), Some(at)) => before.0 <= at.0 && at.1 <= before.1,
            // What never runs reads nothing; what never runs gives nothing.
            (_, None) => true,
            (None, Some(_)) => false,
        }
    }

    pub fn is_reached(&self, point: Point) -> bool {
        self.intervals[point.index()].is_some()
    }

    /// Whether no run of the flow ends without passing this point.
    pub fn is_certain(&self, point: Point) -> bool {
        // A flow without a way out passes what it passes on every way.
        if self.is_reached(self.exit) { self.precedes(point, self.exit) } else { self.is_reached(point) }
    }
}

impl Scope<'_> {
    /// The card whose block Return leaves at `place`; none where it ends the flow.
    pub fn container(&self, place: usize) -> Option<usize> {
        self.around(place).find_map(|place| {
            let owner = self.places[place].owner?;
            matches!(self.steps[owner].control(), Some(Control::IfElseIf | Control::IfError)).then_some(owner)
        })
    }
}

/// Numbers the dominator tree so that one point dominates another exactly if its interval encloses the other's.
fn intervals(graph: &DiGraph<(), ()>, entry: Point) -> Vec<Option<(u32, u32)>> {
    let dominators = simple_fast(graph, entry);
    let mut children = vec![Vec::new(); graph.node_count()];
    for node in graph.node_indices() {
        if let Some(parent) = dominators.immediate_dominator(node) {
            children[parent.index()].push(node);
        }
    }
    let mut intervals = vec![None; graph.node_count()];
    let mut clock = 0;
    let mut open = vec![(entry, 0)];
    intervals[entry.index()] = Some((0, 0));
    while let Some((node, next)) = open.last_mut() {
        clock += 1;
        match children[node.index()].get(*next) {
            Some(&child) => {
                *next += 1;
                intervals[child.index()] = Some((clock, clock));
                open.push((child, 0));
            }
            None => {
                if let Some(interval) = &mut intervals[node.index()] {
                    interval.1 = clock;
                }
                open.pop();
            }
        }
    }
    intervals
}
