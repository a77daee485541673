use std::sync::Arc;

use csv::{ByteRecord, Terminator, WriterBuilder};
use flowrun_core::card::{Example, TableName};
use flowrun_core::does::Does;
use flowrun_core::encoding;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{File, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files::{self, Draft, Encode};

use crate::Tables;
use crate::column::Place;
use crate::delimiter::delimiter;
use crate::filter::Filter;
use crate::number::whole;
use crate::query::Query;
use crate::table::Table;

/// Writes rows of a table into a CSV file.
///
/// The first line names the columns. Excel reads UTF-8 only with a byte order mark, as `utf-8-bom` has it; a letter that the
/// encoding lacks is an error. Rows come as they were created; `where` is as for `tables.search_rows`. Dates are
/// written in ISO 8601, an empty cell as a blank field. Spreadsheets take a field that begins with `=`, `+`, `-` or `@` for
/// a formula. `flowrun --files FOLDER` saves the files among a flow's outputs. The way back is `tables.import_from_csv`.
#[derive(Inputs)]
pub(crate) struct ExportToCsv {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// What to call the file; `.csv` is yours to add.
    #[input(key = "Filename")]
    filename: Text,
    /// The conditions; all rows if there are none.
    #[input(key = "Where Expression")]
    r#where: Value,
    /// What separates two fields.
    #[input(key = "Delimiter", default = ",")]
    delimiter: Text,
    /// How the file is written.
    #[input(default = "utf-8", choices = encoding::NAMES)]
    encoding: Text,
    /// How many rows at most; 0 or blank for all.
    #[input(key = "Limit")]
    limit: Option<f64>,
    /// How many rows are left out at the start.
    #[input(key = "Offset")]
    offset: Option<f64>,
    /// Which columns, in this order, `row_id`, `created` and `updated` among them; all of the table's own if it is blank.
    #[input(key = "Columns")]
    columns: Option<Vec<Text>>,
}

/// The CSV.
#[derive(Outputs)]
pub(crate) struct Exported {
    /// The file.
    #[output(key = "File Content")]
    file_content: Arc<File>,
    /// How many rows it has, the first line aside.
    rows: f64,
}

impl Effect for ExportToCsv {
    const ID: &str = "tables.export_to_csv";
    const TITLE: Option<&str> = Some("Export to CSV");
    const EXPORTED_AS: &[&str] = &["channels:http:stash:exportToCSV"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane, age: 29 } }
- { card: tables.create_row, with: { table: people, name: Bob } }
- { id: csv, card: tables.export_to_csv, with: { table: people, filename: people.csv, columns: [name, age] } }
- { id: read, card: file.read_text, with: { file_content: $.csv.file_content } }
- { card: flow_control.return, with: { rows: $.csv.rows, text: $.read.text } }"#
            => ok r#"{ rows: 2, text: "name,age\nJane,29\nBob,\n" }"#,
        r#"- { card: tables.export_to_csv, with: { table: people, filename: people.csv, where: [{ column: age, operator: ">", value: 30 }] } }"#
            => ok "{ rows: 0 }",
        r#"- { card: tables.export_to_csv, with: { table: people, filename: people.csv, columns: [nmae] } }"#
            => err "has no column",
        r#"- { card: tables.export_to_csv, with: { table: people, filename: people.csv, delimiter: "||" } }"#
            => err "expected one ASCII character as the delimiter, found \"||\"",
    };
    const DOES: Does = Does::Reads;
    type Connection = Tables;
    type Out = Exported;

    async fn run(self, tables: &Tables) -> Result<Exported> {
        if self.filename.trim().is_empty() {
            bail!(Self::FILENAME, "the name of the file is blank");
        }
        let mut draft = tables.files.draft();
        let rows = tables.with(&self.table, Self::TABLE, |table| self.write(table, &mut draft))?;
        let file_content = draft.keep(&self.filename, tables.now_ms());
        Ok(Exported { file_content, rows: rows as f64 })
    }
}

impl Tables {
    /// Writes all rows of a table into a CSV file, each column of its own.
    pub fn export(&self, table: &str) -> Result<Arc<File>> {
        let all = ExportToCsv {
            table: TableName(table.into()),
            filename: format!("{table}.csv").into(),
            r#where: Value::Null,
            delimiter: ",".into(),
            encoding: "utf-8".into(),
            limit: None,
            offset: None,
            columns: None,
        };
        let mut draft = self.files.draft();
        self.with(&all.table, ExportToCsv::TABLE, |table| all.write(table, &mut draft))?;
        Ok(draft.keep(&all.filename, self.now_ms()))
    }
}

impl ExportToCsv {
    /// Writes the rows and tells how many there are.
    fn write(&self, table: &mut Table, draft: &mut Draft) -> Result<usize> {
        let columns = self.columns(table)?;
        let filter = Filter::read(&self.r#where, &table.name, &table.columns)
            .map_err(|fault| fault.at(Self::WHERE))?;
        let offset = whole(self.offset, Self::OFFSET)?;
        let limit = match whole(self.limit, Self::LIMIT)? {
            0 => usize::MAX,
            limit => limit,
        };
        let found = table.search(&Query { filter, sort: None }, offset, limit)?;
        let mut writer = WriterBuilder::new()
            .delimiter(delimiter(&self.delimiter, Self::DELIMITER)?)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(files::PIECE)
            .from_writer(Encode::new(draft, files::encoding(&self.encoding, Self::ENCODING)?));
        let names: ByteRecord = columns.iter().map(|(name, _)| name.as_bytes()).collect();
        writer.write_byte_record(&names).map_err(unwritten)?;
        let mut row = ByteRecord::new();
        for slot in &found.slots {
            row.clear();
            for (_, place) in &columns {
                match table.cell(*slot, *place) {
                    Value::Null => row.push_field(b""),
                    Value::Text(text) => row.push_field(text.as_bytes()),
                    other => row.push_field(other.to_string().as_bytes()),
                }
            }
            writer.write_byte_record(&row).map_err(unwritten)?;
        }
        writer.flush().map_err(files::fault)?;
        Ok(found.slots.len())
    }

    fn columns(&self, table: &Table) -> Result<Vec<(Text, Place)>> {
        let Some(named) = self.columns.as_ref().filter(|columns| !columns.is_empty()) else {
            let own = table.columns.iter().enumerate();
            return Ok(own.map(|(index, column)| (column.name.clone(), Place::Cell(index))).collect());
        };
        let place = |name: &Text| Ok((name.clone(), Place::find(name, &table.name, &table.columns)?));
        let places: Result<Vec<_>> = named.iter().map(place).collect();
        places.map_err(|fault| fault.at(Self::COLUMNS))
    }
}

fn unwritten(error: csv::Error) -> Fault {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => files::fault(error),
        other => Fault::new(FaultKind::Internal, format!("the CSV can't be written: {other:?}")),
    }
}
