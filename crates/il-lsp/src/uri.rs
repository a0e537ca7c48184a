//! File URIs to paths.
//!
//! Tolerant on purpose: editors differ in what they escape (`%3A`, spaces, brackets, drive letters) and
//! none of that may cost a user their suggestions. A URI is never written back; it is an opaque name.

use std::path::PathBuf;

/// The path that a `file:` URI names; `None` for `untitled:` and all other schemes, and for hosts other
/// than this one.
pub(crate) fn to_path(uri: &str) -> Option<PathBuf> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let path = match rest.strip_prefix("//") {
        Some(authority) => {
            let slash = authority.find('/')?;
            let (host, path) = authority.split_at(slash);
            (host.is_empty() || host.eq_ignore_ascii_case("localhost")).then_some(path)?
        }
        None => rest,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if !path.starts_with('/') {
        return None;
    }
    let decoded = String::from_utf8(decode(path)).ok()?;
    Some(PathBuf::from(without_drive_slash(&decoded)))
}

/// `/c:/x` is how a URI writes `c:/x`.
fn without_drive_slash(path: &str) -> &str {
    match path.as_bytes() {
        [b'/', drive, b':', ..] if cfg!(windows) && drive.is_ascii_alphabetic() => &path[1..],
        _ => path,
    }
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match escape(&bytes[at..]) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// The byte of a `%41` at the start of `bytes`; a `%` that begins no escape stands for itself.
fn escape(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *bytes else {
        return None;
    };
    let digit = |it: u8| char::from(it).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A `file:` URI for an absolute path, for clients made here.
pub(crate) fn from_path(path: &std::path::Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    let mut uri = format!("file://{slash}");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, path: Option<&str>) {
        assert_eq!(to_path(uri), path.map(PathBuf::from), "{uri}");
    }

    #[test]
    fn file_uris() {
        check("file:///a/b.rs", Some("/a/b.rs"));
        check("FILE:///a/b.rs", Some("/a/b.rs"));
        check("file://localhost/a/b.rs", Some("/a/b.rs"));
        check("file:/a/b.rs", Some("/a/b.rs"));
        check("file:///a%20b/%C3%A9%5B1%5D.rs", Some("/a b/é[1].rs"));
        check("file:///a b/[id].tsx", Some("/a b/[id].tsx"));
        check("file:///100%/x%zz", Some("/100%/x%zz"));
        check("file:///a/b.rs?x#y", Some("/a/b.rs"));
    }

    #[test]
    fn everything_else_has_no_path() {
        check("untitled:Untitled-1", None);
        check("vscode-notebook-cell:/a/b.ipynb#X", None);
        check("file://server/share/a.rs", None);
        check("file:///%FF", None);
        check("file:relative", None);
        check("/a/b.rs", None);
        check("", None);
    }

    #[test]
    fn paths_come_back() {
        for path in ["/a/b.rs", "/a b/é[1]%.rs", "/x/#?.py"] {
            assert_eq!(
                to_path(&from_path(path.as_ref())),
                Some(PathBuf::from(path))
            );
        }
    }
}
