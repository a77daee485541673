//! Runs: begun, gone on with, ended; and what those who wait for them are answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::fault::FaultKind;
use flowrun_core::machine::{Limits, Machine, Paused, Response};
use flowrun_core::report::Status;
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::{Stop, Watch};
use flowrun_host::session::alone::Turn;
use flowrun_host::session::durable::home;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::{Begun, Ended, HELD, Job, Plan, Say, Session};
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_project::Problem;
use flowrun_store::{Batch, Durable, NoteChange, RunId, State, Store};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, oneshot, watch};

use crate::changes::{self, Changes, What};
use crate::gate::{Full, Gate, Permit, Priority};
use crate::keeper::Waiting;
use crate::projects::{Served, told};
use crate::{names, tasks::Tasks};

/// What is to be run, and why.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The flow's path.
    pub flow: Text,
    /// Its inputs.
    pub inputs: Record,
    /// What starts it: `schedule`, `endpoint`, the name of an event.
    pub cause: String,
    /// Who starts it, where somebody signed in does.
    pub who: Option<String>,
    /// What becomes durable with its beginning, or not at all.
    pub notes: Vec<NoteChange>,
    /// When it was to begin, in microseconds since 1970.
    pub due_us: i64,
    /// Whose answer is awaited.
    pub answer: Option<oneshot::Sender<Answer>>,
    /// Its name, if somebody has given it one already.
    pub name: Option<String>,
    /// Which place in a trace it is called from: the header `traceparent`.
    pub traceparent: Option<Arc<str>>,
}

/// What whoever waits for a run is answered.
#[derive(Debug)]
pub enum Answer {
    /// What a card said: Close, Return Raw, a pause.
    Response(Response),
    /// What the flow gave.
    Done(Value),
    /// It stopped before its end: Continue If.
    Stopped,
    /// What it failed with.
    Failed(Failed),
    /// It was ended.
    Cancelled,
    /// Nobody knows how to go on.
    Held,
    /// It can't go on, because what happens can't be kept any more.
    Broken(Problem),
}

/// What a run failed with.
#[derive(Debug)]
pub struct Failed {
    /// In words, without secrets.
    pub message: String,
    /// The code of the error.
    pub code: u16,
    /// Its kind.
    pub kind: String,
    /// Whether a card of the flow's author raised it: Return Error.
    pub raised: bool,
}

/// Why a run does not begin.
#[derive(Debug)]
pub enum Unable {
    /// Too many of the flow wait already.
    Full,
    /// The service is being ended: what is to start a run is there when it is back.
    Ending,
    /// Something is wrong.
    Problem(Problem),
}

impl From<Problem> for Unable {
    fn from(problem: Problem) -> Unable {
        Unable::Problem(problem)
    }
}

impl From<Full> for Unable {
    fn from(_: Full) -> Unable {
        Unable::Full
    }
}

/// The runs of a project.
pub struct Runs {
    /// Whose they are.
    pub served: Arc<Served>,
    clock: Clock,
    changes: Changes,
    gate: Gate,
    tasks: Tasks,
    live: Mutex<BTreeMap<RunId, Live>>,
    /// The rights to run alone of runs that have left memory.
    turns: Mutex<BTreeMap<RunId, Turn>>,
    /// Who waits for runs that have left memory.
    askers: Mutex<BTreeMap<RunId, oneshot::Sender<Answer>>>,
    /// Which places in traces the runs that have not ended were called from.
    traces: Mutex<BTreeMap<RunId, Arc<str>>>,
    /// The runs that wait for a time.
    pub waiting: Waiting,
    /// How many were let go of, to be gone on with by the next service.
    left: AtomicUsize,
    /// How many are driven: one that goes on no more is that until whoever waits for it has been told.
    driven: AtomicUsize,
    /// Whenever there are fewer.
    fewer: Notify,
}

