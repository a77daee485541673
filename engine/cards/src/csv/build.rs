use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use flowrun_core::value::{LONGEST_BUILT, too_long_a_text};

use super::byte;
use crate::prelude::*;

/// Writes rows as a CSV text.
///
/// Rows are objects, or lists of values. The columns are those of `columns`, else all keys of all objects, in
/// the order in which they come first. A field has quotes around it only where it needs them. A missing value is a
/// blank field; objects and lists inside a row are written as JSON; a secret is refused. Spreadsheets take a
/// field that begins with `=`, `+`, `-` or `@` for a formula. The way back is `csv.parse`.
#[derive(Inputs)]
pub struct Build {
    /// The rows.
    rows: Vec<Value>,
    /// Which keys become columns, in this order.
    columns: Option<Vec<Text>>,
    /// Whether the first row names the columns; rows that are lists have no names but those of `columns`.
    #[input(default = true)]
    header: bool,
    /// What separates two fields.
    #[input(default = ",")]
    separator: Text,
    /// What ends a line: `lf`, or `crlf` as Windows has it.
    #[input(default = "lf", choices = ["lf", "crlf"])]
    line_break: Text,
}

/// The CSV.
#[derive(Outputs)]
pub struct Built {
    /// The CSV text.
    text: Text,
}

impl Pure for Build {
    const ID: &str = "csv.build";
    const EXAMPLES: &[Example] = examples! {
        r#"{ rows: [{ id: 7, name: Jane }, { id: 8, name: "Doe, John", tags: [a] }] }"#
            => ok r#"{ text: "id,name,tags\n7,Jane,\n8,\"Doe, John\",\"[\"\"a\"\"]\"\n" }"#,
        r#"{ rows: [{ id: 7, name: Jane }], columns: [name], separator: ";", line_break: crlf }"#
            => ok r#"{ text: "name\r\nJane\r\n" }"#,
        r#"{ rows: [[a, 1], [b, null]] }"# => ok r#"{ text: "a,1\nb,\n" }"#,
        r#"{ rows: [] }"# => ok r#"{ text: "" }"#,
        r#"{ rows: [{ id: 7 }, [8]] }"# => err "row 2: expected object, found list",
        r#"{ rows: [[7, 8]], columns: [id] }"# => err "row 1 has 2 values, expected 1",
    };
    type Out = Built;

    fn run(self, _: &Cx<'_>) -> Result<Built> {
        let terminator = match &*self.line_break {
            "lf" => Terminator::Any(b'\n'),
            "crlf" => Terminator::CRLF,
            other => bail!(Self::LINE_BREAK, "expected lf or crlf, found \"{other}\""),
        };
        let mut writer = WriterBuilder::new()
            .flexible(true)
            .quote_style(QuoteStyle::Necessary)
            .delimiter(byte(&self.separator, "separator", Self::SEPARATOR)?)
            .terminator(terminator)
            .from_writer(Vec::new());
        let lost = |error: String| Fault::new(FaultKind::Internal, format!("the CSV can't be written: {error}"));
        let columns = self.columns();
        let names = (self.header && !columns.is_empty()).then(|| Ok(columns.clone()));
        let of_lists = matches!(self.rows.first(), Some(Value::List(_)));
        let rows = self.rows.iter().enumerate().map(|(index, row)| fields(row, index + 1, &columns, of_lists));
        let mut length = 0;
        for row in names.into_iter().chain(rows) {
            let row = row?;
            length += row.iter().map(|field| field.len() + 1).sum::<usize>();
            if length > LONGEST_BUILT {
                return Err(too_long_a_text().at(Self::ROWS));
            }
            writer.write_record(row.iter().map(|field| &**field)).map_err(|error| lost(error.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|error| lost(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| lost(error.to_string()))?;
        Ok(Built { text: text.into() })
    }
}

impl Build {
    fn columns(&self) -> Vec<Text> {
        if let Some(columns) = self.columns.as_ref().filter(|columns| !columns.is_empty()) {
            return columns.clone();
        }
        // A record keeps the order and knows fast what it has.
        let mut names = Record::default();
        for name in self.rows.iter().filter_map(Value::as_object).flat_map(Record::keys) {
            if names.get(name).is_none() {
                names.insert(name.clone(), Value::Null);
            }
        }
        names.keys().cloned().collect()
    }
}

/// The row at `place`, as texts.
fn fields(row: &Value, place: usize, columns: &[Text], of_lists: bool) -> Result<Vec<Text>> {
    match row {
        Value::List(values) if of_lists => {
            if !columns.is_empty() && values.len() != columns.len() {
                let (found, wanted) = (values.len(), columns.len());
                bail!(Build::ROWS, "row {place} has {found} values, expected {wanted}");
            }
            values.iter().map(|value| field(value, place)).collect()
        }
        Value::Object(members) if !of_lists => {
            let value = |name: &Text| members.get(name).unwrap_or(&Value::Null);
            columns.iter().map(|name| field(value(name), place)).collect()
        }
        other => {
            let wanted = if of_lists { "list" } else { "object" };
            bail!(Build::ROWS, "row {place}: expected {wanted}, found {}", other.kind());
        }
    }
}

fn field(value: &Value, row: usize) -> Result<Text> {
    Text::from_value(value.clone()).map_err(|mismatch| {
        Fault::new(FaultKind::InvalidTypeConversion, format!("row {row}: {mismatch}")).at(Build::ROWS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awkward_fields_are_quoted() {
        let cx = Cx { now_ms: 0, seed: 0, wanted: &[] };
        let row = ["a,b", "say \"no\"", "two\nlines", " spaces ", "", "ö"].map(Value::from);
        let rows = vec![Value::list(row.to_vec())];
        let build = Build { rows, columns: None, header: true, separator: ",".into(), line_break: "lf".into() };
        let text = build.run(&cx).unwrap().text;
        assert_eq!(&*text, "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\", spaces ,,ö\n");
    }

    #[test]
    fn a_secret_is_not_written() {
        let cx = Cx { now_ms: 0, seed: 0, wanted: &[] };
        let secret = Value::Secret(flowrun_core::value::Secret::new("hunter2"));
        let rows = vec![Value::object([("a", 1.0)]), Value::object([("a", Value::list(vec![secret]))])];
        let build = Build { rows, columns: None, header: true, separator: ",".into(), line_break: "lf".into() };
        let Err(fault) = build.run(&cx) else { panic!("it was written") };
        assert!(fault.message.starts_with("row 2: expected text") && !fault.message.contains("hunter2"), "{fault}");
    }
}
