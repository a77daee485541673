//! The way to the simulators and back, which takes its time. When a process dies, some of its requests are on the way: they come to their
//! end without it, or never arrive.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use flowrun_core::effect::EffectId;
use flowrun_kit::audit::Sending;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_kit::settled::QUIET;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::chance::{Chance, Life};

thread_local! {
    /// The effect that is being performed.
    pub static CURRENT: Cell<Option<EffectId>> = const { Cell::new(None) };
}

/// A request that changes something, as it came to a simulator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    pub method: String,
    pub path: String,
    pub body: String,
    /// Whether it did what it was to do.
    pub done: bool,
}

/// The world outside, which no crash touches.
pub struct Wire {
    within: Box<dyn Transport>,
    clock: Clock,
    chance: Arc<Chance>,
    /// Which requests of an effect change something: method and path.
    announced: Mutex<BTreeMap<EffectId, BTreeSet<(String, String)>>>,
    once: Mutex<BTreeSet<EffectId>>,
    arrivals: Mutex<BTreeMap<EffectId, Vec<Arrival>>>,
    /// What is on its way although its process is gone.
    afloat: Mutex<FuturesUnordered<Pending<'static, ()>>>,
    /// What never arrived, and what arrived although nobody was there to hear the answer.
    pub lost: Mutex<(u64, u64)>,
}

type Answer = Result<Response, TransportError>;

impl Wire {
    pub fn new(within: impl Transport + 'static, clock: Clock, chance: Arc<Chance>) -> Wire {
        Wire {
            within: Box::new(within),
            clock,
            chance,
            announced: Mutex::default(),
            once: Mutex::default(),
            arrivals: Mutex::default(),
            afloat: Mutex::default(),
            lost: Mutex::default(),
        }
    }

    /// Hears of a request that is going to change something.
    pub fn announce(&self, sending: &Sending<'_>) {
        let Some(effect) = sending.effect else { return };
        let mut announced = self.announced.lock().unwrap();
        let known = announced.entry(effect).or_default();
        known.insert((sending.method.to_owned(), sending.path.to_owned()));
    }

    /// Hears of an effect of which nothing may be done twice.
    pub fn once(&self, effect: EffectId) {
        self.once.lock().unwrap().insert(effect);
    }

    /// Whether all that an effect sends may be sent again.
    pub fn is_repeatable(&self, effect: EffectId) -> bool {
        !self.once.lock().unwrap().contains(&effect)
    }

    /// What arrived of each effect that changes something.
    pub fn arrivals(&self) -> BTreeMap<EffectId, Vec<Arrival>> {
        self.arrivals.lock().unwrap().clone()
    }

    /// Lets what is afloat go on; never ends.
    pub async fn float(&self) {
        std::future::poll_fn::<(), _>(|cx| {
            let mut afloat = self.afloat.lock().unwrap();
            while let Poll::Ready(Some(())) = afloat.poll_next_unpin(cx) {}
            Poll::Pending
        })
        .await;
    }

    /// Lets what is afloat come to its end.
    pub async fn calm(&self) {
        std::future::poll_fn(|cx| {
            let mut afloat = self.afloat.lock().unwrap();
            loop {
                match afloat.poll_next_unpin(cx) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Brings a request to its simulator, which does what it is asked for whoever waits for that.
    async fn deliver(self: Arc<Wire>, effect: Option<EffectId>, request: Request, limits: Limits) -> Answer {
        let path = address(&request.url);
        let method = request.method.to_string();
        let counts = effect.filter(|effect| {
            let announced = self.announced.lock().unwrap();
            announced.get(effect).is_some_and(|known| known.contains(&(method.clone(), path.clone())))
        });
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let answer = self.within.send(request, limits).await;
        if let Some(effect) = counts {
            let done = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
            let arrival = Arrival { method, path, body, done };
            self.arrivals.lock().unwrap().entry(effect).or_default().push(arrival);
        }
        answer
    }

    /// What becomes of a request whose process died.
    fn orphan(self: &Arc<Wire>, effect: Option<EffectId>, stage: Stage, limits: Limits) {
        let future: Pending<'static, ()> = match stage {
            Stage::Way(request) => {
                let reads = effect.is_none_or(|effect| !self.announced.lock().unwrap().contains_key(&effect));
                if reads || self.chance.one_in(2) {
                    self.lost.lock().unwrap().0 += u64::from(!reads);
                    return;
                }
                // What is asked about after a crash may still be on its way for a while: so long the look-ups wait.
                let again = effect.is_none_or(|effect| self.is_repeatable(effect));
                let most = if again { 1 } else { QUIET.as_millis() as u64 * 3 / 4 };
                let late = Duration::from_millis(self.chance.below(most));
                let wire = self.clone();
                Box::pin(async move {
                    wire.clock.sleep(late).await;
                    let _ = wire.deliver(effect, request, limits).await;
                })
            }
            Stage::There(answer) => Box::pin(async move {
                let _ = answer.await;
            }),
            Stage::Back => return,
        };
        self.lost.lock().unwrap().1 += 1;
        self.afloat.lock().unwrap().push(future);
    }
}

/// The path of an address, without the query.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// A process's end of the wire.
pub struct Line {
    pub wire: Arc<Wire>,
    pub life: Arc<Life>,
}

/// How far a request has come.
enum Stage {
    Way(Request),
    There(Pending<'static, Answer>),
    Back,
}

/// A request under way.
struct Sent<'l> {
    line: &'l Line,
    effect: Option<EffectId>,
    limits: Limits,
    stage: Stage,
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        // Whoever gives a request up while it lives is not what is tested here.
        if self.line.life.is_over() {
            let stage = std::mem::replace(&mut self.stage, Stage::Back);
            self.line.wire.orphan(self.effect, stage, self.limits);
        }
    }
}

impl Transport for Line {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Answer> {
        Box::pin(async move {
            let wire = &self.wire;
            if self.life.is_over() {
                return std::future::pending().await;
            }
            let effect = CURRENT.get();
            let mut sent = Sent { line: self, effect, limits, stage: Stage::Way(request) };
            let ms = |chance: &Chance| chance.below(if chance.one_in(8) { 3_000 } else { 40 });
            wire.clock.sleep(Duration::from_millis(ms(&wire.chance))).await;
            let Stage::Way(request) = std::mem::replace(&mut sent.stage, Stage::Back) else { unreachable!() };
            sent.stage = Stage::There(Box::pin(wire.clone().deliver(effect, request, limits)));
            let answer = std::future::poll_fn(|cx| match &mut sent.stage {
                Stage::There(answer) => answer.as_mut().poll(cx),
                Stage::Way(_) | Stage::Back => Poll::Pending,
            })
            .await;
            sent.stage = Stage::Back;
            wire.clock.sleep(Duration::from_millis(ms(&wire.chance))).await;
            answer
        })
    }
}
