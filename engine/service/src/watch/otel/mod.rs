//! Traces and metrics for a collector of OpenTelemetry: OTLP over HTTP, in binary form.

pub mod spans;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use prost::Message;
use tokio::sync::mpsc;

use self::spans::{Caller, spans};
use self::wire::{
    CUMULATIVE, Data, Gauge, Histogram, Metric, NumberPoint, Numbers, Resource, ResourceMetrics,
    ResourceSpans, Scope, ScopeMetrics, ScopeSpans, Span, SpreadPoint, Sum, Traces, text,
};
use super::registry::{Kind, Reading, Sample};
use super::sending::{Lost, Outside, Try, Way};
use super::settings::{Env, OtelSettings, address, headers, value};
use super::{RunReports, Work};
use crate::changes::{Change, Moved, What};

/// So many runs wait at most until their spans are taken.
const MOST_WAITING: u64 = 1_000;

/// Spans are offered for so long.
const PATIENCE: Duration = Duration::from_secs(600);

/// Spans of so many runs go out together.
const AT_ONCE: usize = 64;

/// Metrics go out so often.
const EVERY: Duration = Duration::from_secs(60);

/// Where runs that have ended go in, on their way to a collector.
#[derive(Debug)]
pub struct Otel {
    ended: mpsc::UnboundedSender<Ended>,
    way: Arc<Way>,
}

#[derive(Debug)]
struct Ended {
    project: Arc<str>,
    moved: Arc<Moved>,
    number: u64,
}

struct Collector {
    way: Arc<Way>,
    traces: String,
    metrics: String,
    headers: HeaderMap,
    resource: Resource,
    reports: Arc<dyn RunReports>,
}

impl Otel {
    /// The way to a collector, and the work that has to go on for it: it ends when the way is dropped and all is sent.
    pub fn new(
        settings: &OtelSettings,
        outside: &Outside,
        reports: Arc<dyn RunReports>,
        env: &Env,
    ) -> Result<(Otel, Work), Problem> {
        let endpoint = address("otel.endpoint", &value("otel.endpoint", &settings.endpoint, env)?)?;
        let mut headers = headers("otel.headers", &settings.headers, env)?;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let way = Arc::new(Way::new(outside, "otel", MOST_WAITING));
        let service = settings.service.as_deref().unwrap_or("flowrun");
        let base = endpoint.as_str().trim_end_matches('/');
        let collector = Collector {
            way: way.clone(),
            traces: format!("{base}/v1/traces"),
            metrics: format!("{base}/v1/metrics"),
            headers,
            resource: Resource {
                attributes: vec![
                    text("service.name", service),
                    text("service.version", env!("CARGO_PKG_VERSION")),
                ],
            },
            reports,
        };
        let (ended, coming) = mpsc::unbounded_channel();
        Ok((Otel { ended, way }, Box::pin(collector.work(coming))))
    }

    /// Takes what happened; nobody is waited for.
    pub fn hear(&self, change: &Change) {
        let What::Moved(moved) = &change.what else { return };
        if !moved.state.status().is_open() && self.way.begin() {
            let ended =
                Ended { project: change.project.clone(), moved: moved.clone(), number: change.number };
            // Nobody takes it any more only when the service ends; the way counts it then.
            let _ = self.ended.send(ended);
        }
    }
}

impl Collector {
    async fn work(self, ended: mpsc::UnboundedReceiver<Ended>) {
        let (over, mut is_over) = tokio::sync::oneshot::channel::<()>();
        let spans = async {
            self.send_spans(ended).await;
            drop(over);
        };
        let numbers = async {
            let clock = &self.way.outside().clock;
            let start_ms = clock.now_ms();
            loop {
                tokio::select! {
                    biased;
                    _ = &mut is_over => break,
                    () = clock.sleep(EVERY) => self.send_numbers(start_ms).await,
                }
            }
            self.send_numbers(start_ms).await;
        };
        tokio::join!(spans, numbers);
    }

    async fn send_spans(&self, mut ended: mpsc::UnboundedReceiver<Ended>) {
        let mut runs = Vec::new();
        while ended.recv_many(&mut runs, AT_ONCE).await > 0 {
            let number = runs.first().map_or(0, |run: &Ended| run.number);
            let (how_many, mut all) = (runs.len(), Vec::new());
            for run in runs.drain(..) {
                all.extend(self.spans(run).await);
            }
            let outside = self.way.outside();
            let body = Traces { resource_spans: vec![self.of_resource(all)] }.encode_to_vec();
            let once = || outside.post(&self.traces, &self.headers, body.clone());
            let sent = outside.until(outside.clock.now_ms(), PATIENCE, number, once).await;
            (0..how_many).for_each(|_| self.way.end(sent.clone()));
        }
    }

