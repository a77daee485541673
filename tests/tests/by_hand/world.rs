//! Runs a flow of an export with answers in place of vendors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use flowrun_core::card::EXTERNAL_CARD;
use flowrun_core::effect::{Act, Answer, Outcome as Ended, Page, Performance};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::model::{At, Joined, Name, Step};
use flowrun_core::program::{FlowId, Program, StepId};
use flowrun_core::report::{CardReport, FlowReport, Inside};
use flowrun_core::source::{Sources, Span};
use flowrun_core::value::{Record, Text, Value, parse_date, parse_json};
use flowrun_kit::effect::{AnyConnection, EffectCard};
use flowrun_project::Project;
use flowrun_project::check::{Given, examine};
use flowrun_tables::Tables;
use flowrun_tests::registry;
use serde_json::{Map, Value as Json};

use super::case::{Case, Outcome};

/// The time of runs whose time does not matter: 2026-03-01T00:00:00Z.
const USUAL: &str = "2026-03-01T00:00:00Z";

/// An export, compiled.
pub struct Export {
    project: Project,
    program: Arc<Program>,
    raw: Json,
}

/// A run as it goes on.
struct Run<'e> {
    export: &'e Export,
    case: &'e Case,
    cards: Vec<EffectCard>,
    tables: Arc<Tables>,
    /// The cards of each title that ran, by the runs of their flows.
    ran: BTreeMap<(u64, String), Ran>,
    asked: BTreeMap<String, usize>,
    came: Outcome,
}

/// The cards of one title that ran in a run of a flow.
#[derive(Default)]
struct Ran(Vec<StepId>);

impl Ran {
    /// The title of a card that runs; of the second that has it, with a number.
    fn next(&mut self, title: String, step: StepId) -> String {
        let place = self.0.iter().position(|known| *known == step).unwrap_or_else(|| {
            self.0.push(step);
            self.0.len() - 1
        });
        if place == 0 { title } else { format!("{title} ({})", place + 1) }
    }
}

impl Export {
    /// Reads and compiles an export; panics if it has errors.
    pub fn read(path: &Path) -> Export {
        let mut project = Project::read(path, registry().vocabulary()).unwrap_or_else(|why| panic!("{why}"));
        let raw: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for flow in &mut project.model.flows {
            tell_all(&mut flow.cards, &mut 0, &project.sources, &raw);
        }
        let checked = examine(&project, registry().vocabulary(), &Given::default());
        Export { project, program: Arc::new(checked.program), raw }
    }

    /// Runs the flow of a case, and tells what is not as expected.
    pub async fn run(&self, case: &Case) -> Result<(), String> {
        let path = self.project.model.flows.iter().find(|flow| *flow.name.it == *case.flow);
        let path = path.ok_or_else(|| format!("there is no flow {}", case.flow))?.path.clone();
        let entry = self.program.find(&path).ok_or("the flow has errors")?;
        let now = parse_date(case.now.as_deref().unwrap_or(USUAL)).ok_or("the time is none")?;
        let tables = Tables::new(&self.program.tables);
        tables.set_time(now.millis() * 1000);
        let mut run = Run {
            export: self,
            case,
            cards: flowrun_tables::connector().cards,
            tables: Arc::new(tables),
            ran: BTreeMap::new(),
            asked: BTreeMap::new(),
            came: Outcome::default(),
        };
        run.fill(entry).await?;
        run.go(entry, now.millis() * 1000).await?;
        case.judge(&run.came)
    }

