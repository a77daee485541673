use crate::prelude::*;

/// Finds the first e-mail address in a text.
///
/// Without one the result is missing. An address has letters, digits and `. _ % + -` before its `@`, and a
/// domain with at least one dot behind it; letters of all languages count. Whether anybody reads mail there
/// nobody can tell from a text. See also `text.extract_pattern`.
#[derive(Inputs)]
pub struct FindEmail {
    /// The text to search.
    #[input(key = "string")]
    text: Text,
}

/// The address.
#[derive(Outputs)]
pub struct Found {
    /// The first address.
    email: Option<Text>,
}

impl Pure for FindEmail {
    const ID: &str = "text.find_email";
    const EXPORTED_AS: &[&str] = &["kernel:string:email"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "from Jane Smith <jane.smith+x@mail.example.com>." }"# => ok r#"{ email: jane.smith+x@mail.example.com }"#,
        r#"{ text: "@jane a@b, jörg@exämple.de" }"# => ok r#"{ email: jörg@exämple.de }"#,
        r#"{ text: "mailto:...j@example.com..." }"# => ok r#"{ email: j@example.com }"#,
        r#"{ text: nobody }"# => ok r#"{ email: null }"#,
        r#"{ text: null }"# => ok r#"{ email: null }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        let text = &*self.text;
        let mut from = 0;
        for (at, _) in text.match_indices('@') {
            // Nothing is looked at twice, for no part of an address holds an `@`.
            let local = local(&text[from..at]);
            let domain = domain(&text[at + 1..]);
            if !local.is_empty() && domain.contains('.') {
                return Ok(Found { email: Some(format!("{local}@{domain}").into()) });
            }
            from = at + 1;
        }
        Ok(Found { email: None })
    }
}

/// What can stand before the `@`, at the end of `text`.
fn local(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, letter)| letter.is_alphanumeric() || "._%+-'".contains(*letter))
        .last();
    let local = start.map_or("", |(start, _)| &text[start..]).trim_start_matches(['.', '\'', '-']);
    if local.ends_with('.') { "" } else { local }
}

/// The domain at the start of `text`: labels of letters, digits and hyphens, with a dot between them.
fn domain(text: &str) -> &str {
    let end = text
        .find(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '.')
        .unwrap_or(text.len());
    let whole = &text[..end];
    let mut length = 0;
    for label in whole.split('.') {
        let plain = label.trim_end_matches('-');
        if plain.is_empty() || plain.starts_with('-') {
            break;
        }
        length += usize::from(length > 0) + plain.len();
        if plain.len() < label.len() {
            break;
        }
    }
    &whole[..length]
}
