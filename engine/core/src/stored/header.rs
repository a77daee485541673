//! How a run started.

use super::read::Read;
use super::{Reader, Stored, Unreadable, Writer};
use crate::machine::Start;
use crate::program::Program;
use crate::value::{Record, Text, Value};

/// How a run started: a [`Start`] that names its flow, and so means the same in every program.
#[derive(Clone, Debug)]
pub struct Header {
    /// The path of the flow that runs.
    pub flow: Text,
    /// Its inputs, by name.
    pub inputs: Record,
    /// Names the run.
    pub run_id: Text,
    /// The run that this one follows.
    pub follows: Option<Text>,
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    /// Whether the driver withholds what would change something.
    pub dry_run: bool,
    /// What failed, for a flow that runs because of it.
    pub error: Value,
}

impl Header {
    /// What is stored of a start.
    pub fn of(start: &Start, program: &Program) -> Header {
        let Start { entry, inputs, run_id, follows, at_us, dry_run, error } = start.clone();
        Header { flow: program.flow(entry).path.clone(), inputs, run_id, follows, at_us, dry_run, error }
    }

    /// The start in this program, which must have the flow.
    pub fn start(&self, program: &Program) -> Result<Start, Unreadable> {
        let entry = program.find(&self.flow);
        let entry = entry.ok_or_else(|| Unreadable::Unknown(format!("flow `{}` that can run", self.flow)))?;
        let Header { flow: _, inputs, run_id, follows, at_us, dry_run, error } = self.clone();
        Ok(Start { entry, inputs, run_id, follows, at_us, dry_run, error })
    }
}

impl Stored for Header {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("flow").text(&self.flow);
        writer.name("run").text(&self.run_id);
        if let Some(follows) = &self.follows {
            writer.name("follows").text(follows);
        }
        writer.name("at").number(self.at_us);
        if self.dry_run {
            writer.name("dry_run").boolean(true);
        }
        writer.name("inputs").record(&self.inputs);
        if !self.error.is_null() {
            writer.name("error").value(&self.error);
        }
    }

    fn read(_: u32, reader: &mut Reader<'_>) -> Read<Header> {
        let (mut flow, mut run_id, mut follows, mut at_us) = (None, None, None, None);
        let (mut dry_run, mut inputs, mut error) = (false, Value::Null, Value::Null);
        reader.rest(|reader, name| {
            match name {
                "flow" => flow = Some(Text::from(&*reader.text()?)),
                "run" => run_id = Some(Text::from(&*reader.text()?)),
                "follows" => follows = Some(Text::from(&*reader.text()?)),
                "at" => at_us = Some(reader.whole()?),
                "dry_run" => dry_run = reader.boolean()?,
                "inputs" => inputs = reader.value()?,
                "error" => error = reader.value()?,
                _ => return reader.damaged("what a run starts with"),
            }
            Ok(())
        })?;
        let (Some(flow), Some(run_id), Some(at_us), Value::Object(inputs)) = (flow, run_id, at_us, inputs)
        else {
            return reader.damaged("a flow, a run, a time and inputs before this");
        };
        let inputs = Record::clone(&inputs);
        Ok(Header { flow, inputs, run_id, follows, at_us, dry_run, error })
    }
}
