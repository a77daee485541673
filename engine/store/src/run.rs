//! Runs as they are stored and found.

use crate::batch::{Row, RunId};

/// What is known of a run from its first moment, and stays when its values go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its public name.
    pub id: RunId,
    /// Over which hosts it runs.
    pub scope: String,
    /// Its flow, as a path in the project.
    pub flow: String,
    /// The flow's title.
    pub title: String,
    /// Where the project was, to show.
    pub root: String,
    /// The hash of its program, which is stored.
    pub program: String,
    /// When it began, in microseconds since 1970.
    pub started_us: i64,
    /// Whether it only plans what it would change.
    pub dry_run: bool,
    /// Whether all that it reaches is simulated.
    pub simulated: bool,
    /// Whether its values stay when it ends done or cancelled.
    pub save_data: bool,
    /// What only one run at a time may have.
    pub alone: Option<String>,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// The run whose beginning it shares.
    pub forked: Option<Fork>,
    /// Who runs it, in words.
    pub owner: String,
    /// What started it, if not somebody at a command line: `schedule`, `endpoint`, the name of an event.
    pub cause: Option<String>,
    /// Who started it, where somebody signed in did.
    pub who: Option<String>,
}

/// Where a run parted from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// From which run.
    pub run: RunId,
    /// The last entry they share.
    pub at: u64,
}

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs, or would if its process were there.
    Running,
    /// It waits for a time, in microseconds since 1970, and may leave memory until then.
    Waiting {
        /// Until when.
        wake_us: i64,
    },
    /// Its author wanted it to wait for somebody.
    Paused {
        /// When it gives up, if it does.
        until_us: Option<i64>,
    },
    /// Nobody knows how to go on: somebody is asked.
    Held {
        /// What is asked.
        question: String,
    },
    /// It ended well.
    Done,
    /// It ended badly.
    Failed,
    /// It was ended.
    Cancelled,
}

/// The states' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// `State::Running`
    Running,
    /// `State::Waiting`
    Waiting,
    /// `State::Paused`
    Paused,
    /// `State::Held`
    Held,
    /// `State::Done`
    Done,
    /// `State::Failed`
    Failed,
    /// `State::Cancelled`
    Cancelled,
}

impl Status {
    /// All, in the order of a run's life.
    pub const ALL: [Status; 7] = [
        Status::Running,
        Status::Waiting,
        Status::Paused,
        Status::Held,
        Status::Done,
        Status::Failed,
        Status::Cancelled,
    ];

