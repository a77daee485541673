//! Explains a run that failed: which card, with which values, why, and how the run got there.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use flowrun_core::program::{Arg, BlockId, Flow, FlowId, Op, Program, Step, StepId};
use flowrun_core::report::{CardReport, FaultReport, FlowReport, Inside, Report, Status};
use flowrun_core::source::{Sources, Span};
use flowrun_core::value::Value;

use crate::look::{Look, Paint};
use flowrun_core::words;

/// How many letters of a value are shown.
const SHOWN_LETTERS: usize = 80;

/// How many inputs are shown where no single one is at fault.
const SHOWN_INPUTS: usize = 6;

/// A card on the way from the entry to what failed.
struct Hop<'r> {
    flow: FlowId,
    step: StepId,
    card: &'r CardReport,
    /// Which item of a loop the way leads into.
    item: Option<u32>,
    /// Which arm of a block.
    arm: Option<&'r str>,
}

/// What went wrong, in a line: where nobody has the program.
pub fn brief(report: &Report, look: Look) -> String {
    let Some(error) = &report.flow.error else {
        return format!(
            "error: the run of `{}` can't go on: it waits for something that never comes\n",
            report.flow.name
        );
    };
    let kind = Paint(look.color).red(&format!("error[{}]", error.kind));
    let help = error.help.as_ref().map(|help| format!("  = help: {help}\n")).unwrap_or_default();
    format!("{kind}: {}\n{help}", error.message)
}

/// What went wrong, drawn like a diagnostic; nothing if nothing did.
pub fn explain(report: &Report, program: &Program, sources: &Sources, look: Look) -> String {
    let Some(error) = &report.flow.error else { return brief(report, look) };
    let mut hops = Vec::new();
    if let Some(entry) = program.find(&report.flow.path) {
        follow_flow(program, entry, &report.flow, &mut hops);
    }
    let Some(last) = hops.last() else { return brief(report, look) };
    let cause = last.card.error.as_ref().unwrap_or(error);
    let mut notes: Vec<(&'static str, Vec<String>)> = Vec::new();
    if cause.input.is_none() {
        notes.push(("given", inputs(last.card)));
    }
    if cause.message != error.message {
        // Flows that tell what has become of the rest often begin with the cause.
        let rest = error
            .message
            .strip_prefix(&*cause.message)
            .map(|rest| rest.trim_start_matches([' ', '—', '-', ':', ';', ',', '.']));
        let rest = rest.filter(|rest| !rest.is_empty()).unwrap_or(&error.message);
        notes.push(("in the end", words::wrap(rest, look.width.saturating_sub(20))));
    }
    if let Some(help) = cause.help.as_ref().or(error.help.as_ref()) {
        notes.push(("help", words::wrap(help, look.width.saturating_sub(16))));
    }
    notes.push(("the way there", chain(&hops, program, sources, look)));
    let mut drawn = draw(last, cause, notes, program, sources, look);
    drawn.insert(0, '\n');
    drawn.push('\n');
    drawn
}

/// The failing card in its file, with the value at fault.
fn draw(
    hop: &Hop<'_>,
    cause: &FaultReport,
    notes: Vec<(&'static str, Vec<String>)>,
    program: &Program,
    sources: &Sources,
    look: Look,
) -> String {
    let step = program.flow(hop.flow).step(hop.step);
    let at_fault = cause.input.as_ref().and_then(|name| {
        let span = input_span(step, name)?;
        let value = hop.card.inputs.as_object().and_then(|inputs| inputs.get(name));
        let was = match value {
            Some(value) => format!("was {}", shown(value)),
            None if is_template(step, name) => "gave no value".to_owned(),
            None => "was left blank".to_owned(),
        };
        Some((span, was))
    });
    let card = card_span(step, sources);
    let why = if raises(hop.card) { "raised here" } else { "this card failed" };
    let mut places = vec![(card, AnnotationKind::Primary, why.to_owned())];
    if let Some((span, was)) = &at_fault {
        places = vec![
            (*span, AnnotationKind::Primary, was.clone()),
            (card, AnnotationKind::Context, "in this card".to_owned()),
        ];
    }
    let mut message = cause.message.to_string();
    if let Some(name) = &cause.input
        && !message.contains(&**name)
    {
        message = format!("`{name}`: {message}");
    }
    let title = Level::ERROR.primary_title(message).id(cause.kind.clone());
    let file = sources.get(card.file);
    let first = places.iter().map(|(span, ..)| span.start as usize).min().unwrap_or(0);
    let last = places.iter().map(|(span, ..)| span.end as usize).max().unwrap_or(0).min(file.text.len());
    let start = file.text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end =
        file.text.get(last..).and_then(|after| after.find('\n')).map_or(file.text.len(), |at| last + at);
    let source = file.text.get(start..end).unwrap_or_default();
    let snippet =
        Snippet::source(source).path(&*file.path).line_start(file.text[..start].matches('\n').count() + 1);
    let annotations = places.iter().map(|(span, kind, label)| {
        let range = one_line(&file.text, *span);
        kind.span(range.start - start..range.end.max(range.start) - start).label(label.as_str())
    });
    let mut group = Group::with_title(title).element(snippet.annotations(annotations));
    for (name, lines) in notes.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        // Vendors' answers stand in these: nothing of them may move the cursor.
        let lines: Vec<String> = lines.iter().map(|line| normalize_untrusted_str(line)).collect();
        let level = if name == "help" { Level::HELP } else { Level::NOTE.with_name(name) };
        group = group.element(Element::from(level.message(lines.join("\n"))));
    }
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(look.width).render(&[group])
}

/// The inputs of a card, one on each line.
fn inputs(card: &CardReport) -> Vec<String> {
    // Its message is what the whole explanation begins with.
    let told = |name: &str| raises(card) && name == "message";
    let all = card.inputs.as_object().into_iter().flatten().filter(|(name, _)| !told(name));
    let mut lines: Vec<String> =
        all.clone().take(SHOWN_INPUTS).map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    let more = all.count().saturating_sub(SHOWN_INPUTS);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => format!("{:?}", &**text),
        other => other.excerpt(4 * SHOWN_LETTERS),
    };
    words::fit(&text, SHOWN_LETTERS)
}

