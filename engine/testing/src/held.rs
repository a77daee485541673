//! What happened, held against what was expected.

use std::collections::BTreeSet;

use flowrun_core::mocks::is_path;
use flowrun_core::pattern::{Difference, FILL, Operator, Pattern, Wants};
use flowrun_core::program::Program;
use flowrun_core::source::Span;
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::mocked::Mocking;

use crate::form::{Case, Expect, Requests, Wanted};
use crate::happened::{Card, Happened};
use crate::recorded;
use crate::requests::Sent;

/// An expectation that was not met.
#[derive(Clone, Debug)]
pub struct Unmet {
    /// Where it is written.
    pub span: Span,
    /// What was expected and what was there, in one line.
    pub message: String,
    /// What stands under its place: what was there.
    pub found: String,
    /// What else helps.
    pub help: Option<String>,
    /// What is there where the file leaves it open.
    pub fill: Option<Value>,
    /// Where the flow says what the card is given.
    pub wire: Option<Span>,
}

impl Unmet {
    /// What was expected here, and what was found.
    pub fn new(span: Span, message: impl Into<String>, found: impl Into<String>) -> Unmet {
        Unmet { span, message: message.into(), found: found.into(), help: None, fill: None, wire: None }
    }

    /// The same with advice.
    pub fn help(self, help: Option<String>) -> Unmet {
        Unmet { help, ..self }
    }

    /// Why a case can't be run: the first line, and what helps behind it.
    pub fn broken(span: Span, message: &str, why: &str) -> Unmet {
        let help = why.split_once('\n').map(|(_, more)| more.to_owned());
        Unmet::new(span, message, why.lines().next().unwrap_or_default()).help(help)
    }
}

/// What was expected of a case and is not so, in the order in which one would ask: whether mocks answered, how it ended, its cards, what it sent
/// and left.
pub fn hold(case: &Case, happened: &Happened, tested: (&Program, &str), mocking: &Mocking) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    let mut lacking = BTreeSet::new();
    for call in mocking.unanswered() {
        let given = Value::from(call.fields.clone()).excerpt(200);
        // Tries of one card are one call to whoever reads it.
        if lacking.insert((call.message.clone(), given.clone())) {
            unmet.push(
                Unmet::new(
                    Span { end: case.span.start + 1, ..case.span },
                    call.message,
                    format!("it was given {given}"),
                )
                .help(Some(call.help)),
            );
        }
    }
    let expect = &case.expect;
    status(case, happened, &mut unmet);
    for (name, pattern) in &expect.cards {
        card((&name.it, name.span), pattern, happened, tested, &mut unmet);
    }
    for (vendor, wanted) in &expect.requests {
        requests(&vendor.it, wanted, happened, &mut unmet);
    }
    for (vendor, looks) in &expect.simulators {
        for look in looks {
            let place = format!("GET {} of {}", look.path, vendor.it);
            let pattern = Pattern { span: look.span, wants: Wants::Members(look.parts.clone()) };
            let told = happened.told.get(&(vendor.it.clone(), look.path.clone()));
            let differences = pattern.differences(told.unwrap_or(&Value::Null));
            unmet.extend(differences.into_iter().map(|difference| self::told(&place, difference)));
        }
    }
    for (name, pattern) in &expect.parts {
        let found = happened.parts.get(&name.it);
        let pattern = if &*name.it == "tables" { &rows(pattern) } else { pattern };
        let differences = match found {
            Some(found) => pattern.differences(found),
            None => pattern.differences(&Value::Null),
        };
        unmet.extend(differences.into_iter().map(|difference| told(&name.it, difference)));
    }
    // What is written for several cases has to serve one of them.
    let own = mocking.unused().into_iter().filter(|(_, span)| within(*span, case.span));
    unmet.extend(own.map(|(target, span)| unasked(&target, span)));
    unmet.extend(recorded::unasked(case, mocking));
    unmet
}

/// The same of a run that another process went on with after a crash: how much time passed and how much was done says nothing then.
pub(crate) fn hold_after_crash(
    case: &Case,
    happened: &Happened,
    tested: (&Program, &str),
    mocking: &Mocking,
) -> Vec<Unmet> {
    let mut case = case.clone();
    case.expect = std::mem::take(&mut case.after_crash).over(&case.expect);
    case.expect.parts.retain(|(name, _)| !matches!(&*name.it, "waited" | "counts"));
    hold(&case, happened, tested, mocking)
}

/// A mock that nothing asked.
pub fn unasked(target: &str, span: Span) -> Unmet {
    Unmet::new(span, format!("nothing asked this mock of `{target}`"), "never given")
        .help(Some("take it away, or look why its call did not come".to_owned()))
}

