//! What a store in memory would have on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::batch::{Batch, Checkpoint, Entry, Moved, Row, RowChange, RunId, TableChange, TableId};
use crate::error::{Result, StoreError};
use crate::hash::FileHash;
use crate::note::{Note, NoteChange, Notes};
use crate::refusal;
use crate::run::{Filter, Forgotten, Run, State};

/// What would be on the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) programs: BTreeMap<String, Vec<u8>>,
    pub(super) runs: BTreeMap<RunId, StoredRun>,
    pub(super) begun: u64,
    pub(super) tables: BTreeMap<TableId, StoredTable>,
    pub(super) files: BTreeMap<FileHash, Arc<[u8]>>,
    pub(super) audit: BTreeMap<Option<RunId>, BTreeMap<u64, String>>,
    /// Runs that are gone and have left an audit record.
    pub(super) gone: BTreeSet<RunId>,
    pub(super) notes: BTreeMap<(Arc<str>, Arc<str>), StoredNote>,
    pub(super) noted: u64,
}

#[derive(Clone, Debug)]
pub(super) struct StoredRun {
    pub(super) run: Run,
    /// Of two that began at the same moment, the later has the greater.
    pub(super) place: u64,
    pub(super) start: Option<Vec<u8>>,
    pub(super) report: Option<Vec<u8>>,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) entries: BTreeMap<u64, Entry>,
    pub(super) files: BTreeSet<FileHash>,
}

#[derive(Clone, Debug)]
pub(super) struct StoredNote {
    pub(super) note: Note,
    /// Of two that are due at the same moment, the later has the greater.
    pub(super) place: u64,
}

#[derive(Clone, Debug)]
pub(super) struct StoredTable {
    pub(super) next: u64,
    pub(super) note: Vec<u8>,
    pub(super) rows: BTreeMap<u64, Row>,
}

impl Stored {
    /// Whether a batch fits: it is refused as a whole or not at all.
    pub(super) fn fits(&self, batch: &Batch) -> Result<()> {
        let new = |hash: &String| batch.programs.iter().any(|program| program.hash == *hash);
        let has_program = |hash: &String| {
            if new(hash) || self.programs.contains_key(hash) {
                Ok(())
            } else {
                Err(refusal::no_program(hash))
            }
        };
        if let Some(start) = &batch.start {
            let id = &start.about.id;
            if self.runs.contains_key(id) || self.gone.contains(id) {
                return Err(refusal::run_exists(id));
            }
            has_program(&start.about.program)?;
        }
        let last = match &batch.run {
            None if !batch.is_nobodys() => return Err(refusal::nobodys()),
            None => 0,
            Some(id) => match self.runs.get(id) {
                Some(run) => run.run.entries,
                None if batch.start.is_some() => 0,
                None => return Err(refusal::no_such_run(id)),
            },
        };
        let id = batch.run.as_deref().unwrap_or_default();
        for (expected, entry) in (last + 1..).zip(&batch.entries) {
            if entry.seq != expected {
                return Err(refusal::gap(id, expected, entry.seq));
            }
        }
        let last = batch.entries.last().map_or(last, |entry| entry.seq);
        let named = batch.checkpoint.as_ref().map(|checkpoint| checkpoint.seq).into_iter().chain(batch.cut);
        if let Some(seq) = named.into_iter().find(|seq| *seq > last) {
            return Err(refusal::beyond(id, last, seq));
        }
        for change in &batch.tables {
            for row in &change.rows {
                if let RowChange::Put(row) = row
                    && row.number >= change.next
                {
                    return Err(refusal::row_order(&change.table.name, row.number, change.next));
                }
            }
        }
        let lines = self.audit.get(&batch.run);
        if let Some(line) =
            batch.audit.iter().find(|line| lines.is_some_and(|lines| lines.contains_key(&line.number)))
        {
            return Err(StoreError::refused(format!("there is already an audit line {}", line.number)));
        }
        if let Some(hash) = batch.files.iter().find(|hash| !self.files.contains_key(hash)) {
            return Err(refusal::no_file(hash));
        }
        batch.moved.as_ref().and_then(|moved| moved.program.as_ref()).map_or(Ok(()), has_program)?;
        self.fits_notes(&batch.notes)
    }