/// A run that goes on.
#[derive(Clone, Debug)]
pub struct Live {
    /// The path of its flow.
    pub flow: Arc<str>,
    /// What started it.
    pub cause: Arc<str>,
    /// How far it is.
    pub progress: Arc<Mutex<Progress>>,
    /// Who waits for its answer.
    asker: Arc<Mutex<Option<oneshot::Sender<Answer>>>>,
    switch: watch::Sender<bool>,
    leave: watch::Sender<bool>,
    hold: watch::Sender<bool>,
}

impl Live {
    /// Lets go of it as soon as it can be gone on with later, unless somebody waits for its answer.
    fn leave(&self) {
        let is_awaited = locked(&self.asker).as_ref().is_some_and(|asker| !asker.is_closed());
        if !is_awaited {
            self.leave.send_replace(true);
        }
    }

    /// Lets go of it in the same way because somebody holds it, whoever waits for it.
    fn hold(&self) {
        self.hold.send_replace(true);
        self.leave.send_replace(true);
    }
}

/// What a run that goes on can be told.
struct Told {
    /// To end.
    stop: Stop,
    /// To be let go of.
    leave: Stop,
    /// That somebody holds it.
    hold: Stop,
}

impl Told {
    /// Opens a run that hears it.
    async fn open(self, mut plan: Plan) -> Result<Session, Problem> {
        plan.job.leave = self.leave;
        let session = plan.open(self.stop, &mut |_| {}).await?;
        Ok(session.holding(self.hold))
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The cards that it has run.
    pub cards: u64,
    /// How many of them reached outside.
    pub effects: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    /// The runs of a project, let in by a gate.
    pub fn new(served: Arc<Served>, clock: Clock, changes: Changes, gate: Gate, tasks: Tasks) -> Runs {
        Runs {
            served,
            clock,
            changes,
            gate,
            tasks,
            live: Mutex::default(),
            turns: Mutex::default(),
            askers: Mutex::default(),
            traces: Mutex::default(),
            waiting: Waiting::default(),
            left: AtomicUsize::new(0),
            driven: AtomicUsize::new(0),
            fewer: Notify::new(),
        }
    }

    /// The time, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.clock.now_ms().saturating_mul(1000)
    }

