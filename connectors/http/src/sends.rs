//! The form of all cards that send something to a JSON service: they differ in what their method means.

/// Declares a card that sends a body by `$method`.
macro_rules! sends {
    (
        $(#[doc = $docs:literal])+
        $card:ident, $id:literal, $address:literal, $method:literal, repeat: $repeat:ident,
        $examples:expr
    ) => {
        $(#[doc = $docs])+
        #[derive(flowrun_core::Inputs)]
        pub struct $card {
            /// A path on the connection's host, or its whole address.
            #[input(key = "URL")]
            url: flowrun_core::value::Text,
            /// What to add to the query: an object, of which a list repeats its key and a missing value is left out, or a text with or
            /// without a question mark.
            #[input(key = "Query")]
            query: flowrun_core::value::Value,
            /// Headers to send.
            #[input(key = "Headers")]
            headers: Option<flowrun_core::value::Record>,
            /// The body: an object or a list is sent as JSON, a text as it is. With the header `Content-Type:
            /// application/x-www-form-urlencoded` or `multipart/form-data` an object is sent as a form, of which a list repeats its name
            /// and files are sent as they are. Secrets in it are sent.
            #[input(key = "Body")]
            body: flowrun_core::value::Value,
        }

        impl flowrun_kit::effect::Effect for $card {
            const ID: &str = $id;
            const EXPORTED_AS: &[&str] = &[$address];
            const EXAMPLES: &[flowrun_core::card::Example] = $examples;
            const DOES: flowrun_core::does::Does = flowrun_core::does::Does::Changes(flowrun_core::does::Repeat::$repeat);
            const AFTER_CRASH: flowrun_core::does::AfterCrash = $crate::exchange::after_crash(Self::DOES);
            const TIMEOUT: std::time::Duration = $crate::exchange::TIMEOUT;
            type Connection = $crate::ApiConnector;
            type Out = $crate::exchange::Answered;

            async fn run(
                self,
                api: &$crate::ApiConnector,
            ) -> flowrun_core::fault::Result<$crate::exchange::Answered> {
                let written = flowrun_kit::written::Written {
                    method: $method,
                    url: &self.url,
                    query: &self.query,
                    headers: self.headers.as_ref(),
                    body: &self.body,
                    text_type: Some("application/json"),
                };
                $crate::exchange::json(api, written).await
            }
        }
    };
}
