//! Expressions: constants, wires, templates, and lists and objects of them.

use super::node::{Content, Node};
use super::reader::Reader;
use crate::credentials;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr, Name};
use crate::source::Span;
use crate::value::{Record, Text, Value};

impl Reader<'_> {
    /// What a field is given. `place` is its name, with those inside of it: `headers.Authorization` should hold no constant.
    pub fn expr(&mut self, place: &str, node: &Node) -> At<Expr> {
        let expr = match &node.content {
            Content::Null => Expr::Constant(Value::Null),
            Content::Bool(value) => Expr::Constant(Value::Bool(*value)),
            Content::Number(value) => {
                self.check_exact(node, *value);
                Expr::Constant(Value::Number(*value))
            }
            Content::Text(text) => self.text_expr(place, node, text),
            Content::List(items) => {
                let items: Vec<At<Expr>> = items.iter().map(|item| self.expr(place, item)).collect();
                match items.iter().map(constant_of).collect::<Option<Vec<Value>>>() {
                    Some(values) => Expr::Constant(Value::list(values)),
                    None => Expr::List(items),
                }
            }
            Content::Map(_) => self.object(place, node),
        };
        At::new(expr, node.span)
    }

    fn text_expr(&mut self, place: &str, node: &Node, text: &Text) -> Expr {
        if let Some(rest) = text.strip_prefix('$') {
            if rest.is_empty() || rest.starts_with(['.', '[']) {
                return Expr::Wire(text.clone());
            }
            // `$$.` stands for a text that starts with `$.`.
            if rest == "$" || rest.starts_with("$.") || rest.starts_with("$[") {
                return Expr::Constant(Value::from(rest));
            }
        }
        if let Some(plain) = raw(text) {
            return Expr::Constant(Value::from(plain));
        }
        if text.contains("{{") || text.contains("{%") {
            if let Some(found) = credentials::by_form(text) {
                self.credential(node.span, found);
            }
            return Expr::Template(text.clone());
        }
        if text.is_empty() && self.stray_block(node) {
            return Expr::Broken;
        }
        if let Some(found) = credentials::in_field(place, text) {
            self.credential(node.span, found);
        }
        Expr::Constant(Value::from(text.clone()))
    }

    fn object(&mut self, place: &str, node: &Node) -> Expr {
        if self.unquoted_template(node) {
            return Expr::Broken;
        }
        let Some(members) = self.members(node, "a mapping") else { return Expr::Broken };
        let members: Vec<(Name, At<Expr>)> = members
            .into_iter()
            .map(|(name, value)| {
                let value = self.expr(&format!("{place}.{}", name.it), value);
                (name, value)
            })
            .collect();
        let constant = members.iter().map(|(name, value)| Some((name.it.clone(), constant_of(value)?)));
        match constant.collect::<Option<Record>>() {
            Some(record) => Expr::Constant(Value::from(record)),
            None => Expr::Object(members),
        }
    }

    /// `operator: >` gives an empty text, because to YAML `>` announces lines of text; reports that.
    fn stray_block(&mut self, node: &Node) -> bool {
        let before = self.text.get(..node.span.start as usize).unwrap_or_default().trim_end();
        let mark = before.chars().last().unwrap_or_default();
        if !matches!(mark, '>' | '|') || !before[..before.len() - 1].ends_with([' ', '\t']) {
            return false;
        }
        let mut span = node.span;
        (span.start, span.end) = (before.len() as u32 - 1, before.len() as u32);
        self.report(
            Diagnostic::new(Code::Structure, span, format!("expected a text, found `{mark}` without quotes"))
                .label("YAML takes this for the start of a text of several lines")
                .help(format!("put it in quotes: \"{mark}\"")),
        );
        true
    }

    /// Reports a credential. The message must not repeat it, and the excerpt hides it.
    pub fn credential(&mut self, span: Span, found: &str) {
        self.report(
            Diagnostic::new(Code::SecretInFile, span, format!("{found} is in the file"))
                .label("whoever reads the project can use it")
                .help(
                    "revoke it if the file was ever shared; then give it by an environment variable (OKTA_API_TOKEN, \
                     PERSONIO_CLIENT_SECRET, …) or in a connections file outside the project",
                ),
        );
    }

    /// Numbers are doubles, as in Okta: reports an integer whose last digits would be lost without a word.
    fn check_exact(&mut self, node: &Node, value: f64) {
        let written = self.slice(node.span);
        let digits = written.trim_start_matches(['-', '+']).bytes().all(|b| b.is_ascii_digit());
        if digits && written.parse() != Ok(value as i128) {
            self.report(
                Diagnostic::new(
                    Code::BadValue,
                    node.span,
                    format!("the number {written} would lose its last digits"),
                )
                .label("numbers keep about 16 digits")
                .help(format!("if it is an ID, make it a text: \"{written}\"")),
            );
        }
    }

    /// The names and expressions of a mapping such as `with`.
    pub fn fields(&mut self, node: &Node, what: &str) -> Option<Vec<(Name, At<Expr>)>> {
        self.fields_but(node, what, |_, _, _| None)
    }

    /// The same, but for the fields that `other` reads.
    pub fn fields_but(
        &mut self,
        node: &Node,
        what: &str,
        mut other: impl FnMut(&mut Self, &Name, &Node) -> Option<At<Expr>>,
    ) -> Option<Vec<(Name, At<Expr>)>> {
        let members = self.members(node, what)?;
        let mut fields = Vec::with_capacity(members.len());
        for (name, value) in members {
            let Some(name) = self.label(name, "a field") else { continue };
            let value = other(self, &name, value).unwrap_or_else(|| self.expr(&name.it, value));
            fields.push((name, value));
        }
        Some(fields)
    }

    /// A constant; a wire or a template in its place is reported.
    pub fn constant(&mut self, node: &Node, what: &str) -> Option<At<Value>> {
        self.named_constant("", node, what)
    }

    /// A constant under a name, which may give it away as a credential.
    pub fn named_constant(&mut self, name: &str, node: &Node, what: &str) -> Option<At<Value>> {
        let expr = self.expr(name, node);
        if let Expr::Constant(value) = expr.it {
            return Some(At::new(value, node.span));
        }
        if let Some((part, found)) = first_variable(&expr) {
            let mistake =
                Diagnostic::new(Code::Structure, part.span, format!("expected {what}, found {found}"));
            self.report(match &part.it {
                Expr::Wire(text) => mistake.help(format!("if the text itself is meant, write `${text}`")),
                _ => mistake.help("nothing has run yet when this is read, so it must be a constant"),
            });
        }
        None
    }
}

fn constant_of(expr: &At<Expr>) -> Option<Value> {
    if let Expr::Constant(value) = &expr.it { Some(value.clone()) } else { None }
}

fn first_variable(expr: &At<Expr>) -> Option<(&At<Expr>, &'static str)> {
    match &expr.it {
        Expr::Wire(_) => Some((expr, "a wire")),
        Expr::Template(_) => Some((expr, "a template")),
        Expr::List(items) => items.iter().find_map(first_variable),
        Expr::Object(members) => members.iter().find_map(|(_, value)| first_variable(value)),
        Expr::Constant(_) | Expr::Broken => None,
    }
}

/// The text in a template that is nothing but a text with braces in it: a constant, which may stand where nothing has run yet.
fn raw(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{% raw %}")?.strip_suffix("{% endraw %}")?;
    (!inner.contains("endraw")).then_some(inner)
}
