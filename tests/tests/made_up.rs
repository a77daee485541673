//! A connector that only this file knows: it appears wherever connectors do, and no other file names it.

use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use flowrun::Surroundings;
use flowrun_core::card::{Category, Colour, Example, Words};
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::vocabulary::Event;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_host::driver::Stop;
use flowrun_kit::address::Base;
use flowrun_kit::call::Call;
use flowrun_kit::client::Client;
use flowrun_kit::connector::{Check, Connected, Connector, Means, Setting, Settings};
use flowrun_kit::effect::{Connection, Effect, EffectCard};
use flowrun_kit::errand::Errand;
use flowrun_kit::line::{Line, Vendor};
use flowrun_kit::registry::Registry;
use flowrun_kit::simulator::{SimOption, Simulated, Simulator, Takes};
use flowrun_tests::{Ran, in_surroundings, surroundings};

/// Greets somebody as Acme does.
#[derive(Inputs)]
struct Greet {
    /// Whom to greet.
    name: Text,
}

/// The greeting.
#[derive(Outputs)]
struct Greeted {
    /// What Acme says.
    greeting: Text,
}

impl Effect for Greet {
    const ID: &str = "acme.greet";
    const EXAMPLES: &[Example] =
        examples! { r#"- { card: acme.greet, with: { name: Ada } }"# => ok r#"{ greeting: Hello Ada }"# };
    const DOES: Does = Does::Reads;
    type Connection = Acme;
    type Out = Greeted;

    async fn run(self, acme: &Acme) -> Result<Greeted> {
        let said = acme.client.send(Call::get(format!("/greetings/{}", self.name))).await?.value()?;
        Ok(Greeted { greeting: said.as_text().cloned().unwrap_or_default() })
    }
}

struct Acme {
    client: Client,
}

impl Connection for Acme {
    const CONNECTOR: &'static str = "acme";

    fn on(&self, errand: Errand) -> Option<Acme> {
        Some(Acme { client: self.client.on(&Arc::new(errand)) })
    }
}

const VENDOR: Vendor = Vendor {
    name: "Acme",
    bucket: |_, _| "requests",
    throttle: |_| Duration::from_secs(1),
    explain: |_| None,
    token_refused: |_| false,
    refused: "",
    forbidden: |_| "".into(),
    absent: |_| None,
    unreachable: "",
    request_id: "x-request-id",
};

fn open(settings: &Settings, means: Means) -> Result<Connected> {
    let base = Base::parse(settings.get("url").unwrap_or_default())?;
    let client = Line::new(VENDOR, base, &means).open();
    let (host, activity) = (client.host(), client.activity().clone());
    Ok(Connected { connection: Arc::new(Acme { client }), host, activity })
}

/// A simulated Acme that greets with a word of its option.
struct SimulatedAcme(String);

impl Simulator for SimulatedAcme {
    fn address(&self) -> &str {
        "https://acme.sim"
    }

    fn router(&self) -> Router {
        let word = self.0.clone();
        let greet = |axum::extract::Path(name): axum::extract::Path<String>| async move {
            Json(format!("{word} {name}"))
        };
        Router::new().route("/greetings/{name}", get(greet))
    }

    fn settings(&self, url: &str) -> Settings {
        Settings::new().with("url", url)
    }

