//! Values as JSON: dates as ISO text, files as an object, secrets as dots.

use std::sync::Arc;
use std::{fmt, io};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::long::with_all_digits;
use super::{DEEPEST_JSON, REDACTED, Record, Text, Value, characters, format_number, long};

/// Why a text is not JSON.
#[derive(Debug)]
pub struct ParseError(serde_json::Error);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.0.to_string();
        let deep = format!("lists and objects lie more than {DEEPEST_JSON} deep");
        f.write_str(&told.replace("recursion limit exceeded", &deep))
    }
}

/// Reads JSON of up to `DEEPEST_JSON` levels.
pub fn parse_json(text: &str) -> Result<Value, ParseError> {
    read_json(text.as_bytes(), |json| serde_json::from_slice(json)).map_err(ParseError)
}

/// Reads JSON by `read`, as every text and answer that holds values is read: a byte order mark is ignored, as RFC 8259 lets a
/// reader do, integers keep all their digits, and an escape of half a character, such as `\ud800`, is U+FFFD.
pub fn read_json<T>(json: &[u8], read: impl Fn(&[u8]) -> serde_json::Result<T>) -> serde_json::Result<T> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let once = with_all_digits(json, || read(json));
    match once.is_err().then(|| characters::whole(json)).flatten() {
        Some(whole) => with_all_digits(&whole, || read(&whole)),
        None => once,
    }
}

/// The largest size at which every integer is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            // JSON's readers want an integer without an exponent: its digits as they are shown.
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e21 => {
                digits(&format_number(*number), serializer)
            }
            // Where the writer has an exponent already, and JavaScript none yet: 0.000001.
            Value::Number(number) if (1e-6..1e-5).contains(&number.abs()) => {
                digits(&format_number(*number), serializer)
            }
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Integer(integer) => digits(integer.digits(), serializer),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Date(date) => serializer.collect_str(date),
            Value::List(items) => serializer.collect_seq(items.iter()),
            Value::Object(members) => serializer.collect_map(members.iter()),
            Value::File(file) => {
                let mut map = serializer.serialize_map(Some(3))?;
                map.serialize_entry("file", &file.handle)?;
                map.serialize_entry("name", &file.name)?;
                map.serialize_entry("size", &file.size)?;
                map.end()
            }
            Value::Secret(_) => serializer.serialize_str(REDACTED),
        }
    }
}

/// A number by its digits.
fn digits<S: Serializer>(digits: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match (digits.parse::<i64>(), RawValue::from_string(digits.to_owned())) {
        (Ok(integer), _) => serializer.serialize_i64(integer),
        (_, Ok(raw)) => raw.serialize(serializer),
        (_, Err(error)) => Err(ser::Error::custom(error)),
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(long::read(value))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(4096));
        while let Some(item) = seq.next_element()? {
            long::count().map_err(de::Error::custom)?;
            items.push(item);
        }
        Ok(Value::list(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Record::default();
        while let Some((key, value)) = map.next_entry::<Text, Value>()? {
            long::count().map_err(de::Error::custom)?;
            members.insert(key, value);
        }
        Ok(Value::Object(Arc::new(members)))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Text, E> {
                Ok(value.into())
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Compact JSON; a bare text stands without quotes, as it reads in a message, and a file as name and size.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => f.write_str(&format_number(*number)),
            Value::Integer(integer) => f.write_str(integer.digits()),
            Value::Date(date) => write!(f, "{date}"),
            Value::File(file) => write!(f, "{file}"),
            Value::Secret(_) => f.write_str(REDACTED),
            other => f.write_str(&other.to_json()),
        }
    }
}

impl Value {
    /// Compact JSON.
    pub fn to_json(&self) -> String {
        // Writing a value to memory can't fail: keys are texts and numbers that JSON lacks become null.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// JSON on many lines, indented by two.
    pub fn to_json_pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// JSON, compact or on many lines, unless it has more than `most` bytes: a small value can be written as a large text, for
    /// what it holds twice is there once.
    pub fn to_json_within(&self, most: usize, pretty: bool) -> Option<String> {
        let mut written = Bounded { bytes: Vec::new(), most };
        let whole = match pretty {
            true => serde_json::to_writer_pretty(&mut written, self),
            false => serde_json::to_writer(&mut written, self),
        };
        whole.ok().and_then(|()| String::from_utf8(written.bytes).ok())
    }

    /// The beginning of its JSON, for messages; a bare text stands without quotes.
    pub fn excerpt(&self, most: usize) -> String {
        let (Value::List(_) | Value::Object(_)) = self else { return self.to_string() };
        let mut written = Bounded { bytes: Vec::new(), most };
        // That it was cut off is what it is for.
        let _ = serde_json::to_writer(&mut written, self);
        String::from_utf8_lossy(&written.bytes).into_owned()
    }
}

/// Takes no more than so many bytes; what came before stays.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Secret;

    #[test]
    fn json_keeps_order_and_exact_integers() {
        let text = r#"{"z":1,"a":[9007199254740991,0.5,-0.25,1e+300],"n":null,"t":"ü"}"#;
        assert_eq!(parse_json(text).unwrap().to_json(), text);
    }

    /// The digits that stand in the text are those that leave (RFC 8259 sets no limit to them).
    #[test]
    fn integers_of_any_length_pass_unchanged() {
        let text = r#"{"id":7615917337495251231,"n":[-9007199254740993,1.5,123456789012345678901234567890,2e3],"x":12345678901234567890123456789012345678901234567890}"#;
        let value = parse_json(text).unwrap();
        assert_eq!(value.to_json(), text.replace("2e3", "2000"));
        assert_eq!(parse_json(&value.to_json_pretty()).unwrap(), value);
        assert_eq!(Value::Number(7.615917337495251e18).to_json(), "7615917337495251000");
        assert_eq!(Value::Number(1e21).to_json(), "1e+21");
        assert_eq!(Value::Number(-0.0000015).to_json(), "-0.0000015");
        assert_eq!(Value::Number(1e-7).to_json(), "1e-7");
        // An exponent makes a double, however long the digits; a text is none of it.
        let text = r#"["123456789012345678901",123456789012345678901e0,123456789012345678901]"#;
        let numbers = parse_json(text).unwrap();
        assert_eq!(
            numbers.to_json(),
            r#"["123456789012345678901",123456789012345680000,123456789012345678901]"#
        );
    }

    #[test]
    fn json_is_read_127_levels_deep() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let text = |depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
            let deepest = text(DEEPEST_JSON);
            assert_eq!(parse_json(&deepest).unwrap().to_json(), deepest);
            let told = parse_json(&text(DEEPEST_JSON + 1)).unwrap_err().to_string();
            assert!(told.starts_with("lists and objects lie more than 127 deep at line 1"), "{told}");
        }
    }

    #[test]
    fn half_characters_are_read_as_what_no_text_can_hold() {
        let text = r#"{"a\udc00":"x\ud800","id":7615917337495251231}"#;
        assert_eq!(
            parse_json(text).unwrap().to_json(),
            "{\"a\u{fffd}\":\"x\u{fffd}\",\"id\":7615917337495251231}"
        );
        assert!(parse_json(r#"{"a":"\ud800"#).is_err());
    }

    #[test]
    fn json_never_shows_a_secret() {
        let value = Value::object([("token", Value::Secret(Secret::new("hunter2")))]);
        assert_eq!(value.to_json(), r#"{"token":"••••••"}"#);
        assert!(!format!("{value:?}").contains("hunter2"));
    }
}
