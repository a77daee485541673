//! Every request that the connectors send over the examples of all cards and over both imports, and every answer of the
//! simulators, held against the contract.

use flowrun_tests::registry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use flowrun_core::card::Work;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::report::Status;
use flowrun_core::value::{Text, Value};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_tests::openapi::Contract;
use flowrun_tests::org::{Org, Project, fault};
use flowrun_tests::simulators::OktaAuth;
use flowrun_tests::simulators::Setup;
use flowrun_views::catalog::card_json;

use super::contract::{DEVIATIONS, OUTSIDE, contract};
use super::flow::{program, run};

/// Every operation that the connectors use, and no other.
const USED: [&str; 48] = [
    "DELETE /api/v1/apps/{appId}/users/{userId}",
    "DELETE /api/v1/groups/{groupId}",
    "DELETE /api/v1/groups/{groupId}/users/{userId}",
    "DELETE /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}",
    "DELETE /api/v1/users/{id}",
    "DELETE /api/v1/users/{userId}/sessions",
    "GET /api/v1/apps",
    "GET /api/v1/apps/{appId}/groups",
    "GET /api/v1/apps/{appId}/users",
    "GET /api/v1/apps/{appId}/users/{userId}",
    "GET /api/v1/groups",
    "GET /api/v1/groups/{groupId}",
    "GET /api/v1/groups/{groupId}/users",
    "GET /api/v1/identity-sources/{identitySourceId}/sessions",
    "GET /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}",
    "GET /api/v1/logs",
    "GET /api/v1/users",
    "GET /api/v1/users/{id}",
    "GET /api/v1/users/{id}/groups",
    "GET /v1/company/employees",
    "GET /v1/company/employees/attributes",
    "GET /v1/company/employees/{employee_id}",
    "GET /v2/persons",
    "GET /v2/persons/{person_id}/employments",
    "POST /api/v1/apps",
    "POST /api/v1/apps/{appId}/users",
    "POST /api/v1/apps/{appId}/users/{userId}",
    "POST /api/v1/groups",
    "POST /api/v1/identity-sources/{identitySourceId}/sessions",
    "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/bulk-delete",
    "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/bulk-upsert",
    "POST /api/v1/identity-sources/{identitySourceId}/sessions/{sessionId}/start-import",
    "POST /api/v1/users",
    "POST /api/v1/users/{id}",
    "POST /api/v1/users/{id}/lifecycle/activate",
    "POST /api/v1/users/{id}/lifecycle/deactivate",
    "POST /api/v1/users/{id}/lifecycle/expire_password",
    "POST /api/v1/users/{id}/lifecycle/reset_password",
    "POST /api/v1/users/{id}/lifecycle/suspend",
    "POST /api/v1/users/{id}/lifecycle/unlock",
    "POST /api/v1/users/{id}/lifecycle/unsuspend",
    "POST /oauth2/v1/token",
    "POST /v1/auth",
    "POST /v2/auth/token",
    "PUT /api/v1/apps/{appId}/groups/{groupId}",
    "PUT /api/v1/groups/{groupId}",
    "PUT /api/v1/groups/{groupId}/users/{userId}",
    "PUT /api/v1/users/{id}",
];

/// What came by, and what was wrong with it.
#[derive(Default)]
struct Tally {
    /// How many requests of which operation.
    checked: BTreeMap<String, usize>,
    /// What is wrong, each once, with how often.
    violations: BTreeMap<String, usize>,
    /// The deviations that were met, by their place in the list.
    met: BTreeSet<usize>,
}

/// Lets requests through to the simulators and checks them and their answers.
struct Watched {
    contract: &'static Contract,
    within: Box<dyn Transport>,
    tally: Arc<Mutex<Tally>>,
}

impl Watched {
    fn note(&self, operation: &str, findings: Vec<String>) {
        let mut tally = self.tally.lock().unwrap();
        for finding in findings {
            let known = DEVIATIONS.iter().position(|deviation| {
                operation.starts_with(deviation.operation) && finding.contains(deviation.finding)
            });
            match known {
                Some(place) => {
                    tally.met.insert(place);
                }
                None => *tally.violations.entry(format!("{operation}: {finding}")).or_default() += 1,
            }
        }
    }
}

