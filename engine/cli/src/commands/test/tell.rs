//! What came of the tests, in words.

use std::collections::BTreeMap;
use std::time::Instant;

use flowrun_core::diag::{Code, Diagnostic, draw};
use flowrun_core::source::{Sources, Span};
use flowrun_core::words;
use flowrun_testing::held::{self, Unmet, within};
use flowrun_testing::suite::Beside;
use flowrun_views::mistakes::style;

use super::choose::Chosen;
use super::{TestArgs, Tried};
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused, WRONG};

/// Tells what came of each case that did not pass, and how many did.
pub fn tell(
    args: &TestArgs,
    chosen: &[Chosen<'_>],
    came: &[Tried],
    skipped: usize,
    started: Instant,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (mut passed, mut failed) = (0, 0);
    for (one, tried) in chosen.iter().zip(came) {
        let unmet = match &tried.came.unmet {
            Ok(unmet) if unmet.is_empty() => {
                passed += 1;
                continue;
            }
            Ok(unmet) => unmet.clone(),
            Err(why) => vec![Unmet {
                span: one.case.span,
                message: "the case can't be run".to_owned(),
                found: why.lines().next().unwrap_or_default().to_owned(),
                help: why.split_once('\n').map(|(_, more)| more.to_owned()),
            }],
        };
        failed += 1;
        let when = tried.when.iter().map(|when| format!(", {when}")).collect::<String>();
        console.print(&format!("failed: {}{when}\n", one.title()))?;
        let found: Vec<Diagnostic> =
            unmet.iter().enumerate().map(|(place, unmet)| drawn(place, unmet)).collect();
        console.print(&draw(&found, &one.suite.sources, style(console.out_look)))?;
    }
    if args.filter.is_none() && args.tag.is_empty() {
        for (beside, sources, unmet) in unasked(chosen, came) {
            failed += 1;
            console.print(&format!("failed: {}: mocks for several cases\n", beside.name))?;
            let found: Vec<Diagnostic> = unmet.iter().map(|unmet| drawn(0, unmet)).collect();
            console.print(&draw(&found, sources, style(console.out_look)))?;
        }
    }
    crashed(came, console)?;
    let mut summary = format!("{}: {passed} passed", words::many(chosen.len() as u64, "case"));
    if failed > 0 {
        summary += &format!(", {failed} failed");
    }
    if skipped > 0 {
        summary += &format!(", {skipped} skipped");
    }
    console.print(&format!("{summary}, in {:.2} s\n", started.elapsed().as_secs_f64()))?;
    Ok(match (failed, chosen.is_empty()) {
        (0, false) => DONE,
        (0, true) => WRONG,
        _ => FAILED,
    })
}

/// Tells at how many places processes died, and of which cards nobody knew what became then.
fn crashed(came: &[Tried], console: &mut Console<'_>) -> Result<(), Refused> {
    let (mut places, mut held) = (0, BTreeMap::<&str, u64>::new());
    for crashes in came.iter().filter_map(|tried| tried.crashes.as_ref()) {
        places += crashes.places;
        for (card, times) in &crashes.held {
            *held.entry(card).or_default() += times;
        }
    }
    if places == 0 {
        return Ok(());
    }
    console.print(&format!("a process died at {}\n", words::many(places, "place")))?;
    for (card, times) in held {
        let times = words::many(times, "place");
        console
            .print(&format!("  held at {times}, because nobody can know whether it happened: {card}\n"))?;
    }
    Ok(())
}

/// The mocks that are written for several cases of a file and that none of those came to.
fn unasked<'s>(chosen: &[Chosen<'s>], came: &[Tried]) -> Vec<(&'s Beside, &'s Sources, Vec<Unmet>)> {
    /// Each answer of a file: what it stands in for, and whether anything asked it.
    type Answers = BTreeMap<Span, (String, bool)>;
    let mut files: Vec<(&Beside, &Sources, Answers)> = Vec::new();
    for (one, came) in chosen.iter().zip(came.iter().map(|tried| &tried.came)) {
        if files.last().is_none_or(|(beside, ..)| !std::ptr::eq(*beside, one.beside)) {
            files.push((one.beside, &one.suite.sources, BTreeMap::new()));
        }
        let Some((.., spans)) = files.last_mut() else { continue };
        for mock in &one.case.given.mocks.0 {
            let shared = mock.answers.iter().filter(|answer| !within(answer.span, one.case.span));
            for answer in shared {
                let asked =
                    came.happened.is_some() && !came.unasked.iter().any(|(_, span)| *span == answer.span);
                spans.entry(answer.span).or_insert_with(|| (mock.named(), false)).1 |= asked;
            }
        }
    }
    let never = files.into_iter().map(|(beside, sources, spans)| {
        let never = spans.into_iter().filter(|(_, (_, asked))| !asked);
        (beside, sources, never.map(|(span, (target, _))| held::unasked(&target, span)).collect::<Vec<_>>())
    });
    never.filter(|(.., unmet)| !unmet.is_empty()).collect()
}

/// What is not so, at its place; what comes after the first is probably its fault.
fn drawn(place: usize, unmet: &Unmet) -> Diagnostic {
    let code = if place == 0 { Code::Unmet } else { Code::UnmetThen };
    let drawn = Diagnostic::new(code, unmet.span, unmet.message.clone()).label(unmet.found.clone());
    drawn.may_help(unmet.help.as_deref())
}
