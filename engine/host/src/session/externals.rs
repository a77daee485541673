//! Cards that flowrun lacks, and what is answered in their place.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_core::card::{Catalog, Work, external};
use flowrun_core::program::{FlowId, Program};
use flowrun_core::suggest::closest;
use flowrun_external::{Answers, MAX_BYTES};
use flowrun_project::{Problem, bounded, unreadable};

/// The cards that flowrun lacks and a run of `entry` may come to: `slack.send_message`.
pub fn reached(program: &Program, entry: FlowId) -> BTreeSet<&str> {
    let flows = program.reached(entry).into_iter();
    flows.flat_map(|flow| &program.flow(flow).steps).filter_map(|step| external(&step.name)).collect()
}

/// Reads a file of answers.
pub fn answers(file: &Path) -> Result<Answers, Problem> {
    let text = bounded::read_text(file, MAX_BYTES as u64).map_err(|error| unreadable(file, &error))?;
    let too_large = || Problem::new(format!("{} is too large for a file of answers", file.display()));
    Answers::read(&text.ok_or_else(too_large)?).map_err(|why| {
        Problem::new(format!("{} is not a file of answers: {why}", file.display()))
            .help("as in: `slack.send_message: { gives: { Message ID: m1 } }`")
    })
}

/// That each answer is for some card, be it one that flowrun has or an external one of the project.
pub fn fit(answers: &Answers, program: &Program, cards: &Catalog) -> Result<(), Problem> {
    let steps = program.flows.iter().flat_map(|flow| &flow.steps);
    let externals: BTreeSet<&str> = steps.filter_map(|step| external(&step.name)).collect();
    let performed = |card: &str| cards.get(card).is_some_and(|card| matches!(card.work, Work::Effect(_)));
    match answers.cards().find(|card| !performed(card) && !externals.contains(card)) {
        None => Ok(()),
        Some(card) if cards.get(card).is_some() => {
            Err(Problem::new(format!("{card} reaches nothing outside, so that there is nothing to mock")))
        }
        Some(card) => {
            let known = externals.iter().copied().chain(cards.iter().map(|card| &*card.id));
            Err(Problem::new(format!(
                "an answer is given for {card}, and no card of the project is called so"
            ))
            .meant(closest(card, known)))
        }
    }
}

/// The cards that a run of `entry` may come to and that are answered for, although flowrun has them.
pub fn mocked<'p>(program: &'p Program, entry: FlowId, answers: &Answers) -> BTreeSet<&'p str> {
    let flows = program.reached(entry).into_iter();
    let steps = flows.flat_map(|flow| &program.flow(flow).steps);
    steps.map(|step| &*step.name).filter(|card| external(card).is_none() && answers.has(card)).collect()
}

/// Whether a run may go on to such cards. A live run may not, for what is made up there would be taken for real; a run that
/// reaches something real needs an answer for each, lest it fail half-way; any other is warned.
pub fn judge(
    reached: &BTreeSet<&str>,
    answers: &Answers,
    live: bool,
    reaches_real: bool,
    warnings: &mut Vec<String>,
) -> Result<(), Problem> {
    let list = |cards: &[&str]| cards.join(", ");
    let all: Vec<&str> = reached.iter().copied().collect();
    if live && !all.is_empty() {
        let message = format!("--live, but flowrun lacks cards that the flow reaches: {}", list(&all));
        return Err(
            Problem::new(message).help("do what they do with `api_connector` cards, or leave --live out")
        );
    }
    let missing: Vec<&str> = all.into_iter().filter(|card| !answers.has(card)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "flowrun lacks cards that the flow reaches, and no answer is given in their place: {}",
        list(&missing)
    );
    if reaches_real {
        return Err(Problem::new(message)
            .help("give answers with --mock FILE, or do what they do with `api_connector` cards"));
    }
    warnings.push(format!("{message}; a run that comes to one fails there"));
    Ok(())
}
