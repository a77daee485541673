//! A flow: its picture, what starts it, its Execution History; turned on and off, and run.

use axum::Form;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value, json};

use super::Page;
use crate::ask::part;
use crate::shell::{Gone, Shell};

/// Where a flow is.
type Place = Path<(String, String)>;

pub async fn page(Path((_, flow)): Place, shell: Shell) -> Page {
    let at = part(&flow);
    let (shell, told) = shell.get(&format!("/flows/{at}")).await?;
    let (shell, runs) = shell.get(&format!("/runs?flow={at}&limit=20")).await?;
    let (shell, schedules) = shell.get("/schedules?times=5").await?;
    let schedule =
        schedules["items"].as_array().into_iter().flatten().find(|one| one["flow"] == flow.as_str()).cloned();
    let given = json!({ "flow": told, "history": runs["items"], "schedule": schedule });
    Ok(shell.page("flow.html", "flows", given))
}

/// The picture, which its page shows as an image.
pub async fn picture(Path((_, flow)): Place, shell: Shell) -> Result<Response, Gone> {
    let path = format!("{}/flows/{}/picture", shell.api, part(&flow));
    let picture = match shell.ask.text(&path).await {
        Ok(picture) => picture,
        Err(wrong) => return Err(shell.refused(wrong)),
    };
    // Its style sheet stands within it, and nothing else may.
    let policy =
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");
    let kind = HeaderValue::from_static("image/svg+xml");
    Ok(([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy)], picture).into_response())
}

/// Turns it on or off, or runs it.
pub async fn act(
    Path((project, flow)): Place,
    shell: Shell,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let at = format!("{}/flows/{}", shell.api, part(&flow));
    let page = format!("/p/{}/flows/{}", part(&project), part(&flow));
    let deed = form.iter().find(|(name, _)| name == "do").map(|(_, deed)| deed.as_str()).unwrap_or_default();
    let done = match deed {
        "on" | "off" => shell.ask.post(&format!("{at}/{deed}"), &json!({})).await.map(|_| page),
        _ => {
            let inputs = shell.ask.get(&at).await.map(|flow| inputs(&flow, &form));
            match inputs {
                Ok(inputs) => {
                    shell.ask.post(&format!("{at}/runs"), &json!({ "inputs": inputs })).await.map(|run| {
                        format!(
                            "/p/{}/runs/{}",
                            part(&project),
                            part(run["run"].as_str().unwrap_or_default())
                        )
                    })
                }
                Err(wrong) => Err(wrong),
            }
        }
    };
    match done {
        Ok(there) => Ok(Redirect::to(&there).into_response()),
        Err(wrong) => Err(shell.refused(wrong)),
    }
}

/// What a form gives as inputs: what is left empty is not given; what is neither text nor a date is written as JSON.
fn inputs(flow: &Value, form: &[(String, String)]) -> Map<String, Value> {
    let declared = flow["inputs"].as_array().into_iter().flatten();
    let given = declared.filter_map(|input| {
        let name = input["name"].as_str()?;
        let text =
            form.iter().find(|(key, _)| key.strip_prefix("input.") == Some(name)).map(|(_, text)| text)?;
        if text.is_empty() {
            return None;
        }
        let is_text = matches!(input["type"].as_str(), Some("text" | "date & time" | "secret"));
        let value = match is_text {
            true => Value::from(text.as_str()),
            false => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
        };
        Some((name.to_owned(), value))
    });
    given.collect()
}
