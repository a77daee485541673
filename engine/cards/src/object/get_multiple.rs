use flowrun_core::value::get;

use super::Tree;
use crate::prelude::*;

/// Takes several values out of an object, by their paths.
///
/// Each further field names an output and says where it lies: `email: profile.email`. An output that is only
/// declared under `outputs` lies at the path that is its name. Paths are those of `object.get`; what is not
/// there gives a missing value.
#[derive(Inputs)]
pub struct GetMultiple {
    /// The object, or a list.
    object: Tree,
    /// The outputs: each has the path of its value.
    #[input(rest)]
    paths: Record,
}

/// The values.
#[derive(Outputs)]
pub struct Multiple {
    /// What lies at each path.
    #[output(rest)]
    values: Record,
}

impl Pure for GetMultiple {
    const ID: &str = "object.get_multiple";
    const EXPORTED_AS: &[&str] = &["kernel:object:pick"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ object: { ID: 7, profile: { email: jane@example.com } }, id: ID, email: profile.email }"#
            => ok r#"{ id: 7, email: jane@example.com }"#,
        r#"{ object: { ID: 7 }, id: ID, name: profile.name }"# => ok r#"{ id: 7, name: null }"#,
        r#"{ object: null, id: ID }"# => ok r#"{ id: null }"#,
    };
    type Out = Multiple;

    fn run(self, cx: &Cx<'_>) -> Result<Multiple> {
        let mut values = Record::with_capacity(cx.wanted.len());
        for name in cx.wanted {
            let value = match self.paths.get(name) {
                Some(Value::Text(path)) => get(&self.object.0, path),
                Some(Value::Null) | None => get(&self.object.0, name),
                Some(other) => return Err(Mismatch { wanted: Type::TEXT, found: other.clone() }.into()),
            };
            values.insert(name.clone(), value);
        }
        Ok(Multiple { values })
    }
}
