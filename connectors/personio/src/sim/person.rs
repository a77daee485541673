//! Employees as v2 shows them: a person, and the employments of a person.
//!
//! Like v2's answers they lack what nobody filled in, and what is not released to the credential.

use flowrun_core::chance::mix;
use serde_json::{Map, Value, json};

use super::employee::{Employee, Moment, Status, employee_id};
use super::{ATTRIBUTES, PersonioSim};

/// One of so many employees was employed before, as an intern.
const REHIRED: u64 = 11;

/// Writes what the credential may see of an account's people.
pub struct Writer<'s> {
    /// The account.
    pub sim: &'s PersonioSim,
    /// Where it was reached: links lead back the same way.
    pub origin: &'s str,
}

/// An employment, of which an employee has had one or more.
pub struct Employment {
    pub id: String,
    start: Moment,
    end: Option<Moment>,
    /// When it was changed last.
    pub modified: Moment,
    /// Whether it is the one that v1 shows.
    is_latest: bool,
}

/// The employments of an employee, the newest first.
pub fn employments(e: &Employee) -> Vec<Employment> {
    let end = e.termination.map(|termination| termination.at);
    let latest = Employment { id: uuid(e.id, 0), start: e.hired, end, modified: e.modified, is_latest: true };
    let mut all = vec![latest];
    if e.index % REHIRED == REHIRED - 1 {
        let (start, end) = (e.hired.plus_days(-400), e.hired.plus_days(-30));
        all.push(Employment { id: uuid(e.id, 1), start, end: Some(end), modified: end, is_latest: false });
    }
    all
}

/// A person has an active status as long as the employment has not ended, or has not begun yet.
pub fn person_status(e: &Employee) -> &'static str {
    if e.status == Status::Inactive { "INACTIVE" } else { "ACTIVE" }
}

pub fn uuid(id: u64, nth: u64) -> String {
    let (high, low) = (mix(id << 4 ^ nth), mix(id << 4 ^ nth ^ 0x7576));
    let (a, b, c) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFF);
    format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", low >> 50 | 0x8000, low & 0xFFFF_FFFF_FFFF)
}

