//! The author's mistakes, found before a run.

mod fix;
mod github;
mod json;
mod mask;
mod render;

pub use fix::{Edit, Fix, mended};
pub use github::{annotation, to_github};
pub use json::to_json;
pub use render::{Style, draw, render, summary};

use crate::source::{Sources, Span};
use crate::suggest::did_you_mean;

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Runs, but is probably not what was meant.
    Warning,
}

/// One mistake: what it is, where, what was expected and found, and what to do.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which mistake it is.
    pub code: Code,
    /// What was expected and what was found; lower case, no full stop.
    pub message: String,
    /// Where it is.
    pub span: Span,
    /// What is wrong at that place, in a few words.
    pub label: String,
    /// Other places that matter, with why.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
    /// What mends it; none where a person must. Few mistakes have one, so that it lies elsewhere.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// The mistake `code` at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// The same with a few words at its place.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// The same with another place that matters.
    pub fn related(mut self, span: Span, why: impl Into<String>) -> Diagnostic {
        self.related.push((span, why.into()));
        self
    }

    /// The same with advice.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with one more of the edits that together mend it.
    pub fn fix(mut self, edit: Edit) -> Diagnostic {
        self.fix.get_or_insert_default().edits.push(edit);
        self
    }

    /// The edits that together mend it; none where a person must.
    pub fn edits(&self) -> &[Edit] {
        self.fix.as_deref().map_or(&[], |fix| &fix.edits)
    }

    /// The same with advice, where there is any.
    pub fn may_help(self, help: Option<&str>) -> Diagnostic {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// The same with the name that was probably meant, if there is one: `closest` finds it.
    pub fn meant(mut self, near: Option<&str>) -> Diagnostic {
        self.help = near.map(did_you_mean).or(self.help);
        self
    }

    /// The same with this advice, if there is none yet.
    pub fn or_help<S: Into<String>>(mut self, help: impl FnOnce() -> S) -> Diagnostic {
        self.help = self.help.or_else(|| Some(help().into()));
        self
    }
}

/// The diagnostics by file and place, errors before warnings at the same place; what was said twice, once.
fn sorted<'d>(diagnostics: &'d [Diagnostic], sources: &Sources) -> Vec<&'d Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    let key = |d: &Diagnostic| (d.span.file, d.span.start, d.code.severity(), d.code, d.span.end);
    sorted.sort_by(|a, b| {
        let paths = sources.get(a.span.file).path.cmp(&sources.get(b.span.file).path);
        paths.then_with(|| key(a).cmp(&key(b))).then_with(|| a.message.cmp(&b.message))
    });
    sorted.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    sorted
}

macro_rules! codes {
    ($($(#[doc = $docs:literal])+ $name:ident = $code:literal $severity:ident $slug:literal),+ $(,)?) => {
        /// Every mistake that can be found before a run. Numbers are never used again for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $docs])+ $name = $code),+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity),+ }
            }

            /// A few words for file names and search: `unknown-card`.
            pub fn slug(self) -> &'static str {
                match self { $(Code::$name => $slug),+ }
            }

            /// What the code means.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($docs),+)),+ }
            }
        }
    };
}

