//! Where a project keeps what outlives a run: kept tables and audit records, below `~/.local/state/flowrun`.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flowrun_store::sync_parent;
use sha2::{Digest, Sha256};

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
    sync_parent(path)
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
