//! What the tests of these modules share, and the whole of it on a simulated clock.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use flowrun_kit::in_process::SimTransport;
use flowrun_store::State;
use serde_json::json;

use super::logs::Form;
use super::*;
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
        traceparent: None,
        pause: None,
    }))
}

/// A change of the project `people`.
pub fn change(at_us: i64, what: What) -> Change {
    Change { number: 1, at_us, project: "people".into(), what }
}

/// Keeps what is written; clones keep it together.
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// What was written until now.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a host was sent: when, with which headers, and what.
#[derive(Clone, Debug)]
pub struct Got {
    pub at_ms: i64,
    pub path: String,
    pub headers: HeaderMap,
    pub raw: Bytes,
}

impl Got {
    fn body(&self) -> &str {
        std::str::from_utf8(&self.raw).unwrap()
    }
}

/// What a host answers to what it got as its so-manieth request: the status, and `Retry-After`.
type Answer = dyn Fn(&Got, usize) -> (u16, &'static str) + Send + Sync;

/// A host that keeps what it is sent and answers as it is told, then with 204.
#[derive(Clone)]
pub struct Host {
    clock: Clock,
    got: Arc<Mutex<Vec<Got>>>,
    answer: Arc<Answer>,
}

impl Host {
    fn router(&self) -> Router {
        let host = self.clone();
        Router::new().fallback(move |uri: Uri, headers: HeaderMap, raw: Bytes| async move {
            let got = Got { at_ms: host.clock.now_ms(), path: uri.path().to_owned(), headers, raw };
            let mut all = host.got.lock().unwrap();
            let (status, retry_after) = (host.answer)(&got, all.len());
            all.push(got);
            (StatusCode::from_u16(status).unwrap(), [("retry-after", retry_after)])
        })
    }
}

/// What a service told in a test.
pub struct Told {
    pub got: Vec<Got>,
    pub metrics: String,
    pub log: String,
}

impl Told {
    fn bodies(&self) -> Vec<&str> {
        self.got.iter().map(|got| got.body()).collect()
    }

    /// Whether a line stands in the metrics.
    fn counted(&self, line: &str) -> bool {
        self.metrics.lines().any(|found| found == line)
    }
}

/// Lets a watchtower with these settings hear what `happens`, on a simulated clock that begins in 1970; all its addresses lead to
/// one host, whose answers `answer` gives: the status, and how long to wait before the next try.
pub async fn watch<F: Future<Output = ()>>(
    settings: &str,
    answer: impl Fn(&Got, usize) -> (u16, &'static str) + Send + Sync + 'static,
    happens: impl FnOnce(Changes, Clock) -> F,
) -> Told {
    watch_with(None, settings, answer, happens).await
}

/// The same with reports of runs.
pub async fn watch_with<F: Future<Output = ()>>(
    reports: Option<Arc<dyn RunReports>>,
    settings: &str,
    answer: impl Fn(&Got, usize) -> (u16, &'static str) + Send + Sync + 'static,
    happens: impl FnOnce(Changes, Clock) -> F,
) -> Told {
    let (clock, changes, metrics) = (Clock::simulated(0), Changes::default(), Metrics::default());
    let host = Host { clock: clock.clone(), got: Arc::default(), answer: Arc::new(answer) };
    let transport = Arc::new(SimTransport::new(&clock).host("https://host.example", host.router()));
    let written = Written::default();
    let log = Log::new(Form::Text, Level::Error, written.clone());
    let env = [("URL", "https://host.example/in"), ("AUTH", "Splunk abc"), ("SECRET", "whsec")];
    let env: Env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings: Settings = serde_yaml::from_str(settings).unwrap();
    let tower = Watchtower::new(Setup {
        changes: &changes,
        clock: clock.clone(),
        settings: &settings,
        log,
        metrics: metrics.clone(),
        transport,
        env: &env,
        reports,
        links: None,
    });
    let tower = tower.unwrap();
    let (give, stop) = Stop::new();
    let happening = async {
        happens(changes, clock.clone()).await;
        give.send(true).unwrap();
    };
    clock.drive(async { tokio::join!(tower.run(stop), happening) }).await;
    let got = host.got.lock().unwrap().clone();
    Told { got, metrics: metrics.prometheus(), log: written.text() }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn tell(changes: &Changes, clock: &Clock, what: What) {
    changes.tell(&Arc::from("people"), clock.now_ms() * 1000, what);
}

// Fields by Okta's documentation of Execution Log Streaming and the one record of FLOW_COMPLETE that is public; the hash is that
// of `sha256sum` over `ada@example.com`.
#[tokio::test]
async fn a_collector_gets_okta_s_fields() {
    let settings = "
        log_streams:
          - url: $URL
            headers: { authorization: $AUTH, x-source: flowrun }
            org: { id: 00o1, name: Acme, hostname: acme.okta.com }
            except: [noise/]";
    let told = watch(
        settings,
        |_, _| (200, ""),
        |changes, clock| async move {
            tell(&changes, &clock, began("r1", "import", "schedule", 0));
            tell(&changes, &clock, began("r2", "noise/ping", "schedule", 0));
            clock.sleep(Duration::from_millis(1_500)).await;
            tell(&changes, &clock, moved("r1", "import", "schedule", State::Waiting { wake_us: 1 }, None));
            tell(&changes, &clock, moved("r1", "import", "schedule", State::Failed, Some("RateLimit")));
            clock.sleep(DAY).await;
        },
    );
    let told = told.await;
    let org = r#""org_id":"00o1","org_name":"Acme","org_hostname":"acme.okta.com""#;
    let flow = r#""flow_id":"import","flow_name":"The import""#;
    let who = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72";
    let started = format!(
        r#"{{"event_type":"FLOW_START","execution_id":"r1","timestamp":"1970-01-01T00:00:00.000Z",{flow},{org},"user_email":"{who}","folder_name":"people","cause":"schedule"}}"#
    );
    let failed = format!(
        r#"{{"event_type":"FLOW_FAIL","execution_id":"r1","timestamp":"1970-01-01T00:00:01.500Z",{flow},{org},"folder_name":"people","cause":"schedule","duration":2000,"step_count":7,"error_type":"RateLimit","error_message":"too many requests"}}"#
    );
    assert_eq!(told.bodies(), [started, failed]);
    let headers = &told.got[0].headers;
    assert_eq!(
        (&headers["authorization"], &headers["x-source"]),
        (&"Splunk abc".parse().unwrap(), &"flowrun".parse().unwrap())
    );
    assert_eq!(headers["content-type"], "application/json");
    assert!(told.counted(r#"flowrun_watch_sent_total{to="log stream"} 2"#), "{}", told.metrics);
}

#[tokio::test]
async fn a_template_makes_what_is_sent_and_events_are_chosen() {
    let settings = r#"
        log_streams:
          - url: $URL
            events: [completed]
            body: '{"event": {{ record | tojson }}, "sourcetype": "{{ record.event_type }}"}'"#;
    let told = watch(
        settings,
        |_, _| (200, ""),
        |changes, clock| async move {
            tell(&changes, &clock, began("r1", "a \"b\"", "schedule", 0));
            tell(&changes, &clock, moved("r1", "a \"b\"", "schedule", State::Done, None));
            clock.sleep(DAY).await;
        },
    );
    let told = told.await;
    let [body] = &told.bodies()[..] else { panic!("{:?}", told.bodies()) };
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["sourcetype"], "FLOW_COMPLETE");
    assert_eq!((&body["event"]["flow_id"], &body["event"]["step_count"]), (&json!("a \"b\""), &json!(7)));
}

#[tokio::test]
async fn what_a_collector_can_t_take_now_it_gets_later_and_each_run_in_its_order() {
    let settings = "log_streams: [{ url: $URL }]";
    // Down for an hour; r1 is asked to wait first.
    let answer = |got: &Got, number: usize| match (number, got.at_ms) {
        (0, _) => (429, "120"),
        (_, ..3_600_000) => (503, ""),
        _ => (200, ""),
    };
    let runs: Vec<String> = (0..40).map(|run| format!("r{run}")).collect();
    let told = watch(settings, answer, |changes, clock| async move {
        for run in &runs {
            tell(&changes, &clock, began(run, "import", "schedule", 0));
        }
        for run in &runs {
            tell(&changes, &clock, moved(run, "import", "schedule", State::Done, None));
        }
        clock.sleep(DAY).await;
    });
    let told = told.await;
    let first_lane: Vec<i64> =
        told.got.iter().filter(|got| got.body() == told.got[0].body()).map(|got| got.at_ms).collect();
    assert_eq!(first_lane[..2], [0, 120_000], "Retry-After is kept to");
    let taken = told.got.iter().filter(|got| got.at_ms >= 3_600_000).map(|got| got.body());
    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for body in taken {
        let record: serde_json::Value = serde_json::from_str(body).unwrap();
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        states.entry(text("execution_id")).or_default().push(text("event_type"));
    }
    assert_eq!(states.len(), 40);
    assert!(states.values().all(|types| types == &["FLOW_START", "FLOW_COMPLETE"]), "{states:?}");
    assert_eq!(told.log, "");
}

#[tokio::test]
async fn what_never_arrives_is_counted() {
    let settings = "log_streams: [{ url: $URL }]";
    let began_and_wait = |runs: usize, wait: Duration| {
        move |changes: Changes, clock: Clock| async move {
            for run in 0..runs {
                tell(&changes, &clock, began(&format!("r{run}"), "import", "schedule", 0));
                // The watchtower is slower than this loop otherwise, and the memory of changes has an end.
                if run % 500 == 0 {
                    clock.sleep(Duration::from_millis(1)).await;
                }
            }
            clock.sleep(wait).await;
        }
    };
    let refused = watch(settings, |_, _| (401, ""), began_and_wait(1, DAY)).await;
    assert_eq!(refused.got.len(), 1, "what is refused is not tried again");
    assert!(refused.counted(r#"flowrun_watch_lost_total{to="log stream",reason="refused"} 1"#));
    assert!(
        refused.log.contains("1 messages to the log stream are lost; of the last one: the answer was 401")
    );

    let old = watch(settings, |_, _| (500, ""), began_and_wait(1, 2 * DAY)).await;
    assert!(old.counted(r#"flowrun_watch_lost_total{to="log stream",reason="too old"} 1"#));
    let (first, last) = (old.got[0].at_ms, old.got[old.got.len() - 1].at_ms);
    assert!((23 * 3_600_000..=24 * 3_600_000).contains(&(last - first)), "for a day: {last}");

    let stopped = watch(settings, |_, _| (500, ""), began_and_wait(3, Duration::ZERO)).await;
    assert!(stopped.counted(r#"flowrun_watch_lost_total{to="log stream",reason="stopped"} 3"#));
    assert!(stopped.got.iter().all(|got| got.at_ms <= 5_001), "five seconds, then it ends");

    let full = stream::MOST_WAITING as usize + 25;
    let full = watch(settings, |_, _| (500, ""), began_and_wait(full, Duration::from_secs(1))).await;
    assert!(
        full.counted(r#"flowrun_watch_lost_total{to="log stream",reason="queue full"} 25"#),
        "{}",
        full.metrics
    );
    assert!(full.log.lines().count() < 10, "the log is not filled with it");
}

// The signature is that of Python's hmac over `7.` and the body.
#[tokio::test]
async fn people_are_told_by_slack_teams_and_webhook() {
    let settings = "
        notices:
          - slack: $URL
            of: [hook]
          - teams: $URL
            of: [held]
          - webhook: { url: https://host.example/hook, secret: $SECRET }
            of: [failed]
            flows: [import]";
    let told = watch(
        settings,
        |_, _| (200, ""),
        |changes, clock| async move {
            clock.sleep(Duration::from_secs(7)).await;
            tell(&changes, &clock, moved("r1", "import", "schedule", State::Failed, Some("RateLimit")));
            tell(&changes, &clock, moved("r2", "other", "schedule", State::Failed, Some("RateLimit")));
            clock.sleep(Duration::from_secs(1)).await;
            let why = "silent since <https://evil.example|Monday> & <!channel>";
            tell(
                &changes,
                &clock,
                What::Trouble { kind: "hook".into(), about: "okta".into(), why: why.into() },
            );
            clock.sleep(Duration::from_secs(1)).await;
            let held = State::Held { question: "was [it](https://evil.example) sent?".to_owned() };
            tell(&changes, &clock, moved("r3", "order", "endpoint", held, None));
            clock.sleep(DAY).await;
        },
    );
    let told = told.await;
    let [webhook, slack, teams] = &told.got[..] else { panic!("{:?}", told.got) };
    let body = r#"{"kind":"failed","project":"people","flow":"import","run":"r1","at":"1970-01-01T00:00:07.000Z","times":1,"since":"1970-01-01T00:00:07.000Z","subject":"import failed","what":"too many requests","to_do":"look at it with `flowrun runs show r1`; when its cause is mended, run it again with `flowrun rerun r1`"}"#;
    assert_eq!((&*webhook.path, webhook.body()), ("/hook", body));
    assert_eq!(
        webhook.headers[SIGNATURE],
        "t=7,v1=c4c8c5513103be0b7f57e6b093a709bf89829b71a9c9401888399b2c8d059178"
    );
    let text = "*people: trouble with the hook okta*\nWhat happened: silent since &lt;https://evil.example|Monday&gt; &amp; &lt;!channel&gt;\nWhere: at 1970-01-01T00:00:08.000Z\nWhat to do: look at the hook's status with `flowrun hooks status`\n";
    assert_eq!(slack.body(), json!({ "text": text }).to_string());
    let teams: serde_json::Value = serde_json::from_str(teams.body()).unwrap();
    let content = &teams["attachments"][0]["content"];
    assert_eq!((&teams["type"], &content["type"]), (&json!("message"), &json!("AdaptiveCard")));
    assert_eq!(content["body"][1]["text"], r"What happened: was \[it\]\(https://evil.example\) sent?");
}

#[tokio::test]
async fn many_failures_of_a_flow_are_one_notice_that_counts_them() {
    let settings = "notices: [{ webhook: { url: https://host.example/hook } }]";
    let told = watch(
        settings,
        |_, _| (200, ""),
        |changes, clock| async move {
            for run in 0..100 {
                let run = format!("r{run}");
                tell(&changes, &clock, moved(&run, "import", "schedule", State::Failed, Some("RateLimit")));
                clock.sleep(Duration::from_secs(10)).await;
            }
            // The process ends before the next ten minutes are over: what was kept is told.
        },
    );
    let told = told.await;
    let notices: Vec<(i64, i64)> = told
        .got
        .iter()
        .map(|got| {
            let notice: serde_json::Value = serde_json::from_str(got.body()).unwrap();
            (got.at_ms / 1000, notice["times"].as_i64().unwrap())
        })
        .collect();
    // At once the first, after ten minutes those of 10 s to 590 s (and of 600 s, which comes just before), the rest at the end.
    assert_eq!(notices.iter().map(|(_, times)| times).sum::<i64>(), 100);
    assert_eq!(notices.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 600, 1000], "{notices:?}");
}

#[tokio::test]
async fn who_is_too_slow_to_hear_catches_up_or_says_what_was_lost() {
    for (changes_at_once, counted, lost) in [(3_000, 3_000, 0), (6_000, 0, 6_000)] {
        let told = watch(
            "{}",
            |_, _| (200, ""),
            |changes, clock| async move {
                for run in 0..changes_at_once {
                    tell(&changes, &clock, moved(&format!("r{run}"), "import", "c", State::Done, None));
                }
                clock.sleep(Duration::from_secs(1)).await;
            },
        );
        let told = told.await;
        let line = format!(
            r#"flowrun_run_duration_seconds_count{{project="people",flow="import",trigger="c",result="done"}} {counted}"#
        );
        assert_eq!(told.counted(&line), counted > 0, "{}", told.metrics);
        let line = format!(r#"flowrun_watch_lost_total{{to="watch",reason="too much"}} {lost}"#);
        assert_eq!(told.counted(&line), lost > 0);
    }
}

#[test]
fn settings_that_lack_something_are_refused_with_a_remedy() {
    let table = [
        (
            "log_streams: [{ url: 'http://logs.example.com' }]",
            "`log_streams.url` isn't an address to send to: it begins with `http:`",
        ),
        (
            "log_streams: [{ url: $URL, body: '{{ x }}' }]",
            "`log_streams.body` isn't a template: it reads `x`",
        ),
        ("log_streams: [{ url: $NONE }]", "`log_streams.url`: the variable NONE is not set"),
        (
            "notices: [{ slack: 'https://hooks.slack.com/services/T/B/x' }]",
            "`notices.slack` is a secret and stands in the project",
        ),
        ("notices: [{ slack: $URL, teams: $URL }]", "each of `notices` goes one way"),
        ("notices: [{ of: [failed] }]", "each of `notices` goes one way"),
        (
            "notices: [{ mail: { server: $CLEAR, from: a@b.example, to: [c@d.example] } }]",
            "`notices.mail.server` isn't a mail server: it would be reached without TLS",
        ),
        (
            "notices: [{ mail: { server: $TLS, from: a, to: [c@d.example] } }]",
            "`notices.mail.from` isn't a mail address",
        ),
        (
            "notices: [{ mail: { server: $TLS, from: a@b.example, to: [] } }]",
            "`notices.mail.to` names nobody",
        ),
    ];
    let clock = Clock::simulated(0);
    let env = [
        ("URL", "https://host.example/in"),
        ("CLEAR", "smtp://u:p@mail.example.com"),
        ("TLS", "smtps://u:p@mail.example.com"),
    ];
    let env: Env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for (settings, message) in table {
        let settings: Settings = serde_yaml::from_str(settings).unwrap();
        let transport = Arc::new(SimTransport::new(&clock));
        let tower = Watchtower::new(Setup {
            changes: &Changes::default(),
            clock: clock.clone(),
            settings: &settings,
            log: Log::off(),
            metrics: Metrics::default(),
            transport,
            env: &env,
            links: None,
            reports: None,
        });
        assert_eq!(tower.unwrap_err().message, message);
    }
}

// What the alerts and the dashboard read there must be, under the names that Prometheus sees.
#[test]
fn alerts_and_dashboard_read_what_is_counted() {
    let known: Vec<String> = metrics::ALL.iter().map(|family| family.exposed()).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy");
    let mut read = 0;
    for file in ["alerts.yaml", "alerts.test.yaml", "dashboard.json", "README.md"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        for word in words.filter(|word| word.starts_with("flowrun_") || word.starts_with("process_")) {
            read += 1;
            let family = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
            let named = |name: &str| known.iter().any(|known| known == name);
            assert!(named(word) || family.is_some_and(named), "{file} reads {word}, which nobody counts");
        }
    }
    assert!(read > 30, "{read}");
}

// The manual's settings are ones that a service takes.
#[test]
fn the_settings_of_the_manual_are_taken() {
    #[derive(serde::Deserialize)]
    struct File {
        tell: Settings,
    }
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy/README.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next());
    let told: Vec<&str> = blocks.filter(|block| block.starts_with("tell:")).collect();
    assert_eq!(told.len(), 2, "who is told what, and traces");
    let env = [
        ("SPLUNK_AUTHORIZATION", "Splunk abc"),
        ("SMTP_URL", "smtps://user:password@mail.example.com"),
        ("SLACK_WEBHOOK", "https://hooks.slack.com/services/T/B/x"),
        ("TEAMS_WEBHOOK", "https://example.webhook.office.com/x"),
        ("OPS_SECRET", "whsec"),
    ];
    let env: Env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let File { tell } = serde_yaml::from_str(told[0]).unwrap();
    assert_eq!((tell.log_streams.len(), tell.notices.len()), (1, 4));
    let clock = Clock::simulated(0);
    let tower = Watchtower::new(Setup {
        changes: &Changes::default(),
        clock: clock.clone(),
        settings: &tell,
        log: Log::off(),
        metrics: Metrics::default(),
        transport: Arc::new(SimTransport::new(&clock)),
        env: &env,
        links: None,
        reports: None,
    });
    tower.unwrap();
    let File { tell } = serde_yaml::from_str(told[1]).unwrap();
    assert!(tell.otel.is_some());
}
