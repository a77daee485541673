//! The end of a terminal, on which one frame takes the place of the one before; and what is said in between.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use flowrun_core::words;
use flowrun_views::look::Look;

use crate::console::sized;

/// The columns and lines that a terminal has right now, if it has any.
pub type Size = Box<dyn Fn() -> Option<(usize, usize)> + Send>;

/// Around a frame: terminals that know how don't show half of it, and none breaks its lines. Those that tell of a new size late,
/// as tmux does, would else get frames that are too wide, of a height that nobody knows.
const BEGIN: &str = "\u{1b}[?2026h\u{1b}[?7l";
const END: &str = "\u{1b}[?7h\u{1b}[?2026l";

/// How often, and how long in all, whoever leaves waits for a frame that is being written.
const PATIENCE: (u32, Duration) = (20, Duration::from_millis(10));

/// A stream that frames are drawn on, shared by the run and by what listens for signals.
#[derive(Clone)]
pub struct Screen(Arc<Mutex<Shown>>);

struct Shown {
    out: Box<dyn Write + Send>,
    look: Look,
    size: Size,
    /// How wide each line is of the frame that stands there.
    frame: Vec<usize>,
}

impl Screen {
    /// Draws on `out`, which looks like `look` and has at each moment the size that `size` says.
    pub fn new(out: Box<dyn Write + Send>, look: Look, size: Size) -> Screen {
        Screen(Arc::new(Mutex::new(Shown { out, look, size, frame: Vec::new() })))
    }

    /// Draws on standard error.
    pub fn stderr(look: Look) -> Screen {
        let size = || {
            let (width, height) = terminal_size::terminal_size()?;
            Some((usize::from(width.0), usize::from(height.0)))
        };
        Screen::new(Box::new(io::stderr()), look, Box::new(size))
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it looks now: a window changes its size.
    pub fn look(&self) -> Look {
        let shown = self.shown();
        sized(shown.look, (shown.size)())
    }

    /// Draws a frame in place of the last one.
    pub fn draw(&self, lines: &[String]) {
        let mut shown = self.shown();
        let rows = shown.rows(0);
        let mut text = format!("{BEGIN}{}", up(rows));
        // A line is taken away as a whole: of one that was only written over, a terminal may remember that it was longer.
        lines.iter().for_each(|line| text.push_str(&format!("{WIPE}{line}\n")));
        text.push_str(&wipe(rows.saturating_sub(lines.len())));
        text.push_str(END);
        shown.frame = lines.iter().map(|line| visible(line)).collect();
        shown.write(&text);
    }

    /// Takes the frame away.
    pub fn clear(&self) {
        self.shown().replace(0, "");
    }

    /// Says something where the frame is; the next one is drawn below.
    pub fn say(&self, text: &str) {
        self.shown().replace(0, &format!("{text}\n"));
    }

    /// Says something in place of the frame's last line and does what comes then, such as to end the process: nothing is drawn in
    /// between. The frame stands as it is, as what was last seen of the run.
    pub fn leave(&self, text: &str, then: impl FnOnce()) {
        let mut taken = None;
        for _ in 0..PATIENCE.0 {
            match self.0.try_lock() {
                Ok(shown) => taken = Some(shown),
                Err(TryLockError::Poisoned(poisoned)) => taken = Some(poisoned.into_inner()),
                // Whoever draws may wait for a terminal that was stopped.
                Err(TryLockError::WouldBlock) => thread::sleep(PATIENCE.1),
            }
            if taken.is_some() {
                break;
            }
        }
        if let Some(shown) = &mut taken {
            let kept = shown.frame.len().saturating_sub(1);
            shown.replace(kept, &format!("{text}\n"));
        }
        then();
    }
}

impl Shown {
    /// Writes in place of the frame but for its first lines.
    fn replace(&mut self, kept: usize, text: &str) {
        let rows = self.rows(kept);
        let mut whole = if rows == 0 { String::new() } else { up(rows) + &wipe(rows) };
        // A terminal has written `^C` where the cursor was.
        whole.push_str(if self.look.live && !text.is_empty() { "\r\u{1b}[2K" } else { "" });
        whole.push_str(text);
        self.frame.clear();
        self.write(&whole);
    }

    /// How many rows of the window the frame takes but for its first lines. One that has become narrower has broken the lines,
    /// as all but the oldest terminals do.
    fn rows(&self, kept: usize) -> usize {
        let width = (self.size)().map_or(self.look.width, |(width, _)| width).max(1);
        self.frame.iter().skip(kept).map(|line| line.div_ceil(width).max(1)).sum()
    }

