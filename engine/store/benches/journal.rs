//! What durability costs: effects a second, what it adds to one, bytes an entry, kept tables; beside SQLite by hand in the same run.
//!
//! `cargo bench -p flowrun-store`; a folder on the disk in question may be named: `cargo bench -p flowrun-store -- /var/tmp`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun_store::{
    About, Access, Batch, Durability, Entry, Filter, Holder, NewRun, Row, RowChange, RunId, Settings, Sqlite,
    Store, StoredProgram, TableChange, TableId,
};
use rusqlite::{Connection, params};

/// The values of an effect: an answer of a vendor for one person has about this size.
const BODY: usize = 300;

/// Effects under way at a time.
const UNDER_WAY: u64 = 64;

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let below = named.map_or_else(std::env::temp_dir, PathBuf::from);
    println!("{:<64} {:>12} {:>10} {:>10}", "", "a second", "median", "99 %");
    for (name, durability) in [("FULL", Durability::Machine), ("NORMAL", Durability::Process)] {
        for runs in [1, UNDER_WAY] {
            let name = format!("journaled effects, {name}, {UNDER_WAY} under way in {runs} runs");
            in_folder(&below, |folder| effects(&name, folder, durability, UNDER_WAY, runs, 60_000));
        }
        let name = format!("journaled effects, {name}, 1 under way");
        in_folder(&below, |folder| effects(&name, folder, durability, 1, 1, 2_000));
        for (each, all) in [(UNDER_WAY, 60_000), (1, 2_000)] {
            in_folder(&below, |folder| by_hand(folder, durability, each, all));
        }
    }
    in_folder(&below, kept_table);
    in_folder(&below, long_journal);
    in_folder(&below, many_runs);
}

fn in_folder(below: &Path, act: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir_in(below).unwrap();
    act(folder.path());
}

fn open(folder: &Path, durability: Durability) -> Arc<Sqlite> {
    let holder = Holder::new("bench", "", 0);
    Arc::new(Sqlite::open(folder, Access::Own(holder), Settings { durability }).unwrap())
}

fn begin(id: &RunId) -> Batch {
    let about = About {
        id: id.clone(),
        scope: "hosts".to_owned(),
        flow: "import.yaml".to_owned(),
        title: "Import".to_owned(),
        root: "/project".to_owned(),
        program: "p".to_owned(),
        started_us: 0,
        dry_run: false,
        simulated: false,
        save_data: true,
        alone: None,
        parent: None,
        forked: None,
        owner: "bench".to_owned(),
        cause: None,
        who: None,
    };
    let mut batch = Batch::start(NewRun { about, start: Vec::new() });
    batch.programs.push(StoredProgram { hash: "p".to_owned(), body: vec![0; 10_000] });
    batch
}

