//! Snapshots held, and places filled in that test files leave open.

use std::collections::BTreeMap;

use flowrun_core::source::Span;
use flowrun_core::value::Value;
use flowrun_core::words;
use flowrun_host::session::state::rewrite;
use flowrun_project::{Problem, unreadable, unwritable};
use flowrun_testing::fill::filled;
use flowrun_testing::held::Unmet;
use flowrun_testing::run::Came;
use flowrun_testing::snapshots::{Changed, Snapshot, Update, stems, taken, unused};
use flowrun_testing::suite::Beside;

use super::TestArgs;
use super::choose::Chosen;
use super::tried::Tried;
use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::{Prompt, Surroundings};

/// What is done about snapshots that are not as they were accepted.
pub fn update(args: &TestArgs, surroundings: &Surroundings) -> Result<Update, Problem> {
    if args.review && surroundings.prompt.is_none() {
        let problem = Problem::new("--review asks at a terminal, and this is none");
        return Err(problem.help("look at the files that end with .snap.new; --accept takes all of them"));
    }
    match (args.accept, args.ci, args.review) {
        (true, ..) => Ok(Update::Always),
        (_, true, _) => Ok(Update::No),
        (.., true) => Ok(Update::New),
        _ => {
            let env = |name: &str| surroundings.env.get(name).map(String::as_str);
            let is_ci = Update::is_ci(env("CI"), env("TF_BUILD"));
            Update::of_environment(env("INSTA_UPDATE"), is_ci).map_err(Problem::new)
        }
    }
}

/// Holds what happened against the snapshots of each case, and adds what is not as it was accepted to what is not as expected.
pub fn snapshots(
    args: &TestArgs,
    update: Update,
    (chosen, came): (&[Chosen<'_>], &mut [Option<Tried>]),
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<(), Refused> {
    let mut known: BTreeMap<*const Beside, Vec<String>> = BTreeMap::new();
    let mut accepted = 0;
    for (one, came) in chosen.iter().zip(came) {
        if one.case.expect.snapshots.is_empty() {
            continue;
        }
        let Some(Came { unmet: Ok(unmet), happened: Some(happened), .. }) =
            came.as_mut().map(|tried| &mut tried.came)
        else {
            continue;
        };
        let beside = one.beside;
        let stems =
            known.entry(std::ptr::from_ref(beside)).or_insert_with(|| stems(&beside.path, &beside.file));
        let cases = beside.file.tests.iter().flat_map(|test| &test.cases);
        let place = cases.into_iter().position(|case| std::ptr::eq(case, one.case));
        let Some(stem) = place.and_then(|place| stems.get(place)) else { continue };
        let file = (&*beside.path, &*beside.name);
        for snapshot in taken(file, stem, one.case, &one.secrets(), happened) {
            let path = snapshot.path.clone();
            let changed = snapshot.changed().map_err(|error| unreadable(&path, &error))?;
            let Some(changed) = changed else {
                if update != Update::No {
                    Snapshot::settled(&path);
                }
                continue;
            };
            let mut taken = changed.write(update).map_err(|error| unwritable(&path, &error))?;
            if let Some(prompt) = surroundings.prompt.as_deref().filter(|_| args.review) {
                taken = reviewed(&changed, one, prompt, console)?;
            }
            match taken {
                true => accepted += 1,
                false => unmet.push(changed.unmet(update != Update::No && !args.review)),
            }
        }
    }
    if accepted > 0 {
        console.note(&format!("{} accepted\n", words::many(accepted, "snapshot")));
    }
    Ok(())
}

/// Asks what is to become of a snapshot; whether it was accepted.
fn reviewed(
    changed: &Changed,
    one: &Chosen<'_>,
    prompt: &dyn Prompt,
    console: &mut Console<'_>,
) -> Result<bool, Refused> {
    let what = &changed.snapshot.what;
    let title = format!("{}: {}: {what}", one.beside.name, one.title());
    console.note(&format!("\n{title}\n{}\n", changed.difference()));
    loop {
        match prompt.ask("Accept it? y(es), n(o), s(kip): ", false)?.trim() {
            "y" | "yes" => {
                let path = &changed.snapshot.path;
                return Ok(changed.write(Update::Always).map_err(|error| unwritable(path, &error))?);
            }
            "n" | "no" => {
                changed.reject();
                return Ok(false);
            }
            "s" | "skip" | "" => return Ok(false),
            _ => {}
        }
    }
}

/// Tells which snapshots belong to no case.
pub fn tell_unused(chosen: &[Chosen<'_>], console: &mut Console<'_>) {
    let mut told = Vec::new();
    for of_file in chosen.chunk_by(|one, next| std::ptr::eq(one.beside, next.beside)) {
        let [first, ..] = of_file else { continue };
        for file in unused(&first.beside.path, &first.beside.file) {
            if !told.contains(&file) {
                console.warn(&format!("{} belongs to no test: take it away", file.display()));
                told.push(file);
            }
        }
    }
}

/// Writes what was there into the places that test files leave open; what is filled in is no longer unmet.
pub fn fill(
    chosen: &[Chosen<'_>],
    came: &mut [Option<Tried>],
    console: &mut Console<'_>,
) -> Result<(), Refused> {
    let mut all: Vec<(&Chosen<'_>, &mut Option<Tried>)> = chosen.iter().zip(came).collect();
    for of_file in all.chunk_by_mut(|(one, _), (next, _)| std::ptr::eq(one.beside, next.beside)) {
        let [(first, _), ..] = of_file else { continue };
        let beside = first.beside;
        let text = first.suite.sources.get(beside.file.file).text.clone();
        let unmet = of_file.iter().filter_map(|(_, came)| came.as_ref()?.came.unmet.as_ref().ok()).flatten();
        let values: Vec<(Span, Value)> =
            unmet.filter_map(|unmet| Some((unmet.span, unmet.fill.clone()?))).collect();
        if values.is_empty() {
            continue;
        }
        let (text, several) = filled(&text, &values);
        rewrite(&beside.path, &text).map_err(|error| unwritable(&beside.path, &error))?;
        let places: std::collections::BTreeSet<Span> =
            values.iter().map(|(span, _)| *span).filter(|span| !several.contains(span)).collect();
        console.note(&format!("{}: {} filled in\n", beside.name, words::many(places.len() as u64, "place")));
        for came in of_file.iter_mut().filter_map(|(_, came)| came.as_mut()) {
            if let Ok(unmet) = &mut came.came.unmet {
                unmet.retain(|unmet| unmet.fill.is_none() || several.contains(&unmet.span));
                unmet.iter_mut().filter(|unmet| unmet.fill.is_some()).for_each(differing);
            }
        }
    }
    Ok(())
}

fn differing(unmet: &mut Unmet) {
    unmet.help = Some("it is otherwise in other cases: say it in each of them".to_owned());
}
