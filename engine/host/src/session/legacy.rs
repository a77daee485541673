//! Kept tables as they were before there was a store: files of a folder, `counted.jsonl`. They are only read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flowrun_core::value::Text;
use flowrun_tables::Loaded;
use sha2::{Digest, Sha256};

use super::state::hex;

/// What was kept of a table in `folder`, if anything was; `order` are the project's tables.
pub fn load(folder: &Path, order: &[Text], table: &str) -> Result<Option<Loaded>, String> {
    let path = file(folder, table, "jsonl");
    let told = |why: &str| {
        format!("{} is not as it was written: {why}restore it, or delete it to start over", path.display())
    };
    let written = match fs::read_to_string(&path) {
        Ok(written) => written,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let text = unsealed(&written).ok_or_else(|| told(""))?;
    // IDs of rows once began with a table's place.
    let place = order.iter().position(|name| **name == *table).map_or(0, |place| place + 1);
    Loaded::from_lines(text, table, place).map(Some).map_err(|why| told(&format!("{why}; ")))
}

/// The file in `folder` for a table.
fn file(folder: &Path, table: &str, ending: &str) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let name: String = table.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    // Tables whose names differ only in other letters keep apart.
    let mark = if name == table { String::new() } else { format!("-{}", &hex(&Sha256::digest(table))[..8]) };
    folder.join(format!("{name}{mark}.{ending}"))
}

/// What the first line of a sealed text begins with.
const SEAL: &str = "{\"sha256\":\"";

/// A text behind a line with its checksum, by which a part of it is told from all of it.
fn sealed(text: &str) -> String {
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
