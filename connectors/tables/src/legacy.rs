//! Kept tables as they were written before there was a store: a line of JSON that tells which row comes next and what the rows' IDs
//! begin with, then one line each row.

use flowrun_core::value::{Record, Text, Value, parse_date, parse_json};

use crate::stored::{Loaded, Row, note};

impl Loaded {
    /// Reads what was written of the table of this name; why it can't be read is the error. `place` is which of the project's
    /// tables it was, from 1: IDs once began with it.
    pub fn from_lines(text: &str, table: &str, place: usize) -> Result<Loaded, String> {
        let mut lines = text.lines().enumerate();
        let damaged = |line: usize| format!("line {} is damaged", line + 1);
        let (_, first) = lines.next().ok_or_else(|| damaged(0))?;
        let (next, former) = beginning(first, table, place).ok_or_else(|| damaged(0))?;
        let rows = lines.map(|(line, text)| row(text).ok_or_else(|| damaged(line)));
        let rows = rows.collect::<Result<Vec<Row>, String>>()?;
        if rows.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err("its rows are in no order".to_owned());
        }
        Ok(Loaded { next, note: note(&former), rows })
    }
}

/// Which row comes next, and with what IDs may begin besides the table's name.
fn beginning(line: &str, table: &str, place: usize) -> Option<(u64, Vec<Text>)> {
    let line = object(line)?;
    let next = whole(line.get("next")?)?;
    let Some(ids) = line.get("ids") else { return Some((next, vec![Text::from(format!("r{place}"))])) };
    let ids = ids.as_list()?.iter().map(|id| id.as_text().cloned());
    let ids = ids.collect::<Option<Vec<Text>>>()?;
    Some((next, ids.into_iter().filter(|id| **id != *table).collect()))
}

fn row(line: &str) -> Option<Row> {
    let line = object(line)?;
    let moment = |name: &str| parse_date(line.get(name)?.as_text()?).map(|date| date.millis());
    let number = whole(line.get("number")?)?;
    let columns = line.get("columns")?.as_object()?;
    let values = columns.iter().map(|(name, value)| (&**name, value));
    Some(Row::new(number, [moment("created")?, moment("updated")?], values))
}

fn object(line: &str) -> Option<Record> {
    parse_json(line).ok()?.as_object().cloned()
}

fn whole(value: &Value) -> Option<u64> {
    value.as_number().filter(|number| *number >= 1.0 && number.fract() == 0.0).map(|number| number as u64)
}
