use crate::prelude::*;

/// Gives names to values.
///
/// Each field is an output of the same name. It serves to keep constants in one place, and to give a name to
/// the result of a template. See also `flow_control.assign_if` and `object.construct`, which makes one object
/// of the fields.
#[derive(Inputs)]
pub struct Assign {
    /// The names and their values.
    #[input(rest)]
    fields: Record,
}

/// The same values.
#[derive(Outputs)]
pub struct Assigned {
    /// What each name was given.
    #[output(rest)]
    fields: Record,
}

impl Pure for Assign {
    const ID: &str = "flow_control.assign";
    const EXPORTED_AS: &[&str] = &["kernel:control:let"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ records_per_session: 10000, source: 0oa9g0l }"#
            => ok r#"{ records_per_session: 10000, source: 0oa9g0l }"#,
        r#"{ list: [a, { b: 1 }] }"# => ok r#"{ list: [a, { b: 1 }] }"#,
        r#"{ nothing: null, blank: "" }"# => ok r#"{ nothing: null, blank: "" }"#,
    };
    type Out = Assigned;

    fn run(self, _: &Cx<'_>) -> Result<Assigned> {
        Ok(Assigned { fields: self.fields })
    }
}
