//! Files, and what is taken away.

use std::io::Read;

use flowrun_store::{
    AuditLine, Batch, FileHash, Filter, Forgotten, Keep, Moved, Note, NoteChange, Notes, Purged, RowChange,
    RunId, State, Store, Trouble,
};

use super::Case;
use crate::given::{about, begin, change, done, entry, row, table_id};

pub const CASES: &[Case] = &[
    ("a file is there as long as a run holds it", files),
    ("only an ended run can be removed, and its audit record and shared program stay", delete),
    ("without saved data a run that ends well keeps nothing but its line", unsaved),
    ("values are taken from ended runs only", clear),
    ("what is old goes, by days and by count", purge),
    ("a person is forgotten everywhere but in open runs", forget),
];

/// The SHA-256 of "abc": FIPS 180-2, appendix B.1.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn read(store: &dyn Store, hash: &FileHash) -> Result<String, Trouble> {
    let mut text = String::new();
    store.file(hash).map_err(|error| error.kind)?.read_to_string(&mut text).unwrap();
    Ok(text)
}

fn ended(id: &str, state: State, at_us: i64) -> Batch {
    begin(about(id)).entry(entry(1, id)).moved(Moved::to(state, at_us))
}

fn files(store: &dyn Store) {
    let hash = store.put_file(&mut &b"abc"[..]).unwrap();
    assert_eq!(hash, FileHash::parse(ABC).unwrap());
    assert_eq!(read(store, &hash).unwrap(), "abc");
    assert_eq!(store.put_file(&mut &b"abc"[..]).unwrap(), hash, "put again");
    for id in ["r1", "r2"] {
        done(store, begin(about(id))).unwrap();
        done(store, Batch { files: vec![hash], ..Batch::of(&RunId::from(id)) }).unwrap();
        done(store, Batch::of(&RunId::from(id)).moved(Moved::to(State::Done, 5))).unwrap();
    }
    assert_eq!(store.files("r1").unwrap(), [hash]);
    store.delete("r1").unwrap();
    assert_eq!(read(store, &hash).unwrap(), "abc");
    store.delete("r2").unwrap();
    assert_eq!(read(store, &hash), Err(Trouble::Absent));
    let unknown = Batch { files: vec![hash], ..begin(about("r3")) };
    assert_eq!(done(store, unknown).unwrap_err().message, format!("file {ABC} is not stored"));
    // Put for one run while another still holds it.
    store.put_file(&mut &b"abc"[..]).unwrap();
    done(store, Batch { files: vec![hash], ..ended("r4", State::Done, 5) }).unwrap();
    store.put_file(&mut &b"abc"[..]).unwrap();
    store.delete("r4").unwrap();
    done(store, Batch { files: vec![hash], ..begin(about("r5")) }).expect("it was put for this run");
    assert_eq!(read(store, &hash).unwrap(), "abc");
}

fn delete(store: &dyn Store) {
    let mut first = begin(about("r1"));
    first.audit.push(AuditLine { number: 1, text: "POST /users".to_owned() });
    done(store, first).unwrap();
    done(store, ended("r2", State::Failed, 5)).unwrap();
    let open = store.delete("r1").unwrap_err();
    assert_eq!(open.message, "run `r1` is running, and only ended runs can be removed");
    assert_eq!(open.help.unwrap(), "end it first: `flowrun cancel r1`");
    store.delete("r2").unwrap();
    assert_eq!(store.run("r2").unwrap_err().kind, Trouble::Absent);
    assert!(store.program("p1").unwrap().is_some(), "r1 needs it");
    done(store, Batch::of(&RunId::from("r1")).moved(Moved::to(State::Cancelled, 6))).unwrap();
    store.delete("r1").unwrap();
    assert_eq!(store.program("p1").unwrap(), None);
    assert_eq!(store.audit(Some("r1")).unwrap()[0].text, "POST /users");
    assert_eq!(done(store, begin(about("r1"))).unwrap_err().message, "there is already a run `r1`");
    assert_eq!(store.delete("r9").unwrap_err().kind, Trouble::Absent);
    assert_eq!(store.runs(&Filter::default()).unwrap(), []);
}

