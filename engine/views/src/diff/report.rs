//! What differs, as a tree: files, flows, cards, fields. Every way of showing it starts here.

/// What differs between two sides.
#[derive(Debug)]
pub struct Report {
    /// What was compared, as the command line names it.
    pub old: String,
    /// And with what.
    pub new: String,
    /// One for each pair of files; for two projects, one without a name.
    pub files: Vec<Compared>,
}

/// What differs between two projects.
#[derive(Debug)]
pub struct Compared {
    /// The name that two exports of a folder share.
    pub name: Option<String>,
    /// Whether the whole is there on one side only.
    pub mark: Mark,
    /// The parts that differ: tables, connections and variables, then flows by their paths.
    pub items: Vec<Item>,
}

/// What has become of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It is there on both sides and differs.
    Changed,
    /// It is on the new side alone.
    Added,
    /// It is on the old side alone.
    Removed,
    /// It stands elsewhere.
    Moved,
}

/// What kind of part a project has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What the manifest says of the project itself.
    Project,
    Table,
    Connection,
    Variable,
    Flow,
}

/// A part of a project that differs.
#[derive(Debug)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// What has become of it.
    pub mark: Mark,
    /// Its name; a flow's title.
    pub name: String,
    /// A flow's path.
    pub path: Option<String>,
    /// What differs in it, cards aside.
    pub changes: Vec<Change>,
    /// The cards that differ, in the order in which they stand.
    pub cards: Vec<CardChange>,
}

/// A card that differs.
#[derive(Debug)]
pub struct CardChange {
    /// What has become of it.
    pub mark: Mark,
    /// Its name in Okta's console, with its ID if that says more.
    pub name: String,
    /// The card's ID in the catalog.
    pub card: String,
    /// The blocks and branches that it stands in, from the outermost.
    pub within: Vec<String>,
    /// The card before it, where that helps to find it.
    pub behind: Option<String>,
    /// What differs in it; of a card on one side alone, what it holds.
    pub changes: Vec<Change>,
}

/// One thing that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is called: a name, or a word such as `field` and a name.
    pub what: What,
    /// How it was; none where there was none.
    pub was: Option<String>,
    /// How it is; none where there is none.
    pub now: Option<String>,
}

/// What a change is a change of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    /// The sort of thing: `field`, `note`, `column`.
    pub sort: &'static str,
    /// Its name, where there may be several.
    pub name: Option<String>,
    /// Which part of it has changed, if not all.
    pub part: Option<String>,
}

impl Change {
    /// A change of the only thing of its sort.
    pub fn of(sort: &'static str, was: Option<String>, now: Option<String>) -> Change {
        Change { what: What { sort, name: None, part: None }, was, now }
    }

    /// A change of one among several.
    pub fn named(
        sort: &'static str,
        name: impl Into<String>,
        was: Option<String>,
        now: Option<String>,
    ) -> Change {
        Change { what: What { sort, name: Some(name.into()), part: None }, was, now }
    }

    /// The same of a part.
    pub fn part(mut self, part: impl Into<String>) -> Change {
        self.what.part = Some(part.into());
        self
    }

    /// The same if the two sides differ, else none.
    pub fn if_differs(self) -> Option<Change> {
        (self.was != self.now).then_some(self)
    }

    /// Whether both sides read the same, because what differs is a secret.
    pub fn is_hidden(&self) -> bool {
        self.was.is_some() && self.was == self.now
    }
}

impl Report {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|file| file.mark == Mark::Changed && file.items.is_empty())
    }
}

impl Kind {
    /// What a person calls it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Project => "project",
            Kind::Table => "table",
            Kind::Connection => "connection",
            Kind::Variable => "variable",
            Kind::Flow => "flow",
        }
    }
}

impl Mark {
    /// What a person calls it.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Changed => "changed",
            Mark::Added => "added",
            Mark::Removed => "removed",
            Mark::Moved => "moved",
        }
    }

    /// The sign at the start of a line.
    pub fn sign(self) -> &'static str {
        match self {
            Mark::Changed => "~",
            Mark::Added => "+",
            Mark::Removed => "-",
            Mark::Moved => ">",
        }
    }
}
