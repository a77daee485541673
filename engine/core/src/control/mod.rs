//! Cards that move the machine: declared like any card, carried out by `machine`.

// Their fields are declared for the checker and the manual; the machine knows them by their places.
#![allow(dead_code)]

mod branching;
mod close;
mod error_handling;
mod flow_control;
mod list;
mod object;
mod pause;
mod reduce;
mod select;
mod until;

pub use branching::{ContinueIf, IfElse, IfElseIf};
pub use close::Close;
pub use error_handling::{IfError, ReturnError, ReturnErrorIf};
pub use flow_control::{CallFlow, CallFlowAsync, Repeat, Return, ReturnRaw, WaitFor, WaitUntil};
pub use list::{ForEach, ForEachIgnoreErrors, Map};
pub use object::{MapObject, MapToList};
pub use pause::{Pause, PauseRaw};
pub use reduce::Reduce;
pub use select::{FilterCustom, FindCustom, SortCustom};
pub(crate) use until::DONE;
pub use until::{Paginate, RepeatUntil};

use std::sync::Arc;

use crate::card::{Card, Control, Example, Inputs, Outputs, Said, Work};

/// A card that the machine carries out.
pub trait Moves: Inputs {
    /// Okta's category and name in snake case.
    const ID: &'static str;
    /// Okta's name where snake case doesn't lead back to it.
    const TITLE: Option<&'static str> = None;
    /// The export addresses it stands for.
    const EXPORTED_AS: &'static [&'static str] = &[];
    /// At least one; they are run as tests.
    const EXAMPLES: &'static [Example];
    /// What it puts out, besides what its helper flow or its arms do.
    type Out: Outputs;
    /// What the machine does for it.
    const CONTROL: Control;
}

impl Card {
    /// The declaration of a card that the machine carries out.
    pub fn control<C: Moves>() -> Card {
        let said = Said { id: C::ID, named: C::TITLE, exported_as: C::EXPORTED_AS, examples: C::EXAMPLES };
        Card::declared::<C, C::Out>(said, Work::Control(C::CONTROL))
    }
}

/// Every card that the machine carries out.
pub fn cards() -> Vec<Arc<Card>> {
    let cards = [
        Card::control::<IfElse>(),
        Card::control::<IfElseIf>(),
        Card::control::<ContinueIf>(),
        Card::control::<IfError>(),
        Card::control::<ReturnError>(),
        Card::control::<ReturnErrorIf>(),
        Card::control::<CallFlow>(),
        Card::control::<CallFlowAsync>(),
        Card::control::<Return>(),
        Card::control::<ReturnRaw>(),
        Card::control::<Close>(),
        Card::control::<Repeat>(),
        Card::control::<RepeatUntil>(),
        Card::control::<Paginate>(),
        Card::control::<WaitFor>(),
        Card::control::<WaitUntil>(),
        Card::control::<Pause>(),
        Card::control::<PauseRaw>(),
        Card::control::<ForEach>(),
        Card::control::<ForEachIgnoreErrors>(),
        Card::control::<Map>(),
        Card::control::<Reduce>(),
        Card::control::<FilterCustom>(),
        Card::control::<FindCustom>(),
        Card::control::<SortCustom>(),
        Card::control::<MapObject>(),
        Card::control::<MapToList>(),
    ];
    cards.into_iter().map(Arc::new).collect()
}

/// Outputs that the author names, or that come from a helper flow or from the arms of a block.
#[derive(flowrun_derive::Outputs)]
pub struct Named {
    /// What the arms or the helper flow give, by their names.
    #[output(rest)]
    fields: crate::value::Record,
}