/// How the run got to the card that failed: one line for each card on the way.
fn chain(hops: &[Hop<'_>], program: &Program, sources: &Sources, look: Look) -> Vec<String> {
    if hops.len() < 2 {
        return Vec::new();
    }
    let places: Vec<String> = hops
        .iter()
        .map(|hop| {
            let span = card_span(program.flow(hop.flow).step(hop.step), sources);
            format!("{}:{}", sources.get(span.file).path, sources.line_column(span).0)
        })
        .collect();
    let widest = places.iter().map(|place| words::width(place)).max().unwrap_or(0);
    let line = |(hop, place): (&Hop<'_>, &String)| {
        let detail = match &hop.card.inside {
            Inside::Call { called } => format!(" · {}", called.name),
            Inside::Items(items) => match hop.item {
                Some(index) => format!(" · {}, item {}", items.helper, words::count(u64::from(index) + 1)),
                None => format!(" · {}", items.helper),
            },
            Inside::Arm { .. } => {
                hop.arm.map_or(String::new(), |arm| format!(" → {}", arm.replace('_', " ")))
            }
            Inside::Nothing {} => String::new(),
        };
        words::fit(
            &format!("{}  {}{detail}", words::pad(place, widest), hop.card.title),
            look.width.saturating_sub(24),
        )
    };
    let lines = hops.iter().zip(&places).map(line);
    if hops.len() <= 2 * SHOWN_HOPS {
        return lines.collect();
    }
    // A flow that calls itself makes a way that nobody reads: its ends tell enough.
    let mut shown: Vec<String> = lines.clone().take(SHOWN_HOPS).collect();
    shown.push(format!("… {} more …", words::count((hops.len() - 2 * SHOWN_HOPS) as u64)));
    shown.extend(lines.skip(hops.len() - SHOWN_HOPS));
    shown
}

/// How many cards of a long way are shown at each of its ends.
const SHOWN_HOPS: usize = 8;

fn follow_flow<'r>(program: &'r Program, flow: FlowId, report: &'r FlowReport, hops: &mut Vec<Hop<'r>>) {
    follow(program, flow, Flow::BODY, &report.cards, hops);
}

