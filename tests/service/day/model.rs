//! When schedules must have started their flows: plain lists of moments, by hand, in milliseconds since 1970.

/// What becomes of times at which nobody served the flow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missed {
    Last,
    All,
    None,
}

/// What becomes of a time at which the last run still goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overlap {
    Skip,
    Queue,
    Replace,
    Allow,
}

/// A scheduled flow.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub flow: &'static str,
    /// All times of the day and of what follows.
    pub times: Vec<i64>,
    pub missed: Missed,
    pub catch_up_ms: i64,
    pub overlap: Overlap,
    /// How long its runs take.
    pub takes_ms: i64,
    /// How long after its times it may begin: by as much every time.
    pub spread_ms: i64,
}

/// A stretch of time: from its first moment to before its last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    pub from_ms: i64,
    pub until_ms: i64,
    /// Whether what passed before it is forgotten.
    pub forgets: bool,
}

/// So late a time has not been missed.
const GRACE_MS: i64 = 60_000;

/// The moments at which the flow begins, where it is served in some stretches and the process lives in others.
pub fn begins(schedule: &Schedule, served: &[Stretch], lives: &[Stretch]) -> Vec<i64> {
    // A time that comes while no process lives is dealt with when the next does.
    let alive = |at_ms: i64| {
        let life = lives.iter().find(|life| life.until_ms > at_ms);
        life.map_or(i64::MAX, |life| at_ms.max(life.from_ms))
    };
    let end = |at_ms: i64| if schedule.takes_ms == 0 { i64::MIN } else { alive(at_ms + schedule.takes_ms) };
    let (mut begins, mut ends_ms, mut seen_ms) = (Vec::new(), i64::MIN, served[0].from_ms);
    for stretch in served {
        let within = |from_ms: i64, until_ms: i64| {
            schedule.times.iter().copied().filter(move |at_ms| (from_ms..until_ms).contains(at_ms))
        };
        let missed: Vec<i64> = within(seen_ms, stretch.from_ms).collect();
        let counts = |at_ms: &&i64| stretch.from_ms - **at_ms <= schedule.catch_up_ms;
        let last = missed.last().filter(|at_ms| match schedule.missed {
            _ if stretch.from_ms - **at_ms <= GRACE_MS => true,
            Missed::None => false,
            Missed::Last | Missed::All => counts(at_ms),
        });
        let made_up = match schedule.missed {
            _ if stretch.forgets => 0,
            Missed::All => missed.iter().filter(counts).count(),
            Missed::Last | Missed::None => last.iter().count(),
        };
        let made_up = std::iter::repeat_n(stretch.from_ms, made_up);
        for at_ms in made_up.chain(within(stretch.from_ms, stretch.until_ms)) {
            let at_ms = match schedule.overlap {
                Overlap::Skip if at_ms <= ends_ms => continue,
                Overlap::Queue => alive(at_ms.max(ends_ms)),
                Overlap::Skip | Overlap::Allow | Overlap::Replace => at_ms,
            };
            begins.push(at_ms);
            ends_ms = end(at_ms);
        }
        seen_ms = stretch.until_ms;
    }
    begins
}

/// The stretches in which a flow is served: those of the processes, without those in which it is off.
pub fn served(lives: &[Stretch], off: &[Stretch]) -> Vec<Stretch> {
    let mut all = lives.to_vec();
    for off in off {
        let cut = |life: Stretch| {
            if life.until_ms <= off.from_ms || life.from_ms >= off.until_ms {
                return vec![life];
            }
            let before = Stretch { until_ms: off.from_ms, ..life };
            let after = Stretch { from_ms: off.until_ms, forgets: off.forgets, ..life };
            let there = |stretch: &Stretch| stretch.from_ms < stretch.until_ms;
            [before, after].into_iter().filter(there).collect()
        };
        all = all.into_iter().flat_map(cut).collect();
    }
    all
}

impl Schedule {
    /// The same, at the times that its first beginning tells.
    pub fn shifted(&self, began: &[i64]) -> Schedule {
        let shift_ms = began.first().map_or(0, |began| (began - self.times[0]).clamp(0, self.spread_ms));
        let times = self.times.iter().map(|at_ms| at_ms + shift_ms).collect();
        Schedule { times, ..self.clone() }
    }
}

/// What differs between when a flow began and when it must have: nothing if it began at those moments, or a little later.
pub fn difference(schedule: &Schedule, must: &[i64], began: &[i64], until_ms: i64) -> Option<String> {
    let late = |must: i64, began: i64| (0..=GRACE_MS).contains(&(began - must));
    let must: Vec<i64> = must.iter().copied().filter(|at_ms| *at_ms < until_ms).collect();
    let fits = must.len() == began.len() && must.iter().zip(began).all(|(must, began)| late(*must, *began));
    let shown = |all: &[i64]| {
        let all = all.iter().map(|at_ms| flowrun_service::when(at_ms * 1000)[8..19].to_owned());
        all.collect::<Vec<_>>().join(" ")
    };
    (!fits)
        .then(|| format!("{}\n  must begin {}\n  began      {}", schedule.flow, shown(&must), shown(began)))
}

#[test]
fn the_model_is_right_about_a_morning() {
    let half = |halves: i64| halves * 1_800_000;
    let stretch =
        |from: i64, until: i64| Stretch { from_ms: half(from), until_ms: half(until), forgets: false };
    // Every hour from one to eight; not served from three until half past five.
    let lives = [stretch(0, 6), stretch(11, 24)];
    let schedule = |missed, overlap, takes: i64| Schedule {
        flow: "f",
        times: (1..=8).map(|hour| half(2 * hour)).collect(),
        missed,
        catch_up_ms: half(48),
        overlap,
        takes_ms: half(takes),
        spread_ms: 0,
    };
    let rows = [
        (schedule(Missed::Last, Overlap::Skip, 0), vec![2, 4, 11, 12, 14, 16]),
        (schedule(Missed::All, Overlap::Skip, 0), vec![2, 4, 11, 11, 11, 12, 14, 16]),
        (schedule(Missed::None, Overlap::Skip, 0), vec![2, 4, 12, 14, 16]),
        // An hour and a half each.
        (schedule(Missed::None, Overlap::Skip, 3), vec![2, 12, 16]),
        (schedule(Missed::None, Overlap::Queue, 3), vec![2, 5, 12, 15, 18]),
        (schedule(Missed::None, Overlap::Replace, 3), vec![2, 4, 12, 14, 16]),
    ];
    for (schedule, must) in rows {
        let must: Vec<i64> = must.into_iter().map(half).collect();
        assert_eq!(begins(&schedule, &lives, &lives), must, "{schedule:?}");
    }
    // Off at two, and what passed is forgotten.
    let off = Stretch { forgets: true, ..stretch(3, 5) };
    let schedule = schedule(Missed::Last, Overlap::Skip, 0);
    assert_eq!(begins(&schedule, &served(&lives, &[off]), &lives), [2, 11, 12, 14, 16].map(half));
}
