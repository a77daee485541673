//! Every attribute of an employee, and how it is written.

use super::employee::{DEPARTMENTS, Employee, Identity, Moment, OFFICES, SUBCOMPANIES, TEAMS, identity};
use serde::Serialize;

/// One attribute: a row of the table below.
pub struct Attribute {
    pub key: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub universal_id: Option<&'static str>,
    pub options: &'static [&'static str],
    currency: bool,
    write: fn(&mut Vec<u8>, &Employee, u64),
}

/// An attribute with everything around its value already written: it is the same for every employee.
pub struct Envelope {
    pub attribute: &'static Attribute,
    open: String,
    close: String,
}

impl Attribute {
    const fn new(
        key: &'static str,
        label: &'static str,
        write: fn(&mut Vec<u8>, &Employee, u64),
    ) -> Attribute {
        let (kind, universal_id) = ("standard", Some(key));
        Attribute { key, label, kind, universal_id, options: &[], currency: false, write }
    }

    const fn of(self, kind: &'static str) -> Attribute {
        Attribute { kind, ..self }
    }

    const fn money(self) -> Attribute {
        Attribute { kind: "decimal", currency: true, ..self }
    }

    const fn custom(self, kind: &'static str, options: &'static [&'static str]) -> Attribute {
        Attribute { kind, universal_id: None, options, ..self }
    }

    /// Whether the account has defined it itself.
    pub fn is_custom(&self) -> bool {
        self.key.starts_with("dynamic_")
    }

    /// The value that an employee has.
    pub fn value(&self, employee: &Employee, seed: u64) -> serde_json::Value {
        let mut written = Vec::new();
        (self.write)(&mut written, employee, seed);
        serde_json::from_slice(&written).unwrap_or_default()
    }

    /// The attribute, ready to be written.
    pub fn envelope(&'static self) -> Envelope {
        let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let universal_id = self.universal_id.map_or("null".to_owned(), text);
        let currency = if self.currency { r#","currency":"EUR""# } else { "" };
        Envelope {
            attribute: self,
            open: format!("{}:{{\"label\":{},\"value\":", text(self.key), text(self.label)),
            close: format!(",\"type\":{},\"universal_id\":{universal_id}{currency}}}", text(self.kind)),
        }
    }
}

/// Writes an employee with these attributes.
pub fn write_employee(out: &mut Vec<u8>, employee: &Employee, seed: u64, envelopes: &[&Envelope]) {
    out.extend_from_slice(br#"{"type":"Employee","attributes":{"#);
    for (place, envelope) in envelopes.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(envelope.open.as_bytes());
        (envelope.attribute.write)(out, employee, seed);
        out.extend_from_slice(envelope.close.as_bytes());
    }
    out.extend_from_slice(b"}}");
}

/// Writes any value; into memory that cannot fail.
fn put(out: &mut Vec<u8>, value: impl Serialize) {
    let _ = serde_json::to_writer(out, &value);
}

fn put_time(out: &mut Vec<u8>, at: Option<Moment>) {
    let Some(at) = at else { return put(out, ()) };
    out.push(b'"');
    out.extend_from_slice(&at.to_iso_bytes());
    out.push(b'"');
}

/// Something an employee belongs to.
#[derive(Serialize)]
struct Related<T> {
    r#type: &'static str,
    attributes: T,
}

#[derive(Serialize)]
struct Named {
    id: u64,
    name: &'static str,
}

fn put_named(
    out: &mut Vec<u8>,
    kind: &'static str,
    first_id: u64,
    place: Option<usize>,
    names: &[&'static str],
) {
    let related = |place: usize| Related {
        r#type: kind,
        attributes: Named { id: first_id + place as u64, name: names[place] },
    };
    put(out, place.map(related));
}

#[derive(Serialize)]
struct CostCenter {
    id: u64,
    name: &'static str,
    percentage: u32,
}

#[derive(Serialize)]
struct HolidayCalendar {
    id: u64,
    name: String,
    country: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
struct TimeOffType {
    id: u64,
    name: &'static str,
    category: &'static str,
    entitlement: u32,
}

#[derive(Serialize)]
struct WorkSchedule {
    id: u64,
    name: &'static str,
    valid_from: Option<()>,
    monday: &'static str,
    tuesday: &'static str,
    wednesday: &'static str,
    thursday: &'static str,
    friday: &'static str,
    saturday: &'static str,
    sunday: &'static str,
}

#[derive(Serialize)]
struct Enveloped<T> {
    label: &'static str,
    value: T,
    r#type: &'static str,
    universal_id: &'static str,
}

#[derive(Serialize)]
struct Supervisor<'a> {
    id: Enveloped<u64>,
    first_name: Enveloped<&'a str>,
    last_name: Enveloped<&'a str>,
    email: Enveloped<&'a str>,
}

fn put_supervisor(out: &mut Vec<u8>, employee: &Employee, seed: u64) {
    let Some(index) = employee.supervisor else { return put(out, ()) };
    let Identity { id, first_name, last_name, email, .. } = &identity(seed, index);
    let text = |label, value, universal_id| Enveloped { label, value, r#type: "standard", universal_id };
    let attributes = Supervisor {
        id: Enveloped { label: "ID", value: *id, r#type: "integer", universal_id: "id" },
        first_name: text("First name", *first_name, "first_name"),
        last_name: text("Last name", last_name.as_ref(), "last_name"),
        email: text("Email", email.as_str(), "email"),
    };
    put(out, Related { r#type: "Employee", attributes });
}

fn put_calendar(out: &mut Vec<u8>, employee: &Employee) {
    let calendar = |place: usize| {
        let (_, country, state) = OFFICES[place];
        let attributes =
            HolidayCalendar { id: 2 + place as u64, name: format!("{country} ({state})"), country, state };
        Related { r#type: "HolidayCalendar", attributes }
    };
    put(out, employee.office.map(calendar));
}

const FULL_TIME: WorkSchedule = WorkSchedule {
    id: 97188,
    name: "Full-time, 40 hours without time tracking, (mon,tue,wed,thu,fri)",
    valid_from: None,
    monday: "08:00",
    tuesday: "08:00",
    wednesday: "08:00",
    thursday: "08:00",
    friday: "08:00",
    saturday: "00:00",
    sunday: "00:00",
};

const LANGUAGES: &[&str] = &["English", "French", "Spanish", "German"];

/// All attributes, in the order in which Personio writes them.
pub static ATTRIBUTES: [Attribute; 38] = [
    Attribute::new("id", "ID", |out, e, _| put(out, e.id)).of("integer"),
    Attribute::new("first_name", "First name", |out, e, _| put(out, e.first_name.as_ref())),
    Attribute::new("last_name", "Last name", |out, e, _| put(out, e.last_name.as_ref())),
    Attribute::new("preferred_name", "Name (preferred)", |out, e, _| put(out, &e.preferred_name)),
    Attribute::new("email", "Email", |out, e, _| put(out, e.address())),
    Attribute::new("gender", "Gender", |out, e, _| put(out, e.gender)),
    Attribute::new("status", "Status", |out, e, _| put(out, e.status.as_str())),
    Attribute::new("position", "Position", |out, e, _| put(out, e.position)),
    Attribute::new("supervisor", "Supervisor", put_supervisor),
    Attribute::new("employment_type", "Employment type", |out, e, _| put(out, e.employment_type)),
    Attribute::new("weekly_working_hours", "Weekly hours", |out, e, _| put(out, e.weekly_hours)),
    Attribute::new("hire_date", "Hire date", |out, e, _| put_time(out, Some(e.hired))).of("date"),
    Attribute::new("contract_end_date", "Contract ends", |out, e, _| put_time(out, e.contract_end))
        .of("date"),
    Attribute::new("termination_date", "Termination date", |out, e, _| {
        put_time(out, e.termination.map(|end| end.at))
    })
    .of("date"),
    Attribute::new("termination_type", "Termination type", |out, e, _| {
        put(out, e.termination.map(|end| end.kind))
    }),
    Attribute::new("termination_reason", "Termination reason", |out, e, _| {
        put(out, e.termination.and_then(|end| end.reason));
    }),
    Attribute::new("probation_period_end", "Probation period end", |out, e, _| {
        put_time(out, e.probation_end)
    })
    .of("date"),
    Attribute::new("created_at", "Created at", |out, e, _| put_time(out, Some(e.created))).of("date"),
    Attribute::new("last_modified_at", "Last modified", |out, e, _| put_time(out, Some(e.modified)))
        .of("date"),
    Attribute::new("subcompany", "Subcompany", |out, e, _| {
        put_named(out, "Subcompany", 7033, Some(e.subcompany), &SUBCOMPANIES);
    }),
    Attribute::new("office", "Office", |out, e, _| {
        let office = |place: usize| Related {
            r#type: "Office",
            attributes: Named { id: 131_014 + place as u64, name: OFFICES[place].0 },
        };
        put(out, e.office.map(office));
    }),
    Attribute::new("department", "Department", |out, e, _| {
        put_named(out, "Department", 281_521, e.department, &DEPARTMENTS);
    }),
    Attribute::new("cost_centers", "Cost center", |out, e, _| {
        let center = |place: usize| Related {
            r#type: "CostCenter",
            attributes: CostCenter { id: 82_957 + place as u64, name: DEPARTMENTS[place], percentage: 100 },
        };
        put(out, e.department.map(center).as_slice());
    }),
    Attribute::new("holiday_calendar", "Public holidays", |out, e, _| put_calendar(out, e)),
    Attribute::new("absence_entitlement", "Absence entitlement", |out, e, _| {
        let entitlement = if e.employment_type == "external" { 0 } else { 30 };
        let attributes =
            TimeOffType { id: 113_437, name: "Paid vacation", category: "paid_vacation", entitlement };
        put(out, [Related { r#type: "TimeOffType", attributes }]);
    }),
    Attribute::new("work_schedule", "Work schedule", |out, e, _| {
        let full_time = || Related { r#type: "WorkSchedule", attributes: FULL_TIME };
        put(out, (e.weekly_hours == "40").then(full_time));
    }),
    Attribute::new("fix_salary", "Fix salary", |out, e, _| put(out, e.salary)).money(),
    Attribute::new("fix_salary_interval", "Salary interval", |out, _, _| put(out, "monthly")),
    Attribute::new("hourly_salary", "Hourly salary", |out, _, _| put(out, 0)).money(),
    Attribute::new("vacation_day_balance", "Vacation day balance", |out, e, _| put(out, e.vacation))
        .of("decimal"),
    Attribute::new("last_working_day", "Last day of work", |out, e, _| {
        put_time(out, e.termination.map(|end| end.at))
    })
    .of("date"),
    Attribute::new("profile_picture", "Profile Picture", |out, e, _| {
        put(out, format_args!("https://api.personio.de/v1/company/employees/{}/profile-picture", e.id));
    }),
    Attribute::new("team", "Team", |out, e, _| put_named(out, "Team", 59_026, e.team, &TEAMS)),
    Attribute::new("dynamic_24407", "Titel", |out, e, _| put(out, e.title)).custom("standard", &[]),
    Attribute::new("dynamic_31877", "Mobile phone", |out, e, _| put(out, &e.mobile_phone))
        .custom("standard", &[]),
    Attribute::new("dynamic_31878", "Private email", |out, e, _| put(out, &e.private_email))
        .custom("standard", &[]),
    Attribute::new("dynamic_33400", "Anniversary Date", |out, e, _| put_time(out, Some(e.hired)))
        .custom("date", &[]),
    Attribute::new("dynamic_40211", "Language Skills", |out, e, _| put(out, e.languages))
        .custom("tags", LANGUAGES),
];
