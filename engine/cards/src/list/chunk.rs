use crate::prelude::*;

/// Cuts a list into lists of a size.
///
/// The last one may be shorter. It serves where a vendor takes so many records at once. The way back is
/// `list.flatten`. See also `list.list_segment`.
#[derive(Inputs)]
pub struct Chunk {
    /// The items.
    list: Arc<Vec<Value>>,
    /// How many items each list has; a fraction is cut off.
    size: f64,
}

/// The lists.
#[derive(Outputs)]
pub struct Chunks {
    /// Lists of that size.
    lists: Vec<Value>,
}

impl Pure for Chunk {
    const ID: &str = "list.chunk";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, c, d, e], size: 2 }"# => ok r#"{ lists: [[a, b], [c, d], [e]] }"#,
        r#"{ list: [a, b], size: 200 }"# => ok r#"{ lists: [[a, b]] }"#,
        r#"{ list: [], size: 200 }"# => ok r#"{ lists: [] }"#,
        r#"{ list: [a], size: 0 }"# => err "expected 1 or more, found 0",
    };
    type Out = Chunks;

    fn run(self, _: &Cx<'_>) -> Result<Chunks> {
        if self.size < 1.0 {
            bail!(Self::SIZE, "expected 1 or more, found {}", self.size);
        }
        let lists = self.list.chunks(self.size as usize).map(|items| Value::list(items.to_vec()));
        Ok(Chunks { lists: lists.collect() })
    }
}
