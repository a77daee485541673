//! Names of files, which come from data: from headers, addresses and tables.

/// What of `name` names a file: the part behind the last slash or backslash, without control characters. Nothing if no
/// name is left.
pub fn last_part(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let plain = plain.trim();
    (!plain.trim_matches('.').is_empty()).then(|| plain.to_owned())
}

/// The extension of a file's name, without its dot; blank if it has none.
pub fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_elsewhere() {
        let table = [
            ("people.csv", Some("people.csv")),
            ("../../etc/passwd", Some("passwd")),
            ("/etc/passwd", Some("passwd")),
            ("C:\\temp\\people.csv", Some("people.csv")),
            ("peo\0ple\n.csv", Some("people.csv")),
            (" .. ", None),
            ("a/", None),
            ("a/..", None),
            ("", None),
            (".hidden", Some(".hidden")),
        ];
        for (name, expected) in table {
            assert_eq!(last_part(name).as_deref(), expected, "{name:?}");
        }
        assert_eq!(["a.tar.gz", ".env", "README", "a."].map(extension), ["gz", "", "", ""]);
    }
}
