//! How long a project's runs are kept, and how far their journals may grow: `keep` and `journal` in `flowrun.yaml`.

/// A number that a project may set.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its key.
    pub key: &'static str,
    /// What it means, for people.
    pub says: &'static str,
    /// What it is where nothing is said.
    pub usual: u32,
    /// The least that may be said.
    pub least: u32,
    /// The most that may be said.
    pub most: u32,
}

/// A hundred years.
const LONGEST: u32 = 36_500;

/// For how long runs are kept. A run that is open is kept whatever this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// For how many days a run that is done or cancelled is kept.
    pub days: u32,
    /// For how many days a run that has failed is kept.
    pub failed: u32,
    /// For how many days the values of a run that has failed are kept where data is not saved.
    pub data: u32,
    /// How many runs that have ended are kept at most.
    pub runs: u32,
}

impl Keep {
    /// What may be set, in the order of the fields.
    pub const LIMITS: [Limit; 4] = [
        Limit {
            key: "days",
            says: "For how many days a run that is done or cancelled is kept.",
            usual: 30,
            least: 0,
            most: LONGEST,
        },
        Limit {
            key: "failed",
            says: "For how many days a run that has failed is kept.",
            usual: 90,
            least: 0,
            most: LONGEST,
        },
        Limit {
            key: "data",
            says: "For how many days the values of a run that has failed are kept where data is not saved.",
            usual: 7,
            least: 0,
            most: LONGEST,
        },
        Limit {
            key: "runs",
            says: "How many runs that have ended are kept at most; the oldest go first.",
            usual: 100_000,
            least: 1,
            most: 10_000_000,
        },
    ];

    /// What these numbers say, in the order of the fields.
    pub fn of([days, failed, data, runs]: [u32; 4]) -> Keep {
        Keep { days, failed, data, runs }
    }
}

impl Default for Keep {
    fn default() -> Keep {
        Keep::of(Keep::LIMITS.map(|limit| limit.usual))
    }
}

/// Up to where the journal of a run that is open stays whole: beyond it the run goes on from a checkpoint, and what was before
/// can't be looked at any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalBounds {
    /// How many MiB.
    pub max_mb: u32,
    /// How many entries.
    pub max_entries: u32,
}

impl JournalBounds {
    /// What may be set, in the order of the fields.
    pub const LIMITS: [Limit; 2] = [
        Limit {
            key: "max_mb",
            says: "Up to how many MiB the journal of an open run stays whole.",
            usual: 64,
            least: 1,
            most: 65_536,
        },
        Limit {
            key: "max_entries",
            says: "Up to how many entries the journal of an open run stays whole.",
            usual: 50_000,
            least: 1,
            most: 100_000_000,
        },
    ];

    /// What these numbers say, in the order of the fields.
    pub fn of([max_mb, max_entries]: [u32; 2]) -> JournalBounds {
        JournalBounds { max_mb, max_entries }
    }
}

impl Default for JournalBounds {
    fn default() -> JournalBounds {
        JournalBounds::of(JournalBounds::LIMITS.map(|limit| limit.usual))
    }
}
