//! `/api/v1`: what is asked and answered. What RFCs say of status codes, tags and problems is theirs; the rest is the description's.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::World;

const GREETS: &str = "name: Greets
inputs: { who: text }
outputs: { answer: text }
save_data: on
cards:
  - { id: told, card: text.compose, with: { text: \"hello {{ inputs.who }}\" } }
  - { card: flow_control.return, with: { answer: $.told.output } }
";

const ASKS: &str = "name: Asks
outputs: { approved: true/false }
cards:
  - { id: ask, card: flow_control.pause, with: { question: \"May Ada go?\" }, outputs: { approved: true/false } }
  - { card: flow_control.return, with: { approved: $.ask.approved } }
";

const NIGHTLY: &str = "name: Nightly
trigger: { schedule: { cron: \"0 2 * * *\" } }
cards:
  - { card: flow_control.assign, with: { done: true } }
";

const FAILS: &str = "name: Fails
cards:
  - { card: error_handling.return_error, with: { message: \"no user ada@example.com\" } }
";

fn world() -> World {
    let files =
        [("greets.yaml", GREETS), ("asks.yaml", ASKS), ("nightly.yaml", NIGHTLY), ("fails.yaml", FAILS)];
    World::new("2026-01-01T12:00:00Z", &files)
}

const ALL: &str = "/api/v1/projects/flows";

async fn run(client: &Client<'_>, flow: &str, inputs: Value) -> String {
    let begun = client.ask("POST", &format!("{ALL}/flows/{flow}/runs"), json!({ "inputs": inputs })).await;
    assert_eq!(begun.status, 201, "{:?}", begun.body);
    begun.body["run"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_run_is_started_found_looked_at_and_run_anew() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let first = run(&client, "greets", json!({ "who": "Ada" })).await;
    world.until("2026-01-01T12:00:02Z").await;
    let one = client.get(&format!("{ALL}/runs/{first}")).await;
    assert_eq!(
        (one.status, &one.body["status"], &one.body["cause"]),
        (200, &json!("done"), &json!("person"))
    );
    let report = client.get(&format!("{ALL}/runs/{first}/report")).await;
    assert_eq!(report.body["flow"]["outputs"], json!({ "answer": "hello Ada" }));
    // RFC 9110: who has it already is told that nothing has changed.
    let tag = one.headers["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let again = client.ask("POST", &format!("{ALL}/runs/{first}/rerun"), Value::Null).await;
    assert_eq!(again.status, 201, "{:?}", again.body);
    world.until("2026-01-01T12:00:03Z").await;
    let second = again.body["run"].as_str().unwrap();
    let report = client.get(&format!("{ALL}/runs/{second}/report")).await;
    assert_eq!(report.body["flow"]["outputs"], json!({ "answer": "hello Ada" }));
    // Two pages of one each, the newest first.
    let page = client.get(&format!("{ALL}/runs?flow=greets.yaml&limit=1")).await;
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect()
    };
    let flow = client.get(&format!("{ALL}/runs?limit=1")).await.body;
    assert_eq!(page.status, 200);
    assert_eq!(ids(&flow), [second]);
    let next = flow["next"].as_str().unwrap();
    let last = client.get(&format!("{ALL}/runs?limit=1&cursor={next}")).await.body;
    assert_eq!((ids(&last), &last["next"]), (vec![first.clone()], &Value::Null));
    assert_eq!(client.ask("DELETE", &format!("{ALL}/runs/{first}"), Value::Null).await.status, 204);
    assert_eq!(client.get(&format!("{ALL}/runs/{first}")).await.status, 404);
    serving.end(&world).await;
}

#[tokio::test]
async fn a_pause_is_shown_and_answered() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let asks = run(&client, "asks", json!({})).await;
    world.until("2026-01-01T12:00:02Z").await;
    let pauses = client.get(&format!("{ALL}/pauses")).await.body;
    let pause = &pauses["items"][0];
    assert_eq!(pause["run"], json!(asks));
    assert_eq!(pause["told"], json!({ "question": "May Ada go?" }));
    assert_eq!(pause["wanted"], json!([{ "name": "approved", "type": "true/false" }]));
    // 30 days, as Okta's.
    assert_eq!(pause["until"], "2026-01-31T12:00:01.000Z");
    let nothing = client.ask("POST", &format!("{ALL}/runs/{asks}/resume"), Value::Null).await;
    assert_eq!(
        (nothing.status, nothing.headers["content-type"].to_str().unwrap()),
        (400, "application/problem+json")
    );
    let answer = json!({ "inputs": { "approved": true } });
    let resumed = client.ask("POST", &format!("{ALL}/runs/{asks}/resume"), answer.clone()).await;
    assert_eq!(resumed.status, 202, "{:?}", resumed.body);
    world.until("2026-01-01T12:00:03Z").await;
    let report = client.get(&format!("{ALL}/runs/{asks}")).await.body;
    assert_eq!(report["status"], "done");
    assert_eq!(
        client.ask("POST", &format!("{ALL}/runs/{asks}/resume"), answer).await.status,
        409,
        "it has ended"
    );
    serving.end(&world).await;
}

#[tokio::test]
async fn a_flow_that_is_off_is_not_started_by_its_schedule() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let schedules = client.get(&format!("{ALL}/schedules?times=2")).await.body;
    assert_eq!(
        schedules["items"][0]["next"],
        json!(["2026-01-02T02:00:00.000Z", "2026-01-03T02:00:00.000Z"])
    );
    let off = client.ask("POST", &format!("{ALL}/flows/nightly/off"), Value::Null).await;
    assert_eq!((off.status, &off.body["on"]), (200, &json!(false)));
    world.until("2026-01-04T12:00:00Z").await;
    assert!(serving.runs().is_empty());
    // A session ends after 12 hours.
    let client = Client::new(&world, &serving).await;
    let passed = client.get(&format!("{ALL}/flows/nightly")).await.body["passed"].clone();
    assert_eq!(passed, json!(3), "the nights of the 2nd, the 3rd and the 4th");
    let on = client.ask("POST", &format!("{ALL}/flows/nightly/on"), json!({ "passed": "run" })).await;
    assert_eq!(on.body["on"], json!(true));
    world.until("2026-01-05T12:00:00Z").await;
    // The last of those that were missed, as the flow says nothing else; then that of the next night.
    assert_eq!(serving.began(), ["01-04 12:00", "01-05 02:00"]);
    serving.end(&world).await;
}

#[tokio::test]
async fn who_may_not_see_data_sees_none() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let (greets, fails) =
        (run(&client, "greets", json!({ "who": "Ada" })).await, run(&client, "fails", json!({})).await);
    world.until("2026-01-01T12:00:02Z").await;
    let auditor = client.token(json!([{ "rights": ["see_flows"], "within": "everywhere" }])).await;
    let look = async |path: &str| client.with(&auditor, "GET", &format!("{ALL}{path}"), Value::Null).await;
    let report = look(&format!("/runs/{greets}/report")).await.body;
    assert_eq!(report["flow"]["outputs"]["answer"], json!({ "hidden": "text", "size": 9 }));
    for path in [
        "/runs".to_owned(),
        format!("/runs/{fails}"),
        format!("/runs/{fails}/report"),
        format!("/runs/{greets}/report"),
    ] {
        let told = look(&path).await.body.to_string();
        assert!(!told.contains("ada@example.com") && !told.contains("Ada"), "{path}: {told}");
    }
    assert_eq!(look(&format!("/runs/{greets}/journal")).await.status, 403);
    serving.end(&world).await;
}

/// Rights hold for the flows that they were given for: others are not there at all.
#[tokio::test]
async fn a_token_of_one_flow_reaches_no_other() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let other = run(&client, "fails", json!({})).await;
    let within = json!({ "flow": "flows/greets" });
    let token = client.token(json!([{ "rights": ["see_flows", "run"], "within": within }])).await;
    let ask = async |method: &str, path: &str, body: Value| {
        client.with(&token, method, &format!("{ALL}{path}"), body).await.status
    };
    let inputs = json!({ "inputs": { "who": "Bob" } });
    assert_eq!(ask("POST", "/flows/greets/runs", inputs.clone()).await, 201);
    let rows = [
        ("POST", "/flows/nightly/runs".to_owned(), inputs, 404),
        ("GET", "/flows/nightly".to_owned(), Value::Null, 404),
        ("GET", format!("/runs/{other}"), Value::Null, 404),
        ("GET", format!("/runs/{other}/report"), Value::Null, 404),
        ("POST", format!("/runs/{other}/cancel"), Value::Null, 403),
        ("POST", "/flows/greets/off".to_owned(), Value::Null, 403),
        ("GET", "/tables".to_owned(), Value::Null, 403),
        ("POST", "/reload".to_owned(), Value::Null, 403),
    ];
    for (method, path, body, status) in rows {
        assert_eq!(ask(method, &path, body).await, status, "{method} {path}");
    }
    world.until("2026-01-01T12:00:02Z").await;
    let runs = client.with(&token, "GET", &format!("{ALL}/runs"), Value::Null).await.body;
    let flows: Vec<&str> =
        runs["items"].as_array().unwrap().iter().map(|run| run["flow"].as_str().unwrap()).collect();
    assert_eq!(flows, ["greets"]);
    serving.end(&world).await;
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_why() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let rows = [
        ("GET", "/runs?limit=0", Value::Null, 400, "`limit`: expected a whole number from 1 to 500"),
        ("GET", "/runs?limt=5", Value::Null, 400, "nothing is called `limt` in the query"),
        ("GET", "/runs?limit=1&limit=2", Value::Null, 400, "`limit` stands twice"),
        ("GET", "/runs?status=fine", Value::Null, 400, "`status`: expected open, running"),
        ("GET", "/runs?since=yesterday", Value::Null, 400, "`since`: expected a date & time"),
        ("GET", "/runs?cursor=%FF", Value::Null, 400, "`cursor` is none"),
        ("GET", "/runs/nothing", Value::Null, 404, "there is no run `nothing`"),
        ("GET", "/flows/..%2Fgreets", Value::Null, 404, "there is no flow `../greets`"),
        ("PUT", "/runs", Value::Null, 405, "does not have this method"),
        ("GET", "/nothing", Value::Null, 404, "there is nothing at this address"),
        ("POST", "/flows/greets/runs", json!([1]), 400, "expected an object as the body"),
        (
            "POST",
            "/flows/greets/runs",
            json!({ "input": {} }),
            400,
            "nothing is called `input` in the body: it may have inputs",
        ),
        (
            "POST",
            "/flows/greets/runs",
            json!({ "inputs": { "whom": "Ada" } }),
            409,
            "the flow has no input `whom`: it takes who",
        ),
    ];
    for (method, path, body, status, why) in rows {
        let answered = client.ask(method, &format!("{ALL}{path}"), body).await;
        let detail = answered.body["detail"].as_str().unwrap_or_default();
        assert!(
            answered.status == status && detail.contains(why),
            "{method} {path}: {} {detail}",
            answered.status
        );
        assert_eq!(answered.headers["content-type"], "application/problem+json");
    }
    let stranger = client.stranger("GET", &format!("{ALL}/runs")).await;
    assert_eq!((stranger.status, stranger.headers["www-authenticate"].to_str().unwrap()), (401, "Bearer"));
    let allowed = client.ask("PUT", &format!("{ALL}/runs"), Value::Null).await.headers["allow"].clone();
    assert_eq!(allowed, "GET");
    serving.end(&world).await;
}

#[tokio::test]
async fn who_watches_hears_what_happens_and_misses_nothing() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let (status, mut stream) = client.stream("/api/v1/events", "").await;
    assert_eq!(status, 200);
    let greets = run(&client, "greets", json!({ "who": "Ada" })).await;
    world.until("2026-01-01T12:00:02Z").await;
    let mut heard = String::new();
    while !heard.contains("run.moved") {
        let part = world.clock.drive(stream.next()).await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&part).unwrap());
    }
    assert!(heard.starts_with("retry: 2000\n\n"), "{heard}");
    assert!(
        heard.contains(&format!("\"run\":\"{greets}\"")) && heard.contains("\"state\":\"done\""),
        "{heard}"
    );
    drop(stream);
    // Who comes back after the first hears the second, and nothing twice.
    let number = heard.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let (_, mut stream) = client.stream("/api/v1/events", number).await;
    let missed = world.clock.drive(stream.next()).await.unwrap().unwrap();
    let missed = std::str::from_utf8(&missed).unwrap().to_owned();
    assert!(missed.contains("run.moved") && !missed.contains("run.began"), "{missed}");
    let (_, mut stream) = client.stream("/api/v1/events", "999999").await;
    let lost = world.clock.drive(stream.next()).await.unwrap().unwrap();
    assert!(std::str::from_utf8(&lost).unwrap().contains("event: lost"));
    drop(stream);
    serving.end(&world).await;
}

/// The rows of a kept table have the values that a run has put there.
#[tokio::test]
async fn rows_are_told_with_their_values() {
    let project = "name: Rows\ntables:\n  people: { kept: true, columns: { name: text, age: number, here: true/false } }\n";
    let flow = "cards:\n  - { card: tables.create_row, with: { table: people, name: Ada, age: 36.5, here: true } }\n  \
                - { card: tables.create_row, with: { table: people, name: Bob } }\n";
    let world = World::new("2026-01-01T12:00:00Z", &[("flowrun.yaml", project), ("adds.yaml", flow)]);
    let serving = world.serve();
    let client = Client::new(&world, &serving).await;
    assert_eq!(client.ask("POST", "/api/v1/projects/flows/flows/adds/runs", json!({})).await.status, 201);
    world.until("2026-01-01T12:01:00Z").await;
    let rows = client.get("/api/v1/projects/flows/tables/people/rows").await.body;
    let columns: Vec<&Value> = rows["items"].as_array().unwrap().iter().map(|row| &row["columns"]).collect();
    assert_eq!(columns, [&json!({ "name": "Ada", "age": 36.5, "here": true }), &json!({ "name": "Bob" })]);
    serving.end(&world).await;
}
