//! Connections: accepted, greeted, answered, each within its limits, so that a slow client takes nothing from others.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use flowrun_host::driver::Stop;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many there may be at once.
    pub connections: usize,
    /// How long a client may take to say hello.
    pub greeting: Duration,
    /// How long it may take to send the head of a request, or to send none.
    pub head: Duration,
    /// How large that may be, in bytes.
    pub head_bytes: usize,
    /// How long it may take to send the body.
    pub body: Duration,
    /// How long answers that are under way may take when the service ends.
    pub leaving: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 4_096,
            greeting: Duration::from_secs(10),
            head: Duration::from_secs(30),
            head_bytes: 64 << 10,
            body: Duration::from_secs(60),
            leaving: Duration::from_secs(5),
        }
    }
}

/// The certificate that a listener shows; it may be exchanged while it listens.
#[derive(Clone)]
pub struct Encryption(watch::Sender<Arc<ServerConfig>>);

impl Encryption {
    /// Shows what this says.
    pub fn new(config: Arc<ServerConfig>) -> Encryption {
        Encryption(watch::Sender::new(config))
    }

    /// Shows another one to those who come from now on.
    pub fn exchange(&self, config: Arc<ServerConfig>) {
        self.0.send_replace(config);
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.borrow().clone())
    }
}

/// Where clients come in.
pub trait Listener: Send {
    /// What is read from them and written to them.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next one, with the address from which it comes, if it has one.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<SocketAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, from) = TcpListener::accept(self).await?;
        // Answers are small and complete: to wait for more of them helps nobody.
        let _ = stream.set_nodelay(true);
        Ok((stream, Some(from)))
    }
}

/// Answers requests until it is told to stop; what is under way then may end.
pub async fn serve(
    listener: impl Listener,
    encryption: Option<Encryption>,
    router: Router,
    limits: Limits,
    mut stop: Stop,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let (leaving, leave) = watch::channel(false);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = stop.given() => break,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.given() => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Without a file descriptor the next one would fail too: one that ends gives one back.
                if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                continue;
            }
        };
        let acceptor = encryption.as_ref().map(Encryption::acceptor);
        let (router, leave) = (router.clone(), leave.clone());
        tokio::spawn(async move {
            match acceptor {
                None => answer(stream, from, router, limits, leave).await,
                Some(acceptor) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(limits.greeting, acceptor.accept(stream)).await
                    {
                        answer(stream, from, router, limits, leave).await;
                    }
                }
            }
            drop(place);
        });
    }
    leaving.send_replace(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(limits.leaving, places.acquire_many(all)).await;
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    from: Option<SocketAddr>,
    router: Router,
    limits: Limits,
    mut leave: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(|body| Body::new(Timely::new(body, limits.body)));
        if let Some(from) = from {
            request.extensions_mut().insert(ConnectInfo(from));
        }
        let router = router.clone();
        async move {
            let answer = router.oneshot(request).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A client that goes away is its own affair.
        _ = connection.as_mut() => return,
        _ = leave.wait_for(|leaving| *leaving) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(limits.leaving, connection).await;
}

/// A body that has to be there by a time: whoever sends it by drops keeps nobody else from a connection for longer.
struct Timely {
    body: Incoming,
    by: Pin<Box<Sleep>>,
}

impl Timely {
    fn new(body: Incoming, within: Duration) -> Timely {
        Timely { body, by: Box::pin(tokio::time::sleep(within)) }
    }
}

impl hyper::body::Body for Timely {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.by.as_mut().poll(cx));
        Poll::Ready(Some(Err("the body has not come in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
