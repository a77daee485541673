//! The checker from outside: the program that a good project becomes. What it says of bad ones stands in tests/diagnostics.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{
    Card, Catalog, Cx, EffectSpec, Example, FlowName, Inputs, Outputs, Pure, Said, TableName, Words, Work,
};
use flowrun_core::check::uses::Use;
use flowrun_core::check::{Checked, Options, check};
use flowrun_core::diag::{Diagnostic, Severity, Style, render};
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::fault::Result;
use flowrun_core::keep::{JournalBounds, Keep};
use flowrun_core::load::load;
use flowrun_core::program::{Arg, Call, Flow, FlowId, OnError, Op, Program};
use flowrun_core::source::Sources;
use flowrun_core::value::{Record, Secret, Text, Value};
use flowrun_core::{Inputs, Outputs, control, examples};

/// Gives names to values.
#[derive(Inputs)]
struct Assign {
    /// The values.
    #[input(rest)]
    fields: Record,
}

/// The same values.
#[derive(Outputs)]
struct Assigned {
    /// What each name was given.
    #[output(rest)]
    fields: Record,
}

impl Pure for Assign {
    const ID: &str = "flow_control.assign";
    const EXAMPLES: &[Example] = examples! { "{}" => ok "{}" };
    type Out = Assigned;
    fn run(self, _: &Cx<'_>) -> Result<Assigned> {
        Ok(Assigned { fields: self.fields })
    }
}

/// Makes a text.
#[derive(Inputs)]
struct Compose {
    /// The text.
    text: Text,
}

/// The text.
#[derive(Outputs)]
struct Composed {
    /// The text.
    text: Text,
}

impl Pure for Compose {
    const ID: &str = "text.compose";
    const EXAMPLES: &[Example] = examples! { "{}" => ok "{}" };
    type Out = Composed;
    fn run(self, _: &Cx<'_>) -> Result<Composed> {
        Ok(Composed { text: self.text })
    }
}

/// Lists people.
#[derive(Inputs)]
struct ListPeople {
    /// Which.
    #[input(default = "first", choices = ["first", "stream"])]
    result_set: Text,
    /// The flow that gets each.
    flow: Option<FlowName>,
    /// How many.
    #[input(default = 100)]
    limit: f64,
}

/// The people.
#[derive(Outputs)]
struct People {
    /// The people.
    people: Vec<Record>,
    /// How many were streamed.
    records_streamed: f64,
}

/// Reads a row.
#[derive(Inputs)]
struct ReadRow {
    /// The table.
    table: TableName,
    /// The row's ID.
    row_id: Text,
}

/// The row.
#[derive(Outputs)]
struct Row {
    /// The row's ID.
    row_id: Text,
    /// The columns.
    #[output(rest)]
    columns: Record,
}

fn effect<I: Inputs, O: Outputs>(id: &'static str, connector: &'static str, own: bool) -> Card {
    let spec = EffectSpec {
        connector: connector.into(),
        own,
        timeout: Duration::from_secs(30),
        does: Does::Reads,
        after_crash: AfterCrash::Repeats,
        scopes: Words::NONE,
        streams: !own,
        state_in_record: false,
    };
    let said = Said { id, named: None, exported_as: &[], examples: &[] };
    Card::declared::<I, O>(said, Work::Effect(spec))
}

fn cards() -> impl Iterator<Item = Arc<Card>> {
    let own = [
        Card::pure::<Assign>(),
        Card::pure::<Compose>(),
        effect::<ListPeople, People>("hr.list_people", "hr", false),
        effect::<ReadRow, Row>("tables.read_row", "tables", true),
    ];
    control::cards().into_iter().chain(own.map(Arc::new))
}

struct Case {
    sources: Sources,
    found: Vec<Diagnostic>,
    checked: Checked,
}

