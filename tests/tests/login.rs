//! Logging in by a person: `connections add` and `login` over a browser, and refresh tokens that are good once, which several runs share.
//!
//! The server is one of RFC 6749 that replaces refresh tokens and, as RFC 9700 (4.14.2) advises, ends everything when an old one is used again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun::Surroundings;
use flowrun_tests::{Ran, in_surroundings, surroundings};
use serde_json::json;

/// The refresh token that is good now ends in this number.
#[derive(Default)]
struct Issued {
    number: u32,
    refreshed: u32,
    reused: bool,
    calls: u32,
}

type Server = Arc<Mutex<Issued>>;

fn refresh_token(number: u32) -> String {
    format!("rt-8xLOxBtZp8Q2vKjT4m-{number}")
}

/// Starts the server; gives its address.
fn serve(server: &Server) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/api/users", get(users))
        .with_state(server.clone());
    std::thread::spawn(move || {
        listener.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

async fn authorize(Query(asked): Query<BTreeMap<String, String>>) -> Redirect {
    assert_eq!((&*asked["response_type"], &*asked["code_challenge_method"]), ("code", "S256"));
    Redirect::to(&format!("{}?code=SplxlOBeZQQYbYS6WxSbIA&state={}", asked["redirect_uri"], asked["state"]))
}

async fn token(State(server): State<Server>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let mut issued = server.lock().unwrap();
    match &*form["grant_type"] {
        "authorization_code" => issued.reused = false,
        _ if form["refresh_token"] == refresh_token(issued.number) && !issued.reused => issued.refreshed += 1,
        _ => {
            issued.reused = true;
            // Quotes what it was sent.
            let quoted = format!("{} was used already", form["refresh_token"]);
            let body = json!({ "error": "invalid_grant", "error_description": quoted });
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    }
    issued.number += 1;
    let body = json!({
        "access_token": format!("at-Vb7KqYw2RmXz5TnD-{}", issued.number),
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": refresh_token(issued.number),
    });
    Json(body).into_response()
}

async fn users(State(server): State<Server>, headers: HeaderMap) -> Response {
    server.lock().unwrap().calls += 1;
    let given = headers["authorization"].to_str().unwrap().to_owned();
    assert!(given.starts_with("Bearer at-"));
    Json(json!({ "quoted": given })).into_response()
}

/// What a browser does: follows the redirect back to this machine.
fn browse(url: &str) {
    let answer = fetch(url);
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(fetch(location).contains("You can close this page"));
}

fn fetch(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Runs a command in a folder of its own that has a project and a connections file.
fn flowrun(folder: &Path, args: &[&str]) -> Ran {
    let env = [("XDG_CONFIG_HOME", folder.join("config")), ("XDG_STATE_HOME", folder.join("state"))];
    let env = env.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    // Another connection, which stands nowhere else.
    let other = ["BASE_URL=https://a.example.com", "AUTH=authorization_code"].map(|setting| {
        let (name, value) = setting.split_once('=').unwrap();
        (format!("OTHER_{name}"), value.to_owned())
    });
    let open = |url: &str| {
        let url = url.to_owned();
        std::thread::spawn(move || browse(&url));
    };
    let surroundings = Surroundings {
        env: env.into_iter().chain(other).collect(),
        open: Some(Arc::new(open)),
        ..surroundings()
    };
    in_surroundings(args, &surroundings)
}

#[test]
fn a_person_logs_in_once_and_runs_share_what_comes_of_it() {
    let server = Server::default();
    let address = serve(&server);
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("flowrun.yaml"), "name: CRM\nconnections: { crm: api_connector }\n").unwrap();
    let flow = "name: Users\noutputs: { users: any }\ncards:\n  - { id: get, card: api_connector.get, connection: crm, with: { url: /users } }\n  - { card: flow_control.return, with: { users: $.get.body } }\n";
    fs::write(project.join("users.yaml"), flow).unwrap();
    let project = project.display().to_string();
    let users = format!("{project}/users.yaml");

    let settings = [
        format!("base_url={address}/api"),
        format!("authorize_url={address}/authorize"),
        format!("token_url={address}/token"),
    ];
    let mut add = vec![
        "connections",
        "add",
        "crm",
        "--project",
        &project,
        "auth=authorization_code",
        "client_id=flowrun",
    ];
    add.extend(settings.iter().map(|setting| &**setting));
    let added = flowrun(folder.path(), &add);
    assert_eq!(added.code, 0, "{}{}", added.stdout, added.stderr);
    let file = folder.path().join("config/flowrun/connections.yaml");
    let kept = |number| {
        fs::read_to_string(&file).unwrap().contains(&format!("refresh_token: \"{}\"", refresh_token(number)))
    };
    assert!(kept(1), "{}", fs::read_to_string(&file).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    // Four at the same time: each uses the token that the one before has left.
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    flowrun(folder.path(), &[&users, "--live", "--json", "--trace", "--no-journal"])
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for ran in &ran {
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
    let (refreshed, reused, calls) = {
        let issued = server.lock().unwrap();
        (issued.refreshed, issued.reused, issued.calls)
    };
    assert_eq!((refreshed, reused, calls), (4, false, 4));
    assert!(kept(5), "{}", fs::read_to_string(&file).unwrap());

    // Somebody else has used the token: log in again.
    server.lock().unwrap().number = 17;
    let failed = flowrun(folder.path(), &[&users, "--live"]);
    assert_eq!(failed.code, 1, "{}{}", failed.stdout, failed.stderr);
    assert!(failed.stderr.contains("flowrun connections login"), "{}", failed.stderr);
    let again = flowrun(folder.path(), &["connections", "login", "crm", "--project", &project]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    assert!(kept(18));
    let other = flowrun(folder.path(), &["connections", "login", "other", "--connector", "api_connector"]);
    assert!(other.code == 2 && other.stderr.contains("has no connection `other`"), "{}", other.stderr);
    let listed = flowrun(folder.path(), &["connections", &project]);
    assert!(listed.stdout.contains("authorization_code"), "{}", listed.stdout);

    for ran in ran.iter().chain([&added, &failed, &again, &listed]) {
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!told.contains("8xLOxBtZp8Q2") && !told.contains("Vb7KqYw2RmXz5TnD"), "{told}");
    }
    let audits = walk(folder.path().join("state"));
    assert!(audits.iter().all(|text| !text.contains("8xLOxBtZp8Q2") && !text.contains("Vb7KqYw2RmXz5TnD")));
    assert!(!audits.is_empty());
}

/// All files of a folder.
fn walk(folder: std::path::PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(path)
            } else {
                vec![String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()]
            }
        })
        .collect()
}
