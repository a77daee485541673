//! A file that is being written.

use std::io::{self, Write};
use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{File, Text, size_told};
use ring::digest::{Context, SHA256};

use super::{Content, Extent, Files, fault};

/// A file that is being written; it is nobody's until it is kept, and goes when it is dropped before.
pub struct Draft {
    files: Files,
    extents: Vec<Extent>,
    size: u64,
    hash: Context,
}

impl Draft {
    pub(super) fn new(files: Files) -> Draft {
        Draft { files, extents: Vec::new(), size: 0, hash: Context::new(&SHA256) }
    }

    /// Writes more of it, unless a bound would be passed.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let bounds = self.files.bounds();
        let more = bytes.len() as u64;
        if self.size + more > bounds.one {
            let message =
                format!("the file is larger than {}, the most that one file may have", size_told(bounds.one));
            return Err(Fault::new(FaultKind::InvalidInput, message).help("allow more with --max-file-mb"));
        }
        let mut store = self.files.store();
        if store.end + more > bounds.all {
            let most = size_told(bounds.all);
            let message =
                format!("the file does not fit into {most}, the most that all files of a run may have");
            return Err(Fault::new(FaultKind::InvalidInput, message).help("allow more with --max-files-mb"));
        }
        let extent = store.append(bytes).map_err(fault)?;
        drop(store);
        match self.extents.last_mut() {
            Some(last) if last.start + last.length == extent.start => last.length += extent.length,
            _ => self.extents.push(extent),
        }
        self.hash.update(bytes);
        self.size += more;
        Ok(())
    }

    /// Forgets what was written, to start over.
    pub fn restart(&mut self) {
        self.files.store().give_back(&std::mem::take(&mut self.extents));
        self.hash = Context::new(&SHA256);
        self.size = 0;
    }

    /// Makes it one of the run's files, called `name`.
    pub fn keep(mut self, name: &str, now_ms: i64) -> Arc<File> {
        let hash = self.hash.clone().finish();
        let handle = Text::from(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let mut store = self.files.store();
        // What is there already is not stored again: the extents stay with the draft, which gives them back.
        if !store.contents.contains_key(&handle) {
            let extents = std::mem::take(&mut self.extents).into();
            store.contents.insert(handle.clone(), Content { extents, stored_ms: now_ms });
        }
        drop(store);
        Arc::new(File { handle, name: name.into(), size: self.size })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.extents.is_empty() {
            self.files.store().give_back(&self.extents);
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
