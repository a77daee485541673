//! Who uses what: every place of a project's flows that names something, and what it names.

use std::collections::BTreeSet;

use crate::card::Card;
use crate::source::Span;
use crate::value::Text;

/// A place that names something.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// Where the name stands: of a wire or a template the part that names it; where that can't be told, all of it.
    pub span: Span,
    /// The flow in which it stands, by its place in the project.
    pub flow: usize,
    /// The card in which it stands, by its place in the file, those of blocks included; none for what starts the flow.
    pub card: Option<usize>,
    /// What is done with what it names.
    pub how: How,
    /// What it names.
    pub target: Target,
}

/// What is done with what a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is read.
    Reads,
    /// It may be changed.
    Writes,
    /// It is called.
    Calls,
    /// It is passed a value.
    Passes,
    /// It starts the flow.
    Starts,
}

impl How {
    /// How a card uses what it works with.
    pub(super) fn by(card: &Card) -> How {
        if card.does().changes() { How::Writes } else { How::Reads }
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// An input of a flow; without a name, all of them. The name is as written: whether there is such an input, the
    /// diagnostics say.
    Input {
        /// The flow.
        flow: usize,
        /// The input.
        name: Option<Text>,
    },
    /// An output of a card of the same flow; without a name, all of them. The name is as written.
    Output {
        /// The card.
        card: usize,
        /// The output.
        name: Option<Text>,
    },
    /// A variable, by its place in the manifest.
    Var(usize),
    /// A table, by its place in the manifest.
    Table(usize),
    /// A column of a table.
    Column {
        /// The table.
        table: usize,
        /// The column.
        name: Text,
    },
    /// A connection, by its place in the manifest.
    Connection(usize),
    /// A flow, by its place in the project.
    Flow(usize),
    /// An event of a connector.
    Event(Text),
}

/// Every use of a project, as far as names could be resolved: flows with mistakes are there too.
#[derive(Debug, Default)]
pub struct Uses {
    /// By flow, then by place.
    uses: Vec<Use>,
}

impl Uses {
    pub(super) fn new(mut uses: Vec<Use>) -> Uses {
        uses.sort_by_key(|used| (used.flow, used.span.start));
        Uses { uses }
    }

    /// All uses, by flow, then by place.
    pub fn all(&self) -> &[Use] {
        &self.uses
    }

    /// The uses of one flow, by place.
    pub fn of(&self, flow: usize) -> &[Use] {
        let start = self.uses.partition_point(|used| used.flow < flow);
        let end = self.uses.partition_point(|used| used.flow <= flow);
        &self.uses[start..end]
    }

    /// The flows that a flow calls, each once, in the order of its file.
    pub fn calls(&self, flow: usize) -> Vec<usize> {
        let mut calls = Vec::new();
        for used in self.of(flow) {
            if let Target::Flow(called) = used.target
                && !calls.contains(&called)
            {
                calls.push(called);
            }
        }
        calls
    }

    /// All flows that a run of `flow` may reach, itself included.
    pub fn reached(&self, flow: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([flow]);
        let mut next = vec![flow];
        while let Some(flow) = next.pop() {
            next.extend(self.calls(flow).into_iter().filter(|called| reached.insert(*called)));
        }
        reached
    }
}

/// The uses among those of one flow that lie within a place, such as an expression.
pub fn within(uses: &[Use], span: Span) -> impl Iterator<Item = &Use> {
    let start = uses.partition_point(|used| used.span.start < span.start);
    uses[start..]
        .iter()
        .take_while(move |used| used.span.start <= span.end)
        .filter(move |used| used.span.end <= span.end)
}
