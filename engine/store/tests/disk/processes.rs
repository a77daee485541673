//! Two processes and one store.

use flowrun_store::{Access, Batch, Holder, Settings, Sqlite, Store, Trouble};

use super::child::Other;
use super::look;
use crate::given::{about, begin, done, entry, own};

#[test]
fn a_second_owner_is_refused_by_name_and_process_and_may_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Other::start("owns_until_its_input_ends", folder.path(), None);
    assert_eq!(other.says().unwrap(), "ready");
    let me = Access::Own(Holder::new("me", "", 0));
    let refused = Sqlite::open(folder.path(), me, Settings::default()).unwrap_err();
    assert_eq!(refused.kind, Trouble::Owned);
    let process = other.process.id();
    assert_eq!(
        refused.message,
        format!(
            "the store of this project is in use by `test` since 1970-01-01T00:00:00.000Z (process {process})"
        )
    );
    let beside = look(folder.path()).unwrap();
    assert_eq!(beside.run("r1").unwrap().entries, 1);
    let refused = done(&beside, begin(about("r2"))).unwrap_err();
    assert_eq!(refused.message, "the store was opened only to look at it");
    other.process.kill().unwrap();
    other.process.wait().unwrap();
    // A killed process leaves its log, which the next owner reads.
    let store = own(folder.path());
    assert_eq!((store.damage(), store.run("r1").unwrap().entries), (None, 1));
}

#[test]
fn what_was_durable_outlives_a_kill_at_any_moment() {
    for kill_after in 1..12 {
        let folder = tempfile::tempdir().unwrap();
        let mut other = Other::start("writes_until_it_ends", folder.path(), None);
        let durable: u64 = (0..kill_after).map(|_| other.says().unwrap().parse().unwrap()).last().unwrap();
        drop(other);
        let store = own(folder.path());
        assert_eq!(store.damage(), None);
        let seqs: Vec<u64> =
            <dyn Store>::journal(&store, &"r1".into(), 1).map(|entry| entry.unwrap().seq).collect();
        assert!(seqs.len() as u64 >= durable, "{} of {durable}", seqs.len());
        assert!((1..).zip(&seqs).all(|(expected, seq)| expected == *seq), "no holes");
    }
}

/// Whichever write it is that fails: files may become only so large, at the database, its log, or the log's index.
#[cfg(target_os = "linux")]
#[test]
fn when_the_disk_takes_no_more_nothing_is_lost_and_the_reason_is_told() {
    // From little more than an empty store to some megabytes, in blocks of 512 bytes.
    for limit in [700, 801, 1_000, 1_303, 2_000, 4_007, 9_001] {
        let folder = tempfile::tempdir().unwrap();
        let mut other = Other::start("writes_until_it_ends", folder.path(), Some(limit));
        let mut durable = 0;
        let message = loop {
            let said = other.says().expect("it says why it ends");
            match said.parse::<u64>() {
                Ok(seq) => durable = seq,
                Err(_) => break said,
            }
        };
        assert!(message.starts_with("the disk failed the store: disk I/O error"), "{message}");
        let help = other.says().unwrap();
        assert_eq!(
            help,
            "look after the disk, then start flowrun again: every run goes on from what was stored of it"
        );
        let read: u64 = other.says().expect("readers go on").parse().unwrap();
        assert!(other.process.wait().unwrap().success());
        let store = own(folder.path());
        assert_eq!(store.damage(), None, "limit {limit}");
        let entries = store.run("r1").unwrap().entries;
        assert!(durable <= read && read <= entries, "{durable} <= {read} <= {entries}");
        assert_eq!(<dyn Store>::journal(&store, &"r1".into(), 1).count() as u64, entries);
    }
}

#[test]
fn a_store_that_is_dropped_has_written_all_that_it_was_handed() {
    let folder = tempfile::tempdir().unwrap();
    let store = own(folder.path());
    store.append(begin(about("r1")));
    for seq in 1..=2_000 {
        store.append(Batch::of(&"r1".into()).entry(entry(seq, "x")));
    }
    let durable = store.durable(store.newest());
    drop(store);
    durable.wait().expect("it is on the disk");
    assert!(!folder.path().join("store.db-wal").exists(), "a clean end leaves no log");
    assert_eq!(look(folder.path()).unwrap().run("r1").unwrap().entries, 2_000);
}
