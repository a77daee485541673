//! Runs, their journals, what is found of them.

use flowrun_store::{
    AuditLine, Batch, Checkpoint, Filter, Fork, Moved, RunId, State, Status, Store, Ticket, Trouble,
};

use super::Case;
use crate::given::{about, begin, done, entry};

pub const CASES: &[Case] = &[
    ("a run is found as it began", begins),
    ("a journal has no gap, and a run gets no further after one", gap),
    ("a batch is stored whole or not at all", whole),
    ("what belongs to a run needs one", nobodys),
    ("a journal is read in order from any entry, however long", long),
    ("tickets are settled in their order", tickets),
    ("a run is found by the beginning of its id", prefix),
    ("runs are filtered, the newest first", filters),
    ("runs come back when they are due", due),
    ("only the newest checkpoint is kept, and journals can be cut", checkpoints),
    ("a run may fail, go on with another program, and end", goes_on),
    ("the audit record is kept line by line", audit),
];

fn begins(store: &dyn Store) {
    let mut whole = about("r1");
    whole.dry_run = true;
    whole.simulated = true;
    whole.alone = Some("source 1".to_owned());
    whole.parent = Some(RunId::from("r0"));
    whole.forked = Some(Fork { run: RunId::from("rx"), at: 7 });
    done(store, begin(whole.clone())).unwrap();
    let run = store.run("r1").unwrap();
    assert_eq!(run.about, whole);
    assert_eq!((run.state, run.entries, run.cut, run.cleared), (State::Running, 0, 0, false));
    assert_eq!(store.start("r1").unwrap().unwrap(), b"start of r1");
    assert_eq!(store.program("p1").unwrap().unwrap(), b"name: Import");
    assert_eq!(store.report("r1").unwrap(), None);
    assert_eq!(store.program("p2").unwrap(), None);
    let again = done(store, begin(about("r1"))).unwrap_err();
    assert_eq!((again.kind, again.message.as_str()), (Trouble::Refused, "there is already a run `r1`"));
    done(store, Batch::of(&RunId::from("r1")).entry(entry(1, "a"))).expect("the refusal was not the run's");
    let mut unknown = begin(about("r2"));
    unknown.programs.clear();
    done(store, unknown).expect("its program is stored");
    let mut unknown = begin(about("r3"));
    unknown.programs[0].hash = "p3".to_owned();
    unknown.start.as_mut().unwrap().about.program = "p4".to_owned();
    assert_eq!(done(store, unknown).unwrap_err().message, "program p4 is not stored");
    assert_eq!(store.program("p3").unwrap(), None, "nothing of a refused batch is stored");
    assert_eq!(store.run("r3").unwrap_err().kind, Trouble::Absent);
}

fn gap(store: &dyn Store) {
    let run = RunId::from("r1");
    done(store, begin(about("r1")).entry(entry(1, "a"))).unwrap();
    done(store, begin(about("r2"))).unwrap();
    let late = store.append(Batch::of(&run).entry(entry(3, "c")));
    let next = store.append(Batch::of(&run).entry(entry(2, "b")));
    let ended = store.append(Batch::of(&run).moved(Moved::to(State::Done, 5)));
    let other = store.append(Batch::of(&RunId::from("r2")).entry(entry(1, "x")));
    for ticket in [late, next, ended] {
        let error = store.durable(ticket).wait().unwrap_err();
        assert_eq!(error.message, "the next entry of run `r1` is 2, not 3");
        assert!(!error.is_final());
    }
    store.durable(other).wait().unwrap();
    let run = store.run("r1").unwrap();
    assert_eq!((run.entries, run.state), (1, State::Running));
    assert_eq!(store.broken(), None);
}

fn whole(store: &dyn Store) {
    let run = RunId::from("r1");
    done(store, begin(about("r1"))).unwrap();
    let mut batch = Batch::of(&run).entry(entry(1, "a")).entry(entry(2, "b"));
    batch.audit.push(AuditLine { number: 1, text: "one".to_owned() });
    batch.checkpoint = Some(Box::new(Checkpoint { seq: 3, body: Vec::new() }));
    let error = done(store, batch).unwrap_err();
    assert_eq!(error.message, "the journal of run `r1` ends with entry 2, before entry 3");
    assert_eq!(store.entries("r1", 1, 10).unwrap(), []);
    assert_eq!(store.audit(Some("r1")).unwrap(), []);
}

fn nobodys(store: &dyn Store) {
    let batch = Batch::default().entry(entry(1, "a"));
    assert_eq!(done(store, batch).unwrap_err().kind, Trouble::Refused);
    let unknown = Batch::of(&RunId::from("r9")).entry(entry(1, "a"));
    assert_eq!(
        done(store, unknown).unwrap_err().message,
        "run `r9` is not stored, so nothing can be added to it"
    );
    let mut line = Batch::default();
    line.audit.push(AuditLine { number: 1, text: "cleared by hand".to_owned() });
    done(store, line).unwrap();
    assert_eq!(store.audit(None).unwrap()[0].text, "cleared by hand");
}

