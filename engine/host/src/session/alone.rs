//! Runs that want to be alone: those of one key follow each other, in a process and across the processes of a machine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowrun_core::program::Others;
use flowrun_project::Problem;
use flowrun_store::{Holder, Lock, make_private, unwritable};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::durable::home::problem;
use super::state::hex;
use crate::driver::Stop;

/// How often it is looked whether another process has ended its run.
const LOOK: Duration = Duration::from_secs(1);

/// The runs of this process that are alone; clones know of each other.
#[derive(Clone, Debug, Default)]
pub struct Alone(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    held: Mutex<BTreeMap<Place, Holder>>,
    freed: Notify,
}

/// What excludes what: a key, in the folder in which a project keeps its state, if it does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: Option<PathBuf>,
    name: String,
}

/// The right to run alone, until it is dropped.
pub struct Turn {
    known: Arc<Known>,
    place: Place,
    _lock: Option<Lock>,
}

impl Alone {
    /// Takes the key for a run. Where another run has it, waits for that one's end if that is wanted, which `tell` hears of; else
    /// tells who has it.
    pub async fn take(
        &self,
        key: &str,
        others: Others,
        folder: Option<&Path>,
        holder: &Holder,
        stop: &Stop,
        tell: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Turn, Problem> {
        let name = hex(&Sha256::digest(key))[..16].to_owned();
        let place = Place { folder: folder.map(|folder| folder.join("alone")), name };
        let mut told = false;
        loop {
            // Asked for before looking, so that an end in between is not missed.
            let freed = self.0.freed.notified();
            let other = match self.try_take(&place, holder)? {
                Ok(turn) => return Ok(turn),
                Err(other) => other.map_or_else(|| "another run".to_owned(), |other| other.told()),
            };
            if others == Others::Refuse {
                let message = format!("`{}` wants to be alone, and {other} is going on", holder.flow);
                return Err(Problem::new(message)
                    .help("wait for its end; with `others: wait` under `alone` the flow does so by itself"));
            }
            if !told {
                tell(&format!("waits for the end of {other}"));
                told = true;
            }
            let mut stop = stop.clone();
            tokio::select! {
                () = freed => {}
                () = tokio::time::sleep(LOOK), if place.folder.is_some() => {}
                () = stop.given() => {
                    return Err(Problem::new(format!("stopped while it waited for the end of {other}")));
                }
            }
        }
    }

    /// Takes it if nobody has it; or tells who has, as far as that is known.
    fn try_take(&self, place: &Place, holder: &Holder) -> Result<Result<Turn, Option<Holder>>, Problem> {
        let mut held = self.0.held();
        if let Some(other) = held.get(place) {
            return Ok(Err(Some(other.clone())));
        }
        let lock = match &place.folder {
            None => None,
            Some(folder) => {
                let path = folder.join(format!("{}.lock", place.name));
                match make_private(folder).and_then(|()| Lock::take(&path, holder)) {
                    Ok(Ok(lock)) => Some(lock),
                    Ok(Err(other)) => return Ok(Err(other)),
                    Err(error) => return Err(problem(&unwritable(&path, &error))),
                }
            }
        };
        held.insert(place.clone(), holder.clone());
        Ok(Ok(Turn { known: self.0.clone(), place: place.clone(), _lock: lock }))
    }
}

impl Known {
    fn held(&self) -> MutexGuard<'_, BTreeMap<Place, Holder>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Before those who wait look again.
        drop(self._lock.take());
        self.known.held().remove(&self.place);
        self.known.freed.notify_waiters();
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turn").field(&self.place).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    /// Registers that know nothing of each other, as those of two processes.
    #[tokio::test(start_paused = true)]
    async fn the_end_of_another_process_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (Alone::default(), Alone::default());
        let [one, other] = ["One", "Other"].map(|flow| Holder::new(flow, "r1", 0));
        let ((_switch, stop), mut told) = (Stop::new(), Vec::new());
        let first = here
            .take("key", Others::Wait, Some(folder.path()), &one, &stop, &mut |_| panic!("nobody is there"))
            .await
            .unwrap();
        let mut tell = |text: &str| told.push(text.to_owned());
        {
            let mut second =
                pin!(there.take("key", Others::Wait, Some(folder.path()), &other, &stop, &mut tell));
            // Ten looks in vain.
            assert!(tokio::time::timeout(LOOK * 10, &mut second).await.is_err());
            drop(first);
            second.await.unwrap();
        }
        let process = std::process::id();
        let since = "1970-01-01T00:00:00.000Z";
        assert_eq!(told, [format!("waits for the end of `One` since {since} (run r1, process {process})")]);
    }

    #[tokio::test]
    async fn who_waits_can_be_stopped() {
        let alone = Alone::default();
        let [one, other] = ["One", "Other"].map(|flow| Holder::new(flow, "r1", 0));
        let (switch, stop) = Stop::new();
        let mut nobody = |_: &str| {};
        let _first = alone.take("key", Others::Wait, None, &one, &stop, &mut nobody).await.unwrap();
        let mut press = |_: &str| switch.send(true).unwrap();
        let refused = alone.take("key", Others::Wait, None, &other, &stop, &mut press).await.unwrap_err();
        assert!(refused.message.starts_with("stopped while it waited for the end of `One`"), "{refused:?}");
    }
}
