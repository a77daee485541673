use std::sync::Arc;

use flowrun_core::card::{Example, TableName};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::encoding::{self, Encoding};
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Record, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files;

use crate::Tables;
use crate::delimiter::delimiter;
use crate::intake::{Intake, Wanted};

/// Adds the rows of a CSV file to a table.
///
/// The first line names the columns. All of them must be columns of the table, by exactly that name; else name those that
/// are wanted under `select`, or say under `mapping` which column of the CSV goes into which of the table, and leave the
/// others out. A field is converted to the type of its column, a number only as a whole: `12 kg` and
/// `1,234.50` are none. A blank field gets the column's default, or stays empty.
///
/// Either all rows are added or none: a line that does not fit, or one more than the table can hold, changes nothing, and
/// the error names the line. A byte order mark decides how the file is written, whatever `encoding` says. The way back is
/// `tables.export_to_csv`.
#[derive(Inputs)]
pub(crate) struct ImportFromCsv {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The CSV.
    #[input(key = "File Content")]
    file_content: Arc<File>,
    /// The columns to import, by the name that they have both in the CSV and in the table.
    #[input(key = "Select")]
    select: Option<Vec<Text>>,
    /// For each column to import, its name in the CSV and that of the table's column: `{ "E-mail": email }`.
    #[input(key = "Mapping")]
    mapping: Option<Record>,
    /// What separates two fields.
    #[input(key = "Delimiter", default = ",")]
    delimiter: Text,
    /// How the file is written: `windows-1252` is what Excel saves in Western Europe.
    #[input(default = "utf-8", choices = encoding::NAMES)]
    encoding: Text,
    /// Whether the rows that the table has are deleted first.
    #[input(key = "Clear Destination", default = false)]
    clear_destination: bool,
}

/// What came of it.
#[derive(Outputs)]
pub(crate) struct Imported {
    /// How many rows were added.
    #[output(key = "New Rows")]
    new_rows: f64,
}

impl Effect for ImportFromCsv {
    const ID: &str = "tables.import_from_csv";
    const TITLE: Option<&str> = Some("Import from CSV");
    const EXPORTED_AS: &[&str] = &["channels:http:stash:importFromCSV"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: "name,age\nJane,29\nBob,\n", filename: people.csv } }
- { card: tables.import_from_csv, with: { table: people, file_content: $.made.file_content } }"# => ok "{ new_rows: 2 }",
        r#"- { id: made, card: file.create, with: { text: "E-mail;Name\nj@acme.example;Jane\n", filename: people.csv } }
- card: tables.import_from_csv
  with: { table: people, file_content: $.made.file_content, delimiter: ";", mapping: { Name: name } }"#
            => ok "{ new_rows: 1 }",
        r#"- { id: made, card: file.from_base64, with: { text: bmFtZTthZ2UNCkr8cmdlbjsyOQ0K, filename: people.csv } }
- { card: tables.import_from_csv, with: { table: people, file_content: $.made.file_content, delimiter: ";", encoding: windows-1252 } }"#
            => ok "{ new_rows: 1 }",
        r#"- { id: made, card: file.create, with: { text: "name,age\nJane,29\nBob,ten\n", filename: people.csv } }
- { card: tables.import_from_csv, with: { table: people, file_content: $.made.file_content } }"#
            => err "line 3: column \"age\": expected number, found text \"ten\"",
        r#"- { id: made, card: file.create, with: { text: "name,agee\nJane,29\n", filename: people.csv } }
- { card: tables.import_from_csv, with: { table: people, file_content: $.made.file_content } }"#
            => err "table \"people\" has no column \"agee\"",
        r#"- { id: made, card: file.create, with: { text: "", filename: people.csv } }
- { card: tables.import_from_csv, with: { table: people, file_content: $.made.file_content } }"#
            => err "the file has no first line",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    // The rows are there only if the end of the card is noted: both are in one transaction.
    const AFTER_CRASH: AfterCrash = AfterCrash::Repeats;
    type Connection = Tables;
    type Out = Imported;

    async fn run(self, tables: &Tables) -> Result<Imported> {
        let select = self.select.as_ref().filter(|select| !select.is_empty());
        let mapping = self.mapping.as_ref().filter(|mapping| !mapping.is_empty());
        let (wanted, input) = match (select, mapping) {
            (None, None) => (Wanted::All(SELECT), Self::FILE_CONTENT),
            (Some(select), None) => (Wanted::Named(select), Self::SELECT),
            (None, Some(mapping)) => (Wanted::Mapped(mapping), Self::MAPPING),
            (Some(_), Some(_)) => bail!(Self::MAPPING, "expected select or mapping, found both"),
        };
        let delimiter = delimiter(&self.delimiter, Self::DELIMITER)?;
        let encoding = files::encoding(&self.encoding, Self::ENCODING)?;
        let now_ms = tables.now_ms();
        let new_rows = tables.with(&self.table, Self::TABLE, |table| {
            let reader = tables.files.open(&self.file_content)?;
            let mut intake =
                Intake::new(reader, encoding, delimiter, &wanted, table).map_err(|fault| fault.at(input))?;
            let room = table.room(self.clear_destination)?;
            let rows = intake.rows(table, room).map_err(|fault| fault.at(Self::FILE_CONTENT))?;
            if self.clear_destination {
                table.clear();
            }
            Ok(table.push_all(rows, now_ms))
        })?;
        Ok(Imported { new_rows: new_rows as f64 })
    }
}

/// What to do about a column of the CSV that the table lacks: in a card, and where the command line names the file.
const SELECT: &str = "name the columns to import under `select`, or under `mapping` with those of the table";
const DECLARE: &str = "declare it under the table's `columns` in flowrun.yaml, or take it out of the file";

impl Tables {
    /// Adds the rows of a CSV file to a table before anything runs, and says how many; every column of it must be one of the table.
    pub fn fill(&self, table: &str, file: &File) -> Result<usize> {
        let now_ms = self.now_ms();
        self.with(&TableName(table.into()), ImportFromCsv::TABLE, |table| {
            let all = Wanted::All(DECLARE);
            let mut intake = Intake::new(self.files.open(file)?, Encoding::UTF_8, b',', &all, table)?;
            let rows = intake.rows(table, table.room(false)?)?;
            Ok(table.push_all(rows, now_ms))
        })
    }
}
