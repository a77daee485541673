//! Persons and employments as v2 sends them, made into the records that v1's employees are.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value, get, whole_number};

use crate::attributes::ambiguous;
use crate::record::{CUSTOM, is_custom, time, title};

/// Where v2 has what v1 calls by a key.
struct Field {
    key: &'static str,
    path: &'static str,
    form: Form,
}

/// How v2 writes it.
#[derive(Clone, Copy)]
enum Form {
    /// As the record has it.
    Same,
    /// A word in capital letters.
    Word,
    /// A time; days, such as the hire date, stay the texts that they are.
    Time,
    /// A number that v1 writes as a text, or an ID.
    Text,
    /// An object with an ID.
    Related,
    /// A list of objects with an ID, of which those of this type count.
    Unit(&'static str),
    /// A list of cost centers.
    CostCenters,
}

const fn field(key: &'static str, path: &'static str, form: Form) -> Field {
    Field { key, path, form }
}

/// What a person has.
const PERSON: [Field; 10] = [
    field("id", "id", Form::Text),
    field("first_name", "first_name", Form::Same),
    field("last_name", "last_name", Form::Same),
    field("preferred_name", "preferred_name", Form::Same),
    field("email", "email", Form::Same),
    field("gender", "gender", Form::Word),
    field("status", "status", Form::Word),
    field("created_at", "created_at", Form::Time),
    field("last_modified_at", "updated_at", Form::Time),
    field("profile_picture", "profile_picture.url", Form::Same),
];

/// What only an employment has.
const EMPLOYMENT: [Field; 16] = [
    field("position", "position.title", Form::Same),
    field("supervisor", "supervisor", Form::Related),
    field("employment_type", "type", Form::Word),
    field("weekly_working_hours", "weekly_working_hours", Form::Text),
    field("hire_date", "employment_start_date", Form::Same),
    field("contract_end_date", "contract_end_date", Form::Same),
    field("termination_date", "termination.termination_date", Form::Same),
    field("termination_type", "termination.type", Form::Word),
    field("termination_reason", "termination.reason", Form::Same),
    field("last_working_day", "termination.last_working_day", Form::Same),
    field("probation_period_end", "probation_end_date", Form::Same),
    field("subcompany", "sub_company", Form::Related),
    field("office", "office", Form::Related),
    field("department", "org_units", Form::Unit("department")),
    field("team", "org_units", Form::Unit("team")),
    field("cost_centers", "cost_centers", Form::CostCenters),
];

/// What an employment has by itself, beside [`EMPLOYMENT`].
const OWN: [Field; 7] = [
    field("id", "id", Form::Text),
    field("status", "status", Form::Word),
    field("employment_end_date", "employment_end_date", Form::Same),
    field("full_time_weekly_working_hours", "full_time_weekly_working_hours", Form::Text),
    field("legal_entity", "legal_entity", Form::Related),
    field("created_at", "created_at", Form::Time),
    field("last_modified_at", "updated_at", Form::Time),
];

/// What v1 has and v2 lacks.
const ONLY_V1: [&str; 7] = [
    "holiday_calendar",
    "absence_entitlement",
    "work_schedule",
    "fix_salary",
    "fix_salary_interval",
    "hourly_salary",
    "vacation_day_balance",
];

/// Which attributes a record gets.
#[derive(Debug, Default)]
pub struct Selection {
    /// By v1's keys; `None` means all.
    keys: Option<Vec<Text>>,
    /// Attributes of the account's own, by their labels.
    labels: Vec<Text>,
}

impl Selection {
    /// Those named by v1's key, by the name that a record has for it, or by label; nothing named means all.
    pub fn of(names: Option<&[Text]>) -> Result<Selection> {
        let Some(names) = names else { return Ok(Selection::default()) };
        let mut selection = Selection { keys: Some(vec!["id".into()]), labels: Vec::new() };
        for name in names {
            if ONLY_V1.contains(&&**name) {
                let message = format!("API version 2 has no attribute {name}");
                return Err(
                    Fault::new(FaultKind::InvalidInput, message).help("use `api: v1`, or leave it out")
                );
            }
            match key(name) {
                Some(key) => selection.keys.get_or_insert_default().push(key),
                None => selection.labels.push(name.clone()),
            }
        }
        Ok(selection)
    }

    /// Whether it has something that only employments have.
    pub fn needs_employments(&self) -> bool {
        self.keys.iter().flatten().any(|key| is_of_employment(key))
    }

