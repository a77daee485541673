//! Reading test files.

use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::duration::duration;
use flowrun_core::load::node::{Content, Node};
use flowrun_core::load::reader::{Keys, Reader};
use flowrun_core::mocks::{Mocks, read_path};
use flowrun_core::model::{At, Name};
use flowrun_core::pattern::{Pattern, Wants};
use flowrun_core::source::FileId;
use flowrun_core::value::{Text, Value, parse_date};

use super::{
    Case, Expect, Given, Look, Meanwhile, PARTS, Requests, Rows, SNAPSHOTS, Test, TestFile, Wanted, What,
};

pub(super) const FILE_KEYS: &[&str] = &["flow", "description", "defaults", "tests"];
/// What tests, their cases and `defaults` may say alike.
pub(super) const SAID_KEYS: &[&str] = &[
    "expect",
    "after_crash",
    "inputs",
    "vars",
    "now",
    "dry_run",
    "tables",
    "simulators",
    "faults",
    "mocks",
    "meanwhile",
    "snapshot",
    "recording",
];
/// What only tests say, and what only cases do.
pub(super) const TEST_KEYS: &[&str] = &["description", "tags", "skip", "each"];
pub(super) const CASE_KEYS: &[&str] = &["name"];
pub(super) const EXPECT_KEYS: &[&str] = &[
    "status",
    "cards",
    "requests",
    "outputs",
    "answer",
    "error",
    "tables",
    "waited",
    "warnings",
    "counts",
    "started",
    "simulators",
];
pub(super) const MEANWHILE_KEYS: &[&str] = &["after", "cancel", "resume", "kill", "start", "inputs"];

/// Every key of the form but those of mocks.
pub(super) const KEYS: &[&[&str]] = &[
    FILE_KEYS,
    SAID_KEYS,
    TEST_KEYS,
    CASE_KEYS,
    EXPECT_KEYS,
    MEANWHILE_KEYS,
    METHODS,
    REQUEST_KEYS,
    &["exactly"],
    LOOK_KEYS,
];

pub(super) const REQUEST_KEYS: &[&str] = &["query", "body", "times"];

pub(super) const LOOK_KEYS: &[&str] = &["get", "status", "body"];

pub(super) const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// The ends that can be expected.
pub(super) const STATUSES: &[&str] =
    &["done", "stopped", "failed", "cancelled", "paused", "held", "handled", "planned"];

/// A test may have so many cases.
const MOST_CASES: usize = 1_000;

impl TestFile {
    /// Reads a test file, and what is wrong with its form.
    pub fn read(file: FileId, text: &str) -> (TestFile, Vec<Diagnostic>) {
        let mut reader = Reader::plain(file, text);
        let mut read = TestFile { file, flow: None, tests: Vec::new() };
        let node = reader.parse();
        if let Some(keys) = node.as_ref().and_then(|node| reader.keys(node, "a test file", FILE_KEYS)) {
            read.flow = reader.text_at(&keys, "flow");
            let defaults = keys.get("defaults").filter(|node| node.content != Content::Null);
            let defaults = defaults.and_then(|node| reader.keys(node, "`defaults`", SAID_KEYS));
            let defaults = defaults.map(|keys| said(&mut reader, &keys)).unwrap_or_default();
            let help = "name each test by what it says of the flow: `tests: { greets everybody: { … } }`";
            if let Some(tests) = reader.required(&keys, "tests", help) {
                let members = reader.members(tests, "a mapping of tests").unwrap_or_default();
                if members.is_empty() && matches!(&tests.content, Content::Map(_)) {
                    reader.report(
                        Diagnostic::new(Code::Structure, tests.span, "there are no tests").help(help),
                    );
                }
                read.tests = members
                    .into_iter()
                    .filter_map(|(name, node)| test(&mut reader, name, node, &defaults))
                    .collect();
            }
        }
        (read, reader.finish())
    }
}

/// What some part of the file says of the run and its end.
#[derive(Clone, Debug, Default)]
struct Said {
    given: Given,
    expect: Expect,
    after_crash: Expect,
}

impl Said {
    /// This, and what `other` says where this says nothing.
    fn over(mut self, other: &Said) -> Said {
        let (given, other_given) = (&mut self.given, &other.given);
        names(&mut given.inputs, &other_given.inputs);
        names(&mut given.vars, &other_given.vars);
        names(&mut given.tables, &other_given.tables);
        names(&mut given.simulators, &other_given.simulators);
        given.now_ms = given.now_ms.or(other_given.now_ms);
        given.dry_run = given.dry_run.or(other_given.dry_run);
        if given.faults.is_empty() {
            given.faults.clone_from(&other_given.faults);
        }
        given.recording = given.recording.take().or_else(|| other_given.recording.clone());
        if given.meanwhile.is_empty() {
            given.meanwhile.clone_from(&other_given.meanwhile);
        }
        let mocks = &mut given.mocks.0;
        let others = other_given
            .mocks
            .0
            .iter()
            .filter(|mock| !mocks.iter().any(|own| own.target.it == mock.target.it));
        let others: Vec<_> = others.cloned().collect();
        mocks.extend(others);
        self.expect = self.expect.over(&other.expect);
        self.after_crash = self.after_crash.over(&other.after_crash);
        self
    }
}

