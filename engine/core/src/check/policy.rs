//! What happens when a card fails: `on_error`, `retry`, `timeout`.

use super::block;
use super::expr::Position;
use super::lower::Lower;
use crate::card::{Card, Control, Work};
use crate::diag::{Code, Diagnostic};
use crate::duration::duration;
use crate::model::{self, At};
use crate::program::{Call, FlowId, OnError, Policy, Retry, RetryOn};
use crate::value::Value;

/// Okta waits five minutes before it tries again.
const USUAL_WAIT_MS: u64 = 300_000;

pub(super) fn lower(lower: &mut Lower<'_, '_>, index: usize, card: &Card) -> Policy {
    let model = lower.scope.steps[index].model;
    let reaches_out = matches!(card.work, Work::Effect(_));
    let mut policy = Policy::default();
    if let Some(timeout) = &model.timeout {
        let pauses = matches!(card.work, Work::Control(Control::Pause | Control::PauseRaw));
        if reaches_out || pauses {
            policy.timeout_ms = time(lower, timeout, "timeout", 1);
        } else {
            misplaced(
                lower,
                timeout.span,
                format!("`{}` reaches nothing outside, so it can't time out", card.id),
                "leave `timeout` out",
            );
        }
    }
    if let Some(retry) = &model.retry {
        let calls = matches!(card.work, Work::Control(Control::CallFlow));
        if reaches_out || calls {
            policy.retry = self::retry(lower, &retry.it);
        } else {
            misplaced(
                lower,
                retry.span,
                format!("`{}` would fail again in the same way", card.id),
                "leave `retry` out; it is for cards that reach outside, and for `flow_control.call_flow`",
            );
        }
    }
    let at = Position { failed: true, ..lower.position(index) };
    match model.on_error.as_ref().map(|on_error| &on_error.it) {
        None | Some(model::OnError::Stop) => {}
        Some(model::OnError::Return(values)) => {
            let place = lower.scope.steps[index].place;
            let mut given = Vec::new();
            for (name, value) in values {
                let read = lower.expr(value, at);
                if let Some(output) = block::returned(lower, place, name, value.span, read.ty, &read.arg) {
                    given.push((output, read.arg));
                }
            }
            policy.on_error = OnError::Return(given);
        }
        Some(model::OnError::Call { flow, pass }) => {
            let shared = lower.shared;
            match lower.scope.steps[index].handler {
                Some(callee) => {
                    let pass = lower.pass(callee, pass, at, flow.span, model.broken, &|_| None);
                    policy.on_error =
                        OnError::Call(Call { flow: FlowId(callee as u32), pass, outputs: Vec::new() });
                }
                None => {
                    let from = &shared.project.flows[lower.scope.flow].path;
                    lower.report(shared.unknown_flow(&flow.it, from, flow.span));
                    lower.unpassed(pass, at);
                }
            }
        }
    }
    policy
}

fn retry(lower: &mut Lower<'_, '_>, retry: &model::Retry) -> Option<Retry> {
    let times =
        retry.times.it.as_number().filter(|times| times.fract() == 0.0 && (1.0..=5.0).contains(times));
    if times.is_none() {
        lower.report(
            Diagnostic::new(
                Code::BadValue,
                retry.times.span,
                format!("expected 1 to 5 for `times`, found {}", retry.times.it),
            )
            .label("out of range")
            .help("a card that failed is tried again up to five more times"),
        );
    }
    let wait_ms = match &retry.wait {
        None => Some((USUAL_WAIT_MS, USUAL_WAIT_MS)),
        Some(wait) => match &wait.it {
            Value::List(bounds) => match bounds.as_slice() {
                [low, high] => {
                    let part = |value: &Value| At::new(value.clone(), wait.span);
                    let (low, high) =
                        (time(lower, &part(low), "wait", 0), time(lower, &part(high), "wait", 0));
                    let wait_ms = low.zip(high);
                    if wait_ms.is_some_and(|(low, high)| low > high) {
                        lower.report(
                            Diagnostic::new(Code::BadValue, wait.span, "expected the shorter wait first")
                                .label("the first is longer than the second"),
                        );
                    }
                    wait_ms
                }
                other => {
                    lower.report(
                        Diagnostic::new(
                            Code::BadValue,
                            wait.span,
                            format!("expected a duration or two of them, found {}", other.len()),
                        )
                        .label("one wait, or the shortest and the longest")
                        .help("write `wait: 30 s`, or `wait: [30 s, 2 min]` to choose between the two"),
                    );
                    None
                }
            },
            _ => time(lower, wait, "wait", 0).map(|ms| (ms, ms)),
        },
    };
    let on = match retry.on.as_ref().map(|on| &*on.it) {
        Some("any") => RetryOn::Any,
        Some("even_if_done") => RetryOn::EvenIfDone,
        _ => RetryOn::RateLimit,
    };
    Some(Retry { times: times? as u32, wait_ms: wait_ms?, on })
}

fn time(lower: &mut Lower<'_, '_>, value: &At<Value>, name: &str, least: u64) -> Option<u64> {
    let ms = duration(&value.it).filter(|ms| *ms >= least);
    if ms.is_none() {
        lower.report(
            Diagnostic::new(
                Code::BadValue,
                value.span,
                format!("expected a duration for `{name}`, found `{}`", value.it),
            )
            .label("not a duration")
            .help("write a number and a unit, as `30 s`, `5 min` or `2 hours`; the longest is 40 days"),
        );
    }
    ms
}

fn misplaced(lower: &mut Lower<'_, '_>, span: crate::source::Span, message: String, help: &str) {
    lower.report(Diagnostic::new(Code::NotForThisCard, span, message).label("not for this card").help(help));
}
