//! Cards that hold cards: their branches, and what the branches give.

use super::compared::Compared;
use super::expr::{Item, Position, a};
use super::fields::Fields;
use super::lower::{Lower, block_id};
use crate::card::{Control, Inputs};
use crate::control::IfElse;
use crate::diag::{Code, Diagnostic};
use crate::model::{Joined, Name};
use crate::program::{Arg, Arm, Condition, Op, SlotId, Step};
use crate::source::Span;
use crate::suggest::{closest, listed};
use crate::types::Type;
use crate::value::{Value, convert};

pub(super) fn if_else(
    lower: &mut Lower<'_, '_>,
    index: usize,
    fields: &Fields,
    into: &mut Vec<Option<Step>>,
) -> Op {
    let part = |at: usize| fields.args.get(at).cloned().unwrap_or(Arg::Const(Value::Null));
    let mut condition = Some(Condition { a: part(0), operator: part(1), b: part(2) });
    let arms = arms(lower, index, into);
    let mut branches = Vec::new();
    for name in ["then", "else"] {
        let arm = arms.iter().position(|(_, arm)| arm.name == *name);
        branches.extend(arm.map(|at| (condition.take(), copy(&arms[at].1))));
    }
    Op::Branch { arms: branches, contains_return: false }
}

pub(super) fn if_elseif(lower: &mut Lower<'_, '_>, index: usize, into: &mut Vec<Option<Step>>) -> Op {
    let mut conditions = Vec::new();
    for &place in &lower.scope.steps[index].arms.clone() {
        let is_else = lower.scope.places[place].name == *"else";
        conditions.push(if is_else { None } else { case(lower, index, place) });
    }
    let arms = arms(lower, index, into);
    let branches = conditions.into_iter().zip(arms).map(|(condition, (_, arm))| (condition, arm)).collect();
    Op::Branch { arms: branches, contains_return: true }
}

pub(super) fn if_error(lower: &mut Lower<'_, '_>, index: usize, into: &mut Vec<Option<Step>>) -> Op {
    let arms = arms(lower, index, into);
    let arm = |name: &str| arms.iter().find(|(_, arm)| arm.name == *name).map(|(_, arm)| copy(arm));
    // Both are there: the scope makes what was left out.
    let empty = || Arm { name: "".into(), block: block_id(0), join: Vec::new(), last: Box::default() };
    Op::Try {
        body: arm("try").unwrap_or_else(empty),
        catch: arm("catch").unwrap_or_else(empty),
        error: lower.scope.steps[index].error.unwrap_or(SlotId::ERROR),
    }
}

fn copy(arm: &Arm) -> Arm {
    Arm { name: arm.name.clone(), block: arm.block, join: arm.join.clone(), last: Box::default() }
}

/// The condition of a case: the fields of If/Else.
fn case(lower: &mut Lower<'_, '_>, index: usize, place: usize) -> Option<Condition> {
    let arm = lower.scope.places[place].arm?;
    let at = lower.position(index);
    let mut compared = Compared::default();
    let mut parts =
        IfElse::FIELDS.iter().map(|field| match arm.when.iter().find(|(name, _)| name.it == *field.name) {
            Some((_, value)) => {
                let read = lower.field(index, field, value, at);
                let arg = read.arg.clone();
                compared.note(&field.name, value, read);
                arg
            }
            None => Arg::Const((&field.default).into()),
        });
    let condition = Condition { a: parts.next()?, operator: parts.next()?, b: parts.next()? };
    drop(parts);
    lower.compared(compared);
    for (name, value) in &arm.when {
        if IfElse::FIELDS.iter().all(|field| name.it != *field.name) {
            lower.expr(value, at);
            let mistake = Diagnostic::new(
                Code::UnknownField,
                name.span,
                format!("a condition has no field `{}`", name.it),
            )
            .label("no such field");
            lower.report(
                mistake
                    .meant(closest(&name.it, IfElse::FIELDS.iter().map(|field| &*field.name)))
                    .or_help(|| "a condition has `value_a`, `operator` and `value_b`"),
            );
        }
    }
    if !arm.when.iter().any(|(name, _)| name.it == *"value_a") && !arm.when.is_empty() {
        let place = arm.when[0].0.span;
        if !arm.when.iter().any(|(name, _)| closest(&name.it, ["value_a"]).is_some() && name.it != *"value_b")
        {
            lower.report(
                Diagnostic::new(Code::MissingField, place, "the condition needs the field `value_a`")
                    .label("`value_a` is missing")
                    .help("say what is compared: `value_a: $.inputs.status`"),
            );
        }
    }
    Some(condition)
}

