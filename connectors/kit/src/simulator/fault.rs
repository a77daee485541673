//! Faults on request: which requests a simulator answers badly, and how.

use super::lock;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a `slow` answer keeps its client waiting: longer than any client here waits.
pub const SLOW: Duration = Duration::from_secs(45);

/// A way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SimFaultKind {
    /// 429 instead of an effect.
    RateLimit,
    /// 500 instead of an effect.
    ServerError,
    /// 502 instead of an effect.
    BadGateway,
    /// The vendor's 401 instead of an effect.
    ExpiredToken,
    /// The connection breaks before the request has an effect.
    DropBefore,
    /// The request has its effect, then the connection breaks.
    Drop,
    /// The request has its effect; half of the answer's body arrives.
    Truncate,
    /// The request has its effect; the answer comes [`SLOW`] later.
    Slow,
}

impl SimFaultKind {
    /// All of them, by the names they are asked for with.
    pub const ALL: [(&'static str, SimFaultKind); 8] = [
        ("rate-limit", SimFaultKind::RateLimit),
        ("server-error", SimFaultKind::ServerError),
        ("bad-gateway", SimFaultKind::BadGateway),
        ("expired-token", SimFaultKind::ExpiredToken),
        ("slow", SimFaultKind::Slow),
        ("drop", SimFaultKind::Drop),
        ("drop-before", SimFaultKind::DropBefore),
        ("truncate", SimFaultKind::Truncate),
    ];

    /// The name it is asked for with.
    pub fn name(self) -> &'static str {
        SimFaultKind::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// One fault asked for, as `KIND[@WHERE][:nth=N][:times=N][:every=N]`.
///
/// WHERE is a part of `METHOD path?query`, a vendor's name, or a vendor's name, a space and such a part. Of the requests
/// it matches, the fault hits `times` in a row (1 unless said) from the `nth` on (the first unless said), and again
/// after every `every` requests if that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimFault {
    kind: SimFaultKind,
    part: String,
    nth: u64,
    times: u64,
    every: Option<u64>,
}

impl SimFault {
    fn matches(&self, vendor: &str, request: &str) -> bool {
        match self.part.strip_prefix(vendor) {
            Some("") => true,
            Some(rest) if rest.starts_with(' ') => request.contains(rest.trim_start()),
            _ => request.contains(&self.part),
        }
    }

    fn hits(&self, count: u64) -> bool {
        let Some(since) = count.checked_sub(self.nth) else { return false };
        self.every.map_or(since, |every| since % every) < self.times
    }
}

/// Why a text names no fault: it says what could have stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFault(String);

impl fmt::Display for BadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadFault {}

impl FromStr for SimFault {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<SimFault, BadFault> {
        let mut pieces = text.split(':');
        let head = pieces.next().unwrap_or_default();
        let (name, part) = head.split_once('@').unwrap_or((head, ""));
        let Some(&(_, kind)) = SimFaultKind::ALL.iter().find(|(known, _)| *known == name) else {
            let names = SimFaultKind::ALL.map(|(name, _)| name).join(", ");
            return Err(BadFault(format!("no fault is called `{name}`; there are {names}")));
        };
        let mut fault = SimFault { kind, part: part.to_owned(), nth: 1, times: 1, every: None };
        for piece in pieces {
            let Some((key, number)) = piece.split_once('=') else {
                return Err(BadFault(format!(
                    "expected nth=N, times=N or every=N in `{text}`, found `{piece}`"
                )));
            };
            let number: u64 = number.parse().ok().filter(|&number| number > 0).ok_or_else(|| {
                BadFault(format!("{key} in `{text}` must be a whole number from 1 on, found `{number}`"))
            })?;
            match key {
                "nth" => fault.nth = number,
                "times" => fault.times = number,
                "every" => fault.every = Some(number),
                _ => return Err(BadFault(format!("a fault has nth, times and every, but no `{key}`"))),
            }
        }
        Ok(fault)
    }
}

impl fmt::Display for SimFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if !self.part.is_empty() {
            write!(f, "@{}", self.part)?;
        }
        if self.nth != 1 {
            write!(f, ":nth={}", self.nth)?;
        }
        if self.times != 1 {
            write!(f, ":times={}", self.times)?;
        }
        self.every.map_or(Ok(()), |every| write!(f, ":every={every}"))
    }
}