    fn has(&self, key: &str) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.iter().any(|known| **known == *key))
    }

    /// The record of a person, with what the employment that counts adds.
    pub fn record(&self, person: &Record, employment: Option<&Record>) -> Record {
        let mut record = Record::default();
        self.put(&mut record, person, &PERSON);
        if let Some(employment) = employment {
            self.put(&mut record, employment, &EMPLOYMENT);
            if let Some(status) = record.get_mut("Status") {
                refine(status, employment);
            }
        }
        let mut own = Record::default();
        for attribute in custom(person) {
            let value = attribute.value();
            if self.has(attribute.key) {
                own.insert(attribute.key.clone(), value.clone());
            }
            if let Some(label) = attribute.label.filter(|label| self.labels.contains(label)) {
                own.insert(attribute.key.clone(), value.clone());
                own.insert(label.clone(), value);
            }
        }
        if !own.is_empty() {
            record.insert(CUSTOM.into(), Value::from(own));
        }
        record
    }

    fn put(&self, record: &mut Record, from: &Record, fields: &[Field]) {
        for field in fields.iter().filter(|field| self.has(field.key)) {
            if let Some(value) = field.read(from) {
                record.insert(title(field.key), value);
            }
        }
    }
}

/// Whether only employments have what is named so.
pub fn is_of_employment(name: &str) -> bool {
    key(name).is_some_and(|key| EMPLOYMENT.iter().any(|field| *field.key == *key))
}

/// The key that a name stands for, unless it is a label.
fn key(name: &str) -> Option<Text> {
    if is_custom(name) {
        return Some(name.into());
    }
    let known = PERSON.iter().chain(&EMPLOYMENT).map(|field| field.key);
    let mut known = known.filter(|key| *key == name || title(key).eq_ignore_ascii_case(name));
    known.next().map(Text::from)
}

impl Field {
    /// Its value, if it is there; null is a value.
    fn read(&self, from: &Record) -> Option<Value> {
        let (first, rest) = self.path.split_once('.').unwrap_or((self.path, ""));
        let top = from.get(first)?;
        let value = if rest.is_empty() { top.clone() } else { get(top, rest) };
        Some(self.form.plain(value))
    }
}

impl Form {
    fn plain(self, value: Value) -> Value {
        match (self, value) {
            (Form::Word, Value::Text(word)) if word.eq_ignore_ascii_case("UNSPECIFIED") => Value::Null,
            (Form::Word, Value::Text(word)) => Value::from(word.to_lowercase()),
            (Form::Time, value) => time(value),
            (Form::Text, value) => text(value),
            (Form::Related, value @ Value::Object(_)) => related(&value, None),
            (Form::Unit(kind), Value::List(units)) => {
                let of_kind = |unit: &&Value| get(unit, "type").as_text().is_some_and(|it| **it == *kind);
                units.iter().find(of_kind).map_or(Value::Null, |unit| related(unit, None))
            }
            (Form::CostCenters, Value::List(centers)) => {
                Value::list(centers.iter().map(|center| related(center, Some("weight"))).collect())
            }
            (_, value) => value,
        }
    }
}

fn text(value: Value) -> Value {
    match value {
        Value::Number(_) | Value::Integer(_) => Value::from(value.to_string()),
        value => value,
    }
}

/// What something is related to: its ID, and its part of the whole.
fn related(value: &Value, share: Option<&str>) -> Value {
    let id = ("ID", text(get(value, "id")));
    match share {
        Some(share) => Value::object([id, ("Percentage", get(value, share))]),
        None => Value::object([id]),
    }
}

/// An employment tells an active person who is there from one on leave, and from one yet to come. It never makes anyone
/// inactive, or active: that is the person's own status.
fn refine(status: &mut Value, employment: &Record) {
    let finer = employment.get("status").map(|word| Form::Word.plain(word.clone()));
    let is_active = status.as_text().is_some_and(|status| *status == "active");
    if let Some(finer @ Value::Text(_)) = finer
        && is_active
        && finer != Value::from("inactive")
    {
        *status = finer;
    }
}

/// The employment that counts: the newest that is running, else the newest that is to come, else the newest.
pub fn current(employments: &[Record]) -> Option<&Record> {
    let newest = |wanted: &[&str]| {
        let status = |employment: &&Record| {
            let status = employment.get("status").and_then(Value::as_text);
            status.is_some_and(|status| wanted.iter().any(|word| status.eq_ignore_ascii_case(word)))
        };
        employments.iter().find(status)
    };
    newest(&["ACTIVE", "LEAVE"]).or_else(|| newest(&["ONBOARDING"])).or_else(|| employments.first())
}

/// The record of an employment.
pub fn employment(employment: &Record) -> Record {
    let all = Selection::default();
    let mut record = Record::default();
    all.put(&mut record, employment, &OWN[..2]);
    all.put(&mut record, employment, &EMPLOYMENT);
    all.put(&mut record, employment, &OWN[2..]);
    record
}

