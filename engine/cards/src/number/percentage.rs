use flowrun_core::value::format_number;

use crate::prelude::*;

/// Tells how many per cent of a number another number is.
///
/// 50 is 25 per cent of 200. The result is rounded, a half up; `encoded` is the same as a text with `%`. A
/// percentage of 0 is an error. See also `number.divide`.
#[derive(Inputs)]
pub struct Percentage {
    /// The number that counts as a hundred per cent.
    #[input(key = "percentage of")]
    percentage_of: f64,
    /// The number that is a part of it.
    value: f64,
    /// How many digits stay behind the point, 0 to 15.
    #[input(default = 2)]
    precision: f64,
}

/// The percentage.
#[derive(Outputs)]
pub struct PerCent {
    /// How many per cent it is.
    percentage: f64,
    /// The same as a text.
    encoded: Text,
}

impl Pure for Percentage {
    const ID: &str = "number.percentage";
    const EXAMPLES: &[Example] = examples! {
        r#"{ percentage_of: 200, value: 50 }"# => ok r#"{ percentage: 25, encoded: 25% }"#,
        r#"{ percentage_of: 3, value: 1, precision: 1 }"# => ok r#"{ percentage: 33.3, encoded: 33.3% }"#,
        r#"{ percentage_of: 4, value: 9 }"# => ok r#"{ percentage: 225, encoded: 225% }"#,
        r#"{ percentage_of: 0, value: 5 }"# => err "0 has no percentages",
        r#"{ percentage_of: 3, value: 1, precision: -1 }"# => err "expected 0 to 15 decimals, found -1",
    };
    type Out = PerCent;

    fn run(self, _: &Cx<'_>) -> Result<PerCent> {
        if self.percentage_of == 0.0 {
            bail!(Self::PERCENTAGE_OF, "0 has no percentages");
        }
        let decimals = super::decimals(self.precision, Self::PRECISION)?;
        let percentage = super::finite(self.value / self.percentage_of * 100.0)?;
        let percentage = super::to_decimals(percentage, decimals);
        let mut encoded = format_number(percentage);
        encoded.push('%');
        Ok(PerCent { percentage, encoded: encoded.into() })
    }
}
