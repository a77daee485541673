use std::borrow::Cow;

use ::csv::{ReaderBuilder, StringRecord};
use flowrun_core::quotes::Quotes;
use flowrun_core::value::MOST_VALUES;

use super::byte;
use crate::prelude::*;

/// Reads a CSV text.
///
/// The first row names the columns, and each further row becomes an object; without such a row each row
/// becomes a list. All values are texts. Blank lines count for nothing, nor does a byte order mark. A row with
/// more or fewer fields than the first is an error, unless `ragged` allows it, and so is a quote that is never
/// closed, for it would swallow the rows behind it, and a field that goes on behind its closing quote. The way
/// back is `csv.build`.
#[derive(Inputs)]
pub struct Parse {
    /// The CSV.
    text: Text,
    /// Whether the first row names the columns.
    #[input(default = true)]
    header: bool,
    /// What separates two fields.
    #[input(default = ",")]
    separator: Text,
    /// What is put around a field that holds a separator, a line break or a quote, which is doubled then; blank
    /// if nothing does.
    #[input(default = "\"")]
    quote: Text,
    /// Whether to drop spaces around names and values.
    #[input(default = false)]
    trim: bool,
    /// Whether a row may be shorter, and is filled up with blanks, or longer by blank fields, which are dropped.
    #[input(default = false)]
    ragged: bool,
}

/// The rows.
#[derive(Outputs)]
pub struct Parsed {
    /// The rows: objects, or lists if no row names the columns.
    rows: Vec<Value>,
    /// The names of the columns, in their order.
    columns: Vec<Text>,
}

impl Pure for Parse {
    const ID: &str = "csv.parse";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "id,name\n7,Jane\n8,\"Doe, John\"\n" }"#
            => ok r#"{ rows: [{ id: "7", name: Jane }, { id: "8", name: "Doe, John" }], columns: [id, name] }"#,
        r#"{ text: "a;1\n\nb;2", header: false, separator: ";" }"#
            => ok r#"{ rows: [[a, "1"], [b, "2"]], columns: [] }"#,
        r#"{ text: "id,name\n7\n8,John,", ragged: true }"#
            => ok r#"{ rows: [{ id: "7", name: "" }, { id: "8", name: John }], columns: [id, name] }"#,
        r#"{ text: "id,name\n7" }"# => err "line 2 has 1 field, expected 2",
        r#"{ text: "id,name\n7,John,x", ragged: true }"# => err "line 2 has 3 fields, expected 2",
        r#"{ text: "id,name\n7,\"Jane\n8,John" }"# => err "a quote is never closed",
        r#"{ text: "id,name\n7,\"Jane \"Jo\" Doe\"" }"# => err "line 2: a field goes on behind its closing quote",
        r#"{ text: "id,id\n7,8" }"# => err "two columns have the name \"id\"",
        r#"{ text: "" }"# => ok r#"{ rows: [], columns: [] }"#,
    };
    type Out = Parsed;

    fn run(self, _: &Cx<'_>) -> Result<Parsed> {
        let mut rows = self.read()?.into_iter();
        if !self.header {
            let rows = rows.map(|row| Value::list(row.iter().map(Value::from).collect())).collect();
            return Ok(Parsed { rows, columns: Vec::new() });
        }
        let columns = rows.next().map(|row| self.names(&row)).transpose()?.unwrap_or_default();
        let object = |row: StringRecord| {
            columns.iter().cloned().zip(row.iter().map(Value::from)).collect::<Record>().into()
        };
        Ok(Parsed { rows: rows.map(object).collect(), columns })
    }
}

impl Parse {
    /// All rows, each with as many fields as the first.
    fn read(&self) -> Result<Vec<StringRecord>> {
        let separator = byte(&self.separator, "separator", Self::SEPARATOR)?;
        let mut reader = ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(separator);
        reader.trim(if self.trim { ::csv::Trim::All } else { ::csv::Trim::None });
        let quote = match &*self.quote {
            "" => None,
            quote => Some(byte(quote, "quote", Self::QUOTE)?),
        };
        match quote {
            None => reader.quoting(false),
            Some(quote) => reader.quote(quote),
        };
        // A mark of the byte order is no part of the first field, whatever blank lines stand before it.
        let rest = self.text.trim_start_matches(['\u{feff}', '\r', '\n']);
        let before = self.text[..self.text.len() - rest.len()].replace('\u{feff}', "");
        let text = if before.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(before + rest) };
        if let Some(quote) = quote {
            self.check_quotes(&text, Quotes::new(separator, quote, self.trim))?;
        }
        let (mut rows, mut values): (Vec<StringRecord>, usize) = (Vec::new(), 0);
        for row in reader.from_reader(text.as_bytes()).into_records() {
            let row = row.map_err(|error| {
                Fault::new(FaultKind::Parse, format!("the text is not CSV: {error}")).at(Self::TEXT)
            })?;
            let row = match rows.first() {
                Some(first) => self.fitted(row, first.len())?,
                None => row,
            };
            values += row.len() + 1;
            if values > MOST_VALUES as usize {
                let message = format!("the text has more than {MOST_VALUES} fields");
                return Err(Fault::new(FaultKind::Parse, message)
                    .at(Self::TEXT)
                    .help("import it into a table with `tables.import_from_csv`"));
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Refuses what the reader would take for something else in silence.
    fn check_quotes(&self, text: &str, mut quotes: Quotes) -> Result<()> {
        quotes.look(text.as_bytes());
        let message = match quotes.stray() {
            Some(line) => format!("line {line}: a field goes on behind its closing quote"),
            None if quotes.is_open() => "a quote is never closed".to_owned(),
            None => return Ok(()),
        };
        let help = "double a quote that is part of a field, and put quotes around the field";
        Err(Fault::new(FaultKind::Parse, message).at(Self::TEXT).help(help))
    }

    /// The row with so many fields, if it has them or may be made to.
    fn fitted(&self, mut row: StringRecord, length: usize) -> Result<StringRecord> {
        let may_grow = self.ragged && row.len() < length;
        let may_shrink = self.ragged && row.iter().skip(length).all(str::is_empty);
        if row.len() != length && !may_grow && !may_shrink {
            let line = row.position().map_or(0, |position| position.line());
            let fields = if row.len() == 1 { "field" } else { "fields" };
            let message = format!("line {line} has {} {fields}, expected {length}", row.len());
            return Err(Fault::new(FaultKind::Parse, message).at(Self::TEXT));
        }
        row.truncate(length);
        while row.len() < length {
            row.push_field("");
        }
        Ok(row)
    }

    /// The names of the columns, each of which must be there once.
    fn names(&self, row: &StringRecord) -> Result<Vec<Text>> {
        // A record knows fast what it has, however many columns there are.
        let mut names = Record::default();
        for (index, name) in row.iter().map(Text::from).enumerate() {
            let message = if name.is_empty() {
                format!("column {} has no name", index + 1)
            } else if names.contains_key(&name) {
                format!("two columns have the name \"{name}\"")
            } else {
                names.insert(name, Value::Null);
                continue;
            };
            return Err(Fault::new(FaultKind::Parse, message)
                .at(Self::TEXT)
                .help("set `header` to false if the first row is a row like the others"));
        }
        Ok(names.keys().cloned().collect())
    }
}
