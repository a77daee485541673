use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use flowrun_core::value::MOST_VALUES;

use super::{ATTRIBUTE, DEEPEST, TEXT};
use crate::prelude::*;

/// Reads an XML text into an object.
///
/// The object has one key, the outermost element. An element with nothing but text becomes that text; any
/// other becomes an object: attributes under `@name`, elements under their names, text beside them under
/// `#text`, without the spaces around it. Elements of the same name become a list; name in `lists` those that
/// shall be one even if there is only one. Names keep their namespace prefixes; comments and processing
/// instructions are dropped. Elements may lie 128 deep. For safety, a document type (`<!DOCTYPE`) is refused,
/// and so is every entity but `&lt;`, `&gt;`, `&amp;`, `&apos;`, `&quot;` and numbers of characters. The way
/// back is `xml.build`.
#[derive(Inputs)]
pub struct Parse {
    /// The XML.
    text: Text,
    /// Names of elements that become lists even if they come once.
    lists: Option<Vec<Text>>,
}

/// What the text says.
#[derive(Outputs)]
pub struct Parsed {
    /// The outermost element under its name.
    object: Record,
}

impl Pure for Parse {
    const ID: &str = "xml.parse";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: '<user id="7"><name>Jane &amp; John</name><tag>a</tag><tag>b</tag><note/></user>' }"#
            => ok r##"{ object: { user: { "@id": "7", name: "Jane & John", tag: [a, b], note: "" } } }"##,
        r#"{ text: '<users><user>Jane</user></users>', lists: [user] }"#
            => ok r#"{ object: { users: { user: [Jane] } } }"#,
        r##"{ text: '<p lang="de">mehr <b>dazu</b></p>' }"##
            => ok r##"{ object: { p: { "@lang": de, b: dazu, "#text": mehr } } }"##,
        r#"{ text: '<a><b></a>' }"# => err "the text is not XML, at line 1",
        r#"{ text: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' }"# => err "line 1: a document type is not accepted",
        r#"{ text: '<a>&nbsp;</a>' }"# => err "line 1: the entity `&nbsp;` is not known",
        r#"{ text: "" }"# => err "the text has no element",
        r#"{ text: "<1/>" }"# => err "`1` is no name of an element",
        r#"{ text: '<a i="<"/>' }"# => err "the attribute `i` holds a `<`",
        r#"{ text: "<a>]]></a>" }"# => err "`]]>` ends a CDATA section",
        r#"{ text: "<a>&#1;</a>" }"# => err "U+0001 may not stand in XML",
    };
    type Out = Parsed;

    fn run(self, _: &Cx<'_>) -> Result<Parsed> {
        let whole = read(&self.text, self.lists.as_deref().unwrap_or_default())?;
        Ok(Parsed { object: [whole].into_iter().collect() })
    }
}

/// The outermost element of an XML text, with its name.
pub(super) fn read(text: &str, lists: &[Text]) -> Result<(Text, Value)> {
    if let Some((place, letter)) = text.char_indices().find(|(_, letter)| !is_allowed(*letter)) {
        let message = format!("line {}: U+{:04X} may not stand in XML", line(text, place as u64), u32::from(letter));
        return Err(parse_fault(message));
    }
    // The reader counts its places without a mark of the byte order.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut tree = Tree { lists, open: Vec::new(), values: 0, whole: None };
    loop {
        let is_first = reader.buffer_position() == 0;
        let event = reader.read_event().map_err(|error| {
            let line = line(text, reader.error_position());
            parse_fault(format!("the text is not XML, at line {line}: {error}"))
        })?;
        if let Event::Eof = event {
            break;
        }
        tree.take(event, is_first).map_err(|message| {
            parse_fault(format!("line {}: {message}", line(text, reader.buffer_position())))
        })?;
    }
    if let Some(open) = tree.open.last() {
        return Err(parse_fault(format!("the text ends before `</{}>`", open.name)));
    }
    tree.whole.ok_or_else(|| parse_fault("the text has no element".to_owned()))
}

fn line(text: &str, position: u64) -> usize {
    let read = usize::try_from(position).ok().and_then(|end| text.as_bytes().get(..end));
    read.unwrap_or(text.as_bytes()).iter().filter(|byte| **byte == b'\n').count() + 1
}

