//! People and programs: who they are, and what they may do.
//!
//! [`People`] is all that the rest of the service is handed. It puts a guard before a router ([`People::layer`]), which finds out
//! who sends a request; handlers take a [`Caller`] and say what it needs. What signs people in are routes of its own
//! ([`People::router`]).

mod attempts;
mod caller;
mod cookies;
mod events;
mod form;
mod guard;
mod kept;
mod local;
mod net;
mod oidc;
mod problem;
mod proxy;
mod return_to;
mod rights;
mod routes;
pub(crate) mod secrets;
mod sessions;
mod settings;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Router};
use flowrun_kit::clock::Clock;
use flowrun_store::{Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::bearer::Fetch;
use attempts::Attempts;
pub use caller::{Caller, Person};
use cookies::Cookie;
pub use events::{Event, Listener};
use form::Form;
use kept::Kept;
use local::Links;
pub use net::Net;
use oidc::Oidc;
pub use problem::Problem;
use proxy::Proxy;
pub use rights::{Grant, Place, Right, Role, Standing, Within};
use sessions::{Newcomer, Sessions};
pub use settings::{Access, OidcSettings, ProxySettings, Settings};
use tokens::Tokens;
pub use tokens::{NewToken, TokenInfo};

/// Who says so of whoever has the printed link.
const LOCAL: &str = "local";

/// What whoever has it is called.
const OWNER: &str = "whoever started the service";

/// Notes of who has been here.
const VISITS: &str = "person";

/// So many places a token may have rights at.
const MOST_GRANTS: usize = 100;

/// What people need of the world.
pub struct Outside {
    /// The environment, in which secrets lie.
    pub env: BTreeMap<String, String>,
    /// How the provider is asked.
    pub fetch: Arc<dyn Fetch>,
    /// Who hears what happens.
    pub listener: Option<Listener>,
}

/// All who may do something; clones are the same.
#[derive(Clone)]
pub struct People {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    clock: Clock,
    sessions: Sessions,
    tokens: Tokens,
    known: Kept<KnownPerson>,
    attempts: Attempts,
    links: Links,
    oidc: Option<Oidc>,
    proxy: Option<Proxy>,
    listener: Option<Listener>,
    /// What the tokens against forged requests are made of where there is no session; gone with the process.
    key: String,
}

/// Somebody who has been here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visitor {
    /// Who says who they are.
    pub by: String,
    /// Their ID there.
    pub id: String,
    /// Their name when they last signed in.
    pub name: String,
    /// Their address then.
    pub email: Option<String>,
    /// When they first signed in, in milliseconds since 1970.
    pub first_ms: i64,
    /// When they last did.
    pub last_ms: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KnownPerson {
    v: Form,
    by: String,
    id: String,
    name: String,
    email: Option<String>,
    first_ms: i64,
    last_ms: i64,
}

impl People {
    /// Those of a store, by some settings. It refuses settings that make no sense, or would let in whom nobody meant.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        settings: Settings,
        outside: Outside,
    ) -> Result<People, String> {
        settings.check()?;
        let Outside { env, fetch, listener } = outside;
        let groups = settings.asks_for_groups();
        let oidc = settings.oidc.as_ref();
        let oidc = oidc.map(|oidc| Oidc::new(oidc, &settings.origin, groups, &env, clock.clone(), fetch));
        let proxy = settings.proxy.as_ref().map(|proxy| Proxy::new(proxy, &env)).transpose()?;
        let issuer = settings.oidc.as_ref().map(|oidc| oidc.issuer.clone());
        let ways: Vec<String> = issuer.into_iter().chain(settings.local.then(|| LOCAL.to_owned())).collect();
        let told = |error: StoreError| error.message;
        Ok(People {
            inner: Arc::new(Inner {
                sessions: Sessions::open(store.clone(), clock.clone(), &ways).map_err(told)?,
                tokens: Tokens::open(store.clone(), clock.clone()).map_err(told)?,
                known: Kept::open(store, VISITS).map_err(told)?,
                attempts: Attempts::new(clock.clone()),
                links: Links::new(clock.clone()),
                oidc: oidc.transpose()?,
                key: secrets::fresh(),
                proxy,
                listener,
                clock,
                settings,
            }),
        })
    }

    /// The routes by which people come and go. The guard must stand before them as before all others.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(self)
    }

    /// Puts the guard before all routes of a router.
    ///
    /// It needs to know who is at the other end: serve with `ConnectInfo<SocketAddr>`, without which nobody is local and no
    /// proxy believed.
    pub fn layer<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        guard::before(self, router)
    }

    /// Lets all requests to a router in as whoever started the service: for a door that nobody else gets to.
    pub fn open<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        router.layer(DefaultBodyLimit::max(self.inner.settings.body_bytes)).layer(Extension(Caller::owner()))
    }

    /// The link by which whoever starts the service signs in, where that is allowed: it works once, within 15 minutes.
    pub fn local_link(&self) -> Option<String> {
        let settings = &self.inner.settings;
        settings.local.then(|| format!("{}/auth/local?code={}", settings.origin, self.inner.links.make()))
    }

    /// Whether a caller may still come: for what goes on longer than a request, such as a stream.
    pub fn holds(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Anonymous => false,
            Caller::Token(token) => self.inner.tokens.holds(&token.id),
            Caller::Person(person) => {
                person.session.as_ref().is_none_or(|key| self.inner.sessions.living(key).is_some())
            }
        }
    }

    /// Makes a token, and gives it as it will never be shown again. Nobody gives a token more than they have.
    pub async fn make_token(&self, maker: &Caller, new: NewToken) -> Result<(String, TokenInfo), Problem> {
        maker.needs(Right::ManagePeople, Place::Service)?;
        if !maker.standing().is_some_and(|own| own.includes_all(&new.may)) {
            return Err(Problem::forbidden("a token can't have rights that whoever makes it does not have"));
        }
        if new.name.trim().is_empty() || new.name.len() > 100 || new.name.contains(char::is_control) {
            return Err(Problem::request("a token needs a `name` of at most 100 letters"));
        }
        if new.may.is_empty() || new.may.0.len() > MOST_GRANTS {
            return Err(Problem::request(
                "a token needs rights: say under `may` which, in at most 100 lines",
            ));
        }
        if new.ends_ms.is_some_and(|ends| ends <= self.inner.clock.now_ms()) {
            return Err(Problem::request("this token would have ended before it begins: its `ends_ms`"));
        }
        // Else a token could make itself last for ever.
        if let Caller::Token(own) = maker
            && own.ends_ms.is_some_and(|own| new.ends_ms.is_none_or(|ends| ends > own))
        {
            return Err(Problem::forbidden("a token can't make one that lasts longer than itself"));
        }
        let by = maker.name();
        let (secret, info) = self.inner.tokens.make(new, &by).await?;
        self.hear(Event::TokenMade { id: info.id.clone(), name: info.name.clone(), by });
        Ok((secret, info))
    }

    /// All tokens, without their secrets.
    pub fn tokens(&self, asker: &Caller) -> Result<Vec<TokenInfo>, Problem> {
        asker.needs(Right::ManagePeople, Place::Service)?;
        Ok(self.inner.tokens.list())
    }

    /// Takes a token back: it does not hold from now on.
    pub async fn revoke_token(&self, asker: &Caller, id: &str) -> Result<TokenInfo, Problem> {
        asker.needs(Right::ManagePeople, Place::Service)?;
        let gone = self.inner.tokens.revoke(id).await?;
        let gone =
            gone.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "there is no token with this ID"))?;
        self.hear(Event::TokenRevoked { id: gone.id.clone(), name: gone.name.clone(), by: asker.name() });
        Ok(gone)
    }

    /// All who have been here, by their names.
    pub fn visitors(&self, asker: &Caller) -> Result<Vec<Visitor>, Problem> {
        asker.needs(Right::ManagePeople, Place::Service)?;
        let visitor = |(_, person): (Arc<str>, KnownPerson)| {
            let KnownPerson { v: _, by, id, name, email, first_ms, last_ms } = person;
            Visitor { by, id, name, email, first_ms, last_ms }
        };
        let mut all: Vec<Visitor> = self.inner.known.list().into_iter().map(visitor).collect();
        all.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Ok(all)
    }

    /// Ends all sessions of somebody, and says how many there were: for one who has left, or has lost a device.
    pub async fn end_sessions(&self, asker: &Caller, by: &str, id: &str) -> Result<usize, Problem> {
        asker.needs(Right::ManagePeople, Place::Service)?;
        let ended = self.inner.sessions.end_all(by, id).await?;
        self.hear(Event::Ended { id: id.to_owned(), by: asker.name() });
        Ok(ended)
    }

    /// Takes away what mentions a person by a text, such as a mail address, in any case of its letters: sessions end, visits are
    /// forgotten, tokens go on without a maker. It says how many there were. What the store has besides, it forgets itself.
    pub async fn forget(&self, asker: &Caller, person: &str) -> Result<usize, Problem> {
        asker.needs(Right::ManageService, Place::Service)?;
        if person.trim().is_empty() {
            return Err(Problem::request("say whom to forget: a text that only what is about them contains"));
        }
        let sessions = self.inner.sessions.forget(person).await?;
        let visits = self.inner.known.remove(|_, known| mentions(known, person)).await?.len();
        Ok(sessions + visits + self.inner.tokens.forget(person).await?)
    }

    /// The address by which browsers reach the service.
    pub fn origin(&self) -> &str {
        &self.inner.settings.origin
    }

    fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// What somebody may do. Whoever started the service could do all of it without the service.
    fn standing(&self, by: &str, id: &str, groups: &[String]) -> Standing {
        if by == LOCAL { Standing::everything() } else { self.inner.settings.standing(id, groups) }
    }

    fn set(&self, response: &mut Response, cookie: Cookie, value: &str, seconds: i64) {
        cookie.set(response.headers_mut(), self.inner.settings.is_encrypted(), value, seconds);
    }

    fn hear(&self, event: Event) {
        if let Some(listener) = &self.inner.listener {
            listener(&event);
        }
    }
}

