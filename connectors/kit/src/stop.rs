//! How a run is told to end.

use tokio::sync::watch;

/// Tells a run to end: nothing new is begun, and what needs cleaning up is cleaned up.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop and the switch that gives it.
    pub fn new() -> (watch::Sender<bool>, Stop) {
        let (sender, receiver) = watch::channel(false);
        (sender, Stop(receiver))
    }

    /// Whether it was given.
    pub fn is_given(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is given.
    pub async fn given(&mut self) {
        if self.0.wait_for(|given| *given).await.is_err() {
            // Nobody can give it any more.
            std::future::pending::<()>().await;
        }
    }
}

/// One that nobody can give.
impl Default for Stop {
    fn default() -> Stop {
        Stop::new().1
    }
}
