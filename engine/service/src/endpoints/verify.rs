//! Who may call a flow whose security is OAuth: asked of whoever knows the server that mints the tokens.

use std::future::Future;
use std::pin::Pin;

use axum::http::HeaderMap;

use crate::bearer::{Bearer, Granted, Refused};

/// Verifies access tokens.
pub trait Verify: Send + Sync {
    /// Who comes to a project with these headers, if they bring a token that counts.
    fn admit<'a>(
        &'a self,
        project: &'a str,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Result<Granted, Refused>> + Send + 'a>>;
}

/// The same for all projects.
impl Verify for Bearer {
    fn admit<'a>(
        &'a self,
        _: &'a str,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Result<Granted, Refused>> + Send + 'a>> {
        Box::pin(Bearer::admit(self, headers))
    }
}
