//! Flows that an export holds inside a card: short ones stay there, others get a file of their own.

use super::flow::inline;
use super::pack::{Callee, Scope};
use super::wire::is_start;
use flowrun_core::load::{Of, Paths};
use flowrun_core::model::{Expr, Flow, Step};
use flowrun_core::value::Value;

/// A flow with more cards than this gets a file of its own, wherever it stood: what is longer than a screen hides the card around it.
const MOST_CARDS: usize = 6;

/// Cards that hold others: what stands in them belongs to their flow.
const BLOCKS: &[&str] = &["kernel:control:branch", "kernel:control:tryCatch"];

/// Cards of the editor, which become none here.
const NO_CARDS: &[&str] = &["kernel:control:noop", "kernel:control:join", "kernel:object:expand"];

/// Whether a flow that stands in a card stays there: it is short, and no other stands in it.
pub(super) fn stays(scope: &Scope) -> bool {
    cards(scope).is_some_and(|cards| cards <= MOST_CARDS)
}

/// How many cards a flow has, those of blocks included; none if others stand in its cards.
fn cards(scope: &Scope) -> Option<usize> {
    let mut all = 0;
    for card in scope.cards.iter().filter(|card| !is_start(card) && !NO_CARDS.contains(&&*card.address)) {
        all += 1;
        let caught = match &card.policy.flow {
            Some(Callee::Inline(scope)) => Some(&**scope),
            _ => None,
        };
        for held in card.inputs.iter().filter_map(inline).chain(caught) {
            all += BLOCKS.contains(&&*card.address).then(|| cards(held)).flatten()?;
        }
    }
    Some(all)
}

/// Calls the flows that stay in the cards of the flow at `path` as the loader will when it reads them there: IDs that no wire uses are
/// gone by now.
pub(super) fn settle(path: &str, steps: &mut [Step], paths: &mut Paths, made: &mut [Flow]) {
    for step in steps {
        for at in 0..step.with.len() {
            let Expr::Constant(Value::Text(callee)) = &step.with[at].1.it else { continue };
            let stays = made.iter_mut().find(|flow| flow.path == *callee && flow.around() == Some(path));
            if let Some(flow) = stays {
                (flow.path, flow.name.it) = paths.next(path, Of::step(step));
                step.with[at].1.it = Expr::Constant(Value::Text(flow.path.clone()));
            }
        }
        for arm in &mut step.arms {
            settle(path, &mut arm.cards, paths, made);
        }
    }
}
