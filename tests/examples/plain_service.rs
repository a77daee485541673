//! An endpoint as one would write it by hand: it reads two numbers and answers their sum, and keeps nothing.
//!
//!     cargo run --release -p flowrun-tests --example plain_service

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

async fn add(Json(given): Json<Value>) -> Json<Value> {
    Json(json!({ "sum": given["a"].as_f64().unwrap_or(0.0) + given["b"].as_f64().unwrap_or(0.0) }))
}

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening at http://{}", listener.local_addr().unwrap());
    axum::serve(listener, Router::new().route("/add", post(add))).await.unwrap();
}
