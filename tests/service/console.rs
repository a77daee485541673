//! The console, as a browser without scripts has it: pages and forms. What stands on a page is what `/api/v1` answers.

use serde_json::{Value, json};

use crate::client::{Answered, Client};
use crate::world::World;

const HERE: &str = "http://localhost:8080";

/// A name that would be an element, if a page let it.
const EVIL: &str = "name: \"<img src=x onerror=alert(1)>\"
inputs: { text: text }
outputs: { said: text }
save_data: on
cards:
  - { id: told, card: text.compose, with: { text: \"{{ inputs.text }}\" } }
  - { card: flow_control.return, with: { said: $.told.output } }
";

const FAILS: &str = "name: Fails
save_data: on
cards:
  - { id: refuses, card: error_handling.return_error, with: { message: \"no user ada@example.com\" } }
";

const ASKS: &str = "name: Asks
outputs: { approved: text }
save_data: on
cards:
  - { id: ask, card: flow_control.pause, with: { question: \"May Ada go?\" }, outputs: { approved: text } }
  - { card: flow_control.return, with: { approved: $.ask.approved } }
";

const NIGHTLY: &str = "name: Nightly
trigger: { schedule: { cron: \"0 2 * * *\" } }
cards:
  - { card: flow_control.assign, with: { done: true } }
";

fn world() -> World {
    let files = [("evil.yaml", EVIL), ("fails.yaml", FAILS), ("asks.yaml", ASKS), ("nightly.yaml", NIGHTLY)];
    World::new("2026-01-01T12:00:00Z", &files)
}

const PAGES: &[&str] = &[
    "now",
    "flows",
    "flows/nightly",
    "flows/evil",
    "flows?text=ada",
    "runs",
    "runs?status=failed",
    "approvals",
    "triggers",
    "tables",
    "connections",
    "versions",
    "activity",
];

fn text(answered: &Answered) -> &str {
    answered.body.as_str().unwrap_or_default()
}

/// Where a form leads, when it was taken.
fn leads(answered: &Answered) -> String {
    assert_eq!(answered.status, 303, "{}", text(answered));
    answered.headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_is_there_for_who_has_signed_in_and_has_no_script() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    assert_eq!(leads_to_first(&client).await, "/p/flows/now");
    for page in PAGES {
        let path = format!("/p/flows/{page}");
        let answered = client.get(&path).await;
        assert_eq!(answered.status, 200, "{path}: {}", text(&answered));
        let html = text(&answered);
        assert!(html.starts_with("<!doctype html>") && html.contains("</html>"), "{path}");
        // Content-Security-Policy lets none of these be anything.
        for inline in ["<script", "style=", "javascript:", " onclick", "<style"] {
            assert!(!html.contains(inline), "{path} has {inline}");
        }
        assert!(
            answered.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'")
        );
        let stranger = client.stranger("GET", &path).await;
        assert_eq!(stranger.status, 401, "{path}");
        assert!(text(&stranger).contains("href=\"/auth/sign-in?return_to="), "{}", text(&stranger));
        assert!(!text(&stranger).contains("Nightly"));
    }
    for (path, status) in [
        ("/p/flows/nowhere", 404),
        ("/p/nobody/now", 404),
        ("/p/flows/runs/none", 404),
        ("/p/flows/flows/none", 404),
    ] {
        assert_eq!(client.get(path).await.status, status, "{path}");
    }
    for (path, kind) in [
        ("/assets/console.css", "text/css; charset=utf-8"),
        ("/assets/icons.svg", "image/svg+xml"),
        ("/p/flows/flows/nightly/picture", "image/svg+xml"),
    ] {
        let answered = client.get(path).await;
        assert_eq!(
            (answered.status, answered.headers["content-type"].to_str().unwrap()),
            (200, kind),
            "{path}"
        );
    }
    drop(client);
    serving.end(&world).await;
}

async fn leads_to_first(client: &Client<'_>) -> String {
    leads(&client.get("/").await)
}

#[tokio::test]
async fn a_failed_run_says_why_and_is_run_again_by_a_form() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let run = leads(&client.form("/p/flows/flows/fails", &[("do", "run")], None, HERE).await);
    world.until("2026-01-01T12:00:02Z").await;
    let now = client.get("/p/flows/now").await;
    assert!(text(&now).contains("no user ada@example.com") && text(&now).contains(&run), "{}", text(&now));
    let page = client.get(&run).await;
    assert!(
        text(&page).contains("data-state=\"failed\"") && text(&page).contains("data-ui=\"run.why\""),
        "{}",
        text(&page)
    );
    assert!(text(&page).contains("?card=0#inspector"), "{}", text(&page));
    let card = client.get(&format!("{run}?card=0")).await;
    assert!(text(&card).contains("data-ui=\"run.inspector\""), "{}", text(&card));
    let again = leads(&client.form(&run, &[("do", "rerun")], None, HERE).await);
    assert_ne!(again, run);
    // Neither another session's token nor another site's page is taken.
    let wrong = client.form(&run, &[("do", "rerun")], Some("AAAA"), HERE).await;
    let elsewhere = client.form(&run, &[("do", "rerun")], None, "http://evil.example").await;
    assert_eq!((wrong.status, elsewhere.status), (403, 403));
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn what_flows_and_runs_hold_is_text_on_a_page() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let given = "</pre><script>alert(1)</script><b title='\"x\"'>";
    let run =
        leads(&client.form("/p/flows/flows/evil", &[("do", "run"), ("input.text", given)], None, HERE).await);
    world.until("2026-01-01T12:00:02Z").await;
    for path in [
        "/p/flows/flows",
        "/p/flows/flows/evil",
        "/p/flows/runs",
        &run,
        &format!("{run}?card=0"),
        "/p/flows/activity",
        "/p/flows/flows?text=%3Cscript%3E",
    ] {
        let page = client.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for element in ["<img src=x", "<script", "</pre><b"] {
            assert!(!text(&page).contains(element), "{path} has {element}");
        }
    }
    let page = client.get(&run).await;
    assert!(text(&page).contains("&lt;script&gt;alert(1)"), "{}", text(&page));
    drop(client);
    serving.end(&world).await;
}

#[tokio::test]
async fn a_pause_is_answered_and_a_flow_is_turned_off_by_forms() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let run = leads(&client.form("/p/flows/flows/asks", &[("do", "run")], None, HERE).await);
    world.until("2026-01-01T12:00:02Z").await;
    let approvals = client.get("/p/flows/approvals").await;
    let html = text(&approvals);
    assert!(html.contains("May Ada go?") && html.contains("name=\"answer.approved\""), "{html}");
    leads(&client.form(&run, &[("do", "resume"), ("answer.approved", "yes")], None, HERE).await);
    world.until("2026-01-01T12:00:03Z").await;
    let page = client.get(&run).await;
    assert!(text(&page).contains("&quot;approved&quot;: &quot;yes&quot;"), "{}", text(&page));
    leads(&client.form("/p/flows/flows/nightly", &[("do", "off")], None, HERE).await);
    let flow = client.get("/p/flows/flows/nightly").await;
    assert!(text(&flow).contains("Flow is OFF: turn on"), "{}", text(&flow));
    let told = client.get("/api/v1/projects/flows/flows/nightly").await;
    assert_eq!(told.body["on"], json!(false));
    drop(client);
    serving.end(&world).await;
}

/// Values are for those who may see data; what one may not do is refused by `/api/v1`, and the page says so.
#[tokio::test]
async fn who_may_not_see_data_sees_none_and_who_may_not_run_is_refused() {
    let world = world();
    let serving = world.serve();
    world.until("2026-01-01T12:00:01Z").await;
    let client = Client::new(&world, &serving).await;
    let run = leads(
        &client
            .form("/p/flows/flows/evil", &[("do", "run"), ("input.text", "ada@example.com")], None, HERE)
            .await,
    );
    world.until("2026-01-01T12:00:02Z").await;
    let auditor = client.token(json!([{ "rights": ["see_flows"], "within": "everywhere" }])).await;
    let page = client.page_with(&auditor, &format!("{run}?card=0")).await;
    assert_eq!(page.status, 200);
    assert!(!text(&page).contains("ada@example.com"), "{}", text(&page));
    for path in ["/p/flows/tables", "/p/flows/connections", "/p/flows/activity"] {
        assert_eq!(client.page_with(&auditor, path).await.status, 403, "{path}");
    }
    let refused = client.with(&auditor, "POST", "/p/flows/flows/evil", Value::Null).await;
    assert!(refused.status >= 400, "{}", refused.status);
    let nobody = client.token(json!([{ "rights": ["see_flows"], "within": { "folder": "other" } }])).await;
    assert_eq!(client.page_with(&nobody, "/p/flows/now").await.status, 404);
    drop(client);
    serving.end(&world).await;
}
