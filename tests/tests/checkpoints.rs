//! A checkpoint is the run itself: stored and restored after every entry of its journal, in this program and in one that numbers
//! everything otherwise, it goes on and ends as if nothing had happened.

use std::sync::Arc;

use flowrun_core::course::{Course, Open};
use flowrun_core::machine::Machine;
use flowrun_core::program::Program;
use flowrun_core::stored::{Header, Seal};
use flowrun_tests::{compile, sources, times};

use super::replay::{IMPORTS, Subject, json, random_run, subjects};

/// Writes secrets backwards, which is enough to see that they were sealed and opened.
struct Backwards;

impl Seal for Backwards {
    fn seal(&self, secret: &str) -> String {
        secret.chars().rev().collect()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(self.seal(sealed))
    }
}

/// The same flows behind others, so that each has another number.
fn renumbered(subject: &Subject) -> Arc<Program> {
    if IMPORTS.contains(&&*subject.name) {
        return subject.program.clone();
    }
    let before = "cards: [{ card: flow_control.wait_for, with: { delay: 1 } }]";
    let text = format!("{}\n#### file: a_flow_before_all_others.yaml\n{before}\n", subject.text);
    let (program, entry) = compile(&sources(&text), "main", &[]);
    assert_ne!(entry, subject.entry, "{}", subject.name);
    program
}

/// Stores a run and restores it, in a program that may be another one.
fn again(course: &Course, header: &Header, to: &Arc<Program>, what: &str) -> Course {
    let stored = course.save(&Backwards, usize::MAX).unwrap();
    let start = || header.start(to).unwrap();
    let restored = Course::restore(to.clone(), start(), &stored, &Backwards).unwrap_or_else(|error| {
        panic!("{what}: {error}\n{}", String::from_utf8_lossy(&stored));
    });
    assert_eq!(json(&restored.machine), json(&course.machine), "{what}");
    let asked = |course: &Course| {
        let told = |(id, open): (_, &Open)| {
            let effect = open.effect.clone().unwrap();
            assert_eq!((effect.id, effect.print()), (id, open.print), "{what}");
            effect
        };
        format!("{:?}", course.open().map(told).collect::<Vec<_>>())
    };
    assert_eq!(asked(&restored), asked(course), "{what}");
    // The program holds some of the values too, so that what was restored from shares less than the run did; but it stays so.
    let restored_again = |stored: &[u8]| {
        let restored = Course::restore(to.clone(), start(), stored, &Backwards).unwrap();
        String::from_utf8(restored.save(&Backwards, usize::MAX).unwrap()).unwrap()
    };
    let once = restored_again(&stored);
    assert_eq!(restored_again(once.as_bytes()), once, "{what}");
    assert!(course.save(&Backwards, stored.len() - 1).is_none(), "{what}");
    // Wherever it is cut, or has another digit, it is refused or read; nothing panics.
    for at in (0..stored.len()).step_by(stored.len() / 7 + 1) {
        assert!(
            Course::restore(to.clone(), start(), &stored[..at], &Backwards).is_err(),
            "{what}, cut at {at}"
        );
        let mut wounded = stored.clone();
        let digit = (at..stored.len()).find(|at| stored[*at].is_ascii_digit()).unwrap_or(at);
        wounded[digit] = b'9';
        drop(Course::restore(to.clone(), start(), &wounded, &Backwards));
    }
    restored
}

#[test]
fn every_flow_goes_on_from_every_checkpoint() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let orders = times("FLOWRUN_ORDERS", 2);
    let mut checkpoints: u64 = 0;
    for subject in &subjects() {
        let programs = [&subject.program, &renumbered(subject)];
        for seed in 0..orders {
            if seed > 0 && IMPORTS.contains(&&*subject.name) {
                break;
            }
            let (journal, whole) = runtime.block_on(random_run(subject, seed));
            let header = Header::of(&journal.start, &subject.program);
            // With every entry right behind it, and with the turns that follow it.
            for turned in [false, true] {
                let machine = Machine::new(subject.program.clone(), journal.start.clone()).unwrap();
                let mut course = Course::new(machine);
                for (place, entry) in journal.entries.iter().enumerate() {
                    let to = programs[(place + 1) % 2];
                    let what = format!("{}, order {seed}, entry {place}, turned: {turned}", subject.name);
                    course = again(&course, &header, to, &what);
                    course.apply(entry, &mut ()).unwrap_or_else(|error| panic!("{what}: {error}"));
                    if turned {
                        course.catch_up(&mut ());
                    }
                    checkpoints += 1;
                }
                course = again(&course, &header, programs[0], &subject.name);
                course.catch_up(&mut ());
                course = again(&course, &header, programs[1], &subject.name);
                assert_eq!(json(&course.machine), whole, "{}, order {seed}", subject.name);
            }
        }
    }
    assert!(checkpoints > orders * 100, "too few to mean anything: {checkpoints}");
}
