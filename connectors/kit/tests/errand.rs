//! What a card may send follows from what it is declared to do; what is sent is recorded before and after.
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::routing::any;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::activity::Activity;
use flowrun_kit::address::Base;
use flowrun_kit::audit::{Entry, Ledger, Sending};
use flowrun_kit::call::Call;
use flowrun_kit::client::Client;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::direct;
use flowrun_kit::effect::{AnyConnection, Connection, Effect, EffectCard, Pending};
use flowrun_kit::errand::{Errand, Run};
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::line::{Line, Vendor};

pub(crate) const URL: &str = "https://acme.sim";

pub(crate) const ACME: Vendor = Vendor {
    name: "Acme",
    bucket: |_, _| "requests",
    throttle: |_| std::time::Duration::from_secs(1),
    explain: |_| None,
    token_refused: |_| false,
    refused: "",
    forbidden: |_| "".into(),
    absent: |_| None,
    unreachable: "",
    request_id: "x-request-id",
};

/// What happened, in its order.
pub(crate) type Story = Arc<Mutex<Vec<String>>>;

pub(crate) fn told(story: &Story) -> Vec<String> {
    story.lock().unwrap().clone()
}

#[derive(Clone)]
pub(crate) struct Acme(pub(crate) Client);

impl Connection for Acme {
    const CONNECTOR: &'static str = "acme";

    fn on(&self, errand: Errand) -> Option<Acme> {
        Some(Acme(self.0.on(&Arc::new(errand))))
    }

    fn clock(&self) -> Option<&Clock> {
        Some(self.0.clock())
    }
}

/// A card that says that it reads, and sends what it is told to.
#[derive(Inputs)]
struct Reader {
    /// How.
    method: Text,
}

/// A card that does what its method does.
#[derive(Inputs)]
struct Sender {
    /// How.
    method: Text,
}

pub(crate) async fn send(client: &Client, method: &str) -> Result<()> {
    let call = match method {
        "LOGIN" => Call::post("/things").login(),
        method => Call::new(Method::from_bytes(method.as_bytes()).unwrap(), "/things"),
    };
    client.send(call).await.map(|_| ())
}

macro_rules! card {
    ($card:ident, $id:literal, $does:expr) => {
        impl Effect for $card {
            const ID: &'static str = $id;
            const EXPORTED_AS: &'static [&'static str] = &[];
            const EXAMPLES: &'static [Example] = examples! { "" => ok "{}" };
            const DOES: Does = $does;
            const AFTER_CRASH: AfterCrash = AfterCrash::asks("Acme tells nothing");
            type Connection = Acme;
            type Out = ();

            async fn run(self, acme: &Acme) -> Result<()> {
                send(&acme.0, &self.method).await
            }
        }
    };
}

card!(Reader, "acme.read", Does::Reads);
card!(Sender, "acme.send", Does::AsMethod(Self::METHOD));

fn effect_cards() -> [EffectCard; 2] {
    [EffectCard::of::<Reader>(), EffectCard::of::<Sender>()]
}

/// Acme, which answers the first so many requests with this.
pub(crate) fn acme(story: &Story, statuses: Vec<u16>) -> AnyConnection {
    let (story, statuses) = (story.clone(), Arc::new(Mutex::new(statuses.into_iter())));
    let things = any(move |method: Method| async move {
        story.lock().unwrap().push(method.to_string());
        let status = statuses.lock().unwrap().next().unwrap_or(200);
        StatusCode::from_u16(status).unwrap()
    });
    let clock = Clock::starting_at(0, 1.0);
    let transport = SimTransport::new(&clock).host(URL, Router::new().route("/things", things));
    let means = Means::new(Arc::new(transport), clock);
    Arc::new(Acme(Line::new(ACME, Base::parse(URL).unwrap(), &means).open()))
}

pub(crate) fn by(method: &str) -> Value {
    Value::object([("method", method)])
}