    /// The store of the project.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.served.home.store
    }

    /// What happens.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The runs that go on now.
    pub fn live(&self) -> BTreeMap<RunId, Live> {
        locked(&self.live).clone()
    }

    /// How far a run is that goes on now.
    pub fn progress(&self, run: &str) -> Option<Progress> {
        locked(&self.live).get(run).map(|live| *locked(&live.progress))
    }

    /// Whether a run goes on now.
    pub fn is_live(&self, run: &str) -> bool {
        locked(&self.live).contains_key(run)
    }

    /// How many runs of a flow go on, and how many wait for their turn.
    pub fn of(&self, flow: &str) -> (usize, usize) {
        self.gate.of(flow)
    }

    /// Tells what happened.
    pub fn tell(&self, what: What) {
        self.changes.tell(&self.served.name, self.now_us(), what);
    }

    /// Begins a run when it is its turn, and gives its name; it goes on by itself. Its beginning is on the disk before it reaches
    /// anything, and before anybody is answered.
    pub async fn begin(self: &Arc<Runs>, beginning: Beginning) -> Result<RunId, Unable> {
        let runs = self.clone();
        self.whole(async move { runs.begin_now(beginning).await }).await
    }

    async fn begin_now(self: &Arc<Runs>, beginning: Beginning) -> Result<RunId, Unable> {
        let version = self.served.version();
        let missing = || Problem::new(format!("there is no flow `{}`", beginning.flow));
        let flow = version.flow(&beginning.flow).ok_or_else(missing)?;
        let path: Arc<str> = Arc::from(&*flow.path);
        let permit = self.enter(&path).await?;
        self.is_open()?;
        let ready = self.served.ready(&version, &path)?;
        let name = beginning.name.unwrap_or_else(|| names::run(self.now_us()));
        let begun = Begun {
            cause: Some(beginning.cause.clone()),
            who: beginning.who.clone(),
            notes: beginning.notes,
        };
        let job = Job { name: Some(name.clone()), begun, ..self.served.job.clone() };
        let plan = ready.plan_with(job, beginning.inputs).map_err(|refused| told(&refused))?;
        let run = RunId::from(name);
        let late_us = self.now_us().saturating_sub(beginning.due_us).max(0);
        let (live, hears) = self.take(&run, &path, &beginning.cause)?;
        let session = self.kept(&run, hears.open(plan).await)?;
        if let Some(traceparent) = beginning.traceparent {
            locked(&self.traces).insert(run.clone(), traceparent);
        }
        self.tell(What::Began(Arc::new(changes::Begun {
            run: run.clone(),
            flow: path.clone(),
            title: Arc::from(session.flow()),
            cause: Arc::from(&*beginning.cause),
            who: beginning.who.as_deref().map(Arc::from),
            late_us,
        })));
        self.drive(run.clone(), session, live, permit, beginning.answer);
        Ok(run)
    }

    /// Goes on with a run of before, after what somebody says to it.
    pub async fn resume(
        self: &Arc<Runs>,
        run: &str,
        say: Say,
        answer: Option<oneshot::Sender<Answer>>,
    ) -> Result<RunId, Unable> {
        let (runs, run) = (self.clone(), run.to_owned());
        self.whole(async move { runs.resume_now(&run, say, answer).await }).await
    }

    /// Does something to its end, even if whoever wants it goes away meanwhile: a run is opened and gone on with, or not at all.
    async fn whole(
        &self,
        work: impl Future<Output = Result<RunId, Unable>> + Send + 'static,
    ) -> Result<RunId, Unable> {
        let (done, ended) = oneshot::channel();
        self.tasks.spawn(async move {
            // Nobody may be there any more.
            drop(done.send(work.await));
        });
        ended.await.unwrap_or(Err(Unable::Ending))
    }

    fn is_open(&self) -> Result<(), Unable> {
        if self.tasks.is_open() { Ok(()) } else { Err(Unable::Ending) }
    }

    /// Lets go of all runs: what they have begun ends and is kept, and the next service goes on with them. Those that somebody
    /// waits for go on until that one has an answer. Ends when none goes on.
    pub async fn leave(&self) {
        self.live().values().for_each(Live::leave);
        loop {
            let fewer = self.fewer.notified();
            if self.running() == 0 && self.driven.load(Ordering::Relaxed) == 0 {
                return;
            }
            fewer.await;
        }
    }

    /// Nobody waits for a run's answer any more: a service that is being ended lets go of it.
    pub fn is_awaited_no_more(&self, run: &str) {
        if !self.tasks.is_open()
            && let Some(live) = locked(&self.live).get(run)
        {
            live.leave();
        }
    }

    /// How many runs the next service goes on with where they are now.
    pub fn unended(&self) -> usize {
        self.left.load(Ordering::Relaxed) + self.running()
    }

    async fn resume_now(
        self: &Arc<Runs>,
        run: &str,
        say: Say,
        answer: Option<oneshot::Sender<Answer>>,
    ) -> Result<RunId, Unable> {
        let about = self.store().run(run).map_err(|error| home::problem(&error))?.about;
        let (run, path): (RunId, Arc<str>) = (about.id, Arc::from(about.flow));
        let permit = self.enter(&path).await?;
        self.is_open()?;
        let (live, hears) = self.take(&run, &path, &about.cause.unwrap_or_default())?;
        let session = self.kept(&run, self.reopen(&run, say, hears).await)?;
        self.waiting.remove(&run);
        let answer = answer.or_else(|| locked(&self.askers).remove(&run));
        self.drive(run.clone(), session, live, permit, answer);
        Ok(run)
    }

    /// Opens a run of before. It is read only once nobody else can go on with it, so that it is read as it stands.
    async fn reopen(&self, run: &RunId, say: Say, hears: Told) -> Result<Session, Problem> {
        let recalled = self.recall(run).await?;
        let turn = locked(&self.turns).remove(run);
        let job = Job { say, ..self.served.job.clone() };
        let around = self.served.surroundings.clone();
        let plan = Plan::again(job, recalled, false, around, &mut Vec::new());
        hears.open(plan.map_err(|refused| told(&refused))?.with_turn(turn)).await
    }

    /// Ends a run: one that goes on cleans up, one that waits does so first.
    pub async fn cancel(self: &Arc<Runs>, run: &str) -> Result<(), Unable> {
        if self.switch_off(run) {
            return Ok(());
        }
        match self.resume(run, Say::Cancel, None).await {
            // Somebody else has gone on with it meanwhile.
            Err(_) if self.switch_off(run) => Ok(()),
            ended => ended.map(drop),
        }
    }

    /// Stops a run that goes on; tells whether it did.
    fn switch_off(&self, run: &str) -> bool {
        let switch = locked(&self.live).get(run).map(|live| live.switch.clone());
        if let Some(switch) = &switch {
            // A run that has just ended needs no stopping.
            let _ = switch.send(true);
        }
        switch.is_some()
    }

    /// Waits for the turn of a run of a flow, as the flow says.
    async fn enter(&self, path: &Arc<str>) -> Result<Permit, Full> {
        let version = self.served.version();
        let says = |key: &str| version.flow(path)?.runs.get(key).cloned();
        let most = says("concurrency").as_ref().and_then(Value::as_number).map(|most| most as usize);
        let priority = says("priority").as_ref().and_then(Value::as_text).map(|word| Priority::named(word));
        self.gate.enter(path, most, priority.unwrap_or_default()).await
    }

    /// Holds a run: one that goes on leaves off where what it has begun has ended, one that waits for a time goes on at none. It goes on
    /// when somebody resumes it.
    pub async fn hold(self: &Arc<Runs>, run: &RunId) -> Result<(), Unable> {
        if let Some(live) = locked(&self.live).get(run) {
            live.hold();
            return Ok(());
        }
        self.waiting.remove(run);
        let stored = self.store().run(run).map_err(|error| home::problem(&error))?;
        let State::Waiting { wake_us } = stored.state else {
            return Err(Problem::new(format!("run {run} is {}", stored.state.status().name())).into());
        };
        let state = State::Held { question: HELD.to_owned() };
        let batch = Batch::of(run).moved(flowrun_store::Moved::to(state.clone(), self.now_us()));
        let hold = self.clock.hold();
        let written = self.store().durable(self.store().append(batch)).await;
        drop(hold);
        if let Err(error) = written {
            self.waiting.add(wake_us, run.clone());
            return Err(home::problem(&error).into());
        }
        let (flow, cause) = (stored.about.flow, stored.about.cause.unwrap_or_default());
        self.tell(What::Moved(Arc::new(changes::Moved {
            run: run.clone(),
            flow: Arc::from(flow),
            title: Arc::from(stored.about.title),
            cause: Arc::from(cause),
            error: None,
            error_kind: None,
            took_us: 0,
            cards: 0,
            effects: 0,
            state,
            pause: None,
            traceparent: None,
        })));
        Ok(())
    }

    /// What a run is answered with that nobody of this process has begun: to be asked for before it goes on.
    pub fn answer_to(&self, run: &RunId) -> oneshot::Receiver<Answer> {
        let (sender, answer) = oneshot::channel();
        locked(&self.askers).insert(run.clone(), sender);
        answer
    }

    /// Ends when a run has ended, be it by itself or not; or when the service does, and then tells that it has not.
    pub async fn until_ended(&self, run: &RunId) -> bool {
        let mut changes = self.changes.watch();
        loop {
            if !self.is_live(run) && self.store().run(run).is_ok_and(|run| !run.state.status().is_open()) {
                return true;
            }
            tokio::select! {
                // Whoever missed changes looks again.
                told = changes.recv() => if let Err(RecvError::Closed) = told { return false },
                () = self.tasks.closing() => return false,
            }
        }
    }

    /// How many runs go on now.
    pub fn running(&self) -> usize {
        locked(&self.live).len()
    }

    /// The inputs with which a run began.
    pub async fn inputs_of(&self, run: &str) -> Result<Record, Problem> {
        Ok(self.recall(run).await?.opening.header.inputs)
    }

    /// What a run waits for that somebody is to answer, if it does.
    pub fn pause_of(&self, run: &str) -> Option<Paused> {
        let (home, vocabulary) = (&self.served.home, self.served.surroundings.registry.vocabulary());
        let recalled = Recalled::read(home, run, vocabulary, Sight::Blind, None).ok()?;
        recalled.look(Limits::default()).ok()?.machine.pauses().into_iter().next()
    }

    async fn recall(&self, run: &str) -> Result<Recalled, Problem> {
        let (home, registry) = (self.served.home.clone(), self.served.surroundings.registry.clone());
        let id = run.to_owned();
        // The disk takes no simulated time.
        let _hold = self.clock.hold();
        let read = move || Recalled::read(&home, &id, registry.vocabulary(), Sight::Whole, None);
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|_| Err(Problem::new(format!("run {run} can't be read"))))
    }

    /// A run is known as one that goes on from now on; nobody else may open it meanwhile.
    fn take(&self, run: &RunId, flow: &Arc<str>, cause: &str) -> Result<(Live, Told), Problem> {
        let ((switch, stop), (leave, left), (hold, held)) = (Stop::new(), Stop::new(), Stop::new());
        let (progress, asker) = (Arc::default(), Arc::default());
        let live = Live { flow: flow.clone(), cause: Arc::from(cause), progress, asker, switch, leave, hold };
        let mut all = locked(&self.live);
        if all.contains_key(run) {
            return Err(Problem::new(format!("run {run} goes on already")));
        }
        all.insert(run.clone(), live.clone());
        Ok((live, Told { stop, leave: left, hold: held }))
    }

    /// A session that was opened; what was not does not go on.
    fn kept(&self, run: &RunId, opened: Result<Session, Problem>) -> Result<Session, Problem> {
        opened.inspect_err(|_| {
            locked(&self.live).remove(run);
            self.fewer.notify_waiters();
        })
    }

    fn drive(
        self: &Arc<Runs>,
        run: RunId,
        session: Session,
        live: Live,
        permit: Permit,
        answer: Option<oneshot::Sender<Answer>>,
    ) {
        let runs = self.clone();
        *locked(&live.asker) = answer;
        if !self.tasks.is_open() {
            live.leave();
        }
        let driven = Driven::new(self);
        let work = async move {
            let began_us = runs.now_us();
            let (live, tasks, store) = (live, runs.tasks.clone(), runs.store().clone());
            let mut watching = Watching { live: live.clone(), tasks, store, saying: None };
            let ended = session.run(&mut watching).await;
            drop(watching);
            match ended.left && !ended.held {
                true => runs.left(&run, &live),
                false => runs.ended(&run, &live, ended, began_us),
            }
            drop(driven);
            drop(permit);
        };
        self.tasks.spawn(work);
    }

    /// A run was let go of. Whoever waits for its answer hears that nobody gives it any more.
    fn left(&self, run: &RunId, live: &Live) {
        self.left.fetch_add(1, Ordering::Relaxed);
        drop(locked(&live.asker).take());
        locked(&self.live).remove(run);
    }

    fn ended(&self, run: &RunId, live: &Live, ended: Ended, began_us: i64) {
        let error = ended.report.flow.error.as_ref();
        let state = match (&ended.broken, ended.wakes_us, ended.report.status) {
            (Some(_), ..) => State::Running,
            (None, Some(wake_us), _) => State::Waiting { wake_us },
            (None, None, Status::Failed) => State::Failed,
            (None, None, Status::Cancelled) => State::Cancelled,
            (None, None, Status::Paused) => {
                State::Paused { until_us: ended.pause.as_ref().map(|pause| pause.until_us) }
            }
            (None, None, Status::Held) if ended.held => State::Held { question: HELD.to_owned() },
            (None, None, Status::Held | Status::Running) => {
                State::Held { question: ended.unsettled.join(", ") }
            }
            _ => State::Done,
        };
        if let Some(due_us) = state.due_us() {
            self.waiting.add(due_us, run.clone());
        }
        if let Some(turn) = ended.turn {
            // A run that has not ended keeps its right to be alone.
            if state.status().is_open() {
                locked(&self.turns).insert(run.clone(), turn);
            }
        }
        locked(&self.live).remove(run);
        let traceparent = match state.status().is_open() {
            true => None,
            false => locked(&self.traces).remove(run),
        };
        if let Some(asker) = locked(&live.asker).take() {
            match answer_of(&state, ended.response, &ended.report, ended.broken) {
                Some(answer) => drop(asker.send(answer)),
                None => drop(locked(&self.askers).insert(run.clone(), asker)),
            }
        }
        self.tell(What::Moved(Arc::new(changes::Moved {
            run: run.clone(),
            flow: live.flow.clone(),
            title: Arc::from(&*ended.report.flow.name),
            cause: live.cause.clone(),
            error: error.map(|error| Arc::from(&*error.message)),
            error_kind: error.map(|error| Arc::from(&*error.kind)),
            took_us: self.now_us() - began_us,
            cards: ended.report.counts.cards,
            effects: ended.report.counts.effects,
            traceparent,
            pause: ended
                .pause
                .map(|pause| pause.id)
                .filter(|_| state.status() == flowrun_store::Status::Paused),
            state,
        })));
    }
}

