//! Values: plain JSON as far as JSON goes. What it lacks is an object whose first key is a tag:
//!
//! | what | stored |
//! |---|---|
//! | a date & time | `{"$date":[MILLISECONDS,OFFSET]}`: since 1970 in UTC, and the seconds by which its clock was ahead |
//! | a file | `{"$file":[HANDLE,NAME,SIZE]}` |
//! | a secret | `{"$secret":SEALED}` |
//! | no finite number | `{"$number":"NaN"}`, `"Infinity"`, `"-Infinity"`, or the 16 hexadecimal digits of any other NaN |
//!
//! A checkpoint keeps what is shared besides: `{"$shared":VALUE}` is held once more, `{"$again":N}` is the Nth of those, from 0, in
//! the order in which they begin.
//!
//! A key that begins with `$` has one more in front. Integers have all their digits; a double that is 0 with a minus is `-0.0`.

use std::sync::Arc;

use jiff::tz::Offset;

use super::read::Read;
use super::{Reader, Stored, Unreadable, Writer};
use crate::value::{Date, File, Integer, Record, Secret, Text, Value};

/// How deep lists and objects may lie in each other: three times as deep as a loop can make them, and as deep as a small stack has
/// room for when they are dropped.
pub(crate) const LEVELS: usize = 3_000;

impl Stored for Value {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("value").value(self);
    }

    fn read(_: u32, reader: &mut Reader<'_>) -> Read<Value> {
        reader.only("value", Reader::value)
    }
}

impl Stored for Record {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("value").record(self);
    }

    fn read(form: u32, reader: &mut Reader<'_>) -> Read<Record> {
        match Value::read(form, reader)? {
            Value::Object(members) => Ok(Arc::unwrap_or_clone(members)),
            _ => reader.damaged("an object before this"),
        }
    }
}

impl Writer<'_> {
    pub(crate) fn value(&mut self, value: &Value) {
        if self.is_full() {
            return;
        }
        match value {
            Value::Null => _ = self.raw("null"),
            Value::Bool(value) => self.boolean(*value),
            Value::Number(number) if number.is_finite() => self.double(*number),
            Value::Number(number) => self.object(|writer| writer.name("$number").no_number(*number)),
            Value::Integer(integer) => _ = self.raw(integer.digits()),
            Value::Text(text) => self.text(text),
            Value::Date(date) => self.object(|writer| {
                let numbers = [date.millis(), date.offset().seconds().into()];
                writer.name("$date").list(numbers, |writer, number| writer.number(number));
            }),
            Value::List(items) => self.items(items),
            Value::Object(members) => {
                let held = Arc::strong_count(members) > 1 && !members.is_empty();
                self.shared(Arc::as_ptr(members).addr(), held, |writer| writer.record(members));
            }
            Value::File(file) => self.object(|writer| {
                writer.name("$file").raw("[").text(&file.handle);
                writer.item().text(&file.name);
                writer.item().number(file.size);
                writer.raw("]");
            }),
            Value::Secret(secret) => self.object(|writer| writer.name("$secret").secret(secret.expose())),
        }
    }

    pub(crate) fn items(&mut self, items: &Arc<Vec<Value>>) {
        let held = Arc::strong_count(items) > 1 && !items.is_empty();
        self.shared(Arc::as_ptr(items).addr(), held, |writer| {
            writer.list(items.iter(), |writer, item| writer.value(item));
        });
    }

    pub(crate) fn record(&mut self, record: &Record) {
        self.object(|writer| {
            for (key, value) in record {
                if writer.is_full() {
                    break;
                }
                writer.key(if key.starts_with('$') { "$" } else { "" }, key).value(value);
            }
        });
    }

    fn no_number(&mut self, number: f64) {
        match number {
            f64::INFINITY => self.text("Infinity"),
            f64::NEG_INFINITY => self.text("-Infinity"),
            _ if number.to_bits() == f64::NAN.to_bits() => self.text("NaN"),
            _ => self.plain(format_args!("{:016x}", number.to_bits())),
        }
    }
}

/// A list or an object that is being read.
enum Open {
    List(Vec<Value>),
    /// With the key of the member that is being read.
    Object(Record, Text),
    /// What others hold too, under its number.
    Shared(usize),
}

