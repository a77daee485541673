//! What is reached in plain text, and only by way of a proxy that speaks TLS before it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use crate::people::Net;

/// Turns away whoever does not come from one of these addresses.
pub fn only_from(behind: Vec<Net>, router: Router) -> Router {
    let behind: Arc<[Net]> = Arc::from(behind);
    router.layer(from_fn(move |request: Request, next: Next| {
        let behind = behind.clone();
        async move {
            let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
            match from.is_some_and(|from| behind.iter().any(|net| net.contains(from))) {
                true => next.run(request).await,
                false => turned_away(),
            }
        }
    }))
}

fn turned_away() -> Response {
    (StatusCode::FORBIDDEN, "this is reached by its proxy only\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    #[tokio::test]
    async fn nobody_comes_past_the_proxy() {
        let router = only_from(
            vec!["10.0.0.5".parse().unwrap(), "192.168.0.0/16".parse().unwrap()],
            Router::new().route("/", get(|| async { "in" })),
        );
        for (from, status) in [("10.0.0.5", 200), ("10.0.0.6", 403), ("192.168.7.7", 200), ("::1", 403)] {
            let mut request = Request::new(Body::empty());
            let address = SocketAddr::new(from.parse().unwrap(), 4711);
            request.extensions_mut().insert(ConnectInfo(address));
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{from}");
        }
        // Who can't be told apart does not come in.
        assert_eq!(router.oneshot(Request::new(Body::empty())).await.unwrap().status().as_u16(), 403);
    }
}
