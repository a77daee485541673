use crate::prelude::*;

/// Counts the items of a list.
///
/// Missing items count as well; a missing list has 0.
#[derive(Inputs)]
pub struct Length {
    /// The items.
    list: Arc<Vec<Value>>,
}

/// How many there are.
#[derive(Outputs)]
pub struct Counted {
    /// The number of items.
    length: f64,
}

impl Pure for Length {
    const ID: &str = "list.length";
    const EXPORTED_AS: &[&str] = &["kernel:list:length"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, null] }"# => ok r#"{ length: 3 }"#,
        r#"{ list: null }"# => ok r#"{ length: 0 }"#,
        r#"{ list: one }"# => ok r#"{ length: 1 }"#,
    };
    type Out = Counted;

    fn run(self, _: &Cx<'_>) -> Result<Counted> {
        Ok(Counted { length: self.list.len() as f64 })
    }
}
