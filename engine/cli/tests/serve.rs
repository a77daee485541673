//! The binary as a service: told to end by SIGTERM while a vendor has not answered yet, and what strangers reach of it.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tempfile::TempDir;

/// A vendor that answers when the test says so.
struct Vendor {
    url: String,
    asked: Receiver<(String, TcpStream)>,
}

impl Vendor {
    fn new() -> Vendor {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, asked) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    continue;
                }
                let path = line.split(' ').nth(1).unwrap().to_owned();
                // The rest of the request is read, so that no answer is lost for its being there.
                let mut length = 0;
                loop {
                    let mut header = String::new();
                    reader.read_line(&mut header).unwrap();
                    if let Some(given) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = given.trim().parse().unwrap();
                    }
                    if header.trim().is_empty() {
                        break;
                    }
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
                if sender.send((path, stream)).is_err() {
                    return;
                }
            }
        });
        Vendor { url, asked }
    }

    /// The next request, once it is there.
    fn next(&self) -> (String, TcpStream) {
        self.asked.recv().unwrap()
    }
}

fn answer(mut stream: TcpStream, body: &str) {
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
}

/// `flowrun serve`, which ends with its owner.
struct Service {
    process: Child,
    /// What it says of addresses, by the beginnings of its lines.
    said: BTreeMap<&'static str, String>,
}

const LINES: [&str; 4] = ["  order: ", "listening at ", "listening for ", "sign in within "];

impl Service {
    fn new(folder: &Path, more: &[&str]) -> Service {
        let mut process = Command::new(env!("CARGO_BIN_EXE_flowrun"))
            .args(["serve", "flows", "--state", "state", "--port", "0", "--public", "127.0.0.1:0"])
            .args(["--log", "off"])
            .args(more)
            .current_dir(folder)
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (mut said, mut all) = (BTreeMap::new(), String::new());
        while said.len() < LINES.len() {
            let Some(line) = lines.next() else { panic!("it ended: {all}") };
            let line = line.unwrap();
            let address = line.split(' ').find(|word| word.starts_with("http://localhost:"));
            let begins = LINES.into_iter().find(|begins| line.starts_with(begins));
            if let (Some(begins), Some(address)) = (begins, address) {
                said.insert(begins, address.to_owned());
            }
            all += &format!("{line}\n");
        }
        // What else it says must find somebody who reads.
        thread::spawn(move || lines.for_each(drop));
        Service { process, said }
    }

    fn inside(&self) -> &str {
        &self.said["listening at "]
    }

    fn outside(&self) -> &str {
        &self.said["listening for "]
    }

    /// What is counted, for whoever started it.
    fn metrics(&self) -> String {
        let signed_in = asked("GET", &self.said["sign in within "], "").unwrap().1;
        let cookie = signed_in.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let url = format!("{}/metrics", self.inside());
        asked("GET", &url, &format!("Cookie: {cookie}\r\n")).unwrap().1
    }

    fn order(&self) -> &str {
        &self.said["  order: "]
    }

    fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    fn ended(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status and the whole of an answer; nothing where nobody listens any more.
fn asked(method: &str, url: &str, header: &str) -> Option<(u16, String)> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).ok()?;
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close");
    write!(stream, "{head}\r\nContent-Length: 0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some((answer.get(9..12)?.parse().ok()?, answer))
}

fn get(url: &str) -> u16 {
    asked("GET", url, "").unwrap().0
}

/// A flow that orders two things, one after the other.
fn project(vendor: &Vendor) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let flows = folder.path().join("flows");
    fs::create_dir(&flows).unwrap();
    let manifest =
        format!("connections: {{ shop: {{ connector: api_connector, base_url: {} }} }}\n", vendor.url);
    fs::write(flows.join("flowrun.yaml"), manifest).unwrap();
    let flow = "trigger: { api_endpoint: { security: public, rate: 1000 } }
outputs: { number: text }
cards:
  - { id: first, card: api_connector.post, connection: shop, with: { url: /first, body: {} } }
  - { id: second, card: api_connector.post, connection: shop, with: { url: /second, body: {} } }
  - { card: flow_control.return, with: { number: $.second.body.number } }
";
    fs::write(flows.join("order.yaml"), flow).unwrap();
    folder
}

const LATER: &str = "Prefer: respond-async\r\n";

/// The part of an answer after a mark, up to the next quote.
fn after<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {text}")).1.split('"').next().unwrap()
}