    /// The spans of a run; none if nobody has its report any more.
    async fn spans(&self, run: Ended) -> Vec<Span> {
        let Some(report) = self.reports.of(&run.project, &run.moved.run).await else {
            return Vec::new();
        };
        let caller = run.moved.traceparent.as_deref().and_then(Caller::parse);
        spans(&run.project, &run.moved, &report, caller.as_ref(), &|card| self.reports.reaches(card))
    }

    fn of_resource(&self, spans: Vec<Span>) -> ResourceSpans {
        let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans }];
        ResourceSpans { resource: Some(self.resource.clone()), scope_spans }
    }

    /// Sends what is counted, once: the next time it is all there again.
    async fn send_numbers(&self, start_ms: i64) {
        let outside = self.way.outside();
        let metrics = numbers(&outside.metrics.readings(), start_ms, &outside.clock);
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope()), metrics }];
        let resource = Some(self.resource.clone());
        let request = Numbers { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] };
        let sent = outside.post(&self.metrics, &self.headers, request.encode_to_vec()).await;
        if let Try::Again(why, _) | Try::Never(why) = sent {
            self.way.lose(&Lost { reason: "refused", why }, 1);
        }
    }
}

fn scope() -> Scope {
    Scope { name: "flowrun".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn numbers(readings: &[Reading], start_ms: i64, clock: &Clock) -> Vec<Metric> {
    let nanos = |ms: i64| u64::try_from(ms).unwrap_or_default() * 1_000_000;
    let (start_time_unix_nano, time_unix_nano) = (nanos(start_ms), nanos(clock.now_ms()));
    readings
        .iter()
        .map(|(family, series)| {
            let (mut points, mut spreads) = (Vec::new(), Vec::new());
            for (labels, sample) in series {
                let said = family.labels.iter().zip(labels).filter(|(_, value)| !value.is_empty());
                let attributes = said.map(|(key, value)| text(key, &**value)).collect();
                match (sample, family.kind) {
                    (Sample::Number(number), _) => points.push(NumberPoint {
                        attributes,
                        start_time_unix_nano,
                        time_unix_nano,
                        as_double: Some(*number),
                    }),
                    (Sample::Spread { counts, sum }, Kind::Histogram(bounds)) => {
                        spreads.push(SpreadPoint {
                            attributes,
                            start_time_unix_nano,
                            time_unix_nano,
                            count: counts.iter().sum(),
                            sum: Some(*sum),
                            bucket_counts: counts.clone(),
                            explicit_bounds: bounds.to_vec(),
                        });
                    }
                    (Sample::Spread { .. }, _) => {}
                }
            }
            let aggregation_temporality = CUMULATIVE;
            let data = match family.kind {
                Kind::Gauge => Data::Gauge(Gauge { data_points: points }),
                Kind::Counter => {
                    Data::Sum(Sum { data_points: points, aggregation_temporality, is_monotonic: true })
                }
                Kind::Histogram(_) => {
                    Data::Histogram(Histogram { data_points: spreads, aggregation_temporality })
                }
            };
            Metric {
                name: family.name.to_owned(),
                description: family.help.to_owned(),
                unit: family.unit.to_owned(),
                data: Some(data),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use flowrun_core::report::Report;
    use flowrun_kit::effect::Pending;
    use flowrun_store::{RunId, State};
    use serde_json::json;

    use super::*;
    use crate::changes::Changes;
    use crate::watch::RunReports;
    use crate::watch::tests::{Told, moved, watch_with};

    /// A run of three seconds: a card that reached outside, a wait of a second, a helper flow whose card failed.
    fn report() -> Report {
        let card = |id: &str, card: &str, status: &str, from: f64, took: f64| {
            json!({ "id": id, "card": card, "title": "", "status": status, "started_ms": from, "duration_ms": took,
                "tries": 2, "inputs": null, "outputs": null })
        };
        let error = json!({ "kind": "RateLimit", "message": "too many requests" });
        let mut read = card("read", "okta.read_user", "failed", 1600.0, 400.0);
        read["error"] = error.clone();
        let helper = json!({ "name": "The helper", "path": "helper", "index": 4, "status": "failed", "duration_ms": 500.0,
            "inputs": null, "outputs": null, "error": error, "cards": [read] });
        let mut each = card("each", "lists.for_each", "failed", 1500.0, 600.0);
        for (key, value) in [
            ("helper", json!("helper")),
            ("total", json!(9)),
            ("done", json!(5)),
            ("failed", json!(1)),
            ("items", json!([helper])),
        ] {
            each[key] = value;
        }
        let cards = json!([
            card("send", "http.post", "done", 0.0, 250.0),
            card("wait", "flow_control.wait_for", "done", 250.0, 1000.0),
            each,
        ]);
        let flow = json!({ "name": "The import", "path": "import", "status": "failed", "duration_ms": 3000.0, "inputs": null,
            "outputs": null, "error": error, "cards": cards });
        serde_json::from_value(
            json!({ "version": 1, "run": "r1", "status": "failed", "started": "2026-11-28T07:00:00.000Z",
            "duration_ms": 3000.0, "counts": { "cards": 7, "effects": 3, "flows": 2 }, "flow": flow }),
        )
        .unwrap()
    }

    struct Known;

    impl RunReports for Known {
        fn of(&self, project: &str, run: &RunId) -> Pending<'_, Option<Report>> {
            assert_eq!((project, &**run), ("people", "r1"));
            Box::pin(async { Some(report()) })
        }

        fn reaches(&self, card: &str) -> bool {
            card.starts_with("http.") || card.starts_with("okta.")
        }
    }

    async fn told(traceparent: Option<&'static str>) -> Told {
        let reports = Arc::new(Known);
        let settings = "otel: { endpoint: 'https://host.example/otlp/', headers: { authorization: $AUTH } }";
        let once_busy = |_: &_, number| if number == 0 { (503, "") } else { (200, "") };
        watch_with(Some(reports), settings, once_busy, |changes: Changes, clock: Clock| async move {
            let mut failed = moved("r1", "import", "endpoint", State::Failed, Some("RateLimit"));
            if let What::Moved(moved) = &mut failed {
                Arc::make_mut(moved).traceparent = traceparent.map(Arc::from);
            }
            changes.tell(&Arc::from("people"), 0, failed);
            clock.sleep(Duration::from_secs(90)).await;
        })
        .await
    }

    // What each span must say follows from the report above by hand: 2026-11-28T07:00:00Z is 1,795,849,200 s.
    #[tokio::test]
    async fn a_run_is_a_trace() {
        let told = told(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")).await;
        let traces: Vec<&_> = told.got.iter().filter(|got| got.path == "/otlp/v1/traces").collect();
        assert_eq!(traces.len(), 2, "once more after 503");
        assert_eq!(
            (&traces[1].headers["content-type"], &traces[1].headers["authorization"]),
            (&"application/x-protobuf".parse().unwrap(), &"Splunk abc".parse().unwrap())
        );
        let sent = Traces::decode(traces[1].raw.clone()).unwrap();
        let spans = &sent.resource_spans[0].scope_spans[0].spans;
        let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["run import", "http.post", "flow helper", "okta.read_user"]);
        let [root, post, helper, read] = &spans[..] else { panic!("four") };
        assert_eq!(root.parent_span_id, [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
        assert!(spans.iter().all(|span| span.trace_id[..2] == [0x4b, 0xf9]));
        assert_eq!(
            (&post.parent_span_id, &helper.parent_span_id, &read.parent_span_id),
            (&root.span_id, &root.span_id, &helper.span_id)
        );
        let start = 1_795_849_200_000_000_000;
        let times = |span: &Span| {
            ((span.start_time_unix_nano - start) / 1_000_000, (span.end_time_unix_nano - start) / 1_000_000)
        };
        assert_eq!([root, post, helper, read].map(times), [(0, 3000), (0, 250), (1600, 2100), (1600, 2000)]);
        assert_eq!(root.events.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["wait"]);
        assert_eq!((root.kind, post.kind, helper.kind), (2, 3, 1), "server, client, internal");
        let codes: Vec<i32> =
            spans.iter().map(|span| span.status.as_ref().map_or(0, |status| status.code)).collect();
        assert_eq!(codes, [2, 0, 2, 2]);
    }

    #[tokio::test]
    async fn metrics_go_out_every_minute_and_at_the_end() {
        let told = told(None).await;
        let sent: Vec<_> = told.got.iter().filter(|got| got.path == "/otlp/v1/metrics").collect();
        assert_eq!(sent.iter().map(|got| got.at_ms).collect::<Vec<_>>(), [60_000, 90_000]);
        let numbers = Numbers::decode(sent[0].raw.clone()).unwrap();
        let metrics = &numbers.resource_metrics[0].scope_metrics[0].metrics;
        let duration = metrics.iter().find(|metric| metric.name == "flowrun.run.duration").unwrap();
        let Some(Data::Histogram(histogram)) = &duration.data else { panic!("{duration:?}") };
        let point = &histogram.data_points[0];
        assert_eq!((&*duration.unit, point.count, point.sum), ("s", 1, Some(2.0)));
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    }

    #[tokio::test]
    #[ignore = "writes what is sent for tests/otlp/run, which .ci/long runs"]
    async fn what_is_sent_is_written_down() {
        let folder = std::path::PathBuf::from(std::env::var_os("FLOWRUN_OTLP").expect("a folder"));
        for (number, got) in told(None).await.got.iter().enumerate() {
            let kind = got.path.rsplit('/').next().unwrap();
            std::fs::write(folder.join(format!("{number}.{kind}")), &got.raw).unwrap();
        }
    }
}