/// `under_way` producers, each of which waits until its effect is durable before it has the next.
fn effects(name: &str, folder: &Path, durability: Durability, under_way: u64, runs: u64, all: u64) {
    let store = open(folder, durability);
    let ids: Vec<RunId> = (0..runs).map(|run| RunId::from(format!("run {run}"))).collect();
    for id in &ids {
        store.append(begin(id));
    }
    store.durable(store.newest()).wait().unwrap();
    let seqs: Arc<Vec<std::sync::Mutex<u64>>> =
        Arc::new(ids.iter().map(|_| std::sync::Mutex::new(0)).collect());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (began, spent) = (Instant::now(), processor());
    let producers: Vec<_> = (0..under_way)
        .map(|producer| {
            let (store, seqs, place) = (store.clone(), seqs.clone(), (producer % runs) as usize);
            let id = ids[place].clone();
            runtime.spawn(async move {
                let mut took = Vec::new();
                for at_us in 0..(all / under_way) as i64 {
                    let began = Instant::now();
                    let ticket = {
                        // Numbers and tickets in one order.
                        let mut seq = seqs[place].lock().unwrap();
                        *seq += 1;
                        let entry = Entry { seq: *seq, kind: 2, at_us, body: vec![7; BODY] };
                        store.append(Batch::of(&id).entry(entry))
                    };
                    store.durable(ticket).await.unwrap();
                    took.push(began.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took: Vec<Duration> =
        runtime.block_on(async { futures(producers).await }).into_iter().flatten().collect();
    tell(name, took.len(), began.elapsed(), &mut took);
    if let (Some(before), Some(after)) = (spent, processor()) {
        let each = (after - before).as_secs_f64() * 1e6 / took.len() as f64;
        println!("{:<64} {each:>9.1} µs", "    processor time an effect, with that of those who wait");
    }
    drop(store);
    if under_way > 1 {
        let size = std::fs::metadata(folder.join("store.db")).unwrap().len();
        let each = (size as f64 - 100_000.0) / took.len() as f64 - BODY as f64;
        println!("{:<64} {each:>12.0}", "    bytes an entry, beside its values");
    }
}

async fn futures<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all
}

/// What SQLite does at best: one connection, one table, so many rows a commit, nobody to be told.
fn by_hand(folder: &Path, durability: Durability, each: u64, all: u64) {
    let connection = Connection::open(folder.join("by-hand.db")).unwrap();
    let synchronous = if durability == Durability::Machine { "FULL" } else { "NORMAL" };
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             CREATE TABLE journal (run INTEGER, seq INTEGER, kind INTEGER, at_us INTEGER, body BLOB, PRIMARY KEY (run, seq)) WITHOUT ROWID"
        ))
        .unwrap();
    let mut took = Vec::new();
    let began = Instant::now();
    for group in 0..all / each {
        let began = Instant::now();
        connection.execute_batch("BEGIN").unwrap();
        for part in 0..each {
            let mut insert = connection.prepare_cached("INSERT INTO journal VALUES (1, ?, 2, 0, ?)").unwrap();
            insert.execute(params![(group * each + part) as i64, vec![7u8; BODY]]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        took.push(began.elapsed());
    }
    let rows = (all / each * each) as usize;
    tell(&format!("SQLite by hand, {synchronous}, {each} rows a commit"), rows, began.elapsed(), &mut took);
}

/// The processor time of this process so far, in ticks of 10 ms: only Linux tells.
fn processor() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut after = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut ticks = || after.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

fn tell(name: &str, count: usize, all: Duration, took: &mut [Duration]) {
    took.sort();
    let at = |share: f64| {
        format!("{:.2} ms", took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3)
    };
    println!("{name:<64} {:>12.0} {:>10} {:>10}", count as f64 / all.as_secs_f64(), at(0.5), at(0.99));
}

/// Rows into a kept table, a batch each; then a table of 100,000 rows is read.
fn kept_table(folder: &Path) {
    let store = open(folder, Durability::Machine);
    let table = TableId { scope: "hosts".into(), name: "people".into() };
    let columns: Vec<Arc<str>> = ["id", "mail", "first", "last", "department"].map(Arc::from).to_vec();
    let put = |number: u64| {
        let columns =
            columns.iter().map(|name| (name.clone(), format!("{name} of {number}").into_bytes())).collect();
        let row = Row { number, created_ms: 0, updated_ms: 0, columns };
        let rows = vec![RowChange::Put(row)];
        Batch::default().table(TableChange { table: table.clone(), next: number + 1, note: None, rows })
    };
    let began = Instant::now();
    (1..=8_000).for_each(|number| _ = store.append(put(number)));
    store.durable(store.newest()).wait().unwrap();
    println!(
        "{:<64} {:>10.2} s",
        "8,000 rows into a kept table, a batch each",
        began.elapsed().as_secs_f64()
    );
    (8_001..=100_000).for_each(|number| _ = store.append(put(number)));
    store.durable(store.newest()).wait().unwrap();
    let began = Instant::now();
    assert_eq!(store.table(&table).unwrap().unwrap().rows.len(), 100_000);
    println!("{:<64} {:>10.2} s", "100,000 rows of a kept table read", began.elapsed().as_secs_f64());
}

/// What resuming reads of a long run.
fn long_journal(folder: &Path) {
    let (store, id) = (open(folder, Durability::Machine), RunId::from("long"));
    store.append(begin(&id));
    for seq in 1..=100_000 {
        store.append(Batch::of(&id).entry(Entry { seq, kind: 2, at_us: 0, body: vec![7; BODY] }));
    }
    store.durable(store.newest()).wait().unwrap();
    let began = Instant::now();
    assert_eq!(<dyn Store>::journal(&*store, &id, 1).filter(Result::is_ok).count(), 100_000);
    println!("{:<64} {:>10.2} s", "100,000 entries of a journal read", began.elapsed().as_secs_f64());
}

/// What a restart reads of many open runs.
fn many_runs(folder: &Path) {
    let store = open(folder, Durability::Machine);
    for run in 0..10_000 {
        let id = RunId::from(format!("run {run}"));
        let entry = Entry { seq: 1, kind: 2, at_us: 0, body: vec![7; BODY] };
        store.append(begin(&id).entry(entry));
    }
    store.durable(store.newest()).wait().unwrap();
    drop(store);
    let began = Instant::now();
    let store = open(folder, Durability::Machine);
    let runs = store.runs(&Filter::open()).unwrap();
    let entries: usize = runs
        .iter()
        .map(|run| {
            store.start(&run.about.id).unwrap();
            <dyn Store>::journal(&*store, &run.about.id, 1).filter(Result::is_ok).count()
        })
        .sum();
    assert_eq!(entries, 10_000);
    println!(
        "{:<64} {:>10.2} s",
        "a store with 10,000 open runs opened, their journals read",
        began.elapsed().as_secs_f64()
    );
}
