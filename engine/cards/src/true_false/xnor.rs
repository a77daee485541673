use super::only_one;
use crate::prelude::*;

/// Tells whether two values are both true or both false.
///
/// It is the opposite of `true_false.or_exclusive`: with more values than two, which are given as fields of
/// any name, it is true unless exactly one of them is true. What is left out is false. To compare other values
/// use `true_false.compare`.
#[derive(Inputs)]
pub struct Xnor {
    /// The first value.
    #[input(default = false)]
    a: bool,
    /// The second value.
    #[input(default = false)]
    b: bool,
    /// Further values.
    #[input(rest)]
    more: Record,
}

/// Whether they are.
#[derive(Outputs)]
pub struct Alike {
    /// False if exactly one value is true.
    #[output(key = "output")]
    result: bool,
}

impl Pure for Xnor {
    const ID: &str = "true_false.xnor";
    const TITLE: Option<&str> = Some("XNOR");
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: true, b: "true" }"# => ok r#"{ result: true }"#,
        r#"{ a: false, b: true }"# => ok r#"{ result: false }"#,
        r#"{ a: false, b: null }"# => ok r#"{ result: true }"#,
        r#"{ a: false, b: true, c: true }"# => ok r#"{ result: true }"#,
        r#"{ a: {} }"# => err "expected true/false, found object",
    };
    type Out = Alike;

    fn run(self, _: &Cx<'_>) -> Result<Alike> {
        Ok(Alike { result: !only_one(self.a, self.b, self.more)? })
    }
}
