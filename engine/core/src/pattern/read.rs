//! Reading patterns.

use regex::Regex;

use super::{Bound, FILL, Operator, Pattern, Wants};
use crate::diag::{Code, Diagnostic};
use crate::load::node::{Content, Node};
use crate::load::reader::Reader;
use crate::suggest::closest;
use crate::types::Type;
use crate::value::{Record, Text, Value, parse_date};

/// The operators, each with what stands behind it.
pub(super) const OPERATORS: &[(&str, &str)] = &[
    ("equals", "a value"),
    ("not", "what it must not be"),
    ("gt", "a number or a date"),
    ("gte", "a number or a date"),
    ("lt", "a number or a date"),
    ("lte", "a number or a date"),
    ("near", "`[number, how far it may be off]`"),
    ("in", "a list of values"),
    ("contains", "a text"),
    ("starts_with", "a text"),
    ("ends_with", "a text"),
    ("matches", "a regular expression"),
    ("exists", "true or false"),
    ("empty", "true or false"),
    ("type", "a type, as `list of text`"),
    ("length", "a number"),
    ("any", "what one item is"),
    ("all", "what each item is"),
    ("none", "what no item is"),
    ("unordered", "a list of items"),
    ("exactly", "an object"),
    ("json", "what the text says"),
    ("secret", "true or false"),
];

/// The operators that may stand in a text.
const IN_TEXT: &[&str] =
    &["equals", "gt", "gte", "lt", "lte", "contains", "starts_with", "ends_with", "matches", "type"];

/// A regular expression may be so large when it is compiled.
const MOST_OF_A_REGEX: usize = 1 << 20;

