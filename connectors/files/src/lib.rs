//! File cards: what flows do with the files of a run, whose contents lie in [`flowrun_kit::files`], and cards that make files of the
//! project's own.
//!
//! Only Download and the uploads are elsewhere, with the API Connector, whose connection they need.

use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::source::Sources;
use flowrun_core::value::File;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;
use flowrun_kit::files::{Files, MB};

mod tar;

flowrun_kit::effect_cards! {
    info::Info,
    create::Create,
    read_text::ReadText,
    from_base64::FromBase64,
    to_base64::ToBase64,
    rename::Rename,
    hash::Hash,
    export_flow::ExportFlow,
    export_folder::ExportFolder,
}

/// What a run has of files.
pub fn connector() -> Connector {
    Connector::own(FileStore::CONNECTOR, effect_cards())
}

/// The most megabytes of a file that become a text, which flows hold in memory.
const MAX_TEXT_MB: f64 = 100.0;

/// The files of a run, for the cards.
#[derive(Debug)]
pub struct FileStore {
    files: Files,
    sources: Arc<Sources>,
    clock: Clock,
}

impl Connection for FileStore {
    const CONNECTOR: &'static str = "file";
    const OWN: bool = true;
}

impl FileStore {
    /// These files, and the project's own; `clock` tells when one is created.
    pub fn new(files: Files, sources: Arc<Sources>, clock: Clock) -> FileStore {
        FileStore { files, sources, clock }
    }

    /// The project's files, each with its path below the project's folder.
    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().map(|(_, source)| (&*source.path, &*source.text))
    }

    fn create(&self, name: &str, content: &[u8]) -> Result<Arc<File>> {
        self.files.create(name, content, self.clock.now_ms())
    }

    /// Reads a file that is to become a text of at most so many megabytes.
    fn read(&self, file: &File, max_mb: f64) -> Result<Vec<u8>> {
        self.files.read(file, (max_mb * MB as f64) as u64).map_err(|fault| match fault.kind {
            FaultKind::InvalidInput => fault.help("set `max_mb` to allow more"),
            _ => fault,
        })
    }
}

/// What is wrong with a bound on texts, if something is.
fn out_of_range(max_mb: f64) -> Option<String> {
    let fits = max_mb > 0.0 && max_mb <= MAX_TEXT_MB;
    (!fits).then(|| format!("expected more than 0 and at most {MAX_TEXT_MB}, found {max_mb}"))
}

/// The fault of a file without a name.
fn unnamed(input: InputId) -> Fault {
    Fault::new(FaultKind::InvalidInput, "the name of the file is blank").at(input)
}
