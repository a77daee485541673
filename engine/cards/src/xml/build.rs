use quick_xml::escape::{escape, partial_escape};
use flowrun_core::value::{LONGEST_BUILT, too_long_a_text};

use super::{ATTRIBUTE, DEEPEST, TEXT};
use crate::prelude::*;

/// Writes an object as an XML text.
///
/// The object has one key, the outermost element. Keys with `@` become attributes, `#text` the element's text,
/// all others elements; a list becomes an element for each of its items. Numbers, true/false and dates are
/// written as their text; what is missing is left out; a secret is refused. The way back is `xml.parse`.
#[derive(Inputs)]
pub struct Build {
    /// The outermost element under its name.
    object: Record,
    /// Whether to begin with `<?xml version="1.0" encoding="UTF-8"?>`.
    #[input(default = true)]
    declaration: bool,
    /// Whether to write each element on a line of its own, for a person to read.
    #[input(default = false)]
    pretty: bool,
}

/// The XML.
#[derive(Outputs)]
pub struct Built {
    /// The XML text.
    text: Text,
}

impl Pure for Build {
    const ID: &str = "xml.build";
    const EXAMPLES: &[Example] = examples! {
        r##"{ object: { user: { "@id": 7, name: "Jane & John", tag: [a, b], note: "" } }, declaration: false }"##
            => ok r#"{ text: '<user id="7"><name>Jane &amp; John</name><tag>a</tag><tag>b</tag><note/></user>' }"#,
        r##"{ object: { p: { "@lang": de, "#text": mehr, b: null } } }"##
            => ok r#"{ text: '<?xml version="1.0" encoding="UTF-8"?><p lang="de">mehr</p>' }"#,
        r#"{ object: { a: { b: [1, 2] } }, declaration: false, pretty: true }"#
            => ok r#"{ text: "<a>\n  <b>1</b>\n  <b>2</b>\n</a>\n" }"#,
        r#"{ object: { a: 1, b: 2 } }"# => err "expected one outermost element, found 2",
        r#"{ object: { first name: Jane } }"# => err "\"first name\" can't be the name of an element",
    };
    type Out = Built;

    fn run(self, _: &Cx<'_>) -> Result<Built> {
        let (name, value) = match self.object.get_index(0) {
            Some(only) if self.object.len() == 1 => only,
            _ => bail!(Self::OBJECT, "expected one outermost element, found {}", self.object.len()),
        };
        if let Value::List(_) = value {
            bail!(Self::OBJECT, "expected one outermost element, found a list of `{name}`");
        }
        let mut writer = Writer { text: String::new(), pretty: self.pretty };
        if self.declaration {
            writer.text.push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
            writer.end_line();
        }
        writer.element(name, value, 0)?;
        Ok(Built { text: writer.text.into() })
    }
}

struct Writer {
    text: String,
    pretty: bool,
}

impl Writer {
    fn element(&mut self, name: &str, value: &Value, depth: usize) -> Result<()> {
        if depth == DEEPEST {
            bail!(Build::OBJECT, "the object is more than {DEEPEST} deep");
        }
        if self.text.len() > LONGEST_BUILT {
            return Err(too_long_a_text().at(Build::OBJECT));
        }
        self.check_name(name)?;
        self.indent(depth);
        self.text.push('<');
        self.text.push_str(name);
        match value {
            Value::Object(members) => self.inside(name, members, depth)?,
            other => self.content(name, &scalar(name, other)?),
        }
        self.end_line();
        Ok(())
    }

