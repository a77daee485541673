//! What stands around every page: where one is, who looks, and what there is besides.

use axum::extract::FromRequestParts;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

use crate::Console;
use crate::ask::{Ask, Wrong, part};

/// A page shows no more of a list than this.
const MOST: usize = 5_000;

/// A page that is being made.
pub struct Shell {
    console: Console,
    /// Asks as whoever looks.
    pub ask: Ask,
    /// The project that is looked at, as it is called.
    pub project: String,
    /// Its address in `/api/v1`.
    pub api: String,
    /// The query of the page.
    pub query: Vec<(String, String)>,
    uri: Uri,
    person: Value,
}

/// Why there is no page.
pub enum Gone {
    /// Nobody has signed in.
    SignIn(Box<Shell>),
    /// Something was answered with a refusal.
    Wrong(Box<Shell>, Wrong),
}

impl Shell {
    /// The value of a name in the query; nothing where it is empty.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Those of these names that the query has, and `more`, as a query.
    pub fn query_of(&self, names: &[&str], more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(names.iter().filter_map(|name| Some((*name, self.asked(name)?))));
        query.extend_pairs(more);
        query.finish()
    }

    /// What `/api/v1` has of the project at this address behind it.
    pub async fn get(self, path: &str) -> Result<(Shell, Value), Gone> {
        match self.ask.get(&format!("{}{path}", self.api)).await {
            Ok(value) => Ok((self, value)),
            Err(wrong) => Err(self.refused(wrong)),
        }
    }

    /// All that a list has, page by page.
    pub async fn all(mut self, path: &str) -> Result<(Shell, Vec<Value>), Gone> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let (shell, mut page) = self.get(&format!("{path}?limit=500{cursor}")).await?;
            self = shell;
            if let Some(items) = page["items"].as_array_mut() {
                all.append(items);
            }
            match page["next"].as_str().filter(|_| all.len() < MOST) {
                Some(next) => cursor = format!("&cursor={}", part(next)),
                None => return Ok((self, all)),
            }
        }
    }

    /// The page that says so.
    pub fn refused(self, wrong: Wrong) -> Gone {
        Gone::Wrong(Box::new(self), wrong)
    }

    /// The page with this template, at this place of the navigation.
    pub fn page(&self, template: &str, place: &str, mut given: Value) -> Response {
        let around = json!({
            "place": place,
            "project": self.project,
            "base": format!("/p/{}", part(&self.project)),
            "here": self.uri.to_string(),
            "person": self.person,
            "csrf": self.person["csrf"],
            "query": self.query.iter().cloned().map(|(key, value)| (key, Value::from(value))).collect::<Map<_, _>>(),
        });
        if let (Some(given), Value::Object(around)) = (given.as_object_mut(), around) {
            given.extend(around);
        }
        let made =
            self.console.templates.get_template(template).and_then(|template| {
                template.render(minijinja::Value::from(minijinja::value::Serde(&given)))
            });
        match made {
            Ok(text) => Html(text).into_response(),
            Err(error) => {
                let why = format!("the page can't be made: {error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
            }
        }
    }
}

impl IntoResponse for Gone {
    fn into_response(self) -> Response {
        match self {
            Gone::SignIn(shell) => {
                let mut response = shell.page("sign_in.html", "", json!({}));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                response
            }
            Gone::Wrong(shell, wrong) => {
                let given = json!({ "status": wrong.status.as_u16(), "reason": wrong.status.canonical_reason(), "detail": wrong.detail });
                let mut response = shell.page("wrong.html", "", given);
                *response.status_mut() = wrong.status;
                response
            }
        }
    }
}

impl FromRequestParts<Console> for Shell {
    type Rejection = Gone;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Shell, Gone> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, console).await;
        let path = path.map(|Path(path)| path).unwrap_or_default();
        let project = path
            .into_iter()
            .find(|(name, _)| name == "project")
            .map(|(_, project)| project)
            .unwrap_or_default();
        let ask = Ask::new(console.api.clone(), parts.extensions.clone());
        let person = ask.get("/auth/me").await.unwrap_or_default();
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        let api = format!("/api/v1/projects/{}", part(&project));
        let shell =
            Shell { console: console.clone(), ask, project, api, query, uri: parts.uri.clone(), person };
        if shell.person["kind"] == "anonymous" || shell.person.is_null() {
            return Err(Gone::SignIn(Box::new(shell)));
        }
        Ok(shell)
    }
}

/// The first project's first page.
pub async fn first(shell: Shell) -> Result<Redirect, Gone> {
    let projects = match shell.ask.get("/api/v1/projects").await {
        Ok(projects) => projects,
        Err(wrong) => return Err(shell.refused(wrong)),
    };
    match projects["items"][0]["project"].as_str() {
        Some(project) => Ok(Redirect::to(&format!("/p/{}/now", part(project)))),
        None => {
            let detail = "there is no project that you may see".to_owned();
            Err(shell.refused(Wrong { status: StatusCode::FORBIDDEN, detail }))
        }
    }
}

/// What there is where nothing is.
pub async fn nothing(State(console): State<Console>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let sought = parts.uri.path().to_owned();
    match Shell::from_request_parts(&mut parts, &console).await {
        Ok(shell) => {
            let detail = format!("there is nothing at {sought}");
            shell.refused(Wrong { status: StatusCode::NOT_FOUND, detail }).into_response()
        }
        Err(gone) => gone.into_response(),
    }
}
