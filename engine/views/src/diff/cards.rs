//! What differs between two cards, and how a card on one side alone is told.

use flowrun_core::model::{At, Joined, Name, OnError, Retry, Step};

use super::fields::{Both, Fields, renamed};
use super::meaning;
use super::outline::is_case;
use super::pairing::Pairing;
use super::report::{CardChange, Change, Mark};

/// What no card declares.
fn undeclared(sort: &'static str) -> Fields<'static> {
    Fields { card: "", sort }
}

impl Both<'_> {
    /// What differs between an old card and the new one that it is; none if nothing does.
    pub fn card(&self, from: usize, to: usize, pairing: &Pairing) -> Option<CardChange> {
        let (old, new) = (self.old.outline.cards[from].step, self.new.outline.cards[to].step);
        let mut changes = Vec::new();
        if let (Some(was), Some(now)) = (&old.id, &new.id) {
            changes.extend(renamed("id", &was.it, &now.it));
        }
        changes.extend(texts("title", old.title.as_ref(), new.title.as_ref()));
        changes.extend(texts("connection", old.connection.as_ref(), new.connection.as_ref()));
        changes.extend(self.fields(Fields { card: &new.card.it, sort: "field" }, &old.with, &new.with));
        changes.extend(self.fields(undeclared("passes"), &old.pass, &new.pass));
        self.arms(from, to, pairing, &mut changes);
        self.outputs(&old.outputs, &new.outputs, &mut changes);
        self.on_error(old, new, &mut changes);
        let (was, now) = (retry(old.retry.as_ref()), retry(new.retry.as_ref()));
        changes.extend(Change::of("retry", was, now).if_differs());
        let timeout = |step: &Step| step.timeout.as_ref().map(|value| self.secrets.constant("", &value.it));
        changes.extend(Change::of("timeout", timeout(old), timeout(new)).if_differs());
        changes.extend(self.note(old.note.as_ref(), new.note.as_ref()));
        let moved = pairing.has_moved(to);
        if changes.is_empty() && !moved {
            return None;
        }
        Some(self.told(to, true, if moved { Mark::Moved } else { Mark::Changed }, changes))
    }

    /// A card that is on one side alone, with what it holds.
    pub fn alone(&self, at: usize, is_new: bool) -> CardChange {
        let side = if is_new { &self.new } else { &self.old };
        let step = side.outline.cards[at].step;
        let mut changes = self.one_sided(Fields { card: &step.card.it, sort: "field" }, &step.with, is_new);
        changes.extend(self.one_sided(undeclared("passes"), &step.pass, is_new));
        for arm in step.arms.iter().filter(|arm| is_case(arm)) {
            let shown = Some(self.secrets.members("", &arm.when));
            changes.push(match is_new {
                true => Change::named("case", &*arm.name.it, None, shown),
                false => Change::named("case", &*arm.name.it, shown, None),
            });
        }
        let note = step.note.as_ref();
        changes.extend(if is_new { self.note(None, note) } else { self.note(note, None) });
        self.told(at, is_new, if is_new { Mark::Added } else { Mark::Removed }, changes)
    }

    fn told(&self, at: usize, is_new: bool, mark: Mark, changes: Vec<Change>) -> CardChange {
        let outline = if is_new { self.new.outline } else { self.old.outline };
        let before = outline.cards[at].before.map(|before| outline.name(before, self.catalog));
        CardChange {
            mark,
            name: outline.name(at, self.catalog),
            card: outline.cards[at].step.card.it.to_string(),
            within: outline.within(at, self.catalog),
            behind: before.filter(|_| mark != Mark::Changed),
            changes,
        }
    }

    fn note(&self, old: Option<&Name>, new: Option<&Name>) -> Option<Change> {
        let shown = |note: Option<&Name>| note.map(|note| self.secrets.struck(&note.it));
        (old.map(|note| &note.it) != new.map(|note| &note.it))
            .then(|| Change::of("note", shown(old), shown(new)))
    }

    /// The cases of a block: their names and conditions, and which are there.
    fn arms(&self, from: usize, to: usize, pairing: &Pairing, changes: &mut Vec<Change>) {
        let (old, new) = (self.old.outline.cards[from].step, self.new.outline.cards[to].step);
        let mut kept = vec![false; new.arms.len()];
        let mut last = 0;
        for (at, arm) in old.arms.iter().enumerate() {
            let Some(twin) = pairing.arm(from, at) else {
                if is_case(arm) {
                    changes.push(Change::named(
                        "case",
                        &*arm.name.it,
                        Some(self.secrets.members("", &arm.when)),
                        None,
                    ));
                }
                continue;
            };
            kept[twin] = true;
            let other = &new.arms[twin];
            if is_case(other) && twin < last {
                changes.push(Change::named(
                    "place of case",
                    &*other.name.it,
                    Some((at + 1).to_string()),
                    Some((twin + 1).to_string()),
                ));
            }
            last = last.max(twin);
            changes.extend(renamed("name of case", &arm.name.it, &other.name.it));
            for change in self.fields(undeclared("when"), &arm.when, &other.when) {
                let field = change.what.name.unwrap_or_default();
                changes.push(Change::named("case", &*other.name.it, change.was, change.now).part(field));
            }
        }
        for (at, arm) in new.arms.iter().enumerate().filter(|(_, arm)| is_case(arm)) {
            if !kept[at] {
                changes.push(Change::named(
                    "case",
                    &*arm.name.it,
                    None,
                    Some(self.secrets.members("", &arm.when)),
                ));
            }
        }
    }

    fn outputs(&self, old: &[(Name, At<Joined>)], new: &[(Name, At<Joined>)], changes: &mut Vec<Change>) {
        let find = |all: &'_ [(Name, At<Joined>)], name: &Name| {
            all.iter().position(|(other, _)| other.it == name.it)
        };
        for (name, output) in new {
            match find(old, name).map(|at| &old[at].1.it) {
                Some(was) => self.output(name, was, &output.it, changes),
                None => changes.push(Change::named("output", &*name.it, None, Some(self.joined(&output.it)))),
            }
        }
        for (name, output) in old.iter().filter(|(name, _)| find(new, name).is_none()) {
            changes.push(Change::named("output", &*name.it, Some(self.joined(&output.it)), None));
        }
    }

    fn output(&self, name: &Name, old: &Joined, new: &Joined, changes: &mut Vec<Change>) {
        match (old, new) {
            (Joined::Type(was), Joined::Type(now)) => {
                let change = Change::named("output", &*name.it, Some(was.to_string()), Some(now.to_string()));
                changes.extend(change.if_differs());
            }
            (Joined::Arms(was), Joined::Arms(now)) => {
                for change in self.fields(undeclared("output"), was, now) {
                    let arm = change.what.name.unwrap_or_default();
                    changes.push(Change::named("output", &*name.it, change.was, change.now).part(arm));
                }
            }
            _ => changes.push(Change::named(
                "output",
                &*name.it,
                Some(self.joined(old)),
                Some(self.joined(new)),
            )),
        }
    }

    fn joined(&self, output: &Joined) -> String {
        match output {
            Joined::Type(ty) => ty.to_string(),
            Joined::Arms(arms) => self.secrets.members("", arms),
        }
    }

    fn on_error(&self, old: &Step, new: &Step, changes: &mut Vec<Change>) {
        let policy = |step: &Step| step.on_error.as_ref().map(|policy| self.policy(&policy.it));
        match (old.on_error.as_ref().map(|policy| &policy.it), new.on_error.as_ref().map(|policy| &policy.it))
        {
            (Some(OnError::Return(was)), Some(OnError::Return(now))) => {
                changes.extend(self.fields(undeclared("on error, return"), was, now));
            }
            (Some(OnError::Call { flow: was, pass: old_pass }), Some(OnError::Call { flow: now, pass })) => {
                let same =
                    self.old.flow(&was.it) == self.new.flow(&now.it) && self.new.flow(&now.it).is_some();
                if !same && was.it != now.it {
                    changes.push(Change::of(
                        "on error, call",
                        Some(was.it.to_string()),
                        Some(now.it.to_string()),
                    ));
                }
                changes.extend(self.fields(undeclared("on error, pass"), old_pass, pass));
            }
            // To stop is what a card does if nothing is said.
            (None | Some(OnError::Stop), None | Some(OnError::Stop)) => {}
            _ => changes.push(Change::of("on error", policy(old), policy(new))),
        }
    }

    fn policy(&self, policy: &OnError) -> String {
        match policy {
            OnError::Stop => "stop".to_owned(),
            OnError::Return(values) => format!("return {}", self.secrets.members("", values)),
            OnError::Call { flow, pass } if pass.is_empty() => format!("call {}", flow.it),
            OnError::Call { flow, pass } => {
                format!("call {} with {}", flow.it, self.secrets.members("", pass))
            }
        }
    }
}

fn retry(retry: Option<&At<Retry>>) -> Option<String> {
    let retry = &retry?.it;
    let mut told = String::new();
    meaning::constant(&retry.times.it, &mut told);
    told.push_str(" times");
    if let Some(wait) = &retry.wait {
        told.push_str(&format!(
            ", wait {}",
            wait.it.as_text().map_or_else(|| wait.it.to_json(), |text| text.to_string())
        ));
    }
    if let Some(on) = &retry.on {
        told.push_str(&format!(", on {}", on.it));
    }
    Some(told)
}

/// A change of a text that may be missing.
pub fn texts(sort: &'static str, old: Option<&Name>, new: Option<&Name>) -> Option<Change> {
    let text = |name: Option<&Name>| name.map(|name| name.it.to_string());
    Change::of(sort, text(old), text(new)).if_differs()
}
