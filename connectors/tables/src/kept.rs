//! Tables whose rows are there again in the next run: how they are written down.
//!
//! A line of JSON tells which row comes next and what the rows' IDs begin with, then one line each row. The whole is written again with every change, so
//! that no crash can lose one; that is what bounds such a table.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value, parse_json};

use crate::table::Table;

/// Where kept tables are written to.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// What was saved last for a table, if anything was.
    fn load(&self, table: &str) -> Result<Option<String>, String>;

    /// Saves a table; once it returns, a crash loses nothing.
    fn save(&self, table: &str, text: &str) -> Result<(), String>;
}

impl Table {
    /// The table as it is written down.
    pub fn write(&self) -> String {
        let ids = [&self.name].into_iter().chain(&self.former);
        let ids = Value::from(ids.map(|id| Value::from(id.clone())).collect::<Vec<_>>());
        let mut text = Value::object([("next", Value::from(self.next as f64)), ("ids", ids)]).to_json();
        text.push('\n');
        for slot in (0..self.slots.len()).filter(|slot| self.is_live(*slot)) {
            let row = self.row(slot);
            let line = Value::object([
                ("number", Value::Number(self.slots[slot].number as f64)),
                ("created", row.created.into()),
                ("updated", row.updated.into()),
                ("columns", Value::from(row.columns)),
            ]);
            text.push_str(&line.to_json());
            text.push('\n');
        }
        text
    }

    /// Fills an empty table with what was written down.
    pub fn restore(&mut self, text: &str) -> Result<()> {
        let name = self.name.clone();
        let damaged = |line: usize| {
            let message = format!("what was kept of table \"{name}\" is damaged in line {}", line + 1);
            Fault::new(FaultKind::Parse, message).help("restore the file, or delete it to start over")
        };
        let mut next = 1;
        for (place, line) in text.lines().enumerate() {
            let line = parse_json(line).map_err(|_| damaged(place))?;
            let member = |name: &str| line.as_object().and_then(|line| line.get(name)).cloned();
            let number = |name: &str| member(name).and_then(|value| value.as_number());
            if place == 0 {
                next = number("next").ok_or_else(|| damaged(place))? as u64;
                self.former = match member("ids") {
                    Some(ids) => self.other_names(&ids).ok_or_else(|| damaged(place))?,
                    // They used to begin with the table's place in the manifest.
                    None => vec![Text::from(format!("r{}", self.place))],
                };
                continue;
            }
            let (Some(row), Some(Value::Object(columns))) = (number("number"), member("columns")) else {
                return Err(damaged(place));
            };
            let moment = |name: &str| {
                let text = member(name)?;
                flowrun_core::value::parse_date(text.as_text()?).map(|date| date.millis())
            };
            let created = moment("created").ok_or_else(|| damaged(place))?;
            let updated = moment("updated").ok_or_else(|| damaged(place))?;
            self.put(row as u64, columns.iter(), created, updated)?;
        }
        self.next = self.next.max(next);
        Ok(())
    }

    /// Which of the beginnings of IDs are not the table's name.
    fn other_names(&self, ids: &Value) -> Option<Vec<Text>> {
        let ids = ids.as_list()?.iter().map(|id| id.as_text().cloned());
        let ids = ids.collect::<Option<Vec<Text>>>()?;
        Some(ids.into_iter().filter(|id| *id != self.name).collect())
    }

    fn unfit(&self, fault: &Fault) -> Fault {
        let message = format!("what was kept of table \"{}\" does not fit: {}", self.name, fault.message);
        Fault::new(fault.kind, message)
            .help("give the table its columns back in flowrun.yaml, or delete what was kept to start over")
    }

    fn put<'r>(
        &mut self,
        number: u64,
        columns: impl Iterator<Item = (&'r Text, &'r Value)>,
        created: i64,
        updated: i64,
    ) -> Result<()> {
        if number < self.next {
            let message = format!("what was kept of table \"{}\" has its rows in no order", self.name);
            return Err(Fault::new(FaultKind::Parse, message));
        }
        self.next = number;
        let mut values = vec![Value::Null; self.columns.len()];
        for (name, value) in columns {
            let kept =
                self.column(name).and_then(|column| Ok((column, self.columns[column].keep(value.clone())?)));
            let (column, value) = kept.map_err(|fault| self.unfit(&fault))?;
            values[column] = value;
        }
        self.push(&values, created);
        if let Some(slot) = self.slots.last_mut() {
            slot.touch(updated);
        }
        Ok(())
    }
}
