//! What a service tells of itself and of its runs: metrics, a log, records for a collector, notices for people.
//!
//! All of it is made of what the service says to [`Changes`](crate::changes::Changes). Nothing here is waited for by a run: who
//! can't be reached is tried again for a while, queues have an end, and what is lost is counted.

pub mod metrics;
mod process;
pub mod registry;

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use flowrun_store::State;

    use crate::changes::{Begun, Moved, What};

    /// A run that began `late_us` after its time.
    pub fn began(run: &str, flow: &str, cause: &str, late_us: i64) -> What {
        What::Began(Arc::new(Begun {
            run: run.into(),
            flow: flow.into(),
            title: format!("The {flow}").into(),
            cause: cause.into(),
            who: Some("Ada@Example.com".into()),
            late_us,
        }))
    }

    /// A run that took two seconds and has a state now.
    pub fn moved(run: &str, flow: &str, cause: &str, state: State, error_kind: Option<&str>) -> What {
        What::Moved(Arc::new(Moved {
            run: run.into(),
            flow: flow.into(),
            title: format!("The {flow}").into(),
            cause: cause.into(),
            state,
            error: error_kind.map(|_| "too many requests".into()),
            error_kind: error_kind.map(Into::into),
            took_us: 2_000_000,
            cards: 7,
            effects: 3,
        }))
    }
}
