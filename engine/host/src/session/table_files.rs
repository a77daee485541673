//! Kept tables as they lay in files before there was a store, `counted.jsonl`: they are read when a table is first used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flowrun_core::program;
use flowrun_core::value::Text;
use flowrun_tables::{Loaded, Rows};
use sha2::{Digest, Sha256};

use super::state::hex;

/// A folder of such files.
#[derive(Debug)]
pub struct TableFiles {
    folder: PathBuf,
    /// The project's tables in their order: IDs of rows once began with a table's place.
    order: Vec<Text>,
}

impl TableFiles {
    /// Those in this folder, of a project with these tables.
    pub fn new(folder: &Path, tables: &[program::Table]) -> TableFiles {
        let order = tables.iter().map(|table| table.name.clone()).collect();
        TableFiles { folder: folder.to_owned(), order }
    }
}

impl Rows for TableFiles {
    fn load(&self, table: &str) -> Result<Option<Loaded>, String> {
        let path = file(&self.folder, table, "jsonl");
        let told = |why: &str| {
            format!(
                "{} is not as it was written: {why}restore it, or delete it to start over",
                path.display()
            )
        };
        let written = match fs::read_to_string(&path) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let text = unsealed(&written).ok_or_else(|| told(""))?;
        let place = self.order.iter().position(|name| **name == *table).map_or(0, |place| place + 1);
        Loaded::from_lines(text, table, place).map(Some).map_err(|why| told(&format!("{why}; ")))
    }
}

/// The file in `folder` for a table.
pub(crate) fn file(folder: &Path, table: &str, ending: &str) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let name: String = table.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    // Tables whose names differ only in other letters keep apart.
    let mark = if name == table { String::new() } else { format!("-{}", &hex(&Sha256::digest(table))[..8]) };
    folder.join(format!("{name}{mark}.{ending}"))
}

/// What the first line of a sealed text begins with.
const SEAL: &str = "{\"sha256\":\"";

/// A text behind a line with its checksum, by which a part of it is told from all of it.
pub(crate) fn sealed(text: &str) -> String {
    format!("{SEAL}{}\"}}\n{text}", hex(&Sha256::digest(text)))
}

/// What was sealed, if it is as it was. Files of before have no seal.
fn unsealed(written: &str) -> Option<&str> {
    if !written.starts_with(SEAL) {
        return written.starts_with("{\"next\"").then_some(written);
    }
    let (_, text) = written.split_once('\n')?;
    (sealed(text) == written).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_table_is_not_taken_for_all_of_it() {
        let text = "{\"next\":2,\"ids\":[\"a\"]}\n{\"number\":1}\n{\"number\":2}\n";
        assert_eq!(unsealed(text), Some(text), "as it was written before");
        let written = sealed(text);
        assert_eq!(unsealed(&written), Some(text));
        for end in 0..written.len() {
            assert_eq!(unsealed(&written[..end]), None, "cut after {end} bytes");
        }
        for at in 0..written.len() {
            for bit in 0..7 {
                let mut bytes = written.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert_eq!(unsealed(&changed), None, "bit {bit} of byte {at}");
            }
        }
    }
}
