//! Where the value of a setting comes from: written down, or in a file, a variable, a credential of the service manager, or
//! what a command prints. So any password manager serves.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::SecretString;

use crate::bounded;

/// A text larger than this isn't taken for a value.
const MOST_BYTES: u64 = 64 * 1024;

/// The variable by which systemd tells where credentials lie.
pub const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where a value comes from.
#[derive(Clone)]
pub enum Source {
    /// It stands in the connections file.
    Plain(SecretString),
    /// It stands in the project's manifest, where no secret can.
    Declared(String),
    /// The content of a file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// A credential that the service manager hands over, by its name.
    Credential(String),
    /// What a command prints.
    Command(String),
    /// What a command would print, which is not run: somebody else may have put it there.
    Untrusted {
        /// The command.
        command: String,
        /// Who may have, and what to do about it.
        why: String,
    },
}

/// Shows where a value comes from, never the value.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Plain(_) => f.write_str("the connections file"),
            Source::Declared(_) => f.write_str("flowrun.yaml"),
            Source::File(path) => write!(f, "the file {}", path.display()),
            Source::Variable(name) => write!(f, "{name}"),
            Source::Credential(name) => write!(f, "the credential {name}"),
            // What follows may name things that are nobody's business.
            Source::Command(command) | Source::Untrusted { command, .. } => {
                write!(f, "the command `{} …`", first_word(command))
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Source {
    /// Reads the short form: `!command`, `@file`, `$VARIABLE`, `credential:NAME`; anything else is the value itself, and
    /// `plain:` goes before one that begins like these.
    pub fn parse(text: &str) -> Source {
        let text = text.trim();
        if let Some(command) = text.strip_prefix('!') {
            return Source::Command(command.trim().to_owned());
        }
        if let Some(path) = text.strip_prefix('@').filter(|path| !path.is_empty()) {
            return Source::File(PathBuf::from(path));
        }
        if let Some(value) = text.strip_prefix("plain:") {
            return Source::Plain(SecretString::from(value.to_owned()));
        }
        if let Some(name) = text.strip_prefix("credential:") {
            return Source::Credential(name.trim().to_owned());
        }
        let variable = |name: &&str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        match text.strip_prefix('$').filter(variable) {
            Some(name) => Source::Variable(name.to_owned()),
            None => Source::Plain(SecretString::from(text.to_owned())),
        }
    }

    /// How a value is written that is one, however it begins.
    pub fn plain(value: &str) -> String {
        match Source::parse(value) {
            Source::Plain(_) if !value.starts_with("plain:") => value.to_owned(),
            _ => format!("plain:{value}"),
        }
    }

    /// Whether a look at the value runs nothing and asks nobody.
    pub fn is_at_hand(&self) -> bool {
        !matches!(self, Source::Command(_) | Source::Untrusted { .. })
    }

    /// Fetches the value, without the line break at its end. What a command says on its standard error the user sees.
    pub fn fetch(&self, env: &BTreeMap<String, String>) -> Result<SecretString, String> {
        let value = match self {
            Source::Plain(value) => return Ok(value.clone()),
            Source::Declared(value) => return Ok(SecretString::from(value.clone())),
            Source::Variable(name) => {
                env.get(name).cloned().ok_or_else(|| format!("the variable {name} is not set"))?
            }
            Source::File(path) => read(path)?,
            Source::Credential(name) => {
                let folder = env.get(CREDENTIALS).ok_or_else(|| {
                    format!("the service manager hands over no credential {name}: {CREDENTIALS} is not set")
                })?;
                if name.contains(['/', '\\']) || name.starts_with('.') {
                    return Err(format!("`{name}` isn't a credential name"));
                }
                read(&Path::new(folder).join(name))?
            }
            Source::Command(command) => run(command)?,
            Source::Untrusted { command, why } => {
                return Err(format!("the command `{} …` is not run, because {why}", first_word(command)));
            }
        };
        let value = value.trim_end_matches(['\n', '\r']);
        if value.trim().is_empty() {
            return Err(format!("{self} is empty"));
        }
        Ok(SecretString::from(value.to_owned()))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("the file {} can't be read: {error}", path.display());
    let text = bounded::read_text(path, MOST_BYTES).map_err(told)?;
    text.ok_or_else(|| format!("the file {} has more than {} KB", path.display(), MOST_BYTES / 1024))
}

fn first_word(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// Runs a command by the shell; it may ask its user on the terminal.
fn run(line: &str) -> Result<String, String> {
    let word = first_word(line);
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let told = |error: std::io::Error| format!("the command `{word} …` can't be run: {error}");
    let mut command = Command::new(shell);
    command.arg(flag).arg(line).stdin(Stdio::inherit()).stderr(Stdio::inherit()).stdout(Stdio::piped());
    let mut running = command.spawn().map_err(told)?;
    let printed = running.stdout.take().map(|printed| bounded::drain(printed, MOST_BYTES));
    let printed = printed.unwrap_or_else(|| Ok(Some(Vec::new()))).map_err(told)?;
    let Some(printed) = printed else {
        // It may never end by itself.
        let _ = running.kill();
        let _ = running.wait();
        return Err(format!("the command `{word} …` printed more than {} KB", MOST_BYTES / 1024));
    };
    let status = running.wait().map_err(told)?;
    if !status.success() {
        let code = status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(format!("the command `{word} …` ended with {code}"));
    }
    String::from_utf8(printed)
        .map_err(|_| format!("the command `{word} …` printed something that isn't text"))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn values_come_from_where_their_owner_keeps_them() {
        let folder = std::env::temp_dir().join(format!("flowrun-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("okta_token"), "from a file\n").unwrap();
        let mut env = BTreeMap::from([("TOKEN".to_owned(), "from a variable".to_owned())]);
        env.insert(CREDENTIALS.to_owned(), folder.display().to_string());
        let fetch =
            |text: &str| Source::parse(text).fetch(&env).map(|value| value.expose_secret().to_owned());
        assert_eq!(fetch("00abc"), Ok("00abc".to_owned()));
        assert_eq!(fetch("$TOKEN"), Ok("from a variable".to_owned()));
        assert_eq!(fetch(&format!("@{}/okta_token", folder.display())), Ok("from a file".to_owned()));
        assert_eq!(fetch("credential:okta_token"), Ok("from a file".to_owned()));
        assert_eq!(fetch("! printf 'from a %s' command"), Ok("from a command".to_owned()));
        assert_eq!(fetch("$5 is the price"), Ok("$5 is the price".to_owned()));
        assert_eq!(fetch("plain:!important"), Ok("!important".to_owned()));
        std::fs::remove_dir_all(&folder).unwrap();

        assert_eq!(fetch("$NOTHING"), Err("the variable NOTHING is not set".to_owned()));
        assert_eq!(
            fetch("credential:../etc/passwd"),
            Err("`../etc/passwd` isn't a credential name".to_owned())
        );
        assert_eq!(fetch("!exit 3"), Err("the command `exit …` ended with exit code 3".to_owned()));
        assert_eq!(fetch("!yes"), Err("the command `yes …` printed more than 64 KB".to_owned()));
        assert_eq!(fetch("@/dev/zero"), Err("the file /dev/zero has more than 64 KB".to_owned()));
        assert_eq!(fetch("!true"), Err("the command `true …` is empty".to_owned()));
        assert!(fetch("@/no/such/file").unwrap_err().contains("/no/such/file can't be read"));
        assert_eq!(format!("{:?}", Source::parse("hunter2")), "the connections file");
    }
}