impl Expect {
    /// This, and what `other` says where this says nothing.
    pub(crate) fn over(mut self, other: &Expect) -> Expect {
        let fails = self.parts.iter().any(|(name, _)| &*name.it == "error");
        self.status = self.status.take().or_else(|| other.status.clone().filter(|_| !fails));
        names(&mut self.parts, &other.parts);
        names(&mut self.cards, &other.cards);
        names(&mut self.requests, &other.requests);
        if self.snapshots.is_empty() {
            self.snapshots.clone_from(&other.snapshots);
        }
        names(&mut self.simulators, &other.simulators);
        self
    }
}

/// Adds the others that have no name of these.
fn names<T: Clone>(own: &mut Vec<(Name, T)>, others: &[(Name, T)]) {
    let mut all: Vec<_> = others.to_vec();
    all.retain(|(name, _)| !own.iter().any(|(own, _)| own.it == name.it));
    all.append(own);
    *own = all;
}

fn test(reader: &mut Reader<'_>, name: Name, node: &Node, defaults: &Said) -> Option<Test> {
    let name = reader.label(name, "a test")?;
    let keys = reader.keys(node, "a test", &[TEST_KEYS, SAID_KEYS].concat())?;
    let tags = match keys.get("tags") {
        Some(node) => {
            let items = reader.list(node, "a list of tags, as `[smoke]`").unwrap_or_default();
            items.iter().filter_map(|node| Some(reader.text(node, "a tag")?.it)).collect()
        }
        None => Vec::new(),
    };
    let skip = reader.text_at(&keys, "skip").map(|name| name.it);
    let said = said(reader, &keys).over(defaults);
    let cases = match keys.get("each") {
        None => vec![case(String::new(), keys.span, said)],
        Some(node) => {
            let items = reader.list(node, "a list of cases, as `[{ inputs: … }, { inputs: … }]`")?;
            if items.is_empty() || items.len() > MOST_CASES {
                let message = format!("a test has 1 to {MOST_CASES} cases, and this one has {}", items.len());
                reader.report(Diagnostic::new(Code::Structure, node.span, message));
            }
            let items = items.iter().take(MOST_CASES).enumerate();
            items
                .filter_map(|(index, node)| {
                    let keys = reader.keys(node, "a case", &[CASE_KEYS, SAID_KEYS].concat())?;
                    let name = reader.text_at(&keys, "name").map(|name| name.it.to_string());
                    let own = self::said(reader, &keys).over(&said);
                    Some(case(name.unwrap_or_else(|| format!("#{}", index + 1)), keys.span, own))
                })
                .collect()
        }
    };
    Some(Test { name, tags, skip, cases })
}

fn case(name: String, span: flowrun_core::source::Span, said: Said) -> Case {
    Case { name, span, given: said.given, expect: said.expect, after_crash: said.after_crash }
}

fn said(reader: &mut Reader<'_>, keys: &Keys<'_>) -> Said {
    let mut expect = keys.get("expect").map(|node| self::expect(reader, node)).unwrap_or_default();
    if let Some(node) = keys.get("snapshot") {
        let items = reader.list(node, "a list, as `[outputs, requests]`").unwrap_or_default();
        expect.snapshots = items.iter().filter_map(|node| reader.word(node, SNAPSHOTS, "")).collect();
    }
    let after_crash = keys.get("after_crash").map(|node| self::expect(reader, node)).unwrap_or_default();
    Said { given: given(reader, keys), expect, after_crash }
}

