//! Folders that a command writes its files to.

use std::fs;
use std::path::{Component, Path};

use crate::problem::{Problem, unwritable};

/// Writes files, each named by its path within `folder`, and nothing outside of it. A folder that holds something is
/// refused unless `force` is given.
pub fn write<'f>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    force: bool,
) -> Result<(), Problem> {
    let taken = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if taken && !force {
        let problem = Problem::new(format!("{} is not empty", folder.display()));
        return Err(problem.help("name a new folder, or let --force write over what is there"));
    }
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for (name, text) in files {
        let mut path = folder.to_owned();
        let parts: Vec<Component<'_>> = Path::new(name).components().collect();
        for (index, part) in parts.iter().enumerate() {
            let Component::Normal(part) = part else {
                return Err(Problem::new(format!("`{name}` would lie outside of {}", folder.display())));
            };
            path.push(part);
            // A link could lead anywhere.
            if path.is_symlink() {
                return Err(Problem::new(format!("{} is a link", path.display()))
                    .help("remove it, or name a new folder"));
            }
            if index + 1 < parts.len() && !path.is_dir() {
                fs::create_dir(&path).map_err(|error| unwritable(&path, &error))?;
            }
        }
        fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}
