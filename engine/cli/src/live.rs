//! What is drawn on a terminal while a run goes on: its tree so far, with bars and the reasons of waits.

use std::time::{Duration, Instant};

use flowrun_core::card::Catalog;
use flowrun_core::machine::Machine;
use flowrun_core::words;
use flowrun_host::driver::Watch;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_views::look::{Look, Paint};
use flowrun_views::transcript::{Detail, Frame, Row, Tone, rows};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::tick::Tick;

/// How often is drawn.
const EVERY: Duration = Duration::from_millis(80);

/// A run that ends sooner is not drawn: it would only flicker.
const QUICK: Duration = Duration::from_millis(200);

/// How wide a bar is.
const BAR: u64 = 20;

/// Draws a run while it goes on.
pub struct Live {
    bar: ProgressBar,
    tick: Tick,
    activities: Vec<(String, Activity)>,
    clock: Clock,
    catalog: Catalog,
    look: Look,
    started: Instant,
    frames: usize,
}

impl Live {
    /// Draws on standard error.
    pub fn new(look: Look, catalog: &Catalog, activities: Vec<(String, Activity)>, clock: Clock) -> Live {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(20));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Live {
            bar,
            tick: Tick::every(EVERY),
            activities,
            clock,
            catalog: catalog.clone(),
            look,
            started: Instant::now(),
            frames: 0,
        }
    }

    fn draw(&mut self, machine: &Machine) {
        self.frames += 1;
        let paint = Paint(self.look.color);
        let report = machine.report();
        let mut rows = rows(&report, Detail::Cards, &self.catalog);
        let waits = self.wait(machine, &mut rows);
        let bars = rows.iter_mut().filter_map(|row| row.progress.map(|progress| (row, progress)));
        for (row, (done, total)) in bars {
            row.outcome = format!("{} {}", bar(done, total), row.outcome);
        }
        let frame = Frame::of(self.look);
        let mut lines: Vec<String> = self.visible(&rows).iter().map(|row| frame.line(row, paint)).collect();
        let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"][self.frames % 10];
        let elapsed = words::duration(self.started.elapsed().as_secs_f64().ceil() * 1000.0);
        let mut last = format!("{spinner} {elapsed}");
        for (name, activity) in &self.activities {
            if let Some(waiting) = activity.waiting() {
                let left = self.left(waiting.until_ms);
                let until = words::time_of_day(waiting.until_ms);
                last.push_str(&format!(" · {name} waits {left}, until {until}, for {}", waiting.reason));
            }
        }
        if let Some(note) = waits.and_then(|index| rows[index].note.as_deref()) {
            last.push_str(&format!(" · {note}"));
        }
        lines.push(paint.cyan(&words::fit(&last, frame.columns())));
        self.bar.set_message(lines.join("\n"));
        self.bar.tick();
    }

    /// The deepest row that runs says how long it still waits, if it does; which row that is.
    fn wait(&self, machine: &Machine, rows: &mut [Row]) -> Option<usize> {
        let until_us = machine.progress().last()?.until_us?;
        let index = rows.iter().rposition(|row| row.tone == Tone::Running)?;
        rows[index].outcome = format!("{} left", self.left(until_us / 1000));
        Some(index)
    }

    /// How long it is until then: whole seconds, for tenths would only flicker.
    fn left(&self, until_ms: i64) -> String {
        let left = (until_ms - self.clock.now_ms()).max(0) as f64;
        words::duration(if left > 1_000.0 { (left / 1_000.0).ceil() * 1_000.0 } else { left })
    }

    /// As many rows as the screen has room for, up to the one that runs.
    fn visible<'r>(&self, rows: &'r [Row]) -> &'r [Row] {
        let room = self.look.height.saturating_sub(4).max(3);
        &rows[rows.len().saturating_sub(room)..]
    }
}

impl Watch for Live {
    fn turned(&mut self, machine: &Machine) {
        if self.tick.is_due() && self.started.elapsed() >= QUICK {
            self.draw(machine);
        }
    }

    fn look(&mut self) -> Pending<'_, ()> {
        self.tick.next()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `━━━━━╸──────`
fn bar(done: u64, total: u64) -> String {
    let halves = (2 * BAR * done.min(total)).checked_div(total).unwrap_or(2 * BAR);
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