    /// The names of tables here, by their titles; of two that have the same, that which the flow or those that it calls use.
    fn tables(&self, entry: FlowId) -> BTreeMap<String, Text> {
        let (mut reached, mut left) = (BTreeSet::new(), vec![entry]);
        let mut seen = BTreeSet::new();
        while let Some(flow) = left.pop() {
            if seen.insert(flow) {
                reached.extend(self.program.flow(flow).tables.iter().map(|table| *table as usize));
                left.extend(&self.program.flow(flow).calls);
            }
        }
        let raw = self.raw["data"]["tables"].as_object();
        let titles = raw.into_iter().flatten().map(|(id, table)| table["name"].as_str().unwrap_or(id));
        let mut names = BTreeMap::new();
        for (place, (title, table)) in titles.zip(&self.project.model.manifest.tables).enumerate() {
            if reached.contains(&place) || !names.contains_key(title) {
                names.insert(title.to_owned(), table.name.it.clone());
            }
        }
        names
    }

    /// The title and the ID that a card has in the export.
    fn origin(&self, span: Span) -> (String, String) {
        let card = self.project.sources.origin(span).and_then(|origin| origin.card.clone());
        card.map(|(title, id)| (title.to_string(), id.to_string())).unwrap_or_default()
    }
}

/// The fields of a card of the export: key and group, in their order.
fn fields(raw: &Json, id: &str, side: &str) -> Vec<(String, Option<String>)> {
    let Some(method) = find(raw, id) else { return Vec::new() };
    let fields = method["node"]["model"][side]["data"].as_object();
    let mut fields: Vec<&Json> = fields.into_iter().flat_map(|fields| fields.values()).collect();
    fields.sort_by_key(|field| field["metadata"]["index"].as_u64().unwrap_or(u64::MAX));
    let text = |field: &Json, key: &str| field[key].as_str().map(|text| text.trim().to_owned());
    let named = |field: &Json| (text(field, "key").unwrap_or_default(), text(field, "group"));
    fields.into_iter().map(named).collect()
}

/// Makes a report tell all cards apart, and all that they give, be it read or not: what nobody reads is left out otherwise.
fn tell_all(steps: &mut [Step], next: &mut usize, sources: &Sources, raw: &Json) {
    for step in steps {
        *next += 1;
        if step.id.is_none() {
            step.id = Some(Name::new(format!("unnamed_{next}").into(), step.card.span));
        }
        let card = sources.origin(step.span).and_then(|origin| origin.card.clone());
        if let Some((_, id)) = card.filter(|_| *step.card.it == *"object.get_multiple") {
            for (key, _) in fields(raw, &id, "outputs") {
                if !step.outputs.iter().any(|(name, _)| *name.it == *key) {
                    let ty = At::new(Joined::Type("any".into()), step.card.span);
                    step.outputs.push((Name::new(key.as_str().into(), step.card.span), ty));
                }
            }
        }
        step.arms.iter_mut().for_each(|arm| tell_all(&mut arm.cards, next, sources, raw));
    }
}

/// The card of this ID, wherever it stands.
fn find<'j>(json: &'j Json, id: &str) -> Option<&'j Json> {
    match json {
        Json::Object(members)
            if members.get("uuid").and_then(Json::as_str) == Some(id) && members.contains_key("node") =>
        {
            Some(json)
        }
        Json::Object(members) => members.values().find_map(|member| find(member, id)),
        Json::Array(items) => items.iter().find_map(|item| find(item, id)),
        _ => None,
    }
}

fn value(json: &Json) -> Value {
    parse_json(&json.to_string()).unwrap()
}

fn json(value: &Value) -> Json {
    serde_json::from_str(&value.to_json()).unwrap()
}

