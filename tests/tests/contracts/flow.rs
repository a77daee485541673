//! Flows that consist of a few cards, in the project of the cards' examples, which has a connection to each vendor.

use flowrun_tests::registry;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use flowrun_core::diag::Severity;
use flowrun_core::machine::Start;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::report::Report;
use flowrun_core::source::Sources;
use flowrun_core::value::Record;
use flowrun_host::driver::{self, Stop};
use flowrun_kit::http::Transport;
use flowrun_project::Project;
use flowrun_tests::examine;
use flowrun_tests::org::{EPOCH_MS, Org};

static EXAMPLES: LazyLock<Sources> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cards");
    Project::read(&root, registry().vocabulary()).unwrap().sources
});

/// The helper flow that a stream is given to.
const TAKE: &str = "inputs: { Record: object }\ncards: []\n";

/// The program of a flow of these cards, and its number; `None` if it has mistakes.
pub fn program(cards: &str) -> Option<(Arc<Program>, FlowId)> {
    let flow = cards.lines().fold("cards:\n".to_owned(), |flow, line| format!("{flow}  {line}\n"));
    let mut sources = EXAMPLES.clone();
    sources.add("take.yaml", TAKE);
    sources.add("asked.yaml", &flow);
    let (program, found) = examine(&sources, &[]);
    let right = found.iter().all(|found| found.code.severity() != Severity::Error);
    program.find("asked").filter(|_| right).map(|entry| (Arc::new(program), entry))
}

/// Runs a program over an org whose requests go through `transport`.
pub async fn run(
    org: &Org,
    (program, entry): (Arc<Program>, FlowId),
    transport: &Arc<dyn Transport>,
) -> Report {
    let world = org.world(&program, transport, Stop::default());
    let start = Start::new(entry, Record::default(), "test", EPOCH_MS * 1000);
    driver::run(program, start, &world, &mut (), &mut ()).await.unwrap()
}
