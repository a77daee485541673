//! A step's failure during a run: a value, subject to the step's error policy.

use std::fmt;

use crate::value::{Mismatch, REDACTED, Text, Value};

/// What kind of failure it was; the names are Okta's, as its execution history shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The connection has no credentials, or they were refused.
    Connection,
    /// The caller may not do this.
    Forbidden,
    /// The vendor answered with an error status.
    HttpRequest,
    /// An input is missing or invalid.
    InvalidInput,
    /// A value could not become what a field wants.
    InvalidTypeConversion,
    /// The vendor could not be reached, or broke off.
    Network,
    /// What was asked for does not exist.
    NotFound,
    /// A text could not be read as what it should be.
    Parse,
    /// The vendor asked to slow down, for longer than it was worth waiting.
    RateLimit,
    /// A crash came between a request and its answer, and nobody knows whether it took effect.
    Uncertain,
    /// The step took longer than it may.
    Timeout,
    /// The address is not one that may be called.
    Url,
    /// The flow itself raised it, by Return Error.
    User,
    /// More helper flows called each other than the limit allows.
    StackLimit,
    /// The run took more cards or memory than it may.
    RunLimit,
    /// The run was cancelled.
    Cancelled,
    /// A dry run came to a request that would change something.
    Rehearsal,
    /// flowrun itself is at fault.
    Internal,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [FaultKind; 18] = [
        FaultKind::Connection,
        FaultKind::Forbidden,
        FaultKind::HttpRequest,
        FaultKind::InvalidInput,
        FaultKind::InvalidTypeConversion,
        FaultKind::Network,
        FaultKind::NotFound,
        FaultKind::Parse,
        FaultKind::RateLimit,
        FaultKind::Uncertain,
        FaultKind::Timeout,
        FaultKind::Url,
        FaultKind::User,
        FaultKind::StackLimit,
        FaultKind::RunLimit,
        FaultKind::Cancelled,
        FaultKind::Rehearsal,
        FaultKind::Internal,
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.to_string() == name)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FaultKind::Connection => "Connection Error",
            FaultKind::Forbidden => "Forbidden",
            FaultKind::HttpRequest => "HTTP Request Error",
            FaultKind::InvalidInput => "Invalid Input",
            FaultKind::InvalidTypeConversion => "Invalid Type Conversion",
            FaultKind::Network => "Network Error",
            FaultKind::NotFound => "Not Found",
            FaultKind::Parse => "Parse Error",
            FaultKind::RateLimit => "Rate Limit",
            FaultKind::Uncertain => "Uncertain",
            FaultKind::Timeout => "Timeout",
            FaultKind::Url => "URL Error",
            FaultKind::User => "User Error",
            FaultKind::StackLimit => "Stack Limit Exceeded",
            FaultKind::RunLimit => "Run Limit Exceeded",
            FaultKind::Cancelled => "Cancelled",
            FaultKind::Rehearsal => "Dry Run",
            FaultKind::Internal => "Internal Error",
        })
    }
}

/// A card's input, by its place in the declaration; the derive makes one constant for each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputId(pub u16);

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault(Box<Detail>);

/// What a fault tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// What kind of failure it was.
    pub kind: FaultKind,
    /// What was expected and what was found; lower case, no full stop, no secret.
    pub message: Text,
    /// The input at fault.
    pub input: Option<InputId>,
    /// The HTTP status, or the code that Return Error gave.
    pub code: Option<u16>,
    /// What the vendor answered.
    pub body: Value,
    /// What to do about it.
    pub help: Option<Text>,
    /// Whether nobody knows if it was done all the same, so that it may not be done again blindly.
    pub lost: bool,
}