#[test]
fn what_is_under_way_at_sigterm_ends_and_is_not_asked_twice() {
    let vendor = Vendor::new();
    let folder = project(&vendor);
    let service = Service::new(folder.path(), &[]);
    let (status, said) = asked("POST", service.order(), LATER).unwrap();
    assert_eq!(status, 202, "{said}");
    let run = after(&said, r#""execution_id":""#).to_owned();
    let (path, first) = vendor.next();
    assert_eq!(path, "/first");
    service.terminate();
    let ready = format!("{}/readyz", service.inside());
    while get(&ready) != 503 {}
    // It takes nothing new, says so, and still tells how things stand.
    let (status, refused) = asked("POST", service.order(), LATER).unwrap();
    assert_eq!((status, refused.to_ascii_lowercase().contains("retry-after: 5")), (503, true), "{refused}");
    assert_eq!(get(&format!("{}/livez", service.inside())), 200);
    answer(first, r#"{ "number": "A-1" }"#);
    assert!(service.ended().success());
    assert!(vendor.asked.try_recv().is_err(), "what comes next is for the next start");

    let service = Service::new(folder.path(), &[]);
    let (path, second) = vendor.next();
    assert_eq!(path, "/second", "the first is not asked for again");
    answer(second, r#"{ "number": "A-2" }"#);
    let status = service.order().replace("/invoke", &format!("/status/{run}"));
    while !asked("GET", &status, "").unwrap().1.contains(r#""status":"done""#) {}
    assert!(vendor.asked.try_recv().is_err());
}

#[test]
fn whoever_waits_is_answered_before_it_ends() {
    let vendor = Vendor::new();
    let folder = project(&vendor);
    let service = Service::new(folder.path(), &[]);
    let order = service.order().to_owned();
    let caller = thread::spawn(move || asked("POST", &order, "").unwrap());
    let (_, first) = vendor.next();
    service.terminate();
    let ready = format!("{}/readyz", service.inside());
    while get(&ready) != 503 {}
    answer(first, r#"{ "number": "A-1" }"#);
    let (path, second) = vendor.next();
    assert_eq!(path, "/second");
    answer(second, r#"{ "number": "A-2" }"#);
    let (status, said) = caller.join().unwrap();
    assert!(status == 200 && said.ends_with(r#"{"number":"A-2"}"#), "{said}");
    assert!(service.ended().success());
}

// An answer that is kept under a key waits for whoever asks again: that may be at the next service.
#[test]
fn nobody_who_has_gone_keeps_it_from_ending() {
    let vendor = Vendor::new();
    let folder = project(&vendor);
    let service = Service::new(folder.path(), &["--grace", "3600"]);
    let key = "Idempotency-Key: one\r\n";
    let (status, said) = asked("POST", service.order(), &format!("{LATER}{key}")).unwrap();
    assert_eq!(status, 202, "{said}");
    let run = after(&said, r#""execution_id":""#).to_owned();
    let (_, first) = vendor.next();
    service.terminate();
    let ready = format!("{}/readyz", service.inside());
    while get(&ready) != 503 {}
    answer(first, "{}");
    assert!(service.ended().success());

    let service = Service::new(folder.path(), &[]);
    let (path, second) = vendor.next();
    assert_eq!(path, "/second");
    answer(second, r#"{ "number": "A-2" }"#);
    let status = service.order().replace("/invoke", &format!("/status/{run}"));
    while !asked("GET", &status, "").unwrap().1.contains(r#""status":"done""#) {}
    // Until the answer is on the disk nobody is told it.
    let (status, said) = loop {
        let (status, said) = asked("POST", service.order(), key).unwrap();
        if status != 409 && status != 429 {
            break (status, said);
        }
    };
    assert!(status == 200 && said.contains(&run) && said.ends_with(r#"{"number":"A-2"}"#), "{said}");
}

#[test]
fn a_second_signal_and_the_end_of_the_grace_end_it_at_once() {
    let vendor = Vendor::new();
    let folder = project(&vendor);
    let service = Service::new(folder.path(), &["--grace", "3600"]);
    asked("POST", service.order(), LATER).unwrap();
    let (_, first) = vendor.next();
    service.terminate();
    let ready = format!("{}/readyz", service.inside());
    while get(&ready) != 503 {}
    service.terminate();
    // As whatever SIGINT and SIGTERM interrupt.
    assert_eq!(service.ended().code(), Some(130));
    drop(first);

    // What became of the first nobody can say, so that it is asked a person and nothing is sent again.
    let service = Service::new(folder.path(), &["--grace", "0"]);
    let (status, said) = asked("POST", service.order(), LATER).unwrap();
    assert_eq!(status, 202, "{said}");
    let (path, _unanswered) = vendor.next();
    assert_eq!(path, "/first");
    service.terminate();
    assert!(service.ended().success());
}

// What is served to strangers is what the issue lists; all else is there only at the other address.
#[test]
fn strangers_reach_endpoints_hooks_and_links_and_nothing_else() {
    let vendor = Vendor::new();
    let folder = project(&vendor);
    let service = Service::new(folder.path(), &[]);
    assert!(
        service.order().starts_with(service.outside()),
        "addresses that are told lead to the public door"
    );
    let at = |base: &str, path: &str| get(&format!("{base}{path}"));
    let (inside, outside) = (service.inside(), service.outside());
    for path in [
        "/api/v1/openapi.json",
        "/api/v1/projects",
        "/api/v1/events",
        "/auth/local",
        "/auth/me",
        "/metrics",
        "/livez",
        "/readyz",
        "/",
    ] {
        assert_eq!(at(outside, path), 404, "{path}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(at(inside, path), 200, "{path}");
    }
    for path in ["/metrics", "/api/v1/projects"] {
        assert_eq!(at(inside, path), 401, "{path}");
    }
    // Both know endpoints, hooks and links: what does not fit is refused by them.
    for base in [inside, outside] {
        let alias = service.order().split("/api/flo/").nth(1).unwrap();
        let url = format!("{base}/api/flo/{alias}");
        assert_eq!(asked("PUT", &url, "").unwrap().0, 405);
        assert_eq!(asked("POST", &format!("{base}/hooks/okta/hr"), "").unwrap().0, 401);
        let link = asked("GET", &format!("{base}/r/abc.def"), "").unwrap();
        assert!(link.0 == 404 && link.1.contains("<html"), "{}", link.1);
    }
    // Requests are counted by the patterns of their paths, at both doors; what is nowhere has none.
    let text = service.metrics();
    for (method, route, status, times) in [
        ("PUT", "/api/flo/{alias}/invoke", 405, 2),
        ("POST", "/hooks/okta/{name}", 401, 2),
        ("GET", "/r/{token}", 404, 2),
        ("GET", "/livez", 200, 1),
        ("GET", "/metrics", 401, 1),
    ] {
        let labels = format!(
            r#"http_request_method="{method}",http_route="{route}",http_response_status_code="{status}",url_scheme="http""#
        );
        let line = format!("http_server_request_duration_seconds_count{{{labels}}} {times}");
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
}
