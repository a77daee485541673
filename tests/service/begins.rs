//! Runs that are begun by somebody who goes away, or too many at once.

use flowrun_core::value::Text;
use flowrun_host::session::Say;
use flowrun_service::Service;
use flowrun_service::runs::Beginning;
use futures_util::FutureExt;

use crate::world::World;

const WAITS: &str = "name: Waits
cards:
  - { card: flow_control.wait_for, with: { delay: 1800 } }
";

/// Whoever begins a run may go away at any moment: the run goes on all the same, once.
#[tokio::test]
async fn a_run_goes_on_although_nobody_waits_for_it() {
    let world = World::new("2026-01-01T12:00:00Z", &[("waits.yaml", WAITS)]);
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    for _ in 0..3 {
        let runs = serving.hosted().runs.clone();
        let beginning =
            Beginning { flow: Text::from("waits"), cause: "person".to_owned(), ..Beginning::default() };
        // Asked once, and gone.
        assert!(runs.begin(beginning).now_or_never().is_none());
    }
    world.until("2026-01-01T12:10:00Z").await;
    let told = |state: &str| serving.runs().iter().filter(|run| run.state.status().name() == state).count();
    assert_eq!((told("waiting"), serving.hosted().runs.running()), (3, 0));
    world.until("2026-01-01T13:00:00Z").await;
    assert_eq!(told("done"), 3);
    serving.end(&world).await;
}

/// Two of its runs may go on at once: of five, the others wait, and none leaves its place to a run that waits for its time.
#[tokio::test]
async fn a_flow_has_no_more_runs_at_once_than_it_says() {
    let text = format!("concurrency: 2\n{}", WAITS.replace("1800", "30"));
    let world = World::new("2026-01-01T12:00:00Z", &[("waits.yaml", &text)]);
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    for _ in 0..5 {
        let runs = serving.hosted().runs.clone();
        let beginning =
            Beginning { flow: Text::from("waits"), cause: "person".to_owned(), ..Beginning::default() };
        let _ = runs.begin(beginning).now_or_never();
    }
    world.until("2026-01-01T12:03:00Z").await;
    let seconds: Vec<String> = serving
        .runs()
        .iter()
        .map(|run| flowrun_service::when(run.about.started_us)[14..19].to_owned())
        .collect();
    // Each takes 30 seconds, two at a time.
    assert_eq!(seconds, ["00:01", "00:01", "00:31", "00:31", "01:01"]);
    serving.end(&world).await;
}

/// A folder that is named for what outlives runs has one for each project, or rows and runs of one would be those of the other.
#[tokio::test]
async fn projects_side_by_side_share_no_store() {
    let world = World::new("2026-01-01T12:00:00Z", &[("waits.yaml", WAITS)]);
    let other = world.project().with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("waits.yaml"), WAITS).unwrap();
    let service = Service::new(world.setup(vec![world.project(), other]));
    let service = service.unwrap_or_else(|_| panic!("both can be served"));
    let folders: Vec<_> =
        service.projects.iter().map(|project| project.runs.served.home.folder.clone()).collect();
    assert_eq!(folders, [world.state().join("flows"), world.state().join("other")]);
}

/// Also those that come back at the same moment, from a wait so long that they had left their places.
#[tokio::test]
async fn a_flow_has_no_more_runs_at_once_when_they_come_back() {
    let text =
        "concurrency: 1\n".to_owned() + WAITS + "  - { card: flow_control.wait_for, with: { delay: 30 } }\n";
    let world = World::new("2026-01-01T12:00:00Z", &[("waits.yaml", &text)]);
    let serving = world.serve();
    for _ in 0..3 {
        let runs = serving.hosted().runs.clone();
        let beginning =
            Beginning { flow: Text::from("waits"), cause: "person".to_owned(), ..Beginning::default() };
        let _ = runs.begin(beginning).now_or_never();
    }
    world.until("2026-01-01T13:00:00Z").await;
    let ended = |run: &flowrun_store::Run| flowrun_service::when(run.ended_us.unwrap())[14..19].to_owned();
    let mut ended: Vec<String> = serving.runs().iter().map(ended).collect();
    ended.sort();
    assert_eq!(ended, ["30:30", "31:00", "31:30"]);
    serving.end(&world).await;
}

/// Two who end a run at the same moment end it once.
#[tokio::test]
async fn a_run_that_has_ended_meanwhile_is_not_gone_on_with() {
    let text = "concurrency: 1\ncards:\n  - { card: flow_control.pause, with: { question: Go? } }\n";
    let world = World::new("2026-01-01T12:00:00Z", &[("asks.yaml", text)]);
    let serving = world.serve();
    let runs = serving.hosted().runs.clone();
    let beginning =
        Beginning { flow: Text::from("asks"), cause: "person".to_owned(), ..Beginning::default() };
    let run = world.drive(runs.begin(beginning)).await.unwrap();
    world.until("2026-01-01T12:01:00Z").await;
    assert_eq!(serving.runs()[0].state.status().name(), "paused");
    let resume = || runs.resume(&run, Say::Cancel, None);
    let (one, other) = world.drive(async { tokio::join!(resume(), resume()) }).await;
    assert!(one.is_ok() && other.is_err());
    world.until("2026-01-01T12:02:00Z").await;
    let ended = serving.told().iter().filter(|told| told.contains("asks cancelled")).count();
    assert_eq!((ended, serving.runs()[0].state.status().name()), (1, "cancelled"), "{:?}", serving.told());
    serving.end(&world).await;
}
