//! One process of a run: from its start, or from what the last one left, to the end of the run or to its own.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::course::Course;
use flowrun_core::does::AfterCrash;
use flowrun_core::effect::{Act, Effect, EffectId, Outcome};
use flowrun_core::fault;
use flowrun_core::journal::{Entry, Journal};
use flowrun_core::machine::{Machine, Start};
use flowrun_core::stored::decode;
use flowrun_core::value::Text;
use flowrun_host::driver::{self, RunTime, Stand, Stop, World};
use flowrun_host::perform::{Connections, Panics, Perform, Performing, TimeLimit};
use flowrun_host::session::durable::chronicle::{self, Chronicle, Journaling};
use flowrun_host::session::durable::home::Home;
use flowrun_host::session::durable::seal::Sealing;
use flowrun_host::session::durable::tables::Former;
use flowrun_kit::audit::{Entry as Sent, Ledger, Sending};
use flowrun_kit::effect::Pending;
use flowrun_kit::errand::Run;
use flowrun_kit::files::Files;
use flowrun_kit::http::Transport;
use flowrun_store::{About, Batch, Key, Moved, NewRun, RunId, State, Store, StoredProgram};
use flowrun_tables::{Keeper, Tables};
use flowrun_tests::org::{EPOCH_MS, Org};
use flowrun_tests::simulators::{Setup, Simulators};

use super::chance::{Chance, Life};
use super::disk::{Death, Disk, Media};
use super::wire::{CURRENT, Line, Wire};
use crate::replay::Subject;

const RUN: &str = "crash";
const SCOPE: &str = "simulators";

/// Where runs take place, and what no crash touches.
pub struct Outside {
    pub org: Org,
    pub wire: Arc<Wire>,
    pub chance: Arc<Chance>,
}

impl Outside {
    /// Five employees, of whom one has left and one is listed twice; Okta has yesterday's import.
    pub fn new(seed: u64) -> Outside {
        let clock = flowrun_kit::clock::Clock::simulated(EPOCH_MS);
        let setup = Setup { employees: 5, seed: 4, duplicates: 1, ..Setup::default() };
        let org = Org::over(Simulators::new(clock.clone(), &setup));
        let chance = Arc::new(Chance::new(seed));
        let wire = Arc::new(Wire::new(org.0.transport(), clock, chance.clone()));
        Outside { org, wire, chance }
    }

    /// Lets so much time pass.
    pub async fn pass(&self, ms: u64) {
        let clock = &self.org.0.clock;
        clock
            .drive(async {
                tokio::select! {
                    biased;
                    () = self.wire.float() => {}
                    () = clock.sleep(Duration::from_millis(ms)) => {}
                }
            })
            .await;
    }

    /// Lets come to its end what is on its way.
    pub async fn calm(&self) {
        self.org.0.clock.drive(self.wire.calm()).await;
    }
}

/// How a process ends.
#[derive(Debug)]
pub enum End {
    /// With its run.
    Ended,
    /// Nobody knows what became of these.
    Held(Vec<EffectId>),
    /// It was killed.
    Died,
}

/// A process that runs a flow.
pub struct Process {
    pub course: Course,
    pub tables: Arc<Tables>,
    world: World,
    chronicle: Arc<Chronicle>,
    pub disk: Arc<Disk>,
    life: Arc<Life>,
    wire: Arc<Wire>,
}

/// A store in which a run of the flow begins.
pub async fn begun(subject: &Subject, media: &Media) {
    let about = About {
        id: RunId::from(RUN),
        scope: SCOPE.to_owned(),
        flow: subject.name.clone(),
        title: subject.name.clone(),
        root: String::new(),
        program: "program".to_owned(),
        started_us: EPOCH_MS * 1000,
        dry_run: false,
        simulated: true,
        save_data: true,
        alone: None,
        parent: None,
        forked: None,
        owner: String::new(),
        cause: None,
        who: None,
    };
    let mut batch = Batch::start(NewRun { about, start: Vec::new() });
    batch.programs.push(StoredProgram { hash: "program".to_owned(), body: Vec::new() });
    let ticket = media.store().append(batch);
    if let Media::Memory(memory) = media {
        memory.commit(ticket);
    }
    media.store().durable(ticket).await.unwrap();
}

fn sealing() -> Sealing {
    Sealing(Some(Arc::new(Key::new(&[7; 32], "the test"))))
}

/// What the store has of the journal.
pub fn entries(store: &dyn Store) -> Vec<Entry> {
    let stored = store.journal(&RunId::from(RUN), 1);
    stored.map(|stored| decode(&stored.unwrap().body, &sealing()).unwrap()).collect()
}

