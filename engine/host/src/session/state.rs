//! Where a project keeps what outlives a run: kept tables and audit records, below `~/.local/state/flowrun`.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flowrun_tables::Store;
use sha2::{Digest, Sha256};

use flowrun_project::Problem;

use super::lock::{Holder, Lock};
use super::private::private;

/// The folder for what one project does over certain connections. What was imported into a sandbox says nothing of a
/// real org, so that each set of hosts has a folder of its own.
pub fn folder(root: &Path, hosts: &[(String, String)], env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let given = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = given("XDG_STATE_HOME").or_else(|| given("HOME").map(|home| home.join(".local/state")))?;
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hosts: Vec<String> = hosts.iter().map(|(name, host)| format!("{name}={host}")).collect();
    let hash = hex(&Sha256::digest(format!("{}\n{}", root.display(), hosts.join("\n"))));
    Some(state.join("flowrun").join(format!("{name}-{}", &hash[..12])))
}

/// Makes a folder that only its owner may look into.
pub fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Replaces a file as a whole, and lets only its owner read it: a crash leaves the old one or the new one.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    by_rename(path, &PathBuf::from(beside), text, None)
}

/// Replaces a file that others may read as well as before: a crash leaves the old one or the new one. A link stays a link.
pub fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    // A name that is taken for no flow, should a crash leave it behind.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    by_rename(&path, &path.with_file_name(format!(".{name}.flowrun-new")), text, Some(permissions))
}

fn by_rename(path: &Path, beside: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    // What an earlier crash left may have another mode.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().write(true).create_new(true).open(beside)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()?;
    fs::rename(beside, path)?;
    sync_folder_of(path)
}

/// Makes sure that a file which was made or renamed is there under its name after a power cut.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Elsewhere a folder can't be opened, and its entries are written with the file.
    if cfg!(unix) { fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

/// A folder of kept tables. No two runs change the same of them at the same time.
#[derive(Debug)]
pub struct KeptTables {
    folder: PathBuf,
    saves: bool,
    /// Held until the run ends.
    _locks: Vec<Lock>,
}

impl KeptTables {
    /// Opens the folder for a run that reaches these tables: they are its own if it may change them, and then it says who it
    /// is. A run that does not only looks.
    pub fn open(folder: &Path, tables: &[&str], changes: Option<&Holder>) -> Result<KeptTables, Problem> {
        let unusable = |error: io::Error| {
            Problem::new(format!("kept tables can't be stored in {}: {error}", folder.display()))
                .help("name another folder with --state")
        };
        make(folder).map_err(unusable)?;
        let mut locks = Vec::new();
        for (table, holder) in tables.iter().filter_map(|table| Some((table, changes?))) {
            match Lock::take(&file(folder, table, "lock"), holder).map_err(unusable)? {
                Ok(lock) => locks.push(lock),
                Err(other) => {
                    let other = other.map(|other| format!(": {}", other.told())).unwrap_or_default();
                    let message = format!(
                        "another run of this project over these connections uses the kept table `{table}`{other}"
                    );
                    return Err(Problem::new(message).help("wait for its end"));
                }
            }
        }
        Ok(KeptTables { folder: folder.to_owned(), saves: changes.is_some(), _locks: locks })
    }
}

/// The file in `folder` for a table.
fn file(folder: &Path, table: &str, ending: &str) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let name: String = table.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    // Tables whose names differ only in other letters keep apart.
    let mark = if name == table { String::new() } else { format!("-{}", &hex(&Sha256::digest(table))[..8]) };
    folder.join(format!("{name}{mark}.{ending}"))
}

impl Store for KeptTables {
    fn load(&self, table: &str) -> Result<Option<String>, String> {
        let path = file(&self.folder, table, "jsonl");
        match fs::read_to_string(&path) {
            Ok(text) => unsealed(&text).map(|text| Some(text.to_owned())).ok_or_else(|| {
                format!("{} is not as it was written: restore it, or delete it to start over", path.display())
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn save(&self, table: &str, text: &str) -> Result<(), String> {
        if !self.saves {
            return Ok(());
        }
        let path = file(&self.folder, table, "jsonl");
        replace(&path, &sealed(text)).map_err(|error| format!("{}: {error}", path.display()))
    }
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

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
