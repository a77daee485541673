//! The flows of the import, as they are or with a mistake in them, over a simulated org that can be looked at afterwards.

use crate::registry;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::simulators::{Setup, Simulators};
use flowrun::console::Console;
use flowrun::{Surroundings, run_in};
use flowrun_core::machine::Start;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::value::{Record, Text, Value};
use flowrun_crypto::Crypto;
use flowrun_external::Nobody;
use flowrun_files::FileStore;
use flowrun_host::driver::{RunTime, Stop, World};
use flowrun_host::perform::{Connections, Reached};
use flowrun_host::session::alone::Alone;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::effect::Connection;
use flowrun_kit::errand::Run;
use flowrun_kit::http::Transport;
use flowrun_kit::simulator::SimFault;
use flowrun_okta::sim::{Operation, SessionRecord, SessionStatus};
use flowrun_personio::sim::Status;
use flowrun_tables::Tables;
use tempfile::TempDir;

use crate::{Ran, compile, scopes, surroundings};

/// When every simulated run starts, in milliseconds since 1970.
pub const EPOCH_MS: i64 = 1_790_000_000_000;

/// An edit of a flow: the file, a text that stands in it once, and what is to stand there instead.
pub type Edit<'a> = (&'a str, &'a str, &'a str);

/// Two entries to a bulk request and two requests to a session, so that few employees make several sessions.
pub const SMALL: [Edit<'static>; 2] = [
    ("orchestrate_import.yaml", "entriesPerBulkRequest: 200", "entriesPerBulkRequest: 2"),
    ("orchestrate_import.yaml", "bulkRequestsPerSession: 50", "bulkRequestsPerSession: 2"),
];

/// A folder of flows.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    // Goes away with the project.
    _copy: Option<TempDir>,
}

impl Project {
    /// The flows of this repository.
    pub fn shipped() -> Project {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
        let root = root.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        Project { root, _copy: None }
    }

