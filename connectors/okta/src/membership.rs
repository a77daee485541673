//! Whether a user is in a group: cards that change it differ in the method of their request.

use flowrun_core::Outputs;

/// That Okta did it.
#[derive(Outputs)]
pub struct Membership {
    /// The status of Okta's answer: 204.
    pub(crate) status: f64,
}

/// Declares a card that sends `$method` to a user's membership in a group.
macro_rules! membership {
    (
        $(#[doc = $docs:literal])+
        $card:ident, $id:literal, $address:literal, $method:ident as $operation:literal,
        $examples:expr
    ) => {
        $(#[doc = $docs])+
        #[derive(flowrun_core::Inputs)]
        pub struct $card {
            /// The group's ID.
            #[input(key = "id")]
            group_id: flowrun_core::value::Text,
            /// The user's ID.
            #[input(key = "id")]
            user_id: flowrun_core::value::Text,
        }

        impl flowrun_kit::effect::Effect for $card {
            const ID: &str = $id;
            const EXPORTED_AS: &[&str] = &[$address];
            const EXAMPLES: &[flowrun_core::card::Example] = $examples;
            const DOES: flowrun_core::does::Does = flowrun_core::does::Does::Changes(flowrun_core::does::Repeat::Safe);
            const SCOPES: &[&str] = &["okta.groups.manage"];
            const TIMEOUT: std::time::Duration = $crate::connection::TIMEOUT;
            type Connection = $crate::Okta;
            type Out = $crate::membership::Membership;

            async fn run(
                self,
                okta: &$crate::Okta,
            ) -> flowrun_core::fault::Result<$crate::membership::Membership> {
                let group = $crate::given::given(&self.group_id, Self::GROUP_ID, "group's ID")?;
                let user = $crate::given::given(&self.user_id, Self::USER_ID, "user's ID")?;
                let path = $crate::groups::member(group, user);
                let call = flowrun_kit::call::Call::new(axum::http::Method::$method, path)
                    .about(okta.subject($operation, user, None));
                let status = okta.client.read(call, $crate::lifecycle::status).await?;
                Ok($crate::membership::Membership { status })
            }
        }
    };
}
