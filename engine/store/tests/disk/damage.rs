//! Flipped bits, files that are no store, cut-off files.

use std::fs;

use flowrun_store::{Store, Trouble};
use rusqlite::Connection;

use super::{copy, fill, look, read_all};
use crate::given::{about, begin, own};

/// A bit is flipped anywhere: either what is read is what was written, or it is said that it is not, at the latest by the doctor.
#[test]
fn a_flipped_bit_is_noticed_or_does_no_harm() {
    let whole = tempfile::tempdir().unwrap();
    fill(&own(whole.path()));
    let expected = read_all(&look(whole.path()).unwrap()).unwrap();
    let size = fs::metadata(whole.path().join("store.db")).unwrap().len() as usize;
    let (mut noticed, mut harmless, mut missing) = (0, 0, 0);
    let folder = tempfile::tempdir().unwrap();
    copy(whole.path(), folder.path());
    let path = folder.path().join("store.db");
    let bytes = fs::read(&path).unwrap();
    // A prime, so that all places of a page have their turn; the first page byte for byte where it says what the file is.
    for at in (0..100).chain((100..size).step_by(499)) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, damaged).unwrap();
        let opened = look(folder.path());
        match opened.as_ref().map_err(Clone::clone).and_then(|store| read_all(store)) {
            Err(error) => assert!(error.help.is_some(), "byte {at}: {error}"),
            Ok(read) if read == expected => {
                harmless += 1;
                continue;
            }
            // What is only missing, such as a row that is filed under another number, is found by looking at all.
            Ok(_) => {
                let found = opened.unwrap().doctor(None);
                assert!(found.iter().any(|finding| finding.found.is_err()), "byte {at} of {size}: {found:?}");
                missing += 1;
            }
        }
        noticed += 1;
    }
    assert!(noticed > 50 && harmless > 50, "{noticed} noticed, {harmless} harmless");
    assert!(missing < noticed / 4, "{missing} of {noticed} only by the doctor");
}

#[test]
fn a_damaged_store_is_read_but_not_written_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let crashed = tempfile::tempdir().unwrap();
    {
        let store = own(folder.path());
        fill(&store);
        copy(folder.path(), crashed.path());
    }
    // The log is not empty, so that the file is looked through; a page of an index is no page any more.
    let root: i64 = Connection::open(folder.path().join("store.db"))
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'run_started'", [], |row| row.get(0))
        .unwrap();
    fs::copy(folder.path().join("store.db"), crashed.path().join("store.db")).unwrap();
    fs::write(crashed.path().join("store.db-wal"), b"not a log").unwrap();
    let path = crashed.path().join("store.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[(root as usize - 1) * 4096..][..16].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let store = own(crashed.path());
    let damage = store.damage().expect("it is noticed");
    assert_eq!(damage.kind, Trouble::Damaged);
    assert!(damage.help.as_ref().unwrap().contains("flowrun restore"), "{damage:?}");
    let refused = store.durable(store.append(begin(about("r2")))).wait().unwrap_err();
    assert_eq!(refused, *damage);
    assert_eq!(store.run("r1").unwrap().entries, 50, "what is whole can be read");
    assert_eq!(store.put_file(&mut &b"x"[..]).unwrap_err(), *damage);
}