fn long(store: &dyn Store) {
    let run = RunId::from("r1");
    done(store, begin(about("r1"))).unwrap();
    done(store, begin(about("r2")).entry(entry(1, "another's"))).unwrap();
    for part in 0..25 {
        let batch =
            (1..=100).fold(Batch::of(&run), |batch, seq| batch.entry(entry(part * 100 + seq, "é\0x")));
        store.append(batch);
    }
    store.durable(store.newest()).wait().unwrap();
    for from in [0, 1, 2, 1_000, 1_001, 2_500, 2_501] {
        let read: Vec<_> = store.journal(&run, from).collect::<Result<_, _>>().unwrap();
        let expected: Vec<_> = (from.max(1)..=2_500).map(|seq| entry(seq, "é\0x")).collect();
        assert_eq!(read, expected, "from {from}");
    }
    assert_eq!(store.journal_bytes("r1").unwrap(), 2_500 * 4);
    assert_eq!(store.run("r1").unwrap().entries, 2_500);
}

fn tickets(store: &dyn Store) {
    assert_eq!(store.newest(), Ticket(0));
    store.durable(Ticket(0)).wait().expect("there was nothing to wait for");
    let first = store.append(begin(about("r1")));
    let second = store.append(Batch::of(&RunId::from("r1")).entry(entry(1, "a")));
    assert!(first < second);
    assert_eq!(store.newest(), second);
    store.durable(second).wait().unwrap();
    assert_eq!(store.durable(first).now(), Some(Ok(())));
    assert_eq!(store.run("r1").unwrap().entries, 1);
}

fn prefix(store: &dyn Store) {
    for id in ["01ab", "01ac", "02", "02x", "0é"] {
        done(store, begin(about(id))).unwrap();
    }
    assert_eq!(&*store.run("01ab").unwrap().about.id, "01ab");
    assert_eq!(&*store.run("02").unwrap().about.id, "02", "a whole id wins");
    assert_eq!(&*store.run("0é").unwrap().about.id, "0é");
    let error = store.run("01").unwrap_err();
    assert_eq!(error.message, "several runs begin with `01`: 01ab, 01ac");
    for absent in ["", "03", "01%", "01abx"] {
        assert_ne!(store.run(absent).unwrap_err().message, "", "{absent}");
    }
    assert_eq!(store.run("03").unwrap_err().kind, Trouble::Absent);
}

fn filters(store: &dyn Store) {
    for (id, flow, started_us) in
        [("a", "x.yaml", 10), ("b", "y.yaml", 20), ("c", "x.yaml", 20), ("d", "x.yaml", 30)]
    {
        let mut about = about(id);
        about.flow = flow.to_owned();
        about.started_us = started_us;
        about.alone = (id == "d").then(|| "key".to_owned());
        about.parent = (id == "b").then(|| RunId::from("a"));
        about.scope = if id == "a" { "other" } else { "hosts" }.to_owned();
        done(store, begin(about)).unwrap();
    }
    let mut failed = Moved::to(State::Failed, 40);
    failed.error = Some("no Employee found".to_owned());
    done(store, Batch::of(&RunId::from("b")).moved(failed)).unwrap();
    let held = State::Held { question: "was ann created?".to_owned() };
    done(store, Batch::of(&RunId::from("c")).moved(Moved::to(held.clone(), 41))).unwrap();
    assert_eq!(store.run("c").unwrap().state, held);
    let all = Filter::default;
    let text = |text: &str| Filter { text: Some(text.to_owned()), ..all() };
    let cases = [
        (all(), "d c b a"),
        (Filter { limit: Some(2), ..all() }, "d c"),
        (Filter { flow: Some("x.yaml".to_owned()), ..all() }, "d c a"),
        (Filter { scope: Some("hosts".to_owned()), ..all() }, "d c b"),
        (Filter { states: vec![Status::Failed, Status::Held], ..all() }, "c b"),
        (Filter::open(), "d c a"),
        (Filter { since_us: Some(20), until_us: Some(30), ..all() }, "c b"),
        (Filter { alone: Some("key".to_owned()), ..all() }, "d"),
        (Filter { parent: Some(RunId::from("a")), ..all() }, "b"),
        (text("employee"), "b"),
        (text("ANN"), "c"),
        (text("y.yam"), "b"),
        (text("nobody"), ""),
    ];
    for (filter, expected) in cases {
        let runs = store.runs(&filter).unwrap();
        let ids: Vec<&str> = runs.iter().map(|run| &*run.about.id).collect();
        assert_eq!(ids.join(" "), expected, "{filter:?}");
    }
}

