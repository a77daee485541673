use crate::prelude::*;

/// Makes true of false, and false of true.
///
/// What is left out is false, so that the result is true. See also `true_false.and` and `true_false.or`.
#[derive(Inputs)]
pub struct Not {
    /// The value.
    #[input(default = false)]
    a: bool,
}

/// The opposite.
#[derive(Outputs)]
pub struct Negated {
    /// True if the value is false.
    #[output(key = "output")]
    result: bool,
}

impl Pure for Not {
    const ID: &str = "true_false.not";
    const EXPORTED_AS: &[&str] = &["kernel:boolean:not"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: true }"# => ok r#"{ result: false }"#,
        r#"{ a: "false" }"# => ok r#"{ result: true }"#,
        r#"{ a: null }"# => ok r#"{ result: true }"#,
    };
    type Out = Negated;

    fn run(self, _: &Cx<'_>) -> Result<Negated> {
        Ok(Negated { result: !self.a })
    }
}
