//! A run as a trace, made of its report when it has ended.
//!
//! The root is the run; below it is a span for each helper flow and for each card that reached outside. Waits are events. A report
//! keeps of a loop the first and the last items, so a trace does too. A run that was cut off and resumed is one trace: its report
//! spans both lives.

use flowrun_core::report::{CardReport, FaultReport, FlowReport, Inside, Report, Status};
use sha2::{Digest, Sha256};

use super::wire::{self, Event, KeyValue, Span, SpanKind, number, text};
use crate::changes::Moved;

/// A trace has at most so many spans.
const MOST_SPANS: usize = 10_000;

/// The cards that do nothing but wait.
const WAITS: &[&str] = &["flow_control.wait_for", "flow_control.pause", "flow_control.pause_raw"];

/// A place in a trace of others, from which a run was called: W3C's `traceparent`.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    trace_id: [u8; 16],
    span_id: [u8; 8],
}

impl Caller {
    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`; later versions may have more behind that.
    pub fn parse(traceparent: &str) -> Option<Caller> {
        let mut parts = traceparent.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let lower = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let formed = version.len() == 2 && flags.len() == 2 && lower(version) && lower(flags);
        if !formed || version == "ff" || version == "00" && parts.next().is_some() {
            return None;
        }
        let (trace_id, span_id) = (bytes::<16>(trace)?, bytes::<8>(span)?);
        (trace_id != [0; 16] && span_id != [0; 8]).then_some(Caller { trace_id, span_id })
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    if hex.len() != 2 * N || !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// The spans of a run that has ended. `reaches` says of a card's key whether it reaches outside.
pub fn spans(
    project: &str,
    moved: &Moved,
    report: &Report,
    caller: Option<&Caller>,
    reaches: &dyn Fn(&str) -> bool,
) -> Vec<Span> {
    let start_ms = report.started.parse::<jiff::Timestamp>().map_or(0, |start| start.as_millisecond());
    let trace_id = caller.map_or_else(|| hash(&["trace", &moved.run]), |caller| caller.trace_id.to_vec());
    let mut made = Made { run: &moved.run, trace_id, start_ms, reaches, spans: Vec::new() };
    let mut root = made.span("run", "", &format!("run {}", moved.flow), 0.0, report.duration_ms);
    root.parent_span_id = caller.map(|caller| caller.span_id.to_vec()).unwrap_or_default();
    root.kind = match &*moved.cause {
        "endpoint" | "inline hook" => SpanKind::Server,
        "schedule" | "person" | "rerun" => SpanKind::Internal,
        _ => SpanKind::Consumer,
    } as i32;
    root.attributes = vec![
        text("flowrun.run.id", &*moved.run),
        text("flowrun.flow", &*moved.flow),
        text("flowrun.trigger", &*moved.cause),
        text("flowrun.result", moved.state.status().name()),
        number("flowrun.cards", report.counts.cards),
        number("flowrun.effects", report.counts.effects),
    ];
    if !project.is_empty() {
        root.attributes.push(text("flowrun.project", project));
    }
    ended(&mut root, report.flow.status, report.flow.error.as_ref());
    let at = made.add(root);
    made.cards(&report.flow.cards, "run", at);
    made.spans
}

/// The spans made so far.
struct Made<'r> {
    run: &'r str,
    trace_id: Vec<u8>,
    start_ms: i64,
    reaches: &'r dyn Fn(&str) -> bool,
    spans: Vec<Span>,
}

impl Made<'_> {
    /// A span at a place in the run, which gives it the same ID whenever it is made.
    fn span(&self, place: &str, parent: &str, name: &str, from_ms: f64, took_ms: f64) -> Span {
        Span {
            trace_id: self.trace_id.clone(),
            span_id: hash(&["span", self.run, place])[..8].to_vec(),
            parent_span_id: hash(&["span", self.run, parent])[..8].to_vec(),
            name: name.to_owned(),
            kind: SpanKind::Internal as i32,
            start_time_unix_nano: self.nanos(from_ms),
            end_time_unix_nano: self.nanos(from_ms + took_ms),
            ..Span::default()
        }
    }

    fn nanos(&self, after_ms: f64) -> u64 {
        let start = u64::try_from(self.start_ms).unwrap_or_default() * 1_000_000;
        start + (after_ms.max(0.0) * 1e6) as u64
    }

    fn add(&mut self, span: Span) -> usize {
        self.spans.push(span);
        self.spans.len() - 1
    }

    /// What the cards of a flow did, below the span at index `at` whose place is `parent`.
    fn cards(&mut self, cards: &[CardReport], parent: &str, at: usize) {
        for (number, card) in cards.iter().enumerate() {
            if self.spans.len() >= MOST_SPANS {
                return;
            }
            let place = format!("{parent}/{}.{number}", card.id);
            if WAITS.contains(&&*card.card) {
                let event = Event {
                    time_unix_nano: self.nanos(card.started_ms),
                    name: "wait".to_owned(),
                    attributes: vec![
                        text("flowrun.card.id", &*card.id),
                        wire::number("flowrun.wait.ms", card.duration_ms as u64),
                    ],
                };
                self.spans[at].events.push(event);
            }
            let (below, at) = match (self.reaches)(&card.card) {
                true => (self.reached(card, &place, parent), &*place),
                false => (at, parent),
            };
            match &card.inside {
                Inside::Nothing {} => {}
                Inside::Arm { cards, .. } => self.cards(cards, at, below),
                Inside::Call { called } => self.flow(called, card.started_ms, &place, at),
                Inside::Items(items) => {
                    for item in &items.items {
                        let index = item.index.unwrap_or_default();
                        self.flow(item, card.started_ms, &format!("{place}[{index}]"), at);
                    }
                }
            }
        }
    }

    fn reached(&mut self, card: &CardReport, place: &str, parent: &str) -> usize {
        let mut span = self.span(place, parent, &card.card, card.started_ms, card.duration_ms);
        span.kind = SpanKind::Client as i32;
        span.attributes = vec![
            text("flowrun.card", &*card.card),
            text("flowrun.card.id", &*card.id),
            number("flowrun.card.tries", u64::from(card.tries)),
        ];
        ended(&mut span, card.status, card.error.as_ref());
        self.add(span)
    }

    /// A helper flow. When it began its first card says; one without cards began with the card that called it.
    fn flow(&mut self, flow: &FlowReport, from_ms: f64, place: &str, parent: &str) {
        let first = flow.cards.iter().map(|card| card.started_ms).fold(f64::INFINITY, f64::min);
        let from_ms = if first.is_finite() { first } else { from_ms };
        let place = format!("{place}>");
        let mut span = self.span(&place, parent, &format!("flow {}", flow.path), from_ms, flow.duration_ms);
        span.attributes = vec![text("flowrun.flow", &*flow.path)];
        span.attributes.extend(flow.index.map(|index| number("flowrun.item", u64::from(index))));
        ended(&mut span, flow.status, flow.error.as_ref());
        let at = self.add(span);
        self.cards(&flow.cards, &place, at);
    }
}

/// Says how it ended. What is handled is no error of the run.
fn ended(span: &mut Span, status: Status, error: Option<&FaultReport>) {
    let kind: Option<KeyValue> = error.map(|error| text("error.type", &*error.kind));
    span.attributes.extend(kind);
    if status == Status::Failed {
        let message = error.map(|error| error.message.to_string()).unwrap_or_default();
        span.status = Some(wire::Status { message, code: 2 });
    }
}

/// Sixteen bytes that are those of these words only.
fn hash(words: &[&str]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word);
    }
    hash.finalize()[..16].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The cases of https://www.w3.org/TR/trace-context/#traceparent-header-field-values and of its example.
    #[test]
    fn a_caller_is_read_as_w3c_says() {
        let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let caller = Caller::parse(valid).unwrap();
        assert_eq!((caller.trace_id[0], caller.span_id[7]), (0x4b, 0xb7));
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future";
        assert_eq!(Caller::parse(later), Some(caller));
        for broken in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Caller::parse(broken), None, "{broken}");
        }
    }
}