/// Takes away what a store has of a person, as [`People::forget`] does, where no service has the store.
pub async fn forget(store: Arc<dyn Store>, clock: Clock, person: &str) -> Result<usize, StoreError> {
    let sessions = Kept::<sessions::Session>::open(store.clone(), sessions::SPACE)?;
    let ended = sessions.remove(|_, session| mentions(session, person)).await?.len();
    let known = Kept::<KnownPerson>::open(store.clone(), VISITS)?;
    let visits = known.remove(|_, known| mentions(known, person)).await?.len();
    Ok(ended + visits + Tokens::open(store, clock)?.forget(person).await?)
}

/// Whether what is kept mentions a person.
fn mentions(kept: &impl Serialize, person: &str) -> bool {
    let text = serde_json::to_string(kept).unwrap_or_default();
    text.to_lowercase().contains(&person.trim().to_lowercase())
}

impl Inner {
    /// Remembers that somebody was here.
    async fn note(&self, newcomer: &Newcomer) -> Result<(), StoreError> {
        let key = format!("{} {}", newcomer.by, newcomer.id);
        let now = self.clock.now_ms();
        let first_ms = self.known.get(&key).map_or(now, |known| known.first_ms);
        let Newcomer { by, id, name, email, .. } = newcomer.clone();
        let person = KnownPerson { v: Form, by, id, name, email, first_ms, last_ms: now };
        self.known.put(&key, now * 1000, person).await
    }
}