    /// Whether the run has not ended.
    pub fn is_open(self) -> bool {
        self < Status::Done
    }

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Waiting => "waiting",
            Status::Paused => "paused",
            Status::Held => "held",
            Status::Done => "done",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status of a name.
    pub fn named(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl State {
    /// Its name.
    pub fn status(&self) -> Status {
        match self {
            State::Running => Status::Running,
            State::Waiting { .. } => Status::Waiting,
            State::Paused { .. } => Status::Paused,
            State::Held { .. } => Status::Held,
            State::Done => Status::Done,
            State::Failed => Status::Failed,
            State::Cancelled => Status::Cancelled,
        }
    }

    /// The moment at which something is to happen by itself.
    pub fn due_us(&self) -> Option<i64> {
        match self {
            State::Waiting { wake_us } => Some(*wake_us),
            State::Paused { until_us } => *until_us,
            _ => None,
        }
    }

    pub(crate) fn question(&self) -> Option<&str> {
        match self {
            State::Held { question } => Some(question),
            _ => None,
        }
    }

    /// The state of a name, with what is due and what is asked as far as it has that.
    pub fn of(status: Status, due_us: Option<i64>, question: Option<String>) -> State {
        match status {
            Status::Running => State::Running,
            Status::Waiting => State::Waiting { wake_us: due_us.unwrap_or_default() },
            Status::Paused => State::Paused { until_us: due_us },
            Status::Held => State::Held { question: question.unwrap_or_default() },
            Status::Done => State::Done,
            Status::Failed => State::Failed,
            Status::Cancelled => State::Cancelled,
        }
    }
}

/// A run as it is stored, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What is known since it began.
    pub about: About,
    /// What it is doing.
    pub state: State,
    /// When it ended.
    pub ended_us: Option<i64>,
    /// What it failed with.
    pub error: Option<String>,
    /// Counts and the like, in their owner's form.
    pub summary: Vec<u8>,
    /// How many entries its journal has had.
    pub entries: u64,
    /// Up to which entry the journal was cut: looking back begins after it.
    pub cut: u64,
    /// Whether its values are gone: how it started, its journal, its report.
    pub cleared: bool,
}

/// Which runs are asked for; what is not said asks for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Over these hosts.
    pub scope: Option<String>,
    /// Of this flow, by its path.
    pub flow: Option<String>,
    /// In one of these states; none is any.
    pub states: Vec<Status>,
    /// Begun at this moment or later.
    pub since_us: Option<i64>,
    /// Begun before this moment.
    pub until_us: Option<i64>,
    /// With this text in its id, flow, title, error or question; capitals do not matter in ASCII.
    pub text: Option<String>,
    /// Started by this run.
    pub parent: Option<RunId>,
    /// Started by this: `schedule`.
    pub cause: Option<String>,
    /// Older than this one: the next page of a list that ended with it.
    pub before: Option<RunId>,
    /// That have this alone.
    pub alone: Option<String>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

impl Filter {
    /// The runs that have not ended.
    pub fn open() -> Filter {
        Filter {
            states: Status::ALL.into_iter().filter(|status| status.is_open()).collect(),
            ..Filter::default()
        }
    }
}

/// How many runs there are, by when they began and what they are now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The step of time, counted from 1970, the status, and how many.
    pub counts: Vec<(i64, Status, u64)>,
    /// From when on all are counted, where older ones were left out.
    pub whole_since_us: Option<i64>,
}

impl Tally {
    /// Counts runs of a status by when they began, the newest first; there may be older ones than the last of as many as `most`.
    pub(crate) fn add(&mut self, status: Status, began: &[i64], step_us: i64, most: usize) {
        for began_us in began {
            let step = began_us.div_euclid(step_us);
            match self.counts.last_mut() {
                Some((known, of, count)) if (*known, *of) == (step, status) => *count += 1,
                _ => self.counts.push((step, status, 1)),
            }
        }
        if began.len() == most {
            self.whole_since_us = self.whole_since_us.max(began.last().copied());
        }
    }
}

/// A kept table as it was last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptTable {
    /// The number of the row that comes next.
    pub next: u64,
    /// What else is to be known of it, in its owner's form.
    pub note: Vec<u8>,
    /// Its rows in the order of their numbers.
    pub rows: Vec<Row>,
}

/// How long what is kept; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// Runs that ended so long ago, in days, go.
    pub days: Option<u32>,
    /// The same of those that failed, where it differs.
    pub failed_days: Option<u32>,
    /// At most so many ended runs: the oldest go.
    pub runs: Option<u64>,
    /// The values of failed runs go after so many days.
    pub data_days: Option<u32>,
}

/// What a clean-up took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Runs that are gone.
    pub runs: u64,
    /// Runs whose values are gone.
    pub cleared: u64,
    /// Files that are gone.
    pub files: u64,
}

/// What was found of a person, and taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Ended runs whose values are gone.
    pub cleared: Vec<RunId>,
    /// Open runs that mention the person: they need their journal, so nothing of them went.
    pub open: Vec<RunId>,
    /// Rows of kept tables that are gone.
    pub rows: Vec<(crate::batch::TableId, u64)>,
    /// Lines of the audit record in which the name was blacked out.
    pub audit: u64,
    /// Notes that were emptied, or went.
    pub notes: u64,
    /// Notes that mention the person and about which something is still to be done: they stay.
    pub waiting: u64,
}