#[derive(Debug)]
struct Armed {
    fault: SimFault,
    seen: u64,
    fired: u64,
}

/// The faults of a run. Clones share their counts, so that one set can be given to several simulators.
#[derive(Clone, Debug, Default)]
pub struct SimFaults(Arc<Mutex<All>>);

#[derive(Debug, Default)]
struct All {
    armed: Vec<Armed>,
    /// What was asked, each once: methods and paths.
    asked: BTreeSet<String>,
}

/// How many different requests are told where a fault fitted none.
const MOST_TOLD: usize = 12;

impl SimFaults {
    /// No faults; some may be added later.
    pub fn none() -> SimFaults {
        SimFaults::default()
    }

    /// Adds a fault, which counts requests from now on.
    pub fn add(&self, fault: SimFault) {
        lock(&self.0).armed.push(Armed { fault, seen: 0, fired: 0 });
    }

    /// Forgets all faults: from now on the simulators behave.
    pub fn clear(&self) {
        *lock(&self.0) = All::default();
    }

    /// Each fault and how many requests it hit so far.
    pub fn fired(&self) -> Vec<(SimFault, u64)> {
        lock(&self.0).armed.iter().map(|armed| (armed.fault.clone(), armed.fired)).collect()
    }

    /// What to say of faults that hit no request, if there are any: whoever tests by a slip would believe in what comes of it.
    pub fn idle(&self) -> Option<String> {
        let all = lock(&self.0);
        let idle: Vec<String> = all
            .armed
            .iter()
            .filter(|armed| armed.fired == 0)
            .map(|armed| format!("--fault {}", armed.fault))
            .collect();
        if idle.is_empty() {
            return None;
        }
        let asked: Vec<&str> = all.asked.iter().map(String::as_str).take(MOST_TOLD).collect();
        let more = if all.asked.len() > MOST_TOLD { ", …" } else { "" };
        let asked = if asked.is_empty() {
            "none was sent to a simulator".to_owned()
        } else {
            format!("there were {}{more}", asked.join(", "))
        };
        Some(format!("{} hit no request: {asked}", idle.join(" and ")))
    }

    /// What happens to this request. Every fault counts it; of those that hit it, the first asked for wins.
    pub fn next(&self, vendor: &str, method: &str, target: &str) -> Option<SimFaultKind> {
        let mut all = lock(&self.0);
        if all.armed.is_empty() {
            return None;
        }
        if all.asked.len() <= MOST_TOLD {
            all.asked.insert(format!("{vendor} {method} {}", route(target)));
        }
        let request = format!("{method} {target}");
        let mut chosen = None;
        for armed in all.armed.iter_mut().filter(|armed| armed.fault.matches(vendor, &request)) {
            armed.seen += 1;
            if chosen.is_none() && armed.fault.hits(armed.seen) {
                armed.fired += 1;
                chosen = Some(armed.fault.kind);
            }
        }
        chosen
    }
}

/// The path of an address, with `…` in place of what looks like an ID.
fn route(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let is_id = |segment: &str| {
        segment.len() >= 20 || segment.bytes().any(|byte| byte.is_ascii_digit()) && segment.len() > 3
    };
    let segments: Vec<&str> =
        path.split('/').map(|segment| if is_id(segment) { "…" } else { segment }).collect();
    segments.join("/")
}

impl FromIterator<SimFault> for SimFaults {
    fn from_iter<I: IntoIterator<Item = SimFault>>(faults: I) -> SimFaults {
        let all = SimFaults::none();
        faults.into_iter().for_each(|fault| all.add(fault));
        all
    }
}
