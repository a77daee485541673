//! A service, asked over its interface.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use flowrun_core::journal::Settlement;
use flowrun_core::report::Report;
use flowrun_core::types::Type;
use flowrun_core::value::Record;
use flowrun_host::session::durable::history::{self, moment};
use flowrun_project::{Problem, bounded, unreadable};
use flowrun_service::people::{NewToken, TokenInfo};
use flowrun_store::{Filter, Run, Status};
use serde_json::{Map, Value, json};

use super::client::{Client, Event, Failed, part};
use super::inputs::{inputs, type_of, value};
use super::shown::{endpoint_of, flow_of, records, schedule_of, table_of, text};
use super::{
    Address, EndpointShown, FlowShown, Forgotten, Happened, ScheduleShown, Site, Steer, TableShown, There,
    Wanted,
};
use crate::commands::again::{OnArgs, Planned, is_open};
use crate::commands::run::RunArgs;
use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// How many are asked for at once.
const PAGE: usize = 500;

/// How large a file of rows may be.
const MOST_CSV: u64 = 8 << 20;

/// A service.
#[derive(Clone)]
pub struct Server {
    /// How it is asked.
    pub client: Arc<Client>,
    /// The only project that is meant.
    pub project: Option<String>,
    /// A part of the hosts for which a table is kept.
    pub hosts: Option<String>,
}

impl Server {
    /// The service at an address.
    pub fn new(
        address: &Address,
        project: Option<String>,
        surroundings: &Surroundings,
    ) -> Result<Server, Problem> {
        Ok(Server { client: Arc::new(Client::new(address, surroundings)?), project, hosts: None })
    }

    /// The service of this machine that has the store in a folder, if one has it.
    #[cfg(unix)]
    pub fn served(folder: &Path) -> Result<Option<Server>, Problem> {
        use std::os::unix::fs::MetadataExt;
        let socket = folder.join(flowrun_service::http::socket::NAME);
        let Ok(metadata) = std::fs::symlink_metadata(&socket) else { return Ok(None) };
        let whose = std::fs::metadata(folder).map(|folder| folder.uid()).unwrap_or(metadata.uid());
        if metadata.uid() != whose || flowrun_project::connections::open_to_others(&metadata) {
            let problem = Problem::new(format!("{} is somebody else's, or open to others", socket.display()));
            return Err(problem.help("remove it, and start the service again"));
        }
        // One that was cut off leaves its socket behind.
        if std::os::unix::net::UnixStream::connect(&socket).is_err() {
            return Ok(None);
        }
        let name = format!("the service that has {}", folder.display());
        let client = Arc::new(Client::at_socket(&socket, name)?);
        let mut server = Server { client, project: None, hosts: None };
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let projects = server.page("/api/v1/projects", &[], usize::MAX)?;
        let is_here = |project: &&Value| {
            let store = project["store"].as_str().map(Path::new);
            store.is_some_and(|store| store.canonicalize().is_ok_and(|store| store == real))
        };
        let Some(project) = projects.iter().find(is_here) else { return Ok(None) };
        server.project = text(project, "project");
        Ok(Some(server))
    }

    /// Only Unix has such sockets.
    #[cfg(not(unix))]
    pub fn served(_: &Path) -> Result<Option<Server>, Problem> {
        Ok(None)
    }

    /// Refuses what a service is not told, by its name.
    fn refuse(&self, options: &[(&str, bool)]) -> Result<(), Problem> {
        let Some((option, _)) = options.iter().find(|(_, given)| *given) else { return Ok(()) };
        let problem =
            Problem::new(format!("{option} can't be said to a service: {} runs it", self.client.name));
        Err(problem.help("what a service runs over is said when it is started"))
    }

    /// A run that goes on there.
    fn there(&self, run: String, args: RunArgs, wanted: Wanted) -> Planned {
        Planned::There(Box::new(There { server: self.clone(), run, args, wanted }))
    }
}

