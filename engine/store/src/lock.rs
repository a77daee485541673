//! Lock files: what one process at a time may have.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use serde_json::{Value, json};

/// Who has something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// What it does: a flow's name, or `flowrun serve`.
    pub flow: String,
    /// The run's name, if it is for one.
    pub run: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// The process.
    pub process: u32,
}

impl Holder {
    /// This process.
    pub fn new(flow: &str, run: &str, since_ms: i64) -> Holder {
        Holder { flow: flow.to_owned(), run: run.to_owned(), since_ms, process: std::process::id() }
    }

    fn write(&self) -> Value {
        json!({ "flow": self.flow, "run": self.run, "since_ms": self.since_ms, "process": self.process })
    }

    fn read(text: &str) -> Option<Holder> {
        let line: Value = serde_json::from_str(text).ok()?;
        Some(Holder {
            flow: line["flow"].as_str()?.to_owned(),
            run: line["run"].as_str()?.to_owned(),
            since_ms: line["since_ms"].as_i64()?,
            process: line["process"].as_u64()?.try_into().ok()?,
        })
    }

    /// Who it is, in words.
    pub fn told(&self) -> String {
        let since = jiff::Timestamp::from_millisecond(self.since_ms).map(|since| format!("{since:.3}"));
        let run = if self.run.is_empty() { String::new() } else { format!("run {}, ", self.run) };
        format!("`{}` since {} ({run}process {})", self.flow, since.unwrap_or_default(), self.process)
    }
}

/// A lock file that is held until this is dropped; the system gives it back even after a crash.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes a lock, or tells who has it, as far as that can be read.
    pub fn take(path: &Path, holder: &Holder) -> io::Result<Result<Lock, Option<Holder>>> {
        let mut file = private().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                file.write_all(holder.write().to_string().as_bytes())?;
                Ok(Ok(Lock { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Some systems let nobody read what another has locked.
                Ok(Err(file.read_to_string(&mut text).ok().and_then(|_| Holder::read(&text))))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Options for a file that only its owner may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
