//! What stands between a run and the world wraps what performs, and performs itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowrun_core::effect::{Act, Answer, Effect};
use flowrun_core::fault::Fault;
use flowrun_core::machine::Start;
use flowrun_core::report::{Report, Status};
use flowrun_core::value::{Record, Value};
use flowrun_host::driver::{self, RunTime, World};
use flowrun_host::perform::{Panics, Perform, Performing, TimeLimit};
use flowrun_kit::clock::Clock;
use flowrun_kit::stop::Stop;
use flowrun_tests::{compile, sources};

/// Answers in place of cards; no wait takes time.
struct Mock(fn() -> Performing);

impl Perform for Mock {
    fn perform(&self, effect: Effect) -> Performing {
        match effect.act {
            Act::Card(_) => (self.0)(),
            Act::WaitUntil(_) | Act::Pause(_) => Performing::Ended(Ok(Answer::Waited)),
        }
    }
}

/// Counts cards.
struct Count<P>(P, Arc<AtomicUsize>);

impl<P: Perform> Perform for Count<P> {
    fn perform(&self, effect: Effect) -> Performing {
        self.1.fetch_add(usize::from(matches!(effect.act, Act::Card(_))), Ordering::Relaxed);
        self.0.perform(effect)
    }
}

/// Runs one card by `mock`, with two more tries; how it went, and how often it was performed.
async fn run(card: &str, mock: fn() -> Performing) -> (Report, usize) {
    let case = format!(
        "#### file: main.yaml\ncards: [{{ {card}, connection: okta, timeout: 5 s, retry: {{ times: 2, wait: 0 s, on: any }} }}]\n\
         #### file: flowrun.yaml\nconnections: {{ okta: okta }}\n"
    );
    let (clock, count) = (Clock::simulated(0), Arc::new(AtomicUsize::new(0)));
    let performer = Count(TimeLimit(Panics(Mock(mock)), clock.clone()), count.clone());
    let world = World::of(RunTime::new(clock, false), Stop::default(), performer);
    let (program, entry) = compile(&sources(&case), "main", &[]);
    let start = Start::new(entry, Record::default(), "performing", 0);
    let report = driver::run(program, start, &world, &mut (), &mut ()).await.unwrap();
    (report, count.load(Ordering::Relaxed))
}

const READS: &str = "card: okta.read_group, with: { group_id: g1 }";
const CHANGES: &str = "card: okta.create_group, with: { name: Readers }";

#[tokio::test]
async fn a_mock_answers_in_place_of_the_world() {
    let (report, count) =
        run(READS, || Performing::Ended(Ok(Answer::Outputs(vec![Value::from("g1")])))).await;
    assert_eq!((report.status, count), (Status::Done, 1));
}

#[tokio::test]
async fn a_card_that_hangs_or_panics_ends_and_is_not_repeated_if_it_may_have_changed_something() {
    let hangs = || Performing::Open(Box::pin(std::future::pending()));
    let panics_at_once: fn() -> Performing = || panic!("at once");
    let panics_later = || Performing::Open(Box::pin(async { panic!("later") }));
    let fails = || Performing::Ended(Err(Fault::timed_out("too late")));
    for (mock, told) in [
        (hangs as fn() -> Performing, "no answer within 5 s"),
        (panics_at_once, "came to a state that it should never come to"),
        (panics_later, "came to a state that it should never come to"),
        (fails, "too late"),
    ] {
        for card in [READS, CHANGES] {
            let (report, count) = run(card, mock).await;
            let message = report.flow.error.unwrap().message;
            assert!(message.contains(told), "{message}");
            // What failed for certain may be tried again.
            let expected = if card == CHANGES && told != "too late" { 1 } else { 3 };
            assert_eq!(count, expected, "{told}, {card}");
        }
    }
}
