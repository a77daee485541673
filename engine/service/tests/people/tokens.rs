//! API tokens.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use flowrun_service::people::{Caller, NewToken, Problem, TokenInfo};
use flowrun_store::{Notes, Store};
use serde_json::{Value, json};

use crate::browser::detail;
use crate::sign_in::caller;
use crate::world::{START_MS, World, settings};

fn new(more: Value) -> NewToken {
    let mut whole = json!({ "name": "ci", "may": [{ "rights": ["run"], "within": { "folder": "hr" } }] });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

async fn run(world: &World, token: &str) -> axum::http::Response<axum::body::Bytes> {
    let request = Request::post("/run").header("host", "flows.example.com");
    let request = request.header("authorization", format!("Bearer {token}"));
    world.send(request.body(Body::empty()).unwrap(), "192.0.2.20").await
}

async fn admin(world: &World) -> Caller {
    caller(world, &mut world.admin().await).await
}

#[tokio::test]
async fn a_token_is_shown_once_and_does_what_it_may() {
    let world = World::new();
    let admin = admin(&world).await;
    let (secret, made) = world.people.make_token(&admin, new(json!({}))).await.unwrap();
    // 32 bytes in base64url have 43 letters.
    assert!(secret.starts_with("fr_") && secret.len() == 46, "{secret}");
    assert_eq!((made.name.as_str(), made.made_by.as_str(), made.used_ms), ("ci", "ada@example.com", None));
    let response = run(&world, &secret).await;
    assert_eq!(response.body(), format!("token ci ({})", made.id).as_bytes());
    let notes = world.store.notes(&Notes::of("token")).unwrap();
    let written = format!("{notes:?}{}", String::from_utf8_lossy(&notes[0].body));
    assert!(!written.contains(&secret[3..]), "{written}");
    assert!(!serde_json::to_string(&world.people.tokens(&admin).unwrap()).unwrap().contains(&secret[3..]));

    // Elsewhere it may nothing, and after a restart the same.
    let (other, _) = world
        .people
        .make_token(&admin, new(json!({ "may": [{ "rights": ["run"], "within": { "flow": "it/reset" } }] })))
        .await
        .unwrap();
    let response = run(&world, &other).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        detail(&response),
        "you may not run flows at hr/leavers: rights are given under `access` in the service's settings"
    );
    let world = world.again(settings());
    assert_eq!(run(&world, &secret).await.status(), StatusCode::OK);
    assert_eq!(run(&world, &secret[..45]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(run(&world, &format!("{secret}x")).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_ends_when_it_says_and_when_it_is_taken_back() {
    let world = World::new();
    let admin = admin(&world).await;
    let (secret, _) =
        world.people.make_token(&admin, new(json!({ "ends_ms": START_MS + 60_000 }))).await.unwrap();
    let (other, made) = world.people.make_token(&admin, new(json!({}))).await.unwrap();
    world.pass(Duration::from_millis(59_999)).await;
    assert_eq!(run(&world, &secret).await.status(), StatusCode::OK);
    world.pass(Duration::from_millis(1)).await;
    let response = run(&world, &secret).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(run(&world, &other).await.status(), StatusCode::OK);
    for wrong in ["", &made.id[..15], &made.id[..1]] {
        let gone = world.people.revoke_token(&admin, wrong).await;
        assert!(gone.is_err_and(|problem| problem.status == StatusCode::NOT_FOUND), "{wrong}");
    }
    assert_eq!(world.people.revoke_token(&admin, &made.id).await.unwrap().id, made.id);
    assert_eq!(run(&world, &other).await.status(), StatusCode::UNAUTHORIZED);
    let world = world.again(settings());
    assert_eq!(run(&world, &other).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn that_a_token_is_used_is_written_once_a_minute() {
    let world = World::new();
    let admin = admin(&world).await;
    let (secret, _) = world.people.make_token(&admin, new(json!({}))).await.unwrap();
    let before = world.store.newest();
    for (wait, used_ms) in
        [(0, START_MS), (59_999, START_MS), (1, START_MS + 60_000), (30_000, START_MS + 60_000)]
    {
        world.pass(Duration::from_millis(wait)).await;
        run(&world, &secret).await;
        let kept: Vec<TokenInfo> = world.people.tokens(&admin).unwrap();
        assert_eq!(kept[0].used_ms, Some(used_ms));
    }
    assert_eq!(world.store.newest().0 - before.0, 2);
}

#[tokio::test]
async fn nobody_makes_a_token_that_may_more_than_they() {
    let world = World::new();
    let ada = caller(&world, &mut world.ada().await).await;
    let admin = admin(&world).await;
    let everything = json!([{ "rights": ["manage_people", "run"], "within": "everywhere" }]);
    let day = START_MS + 86_400_000;
    let short = new(json!({ "may": everything, "ends_ms": day }));
    let (secret, short) = world.people.make_token(&admin, short).await.unwrap();
    let short = Caller::Token(std::sync::Arc::new(short));
    assert_eq!(run(&world, &secret).await.status(), StatusCode::OK);
    let refused = |made: Result<(String, TokenInfo), Problem>| {
        made.err().map(|problem| (problem.status.as_u16(), problem.detail))
    };
    let table = [
        (&Caller::Anonymous, json!({}), Some((401, "sign in"))),
        (&ada, json!({}), Some((403, "you may not give tokens"))),
        (
            &admin,
            json!({ "may": [{ "rights": ["see_data"], "within": "everywhere" }] }),
            Some((403, "does not have")),
        ),
        (&admin, json!({ "may": [] }), Some((400, "needs rights"))),
        (&admin, json!({ "may": [{ "rights": [], "within": "everywhere" }] }), Some((400, "needs rights"))),
        (&admin, json!({ "name": " " }), Some((400, "`name`"))),
        (&admin, json!({ "name": "a\nb" }), Some((400, "`name`"))),
        (&admin, json!({ "ends_ms": START_MS }), Some((400, "before it begins"))),
        (&short, json!({}), Some((403, "lasts longer than itself"))),
        (&short, json!({ "ends_ms": day + 1 }), Some((403, "lasts longer than itself"))),
        (
            &short,
            json!({ "ends_ms": day, "may": [{ "rights": ["edit_flows"], "within": { "folder": "hr" } }] }),
            Some((403, "does not have")),
        ),
        (&short, json!({ "ends_ms": day }), None),
    ];
    for (maker, asked, expected) in table {
        let found = refused(world.people.make_token(maker, new(asked.clone())).await);
        match (&found, expected) {
            (None, None) => {}
            (Some((status, detail)), Some((wanted, part))) if *status == wanted && detail.contains(part) => {}
            _ => panic!("{asked}: {found:?}"),
        }
    }
    for (asker, status) in [(&Caller::Anonymous, 401), (&ada, 403)] {
        assert_eq!(world.people.tokens(asker).unwrap_err().status.as_u16(), status);
        assert_eq!(world.people.revoke_token(asker, "x").await.unwrap_err().status.as_u16(), status);
        assert_eq!(world.people.visitors(asker).unwrap_err().status.as_u16(), status);
        assert_eq!(world.people.end_sessions(asker, "local", "x").await.unwrap_err().status.as_u16(), status);
    }
}
