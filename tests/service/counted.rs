//! What is counted, at the places where it happens.

use std::time::Duration;

use flowrun_core::value::Text;
use flowrun_service::http;
use flowrun_service::runs::Beginning;

use crate::world::{Serving, World};

const MAKE: &str = "name: Make
cards:
  - { id: made, card: okta.create_user, with: { login: ada@example.com, email: ada@example.com, first_name: A, last_name: B } }
";

const LOSE: &str = "name: Lose
cards:
  - { id: made, card: okta.create_user, with: { login: bob@example.com, email: bob@example.com, first_name: A, last_name: B } }
";

const LOOK: &str = "name: Look
cards:
  - { id: who, card: okta.read_user, with: { id_or_login: nobody@example.com } }
";

const HOURLY: &str = "name: Hourly
trigger: { schedule: { cron: \"0 * * * *\", time_zone: UTC } }
cards:
  - { id: said, card: text.compose, with: { text: now } }
";

async fn run(world: &World, serving: &Serving, flow: &str) {
    let runs = &serving.hosted().runs;
    let beginning = Beginning { flow: Text::from(flow), cause: "person".to_owned(), ..Beginning::default() };
    let run = world.drive(runs.begin(beginning)).await.unwrap();
    assert!(world.drive(runs.until_ended(&run)).await);
}

/// Lets the metrics hear all that the service has told, as a watchtower does.
fn hear(world: &World, serving: &Serving) {
    let told = serving.service.changes.since(0).0.unwrap();
    told.iter().for_each(|change| world.metrics.hear(change));
}

// How often each thing happens follows from the flows and the faults by hand: the first request that makes somebody is answered by
// 429 and sent again, the third is done and its answer lost.
#[tokio::test]
async fn each_thing_is_counted_where_it_happens() {
    let files = [
        ("flowrun.yaml", "connections: { okta: okta }\n"),
        ("make.yaml", MAKE),
        ("lose.yaml", LOSE),
        ("look.yaml", LOOK),
        ("hourly.yaml", HOURLY),
    ];
    let faults = ["rate-limit@POST /api/v1/users", "drop@POST /api/v1/users:nth=3"];
    let world = World::with("2026-01-01T11:59:00Z", &files, &faults);
    let serving = world.serve();
    http::metrics::measure(&serving.service, &world.metrics);
    world.until("2026-01-01T12:00:01Z").await;
    for flow in ["make", "lose", "look"] {
        run(&world, &serving, flow).await;
    }
    let backup = world.state().with_file_name("copy");
    serving.hosted().runs.served.home.backup(&backup).unwrap();
    let text = world.metrics.prometheus();
    for line in [
        r#"flowrun_card_duration_seconds_count{card="okta.create_user",connection="okta",result="done"} 1"#,
        r#"flowrun_card_duration_seconds_count{card="okta.create_user",connection="okta",result="failed"} 1"#,
        r#"flowrun_card_duration_seconds_count{card="okta.read_user",connection="okta",result="failed"} 1"#,
        r#"flowrun_effect_repeated_total{card="okta.create_user",reason="rate_limit"} 1"#,
        r#"flowrun_effect_unsettled_total{card="okta.create_user",reason="no_answer"} 1"#,
        r#"flowrun_connection_wait_seconds_count{connection="okta",reason="rate_limit"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    let value = |begins: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(begins));
        let line = line.unwrap_or_else(|| panic!("no {begins} in\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value(r#"flowrun_connection_limit_remaining{connection="okta",bucket="#) >= 0.0);
    let commits = value(r#"flowrun_journal_commit_duration_seconds_count{project="flows"}"#);
    assert!(commits > 0.0);
    assert!(value(r#"flowrun_journal_commit_size_sum{project="flows"}"#) >= commits, "none is empty");
    assert!(value(r#"flowrun_store_backup_timestamp_seconds{project="flows"}"#) > 1.7e9);
    serving.end(&world).await;

    // From 13:00 to 17:00 nobody serves it: the last is made up for, the four before are not.
    world.drive(world.clock.sleep(Duration::from_secs(5 * 3600))).await;
    let serving = world.serve();
    world.until("2026-01-01T17:30:00Z").await;
    hear(&world, &serving);
    let line = r#"flowrun_schedule_missed_total{project="flows",flow="hourly"} 4"#;
    let text = world.metrics.prometheus();
    assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    serving.end(&world).await;
}
