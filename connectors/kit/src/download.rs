//! Receives a body into a file, piece by piece, so that memory stays small however large it is.

use std::time::Duration;

use axum::body::Bytes;
use flowrun_core::fault::Result;
use futures_util::StreamExt;

use crate::clock::Clock;
use crate::files::Draft;
use crate::http::{Limits, Request, Response, Transport, TransportError};

/// How long a download may take, from the request to the last byte.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// Sends a request, for which it has as long as `clock` says; the body of an answer of success goes into `draft`, that of any other stays with the answer. The
/// outer error is the draft's: a bound was passed, or the disk is full.
pub(crate) async fn receive(
    transport: &dyn Transport,
    clock: &Clock,
    request: Request,
    limits: Limits,
    draft: &mut Draft,
) -> Result<Result<Response, TransportError>> {
    draft.restart();
    let limits = Limits { timeout: LONGEST, ..limits };
    let received = async {
        let mut arriving = match transport.open(request, limits).await {
            Ok(arriving) => arriving,
            Err(error) => return Ok(Err(error)),
        };
        if !arriving.status.is_success() {
            return Ok(arriving.whole(limits).await);
        }
        while let Some(piece) = arriving.body.next().await {
            match piece {
                Ok(piece) => draft.append(&piece)?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(Response { status: arriving.status, headers: arriving.headers, body: Bytes::new() }))
    };
    clock.timeout(limits.timeout, received).await.unwrap_or(Ok(Err(TransportError::Timeout)))
}
