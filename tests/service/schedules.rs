//! Flows that the clock starts. The right times are those of a calendar, by hand.

use crate::world::World;

fn flow(trigger: &str, cards: &str) -> String {
    format!("name: Nightly\ntrigger: {{ schedule: {{ {trigger} }} }}\ncards:\n{cards}")
}

const NOTHING: &str = "  - { card: flow_control.assign, with: { done: true } }\n";

fn waits(minutes: u32) -> String {
    format!("  - {{ card: flow_control.wait_for, with: {{ delay: {} }} }}\n", minutes * 60)
}

#[tokio::test]
async fn a_flow_starts_at_its_times_through_a_change_of_clocks() {
    // 29 March 2026: in Berlin two o'clock is three o'clock, which is one o'clock of UTC.
    let files = [("nightly.yaml", flow("cron: \"30 2 * * *\", time_zone: Europe/Berlin", NOTHING))];
    let world = World::new("2026-03-27T12:00:00Z", &[(files[0].0, &files[0].1)]);
    let serving = world.serve();
    world.until("2026-03-30T12:00:00Z").await;
    assert_eq!(serving.began(), ["03-28 01:30", "03-29 01:00", "03-30 00:30"]);
    let runs = serving.runs();
    assert!(runs.iter().all(|run| run.about.cause.as_deref() == Some("schedule") && run.ended_us.is_some()));
    serving.end(&world).await;
}

#[tokio::test]
async fn what_was_missed_is_made_up_for_as_the_flow_says() {
    // Not served from 02:30 on the 2nd to 05:30 on the 5th: three nights were missed.
    let rows = [
        ("", vec!["01-02 02:00", "01-05 05:30", "01-06 02:00"]),
        (", missed: none", vec!["01-02 02:00", "01-06 02:00"]),
        (
            ", missed: all, catch_up: 10 days",
            vec!["01-02 02:00", "01-05 05:30", "01-05 05:30", "01-05 05:30", "01-06 02:00"],
        ),
        // Of those of the last day there is one: that of the 5th at 2.
        (", missed: all", vec!["01-02 02:00", "01-05 05:30", "01-06 02:00"]),
        (", catch_up: 2 h", vec!["01-02 02:00", "01-06 02:00"]),
    ];
    for (says, expected) in rows {
        let text = flow(&format!("cron: \"0 2 * * *\"{says}"), NOTHING);
        let world = World::new("2026-01-01T12:00:00Z", &[("nightly.yaml", &text)]);
        let serving = world.serve();
        world.until("2026-01-02T02:30:00Z").await;
        serving.end(&world).await;
        world.until("2026-01-05T05:30:00Z").await;
        let serving = world.serve();
        world.until("2026-01-06T12:00:00Z").await;
        assert_eq!(serving.began(), expected, "`{says}`");
        serving.end(&world).await;
    }
}

#[tokio::test]
async fn a_time_at_which_the_last_run_goes_on_is_dealt_with_as_the_flow_says() {
    // Every hour from 10:00 on, and each run takes an hour and a half.
    let rows = [
        ("", vec!["01-01 10:00", "01-01 12:00", "01-01 14:00"]),
        (", overlap: allow", vec!["01-01 10:00", "01-01 11:00", "01-01 12:00", "01-01 13:00", "01-01 14:00"]),
        (", overlap: queue", vec!["01-01 10:00", "01-01 11:30", "01-01 13:00"]),
        // What waits has not been missed.
        (", overlap: queue, missed: none", vec!["01-01 10:00", "01-01 11:30", "01-01 13:00"]),
        (
            ", overlap: replace",
            vec!["01-01 10:00", "01-01 11:00", "01-01 12:00", "01-01 13:00", "01-01 14:00"],
        ),
    ];
    for (says, expected) in rows {
        let text = flow(&format!("cron: \"0 10-14 * * *\"{says}"), &waits(90));
        let world = World::new("2026-01-01T09:00:00Z", &[("nightly.yaml", &text)]);
        let serving = world.serve();
        world.until("2026-01-01T14:20:00Z").await;
        assert_eq!(serving.began(), expected, "`{says}`\n{}", serving.told().join("\n"));
        serving.end(&world).await;
    }
}

/// A run that waits for a day is not in memory, and comes back at its time, also in another process.
#[tokio::test]
async fn who_waits_long_leaves_memory_and_comes_back() {
    let text = flow("cron: \"0 10 1 * *\"", &waits(24 * 60));
    let world = World::new("2026-01-01T09:00:00Z", &[("nightly.yaml", &text)]);
    let serving = world.serve();
    world.until("2026-01-01T10:01:00Z").await;
    assert_eq!((serving.hosted().runs.running(), serving.runs()[0].state.status().name()), (0, "waiting"));
    world.until("2026-01-01T22:00:00Z").await;
    serving.end(&world).await;
    let serving = world.serve();
    world.until("2026-01-02T09:59:00Z").await;
    assert_eq!(serving.runs()[0].state.status().name(), "waiting");
    world.until("2026-01-02T10:01:00Z").await;
    let runs = serving.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(flowrun_service::when(runs[0].ended_us.unwrap()), "2026-01-02T10:00:00.001Z");
    serving.end(&world).await;
}
