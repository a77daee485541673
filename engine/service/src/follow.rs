//! Notices that files of projects have changed, so that they are read again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowrun_host::driver::Stop;
use flowrun_project::stamp::Stamp;

use crate::Service;

/// How often it is looked. Not by the clock of the service: people change files in real time.
const LOOKS: Duration = Duration::from_secs(1);

/// Has projects read again whose files have changed, until it is told to stop. A file that is being written is left in peace until it
/// stays as it is for a moment.
pub async fn follow(service: Arc<Service>, mut stop: Stop) {
    let folders: Vec<PathBuf> =
        service.projects.iter().map(|project| project.runs.served.folder.clone()).collect();
    let mut known: Vec<Stamp> = folders.iter().map(|folder| Stamp::of(folder)).collect();
    let mut pending: Vec<Option<Stamp>> = vec![None; folders.len()];
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKS) => {}
            () = stop.given() => return,
        }
        for (place, project) in service.projects.iter().enumerate() {
            let now = Stamp::of(&folders[place]);
            if now == known[place] {
                pending[place] = None;
            } else if pending[place].as_ref() == Some(&now) {
                (known[place], pending[place]) = (now, None);
                // What is wrong is told to all who watch.
                let _ = project.reload();
            } else {
                pending[place] = Some(now);
            }
        }
    }
}
