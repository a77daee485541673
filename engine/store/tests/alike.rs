//! Stores over the same batches, the fitting and the unfitting, in any order: all end alike, and a crash leaves a beginning.

use flowrun_store::{
    AuditLine, Batch, Checkpoint, Filter, InMemory, Moved, RowChange, RunId, State, Store, StoredProgram,
    Ticket,
};

use crate::given::{about, begin, change, entry, own, read_all, row};

/// Numbers that look like chance, and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// A batch of one of four runs; every so often something in it does not fit.
fn batch(dice: &mut Dice, next: &mut [u64; 4]) -> Batch {
    let place = dice.below(4) as usize;
    let id = format!("r{place}");
    if next[place] == 0 || dice.one_in(40) {
        next[place] = 1;
        let mut about = about(&id);
        about.save_data = dice.one_in(2);
        about.started_us = dice.below(5) as i64;
        return begin(about);
    }
    let mut batch = Batch::of(&RunId::from(id));
    for _ in 0..dice.below(4) {
        batch = batch.entry(entry(next[place] + u64::from(dice.one_in(60)), "answer"));
        next[place] += 1;
    }
    if dice.one_in(3) {
        let number = 1 + dice.below(20);
        let put = RowChange::Put(row(number, &[("a", "x"), (["b", "c"][dice.below(2) as usize], "y")]));
        let rows = [put, RowChange::Delete(1 + dice.below(20)), RowChange::Clear];
        let rows = rows.into_iter().filter(|_| dice.one_in(2)).collect();
        let mut change = change(["t", "u"][dice.below(2) as usize], 20 + dice.below(4), rows);
        change.note = dice.one_in(4).then(|| vec![place as u8]);
        batch = batch.table(change);
    }
    if dice.one_in(4) {
        batch.audit.push(AuditLine { number: dice.below(400), text: "line".to_owned() });
    }
    if dice.one_in(8) {
        batch.checkpoint =
            Some(Box::new(Checkpoint { seq: dice.below(next[place] + 1), body: b"state".to_vec() }));
    }
    if dice.one_in(12) {
        batch.cut = Some(dice.below(next[place]));
    }
    if dice.one_in(15) {
        let at_us = dice.below(100) as i64;
        let state = match dice.below(5) {
            0 => State::Done,
            1 => State::Failed,
            2 => State::Waiting { wake_us: at_us },
            3 => State::Held { question: "well?".to_owned() },
            _ => State::Running,
        };
        let mut moved = Moved::to(state, at_us);
        moved.report = dice.one_in(2).then(|| b"report".to_vec());
        if dice.one_in(4) {
            moved.program = Some(format!("p{}", 1 + dice.below(3)));
            batch.programs.push(StoredProgram { hash: "p2".to_owned(), body: b"two".to_vec() });
        }
        batch = batch.moved(moved);
    }
    batch
}

#[test]
fn stores_over_the_same_batches_end_alike() {
    let mut refusals = 0;
    for seed in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let (disk, memory) = (own(folder.path()), InMemory::new());
        let (mut dice, mut next) = (Dice(seed), [0; 4]);
        let tickets: Vec<(Ticket, Ticket)> = (0..400)
            .map(|_| {
                let batch = batch(&mut dice, &mut next);
                (disk.append(batch.clone()), memory.append(batch))
            })
            .collect();
        for (place, (on_disk, in_memory)) in tickets.into_iter().enumerate() {
            let (on_disk, in_memory) = (disk.durable(on_disk).wait(), memory.durable(in_memory).wait());
            let kind = |done: Result<(), flowrun_store::StoreError>| done.err().map(|error| error.kind);
            refusals += usize::from(on_disk.is_err());
            assert_eq!(kind(on_disk), kind(in_memory), "batch {place} of seed {seed}");
        }
        assert_eq!(read_all(&disk).unwrap(), read_all(&memory).unwrap(), "seed {seed}");
        for run in disk.runs(&Filter::default()).unwrap() {
            let id = &run.about.id;
            assert_eq!(
                disk.delete(id).map_err(|error| error.message),
                memory.delete(id).map_err(|error| error.message)
            );
        }
        assert_eq!(read_all(&disk).unwrap(), read_all(&memory).unwrap(), "seed {seed}, ended runs removed");
        assert!(disk.doctor(None).iter().all(|finding| finding.found.is_ok()), "{:?}", disk.doctor(None));
    }
    assert!(refusals > 500, "{refusals}");
}

/// Wherever it is cut, what a crash leaves is what a store holds that was only handed the beginning.
#[test]
fn a_crash_leaves_what_was_committed() {
    let (mut dice, mut next) = (Dice(99), [0; 4]);
    let batches: Vec<Batch> = (0..60).map(|_| batch(&mut dice, &mut next)).collect();
    for cut in 0..=batches.len() {
        let (crashing, beginning) = (InMemory::by_hand(), InMemory::new());
        let tickets: Vec<Ticket> = batches.iter().map(|batch| crashing.append(batch.clone())).collect();
        batches[..cut].iter().for_each(|batch| _ = beginning.append(batch.clone()));
        if let Some(last) = cut.checked_sub(1) {
            crashing.commit(tickets[last]);
        }
        let left = crashing.crash();
        assert_eq!(read_all(&left).unwrap(), read_all(&beginning).unwrap(), "after {cut}");
        for (place, ticket) in tickets.iter().enumerate().skip(cut) {
            let error = crashing.durable(*ticket).wait().unwrap_err();
            assert_eq!(error.message, "the process was killed", "batch {place}");
        }
        let after = crashing.append(Batch::default());
        assert_eq!(crashing.durable(after).wait().unwrap_err().message, "the process was killed");
    }
}
