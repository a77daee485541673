//! What the tests put on loopback: an authority, servers that speak TLS, a proxy.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// An authority that nobody knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What is special about a certificate.
#[derive(Clone, Copy, PartialEq)]
pub enum Age {
    Valid,
    Expired,
    NotYetValid,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate, in a file.
    pub fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(self.0.pem().as_bytes()).unwrap();
        file
    }

    /// How a server of `host` proves who it is.
    fn server(&self, host: &str, age: Age) -> ServerConfig {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        match age {
            Age::Valid => {}
            Age::Expired => params.not_after = date_time_ymd(2020, 1, 1),
            Age::NotYetValid => params.not_before = date_time_ymd(3000, 1, 1),
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}

/// A listener whose connections are encrypted; those that come to nothing are dropped.
struct Encrypted {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, from)) = self.tcp.accept().await else { continue };
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// A server, and what it was asked.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    /// Where it sends those who ask for `/moved`.
    elsewhere: Option<String>,
}

impl Server {
    /// A server that speaks TLS as `host`.
    pub async fn encrypted(authority: &Authority, host: &str, age: Age, elsewhere: Option<String>) -> Server {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::at(tcp.local_addr().unwrap(), elsewhere);
        let tls = TlsAcceptor::from(Arc::new(authority.server(host, age)));
        let router = server.router();
        tokio::spawn(async move { axum::serve(Encrypted { tcp, tls }, router).await });
        server
    }

    /// A server that speaks no TLS.
    pub async fn plain(elsewhere: Option<String>) -> Server {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::at(tcp.local_addr().unwrap(), elsewhere);
        let router = server.router();
        tokio::spawn(async move { axum::serve(tcp, router).await });
        server
    }

    fn at(address: SocketAddr, elsewhere: Option<String>) -> Server {
        Server { address, heard: Arc::default(), elsewhere }
    }

    fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// Every request it got: method, path, and the credential that came along.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let credential = request.headers().get(header::AUTHORIZATION);
    let credential = credential.map_or("no credential", |value| value.to_str().unwrap());
    server.heard.lock().unwrap().push(format!("{} {path}, {credential}", request.method()));
    match (path.as_str(), &server.elsewhere) {
        ("/moved", Some(elsewhere)) => Redirect::temporary(elsewhere).into_response(),
        ("/moved", None) => Redirect::temporary("/here").into_response(),
        _ => (StatusCode::OK, "\"hello\"").into_response(),
    }
}

/// A proxy that connects whoever it is asked for to one address.
pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy that answers with this status line, and lets through if that is one of success.
    pub async fn answering(status: &'static str, to: SocketAddr) -> Proxy {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy { address: tcp.local_addr().unwrap(), asked: Arc::default() };
        let asked = proxy.asked.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = tcp.accept().await {
                tokio::spawn(connect(client, status, to, asked.clone()));
            }
        });
        proxy
    }

    /// The heads of the requests that it got.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn connect(
    mut client: TcpStream,
    status: &'static str,
    to: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    asked.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await?;
    if status.starts_with('2') {
        copy_bidirectional(&mut client, &mut TcpStream::connect(to).await?).await?;
    }
    Ok(())
}