/// What a step's work comes to.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// A failure of `kind`, told by `message`.
    pub fn new(kind: FaultKind, message: impl Into<Text>) -> Fault {
        let message = message.into();
        let (input, code, body, help, lost) = (None, None, Value::Null, None, false);
        Fault(Box::new(Detail { kind, message, input, code, body, help, lost }))
    }

    /// The same fault, whose message and remedy are put into other words.
    pub fn reworded(mut self, words: impl Fn(&str) -> String) -> Fault {
        self.0.message = words(&self.0.message).into();
        self.0.help = self.0.help.take().map(|help| words(&help).into());
        self
    }

    /// The same fault, laid at an input.
    pub fn at(mut self, input: InputId) -> Fault {
        self.0.input = Some(input);
        self
    }

    /// The same fault, laid at no input.
    pub fn nowhere(mut self) -> Fault {
        self.0.input = None;
        self
    }

    /// The same fault as another kind of failure.
    pub fn of_kind(mut self, kind: FaultKind) -> Fault {
        self.0.kind = kind;
        self
    }

    /// The same fault with a status code.
    pub fn code(mut self, code: u16) -> Fault {
        self.0.code = Some(code);
        self
    }

    /// The same fault with what the vendor answered.
    pub fn body(mut self, body: Value) -> Fault {
        self.0.body = body;
        self
    }

    /// The same fault with advice.
    pub fn help(mut self, help: impl Into<Text>) -> Fault {
        self.0.help = Some(help.into());
        self
    }

    /// The same fault with what to do about it, where that is known.
    pub fn may_help(self, help: Option<&str>) -> Fault {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// The same fault, of something that may have been done all the same, or not.
    pub fn lost(mut self, lost: bool) -> Fault {
        self.0.lost = lost;
        self
    }

    /// A card's code panicked, which is flowrun's fault and nobody else's.
    pub fn panicked(card: &str) -> Fault {
        let message = format!("`{card}` came to a state that it should never come to");
        Fault::new(FaultKind::Internal, message)
            .help("this is a mistake in flowrun: please report it, with the card's inputs and the line that flowrun printed above")
    }

    /// The run was told to end.
    pub fn cancelled() -> Fault {
        Fault::new(FaultKind::Cancelled, "the run was cancelled").code(499)
    }

    /// A card took longer than it may, as `message` says.
    pub fn timed_out(message: impl Into<Text>) -> Fault {
        Fault::new(FaultKind::Timeout, message)
            .code(504)
            .help("give the card a longer `timeout`, or look whether the vendor answers at all")
    }

    /// Nobody knows what became of a performance that a crash cut off, because of `why`.
    pub fn uncertain(why: impl Into<Text>) -> Fault {
        Fault::new(FaultKind::Uncertain, why).lost(true)
    }

    /// A card that is declared to change nothing wants to send this request.
    pub fn undeclared(request: &str) -> Fault {
        let message = format!(
            "{request} was not sent: it would change something, and the card is declared to change nothing"
        );
        Fault::new(FaultKind::Internal, message)
            .help("this is a mistake in flowrun: please report it, with the name of the card")
    }

    /// A value that the input can't take.
    pub fn mismatch(mismatch: &Mismatch, input: Option<InputId>) -> Fault {
        let kind =
            if mismatch.is_missing() { FaultKind::InvalidInput } else { FaultKind::InvalidTypeConversion };
        let mut fault = Fault::new(kind, mismatch.to_string()).may_help(mismatch.help());
        fault.0.input = input;
        fault
    }

    /// Whether nobody may ignore it or try again: the run was cancelled, or came to a limit.
    pub fn ends_the_run(&self) -> bool {
        matches!(self.kind, FaultKind::Cancelled | FaultKind::RunLimit)
    }

    /// Whether a later try may go better because only the vendor's limit stood in the way.
    pub fn is_rate_limit(&self) -> bool {
        self.kind == FaultKind::RateLimit || self.code == Some(429)
    }
}

impl Fault {
    /// The same, with dots in the place of these texts.
    pub(crate) fn without(mut self, secrets: &[String]) -> Fault {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            self.0.message = self.0.message.replace(&**secret, REDACTED).into();
            self.0.help = self.0.help.map(|help| help.replace(&**secret, REDACTED).into());
        }
        self
    }
}

impl std::ops::Deref for Fault {
    type Target = Detail;
    fn deref(&self) -> &Detail {
        &self.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Mismatch> for Fault {
    fn from(mismatch: Mismatch) -> Fault {
        Fault::mismatch(&mismatch, None)
    }
}

/// Fails the card: `bail!(Self::SEPARATOR, "the separator is empty")` names the input at fault,
/// `bail!(kind Parse, "…")` another kind than Invalid Input.
#[macro_export]
macro_rules! bail {
    (kind $kind:ident, $($message:tt)+) => {
        return Err($crate::fault::Fault::new($crate::fault::FaultKind::$kind, format!($($message)+)))
    };
    ($input:expr, $($message:tt)+) => {
        return Err($crate::fault::Fault::new($crate::fault::FaultKind::InvalidInput, format!($($message)+)).at($input))
    };
}