fn given(reader: &mut Reader<'_>, keys: &Keys<'_>) -> Given {
    let mut given = Given {
        inputs: values(reader, keys, "inputs", "a mapping of inputs"),
        vars: values(reader, keys, "vars", "a mapping of variables"),
        simulators: values(reader, keys, "simulators", "a mapping of options, as `{ employees: 40 }`"),
        ..Given::default()
    };
    if let Some(node) = keys.get("now") {
        let date = reader.text(node, "a date & time").and_then(|text| parse_date(&text.it));
        match date {
            Some(date) => given.now_ms = Some(date.millis()),
            None => reader.mismatch(node, "a date & time, as `2026-03-01T08:00:00Z`"),
        }
    }
    if let Some(node) = keys.get("dry_run") {
        match node.content {
            Content::Bool(dry_run) => given.dry_run = Some(dry_run),
            _ => reader.mismatch(node, "true or false"),
        }
    }
    if let Some(node) = keys.get("tables") {
        let members = reader.members(node, "a mapping of tables").unwrap_or_default();
        given.tables =
            members.into_iter().filter_map(|(name, node)| Some((name, rows(reader, node)?))).collect();
    }
    if let Some(node) = keys.get("faults") {
        let items =
            reader.list(node, "a list of faults, as `[\"drop@bulk-upsert:nth=2\"]`").unwrap_or_default();
        given.faults = items.iter().filter_map(|node| reader.text(node, "a fault")).collect();
    }
    if let Some(node) = keys.get("mocks") {
        given.mocks = Mocks::read(reader, node);
    }
    given.recording = reader.text_at(keys, "recording");
    if let Some(node) = keys.get("meanwhile") {
        let items = reader.list(node, "a list, as `[{ after: 10 min, cancel: true }]`").unwrap_or_default();
        given.meanwhile = items.iter().filter_map(|node| meanwhile(reader, node)).collect();
        given.meanwhile.sort_by_key(|one| one.after_ms);
    }
    given
}

fn values(reader: &mut Reader<'_>, keys: &Keys<'_>, key: &str, what: &str) -> Vec<(Name, Value)> {
    let Some(node) = keys.get(key) else { return Vec::new() };
    let members = reader.members(node, what).unwrap_or_default();
    members.into_iter().filter_map(|(name, node)| Some((name, reader.literal(node)?))).collect()
}

fn rows(reader: &mut Reader<'_>, node: &Node) -> Option<Rows> {
    match &node.content {
        Content::Text(text) if text.starts_with('@') => {
            Some(Rows::File(Name::new(text.trim_start_matches('@').into(), node.span)))
        }
        Content::List(items) => {
            let rows = items.iter().map(|row| reader.literals(row, "a row: a mapping of columns"));
            Some(Rows::Written(rows.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?))
        }
        _ => {
            reader.mismatch(node, "a list of rows, or the name of a CSV file as \"@employees.csv\"");
            None
        }
    }
}

fn meanwhile(reader: &mut Reader<'_>, node: &Node) -> Option<Meanwhile> {
    const KINDS: &[&str] = &["cancel", "resume", "kill", "start"];
    let keys = reader.keys(node, "what happens meanwhile", MEANWHILE_KEYS)?;
    let help = "say how long after the start: `after: 10 min`";
    let after = reader.required(&keys, "after", help)?;
    let Some(after_ms) = reader.literal(after).and_then(|value| duration(&value)) else {
        reader.mismatch(after, "how long after the start, as `10 min`");
        return None;
    };
    let said: Vec<&&str> = KINDS.iter().filter(|kind| keys.get(kind).is_some()).collect();
    let [kind] = said[..] else {
        let message = format!("{} things happen at once", said.len());
        let message = if said.is_empty() { "nothing happens".to_owned() } else { message };
        let mistake = Diagnostic::new(Code::Structure, reader.first_line(keys.span), message);
        reader.report(
            mistake.help("say one of `cancel: true`, `resume: { … }`, `kill: true` and `start: FLOW`"),
        );
        return None;
    };
    let node = keys.get(kind)?;
    let what = match *kind {
        "resume" => What::Resume(reader.literals(node, "what is answered: a mapping")?),
        "start" => What::Start {
            flow: reader.text(node, "the flow that is started")?,
            inputs: values(reader, &keys, "inputs", "a mapping of inputs"),
        },
        kind if node.content == Content::Bool(true) => {
            if kind == "cancel" {
                What::Cancel
            } else {
                What::Kill
            }
        }
        _ => {
            reader.mismatch(node, "true");
            return None;
        }
    };
    Some(Meanwhile { after_ms, what })
}

