//! Whom a request is for, as far as the record says it: scheme, host and port.
//!
//! The one idea: read by the parser that the door uses, so the record never names another host than the one that is asked.
//!
//! Deliberately absent: path, query and user; they may hold anything.

use std::{fmt, path::Path};

use url::{Host, Url};

use crate::chain;

/// Whom a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `https://api.example.com:443`.
    name: String,
    is_this_machine: bool,
}

impl Target {
    /// `None` where nothing can be sent to.
    pub fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let (host, port) = (url.host()?, url.port_or_known_default()?);
        let is_this_machine = match &host {
            Host::Ipv4(it) => it.is_loopback(),
            Host::Ipv6(it) => {
                it.is_loopback() || it.to_ipv4_mapped().is_some_and(|it| it.is_loopback())
            }
            // RFC 6761: the name and all names under it.
            Host::Domain(it) => *it == "localhost" || it.ends_with(".localhost"),
        };
        Some(Self {
            name: format!("{}://{host}:{port}", url.scheme()),
            is_this_machine,
        })
    }

    /// Whether what is sent there stays on this machine.
    pub fn is_this_machine(&self) -> bool {
        self.is_this_machine
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a repository is called in the record: the name of its folder, and a hash of where it is, since two may have one
/// name.
pub fn repository_label(root: &Path) -> String {
    let name = root.file_name().map(|it| it.to_string_lossy());
    let hash = chain::hex(root.as_os_str().as_encoded_bytes());
    format!("{}-{}", name.as_deref().unwrap_or("root"), &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_scheme_host_and_port_alone() {
        for (url, name, here) in [
            (
                "https://api.example.com/v1/chat?key=k#f",
                "https://api.example.com:443",
                false,
            ),
            (
                "http://user:pass@Host.Example:8080/x",
                "http://host.example:8080",
                false,
            ),
            ("http://localhost:11434/api", "http://localhost:11434", true),
            ("http://a.localhost", "http://a.localhost:80", true),
            ("http://127.9.9.9/", "http://127.9.9.9:80", true),
            ("http://2130706433/", "http://127.0.0.1:80", true),
            ("https://[::1]:9/", "https://[::1]:9", true),
            (
                "http://[::ffff:127.0.0.1]/",
                "http://[::ffff:7f00:1]:80",
                true,
            ),
            (
                "http://localhost.evil.example/",
                "http://localhost.evil.example:80",
                false,
            ),
            (
                "http://127.0.0.1@evil.example/",
                "http://evil.example:80",
                false,
            ),
            (
                "http://evil.example\\@127.0.0.1/",
                "http://evil.example:80",
                false,
            ),
            ("http://10.0.0.1/", "http://10.0.0.1:80", false),
        ] {
            let target = Target::of(url).unwrap();
            assert_eq!(
                (&*target.name, target.is_this_machine),
                (name, here),
                "{url}"
            );
        }
        for url in [
            "",
            "no url",
            "mailto:a@b.example",
            "file:///etc/passwd",
            "/v1",
        ] {
            assert_eq!(Target::of(url), None, "{url}");
        }
    }

    #[test]
    fn two_folders_of_one_name_have_two_labels() {
        let label = |path: &str| repository_label(Path::new(path));
        assert!(label("/home/me/my app").starts_with("my app-"));
        assert_ne!(label("/a/app"), label("/b/app"));
        assert_eq!(label("/a/app"), label("/a/app"));
    }
}
