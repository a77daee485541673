//! What is stored comes back as it was, to the bit; and whatever the bytes are, reading them ends with a value or a reason.

use std::fmt::Write;
use std::sync::Arc;

use flowrun_core::effect::{EffectId, Page};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::journal::{Asked, Entry, Event, Recorded, Settlement};
use flowrun_core::stored::{Header, Seal, Stored, decode, encode};
use flowrun_core::value::{Date, File, Integer, Record, Secret, Text, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Writes secrets backwards, which is enough to see that they were sealed and opened.
struct Backwards;

impl Seal for Backwards {
    fn seal(&self, secret: &str) -> String {
        secret.chars().rev().collect()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        Some(self.seal(sealed))
    }
}

/// All that a value is: `==` takes 0 for -0 and dates of one instant for equal, and `Debug` shows no offsets and no secrets.
fn exact(value: &Value) -> String {
    fn tell(value: &Value, told: &mut String) {
        let done = match value {
            Value::Number(number) => write!(told, "number {:016x};", number.to_bits()),
            Value::Date(date) => write!(told, "date {} {};", date.millis(), date.offset().seconds()),
            Value::Secret(secret) => write!(told, "secret {:?};", secret.expose()),
            Value::List(items) => {
                told.push_str("list [");
                items.iter().for_each(|item| tell(item, told));
                write!(told, "];")
            }
            Value::Object(members) => {
                told.push_str("object {");
                for (key, value) in members.iter() {
                    write!(told, "{key:?}: ").unwrap();
                    tell(value, told);
                }
                write!(told, "}};")
            }
            other => write!(told, "{other:?};"),
        };
        done.unwrap();
    }
    let mut told = String::new();
    tell(value, &mut told);
    told
}

/// All that an outcome is.
fn exact_end(recorded: &Recorded) -> String {
    match recorded {
        Recorded::Outputs(outputs) => {
            let outputs = outputs.iter().map(|(name, value)| format!("{name:?} = {}", exact(value)));
            format!("outputs {:?}", outputs.collect::<Vec<_>>())
        }
        Recorded::Page(Page { records, total, next }) => {
            let records: Vec<_> = records.iter().map(exact).collect();
            format!("page {records:?} {total:?} {:?}", next.as_ref().map(exact))
        }
        Recorded::Waited => "waited".to_owned(),
        Recorded::Failed(fault, input) => {
            let shown = fault.clone().body(Value::Null);
            format!("{shown:?} {} {input:?}", exact(&fault.body))
        }
    }
}

fn exact_entry(entry: &Entry) -> String {
    let event = match &entry.event {
        Event::Completed(asked, recorded) => format!("completed {asked:?} {}", exact_end(recorded)),
        Event::Signal(asked, recorded) => format!("signal {asked:?} {}", exact_end(recorded)),
        other => format!("{other:?}"),
    };
    format!("{} {} {event}", entry.after, entry.at_us)
}

fn exact_header(header: &Header) -> String {
    let Header { flow, inputs, run_id, follows, at_us, dry_run, error } = header;
    let inputs = exact(&Value::from(inputs.clone()));
    format!("{flow:?} {inputs} {run_id:?} {follows:?} {at_us} {dry_run} {}", exact(error))
}

/// Texts that could be taken for something of the form.
const LIKE_FORMS: [&str; 13] = [
    "",
    "$",
    "$$",
    "$date",
    "$file",
    "$number",
    "$secret",
    "v",
    "\"",
    "\\",
    "\\u",
    "\u{0}\u{7f}\u{2028}",
    "😀",
];

/// Texts with any character, and those.
fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        8 => "[a-z_]{0,12}".prop_map(Text::from),
        2 => any::<String>().prop_map(Text::from),
        1 => proptest::sample::select(&LIKE_FORMS[..]).prop_map(Text::from),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i32>().prop_map(f64::from),
        (-10_000_000_000_i64..10_000_000_000).prop_map(|cents| cents as f64 / 100.0),
        proptest::sample::select(
            &[0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9007199254740992.0][..]
        ),
    ]
}

