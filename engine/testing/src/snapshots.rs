//! What happened, as it was accepted once: files in insta's form beside the test file, so that `cargo insta review` shows them too.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flowrun_core::source::Span;
use flowrun_core::value::{Record, Value};
use flowrun_core::yaml;
use flowrun_views::private::masked_constant;
use sha2::{Digest, Sha256};

use crate::form::{Case, Test, TestFile};
use crate::happened::Happened;
use crate::held::Unmet;
use crate::requests::Sent;
use crate::secrets::Secrets;
use crate::written;

/// The folder in which they lie, beside the test file.
pub const FOLDER: &str = "snapshots";

/// The name of a test in that of a file may be so long.
const MOST_OF_A_NAME: usize = 100;

/// So many lines of a difference are shown.
const MOST_LINES: usize = 40;

/// What is done about a snapshot that is not as it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Nothing is written.
    No,
    /// What is there now is written beside it, to be looked at.
    New,
    /// It takes its place.
    Always,
    /// The first where there is none yet, the second otherwise.
    Unseen,
}

impl Update {
    /// What insta does by the same variables: insta.rs/docs/quickstart/#updating.
    pub fn of_environment(insta_update: Option<&str>, is_ci: bool) -> Result<Update, String> {
        match insta_update.unwrap_or_default() {
            "" | "auto" if is_ci => Ok(Update::No),
            "" | "auto" | "new" => Ok(Update::New),
            "no" => Ok(Update::No),
            "always" | "1" | "force" => Ok(Update::Always),
            "unseen" => Ok(Update::Unseen),
            other => Err(format!("INSTA_UPDATE is auto, new, always, unseen or no, and not `{other}`")),
        }
    }

    /// Whether this is a machine of which nobody takes files, as insta finds out.
    pub fn is_ci(ci: Option<&str>, tf_build: Option<&str>) -> bool {
        match ci {
            Some("" | "0" | "false") => false,
            Some(_) => true,
            None => tf_build.is_some(),
        }
    }
}

/// A snapshot of a case.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its file.
    pub path: PathBuf,
    /// What it is taken of.
    pub what: String,
    /// Where that is written.
    pub span: Span,
    /// The name of the test file.
    source: String,
    /// What is there now.
    now: String,
}

/// How a snapshot compares with what was accepted.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What was accepted; none if nothing was yet.
    before: Option<String>,
}

/// The names that the files of a test file's snapshots begin with, for each case in their order.
pub fn stems(path: &Path, file: &TestFile) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let cases = file.tests.iter().flat_map(|test| test.cases.iter().map(move |case| (test, case)));
    cases.map(|(test, case)| stem(path, test, case, &mut taken)).collect()
}

