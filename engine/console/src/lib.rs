//! The console in the browser: what ran, what runs, what needs somebody, and why.
//!
//! Its pages are made of what `/api/v1` answers to whoever looks, in this process, and of nothing else: what somebody may see and do is
//! decided there. Each page is a file in `pages`, a template and a word in the navigation; all work without scripts.

mod ask;
mod assets;
mod pages;
mod shell;
mod show;

use std::sync::Arc;

use axum::Router;
use minijinja::Environment;

/// The console, before it knows who looks.
#[derive(Clone)]
pub(crate) struct Console {
    /// `/api/v1` and `/auth/me`, behind the guard.
    api: Router,
    templates: Arc<Environment<'static>>,
}

/// The pages, over `api`: the interface and `/auth/me`, as they are behind the guard. The same guard must stand before these.
pub fn router(api: Router) -> Router {
    let console = Console { api, templates: Arc::new(show::templates()) };
    pages::router().merge(assets::router()).with_state(console)
}
