//! Test files held against the flow that they test, before anything runs.

use flowrun_core::diag::{Code, Diagnostic};
use flowrun_core::mocks::{Mocks, Target};
use flowrun_core::model::Name;
use flowrun_core::pattern::{Operator, Pattern, Wants};
use flowrun_core::program::{Flow, FlowId, Program};
use flowrun_core::source::Span;
use flowrun_core::suggest::{closest, listed};
use flowrun_core::value::{Value, convert};
use flowrun_core::vocabulary::Vocabulary;
use flowrun_host::session::hosts;
use flowrun_host::session::simulators::{Setup, Simulators};
use flowrun_kit::clock::Clock;
use flowrun_kit::registry::Registry;
use flowrun_kit::simulator::{SimFault, Takes};

use super::{Case, Expect, Given, Meanwhile, TestFile, What};

/// What a card's expectation may say.
pub(crate) const OF_A_CARD: &[&str] =
    &["called", "each", "inputs", "outputs", "status", "tries", "branch", "error", "items"];

/// What the expectation of an error may say.
pub(crate) const OF_AN_ERROR: &[&str] =
    &["kind", "message", "code", "card", "flow", "input", "help", "chain"];

/// What can be expected of a run that began meanwhile.
pub(crate) const OF_A_RUN: &[&str] = &["flow", "status", "outputs", "error", "answer"];

/// What a table's expectation may say.
pub(crate) const OF_A_TABLE: &[&str] = &["count", "rows"];

impl TestFile {
    /// What in it is nothing that the flow `entry` has: inputs, tables, cards, outputs, mocks. `vars` are the project's variables.
    pub fn judge(
        &self,
        (program, entry): (&Program, FlowId),
        vars: &[&str],
        vocabulary: &Vocabulary,
        registry: &Registry,
    ) -> Vec<Diagnostic> {
        let judge = Judge { program, flow: program.flow(entry), entry, vars, registry };
        let cases = self.tests.iter().flat_map(|test| &test.cases);
        let mut found: Vec<Diagnostic> = Vec::new();
        for case in cases {
            found.extend(judge.case(case));
            found.extend(case.given.mocks.judge(program, entry, &vocabulary.cards));
            found.extend(hosts::judge(&case.given.mocks, program, entry, registry));
        }
        // What `defaults` say is said of every case.
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|found| seen.insert((found.span, found.message.clone())));
        found
    }
}

struct Judge<'j> {
    program: &'j Program,
    flow: &'j Flow,
    entry: FlowId,
    vars: &'j [&'j str],
    registry: &'j Registry,
}

