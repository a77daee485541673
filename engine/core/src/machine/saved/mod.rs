//! A run between two turns, stored by names: a checkpoint, from which the run goes on as if it had never stopped.
//!
//! Flows, cards and slots are numbers in a program, and another program has others. So a checkpoint begins with what the numbers
//! in it mean: the paths of the flows that it is in, and of each the inputs, the outputs and the cards by their keys. Slots are
//! those of the run, the error and the inputs, then those of each card: its outputs, and for If Error the error that it caught.
//! Arms go by their names, and a place in a block by the card that ran last there.

mod flows;
mod restore;
mod save;

pub(crate) use restore::Restore;
pub(crate) use save::Save;

use super::frame::{Purpose, Status};

/// The names of what a machine goes through. What stands here once stands here for ever.
macro_rules! names {
    ($($type:ident { $($kind:ident = $name:literal)+ })+) => {
        $(impl $type {
            fn name(self) -> &'static str {
                match self {
                    $($type::$kind => $name,)+
                }
            }

            fn named(name: &str) -> Option<$type> {
                match name {
                    $($name => Some($type::$kind),)+
                    _ => None,
                }
            }
        })+
    };
}

names! {
    Purpose {
        Card = "card"
        Wait = "wait"
        Pause = "pause"
        Retry = "retry"
        Page = "page"
        PageRetry = "page_retry"
    }
    Status {
        Running = "running"
        Done = "done"
        Stopped = "stopped"
        Failed = "failed"
    }
}
