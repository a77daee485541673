//! Secrets that a test gives, in case that they come back where nothing knows that they are some: in a request.

use flowrun_core::program::Flow;
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::REDACTED;
use flowrun_project::Project;

use crate::form::Case;

/// Shorter ones stand in other words by chance.
const SHORTEST: usize = 4;

/// What a case gives to inputs of its flow and to variables that are secrets.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Those of a case of this flow.
    pub fn of(case: &Case, flow: &Flow, project: &Project) -> Secrets {
        let is_input = |name: &str| {
            flow.inputs.iter().any(|input| *input.name == *name && input.ty.kind == Kind::Secret)
        };
        let is_var = |name: &str| {
            let var = project.model.manifest.vars.iter().find(|var| *var.name.it == *name);
            let ty = var.and_then(|var| Type::parse(var.ty.as_ref()?));
            ty.is_some_and(|ty| ty.kind == Kind::Secret)
        };
        let inputs = case.given.inputs.iter().filter(|(name, _)| is_input(&name.it));
        let vars = case.given.vars.iter().filter(|(name, _)| is_var(&name.it));
        let texts = inputs.chain(vars).filter_map(|(_, value)| value.as_text());
        let mut found: Vec<String> =
            texts.filter(|text| text.len() >= SHORTEST).map(|text| text.to_string()).collect();
        // One may be a part of another.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Secrets(found)
    }

    /// A text with dots in their places.
    pub fn struck(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
    }
}