    fn served(&self) -> Option<String> {
        Some("a greeting".to_owned())
    }
}

/// Made as one that is read from a file would be: of texts that are not in the program.
fn connector() -> Connector {
    let owned = |text: &str| std::borrow::Cow::Owned(text.to_owned());
    Connector {
        name: owned("acme"),
        title: owned("Acme"),
        docs: owned("Acme's greetings."),
        own: false,
        category: Some(Category {
            id: owned("acme"),
            title: owned("Acme"),
            colour: Some(Colour { light: 0xabcdef, dark: 0xfedcba }),
        }),
        sim: Some(Simulated {
            options: vec![SimOption {
                name: owned("acme-word"),
                value: owned("WORD"),
                docs: owned("The word that the simulated Acme greets with"),
                takes: Takes::Text,
            }],
            make: Arc::new(|setup| {
                Arc::new(SimulatedAcme(setup.option("acme-word").unwrap_or("Hello").to_owned()))
            }),
            manual: None,
        }),
        settings: vec![Setting::new("url", "ACME_URL", "Where Acme is.").required()],
        ways: Vec::new(),
        cards: vec![EffectCard::of::<Greet>()],
        pure_cards: Vec::new(),
        events: vec![Event {
            name: owned("acme.greeted"),
            title: owned("Greeted"),
            exported_as: owned("channels:http:acme:greeted"),
            types: Words::Read([Text::from("greeting.sent")].into()),
            payload: Words::Read([Text::from("Greeting")].into()),
        }],
        sign_in: None,
        open: Arc::new(open),
        test: Arc::new(|_| {
            Box::pin(async { vec![Check { title: "greets".into(), outcome: Ok("Hello".into()) }] })
        }),
    }
}

fn with_acme() -> Surroundings {
    let connectors = [flowrun_external::connector(), flowrun_tables::connector(), connector()];
    let registry = Arc::new(Registry::new(flowrun_cards::cards(), connectors));
    Surroundings { registry, ..surroundings() }
}

fn flowrun(args: &[&str]) -> Ran {
    in_surroundings(args, &with_acme())
}

/// A project that uses it: a flow, and one that its event would start.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("flowrun.yaml", "connections: { acme: acme }\n");
    write(
        "greet.yaml",
        "inputs: { name: text }\noutputs: { greeting: text }\ncards:\n  - { id: hello, card: acme.greet, with: { name: \"{{ inputs.name }}\" } }\n  \
         - { card: flow_control.return, with: { greeting: \"{{ hello.greeting }}\" } }\n",
    );
    write(
        "greeted.yaml",
        "trigger: { event: { event: acme.greeted } }\ncards:\n  - { card: acme.greet, with: { name: Ada } }\n",
    );
    folder
}

#[test]
fn a_connector_is_one_declaration() {
    let project = project();
    let flow = project.path().join("greet.yaml").display().to_string();
    let says = |args: &[&str], wanted: &[&str]| {
        let ran = flowrun(args);
        assert_eq!(ran.code, 0, "{args:?}\n{}{}", ran.stdout, ran.stderr);
        for wanted in wanted {
            let told = format!("{}{}", ran.stdout, ran.stderr);
            assert!(told.contains(wanted), "{args:?} lacks {wanted}:\n{told}");
        }
    };
    says(&["cards"], &["Acme\n", "acme.greet", "Greets somebody as Acme does."]);
    says(&["cards", "acme.greet"], &["acme.greet · Acme", "Uses a connection to Acme."]);
    says(&["schema"], &["\"acme.greet\"", "Whom to greet."]);
    says(&["check", &project.path().display().to_string()], &["2 flows"]);
    says(&["graph", &flow], &["g-acme", "#abcdef", "#fedcba"]);
    says(&["connections", &project.path().display().to_string()], &["acme", "ACME_URL"]);
    says(&["run", "--help"], &["--acme-word <WORD>", "The word that the simulated Acme greets with"]);
    says(&["run", &flow, "-i", "name=Ada"], &["acme: simulator", "Hello Ada"]);
    says(&["run", &flow, "-i", "name=Ada", "--acme-word", "Hail"], &["Hail Ada"]);
    let pages = tempfile::tempdir().unwrap();
    says(&["cards", "--markdown", &pages.path().display().to_string()], &[]);
    let page = |name: &str| std::fs::read_to_string(pages.path().join(name)).unwrap();
    assert!(page("acme.md").contains("Greets somebody as Acme does."));
    assert!(page("coverage.md").contains("| Greeted | `acme.greeted` |"));
    assert!(page("coverage.md").contains("other than Okta's and Acme's"));
}

#[test]
fn its_simulator_is_served_like_all_others() {
    let (switch, stop) = Stop::new();
    switch.send(true).unwrap();
    let served =
        in_surroundings(&["sandbox", "--port", "0"], &Surroundings { stop: Some(stop), ..with_acme() });
    assert_eq!(served.code, 0, "{}", served.stderr);
    assert!(served.stdout.starts_with("export ACME_URL=http://127.0.0.1:"), "{}", served.stdout);
    assert!(served.stderr.contains("serving Acme with a greeting on"), "{}", served.stderr);
}

#[test]
fn without_a_simulator_its_settings_are_asked_for() {
    let project = project();
    let unsimulated = Connector { sim: None, ..connector() };
    let registry = Registry::new(flowrun_cards::cards(), [flowrun_tables::connector(), unsimulated]);
    let flow = project.path().join("greet.yaml").display().to_string();
    let around = Surroundings { registry: Arc::new(registry), ..surroundings() };
    let refused = in_surroundings(&[&flow, "-i", "name=Ada"], &around);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            2,
            "error: the run is refused: connection `acme` lacks ACME_URL\n  = help: nothing here simulates it: give them, as \
             environment variables or in a connections file\n    ACME_URL: Where Acme is.\n"
        )
    );
}