impl Site for Server {
    fn runs(&self, filter: &Filter) -> Result<Vec<Run>, Problem> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let page = limit.clamp(1, PAGE).to_string();
        let states: Vec<&str> = filter.states.iter().map(|status| status.name()).collect();
        let (states, since) = (states.join(","), filter.since_us.map(moment));
        let mut query = vec![("limit", &*page)];
        query.extend(filter.flow.as_deref().map(|flow| ("flow", flow)));
        query.extend(Some(&*states).filter(|states| !states.is_empty()).map(|states| ("status", states)));
        query.extend(since.as_deref().map(|since| ("since", since)));
        query.extend(filter.text.as_deref().map(|text| ("text", text)));
        let mut runs: Vec<Run> = Vec::new();
        for project in self.projects()? {
            let found = self.page(&format!("{project}/runs"), &query, limit)?;
            runs.extend(found.iter().filter_map(history::from_json));
        }
        runs.sort_by_key(|run| std::cmp::Reverse(run.about.started_us));
        runs.truncate(limit);
        Ok(runs)
    }

    fn run(&self, id: &str) -> Result<Run, Problem> {
        self.find(id).map(|(_, run)| run)
    }

    fn report(&self, run: &Run, at: Option<u64>) -> Result<Option<Report>, Problem> {
        let (path, _) = self.find(&run.about.id)?;
        let at = at.map(|at| at.to_string());
        let query: Vec<(&str, &str)> = at.as_deref().map(|at| ("at", at)).into_iter().collect();
        let told = match self.client.get(&format!("{path}/report"), &query) {
            Err(Failed::Said(StatusCode::GONE, _)) => return Ok(None),
            told => told?,
        };
        let report = serde_json::from_value(told);
        report.map(Some).map_err(|error| {
            Problem::new(format!("the report of {} can't be read: {error}", self.client.name))
                .help("it may be of another version of flowrun")
        })
    }

    fn follow(
        &self,
        run: &Run,
        tell: &mut dyn FnMut(Happened) -> Result<(), Refused>,
    ) -> Result<Status, Refused> {
        let (path, _) = self.find(&run.about.id)?;
        let mut stands = Status::Running;
        self.client.listen(&format!("{path}/follow"), |event: Event| {
            if event.kind == "stands" {
                stands = event.data["status"].as_str().and_then(Status::named).unwrap_or(stands);
                return Ok(true);
            }
            let (at, what) = (text(&event.data, "at"), text(&event.data, "what"));
            if let (Some(at), Some(what), Some(entry)) = (at, what, event.data["entry"].as_u64()) {
                tell(Happened { at, entry, what })?;
            }
            Ok::<bool, Refused>(false)
        })?;
        Ok(stands)
    }

    fn delete(&self, run: &Run) -> Result<(), Problem> {
        let (path, _) = self.find(&run.about.id)?;
        self.client.delete(&path)?;
        Ok(())
    }

    fn clear(&self, flow: &str) -> Result<u64, Problem> {
        let mut cleared = 0;
        for project in self.projects()? {
            let told = self.client.post(&format!("{project}/clear"), &json!({ "flow": flow }))?;
            cleared += told["cleared"].as_u64().unwrap_or_default();
        }
        Ok(cleared)
    }

    fn forget(&self, person: &str, look: bool) -> Result<Forgotten, Problem> {
        let mut all = Forgotten::default();
        for project in self.projects()? {
            let body = json!({ "person": person, "remove": if look { "no" } else { "yes" } });
            let told = self.client.post(&format!("{project}/forget"), &body)?;
            let names = |name: &str| {
                let names = told[name].as_array().into_iter().flatten();
                names.filter_map(|run| run.as_str().map(str::to_owned)).collect()
            };
            let rows = told["rows"].as_array().into_iter().flatten();
            let rows = rows.filter_map(|row| Some((text(row, "table")?, row["row"].as_u64()?)));
            let count = |name: &str| told[name].as_u64().unwrap_or_default();
            let (notes, audit) = (count("notes"), count("audit"));
            let found = Forgotten {
                cleared: names("cleared"),
                open: names("open"),
                rows: rows.collect(),
                notes,
                audit,
            };
            all = all.with(found);
        }
        Ok(all)
    }

    fn again(
        &self,
        run: &str,
        steer: &Steer<'_>,
        on: &OnArgs,
        console: &mut Console<'_>,
    ) -> Result<Planned, Refused> {
        self.refuse(&on.over.said())?;
        self.refuse(&[("--mock", on.mock.is_some()), ("--files", on.files.is_some())])?;
        not_yet(&[
            ("--with-new", matches!(steer, Steer::GoOn(Some(_)) | Steer::Answer(_, Some(_)))),
            ("rerun --then", matches!(steer, Steer::Rerun { then: true, .. })),
            ("rerun --failed", matches!(steer, Steer::Rerun { failed: true, .. })),
            ("rerun --file", matches!(steer, Steer::Rerun { file: Some(_), .. })),
        ])?;
        let (path, found) = self.find(run)?;
        let args = on.shown(&found);
        let id = found.about.id.to_string();
        if !matches!(steer, Steer::Rerun { .. } | Steer::Fork { .. }) {
            is_open(&found)?;
        }
        Ok(match steer {
            Steer::Cancel => {
                self.client.post(&format!("{path}/cancel"), &Value::Null).map_err(Problem::from)?;
                self.there(id, args, Wanted::Ends)
            }
            // It goes on only when it is answered.
            Steer::GoOn(_) if found.state.status() == Status::Paused => self.there(id, args, Wanted::GoesOn),
            Steer::GoOn(_) => {
                self.client.post(&format!("{path}/resume"), &Value::Null).map_err(Problem::from)?;
                self.there(id, args, Wanted::GoesOn)
            }
            Steer::Answer(given, _) => {
                let inputs = self.answer(&path, &id, given)?;
                let body = json!({ "inputs": inputs });
                self.client.post(&format!("{path}/resume"), &body).map_err(Problem::from)?;
                self.there(id, args, Wanted::GoesOn)
            }
            Steer::Settle { card, what, outputs } => {
                let what = match what {
                    Settlement::Happened => "happened",
                    Settlement::DidNot => "did_not",
                    Settlement::Failed => "fail",
                };
                let outputs: Map<String, Value> =
                    outputs.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
                let body = json!({ "card": card, "what": what, "outputs": outputs });
                self.client.post(&format!("{path}/settle"), &body).map_err(Problem::from)?;
                self.there(id, args, Wanted::GoesOn)
            }
            Steer::Rerun { .. } => {
                let told = self.client.post(&format!("{path}/rerun"), &Value::Null).map_err(Problem::from)?;
                self.there(self.begun(&told)?, args, Wanted::Begins)
            }
            Steer::Fork { from, outputs } => {
                let outputs: Map<String, Value> =
                    outputs.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
                let body = json!({ "from": from, "outputs": outputs });
                let told = self.client.post(&format!("{path}/fork"), &body).map_err(Problem::from)?;
                let name = self.begun(&told)?;
                console.note(&format!("run {name} shares what run {id} did before `{from}`\n"));
                self.there(name, args, Wanted::Begins)
            }
        })
    }

    fn start(&self, args: &RunArgs, _: &mut Console<'_>) -> Result<Planned, Refused> {
        self.refuse(&args.of_this_machine())?;
        let named = args.file.as_deref().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let (path, flow) = self.flow(&named)?;
        let mut body = json!({ "inputs": inputs(&flow, &args.inputs)? });
        if let Some(user) = &args.run_as {
            body["as"] = json!(user);
        }
        let told = self.client.post(&format!("{path}/runs"), &body).map_err(|failed| {
            let problem = Problem::from(failed);
            let unnamed = args.run_as.is_none() && flow["trigger"]["kind"] == "delegated";
            if unnamed { problem.help("`--as USER` says who runs it") } else { problem }
        })?;
        Ok(self.there(self.begun(&told)?, args.clone(), Wanted::Begins))
    }

    fn flows(&self) -> Result<Vec<FlowShown>, Problem> {
        let projects = self.projects()?;
        let several = projects.len() > 1;
        let mut shown = Vec::new();
        for project in projects {
            let flows = self.page(&format!("{project}/flows"), &[("limit", "500")], usize::MAX)?;
            shown.extend(flows.iter().filter_map(|flow| flow_of(flow, several)));
        }
        Ok(shown)
    }

    fn switch(&self, flow: &str, on: bool, passed: Option<bool>) -> Result<FlowShown, Problem> {
        let (path, _) = self.flow(flow)?;
        let told = match (on, passed) {
            (true, Some(run)) => self
                .client
                .post(&format!("{path}/on"), &json!({ "passed": if run { "run" } else { "drop" } }))?,
            (true, None) => self.client.post(&format!("{path}/on"), &json!({}))?,
            (false, _) => self.client.post(&format!("{path}/off"), &Value::Null)?,
        };
        flow_of(&told, false).ok_or_else(|| Problem::new(format!("{} tells no flow", self.client.name)))
    }

    fn schedules(&self, times: usize) -> Result<Vec<ScheduleShown>, Problem> {
        let times = times.to_string();
        let mut shown = Vec::new();
        for project in self.projects()? {
            let found = self.page(&format!("{project}/schedules"), &[("times", &*times)], usize::MAX)?;
            shown.extend(found.iter().filter_map(schedule_of));
        }
        Ok(shown)
    }

    fn endpoints(&self) -> Result<Vec<EndpointShown>, Problem> {
        let mut shown = Vec::new();
        for project in self.projects()? {
            let found = self.page(&format!("{project}/endpoints"), &[], usize::MAX)?;
            shown.extend(found.iter().filter_map(endpoint_of));
        }
        Ok(shown)
    }

    fn client_token(&self, flow: &str) -> Result<(String, String), Problem> {
        let (path, _) = self.flow(flow)?;
        let told = self.client.post(&format!("{path}/client-tokens"), &Value::Null)?;
        let made = text(&told, "id").zip(text(&told, "token"));
        made.ok_or_else(|| Problem::new(format!("{} tells no token", self.client.name)))
    }

    fn revoke_client_token(&self, flow: &str, id: &str) -> Result<(), Problem> {
        let (path, _) = self.flow(flow)?;
        self.client.delete(&format!("{path}/client-tokens/{}", part(id)))?;
        Ok(())
    }

    fn tokens(&self) -> Result<Vec<TokenInfo>, Problem> {
        let all = self.page("/api/v1/tokens", &[], usize::MAX)?;
        all.into_iter().map(|token| self.token_of(token)).collect()
    }

    fn make_token(&self, new: NewToken) -> Result<(String, TokenInfo), Problem> {
        let mut body = json!({ "name": new.name, "may": new.may });
        if let Some(ends_ms) = new.ends_ms {
            body["ends"] = json!(moment(ends_ms.saturating_mul(1000)));
        }
        let told = self.client.post("/api/v1/tokens", &body)?;
        let token = text(&told, "token");
        let token = token.ok_or_else(|| Problem::new(format!("{} tells no token", self.client.name)))?;
        Ok((token, self.token_of(told)?))
    }

    fn revoke_token(&self, id: &str) -> Result<(), Problem> {
        self.client.delete(&format!("/api/v1/tokens/{}", part(id)))?;
        Ok(())
    }

    fn tables(&self) -> Result<Vec<TableShown>, Problem> {
        let mut shown = Vec::new();
        for project in self.projects()? {
            let tables = self.page(&format!("{project}/tables"), &[], usize::MAX)?;
            shown.extend(tables.iter().filter_map(table_of));
        }
        shown.retain(|table| self.hosts.as_ref().is_none_or(|hosts| table.hosts.contains(hosts.as_str())));
        Ok(shown)
    }

    fn rows(&self, table: &str, most: usize) -> Result<(Vec<Record>, u64), Problem> {
        let (path, shown) = self.table(table)?;
        let query = [("hosts", &*shown.hosts), ("limit", "500")];
        let rows = self.page(&format!("{path}/rows"), &query, usize::MAX)?;
        let all = rows.len() as u64;
        let newest = &rows[rows.len().saturating_sub(most)..];
        Ok((records(table, newest), all))
    }

    fn export(
        &self,
        table: &str,
        to: &mut dyn FnMut(&mut dyn Read) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let (path, shown) = self.table(table)?;
        let csv = self.client.exchange(Method::GET, &of(&path, &shown), None)?;
        to(&mut &*csv)
    }

    fn import(&self, table: &str, file: &Path) -> Result<u64, Problem> {
        let (path, shown) = self.table(table)?;
        let csv = bounded::read(file, MOST_CSV).map_err(|error| unreadable(file, &error))?;
        let csv =
            csv.ok_or_else(|| Problem::new(format!("{} is too large for a service", file.display())))?;
        let told = self.client.exchange(Method::POST, &of(&path, &shown), Some(("text/csv", csv.into())))?;
        let told: Value = serde_json::from_slice(&told).unwrap_or_default();
        Ok(told["rows"].as_u64().unwrap_or_default())
    }

    fn clear_table(&self, table: &str) -> Result<u64, Problem> {
        let (path, shown) = self.table(table)?;
        let told = self.client.delete(&format!("{path}/rows?hosts={}", part(&shown.hosts)))?;
        Ok(told["deleted"].as_u64().unwrap_or_default())
    }
}

