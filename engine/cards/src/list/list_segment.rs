use crate::prelude::*;

/// Takes a part of a list, by its places.
///
/// Places count from 0. The item at `start` is the first of the part, the one at `end` is the first behind it.
/// A place behind the end counts as the end, a negative one as 0, as in `text.text_segment`; fractions are cut
/// off. See also `list.at` and `list.chunk`.
#[derive(Inputs)]
pub struct ListSegment {
    /// The items.
    list: Arc<Vec<Value>>,
    /// The place of the first item.
    #[input(default = 0)]
    start: f64,
    /// The place behind the last item; blank for all that follow.
    end: Option<f64>,
}

/// The part.
#[derive(Outputs)]
pub struct Segment {
    /// The items from `start` up to `end`.
    #[output(keys_of = "list")]
    list: Vec<Value>,
}

impl Pure for ListSegment {
    const ID: &str = "list.list_segment";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [a, b, c, d], start: 1, end: 3 }"# => ok r#"{ list: [b, c] }"#,
        r#"{ list: [a, b, c, d], start: 2 }"# => ok r#"{ list: [c, d] }"#,
        r#"{ list: [a, b], start: -1, end: 99 }"# => ok r#"{ list: [a, b] }"#,
        r#"{ list: [a, b], start: 2, end: 1 }"# => ok r#"{ list: [] }"#,
    };
    type Out = Segment;

    fn run(self, _: &Cx<'_>) -> Result<Segment> {
        // The cast makes 0 of what is negative.
        let place = |place: f64| (place as usize).min(self.list.len());
        let (start, end) = (place(self.start), self.end.map_or(self.list.len(), place));
        Ok(Segment { list: self.list.get(start..end).unwrap_or_default().to_vec() })
    }
}
