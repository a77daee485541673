//! Lock files: what one run at a time may have, across all processes of a machine.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use flowrun_core::value::Date;
use serde_json::{Value, json};

use super::private::private;

/// Who has something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The flow's name.
    pub flow: String,
    /// The run's name.
    pub run: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// The process that runs it.
    pub process: u32,
}

impl Holder {
    /// The run of a flow in this process.
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
        let since = Date::from_millis(self.since_ms).map(|date| date.to_string()).unwrap_or_default();
        format!("`{}` since {since} (run {}, process {})", self.flow, self.run, self.process)
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