fn unsaved(store: &dyn Store) {
    for (id, state, kept) in
        [("d", State::Done, false), ("c", State::Cancelled, false), ("f", State::Failed, true)]
    {
        let file = store.put_file(&mut &b"abc"[..]).unwrap();
        let mut about = about(id);
        about.save_data = false;
        let mut moved = Moved::to(state, 9);
        moved.report = Some(b"values".to_vec());
        moved.summary = Some(b"counts".to_vec());
        let mut batch = begin(about).entry(entry(1, "x")).moved(moved);
        batch.files.push(file);
        batch.audit.push(AuditLine { number: 1, text: "line".to_owned() });
        done(store, batch).unwrap();
        let run = store.run(id).unwrap();
        assert_eq!((run.cleared, run.entries, run.cut), (!kept, 1, u64::from(!kept)), "{id}");
        assert_eq!(run.summary, b"counts");
        assert_eq!(store.start(id).unwrap().is_some(), kept);
        assert_eq!(store.report(id).unwrap().is_some(), kept);
        assert_eq!(store.entries(id, 1, 9).unwrap().len(), usize::from(kept));
        assert_eq!(store.files(id).unwrap().len(), usize::from(kept));
        assert_eq!(store.audit(Some(id)).unwrap().len(), 1);
    }
}

fn clear(store: &dyn Store) {
    done(store, begin(about("open")).entry(entry(1, "x"))).unwrap();
    for place in 0..250 {
        store.append(ended(&format!("r{place}"), State::Done, place));
    }
    let mut other = about("other");
    other.flow = "other.yaml".to_owned();
    done(store, begin(other).moved(Moved::to(State::Done, 1))).unwrap();
    let of_flow = Filter { flow: Some("import.yaml".to_owned()), ..Filter::default() };
    assert_eq!(store.clear(&of_flow).unwrap(), 250);
    assert_eq!(store.clear(&of_flow).unwrap(), 0);
    assert!(store.start("r7").unwrap().is_none() && store.run("r7").unwrap().cleared);
    assert_eq!(store.entries("open", 1, 9).unwrap().len(), 1);
    assert!(store.start("other").unwrap().is_some());
}

