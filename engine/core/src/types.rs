//! Types of fields: Okta's nine, and secret.

use std::fmt;

use crate::value::Value;

/// What one value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Any value.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A date & time.
    Date,
    /// An object.
    Object,
    /// A file.
    File,
    /// A text that is never shown.
    Secret,
    /// The name of a flow of the project.
    Flow,
    /// The name of a table of the project.
    Table,
}

/// The type of a field: a kind, or a list of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// What one value is.
    pub kind: Kind,
    /// Whether the field holds a list of such values.
    pub list: bool,
}

impl Type {
    /// Any value, lists included.
    pub const ANY: Type = Type::one(Kind::Any);
    /// A text.
    pub const TEXT: Type = Type::one(Kind::Text);
    /// A number.
    pub const NUMBER: Type = Type::one(Kind::Number);
    /// True or false.
    pub const BOOL: Type = Type::one(Kind::Bool);
    /// A date & time.
    pub const DATE: Type = Type::one(Kind::Date);
    /// An object.
    pub const OBJECT: Type = Type::one(Kind::Object);

    /// One value of `kind`.
    pub const fn one(kind: Kind) -> Type {
        Type { kind, list: false }
    }

    /// A list of values of `kind`.
    pub const fn list_of(kind: Kind) -> Type {
        Type { kind, list: true }
    }

    /// The names a flow file may give to a type, in the order in which they are best listed.
    pub const NAMES: &[&str] = &[
        "text",
        "number",
        "true/false",
        "date & time",
        "object",
        "list",
        "list of text",
        "file",
        "secret",
        "any",
    ];

    /// Reads a type as flow files name it: `text`, `list of object`, `list`.
    pub fn parse(name: &str) -> Option<Type> {
        let name = name.trim();
        if name == "list" {
            return Some(Type::list_of(Kind::Any));
        }
        if let Some(kind) = name.strip_prefix("list of ") {
            return Kind::parse(kind.trim()).map(Type::list_of);
        }
        Kind::parse(name).map(Type::one)
    }

    /// The value that stands for "left blank" in a field of this type.
    pub fn blank(self) -> Value {
        match self.kind {
            _ if self.list => Value::list(Vec::new()),
            Kind::Text => Value::from(""),
            Kind::Number => Value::Number(0.0),
            Kind::Bool => Value::Bool(false),
            Kind::Object => Value::object::<&str, Value>([]),
            _ => Value::Null,
        }
    }

    /// Whether some value of type `self` can be converted to type `to`; false means that none ever can.
    pub fn converts_to(self, to: Type) -> bool {
        use Kind::*;
        if to == Type::ANY || self == Type::ANY {
            return true;
        }
        match (self.list, to.list) {
            (true, true) => self.kind.converts_to(to.kind),
            // One value is wrapped into a list of one.
            (false, true) => self.kind.converts_to(to.kind),
            (true, false) => matches!(to.kind, Any | Text),
            (false, false) => self.kind.converts_to(to.kind),
        }
    }
}

impl Kind {
    fn parse(name: &str) -> Option<Kind> {
        Some(match name {
            "any" => Kind::Any,
            "text" => Kind::Text,
            "number" => Kind::Number,
            "true/false" | "boolean" => Kind::Bool,
            "date & time" | "date" => Kind::Date,
            "object" => Kind::Object,
            "file" => Kind::File,
            "secret" => Kind::Secret,
            _ => return None,
        })
    }

    fn converts_to(self, to: Kind) -> bool {
        use Kind::*;
        match (self, to) {
            (a, b) if a == b => true,
            (Any, _) | (_, Any) => true,
            (Text, Secret) => true,
            (Text, Number | Bool | Date | Object | Flow | Table) => true,
            (Number | Bool | Date | Object, Text) => true,
            (Number, Bool) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Any => "any",
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Bool => "true/false",
            Kind::Date => "date & time",
            Kind::Object => "object",
            Kind::File => "file",
            Kind::Secret => "secret",
            Kind::Flow => "flow",
            Kind::Table => "table",
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.list, self.kind) {
            (false, kind) => kind.fmt(f),
            (true, Kind::Any) => f.pad("list"),
            (true, kind) => f.pad(&format!("list of {kind}")),
        }
    }
}
