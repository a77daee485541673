//! What happens, as it happens: one stream a client.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;

use super::route::{Call, Kind, Param, Reply, Route, Shape};
use crate::STREAMS;
use crate::changes::{Change, What};
use crate::people::{Place, Problem, Right};

pub const ROUTES: &[Route] = &[Route::get(Right::SeeFlows, "/api/v1/events", "What happens, as server-sent events. Each has a number as its `id`; who comes back with `last-event-id` misses nothing, or is told by an event `lost` that it is too late for that.", |call| Box::pin(events(call))).query(&[Param::new("project", Kind::Text(200), "In this project.")]).gives(Shape::Text("text/event-stream"))];

/// So often something is sent, so that everyone between notices that the stream lives.
const BEATS: Duration = Duration::from_secs(15);

async fn events(call: Call) -> Result<Reply, Problem> {
    let place = call.api.service.streams.clone().try_acquire_owned().map_err(|_| {
        let message = format!("{STREAMS} streams are open, and there may be no more: try again later");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, &message)
    })?;
    let changes = call.api.service.changes.clone();
    let last = call.headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse::<u64>().ok());
    let (missed, receiver) = match last {
        None => (Some(Vec::new()), changes.watch()),
        Some(last) => changes.since(last),
    };
    let mut first = "retry: 2000\n\n".to_owned();
    match missed {
        None => first.push_str("event: lost\ndata: {}\n\n"),
        Some(missed) => {
            missed.iter().filter_map(|change| told(&call, change)).for_each(|text| first.push_str(&text))
        }
    }
    let clock = call.api.service.clock.clone();
    let rest =
        stream::unfold((call, receiver, clock, place), |(call, mut receiver, clock, place)| async move {
            loop {
                let heard = tokio::select! {
                    heard = clock.timeout(BEATS, receiver.recv()) => heard,
                    () = call.api.service.tasks.closing() => return None,
                };
                // Whose token was taken back, or who has signed out, hears no more.
                if !call.api.people.holds(&call.caller) {
                    return None;
                }
                let text = match heard {
                    None => ": here\n\n".to_owned(),
                    // Who is too slow asks again from where it was.
                    Some(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
                    Some(Ok(change)) => match told(&call, &change) {
                        Some(text) => text,
                        None => continue,
                    },
                };
                return Some((Ok::<_, Infallible>(Bytes::from(text)), (call, receiver, clock, place)));
            }
        });
    let stream = stream::StreamExt::chain(stream::once(async move { Ok(Bytes::from(first)) }), rest);
    Ok(Reply::Stream(Body::from_stream(stream)))
}

/// A change as an event, if the caller may hear of it; without right to see data, without what was wrong.
fn told(call: &Call, change: &Change) -> Option<String> {
    let project = &*change.project;
    if call.asked("project").is_some_and(|wanted| wanted != project) {
        return None;
    }
    let flow = match &change.what {
        What::Began(begun) => Some(&begun.flow),
        What::Moved(moved) => Some(&moved.flow),
        What::Switched { flow, .. } | What::Missed { flow, .. } | What::Skipped { flow, .. } => Some(flow),
        _ => None,
    };
    let may = |right| match flow {
        Some(flow) => call.may(right, project, flow),
        None => call.caller.may(right, Place::Folder(project)),
    };
    if !may(Right::SeeFlows) {
        return None;
    }
    let mut data = serde_json::to_value(change).ok()?;
    if !may(Right::SeeData)
        && let Some(members) = data.as_object_mut()
    {
        members.remove("error");
    }
    Some(format!("id: {}\nevent: {}\ndata: {data}\n\n", change.number, change.what.kind()))
}