impl Server {
    fn token_of(&self, told: Value) -> Result<TokenInfo, Problem> {
        serde_json::from_value(told).map_err(|error| {
            Problem::new(format!("{} tells of a token that can't be read: {error}", self.client.name))
        })
    }

    /// The name of a run that has begun.
    fn begun(&self, told: &Value) -> Result<String, Problem> {
        text(told, "run").ok_or_else(|| Problem::new(format!("{} names no run", self.client.name)))
    }

    /// What a pause is answered, by the types that its outputs have.
    fn answer(&self, path: &str, id: &str, given: &[(String, String)]) -> Result<Value, Problem> {
        let project = path.rsplit_once("/runs/").map_or(path, |(project, _)| project);
        let pauses = self.page(&format!("{project}/pauses"), &[("limit", "500")], usize::MAX)?;
        let wanted = pauses.iter().find(|pause| pause["run"] == *id).map(|pause| pause["wanted"].clone());
        let wanted = wanted.unwrap_or_default();
        let answers = given.iter().map(|(name, text)| {
            let ty = type_of(&wanted, name).unwrap_or(Type::ANY);
            Ok((name.clone(), value(name, text, ty)?))
        });
        answers.collect::<Result<Map<String, Value>, Problem>>().map(Value::from)
    }
}

/// Where the rows of a table are, over its hosts.
fn of(path: &str, table: &TableShown) -> String {
    format!("{path}/csv?hosts={}", part(&table.hosts))
}

/// Refuses by its name what is not there at a service.
fn not_yet(options: &[(&str, bool)]) -> Result<(), Problem> {
    let Some((option, _)) = options.iter().find(|(_, given)| *given) else { return Ok(()) };
    let problem = Problem::new(format!("{option} is not there at a service yet"));
    Err(problem.help("where the runs are kept it works while nobody serves them"))
}
