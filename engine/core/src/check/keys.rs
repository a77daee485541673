//! Keys that a wire or a template reads of a record: those that it never has are mistakes.

use super::expr::Position;
use super::lower::Lower;
use super::shape::{Look, Of, Shape, Way, described};
use super::{fix, place, table};
use crate::diag::{Code, Diagnostic};
use crate::path::{Key, Wire};
use crate::source::Span;
use crate::suggest::{closest, there_are};
use crate::template::Template;
use crate::value::Text;

impl<'p> Lower<'_, 'p> {
    /// Reports a key of a wire that the record it reads never has.
    pub fn wire_keys(&mut self, wire: &Wire, keys: &[(Key, Span)], text: &Text, span: Span, at: Position) {
        let sources = self.shared.options.sources;
        match self.way(&wire.root, &wire.keys, at) {
            Way::Missing(shape, place) => {
                if let (Key::Name(name), place) = &keys[place] {
                    self.missing_key(&shape, name, *place, span);
                }
            }
            Way::Leads(shape) if shape.list => {
                let Some(query) = &wire.query else { return };
                let Some(Some(name)) = query.of_items() else { return };
                let (start, end) =
                    text.rfind(name).map_or((0, text.len()), |start| (start, start + name.len()));
                self.missing_of(
                    &Shape { list: false, ..shape },
                    name,
                    place::within(sources, span, text, start, end),
                    span,
                );
            }
            Way::Leads(_) | Way::Lost => {}
        }
    }

    /// Reports keys of a template that the records it reads never have.
    pub fn template_keys(&mut self, template: &Template, text: &Text, span: Span, at: Position) {
        let sources = self.shared.options.sources;
        for read in template.reads() {
            let keys: Vec<Key> = read.keys.iter().map(|(key, _)| key.clone()).collect();
            if let Way::Missing(shape, place) = self.way(&read.root, &keys, at)
                && let (Key::Name(name), (start, end)) = &read.keys[place]
            {
                let key = place::within(sources, span, text, *start, *end);
                self.missing_key(&shape, name, key, span);
            }
        }
    }

    fn way(&self, root: &str, keys: &[Key], at: Position) -> Way<'p> {
        let step = at.step.map(|step| &self.scope.steps[step]);
        Look::new(self.shared, &self.scope, self.shapes).way(root, keys, step)
    }

    fn missing_of(&mut self, shape: &Shape<'p>, name: &str, span: Span, whole: Span) {
        if !shape.keys(self.shared).0.iter().any(|known| **known == *name) {
            self.missing_key(shape, name, span, whole);
        }
    }

    /// What is said of a key that a shape lacks: of one with other keys besides those known, only that it is probably misspelt.
    /// `whole` is the wire or the template in which it stands.
    fn missing_key(&mut self, shape: &Shape<'p>, name: &str, span: Span, whole: Span) {
        let (known, open) = shape.keys(self.shared);
        let names = || known.iter().map(|name| &**name);
        let what = described(shape, self.shared);
        let of_okta = matches!(shape.of, Of::Row(_)).then(|| table::key_for(name)).flatten();
        let mistake = match open {
            true if closest(name, names()).is_none() => return,
            true => {
                Diagnostic::new(Code::MisspeltKey, span, format!("{what} has no key `{name}` that is known"))
                    .label("perhaps misspelt")
            }
            false => Diagnostic::new(Code::UnknownRecordKey, span, format!("{what} has no key `{name}`"))
                .label("no such key"),
        };
        let edits = of_okta.map(|key| fix::key(self.shared.options.sources, whole, span, name, key));
        let edits = edits.unwrap_or_default();
        let by_fmt = if edits.is_empty() { "" } else { ", as `flowrun fmt` does" };
        let mistake = mistake.help(match of_okta {
            Some(key) if key.contains(' ') => format!("a row has Okta's keys: write `['{key}']`{by_fmt}"),
            Some(key) => format!("a row has Okta's keys: write `{key}`{by_fmt}"),
            None => there_are(name, names()),
        });
        let mistake = edits.into_iter().fold(mistake, Diagnostic::fix);
        self.report(match shape.of {
            Of::Row(table) => match self.shared.project.manifest.tables.get(table) {
                Some(written) => mistake.related(written.name.span, "the table"),
                None => mistake,
            },
            Of::Members([(first, _), ..]) => mistake.related(first.span, "the object is made here"),
            Of::Returned(flow) => mistake.related(self.first_line(flow), "the flow that is called"),
            Of::Members([]) | Of::Output { .. } => mistake,
        });
    }
}
