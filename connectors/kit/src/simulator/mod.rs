//! What a simulated vendor is to a run and to the sandbox, whichever connector brings it.

mod fault;
mod manual;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;

use crate::clock::Clock;
use crate::connector::Settings;

pub use fault::{BadFault, SLOW, SimFault, SimFaultKind, SimFaults};
pub use manual::{Behaviour, Behaviours, COMMAND, Manual, Served, Source, page};

/// Sets up a simulator.
pub type Make = Arc<dyn Fn(&SimSetup) -> Arc<dyn Simulator> + Send + Sync>;

/// How a connector's vendor is simulated.
#[derive(Clone)]
pub struct Simulated {
    /// What can be said of how it is set up, each as an option of the command line.
    pub options: Vec<SimOption>,
    /// Sets it up.
    pub make: Make,
    /// What the manual says of it; `None` leaves it out.
    pub manual: Option<fn() -> Manual>,
}

/// An option of a simulator.
#[derive(Clone, Debug)]
pub struct SimOption {
    /// Its name: `employees`.
    pub name: Cow<'static, str>,
    /// What stands for its value in the help: `N`.
    pub value: Cow<'static, str>,
    /// What it is, in a line.
    pub docs: Cow<'static, str>,
    /// What it may be.
    pub takes: Takes,
}

/// What an option may be.
#[derive(Clone, Debug)]
pub enum Takes {
    /// Any text.
    Text,
    /// A whole number up to this one.
    Number(u64),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A file; the option is its text, of which this says why it can't be used.
    File(fn(&str) -> Result<(), String>),
}

/// How a simulator is to be set up.
#[derive(Clone, Debug)]
pub struct SimSetup {
    /// The clock that it lives by.
    pub clock: Clock,
    /// How it misbehaves.
    pub faults: SimFaults,
    /// Whether its answers say what time it is there, as real ones do.
    pub dated: bool,
    /// Its options, by name; they are as it says that they may be.
    pub options: BTreeMap<String, String>,
}

impl SimSetup {
    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// The value of an option that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.option(name)?.parse().ok()
    }
}

/// A person whom a vendor knows, for others to know too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What the vendor calls them.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their first name.
    pub first_name: String,
    /// Their last name.
    pub last_name: String,
}

/// A simulated vendor, set up.
pub trait Simulator: Send + Sync {
    /// Where it is in this process: `https://acme.okta.sim`.
    fn address(&self) -> &str;

    /// Its endpoints.
    fn router(&self) -> Router;

    /// The settings of a connection to it, reached at `url`.
    fn settings(&self, url: &str) -> Settings;

    /// What the first line of a transcript says of it, behind `simulator`.
    fn about(&self) -> String {
        String::new()
    }

    /// What the environment of a run would hold.
    fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// The `Authorization` of a request that may see everything it holds; none where nobody may without signing in.
    fn authorization(&self) -> Option<String> {
        None
    }

    /// What it holds, where the sandbox serves it: `250 employees`. One that tells nothing is in this process only.
    fn served(&self) -> Option<String> {
        None
    }

    /// How many requests it has answered.
    fn answered(&self) -> u64 {
        0
    }

    /// The people whom it has of its own.
    fn people(&self) -> Box<dyn Iterator<Item = Person> + '_> {
        Box::new(std::iter::empty())
    }

    /// Lets it know the people of another simulator, as if they had been imported yesterday.
    fn import(&self, people: &mut dyn Iterator<Item = Person>) {
        let _ = people;
    }
}

/// Marks an answer whose connection broke: its body gives an error instead of bytes.
///
/// Over TCP nothing of such an answer arrives. A client that calls the router in-process sees the head of it, and must
/// read the body, or look for this extension, to notice.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Locks, also after a panic elsewhere: simulators hold no state that a panic could leave half-written.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
