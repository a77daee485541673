//! A process dies, at every batch that it hands to its store: before it is written, and when it is but nothing after. What it had sent arrives
//! all the same or doesn't, the next process goes on, and may die too. However that was, the end is that of the whole run.
//!
//! The simulators are the world outside and don't die; the disk takes its time, and so does the way to the simulators and back. All of
//! it follows from a seed. The chronicle, the driver and the cards are those of real runs.
//!
//! `FLOWRUN_CRASHES=full` dies at all points of many seeds, `FLOWRUN_CRASH=flow:seed:batch:written` at one.

mod chance;
mod disk;
mod end;
mod process;
mod wire;

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowrun_core::effect::EffectId;
use flowrun_core::journal::{Event, Names, Settlement};
use flowrun_core::value::Record;
use flowrun_tests::{compile, sources};
use tokio::runtime::Builder;

use self::chance::Chance;
use self::disk::{Death, Media};
use self::end::{Left, imported};
use self::process::{End, Outside, Process, begun, entries};
use crate::replay::{Subject, subjects};

/// How many seeds a full run takes.
const SEEDS: u64 = 30;

/// What came of all points.
#[derive(Debug, Default)]
struct Tally {
    points: u64,
    /// Of how many processes, second and third ones too.
    deaths: u64,
    /// After how many of them a day passed.
    late: u64,
    /// Requests that change something: never arrived, and answered to nobody.
    lost: u64,
    unheard: u64,
    /// How often somebody had to say what became of a request.
    held: u64,
    /// What was found out by looking: it happened, it did not.
    happened: u64,
    did_not: u64,
    /// What nobody knew and an If Error took.
    failed: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.points += other.points;
        self.deaths += other.deaths;
        self.late += other.late;
        self.lost += other.lost;
        self.unheard += other.unheard;
        self.held += other.held;
        self.happened += other.happened;
        self.did_not += other.did_not;
        self.failed += other.failed;
    }
}

/// The flows of `tests/flows`, the imports, and those that are here for what they change.
fn cases() -> Vec<Subject> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/flows");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut cases = subjects();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let (program, entry) = compile(&sources(&text), "main", &[]);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases.push(Subject { name, text, program, entry, inputs: Record::default() });
    }
    cases
}

fn is_import(subject: &Subject) -> bool {
    ["import", "deactivate"].contains(&&*subject.name)
}

/// A run that nothing happens to: what it leaves, and how many batches it hands in.
async fn whole(subject: &Subject, seed: u64) -> (Left, u64) {
    let outside = Outside::new(seed);
    let media = Media::memory();
    begun(subject, &media).await;
    let mut process = Process::new(subject, &outside, media, None).unwrap();
    let end = process.live().await;
    assert!(matches!(end, End::Ended), "{}: {end:?}", subject.name);
    let left = Left::of(&outside, &process, &entries(process.disk.media.store()));
    if is_import(subject) {
        imported(&outside, &subject.name, false).unwrap();
    }
    (left, process.disk.handed())
}

/// A run that dies there, and goes on until it has ended.
async fn crashed(
    subject: &Subject,
    whole: &Left,
    seed: u64,
    death: Death,
    media: Media,
) -> Result<Tally, String> {
    let outside = Outside::new(seed);
    begun(subject, &media).await;
    let fate = Chance::new(seed ^ (death.at << 32) ^ u64::from(death.written));
    let mut tally = Tally { points: 1, ..Tally::default() };
    let mut process = Process::new(subject, &outside, media, Some(death))?;
    loop {
        let next = match process.live().await {
            End::Ended => break,
            End::Died => {
                tally.deaths += 1;
                // One in three dies again.
                let again = tally.deaths < 4 && fate.one_in(3);
                again.then(|| Death { at: 1 + fate.below(12), written: fate.one_in(2) })
            }
            End::Held(asked) => {
                outside.calm().await;
                tally.held += 1;
                process = Process::new(subject, &outside, process.gone(), None)?;
                let outcome = truth(&outside, whole, &process, asked[0])?;
                process.settle(asked[0], outcome);
                continue;
            }
        };
        let media = process.gone().after_death();
        // Now and then the next process comes so late that Okta has closed what nobody touched for a day.
        let late = fate.one_in(24);
        tally.late += u64::from(late);
        outside.pass(if late { 26 * 3_600_000 } else { fate.below(5_000) }).await;
        process = Process::new(subject, &outside, media, next)?;
    }
    outside.calm().await;
    let entries = entries(process.disk.media.store());
    for entry in &entries {
        match entry.event {
            Event::Settled(_, Settlement::Happened) => tally.happened += 1,
            Event::Settled(_, Settlement::DidNot) => tally.did_not += 1,
            Event::Settled(_, Settlement::Failed) => tally.failed += 1,
            _ => {}
        }
    }
    (tally.lost, tally.unheard) = *outside.wire.lost.lock().unwrap();
    let mut left = Left::of(&outside, &process, &entries);
    left.parted |= tally.late > 0 && is_import(subject);
    if tally.deaths == 0 {
        return Err("it never died".to_owned());
    }
    if is_import(subject) {
        let told = |why| format!("{why} ({tally:?}), sessions {:?}", left.sessions);
        imported(&outside, &subject.name, tally.late > 0).map_err(told)?;
    }
    left.against(whole)?;
    Ok(tally)
}

