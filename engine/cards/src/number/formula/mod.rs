//! The card Formula, and the language that it shares with True/False Expression.

mod function;
mod parse;
mod problem;
mod run;
mod token;

use flowrun_core::fault::InputId;

pub(crate) use self::run::Item;
use self::run::Stop;
use crate::chance::Chance;
use crate::prelude::*;

/// Calculates a number by a formula.
///
/// The formula names the card's other fields, which must be numbers: `(price - 5) * amount` has the fields
/// `price` and `amount`. A name has letters, digits and `_`.
///
/// Operators, those first that bind stronger: `!` factorial, `^` power, `- + ~` before a value, `* / %`,
/// `+ -`, `<< >>`, comparisons, `&`, `^|`, `|` for bits. Functions: `abs ceil floor round min max random exp
/// log log10 pow sqrt sin cos tan asin acos atan sinh cosh tanh`; angles are in radians, `log` has base e,
/// `random()` is less than 1, `random(5)` less than 5. There is `pi`. What follows `#` is a comment.
///
/// The remainder `%` has the sign of the divisor. A formula has at most 10,000 characters. Don't write fields
/// with double braces: a negative number would be read as a sign, and `-3^2` is -9. See also `number.add`,
/// `number.divide` and `true_false.expression`.
#[derive(Inputs)]
pub struct Formula {
    /// The formula.
    #[input(key = "_text_")]
    formula: Text,
    /// The numbers that the formula names.
    #[input(rest)]
    fields: Record,
}

/// The number.
#[derive(Outputs)]
pub struct Calculated {
    /// What the formula gives.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Formula {
    const ID: &str = "number.formula";
    const EXPORTED_AS: &[&str] = &["kernel:math:expression"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ formula: "(filetime / 10000) - 11644473600000", filetime: "131970816000000000" }"# => ok r#"{ result: 1552608000000 }"#,
        r#"{ formula: "10^2 + 12%5 + 3! + abs(-10) + pow(2, 3) # 100, 2, 6, 10, 8" }"# => ok r#"{ result: 126 }"#,
        r#"{ formula: "-x^2 + max(1, x, 2)", x: -3 }"# => ok r#"{ result: -7 }"#,
        r#"{ formula: "512 | 2", unused: "" }"# => ok r#"{ result: 514 }"#,
        r#"{ formula: "2 * (3 + " }"# => err "expected a number, a field or `(`, found the end at character 10 of the formula",
        r#"{ formula: "1 / (x - 1)", x: 1 }"# => err "a number can't be divided by 0 at character 3",
        r#"{ formula: "2 * amount", amuont: 7 }"# => err "`amount` is not known at character 5",
        r#"{ formula: "2 * x", x: ten }"# => err "`x`: expected number, found text \"ten\"",
        r#"{ formula: "1 < 2" }"# => err "expected a formula that gives a number, found true/false",
    };
    type Out = Calculated;

    fn judge(input: InputId, constant: &Value, names: &[&str]) -> Result<()> {
        match constant.as_text() {
            Some(formula) if input == Self::FORMULA => parsed(formula, input, names),
            _ => Ok(()),
        }
    }

    fn run(self, cx: &Cx<'_>) -> Result<Calculated> {
        let number = |value: &Value| f64::from_value(value.clone()).map(Item::Number);
        match evaluate(&self.formula, Self::FORMULA, &self.fields, number, cx)? {
            Item::Number(result) => Ok(Calculated { result: result + 0.0 }),
            other => {
                bail!(Self::FORMULA, "expected a formula that gives a number, found {}", other.kind())
            }
        }
    }
}

/// How long a formula may be.
const LONGEST: usize = 10_000;

/// Whether `formula`, given as `input`, can be understood, where the author has named these fields.
pub(crate) fn parsed(formula: &str, input: InputId, names: &[&str]) -> Result<()> {
    if formula.len() > LONGEST {
        bail!(input, "expected a formula of at most {LONGEST} bytes, found {}", formula.len());
    }
    parse::parse(formula, names).map(drop).map_err(|problem| problem.fault(formula, input))
}