impl Process {
    /// A process that goes on with what is in the store.
    pub fn new(
        subject: &Subject,
        outside: &Outside,
        media: Media,
        death: Option<Death>,
    ) -> Result<Process, String> {
        let entries = entries(media.store());
        let life = Arc::new(Life::default());
        let disk = Arc::new(Disk::new(media, death, life.clone(), outside.chance.clone()));
        let home = Arc::new(Home {
            folder: PathBuf::new(),
            store: disk.clone(),
            file: None,
            sealing: sealing(),
            kept: Keeper::default(),
            programs: Arc::default(),
            owns: true,
        });
        let files = adopted(&*disk);
        let (program, scope) = (&subject.program, Text::from(SCOPE));
        let kept = program.tables.iter().filter(|table| table.kept).map(|table| &*table.name);
        let order = program.tables.iter().map(|table| table.name.clone()).collect();
        let tables = Tables::new(&program.tables).with_files(files.clone());
        let tables = Arc::new(
            tables
                .keeping(kept, &home.kept.of(&scope), &home.rows(&scope, Former { folder: None, order }))
                .unwrap(),
        );
        tables.set_time(EPOCH_MS * 1000);
        let place = chronicle::Place { entries: entries.len() as u64, ..chronicle::Place::default() };
        let clock = outside.org.0.clock.clone();
        let run = RunId::from(RUN);
        let chronicle = Chronicle::new(home, scope, run, files.clone(), clock.clone(), None, place);
        let chronicle = Arc::new(chronicle);
        let wire = outside.wire.clone();
        let ledger = Told { chronicle: chronicle.clone(), wire: wire.clone() };
        let run = Run { audit: Some(Arc::new(ledger)), files, ..Run::default() };
        let line: Arc<dyn Transport> = Arc::new(Line { wire: wire.clone(), life: life.clone() });
        let connections = outside.org.connections_of(program, &line, run, tables.clone());
        let performer = Tagged(TimeLimit(Panics(connections), clock.clone()), wire.clone());
        let world = World::of(RunTime::new(clock, false), Stop::default(), performer);
        let start = Start::new(subject.entry, subject.inputs.clone(), RUN, EPOCH_MS * 1000);
        let course = if entries.is_empty() {
            Course::new(Machine::new(program.clone(), start).unwrap())
        } else {
            Journal { start, entries }
                .replay(program.clone(), &mut world.here())
                .map_err(|why| why.to_string())?
        };
        Ok(Process { course, tables, world, chronicle, disk, life, wire })
    }

    /// Runs as far as it comes.
    pub async fn live(&mut self) -> End {
        let clock = self.world.time.clock().clone();
        let mut log = Journaling(self.chronicle.clone());
        let (life, disk, wire, chronicle) =
            (self.life.clone(), self.disk.clone(), self.wire.clone(), self.chronicle.clone());
        let run = async {
            let stand = driver::go_on(&mut self.course, &self.world, &mut log, &mut ()).await;
            let store = disk.media.store();
            if stand == Stand::Ended && store.run(RUN).unwrap().state.status().is_open() {
                chronicle.moved(Moved::to(State::Done, clock.now_ms() * 1000)).await.unwrap();
            }
            stand
        };
        let stand = clock
            .drive(async {
                tokio::select! {
                    biased;
                    () = life.ended() => None,
                    () = disk.spin() => None,
                    () = wire.float() => None,
                    stand = run => Some(stand),
                }
            })
            .await;
        match stand {
            _ if self.life.is_over() => End::Died,
            Some(Stand::Ended) => End::Ended,
            Some(Stand::Waits { unsettled }) => End::Held(unsettled),
            Some(Stand::Broken | Stand::Left | Stand::Parks { .. }) | None => panic!("the store is whole"),
        }
    }

    /// Somebody says what became of an effect, by how it ended if it happened.
    pub fn settle(&mut self, id: EffectId, happened: Option<Outcome>) {
        use flowrun_core::journal::Settlement;
        let what = if happened.is_some() { Settlement::Happened } else { Settlement::DidNot };
        let mut log = Journaling(self.chronicle.clone());
        let now_us = self.world.time.now_us();
        assert!(
            driver::settle(&mut self.course, id, what, happened, now_us, &mut log),
            "{id} was asked about"
        );
    }

    /// What is left when it is gone.
    pub fn gone(self) -> Media {
        let disk = self.disk.clone();
        drop(self);
        Arc::into_inner(disk).expect("nothing of a process is left").media
    }
}

/// The files that the run had.
fn adopted(store: &dyn Store) -> Files {
    let files = Files::default();
    for hash in store.files(RUN).unwrap() {
        let mut draft = files.draft();
        std::io::copy(&mut store.file(&hash).unwrap(), &mut draft).unwrap();
        draft.keep("", 0);
    }
    files
}

/// The chronicle, and the wire, which hears whose the requests are.
struct Told {
    chronicle: Arc<Chronicle>,
    wire: Arc<Wire>,
}

impl Ledger for Told {
    fn tells(&self) -> bool {
        self.chronicle.tells()
    }

    fn sending<'a>(&'a self, sending: &'a Sending<'a>) -> Pending<'a, fault::Result<u64>> {
        self.wire.announce(sending);
        self.chronicle.sending(sending)
    }

    fn record(&self, entry: &Sent<'_>) {
        self.chronicle.record(entry);
    }
}

/// Says which effect is being performed, so that the wire knows whose a request is.
struct Tagged<P>(P, Arc<Wire>);

fn tagged<T>(id: EffectId, work: impl FnOnce() -> T) -> T {
    struct Back<'c>(&'c Cell<Option<EffectId>>, Option<EffectId>);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    CURRENT.with(|current| {
        let _back = Back(current, current.replace(Some(id)));
        work()
    })
}

impl Perform for Tagged<TimeLimit<Panics<Connections>>> {
    fn perform(&self, effect: Effect) -> Performing {
        let id = effect.id;
        if let Act::Card(performance) = &effect.act
            && *performance.card.after_crash(&performance.args) != AfterCrash::Repeats
        {
            self.1.once(id);
        }
        match tagged(id, || self.0.perform(effect)) {
            Performing::Open(mut future) => Performing::Open(Box::pin(std::future::poll_fn(move |cx| {
                tagged(id, || future.as_mut().poll(cx))
            }))),
            ended => ended,
        }
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}
