//! Texts that stay texts in Markdown.

/// A text on one line, in which nothing is markup: every sign that Markdown or HTML could take for its own is escaped.
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for c in line.chars().filter(|c| !c.is_control()) {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Otherwise addresses become links by themselves.
            ':' => escaped.push_str("&#58;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '!' | '|'
            | '~' | '$' | '=' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // A number and a dot at the start of a line begin a list, `www.` a link.
    escaped.replace("www.", "www&#46;").replacen(". ", "&#46; ", usize::from(starts_list(&line)))
}

fn starts_list(line: &str) -> bool {
    line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(". ") && !line.starts_with('.')
}

/// A text as code.
pub fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // In a table even code is cut at a bar.
    let text = text.replace('|', "\\|");
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

pub fn link(shown: &str, to: &str) -> String {
    format!("[{}]({})", text(shown), address(to))
}

/// The way from the page of the flow at `from` to the file at `to`.
pub fn relative(from: &str, to: &str) -> String {
    let folders = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let (here, there) = (folders(from), folders(to));
    let here: Vec<&str> = here.split('/').filter(|part| !part.is_empty()).collect();
    let there: Vec<&str> = there.split('/').filter(|part| !part.is_empty()).collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let mut parts = vec![".."; here.len() - shared];
    parts.extend(&there[shared..]);
    parts.push(to.rsplit('/').next().unwrap_or(to));
    parts.join("/")
}

/// A path as an address: what has a meaning there becomes a code.
pub fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(text("a *b* <img src=x>\n| c"), "a \\*b\\* &lt;img src\\=x&gt; \\| c");
        assert_eq!(text("1. First"), "1&#46; First");
        assert_eq!(text("see https://a.b"), "see https&#58;//a.b");
        assert_eq!(code("a`|`b"), "``a`\\|`b``");
        assert_eq!(link("a]b", "x (1).md"), "[a\\]b](x%20%281%29.md)");
    }

    #[test]
    fn pages_find_each_other() {
        assert_eq!(relative("a", "b.md"), "b.md");
        assert_eq!(relative("x/a", "b.md"), "../b.md");
        assert_eq!(relative("x/a", "x/b.md"), "b.md");
        assert_eq!(relative("x/y/a", "x/z/b.md"), "../z/b.md");
    }
}
