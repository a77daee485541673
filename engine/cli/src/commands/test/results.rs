//! What came of the tests, as reports have it.

use std::collections::BTreeMap;

use flowrun_core::source::Span;
use flowrun_testing::held::{self, Unmet, within};
use flowrun_testing::reports::{End, OfCase, OfFile};

use super::TestArgs;
use super::choose::Chosen;
use super::tried::Tried;
use crate::commands::check::prefix;

/// What came of each file's cases; nothing came of those that were skipped.
pub fn files<'s>(args: &TestArgs, chosen: &[Chosen<'s>], came: &[Option<Tried>]) -> Vec<OfFile<'s>> {
    let mut files: Vec<OfFile<'s>> = Vec::new();
    let whole = args.is_whole();
    let both: Vec<(&Chosen<'s>, &Option<Tried>)> = chosen.iter().zip(came).collect();
    for of_file in both.chunk_by(|(one, _), (next, _)| std::ptr::eq(one.beside, next.beside)) {
        let [(first, _), ..] = of_file else { continue };
        let mut cases: Vec<OfCase> = of_file.iter().map(|(one, came)| case(one, came.as_ref())).collect();
        let unasked = if whole { unasked(of_file) } else { Vec::new() };
        if let Some(first) = unasked.first() {
            cases.push(OfCase {
                title: "mocks for several cases".to_owned(),
                when: None,
                span: first.span,
                took: Default::default(),
                end: End::Failed(unasked),
            });
        }
        files.push(OfFile {
            name: first.beside.name.clone(),
            prefix: prefix(&first.suite.project.root),
            flow: first.beside.entry.clone(),
            sources: &first.suite.sources,
            cases,
        });
    }
    files
}

fn case(one: &Chosen<'_>, came: Option<&Tried>) -> OfCase {
    let skipped = || End::Skipped(one.test.skip.as_ref().map(ToString::to_string).unwrap_or_default());
    let span = Span { end: one.case.span.start + 1, ..one.case.span };
    let end = match came.map(|tried| &tried.came.unmet) {
        None => skipped(),
        Some(Ok(unmet)) if unmet.is_empty() => End::Passed,
        Some(Ok(unmet)) => {
            let secrets = one.secrets();
            let struck = |unmet: &Unmet| Unmet {
                message: secrets.struck(&unmet.message),
                found: secrets.struck(&unmet.found),
                help: unmet.help.as_ref().map(|help| secrets.struck(help)),
                ..unmet.clone()
            };
            End::Failed(unmet.iter().map(struck).collect())
        }
        Some(Err(why)) => End::Broken(Unmet::broken(one.case.span, "the case can't be run", why)),
    };
    let took = came.map(|tried| tried.came.took).unwrap_or_default();
    OfCase { title: one.title(), span, when: came.and_then(|tried| tried.when.clone()), took, end }
}

/// The mocks that are written for several cases of a file and that none of those came to.
fn unasked(of_file: &[(&Chosen<'_>, &Option<Tried>)]) -> Vec<Unmet> {
    // Each answer: what it stands in for, and whether anything asked it.
    let mut answers: BTreeMap<Span, (String, bool)> = BTreeMap::new();
    for (one, came) in of_file.iter().filter_map(|(one, came)| Some((one, &came.as_ref()?.came))) {
        for mock in &one.case.given.mocks.0 {
            let shared = mock.answers.iter().filter(|answer| !within(answer.span, one.case.span));
            for answer in shared {
                let asked =
                    came.happened.is_some() && !came.unasked.iter().any(|(_, span)| *span == answer.span);
                answers.entry(answer.span).or_insert_with(|| (mock.named(), false)).1 |= asked;
            }
        }
    }
    let never = answers.into_iter().filter(|(_, (_, asked))| !asked);
    never.map(|(span, (target, _))| held::unasked(&target, span)).collect()
}
