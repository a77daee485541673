//! What those who operate a service ask of `/api/v1`: who did what, which version serves, whether connections work, tables as CSV, runs
//! that are held, forked, and started once. The names of what was done are those of Okta's System Log where it has them
//! (developer.okta.com, event types, release 2026.08.1).

use serde_json::{Value, json};

use crate::client::Client;
use crate::world::World;

const PROJECT: &str = "name: Company
connections: { okta: { connector: okta } }
tables:
  people: { kept: true, columns: { mail: text, days: number } }
";

const ADDS: &str = "name: Adds
inputs: { who: text }
cards:
  - { card: tables.create_row, with: { table: people, mail: \"{{ inputs.who }}@example.com\", days: 3 } }
";

const WAITS: &str = "name: Waits
inputs: { seconds: number }
cards:
  - { card: flow_control.wait_for, with: { delay: $.inputs.seconds, unit: second } }
";

const ASKS: &str = "name: Asks
outputs: { approved: true/false }
cards:
  - { id: ask, card: flow_control.pause, with: { question: \"May Ada go?\" }, outputs: { approved: true/false } }
  - { card: flow_control.return, with: { approved: $.ask.approved } }
";

const FAILS: &str = "name: Fails
cards:
  - { card: error_handling.return_error, with: { message: \"no user ada@example.com\" } }
";

const LOOKS: &str = "name: Looks
cards:
  - { card: okta.read_user, with: { id_or_login: ada@example.com } }
";

const ALL: &str = "/api/v1/projects/flows";

fn world() -> World {
    let files = [
        ("flowrun.yaml", PROJECT),
        ("adds.yaml", ADDS),
        ("waits.yaml", WAITS),
        ("asks.yaml", ASKS),
        ("fails.yaml", FAILS),
        ("looks.yaml", LOOKS),
    ];
    World::new("2026-01-01T12:00:00Z", &files)
}

async fn run(client: &Client<'_>, flow: &str, inputs: Value) -> String {
    let begun = client.ask("POST", &format!("{ALL}/flows/{flow}/runs"), json!({ "inputs": inputs })).await;
    assert_eq!(begun.status, 201, "{:?}", begun.body);
    begun.body["run"].as_str().unwrap().to_owned()
}

async fn status(client: &Client<'_>, run: &str) -> Value {
    client.get(&format!("{ALL}/runs/{run}")).await.body["status"].clone()
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap_or_else(|| panic!("{page}"))
}

/// What an Idempotency-Key promises: draft-ietf-httpapi-idempotency-key-header-07, 2.6 and 2.7.
#[tokio::test]
async fn what_is_sent_again_with_its_key_starts_nothing_new() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let (path, body) = (format!("{ALL}/flows/adds/runs"), json!({ "inputs": { "who": "ada" } }));
    let first = client.once("order 1", &path, body.clone()).await;
    assert_eq!(first.status, 201, "{:?}", first.body);
    world.until("2026-01-01T12:00:02Z").await;
    let again = client.once("order 1", &path, body.clone()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = client.once("order 1", &path, json!({ "inputs": { "who": "bob" } })).await;
    assert_eq!(other.status, 422, "{:?}", other.body);
    let bad = client.once(&"k".repeat(256), &path, body.clone()).await;
    assert_eq!(bad.status, 400, "{:?}", bad.body);
    // What was refused was not started: the same may be asked again.
    let refused = client.once("order 2", &path, json!({ "inputs": { "whom": "ada" } })).await;
    assert_eq!(refused.status, 409, "{:?}", refused.body);
    drop(client);
    serving.end(&world).await;
    let serving = world.serve();
    world.until("2026-01-01T12:00:03Z").await;
    let client = Client::new(&world, &serving).await;
    let again = client.once("order 1", &path, body).await;
    assert_eq!((again.status, &again.body), (201, &first.body), "after a start");
    let rerun = format!("{ALL}/runs/{}/rerun", first.body["run"].as_str().unwrap());
    let reruns = [client.once("r", &rerun, json!({})).await, client.once("r", &rerun, json!({})).await];
    assert_eq!(reruns[0].body, reruns[1].body);
    world.until("2026-01-01T12:00:04Z").await;
    assert_eq!(serving.runs().len(), 2);
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn each_version_is_told_with_what_changed_and_how_it_comes_back() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let versions = client.get(&format!("{ALL}/versions")).await.body;
    assert_eq!(items(&versions)[0]["changed"], "the first version");
    world.write("fails.yaml", &FAILS.replace("no user", "nobody is"));
    let reloaded = client.ask("POST", &format!("{ALL}/reload"), Value::Null).await;
    assert_eq!(reloaded.body, json!({ "version": 2, "changed": true }));
    world.until("2026-01-01T12:00:02Z").await;
    let versions = client.get(&format!("{ALL}/versions")).await.body;
    let newest = &items(&versions)[0];
    assert_eq!((&newest["version"], &newest["serves"]), (&json!(2), &json!(true)));
    assert_eq!(newest["changed"], "1 flow changed; 1 card changed");
    assert!(newest["back"].as_str().unwrap().contains("git -C"), "{newest}");
    let diff = client.get(&format!("{ALL}/versions/2/diff")).await.body;
    assert_eq!(diff["files"][0]["items"][0]["path"], "fails");
    assert!(diff.to_string().contains("nobody is ada@example.com"), "{diff}");
    let none = client.get(&format!("{ALL}/versions/2/diff?from=2")).await.body;
    assert_eq!(none["differs"], json!(false));
    for path in ["/versions/3", "/versions/x", "/versions/1/diff", "/versions/2/diff?from=9"] {
        assert_eq!(client.get(&format!("{ALL}{path}")).await.status, 404, "{path}");
    }
    drop(client);
    serving.end(&world).await;
    // The same folder is the same version; a changed one is the next.
    let serving = world.serve();
    world.until("2026-01-01T12:00:03Z").await;
    assert_eq!(serving.hosted().runs.served.version().number, 2);
    serving.end(&world).await;
    world.write("fails.yaml", FAILS);
    let serving = world.serve();
    world.until("2026-01-01T12:00:04Z").await;
    let client = Client::new(&world, &serving).await;
    let versions = client.get(&format!("{ALL}/versions?limit=1")).await.body;
    assert_eq!(items(&versions)[0]["changed"], "1 flow changed; 1 card changed");
    assert!(versions["next"].is_string());
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn who_did_what_is_written_down_and_a_change_of_it_noticed() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let fails = run(&client, "fails", json!({})).await;
    world.until("2026-01-01T12:00:02Z").await;
    client.ask("POST", &format!("{ALL}/flows/waits/off"), Value::Null).await;
    client.get(&format!("{ALL}/runs/{fails}/report")).await;
    let reader = client.token(json!([{ "rights": ["see_flows"], "within": "everywhere" }])).await;
    let refused = client.with(&reader, "POST", &format!("{ALL}/flows/waits/on"), Value::Null).await;
    assert_eq!(refused.status, 403);
    // Who sees no data looks at none.
    client.with(&reader, "GET", &format!("{ALL}/runs/{fails}/report"), Value::Null).await;
    let told = client.get("/api/v1/activity").await.body;
    let line = |line: &Value| format!("{} {} {}", line["kind"], line["by"], line["outcome"]).replace('"', "");
    let lines: Vec<String> = items(&told).iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "workflows.user.flow.activate token refused",
            "system.api_token.create person done",
            "flowrun.run.view person done",
            "workflows.user.flow.deactivate person done",
            "flowrun.run.start person done",
            "user.session.start person done",
        ]
    );
    assert_eq!(items(&told)[4]["started"], json!(fails));
    let of_run = client.get(&format!("/api/v1/activity?run={fails}&kind=flowrun.run")).await.body;
    assert_eq!(items(&of_run).len(), 2);
    let page = client.get("/api/v1/activity?limit=2").await.body;
    let next = page["next"].as_str().unwrap();
    let rest = client.get(&format!("/api/v1/activity?limit=10&cursor={next}")).await.body;
    assert_eq!((items(&rest).len(), &rest["next"]), (4, &Value::Null));
    assert!(items(&client.get("/api/v1/activity?until=2026-01-01T12:00:01Z").await.body).is_empty());
    assert_eq!(items(&client.get("/api/v1/activity?since=2026-01-01T12:00:02Z").await.body).len(), 4);
    let chain = client.get("/api/v1/activity/chain").await.body;
    assert_eq!((&chain["lines"], &chain["broken"]), (&json!(6), &json!([])));
    // Somebody with the store changes a line.
    use flowrun_store::{Batch, Note, NoteChange, Notes};
    let store = serving.hosted().runs.store();
    let note = store.notes(&Notes::of("activity")).unwrap().remove(2);
    let body = String::from_utf8(note.body.clone()).unwrap().replace("waits", "fails").into_bytes();
    store.append(Batch::default().note(NoteChange::Put(Note { body, ..note })));
    world.drive(store.durable(store.newest())).await.unwrap();
    let chain = client.get("/api/v1/activity/chain").await.body;
    assert_eq!(chain["broken"], json!([3]));
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn connections_are_told_without_secrets_and_tested() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let path = format!("{ALL}/connections");
    let told = client.get(&path).await.body;
    let okta = &items(&told)[0];
    assert_eq!((&okta["connection"], &okta["state"]), (&json!("okta"), &json!("simulated")));
    assert_eq!((&okta["flows"], &okta["tested"]), (&json!(["looks"]), &Value::Null));
    let tested = client.ask("POST", &format!("{path}/okta/test"), Value::Null).await;
    assert_eq!((tested.status, &tested.body["works"]), (200, &json!(true)));
    let told = client.get(&path).await.body;
    assert_eq!(items(&told)[0]["tested"]["at"], "2026-01-01T12:00:01.000Z");
    assert_eq!(client.ask("POST", &format!("{path}/jamf/test"), Value::Null).await.status, 404);
    drop(client);
    serving.end(&world).await;
}

/// RFC 4180: lines of values, the first of which names the columns.
#[tokio::test]
async fn a_table_goes_out_and_comes_in_as_csv() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let csv = format!("{ALL}/tables/people/csv");
    assert_eq!(client.csv(&csv, "mail\nbob@example.com\n").await.status, 404, "nothing is kept yet");
    run(&client, "adds", json!({ "who": "ada" })).await;
    world.until("2026-01-01T12:00:02Z").await;
    let out = client.get(&csv).await;
    assert_eq!(out.headers["content-type"], "text/csv");
    assert_eq!(out.body, json!("mail,days\nada@example.com,3\n"));
    let more = "mail,days\nbob@example.com,4\n\"cyd@example.com\",5\n";
    let preview = client.csv(&format!("{csv}?dry_run=true"), more).await;
    assert_eq!((preview.status, &preview.body["rows"]), (200, &json!(2)), "{:?}", preview.body);
    assert_eq!(preview.body["first"][1]["mail"], "cyd@example.com");
    assert_eq!(preview.body["columns"][1], json!({ "name": "days", "type": "number" }));
    assert_eq!(client.get(&csv).await.body, out.body, "nothing was added");
    assert_eq!(client.csv(&csv, more).await.body["rows"], json!(2));
    let rows = client.get(&format!("{ALL}/tables/people/rows?limit=2")).await.body;
    assert_eq!((items(&rows).len(), rows["next"].is_string()), (2, true));
    for (wrong, why) in [("mail,years\na,1\n", "years"), ("mail,days\na,many\n", "days"), ("", "")] {
        let refused = client.csv(&csv, wrong).await;
        let detail = refused.body["detail"].to_string();
        assert!(refused.status == 409 && detail.contains(why), "{wrong}: {} {detail}", refused.status);
    }
    // A run sees them, and they come after its own.
    let adds = run(&client, "adds", json!({ "who": "dan" })).await;
    world.until("2026-01-01T12:00:03Z").await;
    assert_eq!(status(&client, &adds).await, "done");
    let out = client.get(&csv).await.body;
    let mails: Vec<&str> =
        out.as_str().unwrap().lines().skip(1).map(|line| line.split('@').next().unwrap()).collect();
    assert_eq!(mails, ["ada", "bob", "cyd", "dan"]);
    drop(client);
    serving.end(&world).await;
    let serving = world.serve();
    world.until("2026-01-01T12:00:04Z").await;
    let client = Client::new(&world, &serving).await;
    assert_eq!(client.get(&csv).await.body, out, "also after a start");
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn a_run_that_is_held_goes_on_when_it_is_resumed() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    // One that is in memory, and one that waits so long that it is not.
    let runs = [
        run(&client, "waits", json!({ "seconds": 30 })).await,
        run(&client, "waits", json!({ "seconds": 7200 })).await,
    ];
    world.until("2026-01-01T12:00:02Z").await;
    for run in &runs {
        let held = client.ask("POST", &format!("{ALL}/runs/{run}/hold"), Value::Null).await;
        assert_eq!(held.status, 202, "{:?}", held.body);
    }
    world.until("2026-01-01T12:10:00Z").await;
    for run in &runs {
        assert_eq!(status(&client, run).await, "held");
        let again = client.ask("POST", &format!("{ALL}/runs/{run}/hold"), Value::Null).await;
        assert_eq!(again.status, 409, "it is held already: {:?}", again.body);
    }
    drop(client);
    serving.end(&world).await;
    let serving = world.serve();
    world.until("2026-01-01T15:00:00Z").await;
    let client = Client::new(&world, &serving).await;
    for run in &runs {
        assert_eq!(status(&client, run).await, "held", "a start goes on with none that is held");
        let resumed = client.ask("POST", &format!("{ALL}/runs/{run}/resume"), Value::Null).await;
        assert_eq!(resumed.status, 202, "{:?}", resumed.body);
    }
    world.until("2026-01-01T15:00:01Z").await;
    for run in &runs {
        assert_eq!(status(&client, run).await, "done", "its time has passed");
    }
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn a_fork_shares_what_came_before_its_card() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let asks = run(&client, "asks", json!({})).await;
    world.until("2026-01-01T12:00:02Z").await;
    let answer = json!({ "inputs": { "approved": true } });
    client.ask("POST", &format!("{ALL}/runs/{asks}/resume"), answer).await;
    world.until("2026-01-01T12:00:03Z").await;
    let fork = json!({ "from": "ask", "outputs": { "approved": false } });
    let forked = client.once("f", &format!("{ALL}/runs/{asks}/fork"), fork.clone()).await;
    assert_eq!(forked.status, 201, "{:?}", forked.body);
    let again = client.once("f", &format!("{ALL}/runs/{asks}/fork"), fork).await;
    assert_eq!(again.body, forked.body);
    world.until("2026-01-01T12:00:04Z").await;
    let report =
        client.get(&format!("{ALL}/runs/{}/report", forked.body["run"].as_str().unwrap())).await.body;
    assert_eq!(report["flow"]["outputs"], json!({ "approved": false }));
    let none = client.ask("POST", &format!("{ALL}/runs/{asks}/fork"), json!({ "from": "nothing" })).await;
    assert_eq!(none.status, 409, "{:?}", none.body);
    drop(client);
    serving.end(&world).await;
}

/// Each route, asked by those who may not: what they do not know of is not there, what they know of is refused.
#[tokio::test]
async fn who_may_not_is_refused_and_who_knows_nothing_is_told_nothing() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let adds = run(&client, "adds", json!({ "who": "ada" })).await;
    let fails = run(&client, "fails", json!({})).await;
    world.until("2026-01-01T12:00:02Z").await;
    let rights = [
        "see_flows",
        "run",
        "steer_runs",
        "switch_flows",
        "edit_flows",
        "see_tables",
        "edit_tables",
        "clear_history",
        "see_data",
    ];
    let elsewhere = client.token(json!([{ "rights": rights, "within": { "folder": "other" } }])).await;
    let one = client.token(json!([{ "rights": rights, "within": { "flow": "flows/fails" } }])).await;
    let auditor = client
        .token(json!([{ "rights": ["see_flows", "see_tables", "see_connections", "see_activity"], "within": "everywhere" }]))
        .await;
    let rows: &[(&str, String, [u16; 3])] = &[
        ("GET", format!("{ALL}/flows"), [404, 200, 200]),
        ("GET", format!("{ALL}/flows/adds/picture"), [404, 404, 200]),
        ("GET", format!("{ALL}/runs"), [404, 200, 200]),
        ("GET", format!("{ALL}/schedules"), [404, 200, 200]),
        ("GET", format!("{ALL}/endpoints"), [404, 200, 200]),
        ("GET", format!("{ALL}/pauses"), [404, 200, 200]),
        ("GET", format!("{ALL}/runs/{adds}"), [404, 404, 200]),
        ("GET", format!("{ALL}/runs/{adds}/journal"), [404, 404, 403]),
        ("POST", format!("{ALL}/runs/{adds}/hold"), [404, 404, 403]),
        ("POST", format!("{ALL}/runs/{adds}/fork"), [404, 404, 403]),
        ("POST", format!("{ALL}/runs/{adds}/rerun"), [404, 404, 403]),
        ("POST", format!("{ALL}/flows/adds/runs"), [404, 404, 403]),
        ("GET", format!("{ALL}/tables"), [404, 403, 200]),
        ("GET", format!("{ALL}/tables/people/rows"), [404, 403, 200]),
        ("GET", format!("{ALL}/tables/people/csv"), [404, 403, 403]),
        ("GET", format!("{ALL}/connections"), [403, 403, 200]),
        ("POST", format!("{ALL}/connections/okta/test"), [403, 403, 403]),
        ("GET", format!("{ALL}/versions"), [404, 403, 200]),
        ("GET", format!("{ALL}/versions/1"), [404, 403, 200]),
        ("GET", format!("{ALL}/versions/1/diff"), [404, 403, 404]),
        ("GET", "/api/v1/hooks".to_owned(), [200, 200, 200]),
        ("GET", "/api/v1/hooks/people/deliveries".to_owned(), [404, 404, 200]),
        ("GET", "/api/v1/activity".to_owned(), [403, 403, 200]),
        ("GET", "/api/v1/activity/chain".to_owned(), [403, 403, 200]),
        ("GET", "/api/v1/tokens".to_owned(), [403, 403, 403]),
        ("POST", format!("{ALL}/reload"), [403, 403, 403]),
    ];
    for (method, path, expected) in rows {
        for (token, expected) in [&elsewhere, &one, &auditor].into_iter().zip(expected) {
            let body = if path.ends_with("fork") { json!({ "from": "x" }) } else { Value::Null };
            let answered = client.with(token, method, path, body).await;
            assert_eq!(answered.status, *expected, "{method} {path}: {:?}", answered.body);
        }
        assert_eq!(client.stranger(method, path).await.status, 401, "{method} {path}");
    }
    for (token, count) in [(&elsewhere, 0), (&one, 1), (&auditor, 1)] {
        let projects = client.with(token, "GET", "/api/v1/projects", Value::Null).await.body;
        assert_eq!(items(&projects).len(), count);
    }
    // What a run failed with is data: it is not found by who may not see it.
    let look = format!("{ALL}/runs?text=ada@example.com");
    assert!(items(&client.with(&auditor, "GET", &look, Value::Null).await.body).is_empty());
    let found = client.with(&one, "GET", &look, Value::Null).await.body;
    assert_eq!(items(&found)[0]["run"], json!(fails));
    let rows = client.with(&auditor, "GET", &format!("{ALL}/tables/people/rows"), Value::Null).await.body;
    assert!(!rows.to_string().contains("ada"), "{rows}");
    drop(client);
    serving.end(&world).await;
}

/// What `flowrun runs forget --yes` does, where no service has the store.
#[tokio::test]
async fn who_is_forgotten_is_nowhere_and_the_service_starts_again() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let named =
        json!({ "name": "ada@example.com's", "may": [{ "rights": ["see_flows"], "within": "everywhere" }] });
    let made = client.ask("POST", "/api/v1/tokens", named).await;
    let token = made.body["token"].as_str().unwrap().to_owned();
    client.with(&token, "POST", &format!("{ALL}/flows/waits/on"), Value::Null).await;
    assert!(client.get("/api/v1/activity").await.body.to_string().contains("ada@example.com"));
    drop(client);
    serving.end(&world).await;
    let service = world.service();
    let store = service.projects[0].runs.store().clone();
    let forgotten = flowrun_service::people::forget(store.clone(), world.clock.clone(), "Ada@Example.com");
    assert_eq!(world.drive(forgotten).await.unwrap(), 1);
    store.forget("ada@example.com", false).unwrap();
    let serving = world.go_on(service);
    world.until("2026-01-01T12:00:02Z").await;
    let client = Client::new(&world, &serving).await;
    assert_eq!(
        client.with(&token, "GET", &format!("{ALL}/flows"), Value::Null).await.status,
        200,
        "it goes on"
    );
    for path in ["/api/v1/activity", "/api/v1/tokens", "/api/v1/people"] {
        let told = client.get(path).await.body.to_string().to_lowercase();
        assert!(!told.contains("ada@example.com"), "{path}: {told}");
    }
    let chain = client.get("/api/v1/activity/chain").await.body;
    assert_eq!((&chain["broken"], chain["forgotten"].as_u64() > Some(0)), (&json!([]), true), "{chain}");
    drop(client);
    serving.end(&world).await;
}
