//! Many runs in one process share what belongs to their connections: one login, one pace.

use flowrun_core::machine::Start;
use flowrun_core::report::Status;
use flowrun_core::value::Record;
use flowrun_host::driver;
use flowrun_host::driver::RunTime;
use flowrun_host::session::connections::{self, Made, Planned, Purpose};
use flowrun_host::session::origin::Origin;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::errand::Run;
use flowrun_tables::Tables;
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::simulators::{OktaAuth, Setup, Simulators};
use flowrun_tests::{compile, registry, scopes, sources};
use futures_util::future::join_all;

/// Reads twice and changes once.
const FLOW: &str = "#### file: main.yaml
cards:
  - { id: users, card: okta.list_users_with_search, connection: okta, with: { result_set: all, search: status pr } }
  - id: user
    card: okta.create_user
    connection: okta
    with: { login: '{{ run.execution_id }}@example.com', email: a@example.com, first_name: Ada, last_name: Lovelace }
  - { card: okta.read_user, connection: okta, with: { id_or_login: $.user.id } }
#### file: flowrun.yaml
connections: { okta: okta }
";

#[tokio::test(start_paused = true)]
async fn a_hundred_runs_log_in_once_and_are_never_told_to_slow_down() {
    let (program, entry) = compile(&sources(FLOW), "main", &[]);
    let setup = Setup { employees: 100, okta_auth: OktaAuth::Oauth, ..Setup::default() };
    let simulators = Simulators::new(Clock::starting_at(EPOCH_MS, 1.0), &setup);
    let connector = registry().connector("okta").unwrap();
    let planned =
        Planned { name: "okta".to_owned(), connector: connector.clone(), origin: Origin::Simulator };
    let scopes = scopes(&program, 0);
    let env = Default::default();
    let made = connections::connect(&[(planned, scopes)], &Purpose::new(&simulators.all(), &env)).unwrap();

    let activities: Vec<Activity> = (0..100).map(|_| Activity::default()).collect();
    let runs = activities.iter().enumerate().map(|(number, activity)| {
        // The same line for all, and what is the run's own.
        let made = made.iter().map(|made| Made { activity: activity.clone(), ..made.clone() });
        let world = connections::world(
            registry(),
            &program,
            &made.collect::<Vec<_>>(),
            Tables::new(&program.tables, simulators.clock.clone()),
            Default::default(),
            Run::default(),
            RunTime::new(simulators.clock.clone(), false),
        );
        let start = Start::new(entry, Record::default(), format!("run-{number}"), EPOCH_MS * 1000);
        let program = program.clone();
        async move { driver::run(program, start, &world, &mut (), &mut ()).await.unwrap() }
    });
    let reports = join_all(runs).await;
    for report in &reports {
        assert_eq!(report.status, Status::Done, "{:?}", report.flow.error);
    }

    let traffic = simulators.okta.traffic();
    assert_eq!((traffic.count("/oauth2/v1/token"), traffic.answered(429)), (1, 0));
    // A page of up to 200 users each, then a user, made and read: every run counts its own, and the first its login too.
    let counts: Vec<u64> = activities.iter().map(|activity| activity.tally().requests).collect();
    assert_eq!((counts.iter().sum::<u64>(), counts.iter().filter(|count| **count == 4).count()), (301, 1));
    assert!(counts.iter().all(|count| (3..=4).contains(count)), "{counts:?}");
}
