//! What is drawn on a terminal while a run goes on: its tree so far, with bars and the reasons of waits.

use std::time::{Duration, Instant};

use flowrun_core::card::Catalog;
use flowrun_core::machine::Machine;
use flowrun_core::words;
use flowrun_host::driver::Watch;
use flowrun_kit::activity::Activity;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_views::look::Paint;
use flowrun_views::transcript::{Detail, Frame, Row, Tone, rows};

use crate::pace::{Paces, told};
use crate::screen::Screen;
use crate::tick::Tick;

/// How often is drawn.
const EVERY: Duration = Duration::from_millis(80);

/// A run that ends sooner is not drawn: it would only flicker.
const QUICK: Duration = Duration::from_millis(200);

/// Draws a run while it goes on.
pub struct Live {
    screen: Screen,
    tick: Tick,
    paces: Paces,
    activities: Vec<(String, Activity)>,
    clock: Clock,
    catalog: Catalog,
    started: Instant,
    frames: usize,
}

impl Live {
    /// Draws on this screen, until it is dropped.
    pub fn new(screen: Screen, catalog: &Catalog, activities: Vec<(String, Activity)>, clock: Clock) -> Live {
        Live {
            screen,
            tick: Tick::every(EVERY),
            paces: Paces::default(),
            activities,
            clock,
            catalog: catalog.clone(),
            started: Instant::now(),
            frames: 0,
        }
    }

    fn draw(&mut self, machine: &Machine) {
        self.frames += 1;
        let look = self.screen.look();
        let paint = Paint(look.color);
        let frame = Frame::of(look);
        let report = machine.report();
        let mut rows = rows(&report, Detail::Cards, &self.catalog);
        let waits = self.wait(machine, &mut rows);
        let far = |row: &Row| row.progress.filter(|(_, total)| *total > 1);
        for (row, progress) in rows.iter_mut().filter_map(|row| far(row).map(|progress| (row, progress))) {
            let name = format!("{}{}{}", row.tree, row.title, row.detail);
            // What is cancelled does not go on as before.
            let left = self.paces.left(name, progress, Instant::now()).filter(|_| !machine.is_cancelled());
            row.outcome = told(progress, left, &row.outcome, frame.untimed());
            // How long it took matters less than how long it takes.
            row.took_ms = None;
        }
        let mut lines: Vec<String> =
            visible(&rows, look.height).iter().map(|row| frame.line(row, paint)).collect();
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
        self.screen.draw(&lines);
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
}

/// As many rows as the screen has room for, up to the one that runs.
fn visible(rows: &[Row], height: usize) -> &[Row] {
    let room = height.saturating_sub(4).max(3);
    &rows[rows.len().saturating_sub(room)..]
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
        self.screen.clear();
    }
}
