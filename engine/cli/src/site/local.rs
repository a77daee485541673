//! What this machine keeps: stores in folders. One that a service has is asked for by the service's socket.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use flowrun_core::check::Checked;
use flowrun_core::journal::Entry;
use flowrun_core::machine::Limits;
use flowrun_core::program::{Flow, Program, Trigger};
use flowrun_core::report::Report;
use flowrun_core::stored::{Blind, decode};
use flowrun_core::value::Record;
use flowrun_host::runtime;
use flowrun_host::session::clock as clock_of;
use flowrun_host::session::durable::history::{self, happened, moment};
use flowrun_host::session::durable::home::{self, Home, own_now, problem};
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_project::check::{self, Given, examine};
use flowrun_project::{Mistakes, Problem, Project};
use flowrun_service::endpoints;
use flowrun_service::endpoints::tokens::{self, Token};
use flowrun_service::people::{self, Caller, NewToken, People, TokenInfo};
use flowrun_service::projects::told;
use flowrun_service::switches::Switches;
use flowrun_service::times::Times;
use flowrun_store::{Filter, Run, State, Status, Store};

use super::{EndpointShown, FlowShown, Forgotten, Happened, ScheduleShown, Server, Site, Steer, TableShown};
use crate::commands::again::{self, OnArgs, Planned};
use crate::commands::run::{self, RunArgs};
use crate::commands::runs::PlaceArgs;
use crate::commands::serve::asks::outside;
use crate::commands::serve::settings::Settings;
use crate::commands::tables::Kept;
use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// How often it is looked for more.
const LOOK: Duration = Duration::from_millis(300);

/// The stores of this machine.
pub struct Local {
    /// Which of them.
    pub place: PlaceArgs,
    /// A part of the hosts for which a table is kept.
    pub hosts: Option<String>,
    /// What is known of this process.
    pub surroundings: Surroundings,
}

impl Local {
    /// The project that is meant, and the folder in which its store lies.
    pub fn project(&self) -> Result<(Project, PathBuf), Problem> {
        let path = self.place.project.clone().unwrap_or_else(|| PathBuf::from("."));
        let environment = self.place.env.as_deref();
        let project = Project::read_in(&path, environment, self.surroundings.registry.vocabulary())?;
        let usual = || home::folder(&project.root, environment, &self.surroundings.env);
        let folder = self.place.state.clone().or_else(usual).ok_or_else(|| {
            Problem::new("nothing says where to look: HOME is not set").help("name the folder with --state")
        })?;
        Ok((project, folder))
    }

    /// The service that has the store of a folder, if one has it.
    fn served(&self, folder: &Path) -> Result<Option<Server>, Problem> {
        let server = Server::served(folder)?;
        Ok(server.map(|server| Server { hosts: self.hosts.clone(), ..server }))
    }

    /// Does something with each store, which this process has for itself meanwhile, or which a service has.
    fn each<T>(
        &self,
        who: &str,
        own: impl Fn(&Home) -> Result<T, Problem>,
        served: impl Fn(&Server) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        let homes = self.place.homes(&self.surroundings)?;
        let each = homes.iter().map(|home| match self.served(&home.folder)? {
            Some(server) => served(&server),
            None => own(&own_now(&home.folder, &self.surroundings.env, who)?),
        });
        each.collect()
    }
}

impl Site for Local {
    fn runs(&self, filter: &Filter) -> Result<Vec<Run>, Problem> {
        let mut runs: Vec<Run> = Vec::new();
        for home in self.place.homes(&self.surroundings)? {
            runs.extend(home.store.runs(filter).map_err(|error| problem(&error))?);
        }
        runs.sort_by_key(|run| std::cmp::Reverse(run.about.started_us));
        runs.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(runs)
    }

    fn run(&self, id: &str) -> Result<Run, Problem> {
        self.place.find(id, &self.surroundings).map(|(_, run)| run)
    }

