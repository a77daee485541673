//! Certificates, proxies and redirects, over TCP and TLS on loopback.

mod servers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use flowrun_core::fault::Fault;
use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_kit::address::Base;
use flowrun_kit::auth::{Auth, Credential};
use flowrun_kit::call::Call;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::errand::Errand;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_kit::line::{Line, Vendor};
use secrecy::SecretString;
use servers::{Age, Authority, Proxy, Server};

const ACME: Vendor = Vendor {
    name: "Acme",
    bucket: |_, _| "requests",
    throttle: |_| Duration::from_secs(1),
    explain: |_| None,
    token_refused: |_| false,
    refused: "",
    forbidden: |_| "".into(),
    absent: |_| None,
    unreachable: "check the network",
    request_id: "x-request-id",
};

/// A network that trusts the authority too.
fn trusting(authority: &Authority) -> (Network, tempfile::NamedTempFile) {
    let file = authority.file();
    (Network { ca_file: Some(file.path().to_owned()), ..Network::default() }, file)
}

async fn get(network: &Network, url: &str) -> Result<Response, TransportError> {
    let request =
        Request { method: Method::GET, url: url.to_owned(), headers: HeaderMap::new(), body: Bytes::new() };
    HttpTransport::new(network).unwrap().send(request, Limits::default()).await
}

/// What a flow would be told: a client with a credential asks `base` for `path`.
async fn ask(network: &Network, base: &str, call: Call) -> Result<u16, Fault> {
    let transport = Arc::new(HttpTransport::new(network).unwrap());
    let means = Means::new(transport, Clock::starting_at(0, 1.0));
    let credential = Credential::scheme("Bearer", &SecretString::from("hunter2")).unwrap();
    let line = Line::new(ACME, Base::parse(base).unwrap(), &means).auth(Auth::Fixed(credential));
    let errand = Errand::new(Arc::default(), call.does(), Duration::from_secs(3600));
    line.open().on(&Arc::new(errand)).send(call).await.map(|reply| reply.status)
}

fn told(fault: &Fault) -> String {
    format!("{}; {}", fault.message, fault.help.as_deref().unwrap_or("no help"))
}

#[tokio::test]
async fn an_unknown_authority_is_refused_until_its_certificate_is_given() {
    let authority = Authority::new();
    let server = Server::encrypted(&authority, "localhost", Age::Valid, None).await;
    let base = format!("https://localhost:{}", server.port());
    let refused = ask(&Network::default(), &base, Call::get("/x")).await.unwrap_err();
    assert_eq!(
        told(&refused),
        format!(
            "no connection to localhost:{} for Acme: its certificate is from an authority that this machine does not know; \
             if your network has an authority of its own, give its certificate: --ca-file, or FLOWRUN_CA_FILE",
            server.port()
        )
    );
    let (other, _file) = trusting(&Authority::new());
    assert!(ask(&other, &base, Call::get("/x")).await.is_err());
    assert_eq!(server.heard(), [""; 0], "nothing may be sent to whom nobody trusts");

    let (network, _file) = trusting(&authority);
    assert_eq!(ask(&network, &base, Call::get("/x")).await, Ok(200));
    assert_eq!(server.heard(), ["GET /x, Bearer hunter2"]);
}

#[tokio::test]
async fn bad_certificates_are_refused_and_explained() {
    let authority = Authority::new();
    let (network, _file) = trusting(&authority);
    let cases = [
        ("localhost", Age::Expired, "its certificate has expired; check this machine's date"),
        ("localhost", Age::NotYetValid, "its certificate is not valid yet; check this machine's date"),
        ("acme.test", Age::Valid, "its certificate is for acme.test, not for localhost; check the address"),
    ];
    for (host, age, expected) in cases {
        let server = Server::encrypted(&authority, host, age, None).await;
        let base = format!("https://localhost:{}", server.port());
        let refused = told(&ask(&network, &base, Call::get("/x")).await.unwrap_err());
        assert!(refused.contains(expected), "{refused}");
        assert_eq!(server.heard(), [""; 0], "{host}");
    }
}

