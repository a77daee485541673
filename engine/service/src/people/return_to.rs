//! Where somebody is sent when they have signed in: to a page of the service, whatever the link said.

/// The first page.
const HOME: &str = "/";

const LONGEST: usize = 2_048;

/// The path, if it is one of this service that no browser reads as an address elsewhere; else the first page.
pub(super) fn local(path: Option<&str>) -> String {
    path.filter(|path| is_local(path)).unwrap_or(HOME).to_owned()
}

fn is_local(path: &str) -> bool {
    // Browsers drop tabs and line breaks, and take `\` for `/`; what may stand in a path and a query is enough here.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    if !path.starts_with('/') || path.len() > LONGEST || !path.bytes().all(plain) {
        return false;
    }
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    // What stands between this service and the browser may decode a path and tidy it up.
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2f", "%5c", "%2e", "%0", "%1", "%25"].iter().any(|escape| lower.contains(escape));
    let tidy = !path.contains("//") && path.split('/').all(|part| !matches!(part, "." | ".."));
    tidy && !hidden && !path.starts_with("/auth/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_elsewhere() {
        let outside = [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "https:evil.example",
            "https://evil.example",
            "http:/evil.example",
            "javascript:alert(1)",
            "evil.example",
            "/%2fevil.example",
            "/%2F/evil.example",
            "/%5cevil.example",
            "/%5C%5Cevil.example",
            "/%252fevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/%09/evil.example",
            "/%0d%0aLocation:evil.example",
            " //evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/%2e//evil.example",
            "/x//evil.example",
            "/a/../b",
            "/a#b",
            "/\u{ff0f}evil.example",
            "/é",
            "/<script>",
            "/auth/sign-in",
            "?a=//b",
        ];
        for path in outside {
            assert_eq!(local(Some(path)), "/", "{path:?}");
        }
        let inside = [
            "/",
            "/runs",
            "/runs/20261128-ab?tab=log&q=a%20b",
            "/flows/hr/leavers",
            "/runs?back=//x",
            "/@me:x",
        ];
        for path in inside {
            assert_eq!(local(Some(path)), path);
        }
        assert_eq!(local(None), "/");
        assert_eq!(local(Some(&format!("/{}", "a".repeat(3000)))), "/");
    }
}
