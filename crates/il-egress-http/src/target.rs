//! Where a request goes: a URL that was looked at, and what it is called in messages.
//!
//! The one idea: what is refused by its looks is refused before anything is opened: other schemes, and a user or a
//! password, which would end up in logs.
//!
//! Deliberately absent: how to get there.

use std::net::IpAddr;

use il_egress::Trouble;
use reqwest::Url;

/// A URL that can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    url: Url,
    name: String,
}

impl Target {
    pub(crate) fn read(text: &str) -> Result<Self, Trouble> {
        // A text that is no URL is not repeated: nobody knows what is in it.
        let url = Url::parse(text)
            .map_err(|_| Trouble::Other("a server".to_owned(), "its URL is none".to_owned()))?;
        let host = url.host_str().unwrap_or_default();
        let name = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let target = Self { url, name };
        if !matches!(target.url.scheme(), "http" | "https") || target.name.is_empty() {
            return Err(target.other("its URL must start with `http://` or `https://`".to_owned()));
        }
        if !target.url.username().is_empty() || target.url.password().is_some() {
            return Err(target
                .other("its URL holds a user or password: give the key as a setting".to_owned()));
        }
        Ok(target)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Host, and the port if it is not the scheme's own.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let plain = host.trim_start_matches('[').trim_end_matches(']');
        match plain.parse::<IpAddr>() {
            Ok(IpAddr::V4(it)) => it.is_loopback(),
            Ok(IpAddr::V6(it)) => {
                it.is_loopback() || it.to_ipv4_mapped().is_some_and(|it| it.is_loopback())
            }
            // RFC 6761: the name and all names under it.
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        }
    }

    pub(crate) fn other(&self, why: String) -> Trouble {
        Trouble::Other(self.name.clone(), why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn loopback(url: &str, expected: bool) {
        let target = Target::read(url).expect("a URL");
        assert_eq!(target.is_loopback(), expected, "{url}");
    }

    #[test]
    fn only_loopback_is_loopback() {
        for url in [
            "http://localhost:1",
            "http://LOCALHOST",
            "http://a.localhost",
            "http://127.0.0.1",
            "http://127.9.9.9:80/x",
            "http://[::1]:9",
            "http://[::ffff:127.0.0.1]",
            // How browsers read 2130706433; so does whoever opens the connection.
            "http://2130706433",
        ] {
            loopback(url, true);
        }
        for url in [
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://notlocalhost",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://[::2]",
        ] {
            loopback(url, false);
        }
    }

    #[test]
    fn what_must_not_be_asked_is_refused_and_not_repeated() {
        for url in [
            "http://me:hidden@h", // interline:allow
            "http://hidden@h",
            "ftp://h/hidden",
            "file:///hidden",
            "hidden",
        ] {
            let said = Target::read(url).expect_err("refused").to_string();
            assert!(!said.contains("hidden"), "{said}");
        }
        assert_eq!(Target::read("http://h:81/x").unwrap().name(), "h:81");
        assert_eq!(Target::read("https://h:443/x").unwrap().name(), "h");
    }
}