/// Loads and checks the files, each beginning with a line `#### path`.
fn checked(files: &str, vars: &[(&str, Value)], env: &[(&str, Value)]) -> Case {
    let mut sources = Sources::default();
    for file in files.split("#### ").skip(1) {
        let (path, text) = file.split_once('\n').unwrap();
        sources.add(path.trim(), text);
    }
    let catalog = Catalog::new(cards());
    let (project, found) = load(&sources, &catalog);
    let named = |list: &[(&str, Value)]| {
        list.iter().map(|(name, value)| (Text::from(*name), value.clone())).collect::<Vec<_>>()
    };
    let options = Options {
        sources: &sources,
        found: &found,
        vars: &named(vars),
        env: &named(env),
        connectors: &["hr", "tables"],
        events: &["hr.hired"],
    };
    let checked = check(&project, &catalog, &options);
    Case { sources, found, checked }
}

/// The program of a project without mistakes; warnings are none.
fn program(files: &str) -> Program {
    let case = checked(files, &[], &[]);
    let mut mistakes: Vec<Diagnostic> = case.found.into_iter().chain(case.checked.diagnostics).collect();
    mistakes.retain(|mistake| mistake.code.severity() == Severity::Error);
    assert!(mistakes.is_empty(), "{}", render(&mistakes, &case.sources, Style { color: false, width: 100 }));
    case.checked.program
}

/// The codes and places of what is wrong, in the order of the file.
fn codes(files: &str) -> Vec<String> {
    let case = checked(files, &[], &[]);
    let mut all: Vec<&Diagnostic> = case.found.iter().chain(&case.checked.diagnostics).collect();
    all.sort_by_key(|mistake| mistake.span);
    all.into_iter().map(|mistake| format!("{} {}", mistake.code, case.sources.slice(mistake.span))).collect()
}

/// A flow's shape: one line for each card.
fn shape(flow: &Flow) -> String {
    let mut shape = String::new();
    block(flow, Flow::BODY, 0, &mut shape);
    shape
}

fn block(flow: &Flow, block: flowrun_core::program::BlockId, depth: usize, shape: &mut String) {
    for &step in flow.block(block) {
        let step = flow.step(step);
        let pad = "  ".repeat(depth);
        let args: Vec<String> = step.args.iter().map(|arg| format!("{arg:?}")).collect();
        let out: Vec<String> =
            step.outputs.iter().zip(step.out.0..).map(|(name, slot)| format!("{name}=#{slot}")).collect();
        write!(shape, "{pad}{} {}({}) -> {}", step.id, step.card.id, args.join(", "), out.join(" ")).unwrap();
        let call = |call: &Call| format!("flow {} {:?} {:?}", call.flow.0, call.pass, call.outputs);
        match &step.policy.on_error {
            OnError::Stop => {}
            OnError::Return(values) => write!(shape, " on_error {values:?}").unwrap(),
            OnError::Call(handler) => write!(shape, " on_error {}", call(handler)).unwrap(),
        }
        let arm = |shape: &mut String, arm: &flowrun_core::program::Arm, when: String| {
            writeln!(shape, "{pad}  {}{when} joins {:?}", arm.name, arm.join).unwrap();
            self::block(flow, arm.block, depth + 2, shape);
        };
        match &step.op {
            Op::Call(called) => writeln!(shape, " {}", call(called)).unwrap(),
            Op::Loop { kind, call: called } => writeln!(shape, " {kind:?} {}", call(called)).unwrap(),
            Op::Effect { connection, stream, .. } => {
                writeln!(
                    shape,
                    " over {connection:?}{}",
                    stream.as_ref().map_or(String::new(), |stream| format!(" stream {}", call(stream)))
                )
                .unwrap();
            }
            Op::Return { places, leaves_arm } => {
                writeln!(shape, " returns {places:?} leaves_arm={leaves_arm}").unwrap()
            }
            Op::ContinueIf { message, leaves_arm } => {
                writeln!(shape, " message {message:?} leaves_arm={leaves_arm}").unwrap()
            }
            Op::Branch { arms, contains_return } => {
                writeln!(shape, " contains_return={contains_return}").unwrap();
                for (when, one) in arms {
                    let when = when.as_ref().map_or(String::new(), |when| {
                        format!(" if {:?} {:?} {:?}", when.a, when.operator, when.b)
                    });
                    arm(shape, one, when);
                }
            }
            Op::Try { body, catch, error } => {
                writeln!(shape, " error=#{}", error.0).unwrap();
                arm(shape, body, String::new());
                arm(shape, catch, String::new());
            }
            _ => writeln!(shape).unwrap(),
        }
    }
}

