//! A desk: asks a vendor over a project's connection although no run does, as a service that reads a log.
//!
//! It asks by the connector's own cards and over the lines that runs have: the same login, the same pace, the same bounds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::clock::Clock;
use flowrun_kit::direct;
use flowrun_kit::effect::EffectCard;
use flowrun_kit::errand::Run;
use flowrun_project::{Problem, Project};

use super::connections::{self, Made, Planned, Purpose};
use super::plan::clock as clock_of;
use super::simulators::{Front, Simulators};
use super::{Job, Surroundings};

/// How long one question may take, waits for rate limits included.
const LIMIT: Duration = Duration::from_secs(600);

/// A place at a project's connection from which a vendor is asked.
pub struct Desk {
    made: Made,
    cards: Arc<[EffectCard]>,
    clock: Clock,
}

impl Desk {
    /// A desk at the connection of this name, which is granted `scopes`. Nothing is sent yet.
    pub fn open(
        project: &Project,
        job: &Job,
        around: &Surroundings,
        name: &str,
        scopes: BTreeSet<Text>,
    ) -> Result<Desk, Problem> {
        let (manifest, asked) = (&project.model.manifest, job.connections.as_deref());
        let mut warnings = Vec::new();
        let mut plan =
            connections::plan(manifest, &project.root, asked, &around.env, &around.registry, &mut warnings)?;
        if job.simulate {
            connections::simulate(&mut plan)?;
        }
        let planned = plan.remove(name);
        let planned = planned.ok_or_else(|| Problem::new(format!("there is no connection `{name}`")))?;
        connections::complete(&[&planned], job.live)?;
        let simulators = simulators(&planned, around)?;
        let purpose = Purpose {
            ca_file: job.ca_file.clone(),
            scale: job.time_scale.unwrap_or(1.0),
            lines: around.lines.clone(),
            simulated_lines: around.lines.clone(),
            ..Purpose::new(&simulators, &around.env)
        };
        let made = connections::connect(&[(planned, scopes)], &purpose)?.pop();
        let made = made.ok_or_else(|| Problem::new(format!("the connection `{name}` can't be made")))?;
        Ok(Desk { made, cards: around.registry.effects(), clock: simulators.clock.clone() })
    }

    /// The name of the connection.
    pub fn name(&self) -> &str {
        &self.made.name
    }

    /// What answers for it: `acme.okta.com`, `simulator, 250 employees`.
    pub fn host(&self) -> &str {
        &self.made.host
    }

    /// Performs a card with inputs by their names, and gives its outputs by theirs.
    pub async fn ask(&self, card: &str, inputs: &Value) -> Result<Record, Fault> {
        let run = Arc::new(Run::default());
        let asked = direct::perform_in(run, &self.cards, card, inputs, &[], &self.made.connection);
        self.within(asked).await
    }

    /// Fetches a page of what a card streams.
    pub async fn page(&self, card: &str, inputs: &Value, cursor: Cursor) -> Result<Page, Fault> {
        self.within(direct::page(&self.cards, card, inputs, cursor, &self.made.connection)).await
    }

    async fn within<T>(&self, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let told = |fault: Fault| fault.reworded(|text| self.made.connector.said_of(&self.made.name, text));
        match self.clock.timeout(LIMIT, asked).await {
            Some(answer) => answer.map_err(told),
            None => Err(Fault::new(FaultKind::Timeout, "there was no answer within 10 minutes")),
        }
    }
}

/// The simulators that are there. A real connection needs of them the clock alone; a simulated one needs some that outlive it.
fn simulators(planned: &Planned, around: &Surroundings) -> Result<Simulators, Problem> {
    match &around.simulators {
        Some(simulators) => Ok(simulators.clone()),
        None if planned.is_simulated() => {
            let message = format!(
                "the connection `{}` is simulated, and its simulator would end at once",
                planned.name
            );
            Err(Problem::new(message)
                .help("give its settings, as environment variables or in a connections file"))
        }
        None => Ok(Simulators::of(clock_of(1.0), Front::default(), [])),
    }
}
