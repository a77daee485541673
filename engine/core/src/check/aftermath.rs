//! Which flow runs after a run that has failed: the one that its flow names, or else the one that the project names.

use super::Log;
use super::names::unknown_flow;
use super::uses::{How, Target, Use};
use crate::diag::{Code, Diagnostic};
use crate::model::{Name, Project};
use crate::names::Names;

/// Whether some flow may be called after an error though nothing that could be read says so: then `$.error` may be right in it.
pub(super) fn is_unsure(project: &Project, names: &Names<'_>, after: &[Option<usize>]) -> bool {
    let unknown = |(index, flow): (usize, &crate::model::Flow)| {
        let own = flow.on_failure.as_ref().or(project.manifest.on_failure.as_ref());
        own.is_some_and(|name| after[index].is_none() && names.flow(&name.it, &flow.path).is_none())
    };
    project.flows.iter().any(|flow| flow.broken) || project.flows.iter().enumerate().any(unknown)
}

/// For each flow the one that runs after a run which starts with it has failed.
pub(super) fn check(project: &Project, names: &Names<'_>, log: &mut Log) -> Vec<Option<usize>> {
    let manifest = project.manifest.on_failure.as_ref().and_then(|name| named(project, names, name, "", log));
    let mut after = Vec::with_capacity(project.flows.len());
    for (index, flow) in project.flows.iter().enumerate() {
        let own = flow.on_failure.as_ref().map(|name| {
            let found = named(project, names, name, &flow.path, log);
            if let Some(found) = found {
                let target = Target::Flow(found);
                log.uses.push(Use { span: name.span, flow: index, card: None, how: How::Calls, target });
            }
            found
        });
        // Where it fails itself, that is told and no more.
        after.push(own.unwrap_or(manifest).filter(|found| *found != index));
    }
    after
}

fn named(project: &Project, names: &Names<'_>, name: &Name, from: &str, log: &mut Log) -> Option<usize> {
    let Some(found) = names.flow(&name.it, from) else {
        log.report(unknown_flow(project, names, &name.it, (from, name.span)));
        return None;
    };
    let needed = project.flows[found].inputs.iter().find(|input| input.default.is_none());
    if let Some(input) = needed {
        let message = format!(
            "`{}` needs the input `{}`, and nothing is passed after a failure",
            name.it, input.name.it
        );
        log.report(
            Diagnostic::new(Code::HelperInputs, name.span, message)
                .label("can't be called so")
                .related(input.name.span, "has no default")
                .help("give it a `default`; what failed is `$.error`, and the run `$.run`"),
        );
    }
    Some(found)
}
