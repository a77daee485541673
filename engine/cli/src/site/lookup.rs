//! What is meant at a service: projects, runs, flows and tables by their names.

use axum::http::StatusCode;
use flowrun_core::suggest::closest;
use flowrun_host::session::durable::history;
use flowrun_project::Problem;
use flowrun_store::Run;
use serde_json::Value;

use super::client::{Failed, part};
use super::shown::{table_of, text};
use super::{Server, TableShown};

impl Server {
    /// The items of a list, at most so many.
    pub fn page(&self, path: &str, query: &[(&str, &str)], most: usize) -> Result<Vec<Value>, Problem> {
        let (mut items, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let mut query = query.to_vec();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.client.get(path, &query)?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            items.truncate(most);
            cursor = text(&page, "next");
            if cursor.is_none() || items.len() == most {
                return Ok(items);
            }
        }
    }

    /// The projects that are meant, as paths begin.
    pub fn projects(&self) -> Result<Vec<String>, Problem> {
        let served = match &self.project {
            Some(project) => vec![project.clone()],
            None => {
                let projects = self.page("/api/v1/projects", &[], usize::MAX)?;
                projects.iter().filter_map(|project| text(project, "project")).collect()
            }
        };
        Ok(served.iter().map(|project| format!("/api/v1/projects/{}", part(project))).collect())
    }

    /// The path of a run, and the run.
    pub fn find(&self, id: &str) -> Result<(String, Run), Problem> {
        let mut found: Vec<(String, Run)> = Vec::new();
        let absent =
            || Problem::new(format!("there is no run `{id}`")).help("`flowrun runs` lists those there are");
        for project in self.projects()? {
            let told = match self.client.get(&format!("{project}/runs/{}", part(id)), &[]) {
                Ok(told) => told,
                Err(Failed::Said(StatusCode::NOT_FOUND, why)) if why.message.starts_with("several") => {
                    return Err(why.help("write more of its name"));
                }
                Err(Failed::Said(StatusCode::NOT_FOUND, why)) if self.project.is_some() => {
                    return Err(if why.message.contains("project") { why } else { absent() });
                }
                Err(Failed::Said(StatusCode::NOT_FOUND, _)) => continue,
                Err(failed) => return Err(failed.into()),
            };
            if let Some(run) = history::from_json(&told) {
                found.push((format!("{project}/runs/{}", part(&run.about.id)), run));
            }
        }
        if found.len() > 1 {
            let names: Vec<String> = found.iter().map(|(_, run)| run.about.id.to_string()).collect();
            let problem = Problem::new(format!("several runs begin with `{id}`: {}", names.join(", ")));
            return Err(problem.help("write more of its name, or say which project with --project"));
        }
        found.pop().ok_or_else(absent)
    }

    /// The path of a flow, and what is told of it. It may be named with its project, as `hr/import`.
    pub fn flow(&self, name: &str) -> Result<(String, Value), Problem> {
        let mut flows = Vec::new();
        for project in self.projects()? {
            for flow in self.page(&format!("{project}/flows"), &[("limit", "500")], usize::MAX)? {
                flows.push((project.clone(), flow));
            }
        }
        let is_meant = |(_, flow): &&(String, Value)| {
            let (path, project) = (flow["flow"].as_str(), flow["project"].as_str().unwrap_or_default());
            path == Some(name) || name.strip_prefix(project).and_then(|rest| rest.strip_prefix('/')) == path
        };
        let found: Vec<&(String, Value)> = flows.iter().filter(is_meant).collect();
        match &*found {
            [(project, flow)] => {
                let path = flow["flow"].as_str().unwrap_or_default();
                Ok((format!("{project}/flows/{}", part(path)), flow.clone()))
            }
            [] => {
                let near = closest(name, flows.iter().filter_map(|(_, flow)| flow["flow"].as_str()));
                let problem = Problem::new(format!("{} has no flow `{name}`", self.client.name));
                Err(problem.meant(near).or_help(|| "`flowrun flows` lists those there are"))
            }
            several => {
                let names = several
                    .iter()
                    .map(|(_, flow)| format!("{}/{name}", flow["project"].as_str().unwrap_or_default()));
                let names: Vec<String> = names.collect();
                let problem = Problem::new(format!("several projects have a flow `{name}`"));
                Err(problem.help(format!("say which: {}", names.join(", "))))
            }
        }
    }

    /// The path of a table, the hosts that it is kept for, and how many rows it has.
    pub fn table(&self, name: &str) -> Result<(String, TableShown), Problem> {
        let mut found = Vec::new();
        let mut others = Vec::new();
        for project in self.projects()? {
            for table in self.page(&format!("{project}/tables"), &[], usize::MAX)? {
                let Some(shown) = table_of(&table) else { continue };
                let is_over = self.hosts.as_ref().is_none_or(|hosts| shown.hosts.contains(hosts.as_str()));
                match shown.table == name && is_over {
                    true => found.push((format!("{project}/tables/{}", part(name)), shown)),
                    false => others.push(shown.table),
                }
            }
        }
        if found.len() > 1 {
            let hosts: Vec<String> =
                found.iter().map(|(_, table)| format!("\n    {}", table.hosts)).collect();
            let problem =
                Problem::new(format!("the table `{name}` is kept for {} sets of hosts", found.len()));
            return Err(problem.help(format!("say which with --hosts, or --project{}", hosts.concat())));
        }
        found.pop().ok_or_else(|| {
            Problem::new(format!("nothing is kept of a table `{name}`"))
                .meant(closest(name, others.iter().map(String::as_str)))
                .or_help(|| "`flowrun tables` lists what is kept")
        })
    }
}
