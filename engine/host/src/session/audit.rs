//! The audit record of a run: JSON lines that say who ran what when, and what was sent to whom.
//!
//! It names people by their external IDs and holds a hash of what was sent of them; what was sent itself only if asked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use flowrun_core::fault::Result;
use flowrun_core::report::Report;
use flowrun_core::source::Sources;
use flowrun_core::value::Date;
use flowrun_kit::audit::{Entry, Ledger, Sending, Subject};
use flowrun_kit::effect::Pending;
use flowrun_store::{make_private, sync_way};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use flowrun_project::Problem;

use super::connections::Made;
use super::private::private;
use super::state::hex;

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
    /// In whose name it runs, where somebody said so.
    pub who: Option<&'a str>,
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Audit {
    /// Whether there is one.
    pub fn is_begun(&self) -> bool {
        self.0.get().is_some()
    }

    /// Begins the record.
    pub fn begin(&self, file: AuditFile, beginning: &Beginning<'_>) {
        let file = self.0.get_or_init(|| file);
        file.add(&file.words.start(beginning));
    }

    /// Ends the record, if there is one; fails if it is not complete.
    pub fn end(&self, report: &Report, made: &[Made], now_ms: i64) -> io::Result<()> {
        let Some(file) = self.0.get() else { return Ok(()) };
        file.add(&file.words.end(report, made, now_ms));
        file.finish()
    }
}

impl Ledger for Audit {
    fn sending<'a>(&'a self, sending: &'a Sending<'a>) -> Pending<'a, Result<u64>> {
        Box::pin(async move {
            Ok(match self.0.get() {
                Some(file) => file.sending(sending).await,
                None => 0,
            })
        })
    }

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

/// What the lines of a record say.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Whether what is sent of people is written down as it is.
    pub profiles: bool,
}

impl Words {
    /// How a run starts.
    pub fn start(&self, beginning: &Beginning<'_>) -> Value {
        let mut line = json!({
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
        });
        if let Some(who) = beginning.who {
            line["who"] = json!(who);
        }
        line
    }

    /// A request that is about to be sent.
    pub fn sending(&self, number: u64, sending: &Sending<'_>) -> Value {
        let mut line = json!({
            "event": "sending",
            "time": time(sending.at_ms),
            "number": number,
            "host": sending.host,
            "method": sending.method,
            "path": sending.path,
        });
        if !sending.subjects.is_empty() {
            line["sent"] = sending.subjects.iter().map(|subject| self.subject(subject)).collect();
        }
        line
    }

    /// How a request ended.
    pub fn request(&self, entry: &Entry<'_>) -> Value {
        let sent = entry.sent;
        let mut line = json!({
            "event": "request",
            "time": time(sent.at_ms),
            "ended": time(entry.ended_ms),
            "number": entry.number,
            "host": sent.host,
            "method": sent.method,
            "path": sent.path,
            "status": entry.status,
            "request_id": entry.request_id,
            "tries": entry.tries,
        });
        if entry.lost {
            line["lost"] = true.into();
        }
        if !sent.subjects.is_empty() {
            line["sent"] = sent.subjects.iter().map(|subject| self.subject(subject)).collect();
        }
        line
    }

    /// How a run ended.
    pub fn end(&self, report: &Report, made: &[Made], now_ms: i64) -> Value {
        let requests = made.iter().map(|made| {
            let tally = made.activity.tally();
            (
                made.name.clone(),
                json!({ "sent": tally.requests, "repeated": tally.repeated, "throttled": tally.throttled }),
            )
        });
        json!({
            "event": "end",
            "time": time(now_ms),
            "status": report.status,
            "outputs": self.told(json!(report.flow.outputs)),
            "error": report.flow.error,
            "requests": requests.collect::<Map<_, _>>(),
        })
    }

