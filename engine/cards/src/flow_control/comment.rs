use crate::prelude::*;

/// Does nothing; it holds a remark.
///
/// The remark is under the card's `note`, which every card may have. Flows that come from Okta have their
/// comments so.
#[derive(Inputs)]
pub struct Comment {}

impl Pure for Comment {
    const ID: &str = "flow_control.comment";
    const EXPORTED_AS: &[&str] = &["kernel:control:comment"];
    const EXAMPLES: &[Example] = examples! {
        r#"{}"# => ok r#"{}"#,
    };
    type Out = ();

    fn run(self, _: &Cx<'_>) -> Result<()> {
        Ok(())
    }
}
