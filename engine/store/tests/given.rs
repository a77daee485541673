//! Stores and batches for tests.

use std::path::Path;
use std::sync::Arc;

use flowrun_store::{
    About, Access, Batch, Entry, Filter, Holder, InMemory, NewRun, Row, RowChange, RunId, Settings, Sqlite,
    Store, StoreError, StoredProgram, TableChange, TableId,
};

/// The store in a folder, owned.
pub fn own(folder: &Path) -> Sqlite {
    Sqlite::open(folder, Access::Own(Holder::new("test", "", 0)), Settings::default()).unwrap()
}

/// What is known of a run.
pub fn about(id: &str) -> About {
    About {
        id: RunId::from(id),
        scope: "hosts".to_owned(),
        flow: "import.yaml".to_owned(),
        title: "Import".to_owned(),
        root: "/project".to_owned(),
        program: "p1".to_owned(),
        started_us: 1_000_000,
        dry_run: false,
        simulated: false,
        save_data: true,
        alone: None,
        parent: None,
        forked: None,
        owner: "process 1".to_owned(),
        cause: None,
        who: None,
    }
}

/// The batch in which a run begins, with its program.
pub fn begin(about: About) -> Batch {
    let program = StoredProgram { hash: about.program.clone(), body: b"name: Import".to_vec() };
    let mut batch = Batch::start(NewRun { start: format!("start of {}", about.id).into_bytes(), about });
    batch.programs.push(program);
    batch
}

pub fn entry(seq: u64, body: &str) -> Entry {
    Entry { seq, kind: 2, at_us: 1_000_000 + seq as i64, body: body.as_bytes().to_vec() }
}

pub fn table_id(name: &str) -> TableId {
    TableId { scope: Arc::from("hosts"), name: Arc::from(name) }
}

pub fn row(number: u64, columns: &[(&str, &str)]) -> Row {
    let columns = columns.iter().map(|(name, value)| (Arc::from(*name), value.as_bytes().to_vec())).collect();
    Row { number, created_ms: 10, updated_ms: 20 + number as i64, columns }
}

pub fn change(table: &str, next: u64, rows: Vec<RowChange>) -> TableChange {
    TableChange { table: table_id(table), next, note: None, rows }
}

/// Hands in and waits: what came of it.
pub fn done(store: &dyn Store, batch: Batch) -> flowrun_store::Result<()> {
    store.durable(store.append(batch)).wait()
}

/// All that a store holds of its runs and tables, or why it can't be read.
pub fn read_all(store: &dyn Store) -> Result<String, StoreError> {
    let runs = store.runs(&Filter::default())?;
    let mut told = format!("{runs:?}");
    for run in &runs {
        let id = &run.about.id;
        let journal = store.journal(id, 0).collect::<Result<Vec<_>, _>>()?;
        told +=
            &format!("{journal:?}{:?}{:?}{:?}", store.start(id)?, store.report(id)?, store.checkpoint(id)?);
        told += &format!(
            "{:?}{:?}{:?}",
            store.audit(Some(id))?,
            store.files(id)?,
            store.program(&run.about.program)?
        );
    }
    for (table, _) in store.tables()? {
        told += &format!("{table:?}{:?}", store.table(&table)?);
    }
    Ok(told)
}

/// A store that commits when somebody asks for a ticket.
#[derive(Debug)]
pub struct Committing(pub InMemory);

macro_rules! forward {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $type),*) -> $answer { self.0.$name($($arg),*) })*
    };
}

impl Store for Committing {
    fn durable(&self, ticket: flowrun_store::Ticket) -> flowrun_store::Durable {
        self.0.commit(ticket);
        self.0.durable(ticket)
    }

    forward! {
        append(batch: Batch) -> flowrun_store::Ticket;
        newest() -> flowrun_store::Ticket;
        pressed() -> Option<flowrun_store::Durable>;
        broken() -> Option<flowrun_store::StoreError>;
        run(id: &str) -> flowrun_store::Result<flowrun_store::Run>;
        runs(filter: &flowrun_store::Filter) -> flowrun_store::Result<Vec<flowrun_store::Run>>;
        due(at_us: i64, limit: usize) -> flowrun_store::Result<Vec<flowrun_store::Run>>;
        next_due_us() -> flowrun_store::Result<Option<i64>>;
        start(run: &str) -> flowrun_store::Result<Option<Vec<u8>>>;
        report(run: &str) -> flowrun_store::Result<Option<Vec<u8>>>;
        entries(run: &str, from: u64, limit: usize) -> flowrun_store::Result<Vec<Entry>>;
        journal_bytes(run: &str) -> flowrun_store::Result<u64>;
        checkpoint(run: &str) -> flowrun_store::Result<Option<flowrun_store::Checkpoint>>;
        program(hash: &str) -> flowrun_store::Result<Option<Vec<u8>>>;
        audit(run: Option<&str>) -> flowrun_store::Result<Vec<flowrun_store::AuditLine>>;
        note(space: &str, key: &str) -> flowrun_store::Result<Option<flowrun_store::Note>>;
        notes(asked: &flowrun_store::Notes) -> flowrun_store::Result<Vec<flowrun_store::Note>>;
        waiting(space: &str) -> flowrun_store::Result<u64>;
        table(table: &TableId) -> flowrun_store::Result<Option<flowrun_store::KeptTable>>;
        tables() -> flowrun_store::Result<Vec<(TableId, u64)>>;
        put_file(content: &mut dyn std::io::Read) -> flowrun_store::Result<flowrun_store::FileHash>;
        file(hash: &flowrun_store::FileHash) -> flowrun_store::Result<Box<dyn flowrun_store::Content>>;
        files(run: &str) -> flowrun_store::Result<Vec<flowrun_store::FileHash>>;
        delete(run: &str) -> flowrun_store::Result<()>;
        clear(filter: &flowrun_store::Filter) -> flowrun_store::Result<u64>;
        purge(now_us: i64, keep: &flowrun_store::Keep) -> flowrun_store::Result<flowrun_store::Purged>;
        forget(person: &str, look: bool) -> flowrun_store::Result<flowrun_store::Forgotten>;
    }
}
