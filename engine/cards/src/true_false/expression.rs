use crate::number::{Item, evaluate, parsed};
use crate::prelude::*;

/// Tells whether an expression is true.
///
/// The expression names the card's other fields: `active and (age >= 18 or not limited)` has the fields
/// `active`, `age` and `limited`. There are `and`, `xor`, `or` (in this order), `not`, `== != < <= > >=`,
/// `true`, `false`, parentheses, and all that `number.formula` has.
///
/// Where true or false is wanted, a number is true unless it is 0, a text unless it is blank or `false`, and
/// what is missing is false. A date is its milliseconds since 1970. Texts can't be compared here: use
/// `true_false.compare`. What follows `and` is left alone if what comes before it is false, so that
/// `n != 0 and 1 / n > 2` is safe; `or` does likewise.
#[derive(Inputs)]
pub struct Expression {
    /// The expression.
    #[input(key = "_text_")]
    expression: Text,
    /// The values that the expression names.
    #[input(rest)]
    fields: Record,
}

/// Whether it is true.
#[derive(Outputs)]
pub struct Judged {
    /// True if the expression is.
    #[output(key = "output")]
    result: bool,
}

impl Pure for Expression {
    const ID: &str = "true_false.expression";
    const EXPORTED_AS: &[&str] = &["kernel:boolean:expression"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ expression: "true and (true or false) and (4>pi)" }"# => ok r#"{ result: true }"#,
        r#"{ expression: "changed / total > 0.1 or stop", changed: 7, total: 100, stop: false }"# => ok r#"{ result: false }"#,
        r#"{ expression: "total != 0 and changed / total > 0.1", changed: 7, total: 0 }"# => ok r#"{ result: false }"#,
        r#"{ expression: "not a and not b and c", a: "", b: "false", c: "no" }"# => ok r#"{ result: true }"#,
        r#"{ expression: "status == 1", status: active }"# => err "`==` takes numbers, found text at character 8",
        r#"{ expression: "not a == b", a: 1, b: 2 }"# => err "`not` before a comparison can be read in two ways",
        r#"{ expression: "a and list", a: true, list: [1] }"# => err "`list`: expected true/false, found list",
    };
    type Out = Judged;

    fn judge(input: InputId, constant: &Value, names: &[&str]) -> Result<()> {
        match constant.as_text() {
            Some(formula) if input == Self::EXPRESSION => parsed(formula, input, names),
            _ => Ok(()),
        }
    }

    fn run(self, cx: &Cx<'_>) -> Result<Judged> {
        let item = evaluate(&self.expression, Self::EXPRESSION, &self.fields, read, cx)?;
        Ok(Judged { result: item.truth() })
    }
}

fn read(value: &Value) -> Result<Item, Mismatch> {
    Ok(match value {
        Value::Null => Item::Other("nothing", false),
        Value::Bool(truth) => Item::Truth(*truth),
        Value::Number(number) => Item::Number(*number),
        Value::Integer(integer) => Item::Number(integer.nearest()),
        Value::Date(date) => Item::Number(date.millis() as f64),
        Value::Text(text) => {
            let text = text.trim();
            Item::Other("text", !text.is_empty() && !text.eq_ignore_ascii_case("false"))
        }
        other => return Err(Mismatch { wanted: Type::BOOL, found: other.clone() }),
    })
}
