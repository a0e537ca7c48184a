//! A hub's addresses, and where an answer of it may lead.
//!
//! The one idea: a hub sends whoever asks for a file on to where it is stored. That step is taken here, by hand: never from a
//! secure place to an open one, never from elsewhere to this machine, and the token stays with the host it was given for.
//!
//! Deliberately absent: asking.

use il_egress::Secret;

use crate::manifest::Origin;

/// The hub that is asked when no other is named.
pub const HUB: &str = "https://huggingface.co";

/// Where models come from.
#[derive(Clone, Debug)]
pub struct Hub {
    /// Scheme, host, perhaps a path; no slash at its end.
    pub endpoint: String,
    pub token: Option<Secret>,
}

impl Hub {
    /// `endpoint` may be written with a slash at its end, and without a scheme.
    pub fn at(endpoint: &str, token: Option<Secret>) -> Self {
        let endpoint = endpoint.trim().trim_end_matches('/');
        let scheme = if endpoint.contains("://") {
            ""
        } else {
            "https://"
        };
        Self {
            endpoint: format!("{scheme}{endpoint}"),
            token,
        }
    }

    /// The host that messages name.
    pub fn host(&self) -> &str {
        let rest = self.endpoint.split_once("://").map_or("", |it| it.1);
        rest.split('/').next().unwrap_or_default()
    }

    /// `None` for what no hub has: names that lead elsewhere.
    pub(crate) fn url(&self, origin: &Origin) -> Option<String> {
        let Origin::Hub {
            repo,
            revision,
            file,
        } = origin
        else {
            return None;
        };
        let fits = |text: &str| {
            let part = |it: &str| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                !it.is_empty() && !it.starts_with('.') && it.chars().all(plain)
            };
            text.split('/').all(part)
        };
        let whole = fits(repo) && repo.matches('/').count() == 1 && fits(revision) && fits(file);
        whole.then(|| format!("{}/{repo}/resolve/{revision}/{file}", self.endpoint))
    }

    /// The token, for a URL on the hub's own host.
    pub(crate) fn token_for(&self, url: &str) -> Option<Secret> {
        let own = parts(&self.endpoint)?;
        let there = parts(url)?;
        let same = own.scheme == there.scheme && own.host.eq_ignore_ascii_case(there.host);
        // An open connection would show the token to everybody on the way.
        let kept = there.scheme == "https" || is_loopback(there.host);
        self.token.as_ref().filter(|_| same && kept)?.bearer()
    }
}

/// Where `location`, an answer's to `from`, leads, or why one does not go there.
pub(crate) fn next(from: &str, location: &str) -> Result<String, &'static str> {
    const NONE: &str = "the address is none";
    let here = parts(from).ok_or(NONE)?;
    let to = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with('/') && !location.starts_with("//") {
        format!("{}://{}{location}", here.scheme, here.host)
    } else {
        return Err(NONE);
    };
    let there = parts(&to).ok_or(NONE)?;
    let same = here.scheme == there.scheme && here.host.eq_ignore_ascii_case(there.host);
    if same {
        return Ok(to);
    }
    match (is_loopback(here.host), is_loopback(there.host)) {
        (true, true) => Ok(to),
        (false, true) => Err("it leads back to this machine"),
        _ if there.scheme == "https" => Ok(to),
        _ => Err("it leads to a connection that is not secure"),
    }
}

struct Parts<'a> {
    scheme: &'a str,
    /// With the port.
    host: &'a str,
}

fn parts(url: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let known = matches!(scheme, "http" | "https");
    (known && !host.is_empty() && !host.contains('@')).then_some(Parts { scheme, host })
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let address: Result<std::net::IpAddr, _> = name.parse();
    address.map_or_else(
        |_| name.eq_ignore_ascii_case("localhost"),
        |it| it.is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(repo: &str, file: &str) -> Origin {
        Origin::Hub {
            repo: repo.to_owned(),
            revision: "main".to_owned(),
            file: file.to_owned(),
        }
    }

    #[test]
    fn a_file_has_an_address() {
        let hub = Hub::at("https://hub.example/mirror/", None);
        let url = hub.url(&origin("org/some-GGUF", "sub/a.Q8_0.gguf"));
        assert_eq!(
            url.as_deref(),
            Some("https://hub.example/mirror/org/some-GGUF/resolve/main/sub/a.Q8_0.gguf")
        );
        assert_eq!(hub.host(), "hub.example");
        assert_eq!(Hub::at("hub.example", None).endpoint, "https://hub.example");
    }

    #[test]
    fn a_name_that_leads_elsewhere_has_none() {
        let hub = Hub::at(HUB, None);
        for (repo, file) in [
            ("../x", "a"),
            ("a", "b"),
            ("a/b/c", "d"),
            ("a/b", "../c"),
            ("a/b", "c?d"),
            ("a/b", "c d"),
            ("a/b", ""),
        ] {
            assert_eq!(hub.url(&origin(repo, file)), None, "{repo} {file}");
        }
    }

    #[test]
    fn one_follows_to_where_it_is_as_safe() {
        let secure = "https://hub.example/a/b";
        assert_eq!(
            next(secure, "https://cdn.example/x?y=z").as_deref(),
            Ok("https://cdn.example/x?y=z")
        );
        assert_eq!(
            next(secure, "/c/d").as_deref(),
            Ok("https://hub.example/c/d")
        );
        let open = "http://hub.intern/a";
        assert!(next(open, "/b").is_ok() && next(open, "https://cdn.example/").is_ok());
        let here = "http://127.0.0.1:80/a";
        assert!(next(here, "http://localhost:81/b").is_ok());
        for (from, to) in [
            (secure, "http://hub.example/a"),
            (secure, "http://127.0.0.1/a"),
            (secure, "https://[::1]:9/a"),
            (secure, "https://me:key@cdn.example/"),
            (secure, "ftp://cdn.example/"),
            (secure, "//cdn.example/"),
            (secure, "elsewhere"),
            (open, "http://cdn.example/"),
            (here, "http://cdn.example/"),
        ] {
            assert!(next(from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_token_stays_with_its_host() {
        let hub = |endpoint| Hub::at(endpoint, Some(Secret::new("hf_1")));
        let secure = hub("https://hub.example");
        assert!(secure.token_for("https://hub.example/a").is_some());
        for url in [
            "https://cdn.example/a",
            "http://hub.example/a",
            "https://hub.example.evil/a",
            "https://hub.example:8443/a",
        ] {
            assert!(secure.token_for(url).is_none(), "{url}");
        }
        assert!(
            hub("http://hub.intern")
                .token_for("http://hub.intern/a")
                .is_none()
        );
        assert!(
            hub("http://127.0.0.1:9")
                .token_for("http://127.0.0.1:9/a")
                .is_some()
        );
    }
}
