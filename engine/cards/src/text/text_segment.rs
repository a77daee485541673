use super::position::place;
use crate::prelude::*;

/// Takes a part of a text, by its positions.
///
/// Positions count from 0. The character at `start_at` belongs to the segment, the one at `end_before` does
/// not; without `end_before` it reaches to the end of the text. A negative position counts as 0, one beyond
/// the end as the end, and if the end lies before the start the two change places, so that the -1 of a search
/// that found nothing does no harm. A character outside of Unicode's first plane, such as an emoji, counts as
/// two and is never cut. See also `text.at` and
/// `text.split`.
#[derive(Inputs)]
pub struct TextSegment {
    /// The text to take from.
    #[input(key = "string")]
    text: Text,
    /// The position of the first character that is taken.
    #[input(key = "start", default = 0)]
    start_at: f64,
    /// The position of the first character that is not taken any more.
    #[input(key = "end")]
    end_before: Option<f64>,
}

/// The part.
#[derive(Outputs)]
pub struct Segment {
    /// The characters from the one position to the other.
    #[output(key = "output")]
    segment: Text,
}

impl Pure for TextSegment {
    const ID: &str = "text.text_segment";
    const EXPORTED_AS: &[&str] = &["kernel:string:substr"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: abcdef, start_at: 1, end_before: 3 }"# => ok r#"{ segment: bc }"#,
        r#"{ text: abcdef, start_at: 4 }"# => ok r#"{ segment: ef }"#,
        r#"{ text: abcdef, end_before: 99 }"# => ok r#"{ segment: abcdef }"#,
        r#"{ text: Madonna, end_before: -1 }"# => ok r#"{ segment: "" }"#,
        r#"{ text: Madonna, start_at: -1 }"# => ok r#"{ segment: Madonna }"#,
        r#"{ text: "a😀b", start_at: 3 }"# => ok r#"{ segment: b }"#,
    };
    type Out = Segment;

    fn run(self, _: &Cx<'_>) -> Result<Segment> {
        // A cast takes negative numbers to 0 and huge ones to the largest, which is what is wanted.
        let start = self.start_at as usize;
        let end = self.end_before.map_or(usize::MAX, |end| end as usize);
        let (start, end) = (start.min(end), start.max(end));
        let (from, to) = (place(&self.text, start), place(&self.text, end));
        let whole = from == 0 && to == self.text.len();
        Ok(Segment { segment: if whole { self.text } else { Text::from(&self.text[from..to]) } })
    }
}
