//! Tokens, and who has been here.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::page::page;
use super::route::{Call, Kind, Param, Reply, Route, Shape};
use crate::people::{NewToken, Problem, Right};

pub const ROUTES: &[Route] = &[
    Route::get(
        Right::ManagePeople,
        "/api/v1/tokens",
        "The tokens there are, without their secrets.",
        |call| Box::pin(tokens(call)),
    )
    .gives(Shape::Page(&["id", "name"])),
    Route::post(Right::ManagePeople, "/api/v1/tokens", "Makes a token, which is shown this once.", |call| {
        Box::pin(make(call))
    })
    .body(&[
        Param::new("name", Kind::Text(100), "What it is for.").must(),
        Param::new("may", Kind::List, "What it may do: rights, and within what they hold.").must(),
        Param::new("ends", Kind::Date, "When it ends to hold."),
    ])
    .answers(201, Shape::One(&["token", "id", "name"])),
    Route::delete(Right::ManagePeople, "/api/v1/tokens/{token}", "Takes a token back.", |call| {
        Box::pin(revoke(call))
    }),
    Route::get(Right::ManagePeople, "/api/v1/people", "Who has signed in here, and when last.", |call| {
        Box::pin(people(call))
    })
    .gives(Shape::Page(&["id", "name"])),
];

fn items<T: serde::Serialize>(all: Vec<T>) -> Reply {
    let all = all.iter().map(|one| (String::new(), serde_json::to_value(one).unwrap_or_default())).collect();
    Reply::Json(page(all, usize::MAX))
}

async fn tokens(call: Call) -> Result<Reply, Problem> {
    call.api.people.tokens(&call.caller).map(items)
}

async fn people(call: Call) -> Result<Reply, Problem> {
    call.api.people.visitors(&call.caller).map(items)
}

async fn make(call: Call) -> Result<Reply, Problem> {
    let ends_ms = call.said("ends").and_then(super::route::moment).map(|us| us / 1000);
    let may = call.body.get("may").cloned().unwrap_or_default();
    let may = serde_json::from_value(may).map_err(|error| Problem::request(&format!("`may`: {error}")))?;
    let name = call.said("name").unwrap_or_default().to_owned();
    let (secret, info) = call.api.people.make_token(&call.caller, NewToken { name, may, ends_ms }).await?;
    let mut told = serde_json::to_value(&info).unwrap_or_else(|_| json!({}));
    told["token"] = Value::from(secret);
    Ok(Reply::Status(StatusCode::CREATED, told))
}

async fn revoke(call: Call) -> Result<Reply, Problem> {
    call.api.people.revoke_token(&call.caller, call.part("token")).await?;
    Ok(Reply::Nothing)
}