    pub(super) fn fits_notes(&self, changes: &[NoteChange]) -> Result<()> {
        // In a batch, one change may stand on another: they are tried on a copy of the notes that they name.
        let mut tried: BTreeMap<(Arc<str>, Arc<str>), Option<bool>> = BTreeMap::new();
        for change in changes {
            let id = match change {
                NoteChange::Put(note) | NoteChange::Add(note) | NoteChange::New(note) => {
                    (note.space.clone(), note.key.clone())
                }
                NoteChange::Claim { space, key, .. } | NoteChange::Remove { space, key } => {
                    (space.clone(), key.clone())
                }
                NoteChange::Sweep { .. } => continue,
            };
            // Whether it is there, and whether it is due.
            let known = self.notes.get(&id).map(|stored| stored.note.due_us.is_some());
            let state = tried.entry(id).or_insert(known);
            match change {
                NoteChange::New(note) if state.is_some() => {
                    return Err(refusal::note_exists(&note.space, &note.key));
                }
                NoteChange::Add(_) if state.is_some() => {}
                NoteChange::Put(note) | NoteChange::Add(note) | NoteChange::New(note) => {
                    *state = Some(note.due_us.is_some());
                }
                NoteChange::Claim { space, key, .. } if *state != Some(true) => {
                    return Err(refusal::nothing_to_claim(space, key));
                }
                NoteChange::Claim { .. } => *state = Some(false),
                NoteChange::Remove { .. } => *state = None,
                NoteChange::Sweep { .. } => {}
            }
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, batch: Batch) {
        for program in batch.programs {
            self.programs.entry(program.hash).or_insert(program.body);
        }
        if let Some(start) = batch.start {
            self.begun += 1;
            let run = Run {
                about: start.about,
                state: State::Running,
                ended_us: None,
                error: None,
                summary: Vec::new(),
                entries: 0,
                cut: 0,
                cleared: false,
            };
            let run = StoredRun {
                run,
                place: self.begun,
                start: Some(start.start),
                report: None,
                checkpoint: None,
                entries: BTreeMap::new(),
                files: BTreeSet::new(),
            };
            self.runs.insert(run.run.about.id.clone(), run);
        }
        batch.tables.into_iter().for_each(|change| self.change_table(change));
        batch.notes.into_iter().for_each(|change| self.change_note(change));
        if !batch.audit.is_empty() {
            let lines = batch.audit.into_iter().map(|line| (line.number, line.text));
            self.audit.entry(batch.run.clone()).or_default().extend(lines);
        }
        let Some(run) = batch.run.as_ref().and_then(|id| self.runs.get_mut(id)) else { return };
        for entry in batch.entries {
            run.run.entries = entry.seq;
            run.entries.insert(entry.seq, entry);
        }
        run.files.extend(batch.files);
        if let Some(checkpoint) = batch.checkpoint {
            run.checkpoint = Some(*checkpoint);
        }
        if let Some(cut) = batch.cut {
            run.entries = run.entries.split_off(&(cut + 1));
            run.run.cut = run.run.cut.max(cut);
        }
        if let Some(moved) = batch.moved {
            run.move_on(*moved);
        }
    }

    pub(super) fn change_note(&mut self, change: NoteChange) {
        match change {
            NoteChange::Put(note) | NoteChange::New(note) => self.write_note(note),
            NoteChange::Add(note) => {
                if !self.notes.contains_key(&(note.space.clone(), note.key.clone())) {
                    self.write_note(note);
                }
            }
            NoteChange::Claim { space, key, body } => {
                if let Some(stored) = self.notes.get_mut(&(space, key)) {
                    (stored.note.due_us, stored.note.body) = (None, body);
                }
            }
            NoteChange::Remove { space, key } => drop(self.notes.remove(&(space, key))),
            NoteChange::Sweep { space, before_us } => self.notes.retain(|_, stored| {
                let Note { space: of, at_us, due_us, .. } = &stored.note;
                *of != space || due_us.is_some() || *at_us >= before_us
            }),
        }
    }

    pub(super) fn write_note(&mut self, note: Note) {
        self.noted += 1;
        let id = (note.space.clone(), note.key.clone());
        self.notes.insert(id, StoredNote { note, place: self.noted });
    }

    /// Notes about which nothing is to be done any more lose what they say.
    pub(super) fn forget_notes(&mut self, person: &str, look: bool, forgotten: &mut Forgotten) {
        self.notes.retain(|(_, key), stored| {
            let named = is_in(key.as_bytes(), person);
            if !named && !is_in(&stored.note.body, person) {
                return true;
            }
            if stored.note.due_us.is_some() {
                forgotten.waiting += 1;
                return true;
            }
            forgotten.notes += 1;
            if look {
                return true;
            }
            stored.note.body.clear();
            !named
        });
    }

    /// The notes that are asked for.
    pub(super) fn asked(&self, asked: &Notes) -> Vec<Note> {
        let of = self.notes.values().filter(|stored| stored.note.space == asked.space);
        let mut found: Vec<&StoredNote> = of
            .filter(|stored| stored.note.key.starts_with(&*asked.prefix))
            .filter(|stored| match &asked.after {
                Some(after) if asked.backwards => stored.note.key < *after,
                Some(after) => stored.note.key > *after,
                None => true,
            })
            .filter(|stored| {
                let within = |by| stored.note.due_us.is_some_and(|due| due <= by && due > asked.since_us);
                asked.due_us.is_none_or(within)
            })
            .collect();
        if asked.due_us.is_some() {
            found.sort_by_key(|stored| (stored.note.due_us, stored.place));
        } else if asked.backwards {
            found.reverse();
        }
        found.into_iter().take(asked.limit).map(|stored| stored.note.clone()).collect()
    }

    pub(super) fn change_table(&mut self, change: TableChange) {
        let empty = || StoredTable { next: 1, note: Vec::new(), rows: BTreeMap::new() };
        let table = self.tables.entry(change.table).or_insert_with(empty);
        for row in change.rows {
            match row {
                RowChange::Put(row) => drop(table.rows.insert(row.number, row)),
                RowChange::Delete(number) => drop(table.rows.remove(&number)),
                RowChange::Clear => table.rows.clear(),
            }
        }
        table.next = change.next;
        table.note = change.note.unwrap_or(std::mem::take(&mut table.note));
    }

    /// The runs of a filter, the newest first.
    pub(super) fn found(&self, filter: &Filter) -> Vec<&StoredRun> {
        let place = |run: &StoredRun| (run.run.about.started_us, run.place);
        let last = filter.before.as_ref().map(|before| self.runs.get(before).map(place));
        // Before a run that is not there, there is nothing.
        let older = |run: &&StoredRun| last.is_none_or(|last| last.is_some_and(|last| place(run) < last));
        let mut found: Vec<&StoredRun> =
            self.runs.values().filter(|run| filter.takes(&run.run)).filter(older).collect();
        found.sort_by_key(|run| std::cmp::Reverse(place(run)));
        found.truncate(filter.limit.unwrap_or(usize::MAX));
        found
    }

    /// Ended runs, the longest ended first.
    pub(super) fn ended(&self) -> Vec<&StoredRun> {
        let mut ended: Vec<&StoredRun> =
            self.runs.values().filter(|run| run.run.ended_us.is_some()).collect();
        ended.sort_by_key(|run| (run.run.ended_us, run.place));
        ended
    }
}

impl StoredRun {
    pub(super) fn move_on(&mut self, moved: Moved) {
        let run = &mut self.run;
        run.ended_us = (!moved.state.status().is_open()).then_some(moved.at_us);
        run.error = moved.error;
        if let Some(summary) = moved.summary {
            run.summary = summary;
        }
        if let Some(program) = moved.program {
            run.about.program = program;
        }
        if let Some(owner) = moved.owner {
            run.about.owner = owner;
        }
        self.report = moved.report.or(self.report.take());
        let ended_well = matches!(moved.state, State::Done | State::Cancelled);
        run.state = moved.state;
        if ended_well && !run.about.save_data {
            self.clear();
        }
    }