    fn report(&self, run: &Run, at: Option<u64>) -> Result<Option<Report>, Problem> {
        let (home, run) = self.place.find(&run.about.id, &self.surroundings)?;
        history::report(&home, &run, at, self.surroundings.registry.vocabulary())
    }

    fn follow(
        &self,
        run: &Run,
        tell: &mut dyn FnMut(Happened) -> Result<(), Refused>,
    ) -> Result<Status, Refused> {
        let (home, run) = self.place.find(&run.about.id, &self.surroundings)?;
        let id = run.about.id.clone();
        let vocabulary = self.surroundings.registry.vocabulary();
        let program = Recalled::read(&home, &id, vocabulary, Sight::Blind, Some(0))?.program;
        let store: &dyn Store = &*home.store;
        let mut next = run.cut + 1;
        loop {
            let run = store.run(&id).map_err(|error| problem(&error))?;
            for stored in store.journal(&id, next) {
                let stored = stored.map_err(|error| problem(&error))?;
                next = stored.seq + 1;
                let Ok(entry) = decode::<Entry>(&stored.body, &Blind) else { continue };
                if let Some(what) = happened(&program, &entry, true) {
                    tell(Happened { at: moment(entry.at_us), entry: stored.seq, what })?;
                }
            }
            let status = run.state.status();
            if run.entries < next && status != Status::Running {
                return Ok(status);
            }
            sleep(LOOK);
        }
    }

    fn pause_link(&self, run: &Run) -> Option<String> {
        if !matches!(run.state, State::Paused { .. }) {
            return None;
        }
        let (home, run) = self.place.find(&run.about.id, &self.surroundings).ok()?;
        let vocabulary = self.surroundings.registry.vocabulary();
        let recalled = Recalled::read(&home, &run.about.id, vocabulary, Sight::Blind, None).ok()?;
        let pause = recalled.look(Limits::default()).ok()?.machine.pauses().into_iter().next()?;
        // As a service calls its projects.
        let project = Path::new(&run.about.root).file_name()?.to_string_lossy();
        endpoints::link_beside(&home, &project, &run.about.id, &pause)
    }

    fn delete(&self, run: &Run) -> Result<(), Problem> {
        let (home, run) = self.place.find(&run.about.id, &self.surroundings)?;
        if let Some(server) = self.served(&home.folder)? {
            return server.delete(&run);
        }
        let home = own_now(&home.folder, &self.surroundings.env, "flowrun runs delete")?;
        home.store.delete(&run.about.id).map_err(|error| problem(&error))
    }

    fn clear(&self, flow: &str) -> Result<u64, Problem> {
        let filter = Filter { flow: Some(flow.to_owned()), ..Filter::default() };
        let own = |home: &Home| home.store.clear(&filter).map_err(|error| problem(&error));
        Ok(self.each("flowrun runs clear", own, |server| server.clear(flow))?.iter().sum())
    }

    fn forget(&self, person: &str, look: bool) -> Result<Forgotten, Problem> {
        // Only who has the store can go through all of it, also to look.
        let own = |home: &Home| {
            let mut found = home.forget(person, true).map_err(|error| problem(&error))?;
            let mut notes = 0;
            if !look {
                // First, so that nothing is left of sessions and tokens that could not be read any more.
                let people = people::forget(home.store.clone(), clock_of(1.0), person);
                let gone = runtime::of_one_thread()?.block_on(people).map_err(|error| problem(&error))?;
                notes = gone as u64;
                found = home.forget(person, false).map_err(|error| problem(&error))?;
            }
            let names = |runs: Vec<flowrun_store::RunId>| runs.iter().map(ToString::to_string).collect();
            let rows = found.rows.into_iter().map(|(table, row)| (table.name.to_string(), row));
            Ok(Forgotten {
                cleared: names(found.cleared),
                open: names(found.open),
                rows: rows.collect(),
                notes: notes + found.notes,
                audit: found.audit,
            })
        };
        let found = self.each("flowrun runs forget", own, |server| server.forget(person, look))?;
        Ok(found.into_iter().fold(Forgotten::default(), Forgotten::with))
    }