const PROJECT: &str = r#"
#### flowrun.yaml
tables: { people: { columns: { name: text, age: { type: number, default: "7" } } } }
connections: { main: hr }
vars: { size: 10, source: { env: SOURCE, value: 0oa1 } }
#### flows/import.yaml
inputs: { names: list of text, limit: { type: number, default: 5 } }
outputs: { told: text, first: text }
cards:
  - id: limits
    card: flow_control.assign
    with: { size: $.vars.size, source: "from {{ vars.source }}", both: [1, $.inputs.limit], plain: "{{ inputs.limit }}" }
  - id: people
    card: hr.list_people
    with: { result_set: stream, flow: add, limit: $.limits.size }
    pass: { source: $.limits.source }
  - id: row
    card: tables.read_row
    with: { table: people, row_id: "$.people.people[0].id" }
  - id: mode
    card: branching.if_else
    with: { value_a: $.row.name, operator: is empty }
    then:
      - id: nobody
        card: text.compose
        with: { text: nobody }
    outputs: { who: { then: $.nobody.text, else: $.row.name } }
  - id: safe
    card: error_handling.if_error
    try:
      - card: list.for_each
        with: { list: $.inputs.names, flow: add }
        pass: { Record: { name: $.item, place: $.index }, source: "{{ item }} {{ people.people }}" }
      - card: branching.continue_if
        with: { value_a: 1, message: enough }
    catch:
      - card: flow_control.return
        with: { told: $.error.message }
    outputs: { told: text, age: { try: $.row.age } }
  - id: called
    card: flow_control.call_flow
    with: { flow: utilities/tell }
    pass: { text: "{{ mode.who }} is {{ row.age + 1 }}" }
    on_error: { return: { told: $.error.message } }
  - card: flow_control.return
    with: { told: $.called.said, first: "$.people.people[?@.age > 3].name" }
#### flows/add.yaml
inputs: { Record: object, source: text }
cards:
  - card: branching.if_elseif
    cases:
      - when: { value_a: $.inputs.Record.age, operator: ">", value_b: 3 }
        cards:
          - { card: flow_control.return, with: { kind: grown, up: $.run.index } }
    outputs: { kind: text, up: { else: no } }
#### flows/utilities/tell.yaml
inputs: { text: text }
cards:
  - card: flow_control.return
    with: { said: $.inputs, all: $.inputs.text }
#### flows/unreached.yaml
cards: []
"#;

