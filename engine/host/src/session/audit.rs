//! The audit record of a run: JSON lines that say who ran what when, and what was sent to whom.
//!
//! It names people by their external IDs and holds a hash of what was sent of them; what was sent itself only if asked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use flowrun_core::report::Report;
use flowrun_core::source::Sources;
use flowrun_core::value::Date;
use flowrun_kit::audit::{Entry, Ledger, Subject};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use flowrun_project::Problem;

use super::connections::Made;
use super::state::{hex, make, private};

/// The audit record of a run, which begins once it is known over what it runs.
#[derive(Debug, Default)]
pub struct Audit(OnceLock<AuditFile>);

/// What the first line of a record says.
pub struct Beginning<'a> {
    /// The run's name.
    pub run_id: &'a str,
    /// The flow's name.
    pub flow: &'a str,
    /// The flow's path in its project.
    pub file: &'a str,
    /// The files of the project.
    pub sources: &'a Sources,
    /// The connections.
    pub made: &'a [Made],
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// Says who runs it.
    pub env: &'a BTreeMap<String, String>,
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Audit {
    /// Begins the record.
    pub fn begin(&self, file: AuditFile, beginning: &Beginning<'_>) {
        let file = self.0.get_or_init(|| file);
        file.add(&json!({
            "event": "start",
            "time": time(beginning.now_ms),
            "run": beginning.run_id,
            "flow": beginning.flow,
            "file": beginning.file,
            "flows_sha256": fingerprint(beginning.sources),
            "flowrun": env!("CARGO_PKG_VERSION"),
            "user": user(beginning.env),
            "machine": machine(beginning.env),
            "connections": beginning.made.iter().map(|made| (made.name.clone(), json!(made.host))).collect::<Map<_, _>>(),
            "dry_run": beginning.dry_run,
        }));
    }

    /// Ends the record, if there is one; fails if it is not complete.
    pub fn end(&self, report: &Report, made: &[Made], now_ms: i64) -> io::Result<()> {
        let Some(file) = self.0.get() else { return Ok(()) };
        let requests = made.iter().map(|made| {
            let tally = made.activity.tally();
            (
                made.name.clone(),
                json!({ "sent": tally.requests, "repeated": tally.repeated, "throttled": tally.throttled }),
            )
        });
        file.add(&json!({
            "event": "end",
            "time": time(now_ms),
            "status": report.status,
            "outputs": report.flow.outputs,
            "error": report.flow.error,
            "requests": requests.collect::<Map<_, _>>(),
        }));
        file.finish()
    }
}

impl Ledger for Audit {
    fn record(&self, entry: &Entry<'_>) {
        if let Some(file) = self.0.get() {
            file.record(entry);
        }
    }
}

fn named(env: &BTreeMap<String, String>, names: [&str; 3]) -> Option<String> {
    names.iter().find_map(|name| env.get(*name)).filter(|value| !value.is_empty()).cloned()
}

/// Who runs it. A service often has no variable that says so.
fn user(env: &BTreeMap<String, String>) -> Option<String> {
    let asked = || Command::new("id").arg("-un").stderr(Stdio::null()).output().ok();
    let told = || Some(String::from_utf8(asked()?.stdout).ok()?.trim().to_owned());
    named(env, ["SUDO_USER", "USER", "LOGNAME"]).or_else(told).filter(|user| !user.is_empty())
}

/// Where it runs.
fn machine(env: &BTreeMap<String, String>) -> Option<String> {
    let told = || Some(std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned());
    named(env, ["HOSTNAME", "COMPUTERNAME", "HOST"]).or_else(told)
}

/// A hash of all flows and the manifest, by which two runs of the same can be told from two of different ones.
fn fingerprint(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for (_, source) in sources.iter() {
        hash.update(format!("{} {}\n{}", source.path, source.text.len(), source.text));
    }
    hex(&hash.finalize())
}

/// An audit record that is being written.
#[derive(Debug)]
pub struct AuditFile {
    profiles: bool,
    file: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    failed: Option<io::Error>,
}

impl AuditFile {
    /// Begins a record; an earlier one of that name stays, and this one follows it. `profiles`: what is sent of people is
    /// written down as it is.
    pub fn open(path: &Path, profiles: bool) -> Result<AuditFile, Problem> {
        let unusable = |error: io::Error| {
            Problem::new(format!("the audit record {} can't be written: {error}", path.display()))
                .help("name another file with --audit, or go without one with --no-audit")
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make(folder).map_err(unusable)?;
        }
        let file = private().append(true).create(true).open(path).map_err(unusable)?;
        let file = Mutex::new(Written { file, failed: None });
        Ok(AuditFile { profiles, file })
    }

    /// Adds a line. That it can't be written is told at the end: a run in its middle must still clean up.
    pub fn add(&self, line: &Value) {
        let mut written = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = written.file.write_all(format!("{line}\n").as_bytes()) {
            written.failed.get_or_insert(error);
        }
    }

    /// Makes sure that everything is on the disk; why not, if not.
    pub fn finish(&self) -> io::Result<()> {
        let mut written = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match written.failed.take() {
            Some(error) => Err(error),
            None => written.file.sync_all(),
        }
    }

    fn subject(&self, subject: &Subject) -> Value {
        let mut line = json!({ "operation": subject.operation, "external_id": &*subject.external_id });
        if let Some(profile) = &subject.profile {
            line["profile_sha256"] = hex(&Sha256::digest(profile.as_bytes())).into();
            if self.profiles {
                line["profile"] = serde_json::from_str(profile).unwrap_or_default();
            }
        }
        line
    }
}

impl AuditFile {
    fn record(&self, entry: &Entry<'_>) {
        let mut line = json!({
            "event": "request",
            "time": time(entry.sent_ms),
            "ended": time(entry.ended_ms),
            "host": entry.host,
            "method": entry.method,
            "path": entry.path,
            "status": entry.status,
            "request_id": entry.request_id,
            "tries": entry.tries,
        });
        if entry.lost {
            line["lost"] = true.into();
        }
        if !entry.subjects.is_empty() {
            line["sent"] = entry.subjects.iter().map(|subject| self.subject(subject)).collect();
        }
        self.add(&line);
    }
}

/// A moment as the record writes it.
pub fn time(ms: i64) -> Value {
    Date::from_millis(ms).map_or(Value::Null, |date| date.to_string().into())
}