/// Lowers the arms of a block, and settles the types of its outputs.
fn arms(lower: &mut Lower<'_, '_>, index: usize, into: &mut Vec<Option<Step>>) -> Vec<(usize, Arm)> {
    let places = lower.scope.steps[index].arms.clone();
    let model = lower.scope.steps[index].model;
    for &place in &places {
        lower.run(place, into);
    }
    unknown_arms(lower, index);
    let names: Vec<_> = lower.scope.steps[index].outputs.iter().map(|output| output.name.clone()).collect();
    let mut types: Vec<Vec<Option<Type>>> = vec![Vec::new(); names.len()];
    let arms = places.into_iter().map(|place| {
        let name = lower.scope.places[place].name.clone();
        let at =
            Position { point: lower.control.end[place], place, step: None, item: Item::None, failed: false };
        let join = names.iter().enumerate().map(|(output, output_name)| {
            let joined = model
                .outputs
                .iter()
                .find(|(named, _)| named.it == *output_name)
                .map(|(_, joined)| &joined.it);
            let Some(Joined::Arms(given)) = joined else { return Arg::Const(Value::Null) };
            match given.iter().find(|(arm, _)| arm.it == name) {
                Some((_, value)) => {
                    let read = lower.expr(value, at);
                    if !matches!(read.arg, Arg::Const(Value::Null)) || read.ty.is_none() {
                        types[output].push(read.ty);
                    }
                    read.arg
                }
                None => Arg::Const(Value::Null),
            }
        });
        let join = join.collect();
        (place, Arm { name, block: block_id(place), join, last: Box::default() })
    });
    let arms = arms.collect();
    for (output, given) in types.into_iter().enumerate() {
        let output = &mut lower.scope.steps[index].outputs[output];
        if output.ty.is_none()
            && let Some((first, others)) = given.split_first()
        {
            let alike = others.iter().all(|ty| ty == first);
            // Unknown stays unknown; of two types it is any of them.
            output.ty = if given.contains(&None) {
                None
            } else if alike {
                *first
            } else {
                Some(Type::ANY)
            };
        }
    }
    arms
}

/// Outputs made of branches that the block doesn't have.
fn unknown_arms(lower: &mut Lower<'_, '_>, index: usize) {
    let step = &lower.scope.steps[index];
    if step.model.broken {
        return;
    }
    let known: Vec<_> = step.arms.iter().map(|&arm| lower.scope.places[arm].name.clone()).collect();
    let mut mistakes = Vec::new();
    for (output, joined) in &step.model.outputs {
        let Joined::Arms(given) = &joined.it else { continue };
        for (arm, _) in given.iter().filter(|(arm, _)| !known.contains(&arm.it)) {
            let mistake = Diagnostic::new(
                Code::BlockOutputs,
                arm.span,
                format!("the block has no branch `{}` to give `{}`", arm.it, output.it),
            )
            .label("no such branch");
            let list = listed(&known);
            mistakes.push(
                mistake
                    .meant(closest(&arm.it, known.iter().map(|name| &**name)))
                    .or_help(|| format!("its branches are {list}")),
            );
        }
    }
    mistakes.into_iter().for_each(|mistake| lower.report(mistake));
}

