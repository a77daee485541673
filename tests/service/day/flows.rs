//! The project of the day: what each of its runs does first is to write down what it runs for.

use super::model::{Missed, Overlap, Schedule};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long a run about a person takes.
pub const HEARD_MS: i64 = 5 * MINUTE_MS;

/// How long an answer is waited for.
pub const ASKS_MS: i64 = 2 * HOUR_MS;

const PROJECT: &str = "name: Day
connections: { okta: okta }
tables:
  ran:
    kept: true
    columns: { what: text, version: number }
";

const ORDER: &str = "trigger: { api_endpoint: { security: public, alias: order } }
inputs: { number: text }
outputs: { group: text }
cards:
  - { card: tables.create_row, with: { table: ran, what: \"order {{ inputs.number }}\" } }
  - { id: made, card: okta.create_group, with: { name: \"order {{ inputs.number }}\" } }
  - { card: flow_control.return, with: { group: $.made.id } }
";

const HEARD: &str = "trigger: { event: { event: okta.user_added_to_group } }
inputs: { UUID: text, Okta User: object }
cards:
  - { card: tables.create_row, with: { table: ran, what: \"heard {{ inputs.UUID }}\" } }
  - { card: flow_control.wait_for, with: { delay: 300 } }
";

const COUNTED: &str = "trigger: { event: { event: okta.user_added_to_group, order: none } }
inputs: { UUID: text }
cards:
  - { card: tables.create_row, with: { table: ran, what: \"counted {{ inputs.UUID }}\" } }
  - { card: okta.create_group, with: { name: \"counted {{ inputs.UUID }}\" } }
";

const ASKS: &str = "trigger: { api_endpoint: { security: public, alias: asks } }
inputs: { number: text }
outputs: { sure: true/false }
cards:
  - { card: tables.create_row, with: { table: ran, what: \"asks {{ inputs.number }}\" } }
  - { id: asked, card: flow_control.pause, with: { question: \"Sure?\" }, outputs: { sure: true/false }, timeout: 2 h }
  - { card: tables.create_row, with: { table: ran, what: \"answered {{ inputs.number }}\" } }
  - { card: flow_control.return, with: { sure: $.asked.sure } }
";

/// The flow behind the webhook, which is changed while it is served.
pub fn deploys(version: u64) -> String {
    format!(
        "trigger: {{ webhook: {{ name: deploys, id: body.id }} }}\ninputs: {{ id: text }}\ncards:\n  \
         - {{ card: tables.create_row, with: {{ table: ran, what: \"deploys {{{{ inputs.id }}}}\", version: {version} }} }}\n"
    )
}

fn scheduled(schedule: &Schedule, trigger: &str) -> String {
    let wait = match schedule.takes_ms {
        0 => String::new(),
        takes_ms => {
            format!("  - {{ card: flow_control.wait_for, with: {{ delay: {} }} }}\n", takes_ms / 1000)
        }
    };
    let flow = schedule.flow;
    format!(
        "trigger: {{ schedule: {{ {trigger} }} }}\ncards:\n  \
         - {{ card: tables.create_row, with: {{ table: ran, what: {flow} }} }}\n{wait}"
    )
}

/// The files of the project.
pub fn files(schedules: &[(Schedule, &str)]) -> Vec<(String, String)> {
    let flows =
        [("flowrun", PROJECT), ("order", ORDER), ("heard", HEARD), ("counted", COUNTED), ("asks", ASKS)];
    let flows = flows.map(|(name, text)| (format!("{name}.yaml"), text.to_owned()));
    let scheduled = schedules
        .iter()
        .map(|(schedule, trigger)| (format!("{}.yaml", schedule.flow), scheduled(schedule, trigger)));
    let deploys = ("deploys.yaml".to_owned(), deploys(1));
    flows.into_iter().chain([deploys]).chain(scheduled).collect()
}

/// The schedules of the day, with how they are written. `from_ms` is four in the afternoon, UTC, of the day before clocks change in
/// Berlin; `nights` are how many minutes later it is half past two there, or what comes instead.
pub fn schedules(from_ms: i64, nights: [i64; 2]) -> Vec<(Schedule, &'static str)> {
    let every = |hours: i64, minute: i64| -> Vec<i64> {
        (0..40 / hours).map(|time| from_ms + time * hours * HOUR_MS + minute * MINUTE_MS).collect()
    };
    let usual = |flow, times| Schedule {
        flow,
        times,
        missed: Missed::Last,
        catch_up_ms: 24 * HOUR_MS,
        overlap: Overlap::Skip,
        takes_ms: 0,
        spread_ms: 0,
    };
    let long = |flow, overlap, missed| Schedule {
        overlap,
        missed,
        takes_ms: 150 * MINUTE_MS,
        ..usual(flow, every(2, 5))
    };
    vec![
        (usual("misses_last", every(1, 15)), "cron: \"15 * * * *\""),
        (
            Schedule { missed: Missed::All, catch_up_ms: 3 * HOUR_MS, ..usual("misses_all", every(1, 25)) },
            "cron: \"25 * * * *\", missed: all, catch_up: 3 h",
        ),
        (
            Schedule { missed: Missed::None, ..usual("misses_none", every(1, 35)) },
            "cron: \"35 * * * *\", missed: none",
        ),
        (
            usual("night", nights.map(|minutes| from_ms + minutes * MINUTE_MS).to_vec()),
            "cron: \"30 2 * * *\", time_zone: Europe/Berlin",
        ),
        (
            // As vixie-cron's crontab(5) has it: what is to run every hour does so in the hours that there are.
            Schedule { missed: Missed::All, ..usual("hourly", every(1, 45)) },
            "cron: \"45 * * * *\", time_zone: Europe/Berlin, missed: all",
        ),
        (
            Schedule { spread_ms: 5 * MINUTE_MS, ..usual("spread", every(1, 50)) },
            "cron: \"50 * * * *\", spread: 5 min",
        ),
        (
            Schedule { missed: Missed::All, ..usual("switched", every(1, 20)) },
            "cron: \"20 * * * *\", missed: all",
        ),
        (long("skips", Overlap::Skip, Missed::Last), "cron: \"5 */2 * * *\""),
        (long("queues", Overlap::Queue, Missed::Last), "cron: \"5 */2 * * *\", overlap: queue"),
        (
            long("queues_none", Overlap::Queue, Missed::None),
            "cron: \"5 */2 * * *\", overlap: queue, missed: none",
        ),
        (long("replaces", Overlap::Replace, Missed::Last), "cron: \"5 */2 * * *\", overlap: replace"),
        (
            long("replaces_none", Overlap::Replace, Missed::None),
            "cron: \"5 */2 * * *\", overlap: replace, missed: none",
        ),
        (long("allows", Overlap::Allow, Missed::Last), "cron: \"5 */2 * * *\", overlap: allow"),
    ]
}