    pub(super) fn clear(&mut self) {
        self.start = None;
        self.report = None;
        self.checkpoint = None;
        self.entries.clear();
        self.files.clear();
        self.run.cut = self.run.entries;
        self.run.cleared = true;
    }

    pub(super) fn mentions(&self, person: &str) -> bool {
        let values = [&self.start, &self.report].into_iter().flatten();
        let checkpoint = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.body);
        values
            .chain(checkpoint)
            .chain(self.entries.values().map(|entry| &entry.body))
            .any(|bytes| is_in(bytes, person))
    }
}

impl StoredRun {
    /// Words about the run stay, but for the name.
    pub(super) fn forget(&mut self, person: &str) {
        let run = &mut self.run;
        run.error = run.error.take().map(|error| blacked_out(&error, person));
        if is_in(&run.summary, person) {
            run.summary.clear();
        }
    }
}

/// Whether a text stands in bytes; capitals do not matter in ASCII.
pub(super) fn is_in(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
}

/// A text without another.
pub(super) fn blacked_out(text: &str, person: &str) -> String {
    let (mut rest, mut written) = (text, String::new());
    while let Some(at) = rest.to_ascii_lowercase().find(&person.to_ascii_lowercase()) {
        written.push_str(&rest[..at]);
        written.push_str("(forgotten)");
        rest = &rest[at + person.len()..];
    }
    written + rest
}

impl Filter {
    pub(super) fn takes(&self, run: &Run) -> bool {
        let about = &run.about;
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let text = || {
            let told = [run.error.as_deref(), run.state.question()].map(Option::unwrap_or_default);
            [&about.id, about.flow.as_str(), &about.title, told[0], told[1]].join("\n").to_ascii_lowercase()
        };
        same(&self.scope, &about.scope)
            && same(&self.flow, &about.flow)
            && self.cause.as_ref().is_none_or(|cause| about.cause.as_ref() == Some(cause))
            && self.alone.as_ref().is_none_or(|alone| about.alone.as_ref() == Some(alone))
            && self.parent.as_ref().is_none_or(|parent| about.parent.as_ref() == Some(parent))
            && (self.states.is_empty() || self.states.contains(&run.state.status()))
            && self.since_us.is_none_or(|since| about.started_us >= since)
            && self.until_us.is_none_or(|until| about.started_us < until)
            && self.text.as_ref().is_none_or(|wanted| text().contains(&wanted.to_ascii_lowercase()))
    }
}