    fn again(
        &self,
        run: &str,
        steer: &Steer<'_>,
        on: &OnArgs,
        console: &mut Console<'_>,
    ) -> Result<Planned, Refused> {
        let (home, found) = self.place.find(run, &self.surroundings)?;
        if let Some(server) = self.served(&home.folder)? {
            return server.again(&found.about.id, steer, on, console);
        }
        again::here(home, &found, steer, on, &self.surroundings, console)
    }

    fn start(&self, args: &RunArgs, console: &mut Console<'_>) -> Result<Planned, Refused> {
        let plan = run::plan(args, &self.surroundings, console)?;
        if let Some(folder) = plan.store_folder()
            && let Some(server) = self.served(&folder)?
        {
            let file = Some(PathBuf::from(&*plan.ready().flow().path));
            // The folder that was named is what led there.
            let args = RunArgs { file, flow: None, state: None, wait: false, ..args.clone() };
            return server.start(&args, console);
        }
        Ok(Planned::Here(Box::new((args.clone(), plan))))
    }

    fn flows(&self) -> Result<Vec<FlowShown>, Problem> {
        if let Some(server) = self.served(&self.project()?.1)? {
            return server.flows();
        }
        let (program, home) = self.program()?;
        let switches = switches(home.as_ref())?;
        let shown = program.flows.iter().filter(|flow| !flow.path.contains('#')).map(|flow| {
            let is_on = switches.as_ref().is_none_or(|switches| switches.is_on(&flow.path));
            FlowShown::of(flow, is_on)
        });
        Ok(shown.collect())
    }

    fn switch(&self, flow: &str, on: bool, passed: Option<bool>) -> Result<FlowShown, Problem> {
        let (_, folder) = self.project()?;
        if let Some(server) = self.served(&folder)? {
            return server.switch(flow, on, passed);
        }
        let flows = self.flows()?;
        let found = super::shown::chosen(flows, flow)?;
        if passed.is_some() {
            let problem =
                Problem::new("nobody serves the project: its schedules say what becomes of what has passed");
            return Err(problem.help("leave --passed out"));
        }
        let home = own_now(&folder, &self.surroundings.env, "flowrun flows")?;
        let set = async {
            Switches::read(home.store.clone(), clock_of(1.0))?.set(&found.flow, on, self.now_us()).await
        };
        runtime::of_one_thread()?.block_on(set).map_err(|error| problem(&error))?;
        Ok(FlowShown { on: found.on.map(|_| on), ..found })
    }

    fn schedules(&self, times: usize) -> Result<Vec<ScheduleShown>, Problem> {
        let (_, folder) = self.project()?;
        if let Some(server) = self.served(&folder)? {
            return server.schedules(times);
        }
        let (program, home) = self.program()?;
        let switches = switches(home.as_ref())?;
        let now_us = self.now_us();
        let shown = |flow: &Flow| {
            let Trigger::Schedule { cron, time_zone, .. } = &flow.trigger else { return None };
            let schedule = Times::of(&flow.trigger)?;
            let (shift_us, mut next) = (schedule.shift_us(&flow.path), Vec::new());
            let mut after_us = now_us;
            while next.len() < times
                && let Some(at_us) = schedule.next(after_us)
            {
                next.push(moment(at_us + shift_us));
                after_us = at_us;
            }
            let on = switches.as_ref().is_none_or(|switches| switches.is_on(&flow.path));
            let (flow, cron, zone) = (flow.path.to_string(), cron.to_string(), time_zone.to_string());
            Some(ScheduleShown { flow, cron, zone, next, on })
        };
        Ok(program.flows.iter().filter_map(shown).collect())
    }

