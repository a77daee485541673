//! How much memory there may be in use.

use std::fmt;

use crate::fault::{Fault, FaultKind};

/// What to do where it is not enough.
pub const REMEDY: &str = "stream large lists instead of collecting them, or let fewer items run at the same time; `--memory MB` allows more";

/// A bound on the memory in use, and how to find out how much that is: whoever runs flows counts it, for the core can't.
#[derive(Clone, Copy)]
pub struct Memory {
    most: u64,
    used: fn() -> u64,
}

impl Memory {
    /// At most so many bytes, of which `used` says how many there are.
    pub const fn new(most: u64, used: fn() -> u64) -> Memory {
        Memory { most, used }
    }

    /// Fails if more is in use than may be.
    pub fn check(&self) -> Result<(), Fault> {
        let used = (self.used)();
        if used <= self.most {
            return Ok(());
        }
        let mb = |bytes: u64| bytes / 1_000_000;
        let message = format!("the run takes {} MB of memory, and {} are allowed", mb(used), mb(self.most));
        Err(Fault::new(FaultKind::RunLimit, message).help(REMEDY))
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new(u64::MAX, || 0)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", (self.used)(), self.most)
    }
}

/// Two bounds are the same if they allow the same.
impl PartialEq for Memory {
    fn eq(&self, other: &Memory) -> bool {
        self.most == other.most
    }
}

impl Eq for Memory {}
