//! What goes over the wire, and the one thing that sends it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use flowrun_core::encoding::Encoding;
use flowrun_core::memory::Memory;
use flowrun_core::value::Text;
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::effect::Pending;

/// A request, ready to be sent.
///
/// Header values that carry credentials are marked sensitive; neither they nor the body appear in `Debug`.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = format_args!("{} bytes", self.body.len());
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &url)
            .field("body", &body)
            .finish()
    }
}

/// An answer, completely received.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Response {
    /// The same with its body in UTF-8, where it says that it is in another encoding, by its `Content-Type`, its byte order mark or
    /// the declaration of XML. What can't be read so is left as it is.
    pub fn in_utf8(mut self) -> Response {
        let content_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let said = Encoding::of_content(content_type.unwrap_or_default(), &self.body);
        let encoding = said.unwrap_or(Encoding::UTF_8);
        // Nearly every answer: to look whether it is UTF-8 is left to those who read it.
        let marked = self.body.starts_with(b"\xff\xfe") || self.body.starts_with(b"\xfe\xff");
        if encoding == Encoding::UTF_8 && !marked {
            return self;
        }
        if let Ok(Cow::Owned(text)) = encoding.decode(&self.body) {
            self.body = text.into();
        }
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = format_args!("{} bytes", self.body.len());
        f.debug_struct("Response").field("status", &self.status).field("body", &body).finish()
    }
}

/// An answer whose body is still arriving.
pub struct Arriving {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body in pieces, decompressed.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl Arriving {
    /// Waits for the whole answer, as far as the limits go.
    pub async fn whole(mut self, limits: Limits) -> Result<Response, TransportError> {
        let most = limits.answer_bytes;
        // Of a body that is unpacked it says too little.
        let announced =
            self.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let announced = announced.filter(|length| *length <= most).unwrap_or(0);
        let mut whole: Vec<u8> = Vec::new();
        let mut first: Option<Bytes> = None;
        while let Some(piece) = self.body.next().await {
            let piece = piece?;
            let size = first.as_ref().map_or(0, Bytes::len) + whole.len() + piece.len();
            if size > most {
                return Err(TransportError::TooLarge(most));
            }
            limits.memory.check().map_err(|fault| TransportError::Memory(fault.message.clone()))?;
            // Most answers are one piece: hand that on without copying it.
            match first.take() {
                None if whole.is_empty() => first = Some(piece),
                start => {
                    whole.reserve(announced.saturating_sub(whole.len()));
                    whole.extend(start.into_iter().flatten());
                    whole.extend_from_slice(&piece);
                }
            }
        }
        let body = first.unwrap_or_else(|| Bytes::from(whole));
        Ok(Response { status: self.status, headers: self.headers, body })
    }
}

impl From<Response> for Arriving {
    fn from(response: Response) -> Arriving {
        let Response { status, headers, body } = response;
        Arriving { status, headers, body: stream::iter([Ok(body)]).boxed() }
    }
}

/// How far one request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start to the last byte of the answer.
    pub timeout: Duration,
    /// The largest answer that is read, decompressed.
    pub answer_bytes: usize,
    /// The largest body that is sent.
    pub request_bytes: usize,
    /// How much memory answers may take, all together.
    pub memory: Memory,
}

impl Default for Limits {
    fn default() -> Limits {
        let mib = 1024 * 1024;
        Limits {
            timeout: Duration::from_secs(30),
            answer_bytes: 32 * mib,
            request_bytes: 8 * mib,
            memory: Memory::default(),
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// There was no connection: nothing was sent.
    Connect(String),
    /// There can be no connection until somebody sets something right: nothing was sent.
    Refused {
        /// What is wrong, said of the host: `its certificate has expired`.
        why: String,
        /// What to do about it.
        help: Cow<'static, str>,
    },
    /// The connection broke; the request may have had its effect.
    Broken(String),
    /// The answer took too long; the request may have had its effect.
    Timeout,
    /// The answer is larger than the limit, in bytes.
    TooLarge(usize),
    /// There is no memory left for it.
    Memory(Text),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransportError::Connect(why) => write!(f, "could not connect: {why}"),
            TransportError::Refused { why, .. } => f.write_str(why),
            TransportError::Broken(why) => write!(f, "the connection broke off: {why}"),
            TransportError::Timeout => f.write_str("no answer came in time"),
            TransportError::TooLarge(most) => write!(f, "the answer has more than {most} bytes"),
            TransportError::Memory(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for TransportError {}

/// Sends requests: over the network, or to simulators in this process.
///
/// It sends what it is given, once, and follows no redirects; all else is the client's.
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole answer within `limits`.
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>>;

    /// Sends a request and hands the answer on while its body arrives, which may take the time of `limits` but has no
    /// bound. A transport that can't do this reads the whole answer first.
    fn open(&self, request: Request, limits: Limits) -> Pending<'_, Result<Arriving, TransportError>> {
        Box::pin(async move { self.send(request, limits).await.map(Arriving::from) })
    }
}
