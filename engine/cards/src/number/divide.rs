use flowrun_core::value::format_number;

use crate::prelude::*;

/// Divides one number by another.
///
/// The result is rounded to a number of decimals, a half up. `percentage` is the same as a text in per cent:
/// 0.25 is `25%`. To divide by 0 is an error. See also `number.multiply` and `number.round_up`.
#[derive(Inputs)]
pub struct Divide {
    /// The number that is divided.
    a: f64,
    /// What it is divided by.
    b: f64,
    /// How many digits stay behind the point, 0 to 15.
    #[input(default = 4)]
    decimals: f64,
}

/// The quotient.
#[derive(Outputs)]
pub struct Divided {
    /// `a` divided by `b`, rounded.
    #[output(key = "output")]
    result: f64,
    /// The same in per cent, as a text.
    percentage: Text,
}

impl Pure for Divide {
    const ID: &str = "number.divide";
    const EXPORTED_AS: &[&str] = &["kernel:math:divide"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 1, b: 4 }"# => ok r#"{ result: 0.25, percentage: 25% }"#,
        r#"{ a: 1, b: 3 }"# => ok r#"{ result: 0.3333, percentage: 33.33% }"#,
        r#"{ a: 25000, b: 10000, decimals: 0 }"# => ok r#"{ result: 3, percentage: 300% }"#,
        r#"{ a: 1, b: 0 }"# => err "a number can't be divided by 0",
        r#"{ a: 1, b: 3, decimals: 20 }"# => err "expected 0 to 15 decimals, found 20",
    };
    type Out = Divided;

    fn run(self, _: &Cx<'_>) -> Result<Divided> {
        if self.b == 0.0 {
            bail!(Self::B, "a number can't be divided by 0");
        }
        let decimals = super::decimals(self.decimals, Self::DECIMALS)?;
        let result = super::to_decimals(super::finite(self.a / self.b)?, decimals);
        // Two digits move before the point; rounding again drops what the multiplication left behind.
        let percent = super::to_decimals(result * 100.0, (decimals - 2).max(0));
        let mut percentage = format_number(percent);
        percentage.push('%');
        Ok(Divided { result, percentage: percentage.into() })
    }
}