fn date() -> impl Strategy<Value = Date> {
    // The years 1 to 9999 in UTC, and all offsets that RFC 3339 has.
    let written = (-62_135_596_800_000..=253_402_300_799_999_i64, -1439..1440_i32);
    written.prop_filter_map("a date", |(millis, minutes)| {
        let offset = format!(
            "{}{:02}:{:02}",
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60
        );
        let local = Date::from_millis(millis)?.utc();
        Date::parse_iso(&format!("{local:.3}{offset}"))
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        "-?[1-9][0-9]{0,400}".prop_map(|digits| Integer::read(&digits).unwrap()),
        text().prop_map(Value::Text),
        date().prop_map(Value::Date),
        (text(), text(), any::<u64>()).prop_map(|(handle, name, size)| Value::File(Arc::new(File {
            handle,
            name,
            size
        }))),
        text().prop_map(|text| Value::Secret(Secret::new(&*text))),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(6, 60, 20, |inside| {
        prop_oneof![
            vec(inside.clone(), 0..20).prop_map(Value::list),
            vec((text(), inside), 0..20).prop_map(Value::object),
        ]
    })
}

fn record() -> impl Strategy<Value = Record> {
    vec((text(), value()), 0..8).prop_map(|members| members.into_iter().collect())
}

fn fault() -> impl Strategy<Value = Fault> {
    use FaultKind::*;
    let kinds = [
        Connection,
        Forbidden,
        HttpRequest,
        InvalidInput,
        InvalidTypeConversion,
        Network,
        NotFound,
        Parse,
        RateLimit,
        Timeout,
        Url,
        User,
        StackLimit,
        RunLimit,
        Uncertain,
        Cancelled,
        Rehearsal,
        Internal,
    ];
    let told = (proptest::sample::select(kinds.to_vec()), text(), option::of(any::<u16>()));
    (told, value(), option::of(text()), any::<bool>()).prop_map(
        |((kind, message, code), body, help, lost)| {
            let fault = Fault::new(kind, message).body(body).lost(lost).may_help(help.as_deref());
            code.map_or(fault.clone(), |code| fault.code(code))
        },
    )
}

fn recorded() -> impl Strategy<Value = Recorded> {
    prop_oneof![
        4 => vec((text(), value()), 0..5).prop_map(Recorded::Outputs),
        2 => (vec(value(), 0..5), option::of(any::<u64>()), option::of(value()))
            .prop_map(|(records, total, next)| Recorded::Page(Page { records, total, next })),
        1 => Just(Recorded::Waited),
        2 => (fault(), option::of(text())).prop_map(|(fault, input)| Recorded::Failed(fault, input)),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    any::<(u64, u64, u32, u64)>()
        .prop_map(|(frame, card, visit, print)| Asked { id: EffectId { frame, card, visit }, print })
}

fn entry() -> impl Strategy<Value = Entry> {
    let settlements = [Settlement::Happened, Settlement::DidNot, Settlement::Failed];
    let event = prop_oneof![
        1 => asked().prop_map(Event::Began),
        6 => (asked(), recorded()).prop_map(|(asked, recorded)| Event::Completed(asked, recorded)),
        2 => (asked(), recorded()).prop_map(|(asked, recorded)| Event::Signal(asked, recorded)),
        1 => (asked(), proptest::sample::select(settlements.to_vec()))
            .prop_map(|(asked, settlement)| Event::Settled(asked, settlement)),
        1 => Just(Event::Passed),
        1 => Just(Event::Cancelled),
    ];
    (prop_oneof![Just(1), any::<u32>()], any::<i64>(), event).prop_map(|(after, at_us, event)| Entry {
        after,
        at_us,
        event,
    })
}

fn header() -> impl Strategy<Value = Header> {
    let named = (text(), text(), option::of(text()));
    (named, any::<i64>(), any::<bool>(), record(), value()).prop_map(
        |((flow, run_id, follows), at_us, dry_run, inputs, error)| Header {
            flow,
            inputs,
            run_id,
            follows,
            at_us,
            dry_run,
            error,
        },
    )
}

/// What comes back.
fn again<T: Stored>(it: &T) -> T {
    decode(&encode(it, &Backwards), &Backwards).unwrap()
}

/// Whatever can be read can be written, and is read as the same.
fn is_read_or_refused<T: Stored>(bytes: &[u8], exact: impl Fn(&T) -> String) {
    if let Ok(it) = decode::<T>(bytes, &Backwards) {
        assert_eq!(exact(&again(&it)), exact(&it));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_come_back(value in value()) {
        prop_assert_eq!(exact(&again(&value)), exact(&value));
        let record = Record::from_iter([(Text::from("$value"), value)]);
        prop_assert_eq!(exact(&Value::from(again(&record))), exact(&Value::from(record)));
    }

    #[test]
    fn ends_come_back(recorded in recorded(), fault in fault()) {
        prop_assert_eq!(exact_end(&again(&recorded)), exact_end(&recorded));
        let (fault, back) = (Recorded::Failed(fault.clone(), None), Recorded::Failed(again(&fault), None));
        prop_assert_eq!(exact_end(&back), exact_end(&fault));
    }

    #[test]
    fn entries_come_back(entry in entry()) {
        prop_assert_eq!(exact_entry(&again(&entry)), exact_entry(&entry));
    }

    #[test]
    fn headers_come_back(header in header()) {
        prop_assert_eq!(exact_header(&again(&header)), exact_header(&header));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        is_read_or_refused(&bytes, exact);
        is_read_or_refused(&[&b"{\"v\":1,\"value\":"[..], &bytes, b"}"].concat(), exact);
        is_read_or_refused(&bytes, exact_entry);
    }

    #[test]
    fn damaged_entries_are_read_or_refused(
        entry in entry(),
        wounds in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = encode(&entry, &Backwards);
        for (at, byte, how) in wounds {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, b"{}[]\",:0-$\\e"[usize::from(byte) % 12]),
            }
        }
        is_read_or_refused(&bytes, exact_entry);
        is_read_or_refused(&bytes, exact_header);
    }
}

#[test]
fn an_entry_takes_about_100_bytes_beside_its_values() {
    let id = EffectId { frame: u64::MAX, card: u64::MAX, visit: 12 };
    let outputs = Recorded::Outputs(vec![("user".into(), Value::from("u"))]);
    let event = Event::Completed(Asked { id, print: u64::MAX }, outputs);
    let entry = Entry { after: 1, at_us: 1_790_000_000_000_000, event };
    let stored = encode(&entry, &Backwards);
    assert!(stored.len() - r#""user":"u""#.len() <= 102, "{}", stored.len());
}