#[tokio::test(start_paused = true)]
async fn a_card_that_says_that_it_reads_can_change_nothing() {
    let story = Story::default();
    let acme = acme(&story, Vec::new());
    for method in ["GET", "HEAD", "LOGIN"] {
        direct::perform(&effect_cards(), "acme.read", &by(method), &acme).await.unwrap();
    }
    assert_eq!(told(&story), ["GET", "HEAD", "POST"]);
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let fault = direct::perform(&effect_cards(), "acme.read", &by(method), &acme).await.unwrap_err();
        let message = format!(
            "{method} /things was not sent: it would change something, and the card is declared to change nothing"
        );
        assert_eq!((fault.kind, &*fault.message), (FaultKind::Internal, &*message));
        assert!(fault.help.as_deref().is_some_and(|help| help.contains("a mistake in flowrun")));
    }
    // Nor can a connection that nobody uses on an errand, such as one that is tried out.
    let client = &acme.downcast_ref::<Acme>().unwrap().0;
    assert_eq!(send(client, "POST").await.unwrap_err().kind, FaultKind::Internal);
    assert_eq!(told(&story).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_narrows_what_the_card_may_do() {
    let story = Story::default();
    let acme = acme(&story, Vec::new());
    direct::perform(&effect_cards(), "acme.send", &by("POST"), &acme).await.unwrap();
    direct::perform(&effect_cards(), "acme.send", &by("GET"), &acme).await.unwrap();
    assert_eq!(told(&story), ["POST", "GET"]);
    assert_eq!(Does::AsMethod(Sender::METHOD).with(&[Value::from("PUT")]), Does::Changes(Repeat::Safe));
}

struct Notes(Story);

impl Ledger for Notes {
    fn sending<'a>(&'a self, sending: &'a Sending<'a>) -> Pending<'a, Result<u64>> {
        Box::pin(async move {
            // As a disk does, it takes a while.
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push(format!("sending {} {}", sending.method, sending.path));
            Ok(17)
        })
    }

    fn record(&self, entry: &Entry<'_>) {
        let (status, tries) = (entry.status.unwrap_or_default(), entry.tries);
        let lost = if entry.lost { ", lost" } else { "" };
        self.0.lock().unwrap().push(format!("{}: {status} after {tries}{lost}", entry.number));
    }
}

#[tokio::test(start_paused = true)]
async fn changes_are_recorded_before_they_are_sent_and_when_they_end() {
    for (method, statuses, expected) in [
        ("GET", vec![], vec!["GET"]),
        ("LOGIN", vec![], vec!["POST"]),
        ("POST", vec![], vec!["sending POST /things", "POST", "17: 200 after 1"]),
        ("POST", vec![429, 201], vec!["sending POST /things", "POST", "POST", "17: 201 after 2"]),
        ("POST", vec![502], vec!["sending POST /things", "POST", "17: 502 after 1, lost"]),
        ("PUT", vec![503, 204], vec!["sending PUT /things", "PUT", "PUT", "17: 204 after 2"]),
        ("DELETE", vec![404], vec!["sending DELETE /things", "DELETE", "17: 404 after 1"]),
    ] {
        let story = Story::default();
        let acme = acme(&story, statuses);
        let run = Run { audit: Some(Arc::new(Notes(story.clone()))), ..Run::default() };
        let _ =
            direct::perform_in(Arc::new(run), &effect_cards(), "acme.send", &by(method), &[], &acme).await;
        assert_eq!(told(&story), expected, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn runs_share_a_line_and_count_for_themselves() {
    let story = Story::default();
    let acme = acme(&story, vec![429]);
    let client = &acme.downcast_ref::<Acme>().unwrap().0;
    let activities = [Activity::default(), Activity::default()];
    for activity in &activities {
        let mut errand = Errand::new(Arc::default(), Does::Reads, std::time::Duration::from_secs(60));
        errand.activity = Some(activity.clone());
        client.on(&Arc::new(errand)).send(Call::get("/things")).await.unwrap();
    }
    let throttled: Vec<u64> = activities.iter().map(|activity| activity.tally().throttled).collect();
    let sent: Vec<u64> = activities.iter().map(|activity| activity.tally().requests).collect();
    assert_eq!((throttled, sent), (vec![1, 0], vec![2, 1]));
}
