//! Faults, by the names of their kinds and of the inputs that they lie at.

use super::read::Read;
use super::{Reader, Stored, Writer};
use crate::fault::{Fault, FaultKind};
use crate::value::{Text, Value};

/// The names of the kinds. What stands here once stands here for ever.
macro_rules! kinds {
    ($($kind:ident = $name:literal)+) => {
        fn name_of(kind: FaultKind) -> &'static str {
            match kind {
                $(FaultKind::$kind => $name,)+
            }
        }

        fn kind_of(name: &str) -> Option<FaultKind> {
            match name {
                $($name => Some(FaultKind::$kind),)+
                _ => None,
            }
        }
    };
}

kinds! {
    Connection = "connection"
    Forbidden = "forbidden"
    HttpRequest = "http_request"
    InvalidInput = "invalid_input"
    InvalidTypeConversion = "invalid_type_conversion"
    Network = "network"
    NotFound = "not_found"
    Parse = "parse"
    RateLimit = "rate_limit"
    Timeout = "timeout"
    Url = "url"
    User = "user"
    StackLimit = "stack_limit"
    RunLimit = "run_limit"
    Uncertain = "uncertain"
    Cancelled = "cancelled"
    Rehearsal = "rehearsal"
    Internal = "internal"
}

/// A fault on its own, which lies at no input.
impl Stored for Fault {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("fault").fault(self, None);
    }

    fn read(_: u32, reader: &mut Reader<'_>) -> Read<Fault> {
        reader.only("fault", |reader| Ok(reader.fault()?.0))
    }
}

impl Writer<'_> {
    /// A fault that lies at the input of this name.
    pub(crate) fn fault(&mut self, fault: &Fault, input: Option<&str>) {
        self.object(|writer| {
            writer.name("kind").text(name_of(fault.kind));
            writer.name("message").text(&fault.message);
            if let Some(input) = input {
                writer.name("input").text(input);
            }
            if let Some(code) = fault.code {
                writer.name("code").number(code);
            }
            if !fault.body.is_null() {
                writer.name("body").value(&fault.body);
            }
            if let Some(help) = &fault.help {
                writer.name("help").text(help);
            }
            if fault.lost {
                writer.name("lost").boolean(true);
            }
        });
    }
}

impl Reader<'_> {
    /// A fault, and the name of the input that it lies at.
    pub(crate) fn fault(&mut self) -> Read<(Fault, Option<Text>)> {
        let (mut kind, mut message, mut input, mut code) = (None, None, None, None);
        let (mut body, mut help, mut lost) = (Value::Null, None, false);
        self.object(|reader, name| {
            match name {
                "kind" => kind = kind_of(&reader.text()?),
                "message" => message = Some(Text::from(&*reader.text()?)),
                "input" => input = Some(Text::from(&*reader.text()?)),
                "code" => code = Some(reader.whole()?),
                "body" => body = reader.value()?,
                "help" => help = Some(Text::from(&*reader.text()?)),
                "lost" => lost = reader.boolean()?,
                _ => return reader.damaged("what a fault tells"),
            }
            Ok(())
        })?;
        let (Some(kind), Some(message)) = (kind, message) else {
            return self.damaged("a known kind and a message before this");
        };
        let mut fault = Fault::new(kind, message).body(body).lost(lost);
        if let Some(code) = code {
            fault = fault.code(code);
        }
        if let Some(help) = help {
            fault = fault.help(help);
        }
        Ok((fault, input))
    }
}
