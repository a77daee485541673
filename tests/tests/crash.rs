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

use std::path::Path;

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

/// What came of all points.
#[derive(Debug, Default)]
struct Tally {
    points: u64,
    /// Of how many processes, second and third ones too.
    deaths: u64,
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
        imported(&outside, &subject.name).unwrap();
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
        outside.pass(fate.below(5_000)).await;
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
    let left = Left::of(&outside, &process, &entries);
    if tally.deaths == 0 {
        return Err("it never died".to_owned());
    }
    if is_import(subject) {
        imported(&outside, &subject.name)?;
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
fn one(subject: &Subject, seed: u64, death: Death) -> String {
    format!("FLOWRUN_CRASH={}:{seed}:{}:{}", subject.name, death.at, death.written)
}

/// All points of one flow with one seed, but for those that are passed over.
fn all_points(subject: &Subject, seed: u64, every: u64, media: impl Fn() -> Media) -> (Tally, Vec<String>) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    let (left, batches) = runtime.block_on(whole(subject, seed));
    for (_, death) in points(batches).enumerate().filter(|(nth, _)| (*nth as u64 + seed) % every == 0) {
        match runtime.block_on(crashed(subject, &left, seed, death, media())) {
            Ok(one) => tally.add(&one),
            Err(why) => wrong.push(format!("{}: {why}", one(subject, seed, death))),
        }
    }
    (tally, wrong)
}

#[test]
fn wherever_a_run_dies_its_end_is_that_of_the_whole_run() {
    let cases = cases();
    if let Ok(given) = std::env::var("FLOWRUN_CRASH") {
        let [name, seed, at, written] = given.split(':').collect::<Vec<_>>()[..] else { panic!("{given}") };
        let subject = cases.iter().find(|case| case.name == name).unwrap();
        let death = Death { at: at.parse().unwrap(), written: written == "true" };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let seed = seed.parse().unwrap();
        let (left, _) = runtime.block_on(whole(subject, seed));
        let told = runtime.block_on(crashed(subject, &left, seed, death, Media::memory()));
        println!("{told:?}");
        told.map_err(|why| panic!("{why}")).unwrap();
        return;
    }
    let full = std::env::var("FLOWRUN_CRASHES").is_ok_and(|given| given == "full");
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for subject in &cases {
        let seeds = if full { 30 } else { 1 };
        for seed in 0..seeds {
            let (points, errors) = all_points(subject, seed, if full { 1 } else { 3 }, Media::memory);
            tally.add(&points);
            wrong.extend(errors);
        }
    }
    println!("{tally:?}");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tally.points, wrong.join("\n"));
}