/// Counts a run as driven for as long as it lives, however that ends.
struct Driven(Arc<Runs>);

impl Driven {
    fn new(runs: &Arc<Runs>) -> Driven {
        runs.driven.fetch_add(1, Ordering::Relaxed);
        Driven(runs.clone())
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.driven.fetch_sub(1, Ordering::Relaxed);
        self.0.fewer.notify_waiters();
    }
}

/// What whoever waits is answered; nothing as long as the run goes on later by itself.
pub(crate) fn answer_of(
    state: &State,
    response: Option<Response>,
    report: &flowrun_core::report::Report,
    broken: Option<Problem>,
) -> Option<Answer> {
    if let Some(broken) = broken {
        return Some(Answer::Broken(broken));
    }
    if let Some(response) = response {
        return Some(Answer::Response(response));
    }
    Some(match state {
        State::Running | State::Waiting { .. } => return None,
        State::Done if report.status == Status::Stopped => Answer::Stopped,
        State::Done => Answer::Done(report.flow.outputs.clone()),
        State::Cancelled => Answer::Cancelled,
        State::Paused { .. } | State::Held { .. } => Answer::Held,
        State::Failed => {
            let error = report.flow.error.as_ref();
            Answer::Failed(Failed {
                message: error.map(|error| error.message.to_string()).unwrap_or_default(),
                code: error.and_then(|error| error.code).unwrap_or(500),
                kind: error.map(|error| error.kind.to_string()).unwrap_or_default(),
                raised: error.is_some_and(|error| *error.kind == FaultKind::User.to_string()),
            })
        }
    })
}