    fn endpoints(&self) -> Result<Vec<EndpointShown>, Problem> {
        let (_, folder) = self.project()?;
        if let Some(server) = self.served(&folder)? {
            return server.endpoints();
        }
        let (program, home) = self.program()?;
        let switches = switches(home.as_ref())?;
        let mut shown = Vec::new();
        for flow in &program.flows {
            let Some((method, security)) = endpoints::said(flow) else { continue };
            let tokens = home.as_ref().map(|home| tokens::read(home, &flow.path)).transpose()?;
            let ids = |tokens: Vec<Token>| tokens.into_iter().map(|token| token.id).collect();
            shown.push(EndpointShown {
                flow: flow.path.to_string(),
                method: method.map(str::to_owned),
                url: None,
                security: security.to_owned(),
                tokens: Some(tokens.map(ids).unwrap_or_default()),
                on: switches.as_ref().is_none_or(|switches| switches.is_on(&flow.path)),
            });
        }
        Ok(shown)
    }

    fn client_token(&self, flow: &str) -> Result<(String, String), Problem> {
        let (_, folder) = self.project()?;
        if let Some(server) = self.served(&folder)? {
            return server.client_token(flow);
        }
        self.is_endpoint(flow)?;
        let home = own_now(&folder, &self.surroundings.env, "flowrun endpoints")?;
        let made = runtime::of_one_thread()?.block_on(tokens::make(&home, flow, self.now_us()))?;
        Ok((made.id, made.secret))
    }

    fn revoke_client_token(&self, flow: &str, id: &str) -> Result<(), Problem> {
        let (_, folder) = self.project()?;
        if let Some(server) = self.served(&folder)? {
            return server.revoke_client_token(flow, id);
        }
        let home = own_now(&folder, &self.surroundings.env, "flowrun endpoints")?;
        match runtime::of_one_thread()?.block_on(tokens::revoke(&home, flow, id))? {
            true => Ok(()),
            false => Err(Problem::new(format!("`{flow}` has no client token `{id}`"))
                .help("`flowrun endpoints` lists those there are")),
        }
    }

    fn tokens(&self) -> Result<Vec<TokenInfo>, Problem> {
        match self.served(&self.project()?.1)? {
            Some(server) => server.tokens(),
            None => self.people(|people| refusal(people.tokens(&Caller::owner()))),
        }
    }

    fn make_token(&self, new: NewToken) -> Result<(String, TokenInfo), Problem> {
        if let Some(server) = self.served(&self.project()?.1)? {
            return server.make_token(new);
        }
        self.people(|people| {
            let made = runtime::of_one_thread()?.block_on(people.make_token(&Caller::owner(), new));
            refusal(made)
        })
    }

    fn revoke_token(&self, id: &str) -> Result<(), Problem> {
        if let Some(server) = self.served(&self.project()?.1)? {
            return server.revoke_token(id);
        }
        self.people(|people| {
            let gone = runtime::of_one_thread()?.block_on(people.revoke_token(&Caller::owner(), id));
            refusal(gone.map(drop))
        })
    }

    fn tables(&self) -> Result<Vec<TableShown>, Problem> {
        let Some(home) = Home::look(&self.project()?.1, &self.surroundings.env)? else {
            return Ok(Vec::new());
        };
        let tables = home.store.tables().map_err(|error| problem(&error))?.into_iter();
        let meant = tables.filter(|(table, _)| self.is_over(&table.scope));
        let shown = meant.map(|(table, rows)| TableShown {
            table: table.name.to_string(),
            hosts: table.scope.to_string(),
            rows,
        });
        Ok(shown.collect())
    }

    fn rows(&self, table: &str, most: usize) -> Result<(Vec<Record>, u64), Problem> {
        let mut rows = Kept::look(table, self)?.tables()?.rows(table).unwrap_or_default();
        let all = rows.len();
        Ok((rows.split_off(all.saturating_sub(most)), all as u64))
    }

