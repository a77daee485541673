//! What a service counts, for Prometheus and OpenTelemetry.
//!
//! There is no convention for workflow engines, so the names are of a namespace of our own that follows the rules of
//! OpenTelemetry's: units in the metadata, values that a label may have are few, names of runs are in none. Where there is a
//! convention it is used as it stands (`http.server.request.duration`).

use std::sync::Arc;
use std::time::Duration;

use flowrun_kit::meter::Meter;
use flowrun_store::State;

use super::process;
use super::registry::{Family, Kind, Labels, Reading, Registry};
use crate::changes::{Change, What};

/// Seconds of runs and waits: from a webhook's answer to a day.
const LONG: Kind = Kind::Histogram(&[
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0,
]);

/// Seconds of requests, as OpenTelemetry advises for HTTP.
const SHORT: Kind =
    Kind::Histogram(&[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]);

/// Seconds of commits.
const DISK: Kind =
    Kind::Histogram(&[0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]);

/// How many of something come at once.
const MANY: Kind = Kind::Histogram(&[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0]);

/// Declares families, and the list of all.
macro_rules! families {
    ($($(#[$doc:meta])* $id:ident: $kind:expr, $name:literal, $unit:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = $help]
            pub static $id: Family = Family {
                name: $name, unit: $unit, help: $help, labels: &[$($label),*], kind: $kind,
            };
        )*
        /// All that is ever counted, for the manual.
        pub static ALL: &[&Family] = &[$(&$id),*];
    };
}

families! {
    RUN_DURATION: LONG, "flowrun.run.duration", "s", ["project", "flow", "trigger", "result", "error.type"],
        "How long runs took that have ended, and how they ended: done, failed or cancelled.";
    RUN_ACTIVE: Kind::Gauge, "flowrun.run.active", "{run}", ["project", "flow", "state"],
        "Runs that have not ended, by what they are doing: queued, running, waiting, paused or held.";
    RUN_START_DELAY: LONG, "flowrun.run.start.delay", "s", ["project", "flow", "trigger"],
        "How long after it was to start a run began: the lateness of a schedule, the time in a queue.";
    RUN_HELD: Kind::Counter, "flowrun.run.held", "{run}", ["project", "flow"],
        "How often a run came to where nobody knows how to go on, and somebody was asked.";
    CARD_DURATION: LONG, "flowrun.card.duration", "s", ["card", "connection", "result"],
        "How long cards took that reach outside.";
    EFFECT_REPEATED: Kind::Counter, "flowrun.effect.repeated", "{effect}", ["card", "reason"],
        "How often something was done again: its first try failed or was cut off.";
    EFFECT_UNSETTLED: Kind::Counter, "flowrun.effect.unsettled", "{effect}", ["card", "reason"],
        "How often nobody knew whether something was done.";
    CONNECTION_WAIT: LONG, "flowrun.connection.wait", "s", ["connection", "reason"],
        "How long requests waited: for a rate limit, for their pace, before they were repeated.";
    CONNECTION_LIMIT_REMAINING: Kind::Gauge, "flowrun.connection.limit.remaining", "{request}", ["connection", "bucket"],
        "How many requests a vendor's rate limit still allows, by what the vendor said last.";
    EVENT_RECEIVED: Kind::Counter, "flowrun.event.received", "{event}", ["project", "source"],
        "Events that came in and were new.";
    EVENT_DUPLICATE: Kind::Counter, "flowrun.event.duplicate", "{event}", ["project", "source"],
        "Events that came in and were known already.";
    EVENT_RECONCILED: Kind::Counter, "flowrun.event.reconciled", "{event}", ["project", "source"],
        "Events that no hook delivered and that were found in the vendor's log.";
    EVENT_LAST: Kind::Gauge, "flowrun.event.last.timestamp", "s", ["project", "source"],
        "When events came in last, in seconds since 1970.";
    INBOX_WAITING: Kind::Gauge, "flowrun.inbox.waiting", "{event}", ["project"],
        "Events that were accepted and have not started their run.";
    SCHEDULE_MISSED: Kind::Counter, "flowrun.schedule.missed", "{start}", ["project", "flow"],
        "Times of schedules that passed without a run while the service was not there or the flow was off.";
    SCHEDULE_SKIPPED: Kind::Counter, "flowrun.schedule.skipped", "{start}", ["project", "flow"],
        "Times of schedules that no run followed.";
    TRIGGER_SKIPPED: Kind::Counter, "flowrun.trigger.skipped", "{start}", ["project", "flow", "trigger"],
        "Triggers other than schedules that no run followed.";
    TROUBLE: Kind::Counter, "flowrun.trouble", "{trouble}", ["project", "kind", "about"],
        "How often something was found that somebody should look at: a silent hook, a refused connection.";
    PROJECT_VERSION: Kind::Gauge, "flowrun.project.version", "{version}", ["project"],
        "The number of the project's version that is running.";
    PROJECT_REFUSED: Kind::Counter, "flowrun.project.refused", "{reload}", ["project"],
        "How often a changed project had mistakes, so that the version before went on.";
    COMMIT_DURATION: DISK, "flowrun.journal.commit.duration", "s", ["project"],
        "How long commits of the store took until they were on the disk.";
    COMMIT_SIZE: MANY, "flowrun.journal.commit.size", "{batch}", ["project"],
        "How many batches one commit of the store put on the disk.";
    STORE_SIZE: Kind::Gauge, "flowrun.store.size", "By", ["project"],
        "The size of the store's file.";
    STORE_WAL_SIZE: Kind::Gauge, "flowrun.store.wal.size", "By", ["project"],
        "The size of the store's write-ahead log.";
    STORE_BACKUP: Kind::Gauge, "flowrun.store.backup.timestamp", "s", ["project"],
        "When the store was copied last, in seconds since 1970.";
    SENT: Kind::Counter, "flowrun.watch.sent", "{message}", ["to"],
        "What was told to others: records of runs, notices, traces.";
    LOST: Kind::Counter, "flowrun.watch.lost", "{message}", ["to", "reason"],
        "What others were to be told and never will be: the queue was full, it was refused, a day has passed.";
    HTTP_SERVER: SHORT, "http.server.request.duration", "s",
        ["http.request.method", "http.route", "http.response.status_code", "url.scheme"],
        "How long requests to this service took.";
    PROCESS_CPU: Kind::Counter, "process.cpu", "s", [],
        "Processor time that this process has used.";
    PROCESS_MEMORY: Kind::Gauge, "process.resident.memory", "By", [],
        "Memory that this process has in use.";
    PROCESS_START: Kind::Gauge, "process.start.time", "s", [],
        "When this process began, in seconds since 1970.";
    PROCESS_FILES: Kind::Gauge, "process.open.fds", "{file}", [],
        "Files and connections that this process has open.";
    PROCESS_MOST_FILES: Kind::Gauge, "process.max.fds", "{file}", [],
        "How many files and connections this process may have open.";
}

/// What the service counts; clones are the same.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Registry>);

impl Default for Metrics {
    fn default() -> Metrics {
        let registry = Arc::new(Registry::default());
        process::measure(&registry);
        Metrics(registry)
    }
}

impl Metrics {
    /// All of it in Prometheus' text form, for `/metrics`; its type is [`CONTENT_TYPE`].
    pub fn prometheus(&self) -> String {
        self.0.prometheus()
    }

    /// All of it as it stands.
    pub fn readings(&self) -> Vec<Reading> {
        self.0.readings()
    }

    /// Adds to a counter of [`ALL`]. Labels come in the order of its declaration.
    pub fn add(&self, family: &'static Family, labels: &[&str], more: u64) {
        self.0.add(family, labels, more as f64);
    }

    /// Counts a value in a histogram of [`ALL`].
    pub fn observe(&self, family: &'static Family, labels: &[&str], value: f64) {
        self.0.observe(family, labels, value);
    }

    /// Lets `source` say what a gauge of [`ALL`] shows: it is asked whenever somebody looks, so it must be cheap.
    pub fn ask(
        &self,
        family: &'static Family,
        source: impl Fn() -> Vec<(Labels, f64)> + Send + Sync + 'static,
    ) {
        self.0.ask(family, source);
    }

    /// Counts a request that was answered. `route` is the pattern of its path, never the path: that could be anything.
    pub fn answered(&self, method: &str, route: &str, status: u16, scheme: &str, seconds: f64) {
        let method = if METHODS.contains(&method) { method } else { "_OTHER" };
        self.observe(&HTTP_SERVER, &[method, route, &status.to_string(), scheme], seconds);
    }

    /// Counts what happened.
    pub fn hear(&self, change: &Change) {
        let project = &*change.project;
        match &change.what {
            What::Began(begun) => {
                let labels = [project, &begun.flow, &begun.cause];
                self.observe(&RUN_START_DELAY, &labels, seconds(begun.late_us));
            }
            What::Moved(moved) => match &moved.state {
                State::Held { .. } => self.add(&RUN_HELD, &[project, &moved.flow], 1),
                state if !state.status().is_open() => {
                    let kind = moved.error_kind.as_deref().unwrap_or_default();
                    let labels = [project, &moved.flow, &moved.cause, state.status().name(), kind];
                    self.observe(&RUN_DURATION, &labels, seconds(moved.took_us));
                }
                _ => {}
            },
            What::Missed { flow, times } => self.add(&SCHEDULE_MISSED, &[project, flow], *times),
            What::Skipped { flow, cause, .. } if &**cause == "schedule" => {
                self.add(&SCHEDULE_SKIPPED, &[project, flow], 1);
            }
            What::Skipped { flow, cause, .. } => self.add(&TRIGGER_SKIPPED, &[project, flow, cause], 1),
            What::Received { source, new, again } => {
                self.add(&EVENT_RECEIVED, &[project, source], *new);
                self.add(&EVENT_DUPLICATE, &[project, source], *again);
                self.0.set(&EVENT_LAST, &[project, source], seconds(change.at_us));
            }
            What::Reconciled { source, events } => {
                self.add(&EVENT_RECONCILED, &[project, source], *events);
            }
            What::Reloaded { version } => self.0.set(&PROJECT_VERSION, &[project], *version as f64),
            What::Refused { .. } => self.add(&PROJECT_REFUSED, &[project], 1),
            What::Trouble { kind, about, .. } => self.add(&TROUBLE, &[project, kind, about], 1),
            What::Switched { .. } => {}
        }
    }
}

/// What runs do outside, of all projects together: connections and cards have the same names wherever they mean the same.
impl Meter for Metrics {
    fn performed(&self, card: &str, connection: &str, well: bool, took: Duration) {
        let result = if well { "done" } else { "failed" };
        self.observe(&CARD_DURATION, &[card, connection, result], took.as_secs_f64());
    }

    fn repeated(&self, card: &str, reason: &'static str) {
        self.add(&EFFECT_REPEATED, &[card, reason], 1);
    }

    fn unsettled(&self, card: &str, reason: &'static str) {
        self.add(&EFFECT_UNSETTLED, &[card, reason], 1);
    }

    fn waits(&self, connection: &str, reason: &'static str, length: Duration) {
        self.observe(&CONNECTION_WAIT, &[connection, reason], length.as_secs_f64());
    }

    fn allows(&self, connection: &str, bucket: &str, requests: u32) {
        self.0.set(&CONNECTION_LIMIT_REMAINING, &[connection, bucket], f64::from(requests));
    }
}

/// The type of what [`Metrics::prometheus`] gives.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The methods that OpenTelemetry knows; a caller can make up any others.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Changes;
    use crate::watch::tests::{began, moved};

    /// Something of each kind, twice where that makes a difference.
    fn day() -> Metrics {
        let (changes, metrics) = (Changes::default(), Metrics::default());
        let project: Arc<str> = Arc::from("people");
        let mut heard = changes.watch();
        let skipped =
            |cause: &str| What::Skipped { flow: "a".into(), cause: cause.into(), why: "off".into() };
        for (at_us, what) in [
            (0, began("r1", "import", "schedule", 1_500_000)),
            (1, moved("r1", "import", "schedule", State::Waiting { wake_us: 9 }, None)),
            (2, moved("r1", "import", "schedule", State::Held { question: "done?".to_owned() }, None)),
            (3, moved("r1", "import", "schedule", State::Failed, Some("RateLimit"))),
            (4, moved("r2", "import", "schedule", State::Done, None)),
            (5_000_000, What::Received { source: "okta".into(), new: 3, again: 2 }),
            (6, What::Reconciled { source: "okta, System Log".into(), events: 2 }),
            (7, skipped("schedule")),
            (8, skipped("user.created")),
            (9, What::Reloaded { version: 4 }),
            (10, What::Refused { why: "a mistake".into() }),
            (11, What::Trouble { kind: "hook".into(), about: "okta".into(), why: "silent".into() }),
            (12, What::Switched { flow: "a".into(), on: true }),
            (13, What::Missed { flow: "a".into(), times: 3 }),
        ] {
            changes.tell(&project, at_us, what);
            metrics.hear(&heard.try_recv().unwrap());
        }
        metrics
    }

    // What each line says follows from the changes above by hand.
    #[test]
    fn what_happens_is_counted() {
        let text = day().prometheus();
        for line in [
            r#"flowrun_run_start_delay_seconds_sum{project="people",flow="import",trigger="schedule"} 1.5"#,
            r#"flowrun_run_held_total{project="people",flow="import"} 1"#,
            r#"flowrun_run_duration_seconds_count{project="people",flow="import",trigger="schedule",result="failed",error_type="RateLimit"} 1"#,
            r#"flowrun_run_duration_seconds_count{project="people",flow="import",trigger="schedule",result="done"} 1"#,
            r#"flowrun_event_received_total{project="people",source="okta"} 3"#,
            r#"flowrun_event_duplicate_total{project="people",source="okta"} 2"#,
            r#"flowrun_event_reconciled_total{project="people",source="okta, System Log"} 2"#,
            r#"flowrun_event_last_timestamp_seconds{project="people",source="okta"} 5"#,
            r#"flowrun_schedule_skipped_total{project="people",flow="a"} 1"#,
            r#"flowrun_schedule_missed_total{project="people",flow="a"} 3"#,
            r#"flowrun_trigger_skipped_total{project="people",flow="a",trigger="user.created"} 1"#,
            r#"flowrun_project_version{project="people"} 4"#,
            r#"flowrun_project_refused_total{project="people"} 1"#,
            r#"flowrun_trouble_total{project="people",kind="hook",about="okta"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        let durations = text.lines().filter(|line| line.contains("run_duration_seconds_count")).count();
        assert_eq!(durations, 2, "a run that waits or is held has not ended");
    }

    #[test]
    fn a_request_is_counted_under_its_route_and_a_method_that_is_known() {
        let metrics = Metrics::default();
        metrics.answered("BREW", "/api/flo/{alias}/invoke", 405, "https", 0.002);
        let line = r#"http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="/api/flo/{alias}/invoke",http_response_status_code="405",url_scheme="https"} 1"#;
        assert!(metrics.prometheus().contains(line), "{}", metrics.prometheus());
    }

    /// All families, so that the tool sees each of them.
    pub(crate) fn everything() -> Metrics {
        let metrics = day();
        for family in ALL {
            let labels = vec!["x \"y\" \\ \n z"; family.labels.len()];
            match family.kind {
                Kind::Histogram(_) => metrics.observe(family, &labels, 0.3),
                Kind::Counter => metrics.add(family, &labels, 1),
                Kind::Gauge => metrics.0.set(family, &labels, 1.0),
            }
        }
        metrics
    }

    #[test]
    #[ignore = "needs promtool: .ci/long runs it"]
    fn promtool_has_nothing_to_say() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let mut tool = Command::new("promtool");
        tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = tool.spawn().expect("promtool is there");
        running.stdin.take().unwrap().write_all(everything().prometheus().as_bytes()).unwrap();
        let said = running.wait_with_output().unwrap();
        let told = [said.stdout, said.stderr].concat();
        assert!(said.status.success() && told.is_empty(), "{}", String::from_utf8_lossy(&told));
    }
}
