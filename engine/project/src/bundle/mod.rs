//! A project taken off the disk: all of which a run's program can be made again, whatever has become of the files since.
//!
//! Kept are the flow files and the manifest as texts. Of an export of Okta's it is the files that it was made into, which decide
//! what runs, so that a later reader of exports changes no run under way; the export itself is kept beside them, for what
//! messages say of its titles. What differs from run to run ([`Started`]) is
//! no part of the [`Listing`], under whose hash many runs share one program, and whose texts many programs share.
//!
//! Nothing here holds a secret as plain text: the values of secret variables are [`Value::Secret`] and have no
//! serialised form at all (their store seals them), and a file in which a secret was found, which no run can reach, is kept as an empty one.

mod digest;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use flowrun_core::check::secrets;
use flowrun_core::diag::Code;
use flowrun_core::load::load;
use flowrun_core::model::Manifest;
use flowrun_core::program::LANGUAGE;
use flowrun_core::source::{FileId, Sources};
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Text, Value};
use flowrun_core::vocabulary::Vocabulary;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use digest::Digest;

use crate::check::Given;
use crate::export;
use crate::project::Project;

/// The form in which listings are written that name an environment; every form before it is read too, and written where it says all.
pub const FORM: u16 = 2;

/// A project and how a run of it was started.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The version of the language that its flows were checked by.
    pub language: u16,
    /// The flow files and the manifest, in the order in which they were read.
    pub files: Vec<File>,
    /// The export that they were made of, if they were.
    pub export: Option<File>,
    /// The environment that was chosen, if one was.
    pub environment: Option<Text>,
    /// How the run was started.
    pub started: Started,
}

/// What differs between runs of one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// Where the project lay, for people; nothing else depends on it.
    pub root: PathBuf,
    /// The path of the flow that the run starts with.
    pub entry: Text,
    /// The values that variables were given.
    pub vars: Vars,
}

/// A text and where it lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path relative to the project, with `/` between its parts.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// The values that the variables of a project were given for a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vars {
    /// As `--set` gives them.
    pub set: Vec<(Text, Value)>,
    /// As the environment gives them.
    pub env: Vec<(Text, Value)>,
}

impl Vars {
    /// The same, as the checker takes it.
    pub fn given(&self) -> Given<'_> {
        Given { set: &self.set, env: &self.env }
    }
}

/// Which texts a program is made of, by name and hash: what a store writes down once for all runs of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The form that it is written in.
    pub form: u16,
    /// The version of the language.
    pub language: u16,
    /// The flow files and the manifest, in the order in which they were read.
    pub files: Vec<Listed>,
    /// The export that they were made of, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<Listed>,
    /// The environment that was chosen, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Arc<str>>,
}

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The path relative to the project.
    pub path: Arc<str>,
    /// The hash of its text.
    pub sha256: Digest,
}

impl Listing {
    /// The program's hash: differs when the language, a text, or the name of a file differs.
    pub fn hash(&self) -> Digest {
        let mut text = format!("flowrun program\nlanguage {}\n", self.language);
        let files = self.files.iter().map(|file| ("file", file));
        for (what, Listed { path, sha256 }) in files.chain(self.export.iter().map(|file| ("export", file))) {
            // Its length keeps a path with a line break in it from looking like two.
            let _ = writeln!(text, "{what} {sha256} {} {path}", path.len());
        }
        if let Some(environment) = &self.environment {
            let _ = writeln!(text, "environment {environment}");
        }
        Digest::of(&text)
    }
}

/// Why a bundle can't be put together again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// A later flowrun wrote it.
    #[error("the program is kept in form {0}, of a later flowrun; this one reads forms up to {FORM}")]
    Newer(u16),
    /// A text is gone.
    #[error("the text of {0} is not there")]
    Missing(Arc<str>),
    /// A text is not the one that was kept.
    #[error("the text of {0} is not what it was: its hash differs")]
    Damaged(Arc<str>),
}

