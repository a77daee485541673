//! What a run leaves, in a form in which two can be held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use flowrun_core::effect::EffectId;
use flowrun_core::journal::{Entry, Event, Recorded, Settlement};
use flowrun_okta::sim::{Operation, SessionStatus};
use regex::Regex;
use serde_json::Value;

use super::process::{Outside, Process};
use super::wire::Arrival;

/// What is left when a run has ended.
#[derive(Debug)]
pub struct Left {
    /// The report without times.
    pub report: Value,
    /// Who is in the directory.
    pub users: Vec<String>,
    /// What became of the sessions, and whom each took.
    pub sessions: Vec<String>,
    /// The tables' rows with their numbers.
    pub tables: BTreeMap<String, String>,
    /// What arrived of each effect that changes something.
    pub arrivals: BTreeMap<EffectId, Vec<Arrival>>,
    /// Those that may be sent again.
    pub repeatable: BTreeSet<EffectId>,
    /// How each effect ended.
    pub ends: BTreeMap<EffectId, Recorded>,
    /// Whether an If Error took what nobody knew, or a session expired meanwhile, so that the flow went another way.
    pub parted: bool,
}

impl Left {
    pub fn of(outside: &Outside, process: &Process, entries: &[Entry]) -> Left {
        let mut report = serde_json::to_value(process.course.machine.report()).unwrap();
        without_times(&mut report);
        let okta = &outside.org.0.okta;
        let mut users: Vec<String> = okta.users().iter().map(|user| format!("{user:?}")).collect();
        users.sort();
        let mut sessions = Vec::new();
        for session in okta.sessions() {
            let mut sent = okta.sent_in(&session.id).iter().map(|(_, id)| id.clone()).collect::<Vec<_>>();
            sent.sort();
            sessions.push(format!("{} {} {sent:?}", session.id, session.status.as_str()));
        }
        let mut tables = BTreeMap::new();
        for name in process.tables.names() {
            let stored = process.tables.stored(name).unwrap();
            let rows = stored.rows.iter().map(|row| format!("\n{} {:?}", row.number, row.columns));
            tables.insert(name.to_string(), format!("next {}{}", stored.next, rows.collect::<String>()));
        }
        let arrivals = outside.wire.arrivals();
        let repeatable = arrivals.keys().copied().filter(|id| outside.wire.is_repeatable(*id)).collect();
        let mut ends = BTreeMap::new();
        let mut parted = false;
        for entry in entries {
            match &entry.event {
                Event::Completed(asked, recorded) => {
                    assert!(ends.insert(asked.id, recorded.clone()).is_none(), "{} ended twice", asked.id);
                }
                Event::Settled(_, Settlement::Failed) => parted = true,
                _ => {}
            }
        }
        Left { report, users, sessions, tables, arrivals, repeatable, ends, parted }
    }

    /// Where what a run that was cut off left parts from what the `whole` run left.
    pub fn against(&self, whole: &Left) -> Result<(), String> {
        same("the directory", &self.users, &whole.users)?;
        if self.parted {
            // The flow knows what it does then: nothing twice, and the rest holds.
            same("the status", &self.report["status"], &whole.report["status"])?;
            return self.nothing_twice();
        }
        same("the report", &pretty(&self.report), &pretty(&whole.report))?;
        same("the sessions", &self.sessions, &whole.sessions)?;
        for (name, table) in &whole.tables {
            same(&format!("table {name}"), &self.tables[name], table)?;
        }
        let ids = |left: &Left| left.arrivals.keys().copied().collect::<Vec<_>>();
        same("the effects that changed something", &ids(self), &ids(whole))?;
        for (id, arrivals) in &whole.arrivals {
            let set = |arrivals: &[Arrival]| arrivals.iter().cloned().collect::<BTreeSet<_>>();
            if self.repeatable.contains(id) {
                let done = |arrivals: &[Arrival]| {
                    arrivals.iter().filter(|arrival| arrival.done).cloned().collect::<BTreeSet<_>>()
                };
                same(&format!("what {id} may send again"), &done(&self.arrivals[id]), &set(arrivals))?;
            } else {
                same(&format!("what {id} sends once"), &self.arrivals[id], arrivals)?;
            }
        }
        Ok(())
    }