/// What `formula`, given as `input`, comes to; `read` makes an item of what a field holds.
pub(crate) fn evaluate(
    formula: &str,
    input: InputId,
    fields: &Record,
    read: impl Fn(&Value) -> Result<Item, Mismatch>,
    cx: &Cx<'_>,
) -> Result<Item> {
    if formula.len() > LONGEST {
        bail!(input, "expected a formula of at most {LONGEST} bytes, found {}", formula.len());
    }
    let names: Vec<&str> = fields.keys().map(|name| &**name).collect();
    let steps = parse::parse(formula, &names).map_err(|problem| problem.fault(formula, input))?;
    let field = |index: usize| match fields.get_index(index) {
        Some((name, value)) => read(value).map_err(|mismatch| {
            let fault = Fault::mismatch(&mismatch, None);
            Fault::new(fault.kind, format!("`{name}`: {}", fault.message))
        }),
        None => Ok(Item::Other("nothing", false)),
    };
    run::run(&steps, field, &mut Chance::new(cx.seed)).map_err(|stop| match stop {
        Stop::Formula(problem) => problem.fault(formula, input),
        Stop::Field(fault) => fault,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculate(formula: &str) -> Result<Item> {
        let fields = [("x", Value::Number(-3.0)), ("on", Value::Bool(true))];
        let fields = fields.map(|(name, value)| (Text::from(name), value)).into_iter().collect();
        let read = |value: &Value| match value {
            Value::Bool(truth) => Ok(Item::Truth(*truth)),
            value => f64::from_value(value.clone()).map(Item::Number),
        };
        evaluate(formula, InputId(0), &fields, read, &Cx { now_ms: 0, seed: 7, wanted: &[] })
    }

    #[test]
    fn operators_bind_as_in_math_js() {
        let table = [
            ("2 + 3 * 4", 14.0),
            ("(2 + 3) * 4", 20.0),
            ("2 - 3 - 4", -5.0),
            ("2^3^2", 512.0),
            ("-2^2", -4.0),
            ("2^-1", 0.5),
            ("x^2", 9.0),
            ("-3!", -6.0),
            ("2^3!", 64.0),
            ("3!!", 720.0),
            ("--3", 3.0),
            ("-5 % 3", 1.0),
            ("5 % -3", -1.0),
            ("7 % 4 * 2", 6.0),
            ("1 << 2 + 1", 8.0),
            ("6 & 3 | 8", 10.0),
            ("6 ^| 3", 5.0),
            ("~5", -6.0),
            ("-8 >> 1", -4.0),
            ("1 << 52", 4_503_599_627_370_496.0),
            ("1.5e3 + .5", 1500.5),
            ("min(3, x, 2) + max(1)", -2.0),
            ("round(-2.5)", -2.0),
            ("log10(1000) + exp(0) + sqrt(16)", 8.0),
            ("# nothing\n 1 # one\n + 2", 3.0),
        ];
        for (formula, result) in table {
            assert_eq!(calculate(formula).unwrap(), Item::Number(result), "{formula}");
        }
        let Item::Number(circle) = calculate("pi*(max(10,11,12)^2) + round(random(5))").unwrap() else {
            panic!("no number")
        };
        assert!((452.38..457.39).contains(&circle), "{circle}");
    }

    #[test]
    fn truths_are_decided_from_left_to_right() {
        let table = [
            ("true and (true or false) and (4>pi)", true),
            ("true or false and false", true),
            ("true xor true or false", false),
            ("not on or on", true),
            ("not (1 == 2)", true),
            ("1 + 1 == 2 and 3 != 4", true),
            ("on == true", true),
            ("0 or x", true),
            ("x < 0 or 1 / 0 > 1", true),
            ("x > 0 and 1 / 0 > 1", false),
        ];
        for (formula, result) in table {
            assert_eq!(calculate(formula).unwrap(), Item::Truth(result), "{formula}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let table = [
            ("", "expected a number, a field or `(`, found the end at character 1 "),
            ("2 x", "expected an operator, found `x` at character 3 "),
            ("2 * * 3", "found `*` at character 5 "),
            ("(2", "expected `)`, found the end at character 3 "),
            ("2)", "`)` closes nothing at character 2 "),
            ("ü + 1", "`ü` is not known at character 1 "),
            ("x + ü", "`ü` is not known at character 5 "),
            ("1.2.3", "expected an operator, found `.3` at character 4 "),
            (". + 1", "expected a number, found `.` at character 1 "),
            ("1e999", "expected a number, found `1e999` at character 1 "),
            ("1 = 1", "`=` has no meaning in a formula at character 3 "),
            ("{x}", "`{` has no meaning in a formula at character 1 "),
            ("1 < 2 < 3", "comparisons can't be chained at character 7 "),
            ("not 1 == 2", "`not` before a comparison can be read in two ways at character 1 "),
            ("pow(2)", "`pow` takes 2 values, found 1 at character 1 "),
            ("min()", "`min` takes 1 or more values, found 0 at character 1 "),
            ("random(1, 2)", "`random` takes 0 or 1 values, found 2 at character 1 "),
            ("abs", "expected `(` behind `abs`, found the end at character 4 "),
            ("1 + on", "`+` takes numbers, found true/false at character 3 "),
            ("sqrt(-1)", "the result of `sqrt` is not a number at character 1 "),
            ("10^999", "the result of `^` is too large for a number at character 3 "),
            ("0.5!", "`!` takes a whole number from 0 to 170, found 0.5 at character 4 "),
            ("171!", "found 171 at character 4 "),
            ("1 << 53 << 1", "the result of `<<` is more than 2^53 at character 9 "),
            ("1 << 64", "`<<` moves by 0 to 63 bits, found 64 at character 3 "),
            ("0.5 | 1", "`|` takes whole numbers up to 2^53, found 0.5 at character 5 "),
            ("5 % 0", "a number can't be divided by 0 at character 3 "),
        ];
        for (formula, told) in table {
            let message = calculate(formula).unwrap_err().message.clone();
            assert!(message.contains(told), "{formula}: {message}");
        }
    }

    #[test]
    fn long_formulas_are_quick_and_deep_ones_refused() {
        let long = format!("0{}", "+1".repeat(4_999));
        assert_eq!(calculate(&long).unwrap(), Item::Number(4_999.0));
        assert!(calculate(&"1".repeat(LONGEST + 1)).unwrap_err().message.contains("at most 10000 bytes"));
        for deep in [
            format!("{}1", "-".repeat(5_000)),
            format!("{}1", "(".repeat(5_000)),
            format!("1{}", "^1".repeat(4_000)),
            format!("{}1", "abs(".repeat(2_000)),
        ] {
            assert!(calculate(&deep).unwrap_err().message.contains("64 levels"), "{}", &deep[..20]);
        }
    }
}
