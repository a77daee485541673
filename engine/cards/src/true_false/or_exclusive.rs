use super::only_one;
use crate::prelude::*;

/// Tells whether exactly one of some values is true.
///
/// More values than two are given as fields of any name. What is left out is false. The opposite is
/// `true_false.xnor`; see also `true_false.or`.
#[derive(Inputs)]
pub struct OrExclusive {
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

/// Whether exactly one is.
#[derive(Outputs)]
pub struct OnlyOne {
    /// True if one value is true and no other.
    #[output(key = "output")]
    only_one_true: bool,
}

impl Pure for OrExclusive {
    const ID: &str = "true_false.or_exclusive";
    const TITLE: Option<&str> = Some("Or (Exclusive)");
    const EXPORTED_AS: &[&str] = &["kernel:boolean:xor"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: true, b: false }"# => ok r#"{ only_one_true: true }"#,
        r#"{ a: true, b: 1 }"# => ok r#"{ only_one_true: false }"#,
        r#"{ a: true, b: true, c: true }"# => ok r#"{ only_one_true: false }"#,
        r#"{}"# => ok r#"{ only_one_true: false }"#,
        r#"{ a: 1, b: maybe }"# => err "expected true/false, found text \"maybe\"",
    };
    type Out = OnlyOne;

    fn run(self, _: &Cx<'_>) -> Result<OnlyOne> {
        Ok(OnlyOne { only_one_true: only_one(self.a, self.b, self.more)? })
    }
}
