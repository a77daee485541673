//! Delegated flows: a person runs them, and who that is is one of their inputs.

use flowrun_core::program::{Flow, Trigger};
use flowrun_core::types::Kind;
use flowrun_core::value::Text;
use flowrun_project::Problem;

/// The input that holds who runs the flow: as Okta's exports name it, and as Okta's editor shows it.
pub const USER: [&str; 2] = ["okta-user-id", "Okta User ID"];

/// What starts a run in the name of a person.
pub const CAUSE: &str = "delegated";

/// The input of a delegated flow that holds who runs it, if it has one. Refuses other flows, and those with inputs that Okta's delegated
/// flows can't have: they take texts, numbers, true/false and dates.
pub fn user_input(flow: &Flow) -> Result<Option<Text>, Problem> {
    if !matches!(flow.trigger, Trigger::Delegated) {
        let message = format!("`{}` is no delegated flow: it is not told who runs it", flow.name);
        return Err(Problem::new(message).help(
            "leave --as out; or write `trigger: delegated` and the input `Okta User ID: text` into it",
        ));
    }
    let fits = |kind| matches!(kind, Kind::Any | Kind::Text | Kind::Number | Kind::Bool | Kind::Date);
    if let Some(input) = flow.inputs.iter().find(|input| input.ty.list || !fits(input.ty.kind)) {
        let message = format!("the input `{}` of `{}` is of the type {}", input.name, flow.name, input.ty);
        return Err(Problem::new(message)
            .help("delegated flows take texts, numbers, true/false and dates: give it one of these types"));
    }
    let user = flow.inputs.iter().find(|input| USER.contains(&&*input.name));
    Ok(user.map(|input| input.name.clone()))
}
