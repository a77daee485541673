use crate::prelude::*;

/// How many numbers a range has at the most.
const MOST: f64 = 100_000.0;

/// Makes a list of numbers, each a step from the one before.
///
/// The first one is `start`; the last one is before `end`, as with the places of `list.list_segment`. A range that leads
/// nowhere is empty. It has at most 100,000 numbers. It serves to do something a number of times with
/// `list.for_each`, or to number the pages of a service.
#[derive(Inputs)]
pub struct Range {
    /// The first number.
    #[input(default = 0)]
    start: f64,
    /// The number to stop before.
    end: f64,
    /// What is added each time; less than 0 counts down.
    #[input(default = 1)]
    step: f64,
}

/// The numbers.
#[derive(Outputs)]
pub struct Numbers {
    /// The numbers, in their order.
    list: Vec<f64>,
}

impl Pure for Range {
    const ID: &str = "list.range";
    const EXAMPLES: &[Example] = examples! {
        r#"{ end: 4 }"# => ok r#"{ list: [0, 1, 2, 3] }"#,
        r#"{ start: 10, end: 0, step: -5 }"# => ok r#"{ list: [10, 5] }"#,
        r#"{ start: 0, end: 1, step: 0.25 }"# => ok r#"{ list: [0, 0.25, 0.5, 0.75] }"#,
        r#"{ start: 5, end: 5 }"# => ok r#"{ list: [] }"#,
        r#"{ end: 4, step: 0 }"# => err "expected a step other than 0",
        r#"{ end: 1000000 }"# => err "expected at most 100000 numbers, found 1000000",
    };
    type Out = Numbers;

    fn run(self, _: &Cx<'_>) -> Result<Numbers> {
        if self.step == 0.0 {
            bail!(Self::STEP, "expected a step other than 0");
        }
        let count = ((self.end - self.start) / self.step).ceil().max(0.0);
        if count > MOST {
            bail!(Self::END, "expected at most {MOST} numbers, found {count}");
        }
        // Multiplied, not added up: the errors of fractions would add up too.
        Ok(Numbers { list: (0..count as u32).map(|place| self.start + f64::from(place) * self.step).collect() })
    }
}
