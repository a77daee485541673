//! Whole ways into what a template reads, through the variables of its loops.

use crate::path::Key;
use crate::value::Text;

/// A way into something, as a wire would go it.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// What it starts at.
    pub root: Text,
    /// The steps that follow, each with where it stands: the first byte, and the one behind the last. Any item of a list is the first.
    pub keys: Vec<(Key, (usize, usize))>,
    /// Where the part ends that has been written.
    end: usize,
}

impl Read {
    pub(super) fn new(root: &str, (_, end): (usize, usize)) -> Read {
        Read { root: root.into(), keys: Vec::new(), end }
    }

    /// The same, read by a name that stands here.
    pub(super) fn at(self, (_, end): (usize, usize)) -> Read {
        Read { end, ..self }
    }

    pub(super) fn item(mut self) -> Read {
        self.keys.push((Key::Index(0), (self.end, self.end)));
        self
    }

    /// The spans of attributes are not those of their names; the source tells where the next name stands.
    pub(super) fn name(mut self, name: &str, source: &str) -> Read {
        let found = source.get(self.end..).and_then(|rest| rest.find(name));
        let start = found.map_or(self.end, |at| self.end + at);
        self.end = if found.is_some() { start + name.len() } else { start };
        self.keys.push((Key::Name(name.into()), (start, self.end)));
        self
    }

    fn begins_with(&self, other: &Read) -> bool {
        let mut both = self.keys.iter().zip(&other.keys);
        self.root == other.root
            && self.keys.len() >= other.keys.len()
            && both.all(|((mine, _), (key, _))| mine == key)
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Reads {
    found: Vec<Read>,
    /// What the template has an answer for if it is missing.
    may_lack: Vec<Read>,
}

impl Reads {
    pub fn add(&mut self, read: Option<Read>) {
        self.found.extend(read.filter(|read| !read.keys.is_empty()));
    }

    pub fn may_lack(&mut self, read: Option<Read>) {
        self.may_lack.extend(read);
    }

    /// What is read without a look at whether it is there.
    pub fn settled(self) -> Vec<Read> {
        let Reads { mut found, may_lack } = self;
        found.retain(|read| !may_lack.iter().any(|known| read.begins_with(known)));
        found
    }
}
