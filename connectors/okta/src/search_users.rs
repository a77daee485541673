//! Okta · Search Users.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::listing::ResultSet;
use crate::users::{LISTING, Users};
use crate::{Okta, connection};

/// Finds users whose first name, last name or mail address begins with a text.
///
/// Users who are deactivated are not found, and no more than 200. A record is like one of List Users with Search.
#[derive(Inputs)]
pub struct SearchUsers {
    /// What names or mail address begin with.
    #[input(key = "Query")]
    query: Text,
    /// `first`: the first user found, as single outputs. `first_200` or `all`: all that are found, as `users`.
    #[input(key = "resultSet", choices = ["first", "first_200", "all"])]
    result_set: Text,
}

/// The most that Okta finds: such a search has one page.
const MOST: u32 = 200;

impl Effect for SearchUsers {
    const ID: &str = "okta.search_users";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:searchUsers"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_users
  id: found
  with: { query: love, result_set: first }
- card: flow_control.return
  with: { login: $.found.login }"#
            => ok "{ login: ada@example.com }",
        r#"- card: okta.create_user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_users
  id: found
  with: { query: love, result_set: first_200 }
- card: flow_control.return
  with:
    logins: $.found.users[*].Login"#
            => ok "{ logins: [ada@example.com] }",
        r#"- { card: okta.search_users, with: { query: "", result_set: first } }"#
            => err "the text to look for is blank",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.users.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Users;

    async fn run(self, okta: &Okta) -> Result<Users> {
        let query = given(&self.query, Self::QUERY, "text to look for")?;
        let set = match ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)? {
            ResultSet::All(_) => ResultSet::UpTo(MOST),
            set => set,
        };
        let first = |limit: u32| {
            Ok(Call::get("/api/v1/users").query([("q", query), ("limit", limit.to_string().as_str())]))
        };
        LISTING.found(okta, set, MOST, first).await
    }
}