impl Judge<'_> {
    fn case(&self, case: &Case) -> Vec<Diagnostic> {
        let mut found = self.given(&case.given);
        // A flow that is to refuse what it is given may well be given too little.
        let fails = case.expect.parts.iter().any(|(name, _)| &*name.it == "error");
        let recorded = case.given.recording.is_some();
        found.extend(inputs(self.flow, &case.given.inputs, (!fails && !recorded).then_some(case.span)));
        found.extend(self.meanwhile(&case.given.meanwhile));
        found.extend(self.expect(&case.expect, &case.given.mocks));
        found.extend(self.expect(&case.after_crash, &case.given.mocks));
        found
    }

    fn expect(&self, expect: &Expect, mocks: &Mocks) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (name, pattern) in &expect.parts {
            match &*name.it {
                "outputs" => {
                    let names: Vec<&str> = self.flow.outputs.iter().map(|output| &*output.name).collect();
                    found.extend(members(pattern, &names, &|name| {
                        format!("`{}` has no output `{name}`", self.flow.name)
                    }));
                }
                "error" => {
                    found.extend(members(pattern, OF_AN_ERROR, &|name| format!("an error has no `{name}`")));
                }
                "tables" => found.extend(self.tables(pattern)),
                "started" => {
                    if let Wants::Items(runs) = &pattern.wants {
                        let of = |pattern| {
                            members(pattern, OF_A_RUN, &|name| {
                                format!("nothing is known of a run's `{name}`")
                            })
                        };
                        found.extend(runs.iter().flat_map(of));
                    }
                }
                _ => {}
            }
        }
        for (name, pattern) in &expect.cards {
            found.extend(self.card(name));
            found.extend(members(pattern, OF_A_CARD, &|name| {
                format!("nothing is known of a card's `{name}`")
            }));
        }
        let simulated = self.registry.connectors().iter().filter(|connector| connector.sim.is_some());
        let simulated: Vec<&str> = simulated.map(|connector| &*connector.name).collect();
        let unknown = |name: &Name, known: &[&str], what: &str| {
            let message = format!("nothing here is called `{}` {what}", name.it);
            let mistake = Diagnostic::new(Code::UnknownConnector, name.span, message);
            mistake
                .meant(closest(&name.it, known.iter().copied()))
                .or_help(|| format!("known here: {}", listed(known)))
        };
        let mocked = mocks.0.iter().filter_map(|mock| match &mock.target.it {
            Target::Host(host) => Some(&**host),
            _ => None,
        });
        let reached: Vec<&str> = simulated.iter().copied().chain(mocked).collect();
        let strange = expect.requests.iter().filter(|(name, _)| !reached.contains(&&*name.it));
        found.extend(strange.map(|(name, _)| unknown(name, &reached, "that requests could go to")));
        if !expect.simulators.is_empty() {
            let all = Simulators::empty(self.registry, Clock::simulated(0), &Setup::default());
            let mut known = simulated;
            known.retain(|name| all.can_be_looked_at(name));
            let strange = expect.simulators.iter().filter(|(name, _)| !known.contains(&&*name.it));
            found.extend(strange.map(|(name, _)| unknown(name, &known, "that could be asked what it holds")));
        }
        found
    }

    fn given(&self, given: &Given) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (name, _) in &given.vars {
            if !self.vars.contains(&&*name.it) {
                let message = format!("the project has no variable `{}`", name.it);
                found.push(
                    Diagnostic::new(Code::UnknownVar, name.span, message)
                        .meant(closest(&name.it, self.vars.iter().copied())),
                );
            }
        }
        for (name, rows) in &given.tables {
            found.extend(self.table(name));
            let Some(table) = self.program.tables.iter().find(|table| table.name == name.it) else {
                continue;
            };
            let super::Rows::Written(rows) = rows else { continue };
            let columns: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
            let strange = rows.iter().flat_map(|row| row.keys()).find(|key| !columns.contains(&&***key));
            if let Some(strange) = strange {
                let message = format!("the table `{}` has no column `{strange}`", name.it);
                found.push(
                    Diagnostic::new(Code::UnknownColumn, name.span, message)
                        .meant(closest(strange, columns.iter().copied())),
                );
            }
        }
        for (name, value) in &given.simulators {
            let options = self.registry.connectors().iter().filter_map(|connector| connector.sim.as_ref());
            let options: Vec<_> = options.flat_map(|sim| &sim.options).collect();
            let Some(option) = options.iter().find(|option| *option.name == *name.it) else {
                let names: Vec<&str> = options.iter().map(|option| &*option.name).collect();
                let message = format!("no simulator has an option `{}`", name.it);
                let mistake = Diagnostic::new(Code::UnknownField, name.span, message);
                found.push(
                    mistake
                        .meant(closest(&name.it, names.iter().copied()))
                        .or_help(|| format!("there are {}", listed(&names))),
                );
                continue;
            };
            let text = option_text(value);
            let why = match &option.takes {
                Takes::Text => None,
                Takes::Number(most) => match text.parse::<u64>() {
                    Ok(number) if number <= *most => None,
                    _ => Some(format!("it is a whole number up to {most}")),
                },
                Takes::OneOf(words) if words.contains(&&*text) => None,
                Takes::OneOf(words) => Some(format!("it is one of {}", listed(words.iter()))),
                Takes::File(check) => check(&text).err(),
            };
            if let Some(why) = why {
                let message = format!("`{}` can't be `{}`", name.it, value.excerpt(60));
                found.push(Diagnostic::new(Code::BadValue, name.span, message).help(why));
            }
        }
        for fault in &given.faults {
            if let Err(why) = fault.it.parse::<SimFault>() {
                let message = format!("`{}` is no fault: {why}", fault.it);
                found.push(Diagnostic::new(Code::BadValue, fault.span, message));
            }
        }
        found
    }

    fn meanwhile(&self, meanwhile: &[Meanwhile]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let kills = meanwhile.iter().any(|one| one.what == What::Kill);
        for one in meanwhile {
            let What::Start { flow: name, inputs: given } = &one.what else { continue };
            match self.program.find(&name.it) {
                Some(flow) => found.extend(inputs(self.program.flow(flow), given, Some(name.span))),
                None => {
                    let paths = self.program.flows.iter().map(|flow| &*flow.path);
                    let message = format!("there is no flow `{}` to start", name.it);
                    let mistake = Diagnostic::new(Code::UnknownFlow, name.span, message);
                    found.push(mistake.meant(closest(&name.it, paths)));
                }
            }
            if kills {
                let message = "a process that dies would take the runs with it that began meanwhile";
                let mistake = Diagnostic::new(Code::Structure, name.span, message);
                found.push(mistake.help("say `kill` and `start` in tests of their own"));
            }
        }
        found
    }

    fn tables(&self, pattern: &Pattern) -> Vec<Diagnostic> {
        let Wants::Members(members) = &pattern.wants else { return Vec::new() };
        let mut found = Vec::new();
        for (name, pattern) in members {
            found.extend(self.table(&Name::new(name.clone(), pattern.span)));
            found.extend(self::members(pattern, OF_A_TABLE, &|name| {
                format!("of a table `count` and `rows` are known, and no `{name}`")
            }));
        }
        found
    }

    fn table(&self, name: &Name) -> Option<Diagnostic> {
        if self.program.tables.iter().any(|table| table.name == name.it) {
            return None;
        }
        let names = self.program.tables.iter().map(|table| &*table.name);
        let message = format!("the project has no table `{}`", name.it);
        Some(Diagnostic::new(Code::UnknownTable, name.span, message).meant(closest(&name.it, names)))
    }

    fn card(&self, name: &Name) -> Option<Diagnostic> {
        let (flow, id) = match name.it.rsplit_once('/') {
            Some((path, id)) => match self.program.find(path) {
                Some(flow) => (self.program.flow(flow), id),
                None => {
                    let paths = self.program.flows.iter().map(|flow| &*flow.path);
                    let message = format!("there is no flow `{path}`");
                    return Some(
                        Diagnostic::new(Code::UnknownFlow, name.span, message).meant(closest(path, paths)),
                    );
                }
            },
            None => (self.program.flow(self.entry), &*name.it),
        };
        if flow.steps.iter().any(|step| *step.id == *id) {
            return None;
        }
        let message = format!("`{}` has no card `{id}`", flow.name);
        let mistake = Diagnostic::new(Code::UnknownCard, name.span, message);
        Some(mistake.meant(closest(id, flow.steps.iter().map(|step| &*step.id))))
    }
}

