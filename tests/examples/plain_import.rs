//! The Personio import as one would write it by hand: the yardstick for flowrun's own speed.
//!
//! Makes the same requests as `flows/import.yaml`, with the same concurrency, and nothing else. Reads the variables that
//! `flowrun sandbox` prints; `TIME_SCALE` divides the waits.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use reqwest::{Client, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const PER_REQUEST: usize = 200;
const PER_SESSION: usize = 10_000;

#[derive(Deserialize)]
struct Auth {
    data: Token,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Deserialize)]
struct Page {
    metadata: Metadata,
    data: Vec<Envelope>,
}

#[derive(Deserialize)]
struct Metadata {
    total_elements: usize,
}

#[derive(Deserialize)]
struct Envelope {
    attributes: Attributes,
}

#[derive(Deserialize)]
struct Attributes {
    id: Attribute<u64>,
    first_name: Attribute<Option<String>>,
    last_name: Attribute<Option<String>>,
    email: Attribute<Option<String>>,
}

#[derive(Deserialize)]
struct Attribute<T> {
    value: T,
}

struct Employee {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bulk<'a> {
    entity_type: &'a str,
    profiles: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    external_id: &'a str,
    profile: Profile<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    user_name: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    status: String,
}

/// Sends one request, and again after the limit's reset when Okta says 429.
async fn okta(client: &Client, method: Method, url: &str, body: Option<&Bulk<'_>>) -> Result<Response> {
    let token = std::env::var("OKTA_API_TOKEN")?;
    loop {
        let mut request =
            client.request(method.clone(), url).header("authorization", format!("SSWS {token}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        if response.status() != StatusCode::TOO_MANY_REQUESTS {
            return Ok(response.error_for_status()?);
        }
        pause(60).await;
    }
}

async fn pause(seconds: u64) {
    let scale: f64 = std::env::var("TIME_SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1.0);
    tokio::time::sleep(Duration::from_secs(seconds).div_f64(scale)).await;
}

async fn employees(client: &Client) -> Result<Vec<Employee>> {
    let base = std::env::var("PERSONIO_BASE_URL")?;
    let credentials = serde_json::json!({
        "client_id": std::env::var("PERSONIO_CLIENT_ID")?,
        "client_secret": std::env::var("PERSONIO_CLIENT_SECRET")?,
    });
    let auth: Auth = client.post(format!("{base}/v1/auth")).json(&credentials).send().await?.json().await?;
    let attributes = format!("{base}/v1/company/employees/attributes");
    client.get(&attributes).bearer_auth(&auth.data.token).send().await?.error_for_status()?.bytes().await?;
    let mut all = Vec::new();
    let mut known = HashSet::new();
    let mut offset = 0;
    loop {
        let url = format!(
            "{base}/v1/company/employees?limit=100&offset={offset}&attributes[]=id&attributes[]=first_name\
             &attributes[]=last_name&attributes[]=email&attributes[]=status"
        );
        let response = client.get(&url).bearer_auth(&auth.data.token).send().await?;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            pause(1).await;
            continue;
        }
        let page: Page = response.error_for_status()?.json().await?;
        offset += page.data.len();
        let last = page.data.is_empty() || offset >= page.metadata.total_elements;
        for Envelope { attributes } in page.data {
            if known.insert(attributes.id.value) {
                all.push(Employee {
                    id: attributes.id.value.to_string(),
                    first_name: attributes.first_name.value,
                    last_name: attributes.last_name.value,
                    email: attributes.email.value,
                });
            }
        }
        if last {
            return Ok(all);
        }
    }
}

async fn import(client: &Client, share: &[Employee], sessions: &str) -> Result<String> {
    loop {
        let active: Vec<Session> = okta(client, Method::GET, sessions, None).await?.json().await?;
        if active.is_empty() {
            break;
        }
        pause(30).await;
    }
    let session: Session = okta(client, Method::POST, sessions, None).await?.json().await?;
    let url = format!("{sessions}/{}", session.id);
    let upsert = format!("{url}/bulk-upsert");
    stream::iter(share.chunks(PER_REQUEST).map(Ok::<_, Box<dyn Error + Send + Sync>>))
        .try_for_each_concurrent(5, |page| async {
            let profiles = page.iter().map(|employee| Entry {
                external_id: &employee.id,
                profile: Profile {
                    user_name: employee.email.as_deref(),
                    first_name: employee.first_name.as_deref(),
                    last_name: employee.last_name.as_deref(),
                    email: employee.email.as_deref(),
                },
            });
            let body = Bulk { entity_type: "USERS", profiles: profiles.collect() };
            okta(client, Method::POST, &upsert, Some(&body)).await?;
            Ok(())
        })
        .await?;
    let _: Session = okta(client, Method::GET, &url, None).await?.json().await?;
    okta(client, Method::POST, &format!("{url}/start-import"), None).await?;
    Ok(session.id)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Only the first call can install a provider, and this is it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
    let sessions = format!(
        "{}/api/v1/identity-sources/{}/sessions",
        std::env::var("OKTA_ORG_URL")?,
        std::env::var("OKTA_IDENTITY_SOURCE_ID")?
    );
    let employees = employees(&client).await?;
    let left_over: Vec<Session> = okta(&client, Method::GET, &sessions, None).await?.json().await?;
    for session in left_over.iter().filter(|session| session.status != "TRIGGERED") {
        okta(&client, Method::DELETE, &format!("{sessions}/{}", session.id), None).await?;
    }
    let mut ids = Vec::new();
    for share in employees.chunks(PER_SESSION) {
        ids.push(import(&client, share, &sessions).await?);
    }
    let mut statuses = Vec::new();
    for id in &ids {
        let url = format!("{sessions}/{id}");
        let mut session: Session = okta(&client, Method::GET, &url, None).await?.json().await?;
        for _ in 1..5 {
            if session.status != "TRIGGERED" {
                break;
            }
            pause(60).await;
            session = okta(&client, Method::GET, &url, None).await?.json().await?;
        }
        statuses.push(session.status);
    }
    use std::io::Write;
    writeln!(
        std::io::stdout(),
        "imported {} employees in {} sessions: {statuses:?}",
        employees.len(),
        ids.len()
    )?;
    Ok(())
}
