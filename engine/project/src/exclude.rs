//! Which files below a project are no flows, as the manifest says.

use flowrun_core::model::Manifest;

/// Patterns of paths, from the project's folder.
#[derive(Debug, Default)]
pub(crate) struct Exclude(Vec<Vec<String>>);

impl Exclude {
    /// What the manifest leaves out.
    pub fn of(manifest: &Manifest) -> Exclude {
        Exclude(manifest.exclude.iter().map(|pattern| parts(&pattern.it)).collect())
    }

    /// Whether a file or a folder is left out, by its path from the project's folder. What lies in a folder that is left out is not
    /// asked for.
    pub fn leaves_out(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        self.0.iter().any(|pattern| fits(pattern, &path))
    }
}

/// The parts of a pattern; one without a folder fits wherever a file lies.
fn parts(pattern: &str) -> Vec<String> {
    let names = pattern.split('/').filter(|name| !matches!(*name, "" | "."));
    let anywhere = !pattern.trim_end_matches('/').contains('/');
    anywhere.then_some("**").into_iter().chain(names).map(str::to_owned).collect()
}

fn fits(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) => path.is_empty(),
        (Some((any, rest)), _) if any == "**" => {
            fits(rest, path) || path.split_first().is_some_and(|(_, path)| fits(pattern, path))
        }
        (Some((name, rest)), Some((found, path))) => fits_name(name, found) && fits(rest, path),
        (Some(_), None) => false,
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters, `?` for one.
fn fits_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    // Where the last `*` stands, and what of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[of] => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((stands, taken)) = star else { return false };
                star = Some((stands, taken + 1));
                at = stands + 1;
                of = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_other_tools() {
        // As gitignore(5) reads them, of which this has `*`, `?`, `**`, and that a name without `/` fits anywhere.
        let table: [(&str, &[&str], &[&str]); 8] = [
            ("docker-compose.yml", &["docker-compose.yml", "deploy/docker-compose.yml"], &["compose.yml"]),
            ("deploy/values.yaml", &["deploy/values.yaml"], &["values.yaml", "a/deploy/values.yaml"]),
            ("mocks/*.yaml", &["mocks/a.yaml", "mocks/.yaml"], &["mocks/a.yml", "mocks/a/b.yaml"]),
            ("**/mocks", &["mocks", "a/mocks", "a/b/mocks"], &["a/mocks.yaml"]),
            ("mocks/", &["mocks", "a/mocks"], &["mock"]),
            ("./a/**/c?.yaml", &["a/c1.yaml", "a/b/b/c2.yaml"], &["a/c.yaml", "c1.yaml"]),
            ("*a*b*.yml", &["ab.yml", "x/1a2b3.yml", "aab.yml"], &["ba.yml", "ab.yaml"]),
            ("*", &["anything", "a/b"], &[]),
        ];
        for (pattern, left_out, kept) in table {
            let exclude = Exclude(vec![parts(pattern)]);
            left_out.iter().for_each(|path| assert!(exclude.leaves_out(path), "{pattern}: {path}"));
            kept.iter().for_each(|path| assert!(!exclude.leaves_out(path), "{pattern}: {path}"));
        }
    }
}