    /// A copy with some edits; panics if the text to be edited is not there once.
    pub fn edited(&self, edits: &[Edit<'_>]) -> Project {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        copy(&self.root, folder.path()).unwrap_or_else(|error| panic!("the flows can't be copied: {error}"));
        for (file, from, to) in edits {
            let path = folder.path().join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
            let times = text.matches(from).count();
            assert_eq!(times, 1, "{file} has this {times} times, so that it can't be edited: {from}");
            fs::write(&path, text.replace(from, to)).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        Project { root: folder.path().to_owned(), _copy: Some(folder) }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its program, and how a run of one of its flows starts.
    pub fn compiled(&self, flow: &str) -> (Arc<Program>, Start) {
        let (program, entry) = self.compiled_with(flow, &[]);
        (program, Start::new(entry, Record::default(), "test", EPOCH_MS * 1000))
    }

    /// Its program, with other values for some variables, and the number of one of its flows.
    pub fn compiled_with(&self, flow: &str, vars: &[(Text, Value)]) -> (Arc<Program>, FlowId) {
        let read = flowrun_project::Project::read(&self.root, registry().vocabulary());
        let project = read.unwrap_or_else(|problem| panic!("{problem:?}"));
        compile(&project.sources, flow, vars)
    }

    /// The path of one of its flows.
    pub fn flow(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Personio and Okta, simulated, and the folder in which the project that runs over them keeps its tables.
#[derive(Debug)]
pub struct Org(
    /// The two of them.
    pub Simulators,
    TempDir,
    Alone,
);

impl Org {
    /// Personio with these employees, and an Okta that knows none of them.
    pub fn new(employees: u64) -> Org {
        Org::of(&Setup { employees, ..Setup::default() })
    }

    /// Personio as set up, and an Okta that knows nobody.
    pub fn of(setup: &Setup) -> Org {
        Org::over(Simulators::empty(Clock::simulated(EPOCH_MS), setup))
    }

    /// Personio as set up, and an Okta in which four of five employees are active.
    pub fn imported(setup: &Setup) -> Org {
        Org::over(Simulators::new(Clock::simulated(EPOCH_MS), setup))
    }

    /// These simulators.
    pub fn over(simulators: Simulators) -> Org {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        Org(simulators, folder, Alone::default())
    }

    /// Opens a session as a run of the project would leave it that was killed.
    pub fn leave_open(&self, status: SessionStatus) -> String {
        let session = self.0.okta.open_session_for_test(status);
        let time = "2026-10-01T00:00:00.000Z";
        let rows = format!(
            "{{\"next\":2}}\n{{\"number\":1,\"created\":\"{time}\",\"updated\":\"{time}\",\"columns\":{{\"session_id\":\"{session}\"}}}}\n"
        );
        fs::write(self.state().join("open_sessions.jsonl"), rows).unwrap_or_else(|error| panic!("{error}"));
        session
    }

    /// Where the project keeps its tables.
    pub fn state(&self) -> &Path {
        self.1.path()
    }

    /// Runs a flow; `args` follow its path.
    pub async fn run(&self, flow: &str, args: &[&str]) -> Ran {
        self.run_until(flow, args, None).await
    }

    /// Runs a flow until it ends or is stopped.
    pub async fn run_until(&self, flow: &str, args: &[&str], stop: Option<Stop>) -> Ran {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let surroundings = Surroundings {
            simulators: Some(self.0.all()),
            stop,
            run_id: Some("test".to_owned()),
            alone: self.2.clone(),
            ..surroundings()
        };
        let code = run_in(
            [&[flow, "--state", &self.state().display().to_string()], args].concat(),
            &surroundings,
            &mut Console::plain(&mut stdout, &mut stderr),
        )
        .await;
        Ran::new(code, stdout, stderr)
    }

    /// A world whose requests go through `transport`, until `stop` is given.
    pub fn world(&self, program: &Program, transport: &Arc<dyn Transport>, stop: Stop) -> World {
        self.world_with(program, transport, stop, Tables::new(&program.tables))
    }

    /// A world with these tables, whose requests go through `transport`, until `stop` is given.
    pub fn world_with(
        &self,
        program: &Program,
        transport: &Arc<dyn Transport>,
        stop: Stop,
        tables: Tables,
    ) -> World {
        let time = RunTime::new(self.0.clock.clone(), false);
        World::new(time, self.connections(program, transport, stop, tables))
    }

    /// What performs the cards of such a world.
    pub fn connections(
        &self,
        program: &Program,
        transport: &Arc<dyn Transport>,
        stop: Stop,
        tables: Tables,
    ) -> Connections {
        self.connections_of(program, transport, Run { stop, ..Run::default() }, Arc::new(tables))
    }

    /// The same as part of `run`.
    pub fn connections_of(
        &self,
        program: &Program,
        transport: &Arc<dyn Transport>,
        run: Run,
        tables: Arc<Tables>,
    ) -> Connections {
        let clock = self.0.clock.clone();
        let connections = program.connections.iter().zip(0..).map(|(connection, place)| {
            let made = registry().connector(&connection.connector).and_then(|connector| {
                let settings = self.0.settings(&connection.connector, None)?;
                let scopes = scopes(program, place);
                let means = Means { scopes, ..Means::new(transport.clone(), clock.clone()) };
                connector.connect(&settings, means).ok()
            });
            let made = made.unwrap_or_else(|| panic!("the connection `{}` can't be made", connection.name));
            (place, Reached { connection: made.connection, activity: made.activity, named: None })
        });
        let files = FileStore::new(run.files.clone(), run.sources.clone(), clock.clone());
        let time = RunTime::new(clock.clone(), false);
        Connections::new(time, run, registry().effects(), connections)
            .share_tables(tables)
            .share(FileStore::CONNECTOR, Arc::new(files))
            .share(Nobody::CONNECTOR, Arc::new(Nobody))
            .share(Crypto::CONNECTOR, Arc::new(Crypto::new(clock)))
    }

    /// Lets the imports that were started come to their end.
    pub async fn settle(&self) {
        let clock = &self.0.clock;
        clock.drive(clock.sleep(Duration::from_secs(3600))).await;
    }

    /// How long the org has been there, in milliseconds of its clock.
    pub fn elapsed_ms(&self) -> i64 {
        self.0.clock.now_ms() - EPOCH_MS
    }

    /// The IDs of all employees.
    pub fn ids(&self) -> BTreeSet<String> {
        self.0.personio.employees().map(|employee| employee.id.to_string()).collect()
    }

    /// The IDs of the employees who have not left: those whom Create & Update sends.
    pub fn here(&self) -> BTreeSet<String> {
        self.0.here()
    }

    /// The IDs of the employees who have left.
    pub fn gone(&self) -> BTreeSet<String> {
        let employees = self.0.personio.employees().filter(|employee| employee.status == Status::Inactive);
        employees.map(|employee| employee.id.to_string()).collect()
    }

    /// The external IDs of the users whom Okta has.
    pub fn known(&self) -> BTreeSet<String> {
        self.0.okta.users().into_iter().map(|user| user.external_id).collect()
    }

    /// The sessions that were opened and neither triggered nor closed.
    pub fn open_sessions(&self) -> Vec<SessionRecord> {
        self.0.okta.sessions().into_iter().filter(|session| session.status.is_open()).collect()
    }

    /// The statuses of all sessions, in the order in which they were opened.
    pub fn statuses(&self) -> Vec<&'static str> {
        self.0.okta.sessions().into_iter().map(|session| session.status.as_str()).collect()
    }

    /// How many requests Okta got whose method and route contain `part`.
    pub fn asked(&self, part: &str) -> u64 {
        self.0.okta.traffic().count(part)
    }

    /// How many requests met a fault that was asked for.
    pub fn faults_met(&self) -> usize {
        let seen = [self.0.okta.traffic(), self.0.personio.traffic()];
        seen.iter().flat_map(|traffic| traffic.recent()).filter(|seen| seen.fault.is_some()).count()
    }

    /// Whether each of these was sent once, and nobody else.
    pub fn sent_once(&self, operation: Operation, ids: &BTreeSet<String>) -> Result<(), String> {
        let sent = self.0.okta.sent(operation);
        for id in ids {
            match sent.get(id) {
                Some(1) => {}
                Some(times) => return Err(format!("{id} was sent {times} times")),
                None => return Err(format!("{id} was not sent")),
            }
        }
        match sent.keys().find(|id| !ids.contains(*id)) {
            Some(id) => Err(format!("{id} was sent, who should not be")),
            None => Ok(()),
        }
    }
}

/// A fault, as it is written on the command line.
pub fn fault(text: &str) -> SimFault {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
