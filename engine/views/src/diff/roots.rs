//! The names of cards in wires and templates, and what a wire says whatever its spelling.

/// Gives a name another form; none leaves it as it is.
pub type Rename<'r> = &'r dyn Fn(&str) -> Option<String>;

/// A wire in which the card's name has another form; `['name']` becomes `.name`, which means the same.
pub fn wire(text: &str, rename: Rename<'_>) -> String {
    let Some(path) = text.strip_prefix("$.") else { return text.to_owned() };
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (root, mut rest) = path.split_at(end);
    let mut whole = format!("$.{}", rename(root).unwrap_or_else(|| root.to_owned()));
    while let Some(open) = rest.find("['").or_else(|| rest.find("[\"")) {
        whole.push_str(&rest[..open]);
        let quote = &rest[open + 1..open + 2];
        let inner = &rest[open + 2..];
        let Some(close) = inner.find(&format!("{quote}]")) else { break };
        let name = &inner[..close];
        match is_name(name) {
            true => whole.push_str(&format!(".{name}")),
            false => whole.push_str(&format!("['{name}']")),
        }
        rest = &inner[close + 2..];
    }
    whole.push_str(rest);
    whole
}

/// A template in which names of cards have another form; white space in its code counts nothing.
pub fn template(text: &str, rename: Rename<'_>) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min() {
        let close = if rest[open..].starts_with("{{") { "}}" } else { "%}" };
        let (before, inner) = rest.split_at(open + 2);
        let end = inner.find(close).unwrap_or(inner.len());
        whole.push_str(before);
        code(&inner[..end], rename, &mut whole);
        rest = &inner[end..];
    }
    whole.push_str(rest);
    whole
}

/// The code between brackets. A name behind a dot is a member, one behind `|` a filter.
fn code(text: &str, rename: Rename<'_>, into: &mut String) {
    let mut last = ' ';
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if first.is_whitespace() => rest.len() - rest.trim_start().len(),
            _ if begins_name(first) => rest.find(|c| !continues_name(c)).unwrap_or(rest.len()),
            _ if first.is_ascii_digit() => rest.find(|c| !continues_name(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (part, behind) = rest.split_at(taken);
        let renamed = (begins_name(first) && !matches!(last, '.' | '|')).then(|| rename(part)).flatten();
        match renamed {
            Some(renamed) => into.push_str(&renamed),
            None if first.is_whitespace() => into.push(' '),
            None => into.push_str(part),
        }
        if !first.is_whitespace() {
            last = part.chars().next_back().unwrap_or(' ');
        }
        rest = behind;
    }
}

fn begins_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn continues_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(continues_name)
}

/// A name without the number at its end, which only sets it apart from others: `read_user_2` is `read_user`.
pub fn numberless(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, number))
            if !stem.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cards_get_another_form() {
        let rename = |name: &str| (name == "user").then(|| "#1".to_owned());
        let shapes = [
            ("$.user.email", "$.#1.email"),
            ("$.user['email'][0][\"a b\"]", "$.#1.email[0]['a b']"),
            ("$.users.user", "$.users.user"),
            ("$.items[?@.id == 'x']", "$.items[?@.id == 'x']"),
        ];
        for (text, wanted) in shapes {
            assert_eq!(wire(text, &rename), wanted);
        }
        let shapes = [
            ("user {{user.user}}!", "user {{#1.user}}!"),
            ("{{  user.name | user  }}", "{{#1.name | user}}"),
            ("{% if user.a == 'user' %}x{% endif %}", "{%if #1.a == 'user'%}x{%endif%}"),
            ("{{ user", "{{#1"),
        ];
        for (text, wanted) in shapes {
            assert_eq!(template(text, &rename), wanted);
        }
    }

    #[test]
    fn numbers_at_the_end_count_nothing() {
        assert_eq!(["a_2", "a", "_2", "a_b", "a_"].map(numberless), ["a", "a", "_2", "a_b", "a_"]);
    }
}
