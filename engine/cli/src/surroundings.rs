//! What a command knows of the process it runs in.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use flowrun_host::driver::Stop;
use flowrun_host::session;
use flowrun_host::session::alone::Alone;
use flowrun_host::session::durable::home::Stores;
use flowrun_host::session::lines::Lines;
use flowrun_host::session::simulators::Simulators;
use flowrun_kit::registry::Registry;

use crate::connectors;
use crate::screen::Screen;
use crate::site::Address;

/// What a command knows of the process it runs in.
#[derive(Clone)]
pub struct Surroundings {
    /// The connectors and cards that there are.
    pub registry: Arc<Registry>,
    /// The environment variables.
    pub env: BTreeMap<String, String>,
    /// Whether Ctrl-C and SIGTERM are listened for.
    pub signals: bool,
    /// What ends a run besides signals.
    pub stop: Option<Stop>,
    /// Simulators to run over, instead of new ones; the run then goes by their clock.
    pub simulators: Option<Simulators>,
    /// Whether computing takes no time in a run over simulators, so that its report says the same on every machine.
    pub instant: bool,
    /// The name of the run, instead of a new one: chance is drawn from it.
    pub run_id: Option<String>,
    /// How many bytes of memory this process has in use, as far as that is known.
    pub memory_used: fn() -> u64,
    /// The runs of this process that are alone.
    pub alone: Alone,
    /// Reads the standard input to its end.
    pub input: fn() -> io::Result<String>,
    /// Asks the user, if there is one at a terminal.
    pub prompt: Option<Arc<dyn Prompt>>,
    /// Opens an address for the user, besides printing it.
    pub open: Option<Opener>,
    /// The service that is asked, instead of what this machine keeps.
    pub server: Option<Address>,
    /// What a run is drawn on while it goes on, where `err` is a terminal; what Ctrl-C does is said there.
    pub screen: Option<Screen>,
}

impl Default for Surroundings {
    /// An empty environment, and all connectors of this binary.
    fn default() -> Surroundings {
        Surroundings {
            registry: Arc::new(connectors::registry()),
            env: BTreeMap::new(),
            signals: false,
            stop: None,
            simulators: None,
            instant: false,
            run_id: None,
            memory_used: || 0,
            alone: Alone::default(),
            input: || Ok(String::new()),
            prompt: None,
            open: None,
            server: None,
            screen: None,
        }
    }
}

impl Surroundings {
    /// What a session needs of them.
    pub fn session(&self) -> session::Surroundings {
        session::Surroundings {
            env: self.env.clone(),
            registry: self.registry.clone(),
            simulators: self.simulators.clone(),
            instant: self.instant,
            run_id: self.run_id.clone(),
            alone: self.alone.clone(),
            lines: Lines::default(),
            stores: Stores::default(),
            meter: None,
        }
    }
}

/// Opens an address, as a browser does.
pub type Opener = Arc<dyn Fn(&str) + Send + Sync>;

/// Asks the user, as a terminal does.
pub trait Prompt: Send + Sync {
    /// Asks a question; what is answered to a hidden one is not shown.
    fn ask(&self, question: &str, hidden: bool) -> io::Result<String>;
}