#[tokio::test]
async fn a_port_without_tls_is_explained() {
    let server = Server::plain(None).await;
    let base = format!("https://localhost:{}", server.port());
    let refused = told(&ask(&Network::default(), &base, Call::get("/x")).await.unwrap_err());
    assert!(refused.contains("does not speak TLS at this port; check the port"), "{refused}");
    assert_eq!(server.heard(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_passes_on_what_it_cannot_read() {
    let authority = Authority::new();
    let server = Server::encrypted(&authority, "acme.test", Age::Valid, None).await;
    let proxy = Proxy::answering("200 Connection established", server.address).await;
    let (trusting, _file) = trusting(&authority);
    let address = format!("http://ada:lovelace@{}", proxy.address);
    let network = Network { https_proxy: Some(address.into()), ..trusting };

    assert_eq!(ask(&network, "https://acme.test", Call::get("/x?secret=1")).await, Ok(200));
    assert_eq!(server.heard(), ["GET /x, Bearer hunter2"]);
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("CONNECT acme.test:443 HTTP/1.1\r\n"), "{asked:?}");
    // `ada:lovelace`
    assert!(asked[0].to_lowercase().contains("proxy-authorization: basic ywrhomxvdmvsywnl"), "{asked:?}");
    assert!(!asked[0].contains("hunter2") && !asked[0].contains("secret"), "{asked:?}");
}

#[tokio::test]
async fn this_machine_and_the_hosts_of_no_proxy_are_reached_without_one() {
    let authority = Authority::new();
    let server = Server::encrypted(&authority, "localhost", Age::Valid, None).await;
    let proxy = Proxy::answering("200 OK", server.address).await;
    let (trusting, _file) = trusting(&authority);
    let address = format!("http://{}", proxy.address);
    let network = Network {
        https_proxy: Some(address.clone().into()),
        http_proxy: Some(address.into()),
        no_proxy: Some("example.com, 0.0.0.0".to_owned()),
        ..trusting
    };
    let local = get(&network, &format!("https://localhost:{}/", server.port())).await;
    assert_eq!(local.unwrap().status.as_u16(), 200);
    let plain = Server::plain(None).await;
    let local = get(&network, &format!("http://127.0.0.1:{}/", plain.port())).await;
    assert_eq!(local.unwrap().status.as_u16(), 200);

    // 0.0.0.0 leads to this machine too, but is no name for it.
    let any = Server::encrypted(&authority, "0.0.0.0", Age::Valid, None).await;
    let url = format!("https://0.0.0.0:{}/", any.port());
    assert_eq!(get(&network, &url).await.unwrap().status.as_u16(), 200);
    assert_eq!(proxy.asked(), [""; 0]);
    let through = Network { no_proxy: None, ..network };
    assert!(get(&through, &url).await.is_err(), "the proxy leads to a server of another name");
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_explained_without_its_password() {
    let server = Server::plain(None).await;
    let cases = [
        ("407 Proxy Authentication Required", "the proxy wants a name and a password (407)"),
        ("403 Forbidden", "the proxy refuses to connect to it"),
    ];
    for (status, expected) in cases {
        let proxy = Proxy::answering(status, server.address).await;
        let address = format!("http://ada:lovelace@{}", proxy.address);
        let network = Network { https_proxy: Some(address.into()), ..Network::default() };
        let refused = told(&ask(&network, "https://acme.test", Call::get("/x")).await.unwrap_err());
        assert!(refused.starts_with("no connection to acme.test for Acme: "), "{refused}");
        assert!(refused.contains(expected) && !refused.contains("lovelace"), "{refused}");
        assert_eq!(proxy.asked().len(), 1, "what the proxy refuses is not tried again");
        assert!(!format!("{network:?}").contains("lovelace"));
    }
    assert_eq!(server.heard(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://ada:lovelace@{}", free.local_addr().unwrap());
    drop(free);
    let network = Network { https_proxy: Some(address.into()), ..Network::default() };
    let error = get(&network, "https://acme.test/").await.unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error}");
    let told = error.to_string();
    assert!(told.contains("the proxy can't be reached") && !told.contains("lovelace"), "{told}");
}

#[tokio::test]
async fn no_credential_follows_a_redirect_to_another_host() {
    let authority = Authority::new();
    let (network, _file) = trusting(&authority);
    let other = Server::encrypted(&authority, "localhost", Age::Valid, None).await;
    let plain = Server::plain(None).await;
    let elsewhere = [
        format!("https://localhost:{}/caught", other.port()),
        // From TLS to none.
        format!("http://localhost:{}/caught", plain.port()),
        format!("//localhost:{}/caught", other.port()),
    ];
    for elsewhere in elsewhere {
        let server = Server::encrypted(&authority, "localhost", Age::Valid, Some(elsewhere.clone())).await;
        let base = format!("https://localhost:{}", server.port());
        let refused = told(&ask(&network, &base, Call::get("/moved")).await.unwrap_err());
        assert!(refused.contains("localhost"), "{elsewhere}: {refused}");
        assert_eq!(server.heard(), ["GET /moved, Bearer hunter2"], "{elsewhere}");
    }
    assert_eq!(other.heard(), [""; 0]);
    assert_eq!(plain.heard(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed_when_reading() {
    let authority = Authority::new();
    let (network, _file) = trusting(&authority);
    let server = Server::encrypted(&authority, "localhost", Age::Valid, None).await;
    let base = format!("https://localhost:{}", server.port());
    assert_eq!(ask(&network, &base, Call::get("/moved")).await, Ok(200));
    let posted = ask(&network, &base, Call::post("/moved").body("x")).await.unwrap_err();
    assert!(posted.message.contains("Acme answered 307"), "{posted}");
    assert_eq!(
        server.heard(),
        ["GET /moved, Bearer hunter2", "GET /here, Bearer hunter2", "POST /moved, Bearer hunter2"]
    );
}

#[test]
fn the_environment_describes_the_network() {
    let network = |pairs: &[(&str, &str)]| {
        let env: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let network = Network::from_env(&env);
        let shown = |proxy: Option<SecretString>| {
            proxy.map(|proxy| secrecy::ExposeSecret::expose_secret(&proxy).to_owned()).unwrap_or_default()
        };
        (shown(network.https_proxy), shown(network.http_proxy), network.no_proxy.unwrap_or_default())
    };
    let of = |https: &str, http: &str, around: &str| (https.to_owned(), http.to_owned(), around.to_owned());
    assert_eq!(network(&[("HTTPS_PROXY", " ")]), of("", "", ""));
    assert_eq!(network(&[("all_proxy", "a:1"), ("http_proxy", "b:1")]), of("a:1", "b:1", ""));
    assert_eq!(
        network(&[("HTTPS_PROXY", "a:1"), ("https_proxy", "b:1"), ("no_proxy", "c")]),
        of("a:1", "", "c")
    );
}

#[test]
fn what_describes_no_network_is_refused() {
    let refused = |network: Network| told(&HttpTransport::new(&network).unwrap_err());
    for address in ["socks5://ada:lovelace@proxy:1080", "http://ada:lovelace@proxy:port"] {
        let told = refused(Network { https_proxy: Some(address.into()), ..Network::default() });
        assert!(told.contains("HTTPS_PROXY") && !told.contains("lovelace"), "{told}");
    }
    let missing = refused(Network { ca_file: Some("no-such-file.pem".into()), ..Network::default() });
    assert!(missing.contains("no-such-file.pem can't be read"), "{missing}");
    let empty = tempfile::NamedTempFile::new().unwrap();
    let told = refused(Network { ca_file: Some(empty.path().to_owned()), ..Network::default() });
    assert!(told.contains("has no certificate in PEM form"), "{told}");
}