/// An attribute that the account has defined itself.
struct Custom<'p> {
    key: &'p Text,
    label: Option<&'p Text>,
    kind: Option<&'p Text>,
    value: Option<&'p Value>,
}

impl Custom<'_> {
    /// Numbers come as texts in v2, and as numbers in v1.
    fn value(&self) -> Value {
        let value = self.value.cloned().unwrap_or_default();
        let is_number = self.kind.is_some_and(|kind| matches!(&*kind.to_uppercase(), "INT" | "DOUBLE"));
        let text = value.as_text().filter(|_| is_number);
        text.and_then(|text| whole_number(text)).unwrap_or(value)
    }
}

fn custom(person: &Record) -> impl Iterator<Item = Custom<'_>> {
    let all = person.get("custom_attributes").and_then(Value::as_list).unwrap_or_default();
    all.iter().filter_map(|attribute| {
        let attribute = attribute.as_object()?;
        let text = |name: &str| attribute.get(name).and_then(Value::as_text);
        Some(Custom {
            key: text("id")?,
            label: text("label"),
            kind: text("type"),
            value: attribute.get("value"),
        })
    })
}

/// Adds the keys of these labels that a page's persons show; fails if one label has two.
pub fn learn(known: &mut Vec<(Text, Text)>, selection: &Selection, persons: &[Record]) -> Result<()> {
    for attribute in persons.iter().flat_map(custom) {
        let Some(label) = attribute.label.filter(|label| selection.labels.contains(label)) else { continue };
        match known.iter().find(|(name, _)| name == label) {
            None => known.push((label.clone(), attribute.key.clone())),
            Some((_, key)) if key != attribute.key => {
                return Err(ambiguous(label, &[key.clone(), attribute.key.clone()]));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Those of the attributes named that not a single one of these persons has.
pub fn absent(names: &[Text], persons: &[Record], employments: &[Option<Record>]) -> Vec<Text> {
    let has = |name: &&Text| {
        let Some(key) = key(name) else { return false };
        let place = |fields: &'static [Field]| fields.iter().find(|field| *field.key == *key);
        let shown = |field: &Field, record: &Record| field.read(record).is_some();
        place(&PERSON).is_some_and(|field| persons.iter().any(|person| shown(field, person)))
            || place(&EMPLOYMENT)
                .is_some_and(|field| employments.iter().flatten().any(|employment| shown(field, employment)))
    };
    let is_own = |name: &&Text| {
        persons.iter().flat_map(custom).any(|own| own.key == *name || own.label == Some(*name))
    };
    names.iter().filter(|name| !has(name) && !is_own(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowrun_core::value::parse_json;

    fn record(json: &str) -> Record {
        let Ok(Value::Object(record)) = parse_json(json) else { panic!("{json}") };
        record.as_ref().clone()
    }

    fn status(person: &str, employments: &[&str]) -> Value {
        let employment = |status: &&str| record(&format!(r#"{{"status":"{status}"}}"#));
        let employments: Vec<Record> = employments.iter().map(employment).collect();
        let person = record(&format!(r#"{{"id":"1","status":"{person}"}}"#));
        get(&Selection::default().record(&person, current(&employments)).into(), "Status")
    }

    #[test]
    fn an_employment_makes_nobody_inactive() {
        let table: [(&str, &[&str], &str); 10] = [
            ("ACTIVE", &["ACTIVE"], "active"),
            ("ACTIVE", &["LEAVE"], "leave"),
            ("ACTIVE", &["ONBOARDING", "INACTIVE"], "onboarding"),
            ("ACTIVE", &["ONBOARDING", "LEAVE"], "leave"),
            ("ACTIVE", &["INACTIVE", "ACTIVE"], "active"),
            ("ACTIVE", &["INACTIVE"], "active"),
            ("ACTIVE", &["UNSPECIFIED"], "active"),
            ("ACTIVE", &[], "active"),
            ("INACTIVE", &["ONBOARDING"], "inactive"),
            ("INACTIVE", &["ACTIVE"], "inactive"),
        ];
        for (person, employments, expected) in table {
            assert_eq!(status(person, employments), Value::from(expected), "{person} {employments:?}");
        }
    }

    #[test]
    fn names_are_keys_titles_or_labels() {
        let names = ["first_name", "hire date", "dynamic_7", "Handy"].map(Text::from);
        let selection = Selection::of(Some(&names)).unwrap();
        assert_eq!(
            selection.keys,
            Some(["id", "first_name", "hire_date", "dynamic_7"].map(Text::from).to_vec())
        );
        assert_eq!(selection.labels, ["Handy"]);
        assert!(selection.needs_employments());
        assert!(!Selection::of(Some(&["status".into()])).unwrap().needs_employments());
        assert!(!Selection::default().needs_employments());
    }
}
