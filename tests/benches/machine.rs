//! What the machine itself costs: a card, a call, an effect, and a program's way from its files to its first card.
//!
//!     cargo bench -p flowrun-tests --bench machine

#![allow(clippy::unwrap_used, missing_docs)]

use flowrun_tests::registry;
use std::fmt::Write;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::program::{FlowId, Program};
use flowrun_core::value::Record;
use flowrun_host::driver::run;
use flowrun_kit::clock::Clock;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{compile, sources, world};
use tokio::runtime::Builder;

fn start(entry: FlowId) -> Start {
    Start::new(entry, Record::default(), "bench", 0)
}

fn run_pure((program, entry): &(Arc<Program>, FlowId)) -> u64 {
    let mut machine = Machine::new(program.clone(), start(*entry)).unwrap();
    while !matches!(machine.turn(), Turn::Done) {}
    machine.counts().cards
}

/// A chain of cards, each reading the one before.
fn chain(cards: usize, card: &str) -> (Arc<Program>, FlowId) {
    let mut flow = String::from("name: Chain\ncards:\n");
    for index in 0..cards {
        let before = index.checked_sub(1).map_or("first".to_owned(), |before| format!("c{before}"));
        let _ = writeln!(flow, "  - {{ id: c{index}, {} }}", card.replace("BEFORE", &before));
    }
    let first = "  - { id: first, card: flow_control.assign, with: { total: 1, text: xyz } }\n";
    compile(&sources(&flow.replace("cards:\n", &format!("cards:\n{first}"))), "flow", &[])
}

fn cards(c: &mut Criterion) {
    let add = chain(1_000, "card: number.add, with: { a: $.BEFORE.total, b: 1 }");
    let replace = chain(
        1_000,
        "card: text.replace, with: { look_in: $.BEFORE.text, look_for: x, replace_with: y, all_instances: true }",
    );
    let compose = chain(1_000, "card: text.compose, with: { text: 'a{{ BEFORE.text | length }}' }");
    let mut group = c.benchmark_group("cards");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("number.add in a chain of 1,000", |b| b.iter(|| run_pure(&add)));
    group.bench_function("text.replace in a chain of 1,000", |b| b.iter(|| run_pure(&replace)));
    group.bench_function("text.compose with a template in a chain of 1,000", |b| {
        b.iter(|| run_pure(&compose))
    });
    group.finish();
}

const CALLS: &str = "#### file: main.yaml
name: Calls
cards:
  - card: flow_control.repeat
    with: { count: 10000, flow: helper }
    pass: { number: $.index }
#### file: helper.yaml
name: Helper
inputs: { number: number }
outputs: { sum: number }
cards:
  - { id: a, card: number.add, with: { a: $.inputs.number, b: 1 } }
  - { id: b, card: number.multiply, with: { a: $.a.total, b: 2 } }
  - { card: flow_control.return, with: { sum: $.b.product } }
";

const EFFECTS: &str = "#### file: main.yaml
name: Effects
cards:
  - card: flow_control.repeat
    with: { count: 10000, flow: helper }
    pass: { number: $.index }
#### file: helper.yaml
name: Helper
inputs: { number: number }
cards:
  - { card: tables.create_row, with: { table: rows, number: $.inputs.number } }
#### file: flowrun.yaml
tables:
  rows:
    columns: { number: number }
";

fn calls(c: &mut Criterion) {
    let calls = compile(&sources(CALLS), "main", &[]);
    let (effects, entry) = compile(&sources(EFFECTS), "main", &[]);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = c.benchmark_group("calls");
    group.throughput(Throughput::Elements(10_000));
    group
        .bench_function("a helper flow of three cards, called 10,000 times", |b| b.iter(|| run_pure(&calls)));
    group.bench_function("a helper flow with one effect (Create Row), called 10,000 times", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let clock = Clock::simulated(0);
                let simulators = Simulators::empty(clock, &Setup { employees: 0, ..Setup::default() });
                let world = world(&effects, &simulators);
                run(effects.clone(), start(entry), &world, &mut (), &mut ()).await.unwrap()
            })
        })
    });
    group.finish();
}

fn loading(c: &mut Criterion) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    c.bench_function("load and check the import's eleven flows", |b| {
        b.iter(|| {
            compile(
                &flowrun_project::Project::read(&root, registry().vocabulary()).unwrap().sources,
                "import",
                &[],
            )
        })
    });
}

criterion_group!(benches, cards, calls, loading);
criterion_main!(benches);
