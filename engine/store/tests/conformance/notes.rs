//! What stores promise of notes.

use std::sync::Arc;

use flowrun_store::{Batch, Note, NoteChange, Notes, Store, Trouble};

use super::Case;
use crate::given::{about, begin, done};

pub const CASES: &[Case] = &[
    ("a note is what was written last", written),
    ("a note is added once", added),
    ("what was to be done is claimed once, in the commit of the run that does it", claimed),
    ("what is due comes in the order of its time, then of its arrival", due),
    ("notes are listed by their names, forwards, backwards, in pages", listed),
    ("what is done is swept away, what is not stays", swept),
];

fn note(space: &str, key: &str, at_us: i64, due_us: Option<i64>, body: &str) -> Note {
    Note { space: Arc::from(space), key: Arc::from(key), at_us, due_us, body: body.into() }
}

fn put(store: &dyn Store, notes: impl IntoIterator<Item = Note>) {
    let notes = notes.into_iter().map(NoteChange::Put).collect();
    done(store, Batch { notes, ..Batch::default() }).unwrap();
}

fn keys(store: &dyn Store, asked: &Notes) -> Vec<String> {
    store.notes(asked).unwrap().into_iter().map(|note| note.key.to_string()).collect()
}

fn written(store: &dyn Store) {
    assert_eq!(store.note("a", "k").unwrap(), None);
    put(store, [note("a", "k", 1, Some(2), "one"), note("b", "k", 3, None, "other")]);
    assert_eq!(store.note("a", "k").unwrap(), Some(note("a", "k", 1, Some(2), "one")));
    put(store, [note("a", "k", 4, None, "")]);
    assert_eq!(store.note("a", "k").unwrap(), Some(note("a", "k", 4, None, "")));
    assert_eq!(store.note("b", "k").unwrap(), Some(note("b", "k", 3, None, "other")));
    let remove = || NoteChange::Remove { space: Arc::from("a"), key: Arc::from("k") };
    done(store, Batch::default().note(remove())).unwrap();
    done(store, Batch::default().note(remove())).unwrap();
    assert_eq!((store.note("a", "k").unwrap(), store.note("b", "k").unwrap().is_some()), (None, true));
}

fn added(store: &dyn Store) {
    let first = note("a", "k", 1, Some(2), "one");
    let second = note("a", "k", 5, Some(6), "two");
    done(store, Batch::default().note(NoteChange::Add(first.clone()))).unwrap();
    done(store, Batch::default().note(NoteChange::Add(second.clone()))).unwrap();
    assert_eq!(store.note("a", "k").unwrap(), Some(first.clone()));
    let other = note("a", "other", 1, None, "");
    let refused = Batch::default().note(NoteChange::Put(other)).note(NoteChange::New(second.clone()));
    assert_eq!(done(store, refused).unwrap_err().message, "there is already a note `k` in `a`");
    assert_eq!(store.note("a", "k").unwrap(), Some(first));
    assert_eq!(store.note("a", "other").unwrap(), None, "the batch was refused as a whole");
    let remove = NoteChange::Remove { space: Arc::from("a"), key: Arc::from("k") };
    done(store, Batch::default().note(remove).note(NoteChange::New(second.clone()))).unwrap();
    assert_eq!(store.note("a", "k").unwrap(), Some(second));
}

fn claimed(store: &dyn Store) {
    put(store, [note("inbox", "e1", 1, Some(1), "event")]);
    assert_eq!(store.waiting("inbox").unwrap(), 1);
    let claim =
        || NoteChange::Claim { space: Arc::from("inbox"), key: Arc::from("e1"), body: b"r1".to_vec() };
    done(store, begin(about("r1")).note(claim())).unwrap();
    assert_eq!(store.note("inbox", "e1").unwrap(), Some(note("inbox", "e1", 1, None, "r1")));
    assert_eq!(store.waiting("inbox").unwrap(), 0);
    let again = done(store, begin(about("r2")).note(claim())).unwrap_err();
    assert_eq!(again.message, "nothing is to be done about `e1` in `inbox`");
    assert_eq!(store.run("r2").unwrap_err().kind, Trouble::Absent, "no run begins for it a second time");
    done(store, begin(about("r3"))).unwrap();
    let never = NoteChange::Claim { space: Arc::from("inbox"), key: Arc::from("e2"), body: Vec::new() };
    assert_eq!(done(store, Batch::default().note(never)).unwrap_err().kind, Trouble::Refused);
}

fn due(store: &dyn Store) {
    put(
        store,
        [
            note("a", "third", 1, Some(30), ""),
            note("a", "second", 2, Some(20), ""),
            note("a", "first of 10", 3, Some(10), ""),
            note("a", "second of 10", 0, Some(10), ""),
            note("a", "done", 4, None, ""),
            note("b", "other", 5, Some(1), ""),
        ],
    );
    assert_eq!(keys(store, &Notes::of("a").due(20)), ["first of 10", "second of 10", "second"]);
    assert_eq!(keys(store, &Notes::of("a").due(i64::MAX).at_most(1)), ["first of 10"]);
    assert!(keys(store, &Notes::of("a").due(9)).is_empty());
    assert_eq!(keys(store, &Notes::of("a").due(30).due_after(10)), ["second", "third"]);
    assert_eq!(keys(store, &Notes::of("a").due(20).due_after(9)), ["first of 10", "second of 10", "second"]);
    // Written again, a note goes behind those of the same time.
    put(store, [note("a", "first of 10", 3, Some(10), "")]);
    assert_eq!(keys(store, &Notes::of("a").due(10)), ["second of 10", "first of 10"]);
}

fn listed(store: &dyn Store) {
    put(store, ["b2", "a", "b1", "c", "b10"].map(|key| note("x", key, 1, None, "")));
    put(store, [note("xy", "b", 1, None, "")]);
    assert_eq!(keys(store, &Notes::of("x")), ["a", "b1", "b10", "b2", "c"]);
    let backwards = Notes { backwards: true, ..Notes::of("x") };
    assert_eq!(keys(store, &backwards.clone().at_most(2)), ["c", "b2"]);
    assert_eq!(keys(store, &Notes { after: Some(Arc::from("b2")), ..backwards }), ["b10", "b1", "a"]);
    let b = Notes { prefix: Arc::from("b"), ..Notes::of("x") };
    assert_eq!(keys(store, &b), ["b1", "b10", "b2"]);
    assert_eq!(keys(store, &Notes { after: Some(Arc::from("b1")), ..b }), ["b10", "b2"]);
}

fn swept(store: &dyn Store) {
    put(
        store,
        [
            note("a", "old", 1, None, ""),
            note("a", "old and due", 1, Some(1), ""),
            note("a", "new", 10, None, ""),
            note("b", "old", 1, None, ""),
        ],
    );
    let sweep = NoteChange::Sweep { space: Arc::from("a"), before_us: 10 };
    done(store, Batch::default().note(sweep)).unwrap();
    assert_eq!(keys(store, &Notes::of("a")), ["new", "old and due"]);
    assert_eq!(keys(store, &Notes::of("b")), ["old"]);
}