/// Whether a place lies in another.
pub fn within(span: Span, whole: Span) -> bool {
    whole.start <= span.start && span.end <= whole.end
}

fn status(case: &Case, happened: &Happened, unmet: &mut Vec<Unmet>) {
    let Expect { status, parts, .. } = &case.expect;
    let error = parts.iter().find(|(name, _)| &*name.it == "error");
    let (wanted, span) = match (status, error) {
        (Some(status), _) => (&*status.it, status.span),
        // That something is said of an error says that there is one.
        (None, Some(_)) => return,
        (None, None) => ("done", Span { end: case.span.start + 1, ..case.span }),
    };
    if *happened.status == *wanted {
        return;
    }
    let error = happened.parts.get("error").and_then(Value::as_object);
    let why = error.map(|error| {
        let part = |name: &str| error.get(name).map(ToString::to_string).unwrap_or_default();
        let card = part("card");
        let at = if card.is_empty() { String::new() } else { format!(", at `{card}` of {}", part("flow")) };
        format!("{}: {}{at}", part("kind"), part("message"))
    });
    unmet.push(
        Unmet::new(
            span,
            format!("the run is {}, and should be {wanted}", happened.status),
            happened.status.to_string(),
        )
        .help(why),
    );
}

/// A difference in a part of what happened.
fn told(part: &str, difference: Difference) -> Unmet {
    let Difference { path, span, wanted, found, why } = difference;
    let place = match path.is_empty() {
        true => part.to_owned(),
        false if path.starts_with('[') => format!("{part}{path}"),
        false => format!("{part}.{path}"),
    };
    let shown = format!("it is {}", found.as_ref().map_or_else(|| "nothing".to_owned(), short));
    if wanted == FILL {
        let help = Some("`flowrun test --fill` writes it in the place of ~fill".to_owned());
        let message = format!("{place} is still to be filled in");
        let fill = Some(found.unwrap_or(Value::Null));
        return Unmet { fill, ..Unmet::new(span, message, shown).help(help) };
    }
    Unmet::new(span, format!("{place} should be {wanted}"), shown).help(why)
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Text(_) | Value::List(_) | Value::Object(_) => value.excerpt(300),
        other => other.to_string(),
    }
}

/// `rows: […]` may be said without `rows`.
fn rows(pattern: &Pattern) -> Pattern {
    let Wants::Members(members) = &pattern.wants else { return pattern.clone() };
    let members = members.iter().map(|(name, pattern)| match &pattern.wants {
        Wants::Items(_) => {
            let rows = vec![(Text::from("rows"), pattern.clone())];
            (name.clone(), Pattern { span: pattern.span, wants: Wants::Members(rows) })
        }
        _ => (name.clone(), pattern.clone()),
    });
    Pattern { span: pattern.span, wants: Wants::Members(members.collect()) }
}

fn card(
    (name, span): (&str, Span),
    pattern: &Pattern,
    happened: &Happened,
    (program, entry): (&Program, &str),
    unmet: &mut Vec<Unmet>,
) {
    let whole = if name.contains('/') { name.to_owned() } else { format!("{entry}/{name}") };
    let calls = happened.cards.get(&whole).map(Vec::as_slice).unwrap_or_default();
    let Wants::Members(members) = &pattern.wants else {
        unmet.extend(pattern.differences(&of(calls)).into_iter().map(|difference| told(name, difference)));
        return;
    };
    for (part, pattern) in members {
        let differences = match &**part {
            "called" => pattern.differences(&Value::from(calls.len())),
            "each" => each(pattern).differences(&of(calls)),
            part => match calls {
                [call] => pattern.differences(call.parts.get(part).unwrap_or(&Value::Null)),
                calls => {
                    let found = match calls.len() {
                        0 => "it was never called".to_owned(),
                        times => format!("it was called {times} times"),
                    };
                    unmet.push(
                        Unmet::new(span, format!("`{name}` should be called once"), found).help(
                            (!calls.is_empty())
                                .then(|| "say `each: …` of a card that is called more often".to_owned()),
                        ),
                    );
                    return;
                }
            },
        };
        let place = format!("{name}.{part}");
        let unmet_here = differences.into_iter().map(|difference| {
            let wire = field(part, &difference.path).and_then(|field| wire(program, &whole, field));
            Unmet { wire, ..told(&place, difference) }
        });
        unmet.extend(unmet_here);
    }
}

/// The field of a card that a difference is about: `Text` of `inputs` and `Text.length`, or of `each` and `[2].inputs.Text`.
fn field<'p>(part: &str, path: &'p str) -> Option<&'p str> {
    let path = match part {
        "inputs" => path,
        "each" => path.split_once("inputs.")?.1,
        _ => return None,
    };
    path.split(['.', '[']).next().filter(|field| !field.is_empty())
}

