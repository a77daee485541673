//! Checkpoints of a run: what the journal up to here has come to, so that resuming need not begin with its first entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Course, Open, Place};
use crate::effect::{Effect, EffectId};
use crate::journal::Names;
use crate::machine::{Machine, Restore, Save, Start};
use crate::program::Program;
use crate::stored::read::Read;
use crate::stored::{Reader, Seal, Unreadable, Writer};

/// The version of the form of checkpoints.
const FORM: u32 = 1;

impl Course {
    /// The whole run as it stands, to go on from with the journal that follows; none if that has more than `most` bytes, or if the
    /// run keeps no journal. What holds a list or an object twice does so again when it is restored.
    pub fn save(&self, seal: &dyn Seal, most: usize) -> Option<Vec<u8>> {
        if self.open().any(|(_, open)| open.effect.is_none()) {
            return None;
        }
        let mut writer = Writer::new(seal, most);
        writer.share();
        writer.versioned(FORM, |writer| self.write(writer));
        writer.within()
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.name("entries").number(self.entries as u64);
        writer.name("turns").number(self.after);
        writer.name("blocked").boolean(self.blocked);
        let save = Save::write(&self.machine, writer);
        let begun = self.begun.iter().filter(|(id, _)| self.machine.awaits(**id));
        writer.name("begun").list(begun, |writer, (id, at_us)| {
            writer.object(|writer| {
                writer.name("effect").plain(format_args!("{id}"));
                writer.name("at").number(*at_us);
            });
        });
        let own = self.own.iter().filter(|(effect, _)| self.machine.awaits(effect.id));
        writer.name("own").list(own, |writer, (effect, place)| {
            writer.object(|writer| {
                writer.name("place").text(name_of(*place));
                save.effect(writer.name("asked"), effect);
            });
        });
        writer.name("open").list(self.open(), |writer, (_, open)| {
            writer.object(|writer| {
                writer.name("print").plain(format_args!("{:016x}", open.print));
                if let Some(effect) = &open.effect {
                    save.effect(writer.name("asked"), effect);
                }
            });
        });
    }

    /// The run as it stood. What it had asked of the world and had no end is asked for again, under the same ids.
    pub fn restore(
        program: Arc<Program>,
        start: Start,
        bytes: &[u8],
        seal: &dyn Seal,
    ) -> Result<Course, Unreadable> {
        let machine = Machine::new(program, start).map_err(|fault| {
            Unreadable::Unknown(format!("flow that takes these inputs: {}", fault.message))
        })?;
        let mut reader = Reader::new(bytes, seal)?;
        reader.share();
        let course = reader.versioned(FORM, |_, reader| read(Restore::new(machine), reader))?;
        reader.end()?;
        Ok(course)
    }
}

fn read(mut restore: Restore, reader: &mut Reader<'_>) -> Read<Course> {
    let (mut entries, mut after, mut blocked) = (0, 0, false);
    let (mut begun, mut own, mut open) = (BTreeMap::new(), Vec::new(), Vec::new());
    reader.rest(|reader, name| {
        match name {
            "entries" => entries = reader.whole()?,
            "turns" => after = reader.whole()?,
            "blocked" => blocked = reader.boolean()?,
            "begun" => begun = reader.list(may_have_happened)?.into_iter().collect(),
            "own" => own = reader.list(|reader| done_here(&restore, reader))?,
            "open" => open = reader.list(|reader| asked(&restore, reader))?,
            _ if restore.member(reader, name)? => {}
            _ => return reader.damaged("what a run is made of"),
        }
        Ok(())
    })?;
    let open = open.into_iter().map(|(effect, print)| {
        let (id, names) = (effect.id, Names::of(&effect));
        (id, Open { effect: Some(effect), taken: false, stays: true, names, print })
    });
    let (own, open) = (own.into(), open.collect());
    Ok(Course { machine: restore.machine(), own, open, begun, after, entries, blocked })
}

/// What may have happened, and when it began.
fn may_have_happened(reader: &mut Reader<'_>) -> Read<(EffectId, i64)> {
    let (mut effect, mut at_us) = (None, 0);
    reader.object(|reader, name| {
        match name {
            "effect" => effect = Some(reader.quoted_id()?),
            "at" => at_us = reader.whole()?,
            _ => return reader.damaged("what may have happened"),
        }
        Ok(())
    })?;
    effect.map_or_else(|| reader.damaged("an effect before this"), |effect| Ok((effect, at_us)))
}

/// What is to be done here, and where.
fn done_here(restore: &Restore, reader: &mut Reader<'_>) -> Read<(Effect, Place)> {
    let (mut effect, mut place) = (None, None);
    reader.object(|reader, name| {
        match name {
            "place" => place = place_of(&reader.text()?),
            "asked" => effect = Some(restore.effect(reader)?),
            _ => return reader.damaged("what is done here"),
        }
        Ok(())
    })?;
    match (effect, place) {
        (Some(effect), Some(place)) => Ok((effect, place)),
        _ => reader.damaged("an effect and its place before this"),
    }
}

/// What the world was asked for, and its fingerprint.
fn asked(restore: &Restore, reader: &mut Reader<'_>) -> Read<(Effect, u64)> {
    let (mut effect, mut print) = (None, None);
    reader.object(|reader, name| {
        match name {
            "print" => print = Some(reader.quoted_hex()?),
            "asked" => effect = Some(restore.effect(reader)?),
            _ => return reader.damaged("what was asked for"),
        }
        Ok(())
    })?;
    match (effect, print) {
        (Some(effect), Some(print)) => Ok((effect, print)),
        _ => reader.damaged("an effect and its fingerprint before this"),
    }
}

fn name_of(place: Place) -> &'static str {
    match place {
        Place::Own => "own",
        Place::Shared => "shared",
        Place::Outside => "outside",
    }
}

fn place_of(name: &str) -> Option<Place> {
    [Place::Own, Place::Shared, Place::Outside].into_iter().find(|place| name_of(*place) == name)
}