    /// The outputs of a flow as the record has them: lists of texts are there for people to read and may name others, so that of them
    /// only the length is kept, unless profiles are asked for.
    fn told(&self, mut outputs: Value) -> Value {
        let lists = outputs.as_object_mut().into_iter().flat_map(|outputs| outputs.values_mut());
        for output in lists.filter(|_| !self.profiles) {
            if let Value::Array(items) = output
                && !items.is_empty()
                && items.iter().all(Value::is_string)
            {
                *output = json!({ "texts": items.len() });
            }
        }
        outputs
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

/// An audit record that is being written.
#[derive(Debug)]
pub struct AuditFile {
    words: Words,
    path: PathBuf,
    file: Arc<File>,
    written: Mutex<Written>,
    /// How many lines no crash can lose any more.
    synced: tokio::sync::Mutex<u64>,
}

#[derive(Debug, Default)]
struct Written {
    lines: u64,
    requests: u64,
    failed: Option<io::Error>,
}

impl AuditFile {
    /// Begins a record; an earlier one of that name stays, and this one follows it. `profiles`: what is sent of people is
    /// written down as it is.
    pub fn open(path: &Path, profiles: bool) -> std::result::Result<AuditFile, Problem> {
        let unusable = |error: io::Error| {
            Problem::new(format!("the audit record {} can't be written: {error}", path.display()))
                .help("name another file with --audit, or go without one with --no-audit")
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_private(folder).map_err(unusable)?;
        }
        let mut file = private().read(true).append(true).create(true).open(path).map_err(unusable)?;
        sync_way(path).and_then(|()| end_line(&mut file)).map_err(unusable)?;
        Ok(AuditFile {
            words: Words { profiles },
            path: path.to_owned(),
            file: Arc::new(file),
            written: Mutex::default(),
            synced: Default::default(),
        })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line. That it can't be written is told at the end: a run in its middle must still clean up.
    pub fn add(&self, line: &Value) {
        self.written().add(&self.file, line);
    }

    /// Makes sure that everything is on the disk; why not, if not.
    pub fn finish(&self) -> io::Result<()> {
        match self.written().failed.take() {
            Some(error) => Err(error),
            // Whoever deletes or moves it leaves nothing that could be found there.
            None if !self.path.exists() => Err(io::ErrorKind::NotFound.into()),
            None => self.file.sync_all(),
        }
    }

    /// Adds the line of a request that is about to be sent, and returns once it is on the disk.
    async fn sending(&self, sending: &Sending<'_>) -> u64 {
        let (number, line) = {
            let mut written = self.written();
            written.requests += 1;
            let line = self.words.sending(written.requests, sending);
            written.add(&self.file, &line);
            (written.requests, written.lines)
        };
        self.sync(line).await;
        number
    }

    /// Makes sure that so many lines are on the disk: one sync serves all whose lines were written before it began.
    async fn sync(&self, lines: u64) {
        let mut synced = self.synced.lock().await;
        if *synced >= lines {
            return;
        }
        let (file, all) = (self.file.clone(), self.written().lines);
        let done = tokio::task::spawn_blocking(move || file.sync_data()).await;
        if let Ok(Err(error)) = done {
            self.written().failed.get_or_insert(error);
        }
        *synced = all;
    }

    fn record(&self, entry: &Entry<'_>) {
        self.add(&self.words.request(entry));
    }
}

impl Written {
    fn add(&mut self, mut file: &File, line: &Value) {
        self.lines += 1;
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            self.failed.get_or_insert(error);
        }
    }
}

/// Ends the line in whose middle an earlier run was killed, lest the first line of this one continue it.
fn end_line(file: &mut File) -> io::Result<()> {
    let mut last = [b'\n'];
    // A pipe or a device has no end to look at.
    if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

/// A moment as the record writes it.
pub fn time(ms: i64) -> Value {
    Date::from_millis(ms).map_or(Value::Null, |date| date.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_never_goes_on_in_a_line_that_a_crash_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        for (before, after) in [
            (None, "1\n"),
            (Some(""), "1\n"),
            (Some("{}\n"), "{}\n1\n"),
            (Some("{\"event\":\"requ"), "{\"event\":\"requ\n1\n"),
        ] {
            let path = folder.path().join("audit.jsonl");
            let _ = std::fs::remove_file(&path);
            if let Some(before) = before {
                std::fs::write(&path, before).unwrap();
            }
            let record = AuditFile::open(&path, false).unwrap();
            record.add(&json!(1));
            record.finish().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn a_record_that_was_deleted_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let record = AuditFile::open(&path, false).unwrap();
        record.add(&json!(1));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(record.finish().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