/// The output that a field of Return, or of `on_error: { return: … }`, becomes; one that there isn't is reported.
pub(super) fn returned(
    lower: &mut Lower<'_, '_>,
    place: usize,
    name: &Name,
    span: Span,
    ty: Option<Type>,
    arg: &Arg,
) -> Option<u32> {
    let container = lower.scope.container(place);
    let Some(output) = lower.target_output(place, &name.it) else {
        unknown_output(lower, container, name);
        return None;
    };
    match container {
        Some(step) => lower.block_given[step].push(output),
        None => lower.given[output as usize] = true,
    }
    let (wanted, declared_at) = match container {
        Some(step) => {
            let step = &lower.scope.steps[step];
            (
                step.outputs[output as usize].ty,
                step.model.outputs.get(output as usize).map(|(_, joined)| joined.span),
            )
        }
        None => {
            let signature = &lower.shared.signatures[lower.scope.flow];
            (
                Some(signature.outputs[output as usize].ty),
                lower.model.outputs.get(output as usize).map(|(_, ty)| ty.span),
            )
        }
    };
    let found = match (arg, wanted, ty) {
        (Arg::Const(Value::Null), ..) | (_, None, _) | (_, _, None) => None,
        (Arg::Const(constant), Some(wanted), _) => convert(constant.clone(), wanted).err().map(|mismatch| {
            let told = mismatch.to_string();
            let found = told.split_once(", found ").map_or(told.clone(), |(_, found)| found.to_owned());
            (found, mismatch.help())
        }),
        (_, Some(wanted), Some(found)) => (!found.converts_to(wanted)).then(|| (a(found), None)),
    };
    if let (Some(wanted), Some((found, help))) = (wanted, found) {
        let mut mistake = Diagnostic::new(
            Code::ReturnMismatch,
            span,
            format!("expected {} for the output `{}`, found {found}", a(wanted), name.it),
        )
        .label(format!("can't become {}", a(wanted)))
        .may_help(help);
        if let Some(place) = declared_at {
            mistake = mistake.related(place, format!("declared as {} here", a(wanted)));
        }
        lower.report(mistake);
    }
    Some(output)
}

fn unknown_output(lower: &mut Lower<'_, '_>, container: Option<usize>, name: &Name) {
    let (known, what, place): (Vec<String>, &str, Option<Span>) = match container {
        Some(step) => {
            let step = &lower.scope.steps[step];
            if step.open {
                return;
            }
            (
                step.outputs.iter().map(|output| output.name.to_string()).collect(),
                "the block",
                Some(step.named_at()),
            )
        }
        None => {
            if lower.broken {
                return;
            }
            let outputs = &lower.shared.signatures[lower.scope.flow].outputs;
            (outputs.iter().map(|output| output.name.to_string()).collect(), "the flow", None)
        }
    };
    let mut mistake =
        Diagnostic::new(Code::ReturnMismatch, name.span, format!("{what} has no output `{}`", name.it))
            .label("not among the outputs");
    if let Some(place) = place {
        mistake = mistake.related(place, "Return ends only this block here, and gives its outputs");
    }
    let near = closest(&name.it, known.iter().map(String::as_str)).map(str::to_owned);
    lower.report(
        mistake
            .meant(near.as_deref())
            .or_help(|| format!("list it under `outputs` of {what}, as `{}: text`", name.it)),
    );
}

/// Typed outputs of blocks are given by Return: reports those that none gives.
pub(super) fn outputs_given(lower: &mut Lower<'_, '_>) {
    let mut mistakes = Vec::new();
    for (index, step) in lower.scope.steps.iter().enumerate() {
        let control = step.control();
        if !matches!(control, Some(Control::IfElse | Control::IfElseIf | Control::IfError))
            || step.model.broken
            || lower.broken
        {
            continue;
        }
        for (output, (name, joined)) in step.model.outputs.iter().enumerate() {
            if !matches!(joined.it, Joined::Type(_)) || lower.block_given[index].contains(&(output as u32)) {
                continue;
            }
            let arms: Vec<String> =
                step.arms.iter().map(|&arm| format!("{}: …", lower.scope.places[arm].name)).collect();
            let mistake = Diagnostic::new(
                Code::BlockOutputs,
                name.span,
                format!("no branch gives the output `{}`", name.it),
            )
            .label("never given");
            let by_arm = format!("say what each branch gives: `{}: {{ {} }}`", name.it, arms.join(", "));
            mistakes.push(match control {
                Some(Control::IfElse) => {
                    mistake.help(format!("{by_arm}; a Return in `then` or `else` ends the whole flow"))
                }
                _ => mistake.help(format!(
                    "{by_arm}, or end the branches with `flow_control.return` and `{}: …`",
                    name.it
                )),
            });
        }
    }
    mistakes.into_iter().for_each(|mistake| lower.report(mistake));
}