    /// What an element has: attributes, and then text or elements, or both.
    fn inside(&mut self, name: &str, members: &Record, depth: usize) -> Result<()> {
        for (key, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(attribute) = key.strip_prefix(ATTRIBUTE) {
                self.check_name(attribute)?;
                // A line break or tab would be read as a space.
                let value = escape(&*scalar(key, value)?).replace('\n', "&#10;").replace('\t', "&#9;");
                self.text.push_str(&format!(" {attribute}=\"{value}\""));
            }
        }
        let text = scalar(TEXT, members.get(TEXT).unwrap_or(&Value::Null))?;
        let is_element =
            |(key, value): &(&Text, &Value)| !key.starts_with(ATTRIBUTE) && **key != TEXT && !value.is_null();
        let elements: Vec<(&Text, &Value)> = members.iter().filter(is_element).collect();
        if elements.is_empty() {
            self.content(name, &text);
            return Ok(());
        }
        self.text.push('>');
        self.text.push_str(&partial_escape(&*text));
        // Spaces around elements would become part of the text beside them.
        let pretty = self.pretty;
        self.pretty &= text.is_empty();
        self.end_line();
        for (key, value) in elements {
            let one = std::slice::from_ref(value);
            for value in value.as_list().unwrap_or(one).iter().filter(|value| !value.is_null()) {
                self.element(key, value, depth + 1)?;
            }
        }
        self.indent(depth);
        self.pretty = pretty;
        self.text.push_str(&format!("</{name}>"));
        Ok(())
    }

    fn content(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            self.text.push_str("/>");
        } else {
            self.text.push_str(&format!(">{}</{name}>", partial_escape(text)));
        }
    }

    fn check_name(&self, name: &str) -> Result<()> {
        let begins = |it: char| it.is_alphabetic() || it == '_';
        let goes_on = |it: char| it.is_alphanumeric() || "-_.:".contains(it);
        if !name.starts_with(begins) || !name.chars().all(goes_on) {
            bail!(Build::OBJECT, "\"{name}\" can't be the name of an element or attribute");
        }
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        if self.pretty {
            self.text.push_str(&"  ".repeat(depth));
        }
    }

    fn end_line(&mut self) {
        if self.pretty {
            self.text.push('\n');
        }
    }
}

/// The text of what is neither an object nor a list.
fn scalar(name: &str, value: &Value) -> Result<Text> {
    if let Value::Object(_) | Value::List(_) = value {
        bail!(Build::OBJECT, "`{name}`: expected a text, found {}", value.kind());
    }
    let text = Text::from_value(value.clone())
        .map_err(|mismatch| Fault::new(FaultKind::InvalidTypeConversion, format!("`{name}`: {mismatch}")))?;
    let strange = |it: char| (it < ' ' && !"\t\n\r".contains(it)) || matches!(it, '\u{fffe}' | '\u{ffff}');
    if text.contains(strange) {
        bail!(Build::OBJECT, "`{name}` has a character that XML can't hold");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use flowrun_core::value::parse_json;

    use super::super::parse::read;
    use super::*;

    #[test]
    fn what_is_built_is_read_again() {
        let cx = Cx { now_ms: 0, seed: 0, wanted: &[] };
        let json = r#"{"a":{"@q":"1 < 2 & \"3\"\n\t'4'","b":["<x>","","]]>\r\n"],"c":{"@n":"","d":" "}}}"#;
        let object = Record::from_value(parse_json(json).unwrap()).unwrap();
        for pretty in [false, true] {
            let built = Build { object: object.clone(), declaration: true, pretty }.run(&cx).unwrap();
            let read = Value::object([read(&built.text, &[]).unwrap()]);
            assert_eq!(read.to_json(), json, "pretty: {pretty}");
        }
    }

    #[test]
    fn nothing_can_break_out_of_its_place() {
        let cx = Cx { now_ms: 0, seed: 0, wanted: &[] };
        for json in [
            r#"{"a b":1}"#,
            r#"{"a":{"@x y":1}}"#,
            r#"{"a":{"b><c":1}}"#,
            r#"{"a":"\u0001"}"#,
            r#"{"a":{"b":[[1]]}}"#,
            r#"{"a":[1,2]}"#,
            r#"{}"#,
        ] {
            let object = Record::from_value(parse_json(json).unwrap()).unwrap();
            let built = Build { object, declaration: false, pretty: false }.run(&cx);
            assert!(built.is_err(), "{json} gave {}", built.unwrap().text);
        }
    }
}
