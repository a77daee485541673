//! Saves the files among a flow's outputs. Their names come from data: they never lead out of the folder, and nothing that
//! is there is overwritten.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use flowrun_core::value::{File, Value};
use flowrun_core::words::is_formatting;
use flowrun_kit::files::{Files, extension, last_part};

use flowrun_project::Problem;
use flowrun_store::sync_parent;

use super::private::private;

/// What a file is called whose name can't be one here.
const UNNAMED: &str = "file";

/// How many bytes of a name are used: systems take up to 255.
const LONGEST: usize = 200;

/// How many files of one name there may be.
const ALIKE: usize = 10_000;

/// A file that was saved.
pub struct Saved<'v> {
    /// Which.
    pub file: &'v File,
    /// Where.
    pub path: PathBuf,
}

/// The files in a value, each once.
pub fn files(value: &Value) -> Vec<&File> {
    let mut found = Vec::new();
    gather(value, &mut found);
    found
}

fn gather<'v>(value: &'v Value, found: &mut Vec<&'v File>) {
    match value {
        Value::File(file) if !found.contains(&&**file) => found.push(file),
        Value::List(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(members) => members.values().for_each(|member| gather(member, found)),
        _ => {}
    }
}

/// Saves a file in `folder` under its own name, or, where that is taken, under the next that is free.
pub fn save<'v>(file: &'v File, files: &Files, folder: &Path) -> Result<Saved<'v>, Problem> {
    let unsaved = |why: &dyn std::fmt::Display| {
        Problem::new(format!("{file} can't be saved in {}: {why}", folder.display()))
    };
    let mut reader = files.open(file).map_err(|fault| unsaved(&fault.message))?;
    let (path, mut target) = place(&file.name, folder).map_err(|error| unsaved(&error))?;
    let copied =
        io::copy(&mut reader, &mut target).and_then(|_| target.sync_all()).and_then(|()| sync_parent(&path));
    if let Err(error) = copied {
        // Half a file would pass for a whole one.
        let _ = fs::remove_file(&path);
        return Err(unsaved(&error));
    }
    Ok(Saved { file, path })
}

/// A name that reads as what it is, hides nothing and is no option of a command.
fn harmless(name: &str) -> String {
    let mut name: String =
        name.chars().map(|letter| if is_formatting(letter) { '_' } else { letter }).collect();
    if name.starts_with(['.', '-', '~']) {
        name.replace_range(..1, "_");
    }
    name
}

/// A new file in `folder`, called as near to `name` as may be.
fn place(name: &str, folder: &Path) -> io::Result<(PathBuf, fs::File)> {
    let name = harmless(&last_part(name).unwrap_or_else(|| UNNAMED.to_owned()));
    let extension = Some(extension(&name)).filter(|extension| !extension.is_empty() && extension.len() < 20);
    let stem = extension.map_or(&*name, |extension| &name[..name.len() - extension.len() - 1]);
    let end = (0..=LONGEST.min(stem.len())).rfind(|end| stem.is_char_boundary(*end)).unwrap_or(0);
    let stem = &stem[..end];
    let extension = extension.map(|extension| format!(".{extension}")).unwrap_or_default();
    for number in 1..=ALIKE {
        let mark = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{mark}{extension}"));
        match private().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_inside_the_folder_and_beside_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("out");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("people.csv"), "mine").unwrap();
        let files = Files::default();
        let long = format!("{}.csv", "ü".repeat(300));
        let table = [
            ("people.csv", "people-2.csv"),
            ("people.csv", "people-3.csv"),
            ("../people.csv", "people-4.csv"),
            ("/etc/passwd", "passwd"),
            ("-rf", "_rf"),
            (".bashrc", "_bashrc"),
            ("a\u{202e}gpj.exe", "a_gpj.exe"),
            ("..\\..\\x\0.txt", "x.txt"),
            ("..", "file"),
            ("", "file-2"),
            (".env", "_env"),
            (&long, &format!("{}.csv", "ü".repeat(100))),
        ];
        for (name, expected) in table {
            let file = files.create(name, name.as_bytes(), 0).unwrap();
            let saved = save(&file, &files, &inside).unwrap();
            assert_eq!(saved.path, inside.join(expected), "{name:?}");
            assert_eq!(fs::read(&saved.path).unwrap(), name.as_bytes());
        }
        assert_eq!(fs::read(inside.join("people.csv")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_are_found_wherever_they_lie_each_once() {
        let files = Files::default();
        let [a, b] = ["a", "b"].map(|name| Value::File(files.create(name, b"same", 0).unwrap()));
        let value = Value::object([("list", Value::list(vec![a.clone(), b, Value::Null])), ("again", a)]);
        let names: Vec<&str> = super::files(&value).into_iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
