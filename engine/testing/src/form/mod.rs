//! The form of a test file.

pub use schema::schema;

pub(crate) use judge::option_text;

mod judge;
mod read;
mod schema;

use std::sync::Arc;

use flowrun_core::mocks::{self, Mocks};
use flowrun_core::model::{At, Name};
use flowrun_core::pattern::{self, Pattern};
use flowrun_core::source::{FileId, Span};
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::record::Recording;

/// Every key and every operator that a test file may have.
pub fn keys() -> Vec<String> {
    let keys = [
        read::KEYS,
        &[
            mocks::KEYS,
            mocks::FAILURE_KEYS,
            mocks::REQUEST_KEYS,
            mocks::RESPONSE_KEYS,
            judge::OF_A_CARD,
            judge::OF_AN_ERROR,
        ],
    ]
    .concat();
    let keys = keys.into_iter().flatten().map(|key| (*key).to_owned());
    keys.chain(pattern::operators()).collect()
}

/// A file of tests, all of one flow.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// The file.
    pub file: FileId,
    /// The flow that is tested, where the file's name does not say it.
    pub flow: Option<Name>,
    /// The tests, in their order.
    pub tests: Vec<Test>,
}

/// A test: one case or several.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it says of the flow.
    pub name: Name,
    /// Words by which tests are chosen.
    pub tags: Vec<Text>,
    /// Why it is not run, where it isn't.
    pub skip: Option<Text>,
    /// Its cases; a test without `each` is one case.
    pub cases: Vec<Case>,
}

/// What is given and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name among those of its test: empty where that is the only one.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What is given.
    pub given: Given,
    /// What is expected.
    pub expect: Expect,
    /// What is expected instead where a process died on the way.
    pub after_crash: Expect,
}

/// What is given to a run. What a test does not say, its file's `defaults` do.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Values of the flow's inputs.
    pub inputs: Vec<(Name, Value)>,
    /// Values of variables.
    pub vars: Vec<(Name, Value)>,
    /// When the run starts, in milliseconds since 1970.
    pub now_ms: Option<i64>,
    /// Whether everything that would change something is withheld; not so where nothing is said.
    pub dry_run: Option<bool>,
    /// What tables hold.
    pub tables: Vec<(Name, Rows)>,
    /// How simulators are set up, by the options that the command line has for them.
    pub simulators: Vec<(Name, Value)>,
    /// How simulators misbehave, as `--fault` has it.
    pub faults: Vec<Name>,
    /// What is answered in place of cards.
    pub mocks: Mocks,
    /// What happens while the run goes on.
    pub meanwhile: Vec<Meanwhile>,
    /// The file of a recording that answers in place of vendors.
    pub recording: Option<Name>,
    /// That recording, once it is read.
    pub recorded: Option<Arc<Recording>>,
}

/// The rows of a table.
#[derive(Clone, Debug)]
pub enum Rows {
    /// As they are written.
    Written(Vec<Record>),
    /// Those of a CSV file, which lies beside the test file.
    File(Name),
}

/// Something that happens while a run goes on.
#[derive(Clone, Debug)]
pub struct Meanwhile {
    /// How long after its start, in milliseconds.
    pub after_ms: u64,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Another run begins: of an event, by a call, at its time.
    Start {
        /// Of which flow, by its path.
        flow: Name,
        /// With which inputs.
        inputs: Vec<(Name, Value)>,
    },
    /// Somebody cancels the run.
    Cancel,
    /// Somebody answers its pause.
    Resume(Record),
    /// The process dies, and another goes on with the run.
    Kill,
}

/// What is expected.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// How the run ends: done unless something else is said.
    pub status: Option<At<Text>>,
    /// Parts of what happened, by their names in [`PARTS`], each with what it is to be.
    pub parts: Vec<(Name, Pattern)>,
    /// What is expected of cards: each by its ID, or by its flow and its ID.
    pub cards: Vec<(Name, Pattern)>,
    /// The requests that are expected, by vendor.
    pub requests: Vec<(Name, Requests)>,
    /// What is to be as it was accepted: some of [`SNAPSHOTS`].
    pub snapshots: Vec<Name>,
    /// What simulated vendors tell afterwards, by vendor.
    pub simulators: Vec<(Name, Vec<Look>)>,
}

/// What a snapshot can be taken of.
pub const SNAPSHOTS: &[&str] =
    &["outputs", "answer", "error", "cards", "requests", "tables", "waited", "warnings", "counts", "started"];

/// The parts of what happened that a pattern is held against.
pub const PARTS: &[&str] =
    &["outputs", "answer", "error", "tables", "waited", "warnings", "counts", "started"];

/// What a simulated vendor tells whoever asks it when the run has ended.
#[derive(Clone, Debug)]
pub struct Look {
    /// Where it is written.
    pub span: Span,
    /// The path that is asked for, with its query.
    pub path: Text,
    /// What the status and the body are to be.
    pub parts: Vec<(Text, Pattern)>,
}

/// The requests that are expected of a vendor.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Where that is written.
    pub span: Span,
    /// Each of them.
    pub wanted: Vec<Wanted>,
    /// Whether nothing else may be sent that changes something.
    pub exactly: bool,
}

/// A request that is expected.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it is written.
    pub span: Span,
    /// The method, in capital letters.
    pub method: String,
    /// The path, in which `*` stands for any letters but `/`.
    pub path: String,
    /// What its query and its body are to be.
    pub parts: Vec<(Text, Pattern)>,
    /// How often it is sent: at least once where nothing is said.
    pub times: Option<At<u32>>,
}