fn parse_fault(message: String) -> Fault {
    Fault::new(FaultKind::Parse, message).at(Parse::TEXT)
}

/// What has been read.
struct Tree<'a> {
    lists: &'a [Text],
    /// The elements whose end has not come, each inside the one before.
    open: Vec<Element>,
    /// How many elements and attributes there were.
    values: u32,
    /// The outermost element.
    whole: Option<(Text, Value)>,
}

struct Element {
    name: Text,
    members: Record,
    text: String,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, is_first: bool) -> Result<(), String> {
        match event {
            Event::Decl(declaration) if !is_first || !is_declaration(&declaration) => {
                Err("`<?xml` begins a declaration such as `<?xml version=\"1.0\"?>`, which may only stand first".to_owned())
            }
            Event::PI(instruction) => match instruction.split([' ', '\t', '\n', '\r']).next() {
                Some(name) if is_name(name) && !name.eq_ignore_ascii_case("xml") => Ok(()),
                _ => Err("a processing instruction has no name".to_owned()),
            },
            Event::Start(start) => self.start(&start),
            Event::End(_) => {
                if let Some(element) = self.open.pop() {
                    self.end(element);
                }
                Ok(())
            }
            Event::Text(text) => match text.xml10_content() {
                text if text.contains("]]>") => Err("`]]>` ends a CDATA section, and none is open".to_owned()),
                text => self.add(&text),
            },
            Event::CData(text) => self.add(&text.xml10_content()),
            Event::GeneralRef(entity) => self.add(&character(&entity)?),
            Event::DocType(_) => Err("a document type is not accepted".to_owned()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() == DEEPEST {
            return Err(format!("elements lie more than {DEEPEST} deep"));
        }
        if self.open.is_empty() && self.whole.is_some() {
            return Err("a second outermost element".to_owned());
        }
        let mut members = Record::default();
        self.count()?;
        let name = start.name().into_inner();
        if !is_name(name) {
            return Err(format!("`{name}` is no name of an element"));
        }
        if !are_apart(start.attributes_raw()) {
            return Err(format!("attributes of `{name}` stand side by side without a space"));
        }
        for attribute in start.attributes() {
            self.count()?;
            let attribute = attribute.map_err(|error| error.to_string())?;
            if !is_name(attribute.key.into_inner()) {
                return Err(format!("`{}` is no name of an attribute", attribute.key.into_inner()));
            }
            if attribute.value.contains('<') {
                return Err(format!("the attribute `{}` holds a `<`", attribute.key.into_inner()));
            }
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            let key = format!("{ATTRIBUTE}{}", attribute.key.into_inner());
            members.insert(key.into(), Value::from(&*value));
        }
        self.open.push(Element { name: start.name().into_inner().into(), members, text: String::new() });
        Ok(())
    }

    fn count(&mut self) -> Result<(), String> {
        self.values += 1;
        match self.values > MOST_VALUES {
            true => Err(format!("there are more than {MOST_VALUES} elements and attributes")),
            false => Ok(()),
        }
    }

    fn end(&mut self, element: Element) {
        let Element { name, mut members, text } = element;
        let value = if members.is_empty() {
            Value::from(text)
        } else {
            if !text.trim().is_empty() {
                members.insert(TEXT.into(), Value::from(text.trim()));
            }
            Value::from(members)
        };
        let Some(around) = self.open.last_mut() else {
            self.whole = Some((name, value));
            return;
        };
        match around.members.get_mut(&name) {
            Some(Value::List(values)) => Arc::make_mut(values).push(value),
            Some(first) => *first = Value::list(vec![std::mem::take(first), value]),
            None => {
                let value = if self.lists.contains(&name) { Value::list(vec![value]) } else { value };
                around.members.insert(name, value);
            }
        }
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            // A byte order mark and line breaks may stand outside.
            None if text.trim_start_matches('\u{feff}').trim().is_empty() => {}
            None => return Err("there is a text outside the outermost element".to_owned()),
        }
        Ok(())
    }
}

