use crate::prelude::*;

/// Adds one to a number.
///
/// To add anything else use `number.add`.
#[derive(Inputs)]
pub struct Increment {
    /// The number.
    a: f64,
}

/// The next number.
#[derive(Outputs)]
pub struct Incremented {
    /// The number and one.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Increment {
    const ID: &str = "number.increment";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 41 }"# => ok r#"{ result: 42 }"#,
        r#"{ a: -0.5 }"# => ok r#"{ result: 0.5 }"#,
        r#"{ a: null }"# => err "expected number, found nothing",
    };
    type Out = Incremented;

    fn run(self, _: &Cx<'_>) -> Result<Incremented> {
        Ok(Incremented { result: self.a + 1.0 })
    }
}