impl Reader<'_> {
    /// A value as it stands: what would be a wire or a template in a flow is a text.
    pub fn literal(&mut self, node: &Node) -> Option<Value> {
        Some(match &node.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(value) => Value::Number(*value),
            Content::Text(text) => Value::from(text.clone()),
            Content::List(items) => {
                Value::list(items.iter().map(|item| self.literal(item)).collect::<Option<_>>()?)
            }
            Content::Map(_) => Value::from(self.literals(node, "a mapping")?),
        })
    }

    /// The values of a mapping as they stand.
    pub fn literals(&mut self, node: &Node, what: &str) -> Option<Record> {
        let members = self.members(node, what)?;
        members.into_iter().map(|(name, node)| Some((name.it, self.literal(node)?))).collect()
    }

    /// A pattern.
    pub fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let wants = match &node.content {
            Content::Text(text) if &**text == FILL => Wants::Fill,
            Content::Text(text) if text.starts_with('~') => {
                Wants::All(vec![self.operator_in_text(node, text)?])
            }
            Content::List(items) => Wants::Items(self.patterns(items)?),
            Content::Map(_) => {
                let members = self.members(node, "a mapping")?;
                if members.iter().any(|(name, _)| name.it.starts_with('~')) {
                    let read = members.into_iter().map(|(name, node)| match name.it.strip_prefix('~') {
                        Some(operator) => self.operator(name.span, operator, node),
                        None => {
                            let mistake = Diagnostic::new(
                                Code::Structure,
                                name.span,
                                format!("the member `{}` stands beside operators", name.it),
                            );
                            self.report(mistake.help("an object is meant by its members or by operators: put them side by side under `~exactly`, or in two expectations"));
                            None
                        }
                    });
                    // All are read, so that all mistakes are told.
                    Wants::All(read.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?)
                } else {
                    Wants::Members(self.member_patterns(members)?)
                }
            }
            _ => Wants::Equal(self.literal(node)?),
        };
        Some(Pattern { span: node.span, wants })
    }

    /// The patterns of a mapping, by its keys.
    pub fn member_patterns(
        &mut self,
        members: Vec<(crate::model::Name, &Node)>,
    ) -> Option<Vec<(Text, Pattern)>> {
        let read: Vec<_> =
            members.into_iter().map(|(name, node)| Some((name.it, self.pattern(node)?))).collect();
        read.into_iter().collect()
    }

    fn patterns(&mut self, items: &[Node]) -> Option<Vec<Pattern>> {
        let read: Vec<_> = items.iter().map(|item| self.pattern(item)).collect();
        read.into_iter().collect()
    }

    fn unknown_operator(&mut self, span: crate::source::Span, name: &str) {
        let known = OPERATORS.iter().map(|(name, _)| *name);
        let mistake = Diagnostic::new(Code::UnknownKey, span, format!("there is no operator `~{name}`"));
        let all = OPERATORS.iter().map(|(name, _)| format!("~{name}")).collect::<Vec<_>>().join(" ");
        self.report(match closest(name, known) {
            Some(near) => mistake.help(format!("did you mean `~{near}`?")),
            None => mistake.help(format!("there are {all}; a text that begins with ~ is `{{ ~equals: … }}`")),
        });
    }

    fn operator_in_text(&mut self, node: &Node, text: &str) -> Option<Operator> {
        let (name, rest) = text[1..].split_once(' ').unwrap_or((&text[1..], ""));
        let (name, negated) = match name.strip_prefix("not_") {
            Some(name) => (name, true),
            None => (name, false),
        };
        if !OPERATORS.iter().any(|(known, _)| *known == name) {
            self.unknown_operator(node.span, name);
            return None;
        }
        if !IN_TEXT.contains(&name) || rest.trim().is_empty() {
            let wanted = OPERATORS.iter().find(|(known, _)| *known == name).map_or("", |(_, wanted)| wanted);
            let mistake = Diagnostic::new(
                Code::Structure,
                node.span,
                format!("`~{name}` in a text has nothing to go by"),
            );
            self.report(mistake.help(format!("write it as a mapping: {{ ~{name}: … }}, with {wanted}")));
            return None;
        }
        let content = match rest.trim().parse::<f64>() {
            Ok(number) if ["gt", "gte", "lt", "lte"].contains(&name) => Content::Number(number),
            _ => Content::Text(rest.trim().into()),
        };
        let inner = Node { span: node.span, content };
        let operator = self.operator(node.span, name, &inner)?;
        let pattern = |operator| Pattern { span: node.span, wants: Wants::All(vec![operator]) };
        Some(if negated { Operator::Not(Box::new(pattern(operator))) } else { operator })
    }

    fn operator(&mut self, span: crate::source::Span, name: &str, node: &Node) -> Option<Operator> {
        let (name, negated) = match name.strip_prefix("not_") {
            Some(name) if OPERATORS.iter().any(|(known, _)| *known == name) => (name, true),
            _ => (name, false),
        };
        let operator = match name {
            "equals" => Operator::Equals(self.literal(node)?),
            "not" => Operator::Not(Box::new(self.whole_pattern(node)?)),
            "gt" => Operator::Beyond(Bound::Above, self.bound(node)?),
            "gte" => Operator::Beyond(Bound::AtLeast, self.bound(node)?),
            "lt" => Operator::Beyond(Bound::Below, self.bound(node)?),
            "lte" => Operator::Beyond(Bound::AtMost, self.bound(node)?),
            "near" => match self.literal(node)?.as_list() {
                Some([Value::Number(number), Value::Number(off)]) if *off >= 0.0 => {
                    Operator::Near(*number, *off)
                }
                _ => return self.nonsense(node, name),
            },
            "in" => match self.literal(node)? {
                Value::List(values) if !values.is_empty() => Operator::In(values.to_vec()),
                _ => return self.nonsense(node, name),
            },
            "contains" => Operator::Contains(self.part(node, name)?),
            "starts_with" => Operator::StartsWith(self.part(node, name)?),
            "ends_with" => Operator::EndsWith(self.part(node, name)?),
            "matches" => {
                let text = self.part(node, name)?;
                let built = regex::RegexBuilder::new(&text).size_limit(MOST_OF_A_REGEX).build();
                Operator::Matches(self.regex(node, built)?)
            }
            "exists" => Operator::Exists(self.yes(node, name)?),
            "empty" => Operator::Empty(self.yes(node, name)?),
            "secret" => Operator::Secret(self.yes(node, name)?),
            "type" => {
                let text = self.part(node, name)?;
                match Type::parse(&text) {
                    Some(ty) => Operator::Type(ty),
                    None => {
                        let message = format!("there is no type `{text}`");
                        self.report(Diagnostic::new(Code::UnknownType, node.span, message).help(
                            "there are text, number, true/false, date & time, object, file, secret, and lists of them",
                        ));
                        return None;
                    }
                }
            }
            "length" => Operator::Length(Box::new(self.whole_pattern(node)?)),
            "any" => Operator::Any(Box::new(self.whole_pattern(node)?)),
            "all" => Operator::Each(Box::new(self.pattern(node)?)),
            "none" => Operator::None(Box::new(self.whole_pattern(node)?)),
            "unordered" => match &node.content {
                Content::List(items) => {
                    let items: Vec<_> = items.iter().map(|item| self.whole_pattern(item)).collect();
                    Operator::Unordered(items.into_iter().collect::<Option<_>>()?)
                }
                _ => return self.nonsense(node, name),
            },
            "exactly" => match &node.content {
                Content::Map(_) => {
                    let members = self.members(node, "an object")?;
                    Operator::Exactly(self.member_patterns(members)?)
                }
                _ => return self.nonsense(node, name),
            },
            "json" => Operator::Json(Box::new(self.pattern(node)?)),
            _ => {
                self.unknown_operator(span, name);
                return None;
            }
        };
        let pattern = |operator| Pattern { span: node.span, wants: Wants::All(vec![operator]) };
        Some(if negated { Operator::Not(Box::new(pattern(operator))) } else { operator })
    }

    /// A pattern that says what is meant: it leaves nothing open.
    pub fn whole_pattern(&mut self, node: &Node) -> Option<Pattern> {
        let pattern = self.pattern(node)?;
        let Some(span) = pattern.open() else { return Some(pattern) };
        let message = format!("`{FILL}` stands where nothing says what is there");
        let help = "it may stand for what is expected, or a part of that, but in no other operator than ~all, ~exactly and ~json";
        self.report(Diagnostic::new(Code::Structure, span, message).help(help));
        None
    }

    fn nonsense<T>(&mut self, node: &Node, name: &str) -> Option<T> {
        let wanted =
            OPERATORS.iter().find(|(known, _)| *known == name).map_or("a value", |(_, wanted)| wanted);
        let message = format!("`~{name}` is followed by {wanted}, found {}", node.kind());
        self.report(Diagnostic::new(Code::Structure, node.span, message));
        None
    }

    fn part(&mut self, node: &Node, name: &str) -> Option<Text> {
        match &node.content {
            Content::Text(text) if !text.is_empty() => Some(text.clone()),
            Content::Number(_) => Some(self.slice(node.span).into()),
            _ => self.nonsense(node, name),
        }
    }

    fn yes(&mut self, node: &Node, name: &str) -> Option<bool> {
        match node.content {
            Content::Bool(yes) => Some(yes),
            _ => self.nonsense(node, name),
        }
    }

    /// A number, or a text that is a date or is compared by its letters.
    fn bound(&mut self, node: &Node) -> Option<Value> {
        match &node.content {
            Content::Number(number) => Some(Value::Number(*number)),
            Content::Text(text) => {
                Some(parse_date(text).map_or_else(|| Value::from(text.clone()), Value::Date))
            }
            _ => self.nonsense(node, "gt"),
        }
    }

    fn regex(&mut self, node: &Node, built: Result<Regex, regex::Error>) -> Option<Regex> {
        match built {
            Ok(regex) => Some(regex),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let mistake = Diagnostic::new(
                    Code::BadValue,
                    node.span,
                    format!("this is no regular expression: {why}"),
                );
                self.report(mistake);
                None
            }
        }
    }
}
