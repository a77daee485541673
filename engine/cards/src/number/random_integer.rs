use crate::chance::Chance;
use crate::prelude::*;

/// Draws a whole number between two limits.
///
/// The lower limit can be drawn, the upper one can't: from 0 to 4 it is 0, 1, 2 or 3. A run that is replayed
/// draws the same number again. The number is not secret: don't make passwords of it. See also `text.random`.
#[derive(Inputs)]
pub struct RandomInteger {
    /// The least number that can be drawn.
    #[input(key = "a")]
    greater_than_or_equal_to: f64,
    /// The limit that is not reached.
    #[input(key = "b")]
    less_than: f64,
}

/// The number.
#[derive(Outputs)]
pub struct Drawn {
    /// What was drawn.
    #[output(key = "output")]
    random: f64,
}

/// From 2^53 on doubles skip whole numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Pure for RandomInteger {
    const ID: &str = "number.random_integer";
    const EXPORTED_AS: &[&str] = &["kernel:math:random"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ greater_than_or_equal_to: 5, less_than: 6 }"# => ok r#"{ random: 5 }"#,
        r#"{ greater_than_or_equal_to: -0.5, less_than: 0.5 }"# => ok r#"{ random: 0 }"#,
        r#"{ greater_than_or_equal_to: 4, less_than: 4 }"# => err "there is no whole number from 4 up to but not including 4",
        r#"{ greater_than_or_equal_to: 0, less_than: 1e20 }"# => err "expected limits between -2^53 and 2^53",
    };
    type Out = Drawn;

    fn run(self, cx: &Cx<'_>) -> Result<Drawn> {
        let (from, to) = (self.greater_than_or_equal_to, self.less_than);
        if from.abs() > EXACT || to.abs() > EXACT {
            bail!(Self::LESS_THAN, "expected limits between -2^53 and 2^53, found {from} and {to}");
        }
        let (first, end) = (from.ceil() as i64, to.ceil() as i64);
        if first >= end {
            bail!(Self::LESS_THAN, "there is no whole number from {from} up to but not including {to}");
        }
        let drawn = Chance::new(cx.seed).below((end - first).unsigned_abs());
        Ok(Drawn { random: (first + drawn as i64) as f64 })
    }
}