    fn nothing_twice(&self) -> Result<(), String> {
        for (id, arrivals) in self.arrivals.iter().filter(|(id, _)| !self.repeatable.contains(id)) {
            // What was refused did nothing, however often. A session that expired before the run went on is opened anew.
            let opens = |arrival: &Arrival| arrival.method == "POST" && arrival.path.ends_with("/sessions");
            let done: Vec<&Arrival> =
                arrivals.iter().filter(|arrival| arrival.done && !opens(arrival)).collect();
            let each: BTreeSet<&Arrival> = done.iter().copied().collect();
            if each.len() != done.len() {
                return Err(format!("{id} was sent twice: {arrivals:?}"));
            }
        }
        Ok(())
    }
}

/// By arithmetic: everybody in whom the flow is interested is in one session that was triggered, once, and no session is left open. Okta
/// closes what nobody touches for a day, so that a process that comes `late` may leave such a session behind.
pub fn imported(outside: &Outside, flow: &str, late: bool) -> Result<(), String> {
    let org = &outside.org;
    let (operation, wanted) = match flow {
        "import" => (Operation::Upsert, org.here()),
        _ => (Operation::Delete, org.gone()),
    };
    org.sent_once(operation, &wanted)?;
    let open = org.open_sessions();
    let known = |status| match status {
        SessionStatus::Completed | SessionStatus::Triggered | SessionStatus::Closed => true,
        SessionStatus::Expired => late,
        _ => false,
    };
    match org.0.okta.sessions().iter().find(|session| !known(session.status)) {
        None if open.is_empty() => Ok(()),
        other => Err(format!("left: {open:?} {other:?}")),
    }
}

/// A report as a text, without times of the run and what the simulator says of one answer.
fn pretty(report: &Value) -> String {
    static PASSING: LazyLock<Regex> = LazyLock::new(|| {
        let time = r"2026-09-2[1-9]T[0-9:.]+Z";
        let heads = r#""x-(rate-limit-[a-z]+|okta-request-id)": "[^"]*""#;
        // Who was there a day later has signed in meanwhile; the report quotes what Okta says of a user.
        let logins = r#"\\?"(lastLogin|Last Login)\\?": (null|\\?"[^"]*\\?")"#;
        Regex::new(&format!("{logins}|{time}|{heads}")).unwrap()
    });
    PASSING.replace_all(&serde_json::to_string_pretty(report).unwrap(), "…").into_owned()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, this: &T, whole: &T) -> Result<(), String> {
    if this == whole {
        return Ok(());
    }
    let (this, whole) = (format!("{this:#?}"), format!("{whole:#?}"));
    let (this, whole) = (this.replace("\\n", "\n"), whole.replace("\\n", "\n"));
    let mut lines = String::new();
    for pair in this.lines().zip(whole.lines()).filter(|(this, whole)| this != whole).take(12) {
        lines += &format!("\n  - {}\n  + {}", pair.1.trim(), pair.0.trim());
    }
    Err(format!("{what}: {} lines, not {}:{lines}", this.lines().count(), whole.lines().count()))
}

/// The flow of the import that looks every minute how far Okta has come: how often, goes by the time.
const LOOKS_AGAIN: &str = "read_import_session";

/// The card that begins no more items when one is found.
const FINDS: &str = "list.find_custom";

/// Takes out of a report what a crash may change: when it was and how long it took, and what goes by that. Tells whether some of
/// what ran went by it.
fn without_times(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            for time in ["started", "started_ms", "duration_ms", "slowest", "until"] {
                members.remove(time);
            }
            let mut cut = false;
            // Of many items, those are shown that ended first and last.
            if members.get("total").and_then(Value::as_u64).is_some_and(|total| total > 6) {
                members.remove("items");
            }
            // Once one is found, no more are begun.
            if members.get("card").and_then(Value::as_str) == Some(FINDS) {
                cut = true;
                members.remove("done");
                members.remove("items");
            }
            let path = members.get("path").and_then(Value::as_str);
            if path.is_some_and(|path| path.ends_with(LOOKS_AGAIN)) {
                cut = true;
                members.remove("cards");
            }
            for member in members.values_mut() {
                cut |= without_times(member);
            }
            if cut {
                members.remove("counts");
            }
            cut
        }
        Value::Array(items) => items.iter_mut().fold(false, |cut, item| without_times(item) | cut),
        _ => false,
    }
}