/// What is wrong with the inputs that a flow is given; with those that it needs and is not given, unless nothing is said of the place where
/// they should stand.
fn inputs(flow: &Flow, given: &[(Name, Value)], lacks: Option<Span>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let needed = flow.inputs.iter().filter(|input| input.default.is_none());
    for input in needed.filter(|input| !given.iter().any(|(name, _)| name.it == input.name)) {
        let Some(span) = lacks else { continue };
        let message = format!("`{}` needs the input `{}`", flow.name, input.name);
        let mistake = Diagnostic::new(Code::MissingField, first(span), message);
        found.push(mistake.help(format!("give it: `inputs: {{ {}: … }}`", input.name)));
    }
    for (name, value) in given {
        let Some(input) = flow.inputs.iter().find(|input| input.name == name.it) else {
            let names: Vec<&str> = flow.inputs.iter().map(|input| &*input.name).collect();
            let message = format!("`{}` has no input `{}`", flow.name, name.it);
            let none = if names.is_empty() {
                "it takes none".to_owned()
            } else {
                format!("it takes {}", listed(&names))
            };
            let mistake = Diagnostic::new(Code::UnknownField, name.span, message);
            found.push(mistake.meant(closest(&name.it, names.iter().copied())).or_help(|| none));
            continue;
        };
        if !value.is_null() && convert(value.clone(), input.ty).is_err() {
            let message = format!("the input `{}` is {}, and this is {}", name.it, input.ty, value.kind());
            found.push(Diagnostic::new(Code::TypeMismatch, name.span, message));
        }
    }
    found
}

/// An option of a simulator as the command line would give it: a text or a number as it is, anything else as JSON.
pub(crate) fn option_text(value: &Value) -> String {
    match value.as_text() {
        Some(text) => text.to_string(),
        None => value.to_json(),
    }
}

/// The members of a pattern that are none of `known`.
fn members(pattern: &Pattern, known: &[&str], told: &dyn Fn(&str) -> String) -> Vec<Diagnostic> {
    let members = match &pattern.wants {
        Wants::Members(members) => members,
        Wants::All(operators) => match operators.first() {
            Some(Operator::Exactly(members)) => members,
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let strange = members.iter().filter(|(name, _)| !known.contains(&&**name));
    let mistake = |(name, pattern): &(flowrun_core::value::Text, Pattern)| {
        let mistake = Diagnostic::new(Code::UnknownField, pattern.span, told(name));
        let all = if known.is_empty() {
            "it has none".to_owned()
        } else {
            format!("there are {}", listed(known.iter()))
        };
        mistake.meant(closest(name, known.iter().copied())).or_help(|| all)
    };
    strange.map(mistake).collect()
}

/// The first letter of a span, for what would underline a whole test.
fn first(span: Span) -> Span {
    Span { end: span.start + 1, ..span }
}
