use crate::prelude::*;

/// Writes a number as a text, with a fixed number of decimals.
///
/// It is rounded, a half up, and filled up with zeros: 2.5 becomes `2.50`. `point` comes before the decimals,
/// `thousands` between groups of three digits. A number that goes into a text without this card is written
/// with as many digits as it has. The way back is `number.parse`.
#[derive(Inputs)]
pub struct Format {
    /// The number.
    a: f64,
    /// How many digits follow the point, 0 to 15.
    #[input(default = 2)]
    decimals: f64,
    /// What comes before the decimals.
    #[input(default = ".")]
    point: Text,
    /// What comes between groups of three digits.
    #[input(default = "")]
    thousands: Text,
}

/// The text.
#[derive(Outputs)]
pub struct Formatted {
    /// The number as a text.
    text: Text,
}

impl Pure for Format {
    const ID: &str = "number.format";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2.5 }"# => ok r#"{ text: "2.50" }"#,
        r#"{ a: -1234567.891, point: ",", thousands: "." }"# => ok r#"{ text: "-1.234.567,89" }"#,
        r#"{ a: 999.5, decimals: 0, thousands: " " }"# => ok r#"{ text: "1 000" }"#,
        r#"{ a: 1e23, decimals: 1, thousands: "," }"# => ok r#"{ text: "100,000,000,000,000,000,000,000.0" }"#,
        r#"{ a: -0.001 }"# => ok r#"{ text: "0.00" }"#,
        r#"{ a: 1, decimals: 99 }"# => err "expected 0 to 15 decimals, found 99",
    };
    type Out = Formatted;

    fn run(self, _: &Cx<'_>) -> Result<Formatted> {
        let decimals = super::decimals(self.decimals, Self::DECIMALS)?;
        let number = super::to_decimals(self.a, decimals);
        // As many digits as tell the number from others, then zeros: no more of what the double is by its nature.
        let mut digits = number.abs().to_string();
        let missing = match digits.split_once('.') {
            Some((_, fraction)) => (decimals as usize).checked_sub(fraction.len()),
            None => {
                digits.push_str(if decimals > 0 { "." } else { "" });
                Some(decimals as usize)
            }
        };
        match missing {
            Some(missing) => digits.push_str(&"0".repeat(missing)),
            None => digits = format!("{:.*}", decimals as usize, number.abs()),
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut text = String::from(if number < 0.0 { "-" } else { "" });
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push_str(&self.thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(&self.point);
            text.push_str(fraction);
        }
        Ok(Formatted { text: text.into() })
    }
}