fn purge(store: &dyn Store) {
    const DAY: i64 = 86_400_000_000;
    let file = store.put_file(&mut &b"abc"[..]).unwrap();
    done(store, begin(about("open"))).unwrap();
    for (id, state, day) in [
        ("old", State::Done, 1),
        ("older failed", State::Failed, 0),
        ("failed", State::Failed, 70),
        ("new", State::Done, 95),
        ("newer", State::Done, 96),
    ] {
        let mut about = about(id);
        about.save_data = id != "failed";
        let mut batch = begin(about).moved(Moved::to(state, day * DAY));
        if id == "old" {
            batch.files.push(file);
        }
        done(store, batch).unwrap();
    }
    let ids = || -> Vec<String> {
        let mut ids: Vec<_> =
            store.runs(&Filter::default()).unwrap().iter().map(|run| run.about.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(store.purge(100 * DAY, &Keep::default()).unwrap(), Purged::default());
    let keep = Keep { days: Some(30), failed_days: Some(90), runs: None, data_days: Some(7) };
    assert_eq!(store.purge(100 * DAY, &keep).unwrap(), Purged { runs: 2, cleared: 1, files: 1 });
    assert_eq!(ids(), ["failed", "new", "newer", "open"]);
    assert!(store.run("failed").unwrap().cleared);
    let keep = Keep { runs: Some(1), ..Keep::default() };
    assert_eq!(store.purge(100 * DAY, &keep).unwrap(), Purged { runs: 2, cleared: 0, files: 0 });
    assert_eq!(ids(), ["newer", "open"]);
}

fn forget(store: &dyn Store) {
    let run = |id: &str, text: &str| begin(about(id)).entry(entry(1, text));
    done(store, run("open", "user ann@example.com")).unwrap();
    done(store, run("bob", "user bob@example.com").moved(Moved::to(State::Done, 5))).unwrap();
    let mut failed = Moved::to(State::Failed, 6);
    failed.error = Some("user Ann@Example.com was not found".to_owned());
    failed.summary = Some(b"1 user".to_vec());
    let mut batch = run("ann", "{\"mail\":\"ANN@example.com\"}").moved(failed);
    batch
        .audit
        .push(AuditLine { number: 1, text: "PUT /users/ann@example.com twice: ann@example.com".to_owned() });
    done(store, batch).unwrap();
    let mut report = Moved::to(State::Done, 7);
    report.report = Some(b"ann@example.com".to_vec());
    done(store, run("in report", "x").moved(report)).unwrap();
    let list = store.put_file(&mut &b"mail\nAnn@example.com\n"[..]).unwrap();
    let holds = Batch { files: vec![list], ..run("in a file", "x").moved(Moved::to(State::Done, 8)) };
    done(store, holds).unwrap();
    let rows = vec![
        RowChange::Put(row(1, &[("mail", "bob@example.com")])),
        RowChange::Put(row(2, &[("n", "1"), ("mail", "ann@example.com")])),
    ];
    done(store, Batch::default().table(change("people", 3, rows))).unwrap();
    assert_eq!(store.forget("ann", false).unwrap_err().kind, Trouble::Refused, "too short");
    let note = |key: &str, due_us, body: &str| {
        let (space, body) = (std::sync::Arc::from("inbox"), body.into());
        NoteChange::Put(Note { space, key: std::sync::Arc::from(key), at_us: 1, due_us, body })
    };
    let notes = [
        note("seen", None, "the event of ann@example.com"),
        note("ann@example.com", None, ""),
        note("waits", Some(1), "ann@example.com"),
        note("bob", None, "bob@example.com"),
    ];
    done(store, Batch { notes: notes.into(), ..Batch::default() }).unwrap();
    let id = RunId::from;
    let expected = Forgotten {
        cleared: vec![id("ann"), id("in report"), id("in a file")],
        open: vec![id("open")],
        rows: vec![(table_id("people"), 2)],
        audit: 1,
        notes: 2,
        waiting: 1,
    };
    assert_eq!(store.forget("ann@example.com", true).unwrap(), expected);
    assert!(!store.run("ann").unwrap().cleared, "it only looked");
    assert_eq!(store.forget("ann@example.com", false).unwrap(), expected);
    assert_eq!(read(store, &list), Err(Trouble::Absent));
    let run = store.run("ann").unwrap();
    assert_eq!(run.error.unwrap(), "user (forgotten) was not found");
    assert!(run.cleared && !store.run("bob").unwrap().cleared);
    assert_eq!(store.entries("open", 1, 9).unwrap().len(), 1, "an open run needs its journal");
    assert_eq!(
        store.table(&table_id("people")).unwrap().unwrap().rows,
        [row(1, &[("mail", "bob@example.com")])]
    );
    assert_eq!(store.audit(Some("ann")).unwrap()[0].text, "PUT /users/(forgotten) twice: (forgotten)");
    let after = store.forget("ann@example.com", true).unwrap();
    assert_eq!(after, Forgotten { open: vec![id("open")], waiting: 1, ..Forgotten::default() });
    let notes = store.notes(&Notes::of("inbox")).unwrap();
    let notes: Vec<_> = notes.iter().map(|note| (&*note.key, note.body.len())).collect();
    assert_eq!(notes, [("bob", 15), ("seen", 0), ("waits", 15)]);
}
