//! What a real run says while it goes on where no terminal draws it, as in a log of a service: what it waits for and until
//! when, and now and then how far it is.

use std::io::Write;
use std::time::Duration;

use flowrun_core::machine::Machine;
use flowrun_core::words;
use flowrun_host::driver::Watch;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;

use crate::tick::Tick;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);

/// A wait that is shorter is not worth a line.
const SHORT_MS: i64 = 5_000;

/// How much time passes between two lines that say how far the run is.
const PAUSE_MS: i64 = 60_000;

/// Writes a line when a wait begins, and one each minute.
pub struct Progress<'a> {
    err: &'a mut (dyn Write + Send),
    tick: Tick,
    activities: Vec<(String, Activity)>,
    clock: Clock,
    /// Until when each wait lasts that has been told: those of the connections, and last that of the flow.
    told: Vec<i64>,
    next_ms: i64,
}

impl<'a> Progress<'a> {
    /// Writes to `err` by the run's clock.
    pub fn new(
        err: &'a mut (dyn Write + Send),
        activities: Vec<(String, Activity)>,
        clock: Clock,
    ) -> Progress<'a> {
        let told = vec![0; activities.len() + 1];
        Progress {
            err,
            tick: Tick::every(EVERY),
            activities,
            next_ms: clock.now_ms() + PAUSE_MS,
            clock,
            told,
        }
    }

    fn tell(&mut self, machine: &Machine) {
        let now_ms = self.clock.now_ms();
        let mut lines = Vec::new();
        for (place, (name, activity)) in self.activities.iter().enumerate() {
            if let Some(waiting) = activity.waiting()
                && is_new(&mut self.told[place], waiting.until_ms, now_ms)
            {
                lines.push(format!("{name}: {}, for {}", wait(waiting.until_ms, now_ms), waiting.reason));
            }
        }
        let open = machine.progress();
        if let Some(card) = open.last()
            && let Some(until_us) = card.until_us
            && let Some(told) = self.told.last_mut()
            && is_new(told, until_us / 1000, now_ms)
        {
            lines.push(format!("{}: {}", card.flow, wait(until_us / 1000, now_ms)));
        }
        if now_ms >= self.next_ms {
            self.next_ms = now_ms + PAUSE_MS;
            lines.extend(open.iter().rev().find_map(|card| {
                let done = words::count(card.done? as u64);
                let total = card.total.map(|total| format!(" of {}", words::count(total as u64)));
                Some(format!("{}: {}, {done}{} done", card.flow, card.title, total.unwrap_or_default()))
            }));
        }
        for line in lines {
            // That it can't be said is no reason to fail.
            let _ = writeln!(self.err, "{}  {line}", words::time_of_day(now_ms));
        }
    }
}

/// Whether a wait has not been told and is worth it.
fn is_new(told: &mut i64, until_ms: i64, now_ms: i64) -> bool {
    let new = until_ms > *told && until_ms - now_ms >= SHORT_MS;
    if new {
        *told = until_ms;
    }
    new
}

fn wait(until_ms: i64, now_ms: i64) -> String {
    let left = words::duration(((until_ms - now_ms) as f64 / 1000.0).ceil() * 1000.0);
    format!("waits {left}, until {}", words::time_of_day(until_ms))
}

impl Watch for Progress<'_> {
    fn turned(&mut self, machine: &Machine) {
        if self.tick.is_due() {
            self.tell(machine);
        }
    }

    fn look(&mut self) -> Pending<'_, ()> {
        self.tick.next()
    }
}