impl Transport for Watched {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let operation = match self.contract.find(&request) {
                _ if OUTSIDE
                    .iter()
                    .any(|parts| parts.iter().all(|part| request.url.as_str().contains(part))) =>
                {
                    return self.within.send(request, limits).await;
                }
                None => return self.within.send(request, limits).await,
                Some(Err(unknown)) => {
                    self.note("unknown operation", vec![unknown]);
                    return self.within.send(request, limits).await;
                }
                Some(Ok(operation)) => operation,
            };
            *self.tally.lock().unwrap().checked.entry(operation.name.clone()).or_default() += 1;
            self.note(&operation.name, operation.check_request(&request));
            let answer = self.within.send(request, limits).await;
            if let Ok(response) = &answer {
                self.note(&operation.name, operation.check_response(response));
            }
            answer
        })
    }
}

/// All that is watched together.
struct Watch {
    contract: &'static Contract,
    tally: Arc<Mutex<Tally>>,
}

impl Watch {
    /// Runs a program over an org, watched; whether it came to its end without an error.
    async fn run(&self, org: &Org, program: (Arc<Program>, FlowId)) -> bool {
        let within = Box::new(org.0.transport());
        let (contract, tally) = (self.contract, self.tally.clone());
        let transport: Arc<dyn Transport> = Arc::new(Watched { contract, within, tally });
        let report = run(org, program, &transport).await;
        report.status == Status::Done
    }

    /// Runs every example of every card that reaches outside, each over simulators of its own.
    async fn examples(&self) {
        for card in registry().catalog().iter().filter(|card| matches!(card.work, Work::Effect(_))) {
            for example in card_json(registry().catalog(), card)["examples"].as_array().unwrap() {
                // Some examples show what is found before the run.
                if let Some(program) = program(example["cards"].as_str().unwrap()) {
                    self.run(&Org::imported(&Setup::default()), program).await;
                }
            }
        }
    }

    /// Lists all users of an org that has some, in pages; whether that came to its end without an error.
    async fn listing(&self) -> bool {
        let cards = r#"- card: okta.list_users_with_search
  with: { result_set: all, limit: 50, search: status eq "ACTIVE", sort_by: profile.lastName, sort_order: asc }"#;
        let program = program(cards).unwrap();
        self.run(&Org::imported(&Setup::default()), program).await
    }

    /// Runs the import against every answer by which a vendor can refuse.
    async fn faults(&self) {
        for kind in ["rate-limit", "expired-token", "server-error"] {
            let parts = ["GET /v1/company/employees?", "sessions", "bulk-upsert"];
            let faults = parts.map(|part| fault(&format!("{kind}@{part}"))).to_vec();
            let program = Project::shipped().compiled_with("import", &[]);
            let org = Org::of(&Setup { employees: 5, faults, ..Setup::default() });
            self.run(&org, program).await;
            assert!(org.faults_met() > 1, "{kind}");
        }
    }
}

#[tokio::test]
async fn all_traffic_keeps_to_the_contract() {
    let Some(contract) = contract() else { return };
    let watch = Watch { contract, tally: Arc::default() };
    watch.examples().await;
    let mut failed = Vec::new();
    for flow in ["import", "deactivate"] {
        let program = Project::shipped().compiled_with(flow, &[]);
        let org = Org::imported(&Setup { employees: 450, ..Setup::default() });
        if !watch.run(&org, program).await {
            failed.push(flow);
        }
    }
    for auth in [OktaAuth::Oauth, OktaAuth::Dpop] {
        let vars = [(Text::from("personio_api"), Value::from("v2"))];
        let program = Project::shipped().compiled_with("import", &vars);
        let org = Org::imported(&Setup { employees: 450, okta_auth: auth, ..Setup::default() });
        if !watch.run(&org, program).await {
            failed.push("the import by OAuth, from v2");
        }
    }
    if !watch.listing().await {
        failed.push("the listing of users");
    }
    watch.faults().await;

    let tally = watch.tally.lock().unwrap();
    let mut told = String::from("requests and answers checked:\n");
    for (operation, times) in &tally.checked {
        told.push_str(&format!("{times:>6}  {operation}\n"));
    }
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    let violations: Vec<String> =
        tally.violations.iter().map(|(violation, times)| format!("{times} x {violation}")).collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
    assert_eq!(failed, [""; 0], "these runs fail");
    let checked: Vec<&str> = tally.checked.keys().map(String::as_str).collect();
    assert_eq!(checked, USED, "the operations that were exercised are not those that are said to be used");
    for (place, deviation) in DEVIATIONS.iter().enumerate() {
        let (operation, finding) = (deviation.operation, deviation.finding);
        assert!(tally.met.contains(&place), "never met: {operation}: {finding} ({})", deviation.reason);
    }
}