codes! {
    /// The file is not YAML.
    Syntax = 1 Error "syntax",
    /// The file is larger, deeper or more repetitive than the limits allow.
    TooLarge = 2 Error "too-large",
    /// Something else was expected in this place of the file.
    Structure = 3 Error "structure",
    /// A key that the language doesn't have here.
    UnknownKey = 4 Error "unknown-key",
    /// A key that the language needs here is missing.
    MissingKey = 5 Error "missing-key",
    /// Two things have the same name.
    DuplicateName = 6 Error "duplicate-name",
    /// A name has letters that names can't have.
    BadName = 7 Error "bad-name",
    /// A folder that has settings has no flows.
    UnknownFolder = 9 Error "unknown-folder",
    /// There is no such card.
    UnknownCard = 10 Error "unknown-card",
    /// The card has no such field.
    UnknownField = 11 Error "unknown-field",
    /// There is no such flow, or the name fits more than one.
    UnknownFlow = 12 Error "unknown-flow",
    /// There is no such table.
    UnknownTable = 13 Error "unknown-table",
    /// The table has no such column.
    UnknownColumn = 14 Error "unknown-column",
    /// There is no such connection, or none was named and more than one would fit.
    UnknownConnection = 15 Error "unknown-connection",
    /// There is no such type.
    UnknownType = 16 Error "unknown-type",
    /// There is no such variable.
    UnknownVar = 17 Error "unknown-var",
    /// There is no such connector.
    UnknownConnector = 18 Error "unknown-connector",
    /// A wire or a template reads a key that the record never has.
    UnknownRecordKey = 19 Error "unknown-record-key",
    /// A required field is missing.
    MissingField = 20 Error "missing-field",
    /// The value isn't one of those that the field allows.
    BadChoice = 21 Error "bad-choice",
    /// A value of this type can never become what the field wants.
    TypeMismatch = 22 Error "type-mismatch",
    /// The value can't be read as what it should be: a duration, a cron expression, a time zone, a number in a range.
    BadValue = 23 Error "bad-value",
    /// A wire names a card that doesn't exist.
    WireToUnknownCard = 30 Error "wire-to-unknown-card",
    /// A wire names an output that the card doesn't have.
    WireToUnknownOutput = 31 Error "wire-to-unknown-output",
    /// A wire reads a card that has not run yet.
    WireToLaterCard = 32 Error "wire-to-later-card",
    /// A wire reads a card that runs only in another branch.
    WireToOtherBranch = 33 Error "wire-to-other-branch",
    /// A wire isn't a JSONPath.
    WireSyntax = 34 Error "wire-syntax",
    /// `$.item` or `$.index` stands where no list card passes it, or `$.error` where nothing failed.
    WireOutOfPlace = 35 Error "wire-out-of-place",
    /// A template can't be compiled.
    TemplateSyntax = 36 Error "template-syntax",
    /// A template uses a filter or function that doesn't exist.
    TemplateUnknownName = 37 Error "template-unknown-name",
    /// The inputs passed don't match those of the helper flow.
    HelperInputs = 40 Error "helper-inputs",
    /// The helper flow doesn't return what the card needs of it.
    HelperOutputs = 41 Error "helper-outputs",
    /// Flows call each other in a circle with nothing that could end it.
    Cycle = 42 Error "cycle",
    /// A flow returns something that its outputs don't list, or of another type.
    ReturnMismatch = 43 Error "return-mismatch",
    /// A block's outputs are not made of its arms.
    BlockOutputs = 44 Error "block-outputs",
    /// A setting that this card can't have: an arm, a policy, a connection, passed inputs.
    NotForThisCard = 45 Error "not-for-this-card",
    /// A secret stands in a file.
    SecretInFile = 50 Error "secret-in-file",
    /// No run ever reaches the card.
    Unreachable = 60 Warning "unreachable",
    /// Nothing reads what the card puts out, and it does nothing else.
    UnusedOutput = 61 Warning "unused-output",
    /// Nothing uses the variable, table or connection.
    Unused = 62 Warning "unused",
    /// A list is made of what a helper flow returns, and it returns nothing.
    NothingReturned = 63 Warning "nothing-returned",
    /// Nothing reads the input of a helper flow.
    UnreadInput = 64 Warning "unread-input",
    /// A failure that nobody hears of.
    Swallowed = 65 Warning "swallowed",
    /// Items that run at the same time depend on each other.
    Race = 66 Warning "race",
    /// A text is compared with a number or a date, by its letters.
    ByLetters = 70 Warning "by-letters",
    /// Of a text only the number at its start counts.
    CutNumber = 71 Warning "cut-number",
    /// A wire or a template reads a key that is probably called otherwise.
    MisspeltKey = 72 Warning "misspelt-key",
    /// A constant is probably meant as a wire, a template or a list.
    MeantOtherwise = 73 Warning "meant-otherwise",
    /// A test expected something else.
    Unmet = 80 Error "unmet",
    /// A test expected something else, probably because of what it expected before.
    UnmetThen = 81 Warning "unmet-then",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = if self.severity() == Severity::Error { 'E' } else { 'W' };
        write!(f, "{letter}{:03}", *self as u16)
    }
}
