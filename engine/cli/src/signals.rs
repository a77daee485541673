//! Ctrl-C: the first time a run ends and cleans up, the second time at once.

use std::thread;

use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::outcome::INTERRUPTED;
use crate::screen::Screen;

/// Gives `stop` at the first Ctrl-C or SIGTERM, and ends the process at the second.
///
/// A thread of its own listens, so that it is heard however busy the run is.
///
/// What that means is said on the screen, if there is one.
pub fn listen(stop: watch::Sender<bool>, screen: Option<Screen>) {
    let listener = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async move {
            arrives().await;
            let _ = stop.send(true);
            if let Some(screen) = &screen {
                screen.say("interrupted: cleaning up; press again to leave at once");
            }
            arrives().await;
            let leave = || std::process::exit(INTERRUPTED.into());
            match screen {
                Some(screen) => screen.leave("left at once; nothing was cleaned up", leave),
                None => leave(),
            }
        });
    };
    // Without the thread Ctrl-C does what it does to any program.
    let _ = thread::Builder::new().name("signals".to_owned()).spawn(listener);
}

#[cfg(unix)]
async fn arrives() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn arrives() {
    let _ = tokio::signal::ctrl_c().await;
}
