//! Flows that run beside the one that started them, when the run is cancelled.

use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::report::{Inside, Status};
use flowrun_core::value::Record;
use flowrun_tests::{compile, sources};

#[test]
fn a_run_is_cancelled_even_if_only_flows_beside_it_still_ran() {
    let case = "#### file: main.yaml
cards:
  - card: flow_control.call_flow_async
    with: { flow: waits }
#### file: waits.yaml
cards:
  - card: flow_control.wait_for
    with: { delay: 1, unit: hour }
";
    let (program, entry) = compile(&sources(case), "main", &[]);
    let mut machine = Machine::new(program, Start::new(entry, Record::default(), "run", 0)).unwrap();
    let Turn::Blocked(waits) = machine.turn() else { panic!("the flow beside waits") };
    assert_eq!(waits.len(), 1);
    assert_eq!(machine.progress().len(), 2, "the flow beside is shown");
    let running = machine.report().flow;
    let Inside::Call { called } = &running.cards[0].inside else { panic!("{:?}", running.cards[0].inside) };
    assert_eq!(called.status, Status::Running);

    machine.cancel(1_000);
    assert!(matches!(machine.turn(), Turn::Done));
    let report = machine.report();
    assert_eq!(report.status, Status::Cancelled);
    let Inside::Call { called } = &report.flow.cards[0].inside else { panic!("it is kept") };
    assert_eq!((called.status, report.flow.cards[0].status), (Status::Cancelled, Status::Done));
}
