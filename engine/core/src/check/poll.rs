//! What a flow polls: a card that lists, asked again and again.

use super::lower::Lower;
use super::scope::unknown_card;
use super::uses::{How, Target};
use crate::card::{Card, Work};
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Poll};
use crate::program::{Arg, Trigger};
use crate::settings::{self, settle};
use crate::suggest::{closest, listed};
use crate::value::Text;

/// What says of a card that it streams: a poll says that by itself.
const OF_STREAMS: &[&str] = &["result_set", "flow"];

impl Lower<'_, '_> {
    /// A poll, as it is carried out.
    pub(super) fn poll(&mut self, poll: &Poll) -> Trigger {
        let more = settle(&poll.more, settings::POLL, &mut |mistake| self.log.report(mistake));
        let mut connection = Text::default();
        let mut with = Vec::new();
        match self.shared.catalog.get(&poll.card.it) {
            None => self.report(unknown_card(self.shared, &poll.card)),
            Some(card) => match &card.work {
                Work::Effect(spec) if spec.streams && card.connector().is_some() => {
                    connection = self.polled(poll, card);
                    with = self.asked(poll, card);
                }
                _ => self.lists_nothing(&poll.card),
            },
        }
        Trigger::Poll { card: poll.card.it.clone(), connection, with, more }
    }

    /// The name of the connection over which it is asked.
    fn polled(&mut self, poll: &Poll, card: &Card) -> Text {
        let (named, connector) = (poll.connection.as_ref(), card.connector().unwrap_or_default());
        let Some(found) = self.shared.names.connection(named, connector) else {
            self.log.found.extend(self.shared.no_connection(named, connector, poll.card.span));
            return Text::default();
        };
        let place = named.map_or(poll.card.span, |name| name.span);
        self.uses(place, None, How::Reads, Target::Connection(found));
        self.shared.project.manifest.connections[found].name.it.clone()
    }

    /// The fields of the card.
    fn asked(&mut self, poll: &Poll, card: &Card) -> Vec<(Text, Arg)> {
        let at = self.before_all();
        let given = |name: &str| poll.with.iter().any(|(given, _)| *given.it == *name);
        let fields = || card.inputs.iter().filter(|field| !OF_STREAMS.contains(&&*field.name));
        let missing: Vec<&str> = fields()
            .filter(|field| field.required && !given(&field.name))
            .map(|field| &*field.name)
            .collect();
        let (mut with, mut unknown) = (Vec::new(), Vec::new());
        for (name, value) in &poll.with {
            let ty = match (card.input(&name.it), &card.rest_in) {
                _ if OF_STREAMS.contains(&&*name.it) => {
                    let message =
                        format!("a poll gives all records to this flow, so `{}` says nothing", name.it);
                    let mistake = Diagnostic::new(Code::NotForThisCard, name.span, message);
                    self.report(mistake.label("not for a poll").help("leave it out"));
                    continue;
                }
                (Some(place), _) => card.inputs[place].ty,
                (None, Some(rest)) => rest.ty,
                (None, None) => {
                    unknown.push(name);
                    continue;
                }
            };
            let read = self.expr(value, at);
            with.push((name.it.clone(), self.fit(read, value, &name.it, ty)));
        }
        // One field missing and one unknown are one mistake: a wrong name.
        let renamed = match (missing.as_slice(), unknown.as_slice()) {
            ([missing], [_]) => Some(*missing),
            _ => None,
        };
        for name in unknown {
            let message = format!("`{}` has no field `{}`", card.id, name.it);
            let mistake = Diagnostic::new(Code::UnknownField, name.span, message).label("no such field");
            let names = || fields().map(|field| &*field.name);
            let meant = renamed.or_else(|| closest(&name.it, names()));
            self.report(mistake.meant(meant).or_help(|| format!("it has {}", listed(names()))));
        }
        for name in missing.into_iter().filter(|_| renamed.is_none()) {
            let message = format!("`{}` needs the field `{name}`", card.id);
            let mistake = Diagnostic::new(Code::MissingField, poll.card.span, message);
            self.report(mistake.label(format!("`{name}` is missing")).help("give it under `with`"));
        }
        with
    }

    fn lists_nothing(&mut self, card: &Name) {
        let lists = |card: &Card| matches!(&card.work, Work::Effect(spec) if spec.streams);
        let group = card.it.split('.').next().unwrap_or_default();
        let all = self.shared.catalog.iter();
        let all = all.filter(|other| other.group() == group && lists(other) && other.connector().is_some());
        let others: Vec<&str> = all.map(|card| &*card.id).collect();
        let message = format!("`{}` lists nothing that could be polled", card.it);
        let mistake = Diagnostic::new(Code::NotForThisCard, card.span, message).label("lists nothing");
        self.report(match others.as_slice() {
            [] => mistake.help("name a card of a connection that can stream its records"),
            others => mistake.help(format!("those that do are {}", listed(others.iter().copied()))),
        });
    }
}
