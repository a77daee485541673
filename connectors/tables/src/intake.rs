//! What an import takes out of a CSV: which columns go where, and its rows as a table keeps them.

use std::io::{self, BufReader, Read};

use csv::{ByteRecord, Position, ReaderBuilder, StringRecord};
use flowrun_core::encoding::Encoding;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::quotes::Quotes;
use flowrun_core::value::{FromValue, Record, Text, Value};
use flowrun_kit::files::{self, Decoding, Reader};

use crate::cells::Cells;
use crate::table::{MORE_ROWS, Room, Table};

/// Which columns of a CSV are wanted.
pub(crate) enum Wanted<'a> {
    /// All, each under its own name; and what to do about one that the table lacks.
    All(&'static str),
    /// These, under their own names.
    Named(&'a [Text]),
    /// The names in the CSV, each with the table's column.
    Mapped(&'a Record),
}

/// A CSV that is being read into a table.
pub(crate) struct Intake {
    csv: csv::Reader<Watched>,
    /// The file from its start, to count its lines again should one not fit, and how it is written.
    file: (Reader, Encoding),
    /// How many fields each line has.
    width: usize,
    /// Which field goes into which column of the table.
    routes: Vec<(usize, usize)>,
}

impl Intake {
    /// Reads the first line and finds out what goes where.
    pub fn new(
        file: Reader,
        encoding: Encoding,
        delimiter: u8,
        wanted: &Wanted<'_>,
        table: &Table,
    ) -> Result<Intake> {
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(files::PIECE)
            .from_reader(Watched {
                source: Decoding::new(file.clone(), encoding),
                quotes: Quotes::new(delimiter, b'"', false),
            });
        let mut intake = Intake { csv, file: (file, encoding), width: 0, routes: Vec::new() };
        let mut first = StringRecord::new();
        if !intake.next(&mut first)? {
            return Err(Fault::new(FaultKind::Parse, "the file has no first line, which names the columns"));
        }
        let header: Vec<&str> = first.iter().collect();
        intake.width = header.len();
        intake.routes = routes(&header, wanted, table)?;
        Ok(intake)
    }

    /// All rows, packed as `table` keeps them. The first line that does not fit is an error.
    pub fn rows(&mut self, table: &Table, room: Room) -> Result<Vec<Cells>> {
        let mut rows = Vec::new();
        let blank: Vec<Value> = table.columns.iter().map(|column| column.default()).collect();
        let mut values = blank.clone();
        let (mut record, mut last) = (StringRecord::new(), StringRecord::new());
        while self.next(&mut record)? {
            if record.len() != self.width {
                self.check_quotes()?;
                return Err(self.misshapen(&record));
            }
            if rows.len() >= room.left {
                let message = format!("table \"{}\" is full, it may have {} rows", table.name, room.most);
                let fault = Fault::new(FaultKind::InvalidInput, message).help(MORE_ROWS);
                return Err(self.at_line(record.position(), fault));
            }
            values.clone_from(&blank);
            for &(field, column) in &self.routes {
                let text = &record[field];
                if !text.is_empty() {
                    let kept = table.columns[column].keep(text.into());
                    values[column] = kept.map_err(|fault| self.at_line(record.position(), fault))?;
                }
            }
            rows.push(Cells::pack(&values));
            std::mem::swap(&mut last, &mut record);
        }
        self.check_quotes()?;
        if self.ends_open() { Err(self.open_quote(&last)) } else { Ok(rows) }
    }

    /// Reads the next line that is not blank; false at the end.
    fn next(&mut self, record: &mut StringRecord) -> Result<bool> {
        self.csv.read_record(record).map_err(|error| {
            let mut position = error.position().cloned();
            let misfit = match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                    position = Some(self.csv.position().clone());
                    let message = format!("this isn't text in {}", self.file.1.name());
                    Fault::new(FaultKind::Parse, message)
                        .help("say under `encoding` how it is written, such as windows-1252 by Excel, or save it as UTF-8")
                }
                csv::ErrorKind::Io(error) => return files::fault(error),
                other => Fault::new(FaultKind::Parse, format!("this isn't CSV: {other:?}")),
            };
            self.at_line(position.as_ref(), misfit)
        })
    }

    /// The fault of a record with too many or too few fields.
    fn misshapen(&mut self, record: &StringRecord) -> Fault {
        if self.ends_open() {
            return self.open_quote(record);
        }
        let (wanted, found) = (self.width, record.len());
        let fields = if found == 1 { "field" } else { "fields" };
        let fault = Fault::new(FaultKind::Parse, format!("expected {wanted}, found {found} {fields}"));
        self.at_line(record.position(), fault)
    }

    /// Whether the file ends here, within quotes: the reader takes all that follows an open quote for one field.
    fn ends_open(&mut self) -> bool {
        let ended = !matches!(self.csv.read_byte_record(&mut ByteRecord::new()), Ok(true));
        ended && self.csv.get_ref().quotes.is_open()
    }

    fn open_quote(&self, last: &StringRecord) -> Fault {
        self.at_line(last.position(), Fault::new(FaultKind::Parse, "a quote is never closed").help(DOUBLED))
    }

    /// Refuses a field that goes on behind its last quote, which the reader would take for a part of it.
    fn check_quotes(&self) -> Result<()> {
        match self.csv.get_ref().quotes.stray() {
            Some(line) => {
                let message = format!("line {line}: a field goes on behind its closing quote");
                Err(Fault::new(FaultKind::Parse, message).help(DOUBLED))
            }
            None => Ok(()),
        }
    }

    /// The fault with the number of the line where the record begins. The reader of CSV counts a blank line before a
    /// record to the record, so that lines are counted again; the file is read twice only when it is refused.
    fn at_line(&self, position: Option<&Position>, fault: Fault) -> Fault {
        let start = position.map_or(0, Position::byte);
        let mut line = 1;
        let decoded = Decoding::new(self.file.0.clone(), self.file.1);
        for (place, byte) in (0_u64..).zip(BufReader::with_capacity(files::PIECE, decoded).bytes()) {
            match byte {
                Ok(b'\n') => line += 1,
                Ok(b'\r') => {}
                Ok(_) if place < start => {}
                _ => break,
            }
        }
        let message = format!("line {line}: {}", fault.message);
        let told = Fault::new(fault.kind, message);
        if let Some(help) = &fault.help { told.help(help.clone()) } else { told }
    }
}

