//! The sandbox over TLS: a certificate made for the occasion.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// How long a client may take to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// How many clients may say hello at once.
const AT_ONCE: usize = 256;

/// A certificate for these names, and the authority that vouches for it.
pub struct Made {
    config: Arc<ServerConfig>,
    /// The authority's certificate, as PEM.
    pub authority: String,
}

/// Makes both.
pub fn make(names: Vec<String>) -> Result<Made, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "flowrun sandbox");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let private = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok(Made { config: Arc::new(config), authority: issuer.pem() })
}

/// A listener whose connections are encrypted.
pub struct TlsListener {
    greeted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Greets whoever connects, each in a task of its own, so that nobody waits for somebody who is slow.
    pub fn over(listener: TcpListener, made: &Made) -> io::Result<TlsListener> {
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(made.config.clone());
        let (hand_on, greeted) = mpsc::channel(1);
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(AT_ONCE));
            while let Ok(place) = places.clone().acquire_owned().await {
                let Ok((stream, from)) = listener.accept().await else { continue };
                let (hello, hand_on) = (acceptor.accept(stream), hand_on.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HELLO, hello).await {
                        // Nobody takes it once the sandbox has ended.
                        let _ = hand_on.send((stream, from)).await;
                    }
                    drop(place);
                });
            }
        });
        Ok(TlsListener { greeted, address })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.greeted.recv().await {
            Some(greeted) => greeted,
            None => future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
