//! The network transport against a server on this machine.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method};
use axum::response::Redirect;
use axum::routing::{get, post};
use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use futures_util::stream::{self, StreamExt};
use tokio::net::TcpListener;

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn server() -> Router {
    let broken = || async {
        let chunks = [Ok(Bytes::from_static(b"{\"half\":")), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(chunks))
    };
    let endless = || async {
        Body::from_stream(
            stream::repeat(()).map(|()| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096]))),
        )
    };
    Router::new()
        .route("/echo", post(|body: Bytes| async move { body }))
        .route("/large", get(|| async { vec![b'x'; 100_000] }))
        .route("/endless", get(endless))
        .route("/slow", get(|| tokio::time::sleep(Duration::from_secs(600))))
        .route("/moved", get(|| async { Redirect::temporary("/echo") }))
        .route("/broken", get(broken))
}

async fn send(method: Method, url: String, limits: Limits) -> Result<Response, TransportError> {
    let transport = HttpTransport::new(&Network::default()).expect("a transport");
    let request = Request { method, url, headers: HeaderMap::new(), body: Bytes::from_static(b"hello") };
    transport.send(request, limits).await
}

#[tokio::test]
async fn answers_are_read_within_their_limits() {
    let base = serve(server()).await;
    let limits = Limits { timeout: Duration::from_millis(800), answer_bytes: 50_000, ..Limits::default() };
    let get = |path: &str| send(Method::GET, format!("{base}{path}"), limits);

    let echo = send(Method::POST, format!("{base}/echo"), limits).await.expect("an answer");
    assert_eq!((echo.status.as_u16(), &echo.body[..]), (200, &b"hello"[..]));
    assert_eq!(get("/large").await.map(|_| ()), Err(TransportError::TooLarge(50_000)));
    assert_eq!(get("/endless").await.map(|_| ()), Err(TransportError::TooLarge(50_000)));
    assert_eq!(get("/slow").await.map(|_| ()), Err(TransportError::Timeout));
    assert_eq!(get("/moved").await.expect("an answer").status.as_u16(), 307, "redirects are the client's");
    let broken = get("/broken").await.expect_err("the server breaks off");
    assert!(matches!(broken, TransportError::Broken(_)), "{broken}");
}

#[tokio::test]
async fn an_unreachable_host_got_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let refused = send(Method::GET, format!("http://{address}/?token=hunter2"), Limits::default()).await;
    let refused = refused.expect_err("nobody listens");
    assert!(matches!(refused, TransportError::Connect(_)), "{refused}");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    // A label of 64 letters fits into no query for a name, so that no server is asked.
    let name = "x".repeat(64);
    let unknown = send(Method::GET, format!("https://{name}.invalid/"), Limits::default()).await;
    assert!(matches!(unknown, Err(TransportError::Connect(_))));
}
