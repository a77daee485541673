//! A formula cut into its words and signs.

use super::problem::Problem;

/// A word or sign of a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    Sign(&'static str),
    End,
}

/// Longer signs come first, so that `>=` is not read as `>`.
const SIGNS: &[&str] = &[
    "<<", ">>", "==", "!=", ">=", "<=", "^|", "+", "-", "*", "/", "%", "^", "!", "(", ")", ",", "&", "|", "~",
    ">", "<",
];

/// Reads the token at the start of `text`, behind white space and comments: where it begins, and where it ends.
pub(super) fn next(text: &str, from: usize) -> Result<(Token<'_>, usize, usize), Problem> {
    let at = skip(text, from);
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else { return Ok((Token::End, at, at)) };
    if first.is_alphabetic() || first == '_' {
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        return Ok((Token::Name(&rest[..end]), at, at + end));
    }
    if first.is_ascii_digit() || first == '.' {
        let end = number(rest.as_bytes());
        return match rest[..end].parse::<f64>() {
            Ok(number) if number.is_finite() => Ok((Token::Number(number), at, at + end)),
            _ => Err(Problem::new(at, format!("expected a number, found `{}`", &rest[..end]))),
        };
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Token::Sign(sign), at, at + sign.len()));
    }
    let problem = Problem::new(at, format!("`{first}` has no meaning in a formula"));
    Err(match first {
        '=' => problem.help("to compare two values write `==`"),
        '{' | '}' => problem.help("name a field without braces"),
        '"' | '\'' => problem.help("formulas have no texts; `true_false.compare` compares texts"),
        _ => problem,
    })
}

/// The place behind white space and comments, which reach from `#` to the end of their line.
fn skip(text: &str, mut at: usize) -> usize {
    loop {
        at = text.len() - text[at..].trim_start().len();
        if !text[at..].starts_with('#') {
            return at;
        }
        at = text[at..].find('\n').map_or(text.len(), |end| at + end);
    }
}

/// How many bytes of `text` belong to the number that it begins with.
fn number(text: &[u8]) -> usize {
    let digits = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if text.get(sign).is_some_and(u8::is_ascii_digit) {
            end = digits(sign);
        }
    }
    end
}