    fn export(
        &self,
        table: &str,
        to: &mut dyn FnMut(&mut dyn Read) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        to(&mut Kept::look(table, self)?.export()?)
    }

    fn import(&self, table: &str, file: &Path) -> Result<u64, Problem> {
        if let Some(server) = self.served(&self.project()?.1)? {
            return server.import(table, file);
        }
        let kept = Kept::own(table, self, "flowrun tables import")?;
        let unread = |error: io::Error| Problem::new(format!("{} can't be read: {error}", file.display()));
        let mut csv = File::open(file).map_err(unread)?;
        kept.import(&mut csv, file)
    }

    fn clear_table(&self, table: &str) -> Result<u64, Problem> {
        if let Some(server) = self.served(&self.project()?.1)? {
            return server.clear_table(table);
        }
        Kept::own(table, self, "flowrun tables clear")?.clear()
    }
}

impl Local {
    /// What can run of the project, and its store, to be looked at.
    fn program(&self) -> Result<(Program, Option<Home>), Problem> {
        let (project, folder) = self.project()?;
        let vocabulary = self.surroundings.registry.vocabulary();
        let Checked { program, diagnostics: mut found, .. } =
            examine(&project, vocabulary, &Given::default());
        found.extend(project.found.iter().cloned());
        found.retain(check::is_error);
        if !found.is_empty() {
            let mistakes = Mistakes { found, sources: project.sources.clone() };
            return Err(told(&flowrun_project::Refused::Mistakes(mistakes)));
        }
        Ok((program, Home::look(&folder, &self.surroundings.env)?))
    }

    fn now_us(&self) -> i64 {
        let clock = self.surroundings.simulators.as_ref().map(|simulators| simulators.clock.clone());
        clock.unwrap_or_else(|| clock_of(1.0)).now_ms().saturating_mul(1000)
    }

    /// Refuses a flow that is not called with a client token.
    fn is_endpoint(&self, flow: &str) -> Result<(), Problem> {
        super::shown::chosen(self.flows()?, flow)?;
        let found = self.endpoints()?.into_iter().find(|endpoint| endpoint.flow == flow);
        match found {
            Some(endpoint) if endpoint.security == "token" => Ok(()),
            _ => Err(Problem::new(format!("`{flow}` is not called with a client token"))
                .help("write `trigger: { api_endpoint: { security: token } }` in it")),
        }
    }

    /// Does something with those who may come to a service of the project, while nobody serves it.
    fn people<T>(&self, work: impl FnOnce(&People) -> Result<T, Problem>) -> Result<T, Problem> {
        let home = own_now(&self.project()?.1, &self.surroundings.env, "flowrun token")?;
        let settings = Settings::default().people("http://localhost:8080");
        let outside = outside(&self.surroundings)?;
        let people =
            People::new(home.store.clone(), clock_of(1.0), settings, outside).map_err(Problem::new)?;
        work(&people)
    }

    /// Whether a table that is kept for these hosts is meant.
    pub fn is_over(&self, hosts: &str) -> bool {
        self.hosts.as_ref().is_none_or(|part| hosts.contains(part.as_str()))
    }
}

impl Forgotten {
    /// What was found here and there.
    pub fn with(mut self, other: Forgotten) -> Forgotten {
        self.cleared.extend(other.cleared);
        self.open.extend(other.open);
        self.rows.extend(other.rows);
        self.notes += other.notes;
        self.audit += other.audit;
        self
    }
}

/// Which flows are off.
fn switches(home: Option<&Home>) -> Result<Option<Switches>, Problem> {
    let read = home.map(|home| Switches::read(home.store.clone(), clock_of(1.0))).transpose();
    read.map_err(|error| problem(&error))
}

/// What a service would have answered, in words.
fn refusal<T>(done: Result<T, flowrun_service::people::Problem>) -> Result<T, Problem> {
    done.map_err(|problem| Problem::new(problem.detail))
}
