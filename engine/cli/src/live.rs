//! What is drawn on a terminal while a run goes on: its tree so far, with bars and the reasons of waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use flowrun_core::machine::Machine;
use flowrun_host::driver::Watch;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::Notify;

use crate::console::{Look, Paint};
use crate::transcript::{Detail, Frame, Row, Tone, rows};
use crate::words;

/// How often is drawn.
const EVERY: Duration = Duration::from_millis(80);

/// A run that ends sooner is not drawn: it would only flicker.
const QUICK: Duration = Duration::from_millis(200);

/// How wide a bar is.
const BAR: u64 = 20;

/// Draws a run while it goes on.
///
/// A thread tells when it is time; between two times the watcher costs the run no more than to read a flag.
pub struct Live {
    bar: ProgressBar,
    tick: Arc<Tick>,
    activities: Vec<(String, Activity)>,
    clock: Clock,
    look: Look,
    started: Instant,
    frames: usize,
}

#[derive(Default)]
struct Tick {
    due: AtomicBool,
    over: AtomicBool,
    wake: Notify,
}

impl Live {
    /// Draws on standard error.
    pub fn new(look: Look, activities: Vec<(String, Activity)>, clock: Clock) -> Live {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(20));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let tick = Arc::new(Tick::default());
        let ticking = tick.clone();
        // Without the thread nothing is drawn, and the run goes on all the same.
        let _ = thread::Builder::new().name("display".to_owned()).spawn(move || {
            while !ticking.over.load(Ordering::Relaxed) {
                thread::sleep(EVERY);
                ticking.due.store(true, Ordering::Relaxed);
                ticking.wake.notify_one();
            }
        });
        Live { bar, tick, activities, clock, look, started: Instant::now(), frames: 0 }
    }

    fn draw(&mut self, machine: &Machine) {
        self.frames += 1;
        let paint = Paint(self.look.color);
        let report = machine.report();
        let mut rows = rows(&report, Detail::Cards);
        self.wait(machine, &mut rows);
        let bars = rows.iter_mut().filter_map(|row| row.progress.map(|progress| (row, progress)));
        for (row, (done, total)) in bars {
            row.outcome = format!("{} {}", bar(done, total), row.outcome);
        }
        let frame = Frame::of(&rows, self.look);
        let mut lines: Vec<String> = self.visible(&rows).iter().map(|row| frame.line(row, paint)).collect();
        let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"][self.frames % 10];
        let mut last = vec![format!("{} {}", paint.cyan(spinner), words::duration(self.started.elapsed().as_millis() as f64))];
        last.extend(self.activities.iter().filter_map(|(name, activity)| {
            let waiting = activity.waiting()?;
            let left = (waiting.until_ms - self.clock.now_ms()).max(0);
            Some(paint.yellow(&format!("{name} waits {} for {}", words::duration(left as f64), waiting.reason)))
        }));
        lines.push(last.join(" · "));
        self.bar.set_message(lines.join("\n"));
        self.bar.tick();
    }

    /// The deepest row that runs says until when it waits.
    fn wait(&self, machine: &Machine, rows: &mut [Row]) {
        let Some(until_us) = machine.progress().last().and_then(|open| open.until_us) else { return };
        let left = (until_us / 1000 - self.clock.now_ms()).max(0) as f64;
        if let Some(row) = rows.iter_mut().rev().find(|row| row.tone == Tone::Running) {
            row.outcome = format!("{} left", words::duration(left));
        }
    }

    /// As many rows as the screen has room for, up to the one that runs.
    fn visible<'r>(&self, rows: &'r [Row]) -> &'r [Row] {
        let room = self.look.height.saturating_sub(4).max(3);
        &rows[rows.len().saturating_sub(room)..]
    }
}

impl Watch for Live {
    fn turned(&mut self, machine: &Machine) {
        if self.tick.due.load(Ordering::Relaxed) {
            self.tick.due.store(false, Ordering::Relaxed);
            if self.started.elapsed() >= QUICK {
                self.draw(machine);
            }
        }
    }

    fn look(&mut self) -> Pending<'_, ()> {
        Box::pin(self.tick.wake.notified())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.tick.over.store(true, Ordering::Relaxed);
        self.bar.finish_and_clear();
    }
}

/// `━━━━━╸──────`
fn bar(done: u64, total: u64) -> String {
    let halves = if total == 0 { 2 * BAR } else { (2 * BAR * done.min(total)) / total };
    let (full, half) = (halves / 2, halves % 2);
    let mut text = "━".repeat(full as usize);
    if half == 1 {
        text.push('╸');
    }
    text.push_str(&"─".repeat((BAR - full - half) as usize));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_one_width() {
        for (done, total) in [(0, 5), (1, 40), (20, 40), (39, 40), (40, 40), (7, 3), (0, 0)] {
            assert_eq!(words::width(&bar(done, total)), BAR as usize, "{done}/{total}");
        }
    }
}
