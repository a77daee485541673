//! Simulators on a port of this machine, and commands that reach them there.

use crate::registry;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use crate::simulators::{Setup, Simulators};
use axum::Router;
use flowrun::Surroundings;
use flowrun_kit::clock::Clock;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::{Ran, in_surroundings, surroundings};

/// The environment of a command.
pub type Env = BTreeMap<String, String>;

/// A router that answers on a port, for as long as this is held.
#[derive(Debug)]
pub struct Served {
    /// Where it is: `http://127.0.0.1:…`.
    pub url: String,
    switch: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves on a port that is free.
    pub fn new(router: Router) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let (switch, given) = oneshot::channel();
        let serving = thread::spawn(move || serve(listener, router, given));
        Served { url: format!("http://{address}"), switch: Some(switch), serving: Some(serving) }
    }
}

fn serve(listener: TcpListener, router: Router, over: oneshot::Receiver<()>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    runtime.block_on(async {
        let listener =
            listener.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(listener));
        let listener = listener.unwrap_or_else(|error| panic!("the port can't be used: {error}"));
        tokio::select! {
            served = axum::serve(listener, router).into_future() => panic!("serving ended: {served:?}"),
            // Whoever holds the other end has gone, or says so.
            _ = over => {}
        }
    });
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.switch.take());
        if let Some(serving) = self.serving.take() {
            // A panic over there has been told there.
            let _ = serving.join();
        }
    }
}

/// The variables that lead to simulators at `url`.
pub fn variables(simulators: &Simulators, url: &str) -> Env {
    let given = registry().connectors().iter().filter_map(|connector| {
        let settings = simulators.settings(&connector.name, Some(url))?;
        let set = |name: &str| settings.get(name).map(str::to_owned);
        let pairs = connector.settings.iter();
        Some(
            pairs
                .filter_map(|setting| Some((setting.variable.to_string(), set(&setting.name)?)))
                .collect::<Vec<_>>(),
        )
    });
    given.flatten().collect()
}

/// Runs a command line in this process, by a clock that may be a simulator's: then both agree about the time.
pub fn flowrun_by(clock: &Clock, args: &[&str], mut env: Env) -> Ran {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    env.entry("XDG_STATE_HOME".to_owned()).or_insert_with(|| folder.path().display().to_string());
    let nobody = Setup { employees: 0, ..Setup::default() };
    let surroundings = Surroundings {
        env,
        simulators: Some(Simulators::empty(clock.clone(), &nobody).all()),
        ..surroundings()
    };
    in_surroundings(args, &surroundings)
}