/// Whether XML 1.0 lets a character stand in a text (its production 2).
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether it is a name (productions 4 and 5; of letters beyond ASCII only the two signs that are none are told apart).
fn is_name(name: &str) -> bool {
    let begins = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | ':') || letter >= '\u{c0}' && !matches!(letter, '\u{d7}' | '\u{f7}');
    let goes_on = |letter: char| begins(letter) || letter.is_ascii_digit() || matches!(letter, '-' | '.' | '\u{b7}');
    name.starts_with(begins) && name.chars().all(goes_on)
}

/// Whether it is what stands between `<?` and `?>` of a declaration (productions 23 to 26, 32, 80 and 81).
fn is_declaration(content: &str) -> bool {
    let element = BytesStart::from_content(content, 3);
    let mut known = ["version", "encoding", "standalone"].iter();
    let mut versions = 0;
    let fits = element.attributes().all(|attribute| {
        let Ok(attribute) = attribute else { return false };
        let (name, value) = (attribute.key.into_inner(), &*attribute.value);
        // They stand in this order, and any but the version may be missing.
        known.any(|known| *known == name)
            && match name {
                "version" => {
                    versions += 1;
                    value.strip_prefix("1.").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_digit()))
                }
                "encoding" => {
                    let goes_on = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
                    value.starts_with(|letter: char| letter.is_ascii_alphabetic()) && value.chars().all(goes_on)
                }
                _ => matches!(value, "yes" | "no"),
            }
    });
    fits && versions == 1 && are_apart(element.attributes_raw())
}

/// Whether behind the value of each attribute stands a space, or nothing.
fn are_apart(attributes: &str) -> bool {
    let mut open = None;
    let mut letters = attributes.chars().peekable();
    while let Some(letter) = letters.next() {
        match open {
            None if matches!(letter, '"' | '\'') => open = Some(letter),
            Some(quote) if letter == quote => {
                open = None;
                if letters.peek().is_some_and(|next| !next.is_ascii_whitespace()) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// The text that an entity stands for.
fn character(entity: &BytesRef<'_>) -> Result<Text, String> {
    if let Some(letter) = entity.resolve_char_ref().map_err(|error| error.to_string())? {
        return match is_allowed(letter) {
            true => Ok(letter.into()),
            false => Err(format!("U+{:04X} may not stand in XML", u32::from(letter))),
        };
    }
    let known = resolve_predefined_entity(entity);
    known.map(Text::from).ok_or_else(|| format!("the entity `&{};` is not known", &**entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Value> {
        read(text, &[]).map(|whole| [whole].into_iter().collect::<Record>().into())
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&nested(DEEPEST)).is_ok());
        let fault = parse(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(fault.message, "line 1: elements lie more than 128 deep");
        assert!(parse(&"<a>".repeat(1_000_000)).is_err());
    }

    #[test]
    fn what_is_not_one_element_is_refused() {
        let table = [
            ("<a/><b/>", "line 1: a second outermost element"),
            ("<a/>\nmore", "line 2: there is a text outside"),
            ("<a>\n<b>", "the text ends before `</b>`"),
            ("<a x='1' x='2'/>", "line 1: "),
            ("<a x='1'y='2'/>", "attributes of `a` stand side by side"),
            ("<a>\n<?xml version='1.0'?></a>", "line 2: `<?xml` begins a declaration"),
            (" <?xml version='1.0'?><a/>", "`<?xml` begins a declaration"),
            ("<?xml encoding='UTF-8'?><a/>", "`<?xml` begins a declaration"),
            ("<?xml version='1.0' standalone='maybe'?><a/>", "`<?xml` begins a declaration"),
            ("<a><!-- -- --></a>", "the text is not XML, at line 1"),
            ("<?1?><a/>", "a processing instruction has no name"),
            ("<?XML?><a/>", "a processing instruction has no name"),
            ("<a x='&b;'/>", "line 1: "),
            ("<a>&#0;</a>", "line 1: "),
            ("<a>\n</b>", "at line 2"),
        ];
        for (text, expected) in table {
            let fault = parse(text).unwrap_err();
            assert!(fault.message.contains(expected), "{text}: {fault}");
        }
    }

    #[test]
    fn text_is_what_it_stands_for() {
        let text = "\u{feff}<?xml version='1.0'?><!-- no --><s:a> &lt;&#x20AC;<![CDATA[&amp;]]> </s:a>\n";
        assert_eq!(parse(text).unwrap(), Value::object([("s:a", " <€&amp; ")]));
    }
}