impl Bundle {
    /// What it is made of, by name and hash.
    pub fn listing(&self) -> Listing {
        let listed = |file: &File| Listed { path: file.path.clone(), sha256: Digest::of(&file.text) };
        Listing {
            form: if self.environment.is_some() { FORM } else { 1 },
            language: self.language,
            files: self.files.iter().map(listed).collect(),
            export: self.export.as_ref().map(listed),
            environment: self.environment.as_deref().map(Arc::from),
        }
    }

    /// The texts that it is made of, the export's among them.
    pub fn texts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().chain(&self.export).map(|file| &file.text)
    }

    /// The bundle with this listing, whose texts `find` finds by their hashes, as a run of it was started.
    pub fn restore(
        listing: &Listing,
        mut find: impl FnMut(&Digest) -> Option<Arc<str>>,
        started: Started,
    ) -> Result<Bundle, Unusable> {
        if listing.form > FORM {
            return Err(Unusable::Newer(listing.form));
        }
        let mut file = |Listed { path, sha256 }: &Listed| match find(sha256) {
            Some(text) if Digest::of(&text) == *sha256 => Ok(File { path: path.clone(), text }),
            Some(_) => Err(Unusable::Damaged(path.clone())),
            None => Err(Unusable::Missing(path.clone())),
        };
        Ok(Bundle {
            language: listing.language,
            files: listing.files.iter().map(&mut file).collect::<Result<_, _>>()?,
            export: listing.export.as_ref().map(&mut file).transpose()?,
            environment: listing.environment.as_deref().map(Text::from),
            started,
        })
    }
}

impl Project {
    /// All of which the project, and the program of a run that starts with the flow `entry`, can be made again.
    pub fn bundle(&self, entry: &str, given: &Given<'_>, vocabulary: &Vocabulary) -> Bundle {
        let private = self.private(vocabulary);
        let file = |(id, source): (FileId, &flowrun_core::source::Source)| {
            let text = if private.contains(&id) { Arc::from("") } else { source.text.clone() };
            File { path: source.path.clone(), text }
        };
        let sealed = |values: &[(Text, Value)]| sealed(values, &self.model.manifest);
        Bundle {
            language: LANGUAGE,
            files: self.sources.iter().map(file).collect(),
            // Where in it the secret stands, nothing says.
            export: self.export.clone().filter(|_| private.is_empty()),
            environment: self.model.manifest.within.clone(),
            started: Started {
                root: self.root.clone(),
                entry: entry.into(),
                vars: Vars { set: sealed(given.set), env: sealed(given.env) },
            },
        }
    }

    /// The project that a bundle was made of.
    pub fn of_bundle(bundle: &Bundle, vocabulary: &Vocabulary) -> Project {
        let mut sources = Sources::default();
        for file in &bundle.files {
            sources.add(&file.path, &file.text);
        }
        let (mut model, found) = load(&sources, &vocabulary.cards);
        // It was there when the bundle was made.
        if let Some(environment) = &bundle.environment {
            model.manifest.choose(environment);
        }
        let export = bundle.export.clone();
        let told =
            export.as_ref().map(|export| export::retell(&export.text, &model, &mut sources, vocabulary));
        let troubles = told.unwrap_or_default();
        Project {
            root: bundle.started.root.clone(),
            sources,
            model,
            found,
            troubles,
            export,
            tests: Vec::new(),
        }
    }

    /// The files in which a secret stands.
    fn private(&self, vocabulary: &Vocabulary) -> BTreeSet<FileId> {
        let more = secrets(&self.model, &vocabulary.cards, &self.found);
        let found = self.found.iter().filter(|found| found.code == Code::SecretInFile).chain(&more);
        found.map(|found| found.span.file).collect()
    }
}

/// The values, those of secret variables sealed whoever gave them.
fn sealed(values: &[(Text, Value)], manifest: &Manifest) -> Vec<(Text, Value)> {
    let is_secret = |name: &Text| {
        let ty = manifest.vars.iter().find(|var| var.name.it == *name).and_then(|var| var.ty.as_ref());
        ty.and_then(|ty| Type::parse(&ty.it)).is_some_and(|ty| ty.kind == Kind::Secret)
    };
    let sealed = |(name, value): &(Text, Value)| {
        let value = value.clone();
        (name.clone(), if is_secret(name) { value.sealed() } else { value })
    };
    values.iter().map(sealed).collect()
}
