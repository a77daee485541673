//! Downloads: to disk while they arrive, within bounds, and only from the connection's host.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get;
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{File, Record, Value, parse_json};
use flowrun_http::sim::reached_at;
use flowrun_http::{connector, effect_cards};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::direct;
use flowrun_kit::errand::Run;
use flowrun_kit::files::{Bounds, Files};
use flowrun_kit::in_process::SimTransport;
use futures_util::{StreamExt, stream};

const URL: &str = "https://files.sim";

/// How many times each address was asked for.
type Asked = Arc<AtomicUsize>;

/// So many pieces of 10,000 bytes each, of which the one at `breaks` never arrives.
fn pieces(count: usize, breaks: Option<usize>) -> Body {
    let pieces = stream::iter(0..count).map(move |piece| match breaks {
        Some(at) if at == piece => Err(io::Error::other("the line went dead")),
        _ => Ok(Bytes::from(vec![piece as u8; 10_000])),
    });
    Body::from_stream(pieces)
}

fn service(asked: &Asked, taken: &Asked) -> Router {
    let (shaky, taken) = (asked.clone(), taken.clone());
    Router::new()
        .route("/whole", get(async || pieces(5, None)))
        .route(
            "/shaky",
            get(async move || pieces(5, (shaky.fetch_add(1, Ordering::Relaxed) < 2).then_some(3))),
        )
        .route("/dead", get(async || pieces(5, Some(4))))
        .route("/away", get(async || Redirect::temporary("https://storage.example.com/whole")))
        .route("/moved", get(async || Redirect::temporary("/whole")))
        .route("/accept", get(async |headers: HeaderMap| headers["accept"].to_str().unwrap().to_owned()))
        .route(
            "/endless",
            get(async move || {
                let pieces = stream::repeat_with(move || {
                    taken.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, io::Error>(Bytes::from_static(&[0; 10_000]))
                });
                Body::from_stream(pieces)
            }),
        )
}

async fn download(router: Router, files: &Files, inputs: &str) -> Result<Record, Fault> {
    let clock = Clock::starting_at(0, 1.0);
    let transport = Arc::new(SimTransport::new(&clock).host(URL, router));
    let means = Means::new(transport, clock);
    let api = connector().connect(&reached_at(URL), means).unwrap().connection;
    let run = Run { files: files.clone(), ..Run::default() };
    direct::perform_in(
        Arc::new(run),
        &effect_cards(),
        "file.download",
        &parse_json(inputs).unwrap(),
        &[],
        &api,
    )
    .await
}

fn file(out: &Record) -> Arc<File> {
    let Value::File(file) = &out["file_content"] else { panic!("{out:?}") };
    file.clone()
}

fn content(files: &Files, file: &File) -> Vec<u8> {
    let mut content = Vec::new();
    files.open(file).unwrap().read_to_end(&mut content).unwrap();
    content
}

#[tokio::test(start_paused = true)]
async fn a_download_is_whole_even_if_it_breaks_off_at_first() {
    let expected: Vec<u8> = (0..5).flat_map(|piece| [piece; 10_000]).collect();
    for url in ["/whole", "/moved", "/shaky"] {
        let (files, asked) = (Files::new(Bounds { one: 50_000, all: 50_000 }), Asked::default());
        let out = download(service(&asked, &asked), &files, &format!(r#"{{"url":"{url}"}}"#)).await.unwrap();
        let file = file(&out);
        assert_eq!(content(&files, &file), expected, "{url}");
        assert_eq!((&*file.name, file.size), (url.trim_start_matches('/'), 50_000));
        assert_eq!(asked.load(Ordering::Relaxed), if url == "/shaky" { 3 } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_download_that_fails_leaves_nothing_behind() {
    let table = [
        ("/dead", FaultKind::Network, "did not answer GET /dead"),
        ("/away", FaultKind::Url, "not to https://storage.example.com"),
        ("https://other.sim/whole", FaultKind::Url, "not to https://other.sim"),
        ("/none", FaultKind::NotFound, "the API answered 404"),
        ("/endless", FaultKind::InvalidInput, "95 kB, the most that one file may have"),
    ];
    for (url, kind, told) in table {
        let (files, taken) = (Files::new(Bounds { one: 95_000, all: 1_000_000 }), Asked::default());
        let inputs = format!(r#"{{"url":"{url}"}}"#);
        let fault = download(service(&Asked::default(), &taken), &files, &inputs).await.unwrap_err();
        assert!(fault.kind == kind && fault.message.contains(told), "{url}: {fault}");
        assert_eq!(format!("{files:?}"), "Files { count: 0, bytes: 0 }", "{url}");
        // The rest is not even read.
        assert!(taken.load(Ordering::Relaxed) < 12, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_kind_of_file_is_asked_for_unless_the_author_says_which() {
    for (headers, accepted) in [("{}", "*/*"), (r#"{"Accept":"text/csv"}"#, "text/csv")] {
        let files = Files::default();
        let inputs = format!(r#"{{"url":"/accept","headers":{headers},"filename":"a.txt"}}"#);
        let out = download(service(&Asked::default(), &Asked::default()), &files, &inputs).await.unwrap();
        let file = file(&out);
        assert_eq!((content(&files, &file), &*file.name), (accepted.as_bytes().to_vec(), "a.txt"));
    }
}
