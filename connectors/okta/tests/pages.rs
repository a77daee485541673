//! An Okta, or something before it, that leads a list astray: no list ends too early, and none goes on without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use flowrun_core::effect::Cursor;
use flowrun_core::fault::Fault;
use flowrun_core::value::{get, parse_json};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;
use flowrun_okta::{connector, effect_cards};
use serde_json::{Value, json};

const URL: &str = "https://acme.okta.test";
const CARD: &str = "okta.list_users_with_search";

/// The users of a page, and what its `Link` header says.
struct Page(Vec<usize>, String);

/// An org whose list of users has these pages, by the number in `?after=`; and a count of what was asked.
fn org(page: fn(usize) -> Page) -> (Connected, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counts = asked.clone();
    let users = move |request: Request| async move {
        counts.fetch_add(1, Ordering::Relaxed);
        let query = request.uri().query().unwrap_or_default();
        let number = query.split('&').find_map(|pair| pair.strip_prefix("after="));
        let Page(users, link) = page(number.map_or(0, |number| number.parse().unwrap()));
        let users: Vec<Value> =
            users.iter().map(|n| json!({ "id": format!("00u{n}"), "profile": {} })).collect();
        let mut answer: Response = Json(users).into_response();
        if !link.is_empty() {
            answer.headers_mut().insert("link", HeaderValue::from_bytes(link.as_bytes()).unwrap());
        }
        answer
    };
    let clock = Clock::starting_at(0, 1.0);
    let router = Router::new().route("/api/v1/users", axum::routing::get(users));
    let transport = Arc::new(SimTransport::new(&clock).host(URL, router));
    let settings = Settings::new().with("org_url", URL).with("api_token", "00abcdefgh");
    (connector().connect(&settings, Means::new(transport, clock)).unwrap(), asked)
}

/// How many users a list brings that is collected by one card, or streamed.
async fn read(okta: &Connected, streams: bool) -> Result<usize, Fault> {
    let given = |set: &str| parse_json(&format!(r#"{{"result_set":"{set}"}}"#)).unwrap();
    if !streams {
        let all = direct::perform(&effect_cards(), CARD, &given("all"), &okta.connection).await?;
        return Ok(get(&all.into(), "users").as_list().unwrap().len());
    }
    let (mut cursor, mut read) = (Cursor::First, 0);
    loop {
        let page = direct::page(&effect_cards(), CARD, &given("stream"), cursor, &okta.connection).await?;
        read += page.records.len();
        let Some(next) = page.next else { return Ok(read) };
        cursor = Cursor::After(next);
    }
}

fn next(page: usize) -> String {
    format!("<{URL}/api/v1/users?after={page}&limit=200>; rel=\"next\"")
}

/// Two pages of a user each, of which the first has this header.
fn two(page: usize, link: String) -> Page {
    Page(vec![page], if page == 0 { link } else { String::new() })
}

/// What the org does, its pages, and what comes of it: so many users, or a fault; after at most so many requests.
type Row = (&'static str, fn(usize) -> Page, Result<usize, &'static str>, usize);

/// The forms of a `Link` are those of RFC 8288 (see the kit's own table); that a page may be empty and have a next one
/// is what Okta says of filtered lists.
const TABLE: &[Row] = &[
    ("says nothing", |_| Page(vec![1, 2], String::new()), Ok(2), 1),
    ("names the page itself", |_| Page(vec![1, 2], next(0)), Err("goes in circles"), 2),
    ("goes round three pages", |n| Page(vec![n], next((n + 1) % 3)), Err("goes in circles"), 8),
    ("sends the same users for ever", |n| Page(vec![1, 2], next(n + 1)), Err("hold the same 2 records"), 2),
    ("sends nothing for ever", |n| Page(vec![], next(n + 1)), Err("100 pages in a row hold nothing"), 100),
    (
        "has an empty page in the middle",
        |n| Page(if n == 1 { vec![] } else { vec![n] }, if n < 2 { next(n + 1) } else { String::new() }),
        Ok(2),
        3,
    ),
    (
        "leaves a quoted text open",
        |_| Page(vec![1], "<https://acme.okta.test/x>; rel=next; title=\"n".to_owned()),
        Err("can't be read"),
        4,
    ),
    ("has single quotes", |n| two(n, next(1).replace('"', "'")), Ok(2), 2),
    ("has other case", |n| two(n, next(1).replace("rel", "Rel")), Ok(2), 2),
    ("has two relations", |n| two(n, next(1).replace("next", "next last")), Ok(2), 2),
    ("leaves out the host", |n| two(n, "<?after=1>; rel=next".to_owned()), Ok(2), 2),
    (
        "names another host",
        |_| Page(vec![1], "<https://evil.test/api/v1/users?after=1>; rel=next".to_owned()),
        Err("goes to https://acme.okta.test, not to https://evil.test"),
        1,
    ),
];

#[tokio::test(start_paused = true)]
async fn a_list_ends_where_it_ends() {
    for (does, page, expected, most) in TABLE {
        for streams in [false, true] {
            let (okta, asked) = org(*page);
            let came = read(&okta, streams).await;
            match (&came, expected) {
                (Ok(users), Ok(expected)) => assert_eq!(users, expected, "{does}"),
                (Err(fault), Err(why)) => assert!(fault.message.contains(why), "{does}: {fault}"),
                _ => panic!("an org that {does}: {came:?}"),
            }
            let asked = asked.load(Ordering::Relaxed);
            assert!(asked <= *most, "an org that {does} was asked {asked} times");
        }
    }
}
