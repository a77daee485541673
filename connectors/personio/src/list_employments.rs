//! Personio · List Employments.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::{Personio, connection, person, persons};

/// Lists a person's employments, by version 2 of Personio's API, the newest first.
///
/// A record has `ID`, `Status` (`active`, `leave`, `onboarding`, `inactive`), and, as in `personio.list_employees`, `Position`,
/// `Supervisor`, `Employment Type`, `Weekly Hours`, `Hire Date`, `Contract End Date`, `Termination Date` and so on;
/// `Supervisor`, `Office`, `Department` and the like have IDs, no names. Days are texts without time, times are in UTC. What
/// the API credential may not read, and what nobody filled in, is missing.
#[derive(Inputs)]
pub struct ListEmployments {
    /// The person's ID in Personio, which is the employee's.
    id: Text,
}

/// The employments.
#[derive(Outputs)]
pub struct Listed {
    /// All of them, the newest first.
    employments: Vec<Arc<Record>>,
}

impl Effect for ListEmployments {
    const ID: &str = "personio.list_employments";
    // Okta has no such card.
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: personio.list_persons
  id: list
  with: { result_set: first, status: active }
- card: personio.list_employments
  id: had
  with: { id: "$.list.persons[0].ID" }
- card: list.length
  with: { list: $.had.employments }"#
            => ok "{ length: 1 }",
        r#"- { card: personio.list_employments, with: { id: "7" } }"#
            => err "Personio answered 404",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Personio;
    type Out = Listed;

    async fn run(self, personio: &Personio) -> Result<Listed> {
        let id = self.id.trim();
        if id.is_empty() {
            bail!(Self::ID, "the person's ID is blank");
        }
        let employments = persons::employments_of(personio, id).await?;
        Ok(Listed { employments: employments.iter().map(|it| Arc::new(person::employment(it))).collect() })
    }
}