impl Run<'_> {
    /// Puts the case's rows into the tables.
    async fn fill(&mut self, entry: FlowId) -> Result<(), String> {
        let names = self.export.tables(entry);
        for (title, rows) in &self.case.tables {
            let name = names.get(title).ok_or_else(|| format!("there is no table {title}"))?;
            for row in rows.as_array().into_iter().flatten() {
                let mut row = value(row).as_object().cloned().unwrap_or_default();
                row.insert("table".into(), Value::Text(name.clone()));
                let row = Value::from(row);
                let connection: AnyConnection = self.tables.clone();
                let created =
                    flowrun_kit::direct::perform(&self.cards, "tables.create_row", &row, &connection);
                created.await.map_err(|fault| format!("a row of {title}: {}", fault.message))?;
            }
        }
        Ok(())
    }

    async fn go(&mut self, entry: FlowId, at_us: i64) -> Result<(), String> {
        let program = self.export.program.clone();
        let mut inputs = Record::default();
        let body = self.body();
        for input in &program.flow(entry).inputs {
            let given = self.case.inputs.get(&*input.name).or_else(|| body.get(&*input.name)).map(value);
            if given.is_some() || input.default.is_none() {
                inputs.insert(input.name.clone(), given.unwrap_or_default());
            }
        }
        // The body of a request may be read by the names of its members alone.
        let read = |name: &&String| inputs.contains_key(name.as_str()) || *name == "body" && !body.is_empty();
        if let Some(unknown) = self.case.inputs.keys().find(|name| !read(name)) {
            return Err(format!("the flow has no input {unknown}"));
        }
        let start = Start::new(entry, inputs, "by-hand", at_us);
        let mut machine = Machine::new(program, start).map_err(|fault| fault.message.to_string())?;
        loop {
            let effects = match machine.turn() {
                Turn::Done => break,
                Turn::Busy(effects) | Turn::Blocked(effects) => effects,
            };
            for effect in effects {
                let (flow, step) = machine.card_of(effect.id).unwrap();
                let ended = match effect.act {
                    Act::WaitUntil(_) | Act::Pause(_) => Ok(Answer::Waited),
                    Act::Card(card) => self.perform(effect.id.frame, flow, step, card).await,
                };
                machine.complete(effect.id, ended, at_us);
            }
        }
        let report = machine.report();
        self.came.outputs = json(&report.flow.outputs);
        // Return Raw's field by the export's key.
        if let Some(outputs) = self.came.outputs.as_object_mut()
            && let Some(status) = outputs.remove("status_code")
        {
            outputs.insert("statusCode".into(), status);
        }
        if let Some(error) = &report.flow.error {
            self.came.error = Some((String::new(), error.message.to_string()));
        }
        self.told(&report.flow);
        for (title, name) in self.export.tables(entry) {
            let rows = self.tables.rows(&name).unwrap_or_default();
            let of_every_row = |key: &Text| ["Row ID", "Created", "Updated"].contains(&&**key);
            let own = |row: Record| {
                json(&Value::from(row.into_iter().filter(|(key, _)| !of_every_row(key)).collect::<Record>()))
            };
            self.came.tables.insert(title, rows.into_iter().map(own).collect());
        }
        Ok(())
    }

    /// What an API endpoint's flow takes of the body by name.
    fn body(&self) -> Map<String, Json> {
        let text = self.case.inputs.get("body").and_then(Json::as_str).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Takes over what the cards of a flow gave, and which one failed.
    fn told(&mut self, report: &FlowReport) {
        let Some(flow) = self.export.program.find(&report.path) else { return };
        self.told_cards(flow, &report.cards, &mut BTreeMap::new());
    }

    fn told_cards(&mut self, flow: FlowId, cards: &[CardReport], ran: &mut BTreeMap<String, Ran>) {
        let program = self.export.program.clone();
        for card in cards {
            let steps = &program.flow(flow).steps;
            let Some(place) = steps.iter().position(|step| step.id == card.id) else { continue };
            let step = &steps[place];
            let (title, _) = self.export.origin(step.span);
            let title = ran.entry(title.clone()).or_default().next(title, StepId(place as u32));
            let declared = registry().vocabulary().cards.get(&card.card);
            let mut outputs = Map::new();
            for (name, value) in card.outputs.as_object().into_iter().flat_map(Record::iter) {
                let key = declared.and_then(|card| card.outputs.iter().find(|output| *output.name == **name));
                outputs.insert(
                    key.map_or_else(|| name.to_string(), |output| output.key.to_string()),
                    json(value),
                );
            }
            match &card.inside {
                Inside::Nothing {} => {}
                Inside::Arm { cards, .. } => self.told_cards(flow, cards, ran),
                Inside::Call { called } => self.told(called),
                Inside::Items(items) => items.items.iter().for_each(|item| self.told(item)),
            }
            if let (Some(error), Some((failed, _))) = (&card.error, &mut self.came.error)
                && failed.is_empty()
            {
                self.came.error = Some((title.clone(), error.message.to_string()));
            }
            self.came.cards.push((title, outputs));
        }
    }

    async fn perform(&mut self, frame: u64, flow: FlowId, step: StepId, asked: Performance) -> Ended {
        let program = self.export.program.clone();
        if asked.card.id.starts_with("tables.") {
            let card = self.cards.iter().find(|card| card.card.id == asked.card.id).unwrap();
            let connection: AnyConnection = self.tables.clone();
            return card.perform(None, asked, connection, Arc::default(), None).await;
        }
        let at = program.flow(flow).step(step);
        let (title, id) = self.export.origin(at.span);
        let ran = self.ran.entry((frame, title.clone())).or_default();
        let title = ran.next(title, step);
        self.came.sent.push((title.clone(), self.fields_sent(&id, &asked)));
        let nth = self.asked.entry(title.clone()).or_default();
        let answers = self.case.answers.get(&title).and_then(Json::as_array);
        let answer = answers.and_then(|answers| answers.get(*nth));
        *nth += 1;
        let Some(answer) = answer else {
            let message = format!("the case has no answer {nth} for {title}");
            return Err(Fault::new(FaultKind::NotFound, message));
        };
        if let Some(error) = answer.get("error") {
            let message = error["message"].as_str().unwrap_or("it failed").to_owned();
            let fault = Fault::new(FaultKind::HttpRequest, message);
            let code = error["code"].as_u64().or_else(|| error["statusCode"].as_u64());
            let fault = match code {
                Some(code) => fault.code(code as u16),
                None => fault,
            };
            return Err(match error.get("body") {
                Some(body) => fault.body(value(body)),
                None => fault,
            });
        }
        if asked.page.is_some() {
            let records = answer["records"].as_array().into_iter().flatten().map(value).collect();
            return Ok(Answer::Page(Page { records, total: None, next: None }));
        }
        let output = |name: &Text| {
            let declared = asked.card.outputs.iter().find(|output| *output.name == **name);
            let key = declared.map_or(&**name, |output| &*output.key);
            answer.get(key).or_else(|| answer.get(&**name)).map(value).unwrap_or_default()
        };
        Ok(Answer::Outputs(asked.outputs.iter().map(output).collect()))
    }

    /// What a vendor's card is given, by the export's keys, alone and behind their groups.
    fn fields_sent(&self, id: &str, asked: &Performance) -> Map<String, Json> {
        let declared = &asked.card.inputs;
        let named = |name: &str| {
            asked.names.iter().position(|known| **known == *name).map(|place| declared.len() + place)
        };
        let external = asked.card.id == EXTERNAL_CARD;
        let mut sent = Map::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (key, group) in fields(&self.export.raw, id, "inputs") {
            let nth = seen.entry(key.clone()).or_default();
            let of_key = declared.iter().enumerate().filter(|(_, input)| !external && *input.key == *key);
            let place = of_key.map(|(place, _)| place).nth(*nth);
            *nth += 1;
            let grouped = group.as_ref().map(|group| format!("{group}/{key}"));
            let apart = group.as_ref().map(|group| format!("{group} {key}"));
            let place = place.or_else(|| apart.and_then(|name| named(&name))).or_else(|| named(&key));
            let Some(arg) = place.and_then(|place| asked.args.get(place)) else { continue };
            let arg = json(arg);
            if let Some(grouped) = grouped {
                sent.insert(grouped, arg.clone());
            }
            sent.entry(key).or_insert(arg);
        }
        sent
    }
}
