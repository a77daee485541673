//! Entries of a journal, and what they tell of how effects ended.

use super::read::Read;
use super::{Reader, Stored, Writer};
use crate::effect::{EffectId, Page};
use crate::fault::Fault;
use crate::journal::{Asked, Entry, Event, Recorded, Settlement};
use crate::value::{Text, Value};

impl Stored for Entry {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("at").number(self.at_us);
        if self.after != 1 {
            writer.name("turns").number(self.after);
        }
        match &self.event {
            Event::Began(asked) => writer.name("began").asked(asked),
            Event::Completed(asked, recorded) => {
                writer.name("ended").asked(asked);
                recorded.write(writer);
            }
            Event::Signal(asked, recorded) => {
                writer.name("answered").asked(asked);
                recorded.write(writer);
            }
            Event::Settled(asked, settlement) => {
                writer.name("settled").asked(asked);
                writer.name("as").text(match settlement {
                    Settlement::Happened => "happened",
                    Settlement::DidNot => "did_not",
                    Settlement::Failed => "failed",
                });
            }
            Event::Passed => writer.name("passed").boolean(true),
            Event::Cancelled => writer.name("cancelled").boolean(true),
        }
    }

    fn read(_: u32, reader: &mut Reader<'_>) -> Read<Entry> {
        let (mut at_us, mut after, mut what, mut end) = (None, 1, None, End::default());
        reader.rest(|reader, name| {
            match name {
                "at" => at_us = Some(reader.whole()?),
                "turns" => after = reader.whole()?,
                "began" => what = Some(What::Began(reader.asked()?)),
                "ended" => what = Some(What::Completed(reader.asked()?)),
                "answered" => what = Some(What::Signal(reader.asked()?)),
                "settled" => what = Some(What::Settled(reader.asked()?)),
                "passed" => what = reader.boolean()?.then_some(What::Passed),
                "cancelled" => what = reader.boolean()?.then_some(What::Cancelled),
                _ => return end.member(reader, name),
            }
            Ok(())
        })?;
        let recorded = |end: End| match end.recorded() {
            Some(recorded) => Ok(recorded),
            None => reader.damaged("how the effect ended before this"),
        };
        let event = match what {
            Some(What::Began(asked)) => Event::Began(asked),
            Some(What::Completed(asked)) => Event::Completed(asked, recorded(end)?),
            Some(What::Signal(asked)) => Event::Signal(asked, recorded(end)?),
            Some(What::Settled(asked)) => match end.settlement {
                Some(settlement) => Event::Settled(asked, settlement),
                None => return reader.damaged("what became of the effect before this"),
            },
            Some(What::Passed) => Event::Passed,
            Some(What::Cancelled) => Event::Cancelled,
            None => return reader.damaged("what came from outside before this"),
        };
        match at_us {
            Some(at_us) => Ok(Entry { after, at_us, event }),
            None => reader.damaged("when it came before this"),
        }
    }
}

impl Stored for Recorded {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Recorded::Outputs(outputs) => writer.name("out").object(|writer| {
                for (name, value) in outputs {
                    writer.key("", name).value(value);
                }
            }),
            Recorded::Page(page) => page.write(writer),
            Recorded::Waited => writer.name("waited").boolean(true),
            Recorded::Failed(fault, input) => writer.name("fault").fault(fault, input.as_deref()),
        }
    }

    fn read(_: u32, reader: &mut Reader<'_>) -> Read<Recorded> {
        let mut end = End::default();
        reader.rest(|reader, name| end.member(reader, name))?;
        end.recorded().map_or_else(|| reader.damaged("how an effect ended before this"), Ok)
    }
}

impl Stored for Page {
    const FORM: u32 = 1;

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("page").list(&self.records, |writer, record| writer.value(record));
        if let Some(total) = self.total {
            writer.name("total").number(total);
        }
        if let Some(next) = &self.next {
            writer.name("next").value(next);
        }
    }

    fn read(form: u32, reader: &mut Reader<'_>) -> Read<Page> {
        match Recorded::read(form, reader)? {
            Recorded::Page(page) => Ok(page),
            _ => reader.damaged("a page before this"),
        }
    }
}

/// What an entry is of.
enum What {
    Began(Asked),
    Completed(Asked),
    Signal(Asked),
    Settled(Asked),
    Passed,
    Cancelled,
}

/// What has been read of how an effect ended.
#[derive(Default)]
struct End {
    outputs: Option<Vec<(Text, Value)>>,
    records: Option<Vec<Value>>,
    total: Option<u64>,
    next: Option<Value>,
    waited: bool,
    fault: Option<(Fault, Option<Text>)>,
    settlement: Option<Settlement>,
}

impl End {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Read<()> {
        match name {
            "out" => {
                let mut outputs = Vec::new();
                reader.object(|reader, name| {
                    outputs.push((Text::from(name), reader.value()?));
                    Ok(())
                })?;
                self.outputs = Some(outputs);
            }
            "page" => self.records = Some(reader.list(Reader::value)?),
            "total" => self.total = Some(reader.whole()?),
            "next" => self.next = Some(reader.value()?),
            "waited" => self.waited = reader.boolean()?,
            "fault" => self.fault = Some(reader.fault()?),
            "as" => {
                self.settlement = Some(match &*reader.text()? {
                    "happened" => Settlement::Happened,
                    "did_not" => Settlement::DidNot,
                    "failed" => Settlement::Failed,
                    _ => return reader.damaged("a settlement before this"),
                });
            }
            _ => return reader.damaged("a known member before this"),
        }
        Ok(())
    }

    fn recorded(self) -> Option<Recorded> {
        let End { outputs, records, total, next, waited, fault, .. } = self;
        match (outputs, records, fault) {
            (Some(outputs), None, None) => Some(Recorded::Outputs(outputs)),
            (None, Some(records), None) => Some(Recorded::Page(Page { records, total, next })),
            (None, None, Some((fault, input))) => Some(Recorded::Failed(fault, input)),
            (None, None, None) if waited => Some(Recorded::Waited),
            _ => None,
        }
    }
}

impl Writer<'_> {
    /// `FRAME.CARD.VISIT PRINT`, as effects are shown elsewhere.
    fn asked(&mut self, asked: &Asked) {
        self.plain(format_args!("{} {:016x}", asked.id, asked.print));
    }
}

impl Reader<'_> {
    fn asked(&mut self) -> Read<Asked> {
        self.expect(b'"', "an effect")?;
        let id = self.effect_id()?;
        self.expect(b' ', "a space")?;
        let print = self.hex(16)?;
        self.expect(b'"', "the end of a text")?;
        Ok(Asked { id, print })
    }

    /// The id of an effect as a text.
    pub(crate) fn quoted_id(&mut self) -> Read<EffectId> {
        self.expect(b'"', "an effect")?;
        let id = self.effect_id()?;
        self.expect(b'"', "the end of a text")?;
        Ok(id)
    }

    fn effect_id(&mut self) -> Read<EffectId> {
        let frame = self.hex(16)?;
        self.expect(b'.', "a point")?;
        let card = self.hex(16)?;
        self.expect(b'.', "a point")?;
        let visit = self.whole()?;
        Ok(EffectId { frame, card, visit })
    }
}
