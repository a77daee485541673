//! Through which all requests of a run go: it counts them, and cuts the run short at one of them.

use std::sync::atomic::{AtomicU64, Ordering};

use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use tokio::sync::{Notify, watch};

use super::case::{Cut, How};

/// The gate.
pub struct Gate {
    /// The simulators.
    pub within: Box<dyn Transport>,
    /// How many requests came.
    pub requests: AtomicU64,
    /// How many may come; with one more the run is killed, for it might never end.
    pub most: u64,
    /// What happens at which.
    pub cut: Option<Cut>,
    /// Ctrl-C.
    pub switch: watch::Sender<bool>,
    /// Told when the run is to be dropped.
    pub killed: Notify,
}

impl Gate {
    async fn cut(&self, how: How) {
        match how {
            How::Stop => {
                // Nobody listens any more when the run has ended meanwhile.
                self.switch.send_replace(true);
            }
            How::Kill => {
                self.killed.notify_one();
                std::future::pending().await
            }
        }
    }
}

impl Transport for Gate {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
            let cut = self.cut.filter(|cut| cut.at == number);
            if number > self.most {
                self.cut(How::Kill).await;
            }
            if let Some(cut) = cut.filter(|cut| !cut.answered) {
                self.cut(cut.how).await;
            }
            let answer = self.within.send(request, limits).await;
            if let Some(cut) = cut.filter(|cut| cut.answered) {
                self.cut(cut.how).await;
            }
            answer
        })
    }
}
