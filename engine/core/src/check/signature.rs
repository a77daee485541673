//! What flows take and give.

use super::manifest::fit;
use super::names::type_named;
use super::{Log, Options, secrets};
use crate::card::{Catalog, Control, Work};
use crate::diag::{Code, Diagnostic};
use crate::model::{Flow, Name, OnError, Project, Step};
use crate::program::{Input, Output};
use crate::suggest::listed;
use crate::types::{Kind, Type};
use crate::value::{Text, Value};

/// What a flow takes and gives.
pub(super) struct Signature {
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    /// Whether the flow lists its outputs; else they are what its Return cards give.
    pub declared: bool,
}

pub(super) fn all(
    project: &Project,
    catalog: &Catalog,
    options: &Options<'_>,
    log: &mut Log,
) -> Vec<Signature> {
    project.flows.iter().map(|flow| signature(flow, catalog, options, log)).collect()
}

fn signature(flow: &Flow, catalog: &Catalog, options: &Options<'_>, log: &mut Log) -> Signature {
    let inputs = flow.inputs.iter().map(|input| {
        let ty = input.ty.as_ref().map_or(Some(Type::ANY), |ty| type_named(ty, log)).unwrap_or(Type::ANY);
        let converts = flow.converts && input.converts;
        let sealed = !converts && ty.kind == Kind::Secret;
        let ty = promised(ty, converts);
        let choices: Vec<_> = input.choices.iter().map(|choice| fit(choice, ty, log)).collect();
        let default = input.default.as_ref().map(|default| fit(default, ty, log));
        if let (Some(Value::Secret(_)), Some(written)) = (&default, &input.default) {
            let mistake = secrets::written(options.found, &input.name.it, written.span);
            mistake.into_iter().for_each(|mistake| log.report(mistake));
        }
        if let (Some(default), Some(written)) = (&default, &input.default)
            && !choices.is_empty()
            && !default.is_null()
            && !choices.contains(default)
        {
            log.report(
                Diagnostic::new(
                    Code::BadChoice,
                    written.span,
                    format!("the default `{default}` isn't one of the choices"),
                )
                .label("not one of the choices")
                .help(format!("the choices are {}", listed(&choices))),
            );
        }
        Input { name: input.name.it.clone(), ty, sealed, default, choices }
    });
    let inputs = inputs.collect();
    let declared = !flow.outputs.is_empty();
    let outputs = if declared {
        let output = |(name, ty): &(Name, Name)| Output {
            name: name.it.clone(),
            ty: promised(type_named(ty, log).unwrap_or(Type::ANY), flow.converts),
        };
        flow.outputs.iter().map(output).collect()
    } else {
        let mut given = Vec::new();
        returned(&flow.cards, catalog, &mut given);
        given.into_iter().map(|name| Output { name, ty: Type::ANY }).collect()
    };
    Signature { inputs, outputs, declared }
}

/// What a declared type promises: nothing where values pass as they are.
fn promised(ty: Type, converts: bool) -> Type {
    if converts { ty } else { Type::ANY }
}

/// The names of what the Return cards give that end the flow, and not only a branch.
fn returned(steps: &[Step], catalog: &Catalog, given: &mut Vec<Text>) {
    let mut add = |name: &Text| {
        if !given.contains(name) {
            given.push(name.clone());
        }
    };
    for step in steps {
        match catalog.get(&step.card.it).map(|card| (card, &card.work)) {
            Some((_, Work::Control(Control::Return))) => step.with.iter().for_each(|(name, _)| add(&name.it)),
            Some((card, Work::Control(Control::ReturnRaw))) => {
                card.inputs.iter().for_each(|field| add(&Text::from(&*field.name)));
            }
            _ => {}
        }
        if let Some(OnError::Return(values)) = step.on_error.as_ref().map(|on_error| &on_error.it) {
            values.iter().for_each(|(name, _)| add(&name.it));
        }
    }
    for step in steps {
        if !matches!(control_of(step, catalog), Some(Control::IfElseIf | Control::IfError)) {
            for arm in &step.arms {
                returned(&arm.cards, catalog, given);
            }
        }
    }
}

pub(super) fn control_of(step: &Step, catalog: &Catalog) -> Option<Control> {
    match catalog.get(&step.card.it)?.work {
        Work::Control(control) => Some(control),
        _ => None,
    }
}
