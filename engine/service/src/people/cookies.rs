//! Cookies: how they are set, and read.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

/// A cookie of the service.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie {
    /// Holds the secret of a session.
    Session,
    /// Holds what must be known again when somebody comes back from the provider.
    SignIn,
}

impl Cookie {
    /// Its name. The prefix has browsers take it only from this very host, encrypted, for all paths: no neighbour can plant one.
    pub(super) fn name(self, encrypted: bool) -> &'static str {
        match (self, encrypted) {
            (Cookie::Session, true) => "__Host-flowrun",
            (Cookie::Session, false) => "flowrun",
            (Cookie::SignIn, true) => "__Host-flowrun-sign-in",
            (Cookie::SignIn, false) => "flowrun-sign-in",
        }
    }

    /// Sets it for so many seconds; 0 takes it away. It goes along when a link from elsewhere is followed, or nobody would come
    /// back from a provider signed in, but with nothing else that another site sends.
    pub(super) fn set(self, headers: &mut HeaderMap, encrypted: bool, value: &str, seconds: i64) {
        let secure = if encrypted { "; Secure" } else { "" };
        let name = self.name(encrypted);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        if let Ok(mut value) = HeaderValue::try_from(text) {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }

    /// Its value in a request. One that stands there twice does not count: one of the two was planted.
    pub(super) fn read(self, headers: &HeaderMap, encrypted: bool) -> Option<&str> {
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut own = pairs
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name(encrypted))
            .map(|(_, value)| value);
        let value = own.next()?;
        own.next().is_none().then_some(value)
    }
}
