//! Files as values: what is known of a file, and how people read it.

use std::fmt;

use super::Text;

/// What is known of a file; its content lies in a store under `handle`.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Where the store finds the content.
    pub handle: Text,
    /// The file's name.
    pub name: Text,
    /// The content's size in bytes.
    pub size: u64,
}

/// `people.csv (1.2 MB)`
impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, size_told(self.size))
    }
}

/// So many bytes in words, never more than there are: `820 bytes`, `1.2 MB`.
pub fn size_told(bytes: u64) -> String {
    let (unit, name) = match bytes {
        1 => return "1 byte".to_owned(),
        0..1_000 => return format!("{bytes} bytes"),
        1_000..1_000_000 => (1_000, "kB"),
        _ => (1_000_000, "MB"),
    };
    match bytes % unit * 10 / unit {
        0 => format!("{} {name}", bytes / unit),
        tenths => format!("{}.{tenths} {name}", bytes / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_words() {
        let table = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1 MB"),
            (2_345_678, "2.3 MB"),
        ];
        for (bytes, words) in table {
            assert_eq!(size_told(bytes), words);
        }
    }
}
