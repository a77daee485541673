//! Secrets that flowrun replaces in the connections file: refresh tokens.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_kit::effect::Pending;
use flowrun_kit::vault::{Taken, Vault};
use flowrun_project::connections::ConnectionsFile;
use flowrun_project::edit::with_setting;
use flowrun_project::source::Source;
use secrecy::{ExposeSecret, SecretString};

use super::private::private;
use super::state;

/// The settings of a connection in a connections file.
pub struct FileVault {
    path: PathBuf,
    connection: String,
}

impl FileVault {
    /// That of `connection` in the file at `path`.
    pub fn of(path: &Path, connection: &str) -> Arc<dyn Vault> {
        Arc::new(FileVault { path: path.to_owned(), connection: connection.to_owned() })
    }
}

impl Vault for FileVault {
    fn take<'a>(&'a self, setting: &'a str) -> Pending<'a, Result<Box<dyn Taken>>> {
        let (path, connection, setting) = (self.path.clone(), self.connection.clone(), setting.to_owned());
        Box::pin(async move {
            // Another run may have it for as long as a request takes.
            let taken = tokio::task::spawn_blocking(move || Secret::take(path, connection, setting)).await;
            let taken = taken
                .map_err(|_| Fault::new(FaultKind::Internal, "the connections file can't be waited for"))?;
            Ok(Box::new(taken?) as Box<dyn Taken>)
        })
    }
}

/// A secret of a file that nobody else changes as long as this is there.
struct Secret {
    path: PathBuf,
    connection: String,
    setting: String,
    secret: SecretString,
    _lock: File,
}

impl Secret {
    fn take(path: PathBuf, connection: String, setting: String) -> Result<Secret> {
        let wrong = |message: String| Fault::new(FaultKind::Connection, message);
        let lock = lock(&path).map_err(|error| {
            wrong(format!("{} can't be kept for this run alone: {error}", path.display()))
                .help("flowrun must be able to write in its folder, for servers replace refresh tokens as they are used")
        })?;
        // What another process has written in the meantime counts, not what was read at the start.
        let file = ConnectionsFile::read(&path, Path::new(""))
            .map_err(|error| wrong(error.to_string()).help(error.help()))?;
        let secret = file.written(&connection, &setting).cloned().ok_or_else(|| {
            wrong(format!("`{setting}` of `{connection}` does not stand in {}", path.display())).help(format!(
                "it has to, because it is replaced as it is used: `flowrun connections login {connection}` writes it there"
            ))
        })?;
        Ok(Secret { path, connection, setting, secret, _lock: lock })
    }
}

impl Taken for Secret {
    fn secret(&self) -> &SecretString {
        &self.secret
    }

    fn replace(&mut self, secret: &SecretString) -> Result<()> {
        keep(&self.path, &self.connection, &self.setting, secret).map_err(|why| {
            let message =
                format!("the new `{}` of `{}` can't be written down: {why}", self.setting, self.connection);
            Fault::new(FaultKind::Connection, message).help(format!(
                "the old one may be used up: mend that, then `flowrun connections login {}`",
                self.connection
            ))
        })?;
        self.secret = secret.clone();
        Ok(())
    }
}

/// Writes a secret into the file, for whoever has the lock.
pub fn keep(path: &Path, connection: &str, setting: &str, secret: &SecretString) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}", path.display());
    let real = path.canonicalize().map_err(told)?;
    let old = std::fs::read_to_string(&real).map_err(told)?;
    let new =
        with_setting(&old, connection, setting, &Source::plain(secret.expose_secret())).ok_or_else(|| {
            format!("in {} `{setting}` of `{connection}` needs a line of its own", path.display())
        })?;
    state::replace(&real, &new).map_err(told)
}

/// Waits until nobody else changes the file.
pub fn lock(path: &Path) -> io::Result<File> {
    let mut beside = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    beside.push(".lock");
    let file = private().write(true).create(true).truncate(false).open(PathBuf::from(beside))?;
    file.lock()?;
    Ok(file)
}
