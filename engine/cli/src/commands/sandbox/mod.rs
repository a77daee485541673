//! `flowrun sandbox`: the simulators on a port of this machine.

mod hosts;
mod tls;

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::TypedValueParser;
use flowrun_core::words;
use flowrun_host::session::clock;
use flowrun_host::session::simulators::{Setup, Simulators};
use flowrun_kit::registry::Registry;
use flowrun_kit::simulator::page;
use flowrun_project::{Problem, unwritable};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::hosts::Reached;
use self::tls::TlsListener;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::signals;
use crate::simulators::SimulatorArgs;
use crate::surroundings::Surroundings;
use crate::values::{scale, whole};

/// What `sandbox` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
First prints the environment variables that lead to it, then serves until Ctrl-C. Its Okta holds yesterday's
import: four of five employees are there as active users, among them those who have left since.

Examples:
  flowrun sandbox > sandbox.env &            then: . ./sandbox.env && flowrun flows/import.yaml
  flowrun sandbox --port 0                   on any free port
  flowrun sandbox --employees 0              an account without employees
  flowrun sandbox --fault slow@okta:every=5  every fifth answer of Okta is late
  flowrun sandbox --tls=ca.pem               over TLS; clients trust it by ca.pem, flowrun by --ca-file ca.pem")]
pub struct SandboxArgs {
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 8787, value_parser = port(), allow_negative_numbers = true)]
    pub port: u16,
    /// Let the simulators' time pass this many times as fast
    #[arg(long, value_name = "X", value_parser = scale, allow_negative_numbers = true)]
    pub time_scale: Option<f64>,
    /// Speak TLS, by a certificate made for the occasion; its authority's goes into FILE, or into a temporary file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub tls: Option<Option<PathBuf>>,
    /// Answer also under the name of a proxy, and let links lead to it where the proxy says so
    #[arg(long, value_name = "HOST")]
    pub behind: Option<String>,
    /// Write the manual's page on the simulators into a file, and serve nothing
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// How the simulators are set up.
    #[command(flatten)]
    pub simulators: SimulatorArgs,
}

/// A port of this machine.
pub fn port() -> impl TypedValueParser<Value = u16> {
    whole(0, u64::from(u16::MAX)).map(|port| u16::try_from(port).unwrap_or_default())
}

/// Serves until it is interrupted.
pub async fn run(
    args: &SandboxArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    if let Some(file) = &args.markdown {
        fs::write(file, manual(&surroundings.registry)).map_err(|error| unwritable(file, &error))?;
        console.note(&format!("wrote {}\n", file.display()));
        return Ok(DONE);
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let problem = Problem::new(format!("port {} of 127.0.0.1 can't be used: {error}", args.port));
        problem.help("take another with --port, or any that is free with --port 0")
    })?;
    let port = listener.local_addr()?.port();
    let scale = args.time_scale.unwrap_or(1.0);
    let simulators = match &surroundings.simulators {
        Some(simulators) => simulators.clone(),
        None => {
            let setup = Setup { dated: true, ..args.simulators.setup() };
            Simulators::new(&surroundings.registry, clock(scale), &setup)
        }
    };
    let made = args.tls.as_ref().map(|_| tls::make(names(args))).transpose().map_err(|error| {
        Problem::new(format!("no certificate can be made: {error}"))
            .help("leave out --tls, or give --behind a host's name")
    })?;
    let scheme = if made.is_some() { "https" } else { "http" };
    console.print(&exports(&surroundings.registry, &simulators, &format!("{scheme}://127.0.0.1:{port}")))?;
    console.note(&welcome(&simulators, port, scale));
    if let (Some(made), Some(file)) = (&made, &args.tls) {
        let file =
            file.clone().unwrap_or_else(|| env::temp_dir().join(format!("flowrun-sandbox-{port}.pem")));
        fs::write(&file, &made.authority).map_err(|error| unwritable(&file, &error))?;
        console.note(&trust(&file));
    }
    let router = Reached { by_tls: made.is_some(), behind: args.behind.clone() }.guard(simulators.router());

    let (switch, given) = watch::channel(false);
    if surroundings.signals {
        signals::listen(switch.clone(), None);
    }
    let stop = surroundings.stop.clone();
    let over = async move {
        let mut given = given;
        match stop {
            Some(mut stop) => stop.given().await,
            None => {
                let _ = given.wait_for(|given| *given).await;
            }
        }
    };
    let served = async {
        match &made {
            Some(made) => axum::serve(TlsListener::over(listener, made)?, router).await,
            None => axum::serve(listener, router).await,
        }
    };
    tokio::select! {
        served = served => served?,
        // What is half answered is no loss: everything dies with the process.
        () = over => {}
    }
    drop(switch);
    let answered: Vec<String> = simulators
        .served()
        .map(|(title, _, simulator)| format!("{} as {title}", words::many(simulator.answered(), "request")))
        .collect();
    console.note(&format!("answered {}\n", answered.join(" and ")));
    Ok(DONE)
}

/// The names that the certificate is for.
fn names(args: &SandboxArgs) -> Vec<String> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    own.into_iter().chain(args.behind.clone()).collect()
}

fn trust(file: &Path) -> String {
    format!(
        "TLS by a certificate made for now; clients trust it by {file}, which curl takes as --cacert, Python as SSL_CERT_FILE and\n\
         REQUESTS_CA_BUNDLE, Node.js as NODE_EXTRA_CA_CERTS, flowrun as --ca-file\n",
        file = file.display()
    )
}

/// The manual's page on all simulators that tell of themselves.
fn manual(registry: &Registry) -> String {
    let told = registry.connectors().iter().filter_map(|connector| {
        let manual = connector.sim.as_ref()?.manual?;
        Some((&*connector.title, manual()))
    });
    page(told)
}

/// The variables that lead to the simulators at `url`, for a shell to evaluate.
fn exports(registry: &Registry, simulators: &Simulators, url: &str) -> String {
    let mut lines = String::new();
    for connector in registry.connectors() {
        let Some(settings) = simulators.settings(&connector.name, Some(url)) else { continue };
        for setting in &connector.settings {
            if let Some(value) = settings.get(&setting.name) {
                lines.push_str(&format!("export {}={}\n", setting.variable, quote(value)));
            }
        }
    }
    lines
}

/// The text as one word of a shell.
fn quote(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn welcome(simulators: &Simulators, port: u16, scale: f64) -> String {
    let speed = if scale == 1.0 {
        String::new()
    } else {
        format!("; time passes {} times as fast", words::number(scale))
    };
    let served: Vec<String> =
        simulators.served().map(|(title, holds, _)| format!("{title} with {holds}")).collect();
    format!(
        "serving {} on 127.0.0.1:{port}{speed}\n\
         put the lines above into another shell, and flowrun there runs over TCP, in real time; Ctrl-C ends this\n",
        served.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_read_one_word() {
        assert_eq!(quote("http://127.0.0.1:8787"), "http://127.0.0.1:8787");
        assert_eq!(quote("a b'$(c)"), "'a b'\\''$(c)'");
        assert_eq!(quote(""), "''");
    }
}