/// Where the flow says what a card is given in a field.
fn wire(program: &Program, card: &str, field: &str) -> Option<Span> {
    let (flow, id) = card.rsplit_once('/')?;
    let flow = program.flow(program.find(flow)?);
    let step = flow.steps.iter().find(|step| *step.id == *id)?;
    let declared = step.card.inputs.iter().map(|input| &*input.name);
    let place = declared.chain(step.names.iter().map(|name| &**name)).position(|name| *name == *field)?;
    step.arg_spans.get(place).copied().flatten()
}

fn of(calls: &[Card]) -> Value {
    Value::list(calls.iter().map(|call| Value::from(call.parts.clone())).collect())
}

/// What is said of each call as a mapping is said of all of them.
fn each(pattern: &Pattern) -> Pattern {
    match &pattern.wants {
        Wants::Members(_) => {
            let all = Operator::Each(Box::new(pattern.clone()));
            Pattern { span: pattern.span, wants: Wants::All(vec![all]) }
        }
        _ => pattern.clone(),
    }
}

fn requests(vendor: &str, wanted: &Requests, happened: &Happened, unmet: &mut Vec<Unmet>) {
    let is_theirs = |sent: &&Sent| sent.host == vendor || sent.host.split('.').any(|part| part == vendor);
    let sent: Vec<&Sent> = happened.requests.iter().filter(is_theirs).collect();
    let mut expected = vec![false; sent.len()];
    for one in &wanted.wanted {
        let mut times = 0;
        let mut near: Option<String> = None;
        for (place, sent) in sent.iter().enumerate().filter(|(_, sent)| is_at(one, sent)) {
            let differences = parts(one, sent);
            match differences.first() {
                None => {
                    expected[place] = true;
                    times += 1;
                }
                // All that is written of it is so.
                Some(_) if differences.iter().all(|difference| difference.wanted == FILL) => {
                    expected[place] = true;
                    times += 1;
                    let whole = format!("{} {}", one.method, one.path);
                    unmet.extend(differences.into_iter().map(|difference| told(&whole, difference)));
                }
                Some(difference) if near.is_none() => {
                    let unmet = told("", difference.clone());
                    near = Some(format!(
                        "one came near: {}, {}",
                        unmet.message.trim_start_matches('.'),
                        unmet.found
                    ));
                }
                Some(_) => {}
            }
        }
        let right = one.times.as_ref().map_or(times > 0, |wanted| wanted.it == times);
        if !right {
            let said = match &one.times {
                Some(wanted) => format!(" {}", often(wanted.it)),
                None => String::new(),
            };
            unmet.push(
                Unmet::new(
                    one.span,
                    format!("{} {} should be sent to {vendor}{said}", one.method, one.path),
                    format!("it was sent {}", often(times)),
                )
                .help(near.or_else(|| Some(listed(&sent)))),
            );
        }
    }
    if wanted.exactly {
        let others: Vec<&Sent> = sent
            .iter()
            .zip(&expected)
            .filter(|(sent, expected)| !**expected && sent.changes())
            .map(|(sent, _)| *sent)
            .collect();
        if !others.is_empty() {
            unmet.push(
                Unmet::new(
                    wanted.span,
                    format!("nothing else that changes something should be sent to {vendor}"),
                    format!("{} more were", others.len()),
                )
                .help(Some(listed(&others))),
            );
        }
    }
}

fn often(times: u32) -> String {
    match times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

/// The first requests, one a line.
fn listed(sent: &[&Sent]) -> String {
    const SHOWN: usize = 8;
    if sent.is_empty() {
        return "nothing was sent there".to_owned();
    }
    let mut lines: Vec<String> =
        sent.iter().take(SHOWN).map(|sent| format!("sent: {} {}", sent.method, sent.path)).collect();
    if sent.len() > SHOWN {
        lines.push(format!("and {} more", sent.len() - SHOWN));
    }
    lines.join("\n")
}

fn is_at(wanted: &Wanted, sent: &Sent) -> bool {
    wanted.method == sent.method && is_path(&wanted.path, &sent.path)
}

fn parts(wanted: &Wanted, sent: &Sent) -> Vec<Difference> {
    let found = Value::from(
        [(Text::from("query"), sent.query.clone()), (Text::from("body"), sent.body.clone())]
            .into_iter()
            .collect::<Record>(),
    );
    let pattern = Pattern { span: wanted.span, wants: Wants::Members(wanted.parts.clone()) };
    pattern.differences(&found)
}
