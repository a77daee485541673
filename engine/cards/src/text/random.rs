use crate::chance::Chance;
use crate::prelude::*;

/// Makes a text of letters and digits drawn by chance.
///
/// Capital and small letters from A to Z and digits, each as likely as the other. A run that is replayed draws
/// the same text again. The text is not secret: whoever knows the run can work it out, so don't use it as a
/// password. See also `text.unique_id` and `number.random_integer`.
#[derive(Inputs)]
pub struct Random {
    /// How long the text is to be, 0 to 10,000.
    length: f64,
}

/// The text.
#[derive(Outputs)]
pub struct Drawn {
    /// What was drawn.
    #[output(key = "output")]
    text: Text,
}

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Pure for Random {
    const ID: &str = "text.random";
    const EXPORTED_AS: &[&str] = &["kernel:string:random"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ length: 12 }"# => ok r#"{ text: xf5y4HQEhg6A }"#,
        r#"{ length: 0 }"# => ok r#"{ text: "" }"#,
        r#"{ length: -1 }"# => err "expected a length from 0 to 10000, found -1",
        r#"{ length: 1e6 }"# => err "found 1000000",
    };
    type Out = Drawn;

    fn run(self, cx: &Cx<'_>) -> Result<Drawn> {
        if !(0.0..=10_000.0).contains(&self.length) {
            bail!(Self::LENGTH, "expected a length from 0 to 10000, found {}", self.length);
        }
        let mut chance = Chance::new(cx.seed);
        let letters = (0..self.length as usize).map(|_| LETTERS[chance.below(62) as usize] as char);
        Ok(Drawn { text: letters.collect::<String>().into() })
    }
}