fn due(store: &dyn Store) {
    assert_eq!(store.next_due_us().unwrap(), None);
    let states = [
        ("a", State::Waiting { wake_us: 300 }),
        ("b", State::Paused { until_us: Some(100) }),
        ("c", State::Paused { until_us: None }),
        ("d", State::Waiting { wake_us: 200 }),
    ];
    for (id, state) in states.clone() {
        done(store, begin(about(id)).moved(Moved::to(state, 1))).unwrap();
    }
    for (id, state) in states {
        assert_eq!(store.run(id).unwrap().state, state);
    }
    let due = |at_us, limit| -> String {
        let runs = store.due(at_us, limit).unwrap();
        runs.iter().map(|run| run.about.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((store.next_due_us().unwrap(), due(99, 9)), (Some(100), String::new()));
    assert_eq!((due(200, 9).as_str(), due(999, 1).as_str()), ("b d", "b"));
    done(store, Batch::of(&RunId::from("b")).moved(Moved::to(State::Running, 5))).unwrap();
    done(store, Batch::of(&RunId::from("d")).moved(Moved::to(State::Cancelled, 5))).unwrap();
    assert_eq!((store.next_due_us().unwrap(), due(999, 9).as_str()), (Some(300), "a"));
}

fn checkpoints(store: &dyn Store) {
    let run = RunId::from("r1");
    done(store, (1..=10).fold(begin(about("r1")), |batch, seq| batch.entry(entry(seq, "x")))).unwrap();
    assert_eq!(store.checkpoint("r1").unwrap(), None);
    for (seq, cut) in [(4, None), (9, Some(6))] {
        let mut batch = Batch::of(&run);
        batch.checkpoint = Some(Box::new(Checkpoint { seq, body: vec![seq as u8] }));
        batch.cut = cut;
        done(store, batch).unwrap();
        assert_eq!(store.checkpoint("r1").unwrap(), Some(Checkpoint { seq, body: vec![seq as u8] }));
    }
    let seqs = || store.journal(&run, 1).map(|entry| entry.unwrap().seq).collect::<Vec<_>>();
    assert_eq!(seqs(), [7, 8, 9, 10]);
    let found = store.run("r1").unwrap();
    assert_eq!((found.entries, found.cut), (10, 6));
    let mut all = Batch::of(&run);
    all.cut = Some(10);
    done(store, all).unwrap();
    done(store, Batch::of(&run).entry(entry(11, "x"))).expect("numbers go on after a cut");
    assert_eq!(seqs(), [11]);
}

fn goes_on(store: &dyn Store) {
    let run = RunId::from("r1");
    let mut failed = Moved::to(State::Failed, 50);
    failed.error = Some("the disk was full".to_owned());
    failed.report = Some(b"report 1".to_vec());
    failed.summary = Some(b"3 cards".to_vec());
    done(store, begin(about("r1")).entry(entry(1, "a")).moved(failed)).unwrap();
    let found = store.run("r1").unwrap();
    assert_eq!((found.state, found.ended_us), (State::Failed, Some(50)));
    assert_eq!(
        (found.error.as_deref(), found.summary.as_slice()),
        (Some("the disk was full"), &b"3 cards"[..])
    );
    assert_eq!(store.report("r1").unwrap().unwrap(), b"report 1");
    let mut again = Moved::to(State::Running, 60);
    again.program = Some("p2".to_owned());
    again.owner = Some("process 2".to_owned());
    let refused = done(store, Batch::of(&RunId::from("r2"))).unwrap_err();
    assert_eq!(refused.kind, Trouble::Refused);
    let mut batch = Batch::of(&run).entry(entry(2, "b")).moved(again);
    batch.programs.push(flowrun_store::StoredProgram { hash: "p2".to_owned(), body: b"new".to_vec() });
    done(store, batch).unwrap();
    let found = store.run("r1").unwrap();
    assert_eq!((found.state, found.ended_us, found.error), (State::Running, None, None));
    assert_eq!((found.about.program.as_str(), found.about.owner.as_str()), ("p2", "process 2"));
    assert_eq!((found.entries, found.summary.as_slice()), (2, &b"3 cards"[..]));
    let mut ended = Moved::to(State::Done, 70);
    ended.report = Some(b"report 2".to_vec());
    done(store, Batch::of(&run).moved(ended)).unwrap();
    assert_eq!(store.report("r1").unwrap().unwrap(), b"report 2");
    assert_eq!(store.entries("r1", 1, 9).unwrap().len(), 2, "its values are saved");
}

fn audit(store: &dyn Store) {
    let run = RunId::from("r1");
    let line = |number: u64, text: &str| AuditLine { number, text: text.to_owned() };
    done(store, begin(about("r1"))).unwrap();
    for lines in [vec![line(1, "POST /users"), line(2, "200")], vec![line(3, "end")]] {
        let batch = Batch { audit: lines, ..Batch::of(&run) };
        done(store, batch).unwrap();
    }
    assert_eq!(store.audit(Some("r1")).unwrap(), [line(1, "POST /users"), line(2, "200"), line(3, "end")]);
    assert_eq!(store.audit(None).unwrap(), []);
    assert_eq!(store.audit(Some("r2")).unwrap_err().kind, Trouble::Absent);
}
