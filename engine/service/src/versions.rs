//! The versions of a project that were served, each with what it was made of: so that what differs between two can be told.

use std::sync::Arc;

use flowrun_core::vocabulary::Vocabulary;
use flowrun_core::words;
use flowrun_project::Project;
use flowrun_project::bundle::{Bundle, Digest, Listing, Started, Vars};
use flowrun_store::{Batch, Note, NoteChange, Notes, Store, StoreError};
use flowrun_views::diff::report::{Compared, Mark, Report};
use flowrun_views::diff::{Scope, compare, summary};
use serde::{Deserialize, Serialize};

use crate::projects::Version;

/// Notes of versions.
pub const SPACE: &str = "version";

/// Notes of what they were made of.
const FILES: &str = "version.files";

/// Of so many versions it is kept what they were made of.
const MOST: u64 = 50;

/// What is made of more than this is not kept, in bytes.
const LARGEST: usize = 8 << 20;

/// A version, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Its number: the first that a store has seen is 1.
    pub number: u64,
    /// When it was read, in microseconds since 1970.
    pub at_us: i64,
    /// Its hash.
    pub hash: String,
    /// How many flows it has.
    pub flows: u64,
    /// What changed against the one before, in a line.
    pub changed: String,
}

/// What a version was made of.
#[derive(Serialize, Deserialize)]
struct Kept {
    listing: Listing,
    texts: Vec<Arc<str>>,
}

/// The versions of a project that its store remembers, the newest first, from before a number on.
pub fn list(store: &dyn Store, before: Option<u64>, limit: usize) -> Result<Vec<Remembered>, StoreError> {
    let after = before.map(|number| Arc::from(name(number)));
    let notes = store.notes(&Notes { backwards: true, after, ..Notes::of(SPACE).at_most(limit) })?;
    Ok(notes.iter().filter_map(|note| serde_json::from_slice(&note.body).ok()).collect())
}

/// The version of a number.
pub fn of(store: &dyn Store, number: u64) -> Result<Option<Remembered>, StoreError> {
    let note = store.note(SPACE, &name(number))?;
    Ok(note.and_then(|note| serde_json::from_slice(&note.body).ok()))
}

/// Gives a version that a store is served with its number, and remembers it if it is not the one that was served last.
pub fn open(store: &dyn Store, version: &mut Version, vocabulary: &Vocabulary) -> Result<(), StoreError> {
    let Some(last) = list(store, None, 1)?.into_iter().next() else {
        remember(store, version, "the first version".to_owned(), vocabulary);
        return Ok(());
    };
    if last.hash == version.hash {
        (version.number, version.at_us) = (last.number, last.at_us);
        return Ok(());
    }
    version.number = last.number + 1;
    let changed = match project(store, last.number, vocabulary) {
        Some(before) => changed((last.number, &before), version, vocabulary),
        None => "what the version before was made of is not kept".to_owned(),
    };
    remember(store, version, changed, vocabulary);
    Ok(())
}

/// Remembers a version that takes the place of one, which it follows.
pub fn follow(store: &dyn Store, before: &Version, version: &mut Version, vocabulary: &Vocabulary) {
    version.number = before.number + 1;
    let changed = changed((before.number, &before.project), version, vocabulary);
    remember(store, version, changed, vocabulary);
}

fn changed(old: (u64, &Project), new: &Version, vocabulary: &Vocabulary) -> String {
    summary(&between(old, (new.number, &new.project), vocabulary))
}

fn remember(store: &dyn Store, version: &Version, changed: String, vocabulary: &Vocabulary) {
    let told = Remembered {
        number: version.number,
        at_us: version.at_us,
        hash: version.hash.clone(),
        flows: version.program.flows.len() as u64,
        changed,
    };
    let note = |space: &str, body: Vec<u8>| {
        let (space, key) = (Arc::from(space), Arc::from(name(version.number)));
        NoteChange::Put(Note { space, key, at_us: version.at_us, due_us: None, body })
    };
    let mut batch = Batch::default().note(note(SPACE, serde_json::to_vec(&told).unwrap_or_default()));
    let bundle = version.project.bundle("", &Vars::default().given(), vocabulary);
    let kept = Kept { listing: bundle.listing(), texts: bundle.texts().cloned().collect() };
    let kept = serde_json::to_vec(&kept).unwrap_or_default();
    if kept.len() <= LARGEST {
        batch = batch.note(note(FILES, kept));
    }
    if let Some(old) = version.number.checked_sub(MOST) {
        batch = batch.note(NoteChange::Remove { space: Arc::from(FILES), key: Arc::from(name(old)) });
    }
    store.append(batch);
}

/// A version as it was; nothing if it is not kept what it was made of.
pub fn project(store: &dyn Store, number: u64, vocabulary: &Vocabulary) -> Option<Project> {
    let note = store.note(FILES, &name(number)).ok()??;
    let Kept { listing, texts } = serde_json::from_slice(&note.body).ok()?;
    let find = |digest: &Digest| texts.iter().find(|text| Digest::of(text) == *digest).cloned();
    let started = Started { root: "".into(), entry: "".into(), vars: Vars::default() };
    let bundle = Bundle::restore(&listing, find, started).ok()?;
    Some(Project::of_bundle(&bundle, vocabulary))
}

/// What differs between two versions, the older one first.
pub fn between(old: (u64, &Project), new: (u64, &Project), vocabulary: &Vocabulary) -> Report {
    let items = compare(old.1, new.1, Scope::Projects, &vocabulary.cards);
    let files = vec![Compared { name: None, mark: Mark::Changed, items }];
    Report { old: format!("version {}", old.0), new: format!("version {}", new.0), files }
}

/// How a version comes back: the folder is the truth, and its history is git's.
pub fn back(folder: &std::path::Path, number: u64) -> String {
    format!(
        "flowrun has no way back to version {number} of its own: the folder is what counts. Bring the files back there, as `git -C {} checkout COMMIT -- .` does; \
         they are read at once, as a new version",
        words::harmless(&folder.display().to_string())
    )
}

fn name(number: u64) -> String {
    format!("{number:016}")
}
