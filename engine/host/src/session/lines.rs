//! The lines that a process has open: what belongs to a connection is made once and serves all runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_kit::connector::{Connected, Connector, Means, Settings};
use flowrun_kit::pacing::Pace;

/// How many accounts are kept in mind before those are forgotten that no run uses.
const MOST: usize = 256;

/// Lines to vendors; clones are the same. Runs over one account share its pace, and its login where their cards need the
/// same to be granted: what another flow needs may not have been granted, and must not keep this one from running.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<BTreeMap<Account, Open>>>);

/// Whose lines they are, and what they lead over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    connector: String,
    settings: [u8; 32],
    /// None for a simulator; else what is trusted besides the system's authorities, and how fast time passes.
    network: Option<(Option<PathBuf>, u64)>,
}

impl Account {
    /// The simulated account that these settings lead to.
    pub fn simulated(connector: &Connector, settings: &Settings) -> Account {
        Account { connector: connector.name.to_string(), settings: settings.fingerprint(), network: None }
    }

    /// The account that these settings lead to over the network.
    pub fn real(connector: &Connector, settings: &Settings, ca_file: Option<PathBuf>, scale: f64) -> Account {
        Account { network: Some((ca_file, scale.to_bits())), ..Account::simulated(connector, settings) }
    }
}

/// The lines to one account.
#[derive(Default)]
struct Open {
    pace: Pace,
    /// By what their cards need to be granted.
    lines: BTreeMap<BTreeSet<Text>, Connected>,
}

impl Open {
    fn is_used(&self) -> bool {
        self.lines.values().any(|line| Arc::strong_count(&line.connection) > 1)
    }
}

impl Lines {
    /// The line to an account that is there, or a new one, made with `means`.
    pub fn open(
        &self,
        account: Account,
        connector: &Connector,
        settings: &Settings,
        means: Means,
    ) -> Result<Connected> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST && !accounts.contains_key(&account) {
            accounts.retain(|_, open| open.is_used());
        }
        let open = accounts.entry(account).or_default();
        if let Some(line) = open.lines.get(&means.scopes) {
            return Ok(line.clone());
        }
        let scopes = means.scopes.clone();
        let line = connector.connect(settings, Means { pace: open.pace.clone(), ..means })?;
        open.lines.insert(scopes, line.clone());
        Ok(line)
    }
}
