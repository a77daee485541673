//! What became of a performance that a crash cut off: a look only reads, believes twice that nothing happened, and knows how far
//! two clocks can be trusted.

use std::sync::Arc;

use axum::Router;
use axum::http::header::DATE;
use axum::routing::get;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Record, Text, parse_date};
use flowrun_core::{Inputs, examples};
use flowrun_kit::address::Base;
use flowrun_kit::call::Call;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::direct;
use flowrun_kit::effect::{AnyConnection, Effect, EffectCard};
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::line::Line;
use flowrun_kit::settled::{Began, Settled, When};

use crate::errand::{ACME, Acme, Story, URL, acme, by, send, told};

/// A card that makes a thing, and looks for it by what it is told to send.
#[derive(Inputs)]
struct Maker {
    /// How it looks.
    method: Text,
}

impl Effect for Maker {
    const ID: &'static str = "acme.make";
    const EXPORTED_AS: &'static [&'static str] = &[];
    const EXAMPLES: &'static [Example] = examples! { "" => ok "{}" };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by its name");
    type Connection = Acme;
    type Out = ();

    async fn run(self, acme: &Acme) -> Result<()> {
        send(&acme.0, "POST").await
    }

    async fn settle(self, acme: &Acme, _: Began) -> Result<Settled<()>> {
        match send(&acme.0, &self.method).await {
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(Settled::DidNot),
            looked => looked.map(Settled::Happened),
        }
    }
}

/// A card that makes a thing, of which Acme tells nothing.
#[derive(Inputs)]
struct Sayer {
    /// Anything.
    method: Text,
}

impl Effect for Sayer {
    const ID: &'static str = "acme.say";
    const EXPORTED_AS: &'static [&'static str] = &[];
    const EXAMPLES: &'static [Example] = examples! { "" => ok "{}" };
    const DOES: Does = Does::AsMethod(Self::METHOD);
    const AFTER_CRASH: AfterCrash = AfterCrash::asks("Acme tells nothing");
    type Connection = Acme;
    type Out = ();

    async fn run(self, acme: &Acme) -> Result<()> {
        send(&acme.0, &self.method).await
    }
}

async fn settle(card: &str, method: &str, acme: &AnyConnection) -> Result<Settled<Record>> {
    let cards = [EffectCard::of::<Maker>(), EffectCard::of::<Sayer>()];
    direct::settle(&cards, card, &by(method), acme, 0).await
}

/// A request may still be on its way when the first look finds nothing.
#[tokio::test(start_paused = true)]
async fn that_nothing_happened_is_believed_twice() {
    for (answers, settled, seconds) in [
        (vec![200], Settled::Happened(Record::default()), 0),
        (vec![404, 200], Settled::Happened(Record::default()), 60),
        (vec![404, 404], Settled::DidNot, 60),
    ] {
        let (story, asked) = (Story::default(), answers.len());
        let acme = acme(&story, answers);
        let began = tokio::time::Instant::now();
        assert_eq!(settle("acme.make", "GET", &acme).await.unwrap(), settled);
        assert_eq!((told(&story).len(), began.elapsed().as_secs()), (asked, seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_can_change_nothing() {
    let story = Story::default();
    let acme = acme(&story, Vec::new());
    let fault = settle("acme.make", "POST", &acme).await.unwrap_err();
    assert!(fault.kind == FaultKind::Internal && fault.message.contains("was not sent"), "{fault}");
    assert!(told(&story).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_look_up_is_asked() {
    let story = Story::default();
    let acme = acme(&story, Vec::new());
    let Settled::Unknown(fault) = settle("acme.say", "POST", &acme).await.unwrap() else {
        panic!("nobody knows")
    };
    assert_eq!(
        fault.to_string(),
        "Uncertain: a crash came between a request of `acme.say` and its answer, and nobody knows whether it took effect: Acme \
         tells nothing"
    );
    assert!(fault.lost && fault.help.is_some());
    assert_eq!(settle("acme.say", "PUT", &acme).await.unwrap(), Settled::DidNot, "it is done again");
    assert!(told(&story).is_empty(), "nobody was asked");
}

/// Acme's clock is an hour ahead, as its answers say.
#[tokio::test(start_paused = true)]
async fn times_are_compared_by_the_vendors_clock() {
    const NOW: &str = "2026-11-22T09:00:00Z";
    let now_ms = parse_date(NOW).unwrap().millis();
    let clock = Clock::starting_at(now_ms, 1.0);
    let things = get(|| async { [(DATE, "Sun, 22 Nov 2026 10:00:00 GMT")] });
    let transport = SimTransport::new(&clock).host(URL, Router::new().route("/things", things));
    let means = Means::new(Arc::new(transport), clock);
    let client = Line::new(ACME, Base::parse(URL).unwrap(), &means).open();
    client.send(Call::get("/things")).await.unwrap();
    let began = Began::at(now_ms - 60_000);
    for (theirs, when) in [
        ("2026-11-22T09:59:00Z", When::Since),
        ("2026-11-22T10:00:30Z", When::Since),
        // Whole seconds, and the answer's own way.
        ("2026-11-22T09:58:59Z", When::Since),
        ("2026-11-22T09:58:50Z", When::Unclear),
        ("2026-11-22T09:50:00Z", When::Unclear),
        ("2026-11-22T09:48:00Z", When::Before),
        ("2026-11-22T08:59:30Z", When::Before),
    ] {
        assert_eq!(began.against(&client, parse_date(theirs)), when, "{theirs}");
    }
    assert_eq!(began.against(&client, None), When::Unclear);
    let tomorrow = Began::at(now_ms + 86_400_000);
    assert_eq!(tomorrow.against(&client, parse_date(NOW)), When::Unclear, "our clock was set back");
}