    /// That it can't be shown is no reason to fail.
    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

/// Takes away the line that the cursor is in. What takes away the rest of the screen, some terminals keep for those who scroll
/// back: each frame.
const WIPE: &str = "\u{1b}[2K";

/// Moves the cursor to the start of a line so many rows above.
fn up(rows: usize) -> String {
    if rows == 0 { "\r".to_owned() } else { format!("\r\u{1b}[{rows}A") }
}

/// Takes away so many rows from that of the cursor on, which stays in its place.
fn wipe(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("{WIPE}\u{1b}[1B").repeat(rows) + &up(rows) }
}

/// How many columns a line takes, colors aside.
fn visible(line: &str) -> usize {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().map_or(0, words::width);
    first + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| words::width(text))).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowrun_views::look::PLAIN;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A stream that remembers what was written to it.
    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<u8>>>);

    impl Write for Recorder {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Recorder {
        /// What has been written since, without the marks of a frame's beginning and end.
        fn take(&self) -> String {
            let bytes = std::mem::take(&mut *self.0.lock().unwrap());
            String::from_utf8(bytes).unwrap().replace(BEGIN, "").replace(END, "")
        }
    }

    fn screen(width: usize) -> (Screen, Recorder, Arc<AtomicUsize>) {
        let (out, width) = (Recorder::default(), Arc::new(AtomicUsize::new(width)));
        let size = width.clone();
        let size = Box::new(move || Some((size.load(Ordering::Relaxed), 24)));
        let look = Look { live: true, color: true, ..PLAIN };
        (Screen::new(Box::new(out.clone()), look, size), out, width)
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_frame_takes_the_place_of_the_last_one() {
        let (screen, out, width) = screen(80);
        screen.draw(&lines(&["one", "\u{1b}[36mtwo\u{1b}[0m"]));
        assert_eq!(out.take(), "\r\u{1b}[2Kone\n\u{1b}[2K\u{1b}[36mtwo\u{1b}[0m\n");
        screen.draw(&lines(&["three"]));
        // The second line goes, and the cursor stands where it stood.
        assert_eq!(out.take(), "\r\u{1b}[2A\u{1b}[2Kthree\n\u{1b}[2K\u{1b}[1B\r\u{1b}[1A");
        // A line of 100 columns stands on two rows of a window of 60, one of 60 on one.
        width.store(120, Ordering::Relaxed);
        assert_eq!(screen.look().width, 120);
        screen.draw(&lines(&[&"x".repeat(100), &"y".repeat(60)]));
        out.take();
        width.store(60, Ordering::Relaxed);
        assert_eq!(screen.look().width, 60);
        screen.clear();
        assert_eq!(out.take(), format!("\r\u{1b}[3A{}\r\u{1b}[3A", "\u{1b}[2K\u{1b}[1B".repeat(3)));
        // Nothing is left to be taken away.
        screen.clear();
        assert_eq!(out.take(), "");
    }

    #[test]
    fn what_is_said_leaves_nothing_of_the_frame_above_it() {
        let (screen, out, _) = screen(80);
        screen.draw(&lines(&["tree", "spinner"]));
        out.take();
        screen.say("interrupted");
        let wiped = "\u{1b}[2K\u{1b}[1B";
        assert_eq!(out.take(), format!("\r\u{1b}[2A{}\r\u{1b}[2A\r\u{1b}[2Kinterrupted\n", wiped.repeat(2)));
        screen.draw(&lines(&["tree", "spinner"]));
        assert_eq!(out.take(), "\r\u{1b}[2Ktree\n\u{1b}[2Kspinner\n");
        // The last line goes, the tree stays.
        let mut left = false;
        screen.leave("left at once", || left = true);
        assert!(left);
        assert_eq!(out.take(), format!("\r\u{1b}[1A{wiped}\r\u{1b}[1A\r\u{1b}[2Kleft at once\n"));
    }

    #[test]
    fn a_pipe_gets_no_control_codes() {
        let out = Recorder::default();
        let screen = Screen::new(Box::new(out.clone()), PLAIN, Box::new(|| None));
        screen.say("interrupted");
        screen.leave("left at once", || ());
        assert_eq!(out.take(), "interrupted\nleft at once\n");
    }

    #[test]
    fn whoever_leaves_does_not_wait_for_ever() {
        let (screen, _, _) = screen(80);
        let drawing = screen.shown();
        let mut left = false;
        screen.leave("left at once", || left = true);
        assert!(left);
        drop(drawing);
    }
}