/// Adds the card of a block that failed, and what failed inside of it. The cards of a block run in their order, each at
/// most once, so that the n-th reported is the n-th of the block.
fn follow<'r>(
    program: &'r Program,
    id: FlowId,
    block: BlockId,
    cards: &'r [CardReport],
    hops: &mut Vec<Hop<'r>>,
) {
    let flow = program.flow(id);
    let Some((card, &step)) = cards.iter().zip(flow.block(block)).rev().find(|(card, _)| failed(card)) else {
        return;
    };
    let hop = hops.len();
    hops.push(Hop { flow: id, step, card, item: None, arm: None });
    match (&card.inside, &flow.step(step).op) {
        (Inside::Arm { arm, cards }, Op::Branch { arms, .. }) => {
            if let Some((_, taken)) = arms.iter().find(|(_, one)| one.name == *arm) {
                hops[hop].arm = Some(&taken.name);
                follow(program, id, taken.block, cards, hops);
            }
        }
        (Inside::Arm { cards, .. }, Op::Try { body, catch, .. }) => {
            let tried = cards.iter().position(failed).map_or(cards.len(), |at| at + 1);
            let (tried, caught) = cards.split_at(tried);
            // A catch that only says in other words what failed is not the cause.
            let raised = caught.last().is_some_and(|card| failed(card) && !raises(card));
            let (arm, cards) = if raised { (catch, caught) } else { (body, tried) };
            hops[hop].arm = Some(&arm.name);
            follow(program, id, arm.block, cards, hops);
        }
        (Inside::Call { called }, Op::Call(call)) => follow_flow(program, call.flow, called, hops),
        (Inside::Items(items), Op::Loop { call, .. } | Op::Effect { stream: Some(call), .. }) => {
            let first =
                items.items.iter().find(|item| matches!(item.status, Status::Failed | Status::Cancelled));
            if let Some(item) = first {
                hops[hop].item = item.index;
                follow_flow(program, call.flow, item, hops);
            }
        }
        _ => {}
    }
}

/// Whether a card fails because the author wants it to.
fn raises(card: &CardReport) -> bool {
    matches!(&*card.card, "error_handling.return_error" | "error_handling.return_error_if")
}

fn failed(card: &CardReport) -> bool {
    matches!(card.status, Status::Failed | Status::Cancelled)
}

/// Which argument of a step gives the input.
fn input_place(step: &Step, name: &str) -> Option<usize> {
    let named = || step.names.iter().position(|own| **own == *name).map(|at| step.card.inputs.len() + at);
    step.card.input(name).or_else(named)
}

fn input_span(step: &Step, name: &str) -> Option<Span> {
    *step.arg_spans.get(input_place(step, name)?)?
}

fn is_template(step: &Step, name: &str) -> bool {
    let arg = input_place(step, name).and_then(|place| step.args.get(place));
    matches!(arg, Some(Arg::Template(..)))
}

/// Where the card's name stands in its step.
fn card_span(step: &Step, sources: &Sources) -> Span {
    let Some(at) = sources.slice(step.span).find(&*step.card.id) else { return step.span };
    let start = step.span.start + at as u32;
    Span { start, end: start + step.card.id.len() as u32, ..step.span }
}

/// What of a span lies on its first line.
fn one_line(text: &str, span: Span) -> std::ops::Range<usize> {
    let (start, end) = (span.start as usize, (span.end as usize).min(text.len()));
    let line = text.get(start..end).and_then(|part| part.find(['\n', '\r'])).map_or(end, |at| start + at);
    start..line
}