fn stem(path: &Path, test: &Test, case: &Case, taken: &mut BTreeSet<String>) -> String {
    let title = match &*case.name {
        "" => test.name.it.to_string(),
        name => format!("{} {name}", test.name.it),
    };
    let plain: String = title
        .chars()
        .map(|letter| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' })
        .collect();
    let parts: Vec<&str> = plain.split('_').filter(|part| !part.is_empty()).collect();
    let plain = parts.join("_");
    let mut name: String = plain.chars().take(MOST_OF_A_NAME).collect();
    // Some disks take capital letters for small ones.
    if name.len() < plain.len() || name.is_empty() || !taken.insert(name.to_lowercase()) {
        let hash = Sha256::digest(&title);
        name += &format!("-{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2]);
        taken.insert(name.to_lowercase());
    }
    format!("{}__{name}", beside(path))
}

/// The name of a test file without its ending.
fn beside(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(&name);
    name.strip_suffix(".test").unwrap_or(name).to_owned()
}

fn file_of(path: &Path, stem: &str, what: &str) -> PathBuf {
    path.with_file_name(FOLDER).join(format!("{stem}@{what}.snap"))
}

/// The snapshots of a case that ran: `path` and `source` are its test file and how people know that, `stem` is one of [`stems`].
pub fn taken(
    (path, source): (&Path, &str),
    stem: &str,
    case: &Case,
    secrets: &Secrets,
    happened: &Happened,
) -> Vec<Snapshot> {
    let take = |name: &flowrun_core::model::Name| {
        let value = match &*name.it {
            "cards" => cards(happened),
            "requests" => Value::list(happened.requests.iter().map(request).collect()),
            part => happened.parts.get(part).cloned().unwrap_or(Value::Null),
        };
        let now = secrets.struck(&written::document(&name.it, &value));
        Snapshot {
            path: file_of(path, stem, &name.it),
            what: name.it.to_string(),
            span: name.span,
            source: source.to_owned(),
            now: now.trim_end().to_owned(),
        }
    };
    case.expect.snapshots.iter().map(take).collect()
}

fn cards(happened: &Happened) -> Value {
    let called = happened.cards.iter().filter(|(_, calls)| !calls.is_empty());
    let calls = |calls: &[crate::happened::Card]| {
        Value::list(calls.iter().map(|call| Value::from(call.parts.clone())).collect())
    };
    Value::from(called.map(|(name, all)| (name.as_str().into(), calls(all))).collect::<Record>())
}

fn request(sent: &Sent) -> Value {
    let mut request = Record::default();
    request.insert(sent.method.to_ascii_lowercase().into(), Value::from(sent.path.as_str()));
    request.insert("to".into(), Value::from(sent.host.as_str()));
    if !sent.query.is_empty() {
        request.insert("query".into(), masked_constant("query", &sent.query));
    }
    if !sent.body.is_null() {
        request.insert("body".into(), masked_constant("body", &sent.body));
    }
    let status = sent.status.map_or(Value::Null, |status| Value::from(u64::from(status)));
    request.insert("answered".into(), status);
    Value::from(request)
}

impl Snapshot {
    /// How it compares with what was accepted; none if it is the same.
    pub fn changed(self) -> io::Result<Option<Changed>> {
        let before = match fs::read_to_string(&self.path) {
            Ok(text) => Some(contents(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let same = before.as_deref() == Some(&*self.now);
        Ok((!same).then_some(Changed { snapshot: self, before }))
    }

    /// Takes away what was to be looked at: it is as it was accepted.
    pub fn settled(path: &Path) {
        // It is seldom there.
        let _ = fs::remove_file(pending(path));
    }
}

impl Changed {
    /// Writes what is there now: in its place, or beside it to be looked at.
    pub fn write(&self, update: Update) -> io::Result<bool> {
        let Snapshot { path, .. } = &self.snapshot;
        let accept = match update {
            Update::No => return Ok(false),
            Update::New => false,
            Update::Always => true,
            Update::Unseen => self.before.is_none(),
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match accept {
            true => {
                fs::write(path, self.text())?;
                Snapshot::settled(path);
            }
            false => fs::write(pending(path), self.text())?,
        }
        Ok(accept)
    }

    /// Drops what is there now.
    pub fn reject(&self) {
        Snapshot::settled(&self.snapshot.path);
    }

    fn text(&self) -> String {
        let Snapshot { what, source, now, .. } = &self.snapshot;
        let source = yaml::text(source).alone;
        format!("---\nsource: {source}\nexpression: {what}\n---\n{now}\n")
    }

    /// The lines that went and came, with some around them.
    pub fn difference(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let lines = difference(before, &self.snapshot.now);
        let mut shown: Vec<&str> = lines.iter().take(MOST_LINES).map(String::as_str).collect();
        let more = format!("… and {} more lines", lines.len().saturating_sub(MOST_LINES));
        if lines.len() > MOST_LINES {
            shown.push(&more);
        }
        shown.join("\n")
    }

    /// As something that is not as expected; `new` says whether it lies there to be looked at.
    pub fn unmet(&self, new: bool) -> Unmet {
        let Snapshot { what, path, span, .. } = &self.snapshot;
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let message = match self.before {
            Some(_) => format!("{what} is not as in {FOLDER}/{name}"),
            None => format!("nothing was accepted yet of {what}"),
        };
        let remedy = match new {
            true => {
                format!("look at {FOLDER}/{name}.new with `flowrun test --review`, or take it with --accept")
            }
            false => "take it with `flowrun test --accept`".to_owned(),
        };
        Unmet::new(
            *span,
            message,
            if self.before.is_some() { "it is otherwise" } else { "it is new" }.to_owned(),
        )
        .help(Some(format!("{remedy}\n{}", self.difference())))
    }
}

fn pending(path: &Path) -> PathBuf {
    path.with_extension("snap.new")
}

/// What stands behind the head of a snapshot.
fn contents(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let behind = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    behind.map_or(&*text, |(_, behind)| behind).trim_end().to_owned()
}

/// The lines of two texts: `-` those that went, `+` those that came, and up to three around them.
fn difference(before: &str, now: &str) -> Vec<String> {
    const AROUND: usize = 3;
    /// Longer texts are shown as gone and come.
    const MOST: usize = 2_000;
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let (old, new) = (&old[..old.len().min(MOST)], &new[..new.len().min(MOST)]);
    // The longest lines that both have, from each place on.
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            all.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1] {
            all.push(('-', old[i]));
            i += 1;
        } else {
            all.push(('+', new[j]));
            j += 1;
        }
    }
    let near = |at: usize| {
        let from = at.saturating_sub(AROUND);
        all[from..all.len().min(at + AROUND + 1)].iter().any(|(mark, _)| *mark != ' ')
    };
    let shown = (0..all.len()).filter(|at| near(*at));
    shown.map(|at| format!("{} {}", all[at].0, all[at].1).trim_end().to_owned()).collect()
}

/// The files in the folder of snapshots beside a test file that belong to none of its cases, or to a test file that is gone.
pub fn unused(path: &Path, file: &TestFile) -> Vec<PathBuf> {
    let folder = path.with_file_name(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
    let cases = file.tests.iter().flat_map(|test| &test.cases).zip(stems(path, file));
    let used: BTreeSet<PathBuf> = cases
        .flat_map(|(case, stem)| {
            let names = case.expect.snapshots.iter();
            names.map(|what| file_of(path, &stem, &what.it)).collect::<Vec<_>>()
        })
        .collect();
    let own = format!("{}__", beside(path));
    let mut unused: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    unused.retain(|found| {
        let name = found.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(snap) = name.strip_suffix(".new").unwrap_or(&name).strip_suffix(".snap") else {
            return false;
        };
        let file = folder.join(format!("{snap}.snap"));
        let gone = || {
            let ends = snap.match_indices("__").map(|(at, _)| &snap[..at]);
            let mut tests = ends.flat_map(|stem| {
                ["yaml", "yml"].map(|ending| path.with_file_name(format!("{stem}.test.{ending}")))
            });
            !tests.any(|test| test.is_file())
        };
        snap.contains("__")
            && snap.contains('@')
            && !used.contains(&file)
            && (snap.starts_with(&own) || gone())
    });
    unused.sort();
    unused
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As insta does: insta.rs/docs/quickstart and its `env.rs`.
    #[test]
    fn the_environment_says_what_is_written() {
        let table = [
            (None, false, Ok(Update::New)),
            (None, true, Ok(Update::No)),
            (Some("auto"), true, Ok(Update::No)),
            (Some("new"), true, Ok(Update::New)),
            (Some("no"), false, Ok(Update::No)),
            (Some("always"), true, Ok(Update::Always)),
            (Some("unseen"), false, Ok(Update::Unseen)),
        ];
        for (given, ci, update) in table {
            assert_eq!(Update::of_environment(given, ci), update, "{given:?} {ci}");
        }
        assert!(Update::of_environment(Some("maybe"), false).is_err());
        assert!(Update::is_ci(Some("true"), None) && Update::is_ci(None, Some("True")));
        assert!(!Update::is_ci(Some("0"), Some("True")) && !Update::is_ci(None, None));
    }

    #[test]
    fn a_difference_shows_what_went_and_came() {
        let (before, now) = ("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nd\ne\nx\ng\nh");
        assert_eq!(difference(before, now), ["  c", "  d", "  e", "- f", "+ x", "  g", "+ h"]);
        assert_eq!(difference("", "a"), ["+ a"]);
    }
}
