//! Wait For and Wait Until.

use super::Machine;
use super::frame::{Frame, FrameId, Purpose};
use super::step::read;
use crate::control::{WaitFor, WaitUntil};
use crate::fault::{Fault, FaultKind, InputId};
use crate::program::{Step, StepId};
use crate::value::Value;

/// The longest wait that Okta allows.
pub(super) const LONGEST_MS: f64 = 30.0 * 86_400_000.0;

/// The shortest that Wait Until makes.
const SHORTEST_MS: i64 = 1_000;

impl Machine {
    pub(super) fn wait(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
    ) -> Result<bool, Fault> {
        let wait: WaitFor = read(step, frame)?;
        let unit = match &*wait.unit {
            "second" => 1_000.0,
            "minute" => 60_000.0,
            "hour" => 3_600_000.0,
            "day" => 86_400_000.0,
            other => {
                let message = format!("expected second, minute, hour or day, found \"{other}\"");
                return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(1)));
            }
        };
        let ms = wait.delay * unit;
        if !(0.0..=LONGEST_MS).contains(&ms) {
            let message =
                format!("a wait may take 0 to 30 days, found {} {}", Value::from(wait.delay), wait.unit);
            return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(0)));
        }
        self.sleep(frame, id, at, ms as u64)
    }

    pub(super) fn wait_until(
        &mut self,
        step: &Step,
        frame: &mut Frame,
        id: StepId,
        at: FrameId,
    ) -> Result<bool, Fault> {
        let WaitUntil { date } = read(step, frame)?;
        let now_ms = self.now_us.div_euclid(1000);
        let ms = (date.millis() - now_ms).max(SHORTEST_MS);
        if ms as f64 > LONGEST_MS {
            let message = format!("a wait may take up to 30 days, and {date} is further away");
            return Err(Fault::new(FaultKind::InvalidInput, message).at(InputId(0)));
        }
        self.sleep(frame, id, at, ms as u64)
    }

    fn sleep(&mut self, frame: &mut Frame, id: StepId, at: FrameId, ms: u64) -> Result<bool, Fault> {
        if self.cancelled && !frame.cleans_up {
            return Err(Fault::cancelled());
        }
        self.let_pass(frame, id, at, Purpose::Wait, ms);
        Ok(false)
    }
}
