//! Tries a connection to Personio: the log-ins, the rights, the attributes that an import needs, the clock.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_kit::auth::Login;
use flowrun_kit::call::Call;
use flowrun_kit::connector::Check;
use flowrun_kit::effect::{AnyConnection, Pending};
use serde::Deserialize;

use crate::Personio;
use crate::attributes::{REQUIRED, Released};
use crate::login::{LoginV1, LoginV2};
use crate::v2;

/// Tells what a connection can do. Most credentials are for v1, so that v2 counts as a fault only if v1 is one.
pub fn test(connection: &AnyConnection) -> Pending<'_, Vec<Check>> {
    Box::pin(async move {
        let Some(personio) = connection.downcast_ref::<Personio>() else { return Vec::new() };
        let mut checks = vec![Check { title: "logs in".into(), outcome: log_in(personio).await }];
        if let Some(Err(fault)) = checks.first().map(|check| &check.outcome)
            && fault.kind != FaultKind::Connection
        {
            return checks;
        }
        let refused = checks.iter().find_map(|check| check.outcome.as_ref().err()?.help.clone());
        let has_v1 = refused.is_none() && checks.iter().all(|check| check.outcome.is_ok());
        if has_v1 {
            checks.extend(read_v1(personio).await);
        }
        let outcome = match read_v2(personio).await {
            Err(fault) if has_v1 => Ok(without_v2(&fault)),
            outcome => outcome,
        };
        // Wrong credentials are told once.
        let told = refused.is_some() && outcome.as_ref().is_err_and(|fault| fault.help == refused);
        if !told {
            checks.push(Check { title: "may read persons".into(), outcome });
        }
        checks.extend(clock(personio));
        checks
    })
}

fn without_v2(fault: &Fault) -> Text {
    let refused = matches!(fault.kind, FaultKind::Connection | FaultKind::Forbidden);
    let word = if refused { "not allowed" } else { "does not answer" };
    format!("v2: {word} ({})", fault.message).into()
}

/// Logs in to v1; a host that answers in another way than Personio is named.
async fn log_in(personio: &Personio) -> Result<Text> {
    let host = personio.v1.host();
    match LoginV1((*personio.credentials).clone()).login(&personio.v1).await {
        Ok(_) if is_personios(&host) => Ok(format!("v1, at {host}").into()),
        Ok(_) => Ok(format!("v1, at {host}, which is not one of Personio's own hosts").into()),
        Err(fault)
            if matches!(fault.kind, FaultKind::Parse | FaultKind::NotFound) || fault.code == Some(405) =>
        {
            let message = format!("{host} does not answer as Personio does: {}", fault.message);
            let help = "PERSONIO_BASE_URL is https://api.personio.de, unless a proxy is in front of it";
            Err(Fault::new(FaultKind::Url, message).help(help))
        }
        Err(fault) => Err(fault),
    }
}

/// Personio is on its way from .de to .com.
fn is_personios(host: &str) -> bool {
    ["personio.de", "personio.com"].iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[derive(Deserialize)]
struct Counted {
    metadata: Option<Total>,
}

#[derive(Deserialize)]
struct Total {
    total_elements: Option<u64>,
}

async fn read_v1(personio: &Personio) -> Vec<Check> {
    let title = "may read employees".into();
    let call = Call::get("/v1/company/employees").query([("limit", "1"), ("attributes[]", "id")]);
    let counted: Result<Counted, _> = personio.v1.read(call, |reply| reply.json()).await;
    let released = match counted {
        Ok(counted) => Released::ask(personio).await.map(|released| (counted, released)),
        Err(fault) => Err(fault),
    };
    let (counted, released) = match released {
        Ok(both) => both,
        Err(fault) => return vec![Check { title, outcome: Err(fault) }],
    };
    let attributes = format!("{} attributes are released", released.count());
    let seen = match counted.metadata.and_then(|metadata| metadata.total_elements) {
        Some(1) => format!("1 employee, {attributes}"),
        Some(total) => format!("{total} employees, {attributes}"),
        None => attributes,
    };
    let needed = REQUIRED.map(Text::from);
    let outcome = released.require(&needed).map(|()| Text::from(needed.join(", ")));
    let needed = Check { title: "the attributes that an import needs".into(), outcome };
    vec![Check { title, outcome: Ok(seen.into()) }, needed]
}

async fn read_v2(personio: &Personio) -> Result<Text> {
    LoginV2((*personio.credentials).clone()).login(&personio.v2).await?;
    v2::fetch(personio, "/v2/persons", &[("limit", "1".to_owned())], None).await?;
    Ok("v2".into())
}

/// Nothing if Personio did not say what time it is.
fn clock(personio: &Personio) -> Option<Check> {
    let client = [&personio.v1, &personio.v2].into_iter().find(|client| client.skew_ms().is_some())?;
    let outcome = match client.skew_told() {
        None => Ok("within a minute".into()),
        Some(skew) => Err(Fault::new(FaultKind::Connection, skew)
            .help("set it right: tokens seem to last longer or shorter than they do")),
    };
    Some(Check { title: "the clocks agree".into(), outcome })
}
