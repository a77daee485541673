//! Both imports, cut off at each request that may not be repeated: before it was sent, and after it was answered. What has begun is
//! looked up by its card, as after a real crash, and the run goes on with what was found.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowrun_core::course::Place;
use flowrun_core::does::AfterCrash;
use flowrun_core::effect::{Act, Effect};
use flowrun_core::machine::Start;
use flowrun_core::program::Program;
use flowrun_core::report::{Report, Status};
use flowrun_host::driver::{self, RunTime, Stop, World};
use flowrun_host::perform::{Connections, Perform, Performing};
use flowrun_kit::clock::Clock;
use flowrun_kit::http::Transport;
use flowrun_kit::settled::Settled;
use flowrun_okta::sim::Operation;
use flowrun_tables::Tables;
use flowrun_tests::org::{Org, Project, SMALL};
use flowrun_tests::simulators::Setup;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Came {
    /// It was not sent.
    Nowhere,
    /// It was answered, and nobody noted that.
    Through,
}

/// Loses so many performances from the `first` on that may not be repeated, and looks what became of them.
struct Crashes {
    performer: Arc<Connections>,
    clock: Clock,
    begun: Arc<AtomicUsize>,
    first: usize,
    lost: usize,
    came: Came,
}

impl Perform for Crashes {
    fn perform(&self, effect: Effect) -> Performing {
        let Act::Card(performance) = &effect.act else { return self.performer.perform(effect) };
        if *performance.card.after_crash(&performance.args) == AfterCrash::Repeats {
            return self.performer.perform(effect);
        }
        let nth = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        if !(self.first..self.first + self.lost).contains(&nth) {
            return self.performer.perform(effect);
        }
        let began_ms = self.clock.now_ms();
        let performing = (self.came == Came::Through).then(|| self.performer.perform(effect.clone()));
        let performer = self.performer.clone();
        Performing::Open(Box::pin(async move {
            if let Some(performing) = performing {
                performing.outcome().await.unwrap();
            }
            match performer.look(effect.clone(), began_ms).await {
                Settled::Happened(answer) => Ok(answer),
                Settled::DidNot => performer.perform(effect).outcome().await,
                Settled::Unknown(fault) => Err(fault),
            }
        }))
    }

    fn place(&self, effect: &Effect) -> Place {
        self.performer.place(effect)
    }

    fn tables(&self) -> Option<&Tables> {
        self.performer.tables()
    }
}

/// Runs a flow that loses so many performances from the `first` on; gives the report, and how many there were.
async fn run(
    org: &Org,
    (program, start): &(Arc<Program>, Start),
    (first, lost, came): (usize, usize, Came),
) -> (Report, usize) {
    let transport: Arc<dyn Transport> = Arc::new(org.0.transport());
    let (clock, begun) = (org.0.clock.clone(), Arc::new(AtomicUsize::new(0)));
    let tables = Tables::new(&program.tables);
    let performer = Arc::new(org.connections(program, &transport, Stop::default(), tables));
    let crashes = Crashes { performer, clock: clock.clone(), begun: begun.clone(), first, lost, came };
    let world = World::of(RunTime::new(clock, false), Stop::default(), crashes);
    let report = driver::run(program.clone(), start.clone(), &world, &mut (), &mut ()).await.unwrap();
    (report, begun.load(Ordering::Relaxed))
}

/// However far which request came, the run ends well; the same people are sent as in a run that nothing happens to, each once.
#[tokio::test]
async fn an_import_goes_on_from_wherever_it_was_cut_off() {
    for (flow, operation) in [("import", Operation::Upsert), ("deactivate", Operation::Delete)] {
        let program = Project::shipped().edited(&SMALL).compiled(flow);
        let org = || match operation {
            Operation::Upsert => Org::new(10),
            Operation::Delete => Org::imported(&Setup { employees: 30, ..Setup::default() }),
        };
        let whole = org();
        let (report, most) = run(&whole, &program, (0, 0, Came::Nowhere)).await;
        assert_eq!(report.status, Status::Done, "{flow}: {:?}", report.flow.error);
        let wanted = whole.0.okta.sent(operation);
        assert!(most >= 3 && !wanted.is_empty(), "{flow}: a session is opened, loaded, triggered");
        for came in [Came::Nowhere, Came::Through] {
            for (first, lost) in (1..=most).flat_map(|first| [(first, 1), (first, 5)]) {
                let org = org();
                let (report, _) = run(&org, &program, (first, lost, came)).await;
                let case = format!("{flow}: {lost} from {first}, {came:?}");
                assert_eq!(report.status, Status::Done, "{case}: {:?}", report.flow.error);
                assert_eq!(org.0.okta.sent(operation), wanted, "{case}");
                assert_eq!(org.open_sessions(), [], "{case}");
            }
        }
    }
}