#[test]
fn doctor_tells_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    fill(&own(folder.path()));
    let told = |what: &str| -> Result<String, String> {
        let store = look(folder.path()).unwrap();
        let found = store.doctor(None).into_iter().find(|finding| finding.what == what).unwrap();
        found.found.map_err(|error| error.message)
    };
    assert_eq!(told("structure").unwrap(), "whole");
    assert_eq!(told("references").unwrap(), "all that is named is there");
    assert_eq!(told("runs").unwrap(), "1 run (1 running) with 50 journal entries, each as it was written");
    assert_eq!(told("programs").unwrap(), "1 program, each as it was written");
    assert_eq!(told("tables").unwrap(), "1 kept table with 40 rows, each as it was written");
    assert_eq!(told("files").unwrap(), "1 file, each as it was written");
    assert_eq!(told("key").unwrap(), "none yet: nothing was ever sealed");
    assert!(told("database").unwrap().starts_with("form 3, by SQLite 3."));
    let change = |sql: &str| {
        let connection = Connection::open(folder.path().join("store.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    let cases = [
        (
            "runs",
            "UPDATE journal SET body = x'00' WHERE seq = 7",
            "entry 7 in the journal of run `r1` is not as it was written",
        ),
        ("runs", "DELETE FROM journal WHERE seq = 7", "entry 7 of run `r1` is missing"),
        (
            "tables",
            "UPDATE kept_row SET updated_ms = 0 WHERE number = 3",
            "row 3 of table \"people\" is not as it was written",
        ),
        ("programs", "UPDATE program SET body = x'00'", "program p1 is not as it was written"),
        ("runs", "UPDATE run SET state = 'done'", "the line of a run is not as it was written"),
        (
            "references",
            "PRAGMA foreign_keys = OFF; DELETE FROM program",
            "a row of run names what is not there",
        ),
    ];
    for (what, sql, expected) in cases {
        change(sql);
        assert_eq!(told(what).unwrap_err(), format!("the store is damaged: {expected}"), "{sql}");
    }
    let blobs = folder.path().join("blobs/ba");
    let file = fs::read_dir(blobs).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "abd").unwrap();
    assert_eq!(
        told("files").unwrap_err(),
        format!("the store is damaged: {} is not what it was", file.display())
    );
}

#[test]
fn what_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let absent = look(folder.path()).unwrap_err();
    assert_eq!(absent.kind, Trouble::Absent);
    let path = folder.path().join("store.db");
    fs::write(
        &path,
        "not a database, but some text that is long enough to be taken for one by its size alone",
    )
    .unwrap();
    let open = || {
        let holder = flowrun_store::Holder::new("test", "", 0);
        let access = flowrun_store::Access::Own(holder);
        flowrun_store::Sqlite::open(folder.path(), access, flowrun_store::Settings::default()).unwrap_err()
    };
    assert_eq!(open().message, "the store is damaged: file is not a database");
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert_eq!(open().message, "store.db is no store of flowrun, but a database of another program");
}

#[test]
fn a_store_whose_maker_was_killed_before_anything_was_written_is_none_yet() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.db"), b"").unwrap();
    assert_eq!(look(folder.path()).unwrap_err().kind, Trouble::Absent);
    own(folder.path());
    look(folder.path()).unwrap();
}

#[test]
fn files_that_no_commit_named_go_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (named, unnamed) = {
        let store = own(folder.path());
        fill(&store);
        let named = store.files("r1").unwrap()[0];
        (named, store.put_file(&mut &b"unnamed"[..]).unwrap())
    };
    fs::write(folder.path().join("blobs/.new-cut"), "cut off").unwrap();
    let store = own(folder.path());
    assert!(store.file(&named).is_ok());
    assert_eq!(store.file(&unnamed).err().unwrap().kind, Trouble::Absent);
    assert!(!folder.path().join("blobs/.new-cut").exists());
}

/// What was begun in SQLite's first way of writing, with a journal of what was there before, can't be taken back by who only looks.
#[test]
fn who_was_cut_off_while_the_store_was_made_left_none() {
    for (before, kind) in [("", Trouble::Absent), ("CREATE TABLE a (x);", Trouble::Refused)] {
        let (making, cut_off) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = Connection::open(making.path().join("store.db")).unwrap();
        // Its journal is complete from the first page on if it waits for no disk.
        database.execute_batch(&format!("PRAGMA application_id = {}; {before}", 0x666c_6f77)).unwrap();
        database.execute_batch("PRAGMA synchronous = OFF; BEGIN; PRAGMA user_version = 1").unwrap();
        copy(making.path(), cut_off.path());
        let error = look(cut_off.path()).err().unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.help.unwrap().contains("run"), "the remedy is a run");
        own(cut_off.path());
        assert!(look(cut_off.path()).is_ok(), "which makes it anew");
    }
}
