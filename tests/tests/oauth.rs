//! A service app over TCP, in real time: addresses in assertions and proofs are those that both ends see.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, ServiceApp};
use flowrun_okta::{CONNECTOR, simulated_oauth};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_service_app_logs_in_over_tcp() {
    let scopes = ["okta.users.read", "okta.identitySources.manage"];
    let mut app = ServiceApp::generate("0oaTestServiceApp", &scopes).expect("a key");
    app.app.dpop_required = true;
    let clock = Clock::starting_at(1_795_338_000_000, 1.0);
    let apps = vec![app.app.clone()];
    let sim = OktaSim::new(OktaSimConfig { apps, dated: true, ..OktaSimConfig::new(clock.clone()) });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = sim.router();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let transport = Arc::new(HttpTransport::new(&Network::default()).expect("a transport"));
    let means = Means { scopes: BTreeSet::from(scopes), ..Means::new(transport, clock) };
    let okta =
        CONNECTOR.connect(&simulated_oauth(&sim, &url, &app), means).expect("the settings are complete");
    let checks = (CONNECTOR.test)(&okta.connection).await;
    let failed = checks.iter().find(|check| check.outcome.is_err());
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(checks.len(), 4);
    assert!(checks[1].outcome.as_ref().is_ok_and(|seen| seen.contains("DPoP")), "{checks:?}");
}
