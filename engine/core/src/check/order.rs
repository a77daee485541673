//! Wires that lead nowhere: to what isn't there, hasn't run yet, or ran only in another branch.

use super::expr::Position;
use super::lower::Lower;
use super::table;
use crate::diag::{Code, Diagnostic};
use crate::model::Flow;
use crate::path::Key;
use crate::source::Span;
use crate::suggest::{closest, listed};
use crate::value::Text;

impl<'p> Lower<'_, 'p> {
    pub fn unknown_card(&mut self, id: &Text, place: Span) {
        let mistake = Diagnostic::new(
            Code::WireToUnknownCard,
            place,
            format!("there is no card with the ID `{id}` in this flow"),
        )
        .label("no such card");
        let known = self.scope.ids.keys().copied().chain(["inputs", "vars"]);
        let inputs = &self.shared.signatures[self.scope.flow].inputs;
        let near = closest(id, known);
        let mistake = match near.and_then(|near| self.scope.ids.get(near)) {
            Some(&step) => mistake.related(self.scope.steps[step].named_at(), "there is this one"),
            None => mistake,
        };
        let outside = self.outside(|flow| {
            let card =
                flow.all_cards().into_iter().find(|step| step.id.as_ref().is_some_and(|own| own.it == *id));
            card.and_then(|step| step.id.as_ref()).map(|id| id.span)
        });
        if let Some(there) = outside {
            return self.report(out_of_sight(mistake, there, &format!("$.{id}.…"), "value"));
        }
        self.report(mistake.meant(near).or_help(|| {
            if inputs.iter().any(|input| input.name == *id) {
                format!("it is an input of the flow: write `inputs.{id}`")
            } else if self.shared.var(id).is_some() {
                format!("it is a variable: write `vars.{id}`")
            } else {
                "a card can be wired from if it has an `id`".to_owned()
            }
        }));
    }

    /// Where a flow around this one, which stands in a card, has what it lacks itself.
    fn outside(&self, has: impl Fn(&Flow) -> Option<Span>) -> Option<Span> {
        let around = |flow: &&'p Flow| self.shared.project.flow(flow.around()?);
        std::iter::successors(around(&self.model), around).find_map(has)
    }

    /// Reports an input that the flow does not have.
    pub fn unknown_input(&mut self, key: &Key, place: Span) {
        let inputs = &self.shared.signatures[self.scope.flow].inputs;
        let message = format!("the flow has no input {}", shown(key));
        if let Key::Name(name) = key {
            let outside = self.outside(|flow| {
                flow.inputs.iter().find(|input| input.name.it == *name).map(|input| input.name.span)
            });
            if let Some(there) = outside {
                let mistake = Diagnostic::new(Code::WireToUnknownOutput, place, message);
                return self.report(out_of_sight(mistake, there, &format!("$.inputs.{name}"), name));
            }
        }
        let names: Vec<&str> = inputs.iter().map(|input| &*input.name).collect();
        let help = names.is_empty().then(|| match self.model.around() {
            None => "the flow has no inputs: list them under `inputs`, at the start of the file".to_owned(),
            Some(_) => {
                "the flow has no inputs: list them under its `inputs`, and pass them under `pass`".to_owned()
            }
        });
        self.no_output(message, key, place, names, help);
    }

    pub fn unknown_output(&mut self, index: usize, key: &Key, place: Span) {
        let step = &self.scope.steps[index];
        if let (Some(table), Key::Name(name), true) =
            (step.table, key, step.card.is_some_and(|card| card.rest_out.is_some()))
        {
            let mistake = table::unknown_column(self.shared, table, name, place);
            return self.report(mistake.related(step.model.card.span, "the card"));
        }
        let names: Vec<&str> = step.outputs.iter().map(|output| &*output.name).collect();
        let (title, open) = (
            step.card.map_or_else(String::new, |card| card.id.to_string()),
            step.card.is_some_and(|card| card.rest_out.is_some()),
        );
        let card_at = step.model.card.span;
        let help = if names.is_empty() {
            Some(match (open, step.arms.is_empty()) {
                (true, false) => "name under `outputs` of the block what each branch gives".to_owned(),
                (true, true) => "name what you want of the card under `outputs`".to_owned(),
                (false, _) => "the card has no outputs".to_owned(),
            })
        } else {
            None
        };
        let message = format!("`{title}` has no output {}", shown(key));
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let before = self.log.found.len();
        self.no_output(message, key, place, names.iter().map(String::as_str), help);
        if let Some(mistake) = self.log.found.get_mut(before) {
            mistake.related.push((card_at, "the card".to_owned()));
        }
    }

    pub fn no_output<'n>(
        &mut self,
        message: String,
        key: &Key,
        place: Span,
        names: impl IntoIterator<Item = &'n str>,
        help: Option<String>,
    ) {
        let names: Vec<&str> = names.into_iter().collect();
        let near = if let Key::Name(name) = key { closest(name, names.iter().copied()) } else { None };
        let mistake = Diagnostic::new(Code::WireToUnknownOutput, place, message).label("not there");
        let there = || match names.as_slice() {
            [] => None,
            [one] => Some(format!("there is `{one}`")),
            many => Some(format!("there are {}", listed(many))),
        };
        let mut mistake = mistake.meant(near);
        mistake.help = mistake.help.or(help).or_else(there);
        self.report(mistake);
    }

    /// Whether the card has certainly run when something at `at` reads it.
    pub fn check_order(&mut self, read: usize, place: Span, key: Option<&Key>, at: Position) {
        let target = &self.scope.steps[read];
        let itself = at.step == Some(read);
        if !itself && self.control.precedes(self.control.done[read], at.point) {
            return;
        }
        let (id, there) = (target.name().to_owned(), target.named_at());
        let surrounds = self.scope.around(at.place).any(|place| self.scope.places[place].owner == Some(read));
        if itself || surrounds {
            let (label, why) = if itself {
                ("reads the card's own output", "this very card")
            } else {
                ("is inside the card it reads", "this card runs around it")
            };
            self.report(
                Diagnostic::new(Code::WireToLaterCard, place, format!("`{id}` has not run yet here"))
                    .label(label)
                    .related(there, why),
            );
            return;
        }
        // In the order of the file, the blocks around the reader count as before it.
        let later = match at.step {
            Some(reader) => read > reader,
            // Nothing has run yet where the flow starts.
            None => self.scope.places[at.place].owner.is_none_or(|owner| read > self.last_within(owner)),
        };
        if later {
            self.report(
                Diagnostic::new(Code::WireToLaterCard, place, format!("`{id}` has not run yet here"))
                    .label("reads a later card")
                    .related(there, "runs only afterwards")
                    .help(format!("move `{id}` in front of this card")),
            );
            return;
        }
        let around: Vec<usize> = self.scope.around(at.place).collect();
        let arm = self.scope.around(target.place).take_while(|place| !around.contains(place)).last();
        let Some((arm, owner)) = arm.and_then(|arm| Some((arm, self.scope.places[arm].owner?))) else {
            return;
        };
        let arm = &self.scope.places[arm];
        let block = &self.scope.steps[owner];
        let name = arm.name.clone();
        let message = match &*name {
            "try" => format!("`{id}` may not have run here: it is in `try`, which may fail"),
            _ => format!("`{id}` may not have run here: it is in the branch `{name}`"),
        };
        let mistake = Diagnostic::new(Code::WireToOtherBranch, place, message)
            .label("reads a card of another branch")
            .related(there, format!("runs only in `{name}`"));
        let output = match key {
            Some(Key::Name(output)) => output.clone(),
            _ => "result".into(),
        };
        let joined = format!(
            "name it under `outputs` of the block, as `{output}: {{ {name}: $.{id}.{output} }}`, and read"
        );
        let inside_block = around.iter().any(|&place| self.scope.places[place].owner == Some(owner));
        let mistake = match (&block.model.id, inside_block) {
            (_, true) => mistake
                .help("branches can't read each other's cards: put what both need in front of the block"),
            (Some(block), _) => mistake.help(format!("{joined} `$.{}.{output}`", block.it)),
            (None, _) => mistake
                .related(block.model.card.span, "give this block an `id`")
                .help(format!("{joined} that")),
        };
        self.report(mistake);
    }

    /// The last card of a block, in the order of the file.
    fn last_within(&self, owner: usize) -> usize {
        let last =
            self.scope.steps[owner].arms.iter().filter_map(|&arm| self.scope.places[arm].steps.last()).max();
        last.map_or(owner, |&last| self.last_within(last).max(last))
    }
}

/// A key as messages show it.
pub(super) fn shown(key: &Key) -> String {
    match key {
        Key::Name(name) => format!("`{name}`"),
        Key::Index(index) => format!("`[{index}]`"),
    }
}

/// Says of a wire out of a flow that stands in a card that it must get the value as an input.
fn out_of_sight(mistake: Diagnostic, there: Span, wire: &str, input: &str) -> Diagnostic {
    let mistake = mistake.label("out of sight").related(there, "it is in the flow around this one");
    mistake.help(format!(
        "a flow in a card reads only its own inputs and cards: give it an input, as `{input}`, and pass it under `pass`: `{{ {input}: {wire} }}`"
    ))
}