/// Sees a run while it goes on: answers who waits as soon as a card has said what.
struct Watching {
    live: Live,
    tasks: Tasks,
    store: Arc<dyn Store>,
    /// What is said once it is on the disk.
    saying: Option<(Durable, Response)>,
}

impl Watch for Watching {
    fn turned(&mut self, machine: &Machine) {
        let counts = machine.counts();
        *locked(&self.live.progress) = Progress { cards: counts.cards, effects: counts.effects };
        // A pause is answered when the run has left off, so that it can be resumed from then on.
        let response = machine.response().filter(|response| !response.pauses);
        if self.saying.is_none()
            && let Some(response) = response
            && locked(&self.live.asker).is_some()
        {
            self.saying = Some((self.store.durable(self.store.newest()), response.clone()));
        }
    }

    fn look(&mut self) -> Pending<'_, ()> {
        Box::pin(async {
            let Some((durable, _)) = &mut self.saying else { return std::future::pending().await };
            let stored = durable.await;
            let Some((_, response)) = self.saying.take() else { return };
            if let (Ok(()), Some(asker)) = (stored, locked(&self.live.asker).take()) {
                drop(asker.send(Answer::Response(response)));
                if !self.tasks.is_open() {
                    self.live.leave();
                }
            }
        })
    }
}