#[test]
fn names_become_slots() {
    let program = program(PROJECT);
    let paths: Vec<&str> = program.flows.iter().map(|flow| &*flow.path).collect();
    assert_eq!(paths, ["flows/add", "flows/import", "flows/unreached", "flows/utilities/tell"]);
    assert_eq!(program.find("flows/import"), Some(FlowId(1)));
    assert_eq!(program.reached(FlowId(1)), BTreeSet::from([FlowId(0), FlowId(1), FlowId(3)]));
    assert_eq!(program.connections_of(FlowId(1)), BTreeMap::from([(0, BTreeSet::new())]));
    assert!(program.connections_of(FlowId(2)).is_empty());
    assert_eq!(program.tables[0].columns[1].default, Value::Number(7.0));
    let expected = r#"limits flow_control.assign(Number(10.0), Text("from 0oa1"), [Number(1.0), #3], #3) -> size=#4 source=#5 both=#6 plain=#7
people hr.list_people(Text("stream"), Text("add"), #4) -> people=#8 records_streamed=#9 over Some(0) stream flow 0 [#4294967294, #5] []
row tables.read_row(Text("people"), #8[Index(0), Name("id")]) -> row_id=#10 name=#11 age=#12 over None
mode branching.if_else(#11, Text("is empty"), Null) -> who=#13 contains_return=false
  then if #11 Text("is empty") Null joins [#14]
    nobody text.compose(Text("nobody")) -> text=#14
  else joins [#11]
safe error_handling.if_error() -> told=#15 age=#16 error=#17
  try joins [Null, #12]
    for_each list.for_each(#2, Text("add"), Number(1.0)) ->  ForEach flow 0 [{"name": #4294967294, "place": #4294967295}, template[#4294967294, #8]] []
    continue_if branching.continue_if(Number(1.0), Text("=="), Null, Text("enough")) ->  message None leaves_arm=true
  catch joins [Null, Null]
    return flow_control.return(#17[Name("message")]) ->  returns [Some(0)] leaves_arm=true
called flow_control.call_flow(Text("utilities/tell")) -> said=#18 all=#19 on_error [(0, #1[Name("message")])] flow 3 [template[#13, #12]] [Some(0), Some(1)]
return flow_control.return(#18, #8[][query]) ->  returns [Some(0), Some(1)] leaves_arm=false
"#;
    assert_eq!(shape(&program.flows[1]), expected);
    let expected = r#"if_elseif branching.if_elseif() -> kind=#4 up=#5 contains_return=true
  case_1 if #2[Name("age")] Text(">") Number(3.0) joins [Null, Null]
    return flow_control.return(Text("grown"), #0[Name("index")]) ->  returns [Some(0), Some(1)] leaves_arm=true
  else joins [Null, Text("no")]
"#;
    assert_eq!(shape(&program.flows[0]), expected);
    assert_eq!(
        shape(&program.flows[3]),
        "return flow_control.return({\"text\": #2}, #2) ->  returns [Some(0), Some(1)] leaves_arm=false\n"
    );
    let outputs: Vec<&str> = program.flows[3].outputs.iter().map(|output| &*output.name).collect();
    assert_eq!((outputs, program.flows[1].slots), (vec!["said", "all"], 20));
}

#[test]
fn the_nearest_value_of_a_variable_wins() {
    let files = "#### flowrun.yaml\nvars: { a: { type: number, value: 1, env: A }, key: { type: secret, env: KEY } }\n#### flow.yaml\noutputs: { a: any, key: any }\ncards:\n  - card: flow_control.return\n    with: { a: $.vars.a, key: \"Bearer {{ vars.key }}\" }\n";
    let read = |vars: &[(&str, Value)], env: &[(&str, Value)]| {
        let program = checked(files, vars, env).checked.program;
        let args = program.flows[0].steps[0].args.clone();
        args.into_iter()
            .map(|arg| if let Arg::Const(value) = arg { value } else { panic!("{arg:?}") })
            .collect::<Vec<_>>()
    };
    let values = read(&[], &[("key", Value::from("hunter2"))]);
    assert_eq!(values, [Value::Number(1.0), Value::Secret(Secret::new("Bearer hunter2"))]);
    assert_eq!(read(&[], &[("a", Value::from("2"))])[0], Value::Number(2.0));
    assert_eq!(read(&[("a", Value::Number(3.0))], &[("a", Value::from("2"))])[0], Value::Number(3.0));
}

#[test]
fn one_mistake_is_one_diagnostic() {
    let start = "#### flow.yaml\ncards:\n";
    let table: &[(&str, &[&str])] = &[
        // What depends on something unknown is silent.
        (
            "  - { id: a, card: text.kompose, with: { txt: 1 } }\n  - { card: flow_control.wait_for, with: { delay: $.a.b.c } }\n",
            &["E010 text.kompose"],
        ),
        (
            "  - { id: a, card: flow_control.call_flow, with: { flow: nowhere }, pass: { x: 1 } }\n  - { card: flow_control.wait_for, with: { delay: $.a.b } }\n",
            &["E012 nowhere"],
        ),
        (
            "  - { id: a, card: flow_control.wait_for, with: { delay: $.b.c } }\n  - { card: flow_control.wait_for, with: { delay: $.a.x } }\n",
            &["E030 b", "E031 x"],
        ),
        // A card that could not be read may have had the ID, and what the card lacks.
        (
            "  - text.compose\n  - { card: flow_control.wait_for, with: { delay: $.a.b } }\n",
            &["E003 text.compose"],
        ),
        (
            "  - { id: a, card: text.compose, wiht: { text: x } }\n  - { card: flow_control.wait_for, with: { delay: $.a.text } }\n",
            &["E004 wiht"],
        ),
        // Wires of arms that a card can't have are looked at all the same.
        (
            "  - { card: flow_control.wait_for, with: { delay: 1 }, then: [{ card: text.compose, with: { text: $.x.y } }] }\n",
            &["E045 then", "E030 x"],
        ),
    ];
    for (cards, expected) in table {
        assert_eq!(codes(&format!("{start}{cards}")), *expected, "{cards}");
    }
}

#[test]
fn a_flow_runs_unless_it_reaches_a_mistake() {
    let files = r#"
#### flow.yaml
cards: [{ card: flow_control.call_flow, with: { flow: helper } }]
#### helper.yaml
cards: [{ card: branching.if_else, with: { value_a: 1 }, then: [{ card: flow_control.call_flow, with: { flow: flow } }] }]
#### bad.yaml
cards: [{ card: nothing.at_all }]
#### caller.yaml
cards: [{ card: text.compose, with: { text: x }, on_error: { call: outer } }]
#### outer.yaml
cards: [{ card: flow_control.call_flow, with: { flow: bad } }]
#### unread.yaml
cards: [
"#;
    let sound = |files: &str| {
        let program = checked(files, &[], &[]).checked.program;
        let calls =
            |flow: &Flow| flow.calls.iter().map(|called| program.flow(*called).path.to_string()).collect();
        program.flows.iter().map(|flow| (flow.path.to_string(), calls(flow))).collect::<Vec<(_, Vec<_>)>>()
    };
    let calls = |flow: &str, called: &str| (flow.to_owned(), vec![called.to_owned()]);
    assert_eq!(sound(files), [calls("flow", "helper"), calls("helper", "flow")]);
    // What the manifest says concerns every flow.
    assert_eq!(sound(&format!("{files}#### flowrun.yaml\nconnections: {{ a: nobody }}\n")), []);
    assert_eq!(checked(files, &[], &[]).checked.program.find("caller"), None);
}

#[test]
fn triggers_are_part_of_the_program() {
    let files = r#"
#### a.yaml
trigger: { schedule: { cron: "0 2 * * *", time_zone: Europe/Berlin, start: 2026-01-01T00:00:00Z } }
cards: []
#### b.yaml
trigger: { api_endpoint: { method: post, security: token } }
cards: []
#### c.yaml
trigger: { event: { event: hr.hired, filter: $.inputs.department, order: none } }
inputs: { department: text }
cards: []
#### d.yaml
cards: []
#### e.yaml
trigger: { webhook: { name: deploys } }
cards: []
"#;
    let program = program(files);
    let told: Vec<String> = program.flows.iter().map(|flow| format!("{:?}", flow.trigger)).collect();
    assert_eq!(
        told,
        [
            "Schedule { cron: \"0 2 * * *\", time_zone: \"Europe/Berlin\", start: Some(2026-01-01T00:00:00.000Z), end: None, more: {} }",
            "Endpoint { method: Some(Post), security: Some(Token), more: {} }",
            "Event { event: \"hr.hired\", filter: Some(#2), with: [], more: {\"order\": Text(\"none\")} }",
            "Helper",
            "Webhook { name: \"deploys\", more: {} }",
        ]
    );
    let wrong = files.replace("$.inputs.department", "$.later.text").replace(
        "department: text }\ncards: []",
        "department: text }\ncards: [{ id: later, card: text.compose, with: { text: x } }, { card: flow_control.wait_for, with: { delay: $.later.text } }]",
    );
    assert_eq!(codes(&wrong), ["E032 later"]);
    for name in ["okta", "Deploys", "a/b", "\"\""] {
        let wrong = files.replace("name: deploys", &format!("name: {name}"));
        assert_eq!(codes(&wrong).len(), 1, "{name}");
    }
}

/// Who uses what, one line for each place.
fn uses(files: &str) -> Vec<String> {
    let case = checked(files, &[], &[]);
    let line = |used: &Use| {
        let card = used.card.map_or_else(String::new, |card| format!(" card {card}"));
        format!("{}{card} {:?} `{}` {:?}", used.flow, used.how, case.sources.slice(used.span), used.target)
    };
    case.checked.uses.all().iter().map(line).collect()
}

#[test]
fn every_place_says_what_it_names() {
    let files = r#"
#### flowrun.yaml
vars: { limit: 7 }
connections: { hr: hr }
tables: { people: { columns: { name: text } } }
#### a.yaml
trigger: { event: { event: hr.hired } }
inputs: { n: number }
cards:
  - { id: people, card: hr.list_people, with: { result_set: stream, flow: b, record_limit: $.vars.limit } }
  - id: choice
    card: branching.if_else
    with: { value_a: "{{ inputs.n + people.records_streamed }}" }
    then: [{ id: row, card: tables.read_row, with: { table: people, row_id: x }, outputs: { name: text } }]
    outputs: { name: { then: $.row.name } }
  - { card: flow_control.call_flow, with: { flow: b }, pass: { Record: $.choice }, on_error: { call: b, pass: { Record: $.error } } }
#### b.yaml
inputs: { Record: object }
cards: [{ card: flow_control.return, with: { a: $.inputs } }]
"#;
    let expected = [
        "0 Starts `hr.hired` Event(\"hr.hired\")",
        "0 Starts `hr.hired` Connection(0)",
        "0 card 0 Reads `hr.list_people` Connection(0)",
        "0 card 0 Calls `b` Flow(1)",
        "0 card 0 Reads `vars.limit` Var(0)",
        "0 card 1 Reads `inputs.n` Input { flow: 0, name: Some(\"n\") }",
        "0 card 1 Reads `people.records_streamed` Output { card: 0, name: Some(\"records_streamed\") }",
        "0 card 2 Reads `people` Table(0)",
        "0 card 2 Reads `name` Column { table: 0, name: \"name\" }",
        "0 card 1 Reads `row.name` Output { card: 2, name: Some(\"name\") }",
        "0 card 3 Calls `b` Flow(1)",
        "0 card 3 Passes `Record` Input { flow: 1, name: Some(\"Record\") }",
        "0 card 3 Reads `choice` Output { card: 1, name: None }",
        "0 card 3 Calls `b` Flow(1)",
        "0 card 3 Passes `Record` Input { flow: 1, name: Some(\"Record\") }",
        "1 card 0 Reads `inputs` Input { flow: 1, name: None }",
    ];
    assert_eq!(uses(files), expected);
}

#[test]
fn flows_with_mistakes_say_what_they_use() {
    let files = r#"
#### a.yaml
inputs: { n: number }
cards:
  - { id: one, card: no.such_card, with: { a: $.inputs.n, b: $.inputs.items } }
  - { card: flow_control.call_flow, with: { flow: nowhere }, pass: { x: $.one.out } }
  - { card: text.compose, with: { text: "{{ one.a }} {{ broken" } }
  - { card: text.compose, with: { text: $.last.text } }
  - { id: last, card: text.compose, with: { txt: $.inputs.none } }
"#;
    let expected = [
        "0 card 0 Reads `inputs.n` Input { flow: 0, name: Some(\"n\") }",
        "0 card 0 Reads `inputs.items` Input { flow: 0, name: Some(\"items\") }",
        "0 card 1 Reads `one.out` Output { card: 0, name: Some(\"out\") }",
        "0 card 3 Reads `last.text` Output { card: 4, name: Some(\"text\") }",
        "0 card 4 Reads `inputs.none` Input { flow: 0, name: Some(\"none\") }",
    ];
    assert_eq!(uses(files), expected);
}

#[test]
fn what_has_certainly_run_may_be_read() {
    // Whoever does not return goes on; what follows may count on the other branch.
    let good = r#"
#### flow.yaml
inputs: { n: number }
outputs: { a: any }
cards:
  - card: branching.if_else
    with: { value_a: $.inputs.n, operator: ">", value_b: 1 }
    then:
      - { card: flow_control.return, with: { a: 1 } }
    else:
      - { id: other, card: text.compose, with: { text: x } }
  - { card: flow_control.return, with: { a: $.other.text } }
"#;
    program(good);
    // Recursion that may end is allowed.
    let recursion = r#"
#### flow.yaml
inputs: { n: number }
cards:
  - { card: error_handling.return_error_if, with: { value_a: $.inputs.n, operator: ">", value_b: 9, message: enough } }
  - { card: flow_control.call_flow, with: { flow: flow }, pass: { n: "{{ inputs.n + 1 }}" } }
"#;
    program(recursion);
}

#[test]
fn a_flow_of_thousands_of_cards_is_checked_at_once() {
    let mut flow = "#### flow.yaml\noutputs: { a: text }\ncards:\n  - { id: c0, card: text.compose, with: { text: x } }\n".to_owned();
    for n in 1..4000 {
        writeln!(flow, "  - {{ id: c{n}, card: text.compose, with: {{ text: \"$.c{}.text\" }} }}", n - 1)
            .unwrap();
    }
    flow.push_str("  - { card: flow_control.return, with: { a: $.c3999.text } }\n");
    assert_eq!(program(&flow).flows[0].steps.len(), 4001);
}

#[test]
fn the_nearest_word_on_saving_data_counts() {
    // The flow itself, else the folder nearest to it, else the project; a flow in a card is a part of the flow around it.
    let files = |manifest: &str, own: &str| {
        let flow = "cards: [{ card: text.compose, with: { text: x } }]\n";
        format!(
            "#### flowrun.yaml\n{manifest}\n#### a.yaml\n{flow}#### mail/b.yaml\n{flow}#### mail/out/c.yaml\n{own}{flow}\
             #### mail/out/d.yaml\n{own}cards: [{{ card: list.map, with: {{ list: [], flow: {{ {flow_in} }} }} }}]\n",
            flow_in = flow.trim_end()
        )
    };
    let (on, off) = (Some(true), Some(false));
    // Of a, mail/b, mail/out/c, and mail/out/d with the flow in it.
    for (manifest, own, expected) in [
        ("", "", [None, None, None, None]),
        ("save_data: on", "", [on, on, on, on]),
        ("save_data: on\nfolders: { mail: { save_data: off } }", "", [on, off, off, off]),
        (
            "save_data: on\nfolders: { mail: { save_data: off }, mail/out: { save_data: on } }",
            "",
            [on, off, on, on],
        ),
        ("folders: { mail/out: {}, mail: { save_data: off } }", "", [None, off, off, off]),
        ("folders: { mail/out: { save_data: on } }", "save_data: off\n", [None, None, off, off]),
        ("", "save_data: on\n", [None, None, on, on]),
    ] {
        let program = checked(&files(manifest, own), &[], &[]).checked.program;
        let of = |path: &str| program.flow(program.find(path).unwrap()).save_data;
        let found = ["a", "mail/b", "mail/out/c", "mail/out/d"].map(of);
        assert_eq!(found, expected, "{manifest} {own}");
        let inner = program.flows.iter().find(|flow| flow.path.contains('#')).unwrap();
        assert_eq!(inner.save_data, expected[3], "{manifest} {own}");
    }
}

#[test]
fn what_a_project_says_of_keeping_runs_counts_and_else_what_is_usual() {
    let of = |manifest: &str| {
        let flow = "#### a.yaml\ncards: [{ card: text.compose, with: { text: x } }]\n";
        let program = checked(&format!("#### flowrun.yaml\n{manifest}\n{flow}"), &[], &[]).checked.program;
        (program.keep, program.journal)
    };
    // The manual: 30 days, failed runs 90, values 7, 100,000 runs; journals of 64 MiB or 50,000 entries.
    let usual = (Keep::of([30, 90, 7, 100_000]), JournalBounds::of([64, 50_000]));
    assert_eq!(of(""), usual);
    assert_eq!(of("keep:\njournal: { max_mb: }"), usual);
    let set = of("keep: { runs: 5, data: 0 }\njournal: { max_entries: 10 }");
    assert_eq!(set.0, Keep { runs: 5, data: 0, ..Keep::default() });
    assert_eq!(set.1, JournalBounds { max_mb: 64, max_entries: 10 });
}