fn expect(reader: &mut Reader<'_>, node: &Node) -> Expect {
    let mut expect = Expect::default();
    let Some(keys) = reader.keys(node, "`expect`", EXPECT_KEYS) else { return expect };
    if let Some(node) = keys.get("status") {
        expect.status = reader.word(node, STATUSES, "").map(|word| At::new(word.it, word.span));
    }
    for part in PARTS {
        let (Some(node), Some(span)) = (keys.get(part), keys.key(part)) else { continue };
        let pattern = match *part {
            "waited" => waited(reader, node),
            _ => reader.pattern(node),
        };
        expect.parts.extend(pattern.map(|pattern| (Name::new((*part).into(), span), pattern)));
    }
    if let Some(node) = keys.get("cards") {
        let members = reader.members(node, "a mapping of cards by their IDs").unwrap_or_default();
        expect.cards =
            members.into_iter().filter_map(|(name, node)| Some((name, reader.pattern(node)?))).collect();
    }
    if let Some(node) = keys.get("requests") {
        let members = reader.members(node, "a mapping of vendors").unwrap_or_default();
        expect.requests =
            members.into_iter().filter_map(|(name, node)| Some((name, requests(reader, node)?))).collect();
    }
    if let Some(node) = keys.get("simulators") {
        let members = reader.members(node, "a mapping of vendors").unwrap_or_default();
        expect.simulators =
            members.into_iter().filter_map(|(name, node)| Some((name, looks(reader, node)?))).collect();
    }
    expect
}

fn looks(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Look>> {
    let items =
        reader.list(node, "a list, as `[{ get: /api/v1/users/ada@x.test, body: { status: ACTIVE } }]`")?;
    let look = |node: &Node| {
        let keys = reader.keys(node, "what a vendor tells", LOOK_KEYS)?;
        let get = reader.required(&keys, "get", "say what is asked: `get: /api/v1/users/ada@x.test`")?;
        let path = reader.text(get, "a path, as `/api/v1/users/ada@x.test`")?;
        if !path.it.starts_with('/') {
            reader.mismatch(get, "a path from its `/` on, without the host");
            return None;
        }
        let mut parts = Vec::new();
        for part in ["status", "body"] {
            if let Some(pattern) = keys.get(part).and_then(|node| reader.pattern(node)) {
                parts.push((Text::from(part), pattern));
            }
        }
        Some(Look { span: get.span, path: path.it, parts })
    };
    Some(items.iter().filter_map(look).collect())
}

/// A time that passed: what is written as a duration is a number of seconds.
fn waited(reader: &mut Reader<'_>, node: &Node) -> Option<Pattern> {
    let seconds = |node: &Node| match &node.content {
        Content::Text(text) => match duration(&Value::from(text.clone())) {
            Some(ms) => Node { span: node.span, content: Content::Number(ms as f64 / 1000.0) },
            None => node.clone(),
        },
        _ => node.clone(),
    };
    let node = match &node.content {
        Content::Map(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), seconds(value))).collect();
            Node { span: node.span, content: Content::Map(members) }
        }
        _ => seconds(node),
    };
    let pattern = reader.pattern(&node)?;
    if matches!(&pattern.wants, Wants::Equal(Value::Text(_))) {
        reader.mismatch(&node, "how long, as `15 min` or `{ ~lte: 15 min }`");
        return None;
    }
    Some(pattern)
}

fn requests(reader: &mut Reader<'_>, node: &Node) -> Option<Requests> {
    let (node, exactly) = match &node.content {
        Content::Map(_) => {
            let keys = reader.keys(node, "the requests to a vendor", &["exactly"])?;
            (keys.get("exactly")?, true)
        }
        _ => (node, false),
    };
    let items = reader.list(node, "a list of requests, as `[{ post: /api/v1/users }]`")?;
    let wanted = items.iter().filter_map(|node| wanted(reader, node)).collect();
    Some(Requests { span: node.span, wanted, exactly })
}

fn wanted(reader: &mut Reader<'_>, node: &Node) -> Option<Wanted> {
    let known = [METHODS, REQUEST_KEYS].concat();
    let keys = reader.keys(node, "a request", &known)?;
    let said: Vec<&&str> = METHODS.iter().filter(|method| keys.get(method).is_some()).collect();
    let [method] = said[..] else {
        let mistake = Diagnostic::new(
            Code::Structure,
            reader.first_line(keys.span),
            format!("a request has one method, and this one has {}", said.len()),
        );
        reader.report(mistake.help("as in: `{ post: /api/v1/users, times: 1 }`"));
        return None;
    };
    let path = read_path(reader, keys.get(method)?)?;
    let mut parts = Vec::new();
    for part in ["query", "body"] {
        if let Some(node) = keys.get(part) {
            parts.push((Text::from(part), reader.pattern(node)?));
        }
    }
    let times = match keys.get("times") {
        None => None,
        Some(node) => match node.content {
            Content::Number(times) if times.fract() == 0.0 && (0.0..1e6).contains(&times) => {
                Some(At::new(times as u32, node.span))
            }
            _ => {
                reader.mismatch(node, "a whole number");
                return None;
            }
        },
    };
    Some(Wanted {
        span: keys.span,
        method: method.to_ascii_uppercase(),
        path: path.it.to_string(),
        parts,
        times,
    })
}
