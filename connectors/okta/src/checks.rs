//! Tries a connection: whether the org answers, whether Okta lets it in, and what it may read.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value, get};
use flowrun_kit::address::segment;
use flowrun_kit::call::Call;
use flowrun_kit::connector::Check;
use flowrun_kit::effect::{AnyConnection, Pending};

use crate::Okta;
use crate::scope::covers;

/// What every org tells about itself.
const ORGANIZATION: &str = "/.well-known/okta-organization";

/// Harmless requests that need a scope: the scope, what it lets do, the request.
const READS: [(&str, &str, &str); 3] = [
    ("okta.users.read", "may read users", "/api/v1/users?limit=1"),
    ("okta.groups.read", "may read groups", "/api/v1/groups?limit=1"),
    ("okta.logs.read", "may read the System Log", "/api/v1/logs?limit=1"),
];

/// Tries it; whatever comes after an org that isn't there, or a login that fails, would only fail for the same reason.
pub(crate) fn test(connection: &AnyConnection) -> Pending<'_, Vec<Check>> {
    Box::pin(async move {
        let Some(okta) = connection.downcast_ref::<Okta>() else { return Vec::new() };
        let mut checks = vec![Check { title: "the org answers".into(), outcome: okta.org().await }];
        if checks[0].outcome.is_ok() {
            checks.push(Check { title: "logs in".into(), outcome: okta.logged_in().await });
        }
        if checks.iter().any(|check| check.outcome.is_err()) {
            return checks;
        }
        if let Some(source) = okta.readable_source() {
            let outcome = okta.sessions(source).await;
            let found = !outcome.as_ref().is_err_and(|fault| fault.kind == FaultKind::NotFound);
            checks.push(Check { title: "may read import sessions".into(), outcome });
            // Of a source that is not there nothing can be read.
            if found && okta.has("okta.apps.read") {
                let outcome = okta.users_of(source).await;
                checks.push(Check { title: "may read the source's users".into(), outcome });
            }
        } else if okta.has("okta.apps.read") {
            checks.push(Check {
                title: "may read apps".into(),
                outcome: okta.read("/api/v1/apps?limit=1").await,
            });
        }
        for (scope, title, path) in READS {
            if okta.has(scope) {
                checks.push(Check { title: title.into(), outcome: okta.read(path).await });
            }
        }
        checks
    })
}

impl Okta {
    /// Whether what was asked for includes this scope.
    fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|asked| covers(asked, scope))
    }

    /// The identity source, unless the token is not meant to read it; an API token knows no scopes.
    fn readable_source(&self) -> Option<&Text> {
        let meant = !self.service_app || self.has("okta.identitySources.read");
        self.identity_source_id.as_ref().filter(|_| meant)
    }

    async fn org(&self) -> Result<Text> {
        // Sent without credentials, as a login is: nobody is proven to be Okta yet.
        let reply = self.client.send(Call::get(ORGANIZATION).login()).await;
        let org = match reply.and_then(|reply| reply.value()) {
            Ok(org) => org,
            Err(fault)
                if matches!(fault.kind, FaultKind::NotFound | FaultKind::Parse | FaultKind::HttpRequest) =>
            {
                return Err(if fault.code.is_some_and(|code| code >= 500) { fault } else { self.not_okta() });
            }
            Err(fault) => return Err(fault),
        };
        let id = get(&org, "id");
        let Some(id) = id.as_text().filter(|id| id.starts_with("00o")) else { return Err(self.not_okta()) };
        let pipeline = get(&org, "pipeline");
        let engine = match pipeline.as_text().map(|pipeline| &**pipeline) {
            Some("idx") => ", Identity Engine",
            Some("v1") => ", Classic Engine",
            _ => "",
        };
        let skew = self.client.skew_told().map(|skew| format!("; {skew}")).unwrap_or_default();
        Ok(format!("org {id}{engine}{skew}").into())
    }

    fn not_okta(&self) -> Fault {
        Fault::new(FaultKind::Url, format!("{} does not answer as an Okta org does", self.client.host()))
            .help("check OKTA_ORG_URL: https://acme.okta.com, or the org's custom domain")
    }

    async fn logged_in(&self) -> Result<Text> {
        if let Some(scheme) = self.client.log_in().await? {
            return Ok(format!("token obtained ({scheme}) for {}", self.scopes.join(", ")).into());
        }
        let reply = self.client.send(Call::get("/api/v1/users/me")).await?;
        let whose = get(&reply.value()?, "profile.login");
        Ok(format!("API token of {whose} accepted").into())
    }

    async fn read(&self, path: &str) -> Result<Text> {
        let reply = self.client.send(Call::get(path)).await?;
        Ok(format!("answered {}", reply.status).into())
    }

    /// Whom the source brought into the org: what an import compares with.
    async fn users_of(&self, source: &Text) -> Result<Text> {
        self.read(&format!("/api/v1/apps/{}/users?limit=1", segment(source))).await
    }

    async fn sessions(&self, source: &Text) -> Result<Text> {
        let path = format!("{}/sessions", self.source(Some(source))?);
        let sessions = self.client.send(Call::get(path)).await?.value()?;
        let active = sessions.as_list().map_or(0, <[Value]>::len);
        Ok(format!("{source} has {active} active").into())
    }
}