/// Finds for each wanted column its field and its column in the table.
fn routes(header: &[&str], wanted: &Wanted<'_>, table: &Table) -> Result<Vec<(usize, usize)>> {
    let mut pairs: Vec<(Text, Text)> = Vec::new();
    match wanted {
        Wanted::All(_) => pairs.extend(header.iter().map(|name| (Text::from(*name), Text::from(*name)))),
        Wanted::Named(names) => pairs.extend(names.iter().map(|name| (name.clone(), name.clone()))),
        Wanted::Mapped(mapping) => {
            for (name, column) in mapping.iter() {
                pairs.push((name.clone(), Text::from_value(column.clone())?));
            }
        }
    }
    let mut routes: Vec<(usize, usize)> = Vec::with_capacity(pairs.len());
    for (name, column) in pairs {
        let field = field(header, &name)?;
        let column = table.column(&column).map_err(|fault| match wanted {
            Wanted::All(otherwise) => {
                let near = fault.help.as_ref().map(|near| format!("{near} Otherwise "));
                fault.help(format!("{}{otherwise}", near.unwrap_or_default()))
            }
            _ => fault,
        })?;
        if routes.iter().any(|(_, taken)| *taken == column) {
            let message = format!("two columns of the CSV go into column \"{}\"", table.columns[column].name);
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        routes.push((field, column));
    }
    Ok(routes)
}

/// Which field has this name; exactly one must.
fn field(header: &[&str], name: &str) -> Result<usize> {
    let mut found = header.iter().enumerate().filter(|(_, known)| **known == name);
    match (found.next(), found.next()) {
        (Some((field, _)), None) => Ok(field),
        (Some(_), Some(_)) => {
            Err(Fault::new(FaultKind::Parse, format!("line 1: two columns have the name \"{name}\"")))
        }
        (None, _) => {
            let message = format!("the CSV has no column \"{name}\"");
            Err(Fault::new(FaultKind::NotFound, message).help(format!("it has {}", header.join(", "))))
        }
    }
}

const DOUBLED: &str = "double a quote that is part of a field, and put quotes around the field";

/// Looks at the quotes that pass.
struct Watched {
    source: Decoding,
    quotes: Quotes,
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.quotes.look(&into[..read]);
        Ok(read)
    }
}
