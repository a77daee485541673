//! The addresses at which a service listens: one for those who steer it, and one for strangers, if that is wanted.

use std::net::SocketAddr;

use axum::Router;
use flowrun_host::driver::Stop;
use flowrun_project::Problem;
use flowrun_service::http::{self, Encryption};
use flowrun_service::watch::metrics::Metrics;
use tokio::net::TcpListener;

/// An address at which it listens.
pub struct Door {
    listener: TcpListener,
    encryption: Option<Encryption>,
    /// How a client of this machine names it: `http://localhost:8080`.
    pub address: String,
}

impl Door {
    /// Listens from now on; nobody is answered yet. `help` says what to do where that can't be had.
    pub async fn open(at: SocketAddr, encryption: Option<Encryption>, help: &str) -> Result<Door, Problem> {
        let unheard =
            |error| Problem::new(format!("{at} can't be listened at: {error}")).help(help.to_owned());
        let listener = TcpListener::bind(at).await.map_err(unheard)?;
        let at = listener.local_addr().map_err(unheard)?;
        let scheme = if encryption.is_some() { "https" } else { "http" };
        let named = if at.ip().is_loopback() { format!("localhost:{}", at.port()) } else { at.to_string() };
        Ok(Door { listener, encryption, address: format!("{scheme}://{named}") })
    }

    /// Answers until it is told to stop.
    pub async fn serve(self, router: Router, metrics: &Metrics, stop: Stop) {
        let scheme = if self.encryption.is_some() { "https" } else { "http" };
        let router = http::metrics::counted(metrics.clone(), scheme, router);
        http::serve(self.listener, self.encryption, router, http::Limits::default(), stop).await;
    }
}