/// What really became of an effect: how it ended, if it happened.
fn truth(
    outside: &Outside,
    whole: &Left,
    process: &Process,
    id: EffectId,
) -> Result<Option<flowrun_core::effect::Outcome>, String> {
    let arrived = outside.wire.arrivals().get(&id).is_some_and(|all| all.iter().any(|arrival| arrival.done));
    let effect = process.course.asked(id).ok_or_else(|| format!("{id} is not asked for"))?;
    let end = whole.ends.get(&id).ok_or_else(|| format!("{id} is nothing that the whole run did"))?;
    Ok(arrived.then(|| end.outcome(&Names::of(&effect))))
}

/// The points at which a run that hands in so many batches can die.
fn points(batches: u64) -> impl Iterator<Item = Death> {
    (1..=batches).flat_map(|at| [false, true].map(|written| Death { at, written }))
}

/// A death as it is given in the environment.
fn told(subject: &Subject, seed: u64, death: Death) -> String {
    format!("FLOWRUN_CRASH={}:{seed}:{}:{}", subject.name, death.at, death.written)
}

/// Some of the points of one flow with one seed: each, or every third.
fn some_points(subject: &Subject, seed: u64, every: u64, media: impl Fn() -> Media) -> (Tally, Vec<String>) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    let (left, batches) = runtime.block_on(whole(subject, seed));
    if let Some(gives) = gives(subject) {
        assert_eq!(left.report["flow"]["outputs"], gives, "{}", subject.name);
    }
    let (other, _) = runtime.block_on(whole(subject, seed + 1_000_000));
    if let Err(why) = other.against(&left) {
        wrong.push(format!("{}: the end depends on the scheduler: {why}", subject.name));
    }
    for (death, _) in points(batches).zip(seed..).filter(|(_, nth)| nth % every == 0) {
        match runtime.block_on(crashed(subject, &left, seed, death, media())) {
            Ok(one) => tally.add(&one),
            Err(why) => {
                let why = format!("{}: {why}", told(subject, seed, death));
                std::io::stderr().write_all(format!("{why}\n").as_bytes()).unwrap();
                wrong.push(why);
            }
        }
    }
    (tally, wrong)
}

/// What a flow that is here puts out, as its file says; worked out by hand.
fn gives(subject: &Subject) -> Option<serde_json::Value> {
    let line = subject.text.lines().find_map(|line| line.strip_prefix("# gives "))?;
    Some(serde_json::from_str(line).unwrap())
}

/// All of these on two threads.
fn on_two_threads(work: &[(&Subject, u64)], every: u64) -> (Tally, Vec<String>) {
    let (next, found) = (AtomicUsize::new(0), Mutex::new((Tally::default(), Vec::new())));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((subject, seed)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (tally, wrong) = some_points(subject, *seed, every, Media::memory);
                    let mut found = found.lock().unwrap();
                    found.0.add(&tally);
                    found.1.extend(wrong);
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// The one point that the environment asks for.
fn asked(cases: &[Subject]) -> Option<Result<Tally, String>> {
    let given = std::env::var("FLOWRUN_CRASH").ok()?;
    let [name, seed, at, written] = given.split(':').collect::<Vec<_>>()[..] else { panic!("{given}") };
    let subject = cases.iter().find(|case| case.name == name).unwrap();
    let (seed, death) =
        (seed.parse().unwrap(), Death { at: at.parse().unwrap(), written: written == "true" });
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (left, _) = runtime.block_on(whole(subject, seed));
    Some(runtime.block_on(crashed(subject, &left, seed, death, Media::memory())))
}

#[test]
fn wherever_a_run_dies_its_end_is_that_of_the_whole_run() {
    let cases = cases();
    if let Some(one) = asked(&cases) {
        writeln!(std::io::stderr(), "{:?}", one.unwrap()).unwrap();
        return;
    }
    let full = std::env::var("FLOWRUN_CRASHES").is_ok_and(|given| given == "full");
    let seeds = if full { SEEDS } else { 1 };
    let work: Vec<_> = (0..seeds).flat_map(|seed| cases.iter().map(move |case| (case, seed))).collect();
    let (tally, wrong) = on_two_threads(&work, if full { 1 } else { 4 });
    writeln!(std::io::stderr(), "{tally:?}").unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tally.points, wrong.join("\n"));
    // Points that mean something: of all that can become of a request, all did.
    let Tally { points, deaths, late, lost, unheard, held, happened, did_not, failed } = tally;
    assert!(points >= if full { 10_000 } else { 90 } && deaths > points, "{tally:?}");
    // One seed does not bring everything about.
    let all = [if full { late } else { 1 }, lost, unheard, held, happened, did_not, failed];
    assert!(all.iter().all(|times| *times > 0), "{tally:?}");
}

#[test]
fn what_a_file_holds_is_enough_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let number = AtomicUsize::new(0);
    let media = || {
        let place = folder.path().join(number.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::create_dir(&place).unwrap();
        Media::file(&place)
    };
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for subject in cases().iter().filter(|case| is_import(case) || gives(case).is_some()) {
        let (points, errors) = some_points(subject, 7, 25, media);
        tally.add(&points);
        wrong.extend(errors);
    }
    writeln!(std::io::stderr(), "{tally:?}").unwrap();
    assert!(wrong.is_empty() && tally.points >= 8, "{tally:?}\n{}", wrong.join("\n"));
}
