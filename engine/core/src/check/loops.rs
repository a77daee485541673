//! Cards that run a helper flow for each item: what the helper must take and return.

use super::expr::{Item, Lowered, Position};
use super::lower::Lower;
use crate::card::{Card, Control};
use crate::control::DONE;
use crate::diag::{Code, Diagnostic};
use crate::model::{At, Expr};
use crate::path::Key;
use crate::program::{Arg, Call, FlowId, LoopKind, Op, SlotId};
use crate::suggest::listed;
use crate::types::Type;
use crate::value::Value;

/// The input of the helper flows of Reduce and Repeat Until that takes the running value.
pub(super) const MEMO: &str = "memo";

impl Lower<'_, '_> {
    /// Lowers a card that runs a helper flow for each item.
    pub fn loop_over(&mut self, index: usize, card: &Card, control: Control) -> Option<Op> {
        let kind = kind(control)?;
        let item = match kind {
            LoopKind::Repeat | LoopKind::RepeatUntil | LoopKind::Paginate => Item::Count,
            LoopKind::MapObject | LoopKind::MapToList => Item::Of(Some(Type::OBJECT)),
            _ => Item::Of(self.item_type(index)),
        };
        if matches!(item, Item::Of(_)) {
            self.one_item(index);
        }
        let callee = self.callee(index)?;
        let mut takes = true;
        if !self.shared.is_broken(callee) {
            self.check_returns(index, callee, card, kind);
            let has_memo = matches!(kind, LoopKind::Reduce | LoopKind::RepeatUntil);
            takes = !has_memo || self.check_memo(index, callee);
        }
        let step = &self.scope.steps[index];
        // Without the memo, that other inputs are not passed either is the same mistake.
        let (pass, broken) = (&step.model.pass, step.model.broken || !takes);
        let at = Position { item, ..self.position(index) };
        let filled = |name: &str| match kind {
            LoopKind::Reduce | LoopKind::RepeatUntil if name == MEMO => Some(Arg::Slot(SlotId::MEMO)),
            LoopKind::Paginate => Some(Arg::At(SlotId::MEMO, Box::new([Key::Name(name.into())]))),
            _ => None,
        };
        let pass = self.pass(callee, pass, at, self.flow_at(index), broken, &filled);
        let call = Call { flow: FlowId(callee as u32), pass, outputs: Vec::new() };
        Some(Op::Loop { kind, call })
    }

    /// Reports a helper that doesn't return what the card needs.
    fn check_returns(&mut self, index: usize, callee: usize, card: &Card, kind: LoopKind) {
        let outputs = &self.shared.signatures[callee].outputs;
        let flow = self.shortest(callee).to_owned();
        let list = listed(outputs.iter().map(|output| &output.name));
        let has = |name: &str| outputs.iter().any(|output| output.name == *name);
        let choice = if kind == LoopKind::Reduce { "result" } else { "items" };
        let one = match kind {
            LoopKind::ForEach | LoopKind::ForEachIgnoreErrors | LoopKind::Repeat => return,
            LoopKind::FilterCustom | LoopKind::FindCustom | LoopKind::SortCustom => true,
            LoopKind::Map | LoopKind::MapToList | LoopKind::Reduce => {
                self.is_constant(index, choice, "value")
            }
            LoopKind::MapObject | LoopKind::RepeatUntil | LoopKind::Paginate => false,
        };
        let (message, help) = if outputs.is_empty() {
            let message = format!("`{}` makes use of what `{flow}` returns, and it returns nothing", card.id);
            (message, "let it end with `flow_control.return`, or use `list.for_each`".to_owned())
        } else if kind == LoopKind::RepeatUntil && !has(DONE) {
            let message = format!("`{}` needs `{DONE}` of `{flow}`, and it returns {list}", card.id);
            (message, format!("let it return `{DONE}` too: true ends the loop"))
        } else if kind == LoopKind::MapObject && !(has("key") && has("value")) {
            let message = format!("`{}` needs `key` and `value` of `{flow}`, and it returns {list}", card.id);
            (message, "let it return `key` and `value`, a member of the new object".to_owned())
        } else if one && outputs.len() > 1 {
            let message =
                format!("`{}` takes one value of each item, and `{flow}` returns {}", card.id, outputs.len());
            let help = match kind {
                LoopKind::FilterCustom | LoopKind::FindCustom => {
                    "let it return true or false alone".to_owned()
                }
                LoopKind::SortCustom => "let it return alone what is sorted by".to_owned(),
                _ => format!("let it return one, or write `{choice}: object`"),
            };
            (message, help)
        } else {
            return;
        };
        let label = if list.is_empty() { "returns nothing".to_owned() } else { format!("returns {list}") };
        // Map has an answer to that, as Okta has: items that are nothing.
        let blank = outputs.is_empty() && matches!(kind, LoopKind::Map | LoopKind::MapToList);
        let code = if blank { Code::NothingReturned } else { Code::HelperOutputs };
        let mistake = Diagnostic::new(code, self.flow_at(index), message)
            .label(label)
            .related(self.first_line(callee), "the flow that is called");
        self.report(mistake.help(help));
    }

    /// Reports a helper of Reduce that can't take the running value, or gets something else in its place.
    fn check_memo(&mut self, index: usize, callee: usize) -> bool {
        let help = format!("give it the input `{MEMO}`, of the type of the result");
        if !self.check_takes(callee, self.flow_at(index), MEMO, "the value so far", &help) {
            return false;
        }
        let passed = self.scope.steps[index].model.pass.iter().find(|(name, _)| name.it == *MEMO);
        if let Some((name, _)) = passed {
            let message = format!("`{MEMO}` is the value so far, so nothing else can be passed for it");
            let mistake = Diagnostic::new(Code::HelperInputs, name.span, message).label("is passed already");
            self.report(mistake.help("the value that the first item gets goes under `with`"));
        }
        true
    }

    fn is_constant(&self, index: usize, field: &str, text: &str) -> bool {
        let value = self.scope.steps[index].field(field);
        matches!(value, Some(At { it: Expr::Constant(Value::Text(found)), .. }) if *found == *text)
    }

    /// The type of the items of a list card's list.
    fn item_type(&mut self, index: usize) -> Option<Type> {
        let list = self.scope.steps[index].field("list")?;
        // Looked at a second time: what is wrong with it has been said.
        let (known, uses) = (self.log.found.len(), self.log.uses.len());
        let read: Lowered = self.expr(list, self.position(index));
        self.log.found.truncate(known);
        self.log.uses.truncate(uses);
        let ty = read.ty?;
        // A single value becomes a list of one.
        Some(Type::one(ty.kind))
    }
}

fn kind(control: Control) -> Option<LoopKind> {
    Some(match control {
        Control::Repeat => LoopKind::Repeat,
        Control::RepeatUntil => LoopKind::RepeatUntil,
        Control::Paginate => LoopKind::Paginate,
        Control::ForEach => LoopKind::ForEach,
        Control::ForEachIgnoreErrors => LoopKind::ForEachIgnoreErrors,
        Control::Map => LoopKind::Map,
        Control::Reduce => LoopKind::Reduce,
        Control::FilterCustom => LoopKind::FilterCustom,
        Control::FindCustom => LoopKind::FindCustom,
        Control::SortCustom => LoopKind::SortCustom,
        Control::MapObject => LoopKind::MapObject,
        Control::MapToList => LoopKind::MapToList,
        _ => return None,
    })
}
