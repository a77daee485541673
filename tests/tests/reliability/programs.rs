//! The programs of the import, each compiled once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use flowrun_core::program::{FlowId, Program};
use flowrun_core::value::{Text, Value};
use flowrun_tests::org::{Edit, Project};

use super::case::Case;

/// Twenty entries to a bulk request and five requests to a session.
const SMALL: [Edit<'static>; 2] = [
    ("orchestrate_import.yaml", "entriesPerBulkRequest: 200", "entriesPerBulkRequest: 20"),
    ("orchestrate_import.yaml", "bulkRequestsPerSession: 50", "bulkRequestsPerSession: 5"),
];

/// Which flow, which API, whether sessions are small.
type Key = (bool, &'static str, bool);

/// A project's programs.
pub struct Programs {
    large: Project,
    small: Project,
    made: Mutex<BTreeMap<Key, (Arc<Program>, FlowId)>>,
}

impl Programs {
    /// Those of a project.
    pub fn of(project: &Project) -> Programs {
        Programs { large: project.edited(&[]), small: project.edited(&SMALL), made: Mutex::default() }
    }

    /// The program of a case.
    pub fn get(&self, case: &Case) -> (Arc<Program>, FlowId) {
        let key = (case.deactivates, case.api, case.small);
        let mut made = self.made.lock().unwrap();
        let program = made.entry(key).or_insert_with(|| {
            let vars = [
                (Text::from("personio_api"), Value::from(case.api)),
                // Of few employees one is many.
                (Text::from("max_deactivation_share"), Value::from(100.0)),
            ];
            let project = if case.small { &self.small } else { &self.large };
            project.compiled_with(if case.deactivates { "deactivate" } else { "import" }, &vars)
        });
        program.clone()
    }
}
