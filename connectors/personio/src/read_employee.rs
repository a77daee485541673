//! Personio · Read Employee.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::address::segment;
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::{Personio, connection, record};

/// Reads an employee.
///
/// What the API credential may not read is missing from `employee`; see `personio.list_employees` for its form.
#[derive(Inputs)]
pub struct ReadEmployee {
    /// The employee's ID in Personio.
    #[input(key = "ID")]
    id: Text,
}

/// The employee.
#[derive(Outputs)]
pub struct Found {
    /// The employee's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// The mail address.
    #[output(key = "Email")]
    email: Option<Text>,
    /// The first name.
    #[output(key = "First Name")]
    first_name: Option<Text>,
    /// The last name.
    #[output(key = "Last Name")]
    last_name: Option<Text>,
    /// `onboarding`, `active`, `leave` or `inactive`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// Everything that may be read, by the names of Okta's card: `First Name`.
    employee: Record,
}

impl Effect for ReadEmployee {
    const ID: &str = "personio.read_employee";
    // The corpus has no export of this card, and Personio's card addresses end in random letters.
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: personio.list_employees
  id: list
  with: { result_set: first }
- card: personio.read_employee
  id: read
  with: { id: "$.list.employees[0].ID" }
- card: true_false.compare
  with: { value_a: $.read.id, operator: "==", value_b: "$.list.employees[0].ID" }"#
            => ok "{ result: true }",
        r#"- { card: personio.read_employee, with: { id: "7" } }"#
            => err "Personio answered 404",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Personio;
    type Out = Found;

    async fn run(self, personio: &Personio) -> Result<Found> {
        let id = self.id.trim();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            bail!(Self::ID, "an employee's ID is a number, not \"{id}\"");
        }
        let call = Call::get(format!("/v1/company/employees/{}", segment(id)));
        let employees = personio
            .v1
            .read(call, |reply| reply.json_by(record::read));
        let Some(Value::Object(employee)) = employees.await?.records.pop() else {
            return Err(Fault::new(
                FaultKind::NotFound,
                format!("Personio has no employee with the ID {id}"),
            ));
        };
        let text = |name: &str| employee.get(name).and_then(Value::as_text).cloned();
        Ok(Found {
            id: text("ID"),
            email: text("Email"),
            first_name: text("First Name"),
            last_name: text("Last Name"),
            status: text("Status"),
            employee: Arc::unwrap_or_clone(employee),
        })
    }
}