impl Writer<'_> {
    pub fn person(&self, e: &Employee) -> Value {
        let mut written = Map::new();
        written.insert("id".to_owned(), json!(e.id.to_string()));
        let gender = e.gender.unwrap_or("unspecified").to_uppercase();
        let picture = format!("{}/v1/company/employees/{}/profile-picture", self.origin, e.id);
        let fields = [
            ("email", "email", json!(e.address())),
            ("created_at", "created_at", json!(e.created.to_utc())),
            ("last_modified_at", "updated_at", json!(e.modified.to_utc())),
            ("first_name", "first_name", json!(e.first_name)),
            ("last_name", "last_name", json!(e.last_name)),
            ("preferred_name", "preferred_name", json!(e.preferred_name)),
            ("gender", "gender", json!(gender)),
            ("profile_picture", "profile_picture", json!({ "url": picture })),
            ("status", "status", json!(person_status(e))),
        ];
        self.put(&mut written, fields);
        let custom = ATTRIBUTES.iter().filter(|attribute| attribute.is_custom());
        let custom = custom.filter(|attribute| self.sim.releases(attribute.key)).filter_map(|attribute| {
            let (kind, value) = match (attribute.kind, attribute.value(e, self.sim.seed())) {
                (_, Value::Null) => return None,
                ("date", Value::String(time)) => ("DATE", json!(time.get(..10))),
                ("tags", tags) => ("STRING_LIST", tags),
                (_, value) => ("STRING", value),
            };
            Some(json!({ "id": attribute.key, "type": kind, "label": attribute.label, "value": value }))
        });
        written.insert("custom_attributes".to_owned(), custom.collect());
        let employments = employments(e).into_iter().map(|employment| json!({ "id": employment.id }));
        written.insert("employments".to_owned(), employments.collect());
        let href = format!("{}/v2/persons/{}/employments", self.origin, e.id);
        written.insert("_meta".to_owned(), json!({ "links": { "employments": { "href": href } } }));
        Value::Object(written)
    }

    /// One of a person's employments.
    pub fn employment(&self, e: &Employee, employment: &Employment) -> Value {
        let mut written = Map::new();
        written.insert("id".to_owned(), json!(employment.id));
        let named = |first_id: u64, place: Option<usize>| place.map(|place| id(first_id + place as u64));
        let supervisor = e.supervisor.map(|index| id(employee_id(self.sim.seed(), index)));
        let hours: f64 = e.weekly_hours.parse().unwrap_or_default();
        let (status, position) = if employment.is_latest {
            (e.status.as_str().to_uppercase(), e.position)
        } else {
            ("INACTIVE".to_owned(), Some("Intern"))
        };
        let fields = [
            ("position", "position", json!(position.map(|title| json!({ "title": title })))),
            ("status", "status", json!(status)),
            ("weekly_working_hours", "weekly_working_hours", json!(hours)),
            ("weekly_working_hours", "full_time_weekly_working_hours", json!(40)),
            ("probation_period_end", "probation_end_date", json!(e.probation_end.map(Moment::to_day))),
            ("hire_date", "employment_start_date", json!(employment.start.to_day())),
            ("employment_type", "type", json!(e.employment_type.to_uppercase())),
            ("contract_end_date", "contract_end_date", json!(e.contract_end.map(Moment::to_day))),
            ("created_at", "created_at", json!(e.created.to_utc())),
            ("last_modified_at", "updated_at", json!(employment.modified.to_utc())),
            ("supervisor", "supervisor", json!(supervisor)),
            ("office", "office", json!(named(131_014, e.office))),
            ("subcompany", "sub_company", json!(named(7033, Some(e.subcompany)))),
            ("cost_centers", "cost_centers", json!(e.department.map(cost_centers))),
            ("termination_date", "termination", termination(e, employment)),
        ];
        self.put(&mut written, fields);
        if self.sim.releases("termination_date") {
            // The one date that the specification lets be null.
            written.insert("employment_end_date".to_owned(), json!(employment.end.map(Moment::to_day)));
        }
        written.insert("org_units".to_owned(), self.org_units(e));
        written.insert("person".to_owned(), id(e.id));
        let href = format!("{}/v2/persons/{}", self.origin, e.id);
        written.insert("_meta".to_owned(), json!({ "links": { "person": { "href": href } } }));
        Value::Object(written)
    }

    /// Adds those fields, by v1's key and v2's, that are released and filled in.
    fn put<'f>(
        &self,
        written: &mut Map<String, Value>,
        fields: impl IntoIterator<Item = (&'f str, &'f str, Value)>,
    ) {
        let shown = fields.into_iter().filter(|(key, _, value)| !value.is_null() && self.sim.releases(key));
        written.extend(shown.map(|(_, name, value)| (name.to_owned(), value)));
    }

    fn org_units(&self, e: &Employee) -> Value {
        let all = [("department", 281_521, e.department), ("team", 59_026, e.team)];
        let all = all.into_iter().filter(|(kind, ..)| self.sim.releases(kind));
        let unit = |(kind, first_id, place): (&str, usize, Option<usize>)| {
            Some(json!({ "type": kind, "id": (first_id + place?).to_string() }))
        };
        all.filter_map(unit).collect()
    }
}

fn id(id: u64) -> Value {
    json!({ "id": id.to_string() })
}

fn cost_centers(department: usize) -> Value {
    json!([{ "id": (82_957 + department).to_string(), "weight": 100 }])
}

fn termination(e: &Employee, employment: &Employment) -> Value {
    let Some(end) = e.termination.filter(|_| employment.is_latest) else { return Value::Null };
    let day = end.at.to_day();
    let mut written =
        json!({ "termination_date": day, "last_working_day": day, "type": end.kind.to_uppercase() });
    if let Some(reason) = end.reason {
        written["reason"] = json!(reason);
    }
    written
}