/// A value that holds no others, with how deep lists and objects lie in it; or the beginning of one that does.
enum Begun {
    Whole(Value, usize),
    Open(Open),
}

impl Reader<'_> {
    /// A value. It does not call itself for what lies inside, so that nothing can make the stack overflow.
    pub(crate) fn value(&mut self) -> Read<Value> {
        // With how deep lists and objects lie in what was read of each.
        let mut around: Vec<(Open, usize)> = Vec::new();
        let mut levels = 0;
        loop {
            let (mut value, mut depth) = match self.begin()? {
                Begun::Open(open) => {
                    levels += usize::from(!matches!(open, Open::Shared(_)));
                    around.push((open, 0));
                    if levels > LEVELS {
                        return self.damaged("a value that lies less deep");
                    }
                    continue;
                }
                Begun::Whole(_, depth) if levels + depth > LEVELS => {
                    return self.damaged("a value that lies less deep");
                }
                Begun::Whole(value, depth) => (value, depth),
            };
            loop {
                let Some((open, deepest)) = around.pop() else { return Ok(value) };
                depth = depth.max(deepest);
                value = match open {
                    Open::List(mut items) => {
                        items.push(value);
                        if self.skip(b',') {
                            around.push((Open::List(items), depth));
                            break;
                        }
                        self.expect(b']', "the end of the list")?;
                        Value::list(items)
                    }
                    Open::Object(mut members, key) => {
                        members.insert(key, value);
                        if self.skip(b',') {
                            let key = self.member()?;
                            around.push((Open::Object(members, key), depth));
                            break;
                        }
                        self.expect(b'}', "the end of the object")?;
                        Value::Object(Arc::new(members))
                    }
                    Open::Shared(number) => {
                        self.expect(b'}', "the end of the object")?;
                        if let Some(shared) = &mut self.shared {
                            shared[number] = (value.clone(), depth);
                        }
                        continue;
                    }
                };
                (levels, depth) = (levels - 1, depth + 1);
            }
        }
    }

    /// A value, or the beginning of one that holds others.
    fn begin(&mut self) -> Read<Begun> {
        let value = match self.peek() {
            Some(b'"') => Value::from(&*self.text()?),
            Some(b'n') => {
                self.word("null")?;
                Value::Null
            }
            Some(b't' | b'f') => Value::Bool(self.boolean()?),
            Some(b'[') => {
                self.skip(b'[');
                if !self.skip(b']') {
                    return Ok(Begun::Open(Open::List(Vec::new())));
                }
                Value::list(Vec::new())
            }
            Some(b'{') => {
                self.skip(b'{');
                if self.skip(b'}') {
                    return Ok(Begun::Whole(Value::from(Record::default()), 0));
                }
                let key = self.key()?;
                return match key.strip_prefix('$') {
                    Some(tag) if !tag.starts_with('$') => self.tagged(tag),
                    Some(key) => Ok(Begun::Open(Open::Object(Record::default(), key.into()))),
                    None => Ok(Begun::Open(Open::Object(Record::default(), Text::from(&*key)))),
                };
            }
            _ => self.any_number()?,
        };
        Ok(Begun::Whole(value, 0))
    }

    /// What stands behind a tag.
    fn tagged(&mut self, tag: &str) -> Read<Begun> {
        let begun = match (tag, &mut self.shared) {
            ("shared", Some(shared)) => {
                shared.push((Value::Null, 0));
                return Ok(Begun::Open(Open::Shared(shared.len() - 1)));
            }
            ("again", Some(_)) => {
                let number: usize = self.whole()?;
                match self.shared.as_ref().and_then(|shared| shared.get(number)) {
                    Some((value, depth)) => Begun::Whole(value.clone(), *depth),
                    None => return self.damaged("the number of a shared value before this"),
                }
            }
            _ => Begun::Whole(self.told(tag)?, 0),
        };
        self.expect(b'}', "the end of the object")?;
        Ok(begun)
    }

    /// The name of a further member.
    fn member(&mut self) -> Read<Text> {
        let key = self.key()?;
        match key.strip_prefix('$') {
            Some(key) if !key.starts_with('$') => self.damaged("a key with one more `$` before this"),
            Some(key) => Ok(key.into()),
            None => Ok(Text::from(&*key)),
        }
    }

    fn any_number(&mut self) -> Read<Value> {
        let at = self.at();
        let digits = self.digits()?;
        let value = match digits.parse::<i64>() {
            Ok(integer) if digits.len() <= 15 => Some(Value::Number(integer as f64)),
            _ => Integer::read(digits).or_else(|| Some(Value::Number(digits.parse().ok()?))),
        };
        let finite = |value: &Value| !matches!(value, Value::Number(number) if !number.is_finite());
        value.filter(finite).ok_or(Unreadable::Damaged { at, expected: "a number" })
    }

    /// A value that its tag tells of.
    fn told(&mut self, tag: &str) -> Read<Value> {
        match tag {
            "date" => {
                let [millis, offset] = self.tuple()?;
                let offset = i32::try_from(offset).ok().and_then(|offset| Offset::from_seconds(offset).ok());
                match offset.and_then(|offset| Date::written(millis, offset)) {
                    Some(date) => Ok(Value::Date(date)),
                    None => self.damaged("a date of the years -9999 to 9999 before this"),
                }
            }
            "file" => {
                self.expect(b'[', "a list")?;
                let handle = Text::from(&*self.text()?);
                self.expect(b',', "a comma")?;
                let name = Text::from(&*self.text()?);
                self.expect(b',', "a comma")?;
                let size = self.whole()?;
                self.expect(b']', "the end of the list")?;
                Ok(Value::File(Arc::new(File { handle, name, size })))
            }
            "secret" => Ok(Value::Secret(Secret::new(self.secret()?))),
            "number" => match &*self.text()? {
                "NaN" => Ok(Value::Number(f64::NAN)),
                "Infinity" => Ok(Value::Number(f64::INFINITY)),
                "-Infinity" => Ok(Value::Number(f64::NEG_INFINITY)),
                bits => match u64::from_str_radix(bits, 16).map(f64::from_bits) {
                    Ok(number) if number.is_nan() => Ok(Value::Number(number)),
                    _ => self.damaged("no finite number before this"),
                },
            },
            _ => self.damaged("something that is known by its tag"),
        }
    }

    fn tuple<const N: usize>(&mut self) -> Read<[i64; N]> {
        match self.list(Reader::whole)?.try_into() {
            Ok(numbers) => Ok(numbers),
            Err(_) => self.damaged("as many numbers as belong here before this"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::Blind;

    fn again(value: &Value, most: usize) -> Option<Result<Value, Unreadable>> {
        let mut writer = Writer::new(&Blind, most);
        writer.share();
        writer.value(value);
        let bytes = writer.within()?;
        let mut reader = Reader::new(&bytes, &Blind).unwrap();
        reader.share();
        Some(reader.value().and_then(|value| reader.end().map(|()| value)))
    }

    /// A trillion values in forty lists, and a form of forty lists too.
    #[test]
    fn what_is_shared_is_written_once_and_shared_again() {
        let mut value = Value::list(vec![Value::Number(f64::NAN), Value::from(Record::default())]);
        for _ in 0..40 {
            value = Value::list(vec![value.clone(), value]);
        }
        let mut back = again(&value, 2_000).unwrap().unwrap();
        assert!(again(&value, 500).is_none());
        for _ in 0..40 {
            let Value::List(items) = back else { panic!("a list") };
            // Two lists with NaN are only equal if they are one.
            assert!(items.len() == 2 && items[0] == items[1]);
            back = items[0].clone();
        }
        // Without that, it is as large as it looks, and there is an end to it.
        let mut writer = Writer::new(&Blind, 1_000_000);
        writer.value(&value);
        assert!(writer.within().is_none());
    }

    /// What is shared can't be used to nest values deeper than they may lie.
    #[test]
    fn shared_values_have_an_end_of_depth_too() {
        let read = |text: &str| {
            let mut reader = Reader::new(text.as_bytes(), &Blind).unwrap();
            reader.share();
            reader.value().is_ok()
        };
        let nested = |inside: &str, depth: usize| "[".repeat(depth) + inside + &"]".repeat(depth);
        let twice = |first: usize, more: usize| {
            let shared = format!(r#"{{"$shared":{}}}"#, nested("1", first));
            format!("[{shared},{}]", nested(r#"{"$again":0}"#, more))
        };
        assert!(read(&twice(1_500, 1_499)));
        assert!(!read(&twice(1_500, 1_500)));
        assert!(!read(r#"[{"$again":0}]"#));
    }
}
