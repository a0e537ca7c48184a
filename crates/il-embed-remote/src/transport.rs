//! One request and its whole answer.
//!
//! The one idea: an answer of any status is an answer, with its bytes bounded; what is no answer is a [`Trouble`] whose
//! cause has a name. Loopback is asked directly, never through a proxy: a proxy is another machine.
//!
//! Deliberately absent: what a status means, trying again, and redirects.

use std::{io, time::Duration};

use ureq::{
    Agent, Proxy,
    http::{HeaderMap, header::RETRY_AFTER},
};

use crate::{Limits, Secret};

/// What a server said.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// Why it said nothing that counts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NothingListens,
    /// No such host, or no way to it.
    Unreachable,
    TooSlow,
    /// The connection ended too early.
    BrokeOff,
    /// The answer is longer than allowed.
    Endless,
    /// No trust, or no TLS at all.
    Tls(String),
    Other(String),
}

pub(crate) struct Transport {
    agent: Agent,
    bearer: Option<String>,
    response_bytes: u64,
}

impl Transport {
    /// Connections are kept and used again; none is opened yet.
    pub(crate) fn new(loopback: bool, bearer: Option<String>, limits: &Limits) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.call))
            .proxy(proxy(loopback, Proxy::try_from_env()))
            .user_agent(concat!("interline/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().new_agent(),
            bearer,
            response_bytes: limits.response_bytes,
        }
    }

    pub(crate) fn post(&self, url: &str, json: &[u8]) -> Result<Reply, Trouble> {
        let mut request = self
            .agent
            .post(url)
            .header("content-type", "application/json")
            .header("accept", "application/json");
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", bearer);
        }
        let mut response = request.send(json).map_err(trouble)?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = response
            .body_mut()
            .with_config()
            .limit(self.response_bytes)
            .read_to_vec()
            .map_err(trouble)?;
        Ok(Reply {
            status,
            retry_after,
            body,
        })
    }
}

impl std::fmt::Debug for Transport {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keyed = self.bearer.as_ref().map(|_| Secret::new(""));
        f.debug_struct("Transport").field("key", &keyed).finish()
    }
}

/// The proxy to go through, of the one that the environment names.
fn proxy(loopback: bool, named: Option<Proxy>) -> Option<Proxy> {
    named.filter(|_| !loopback)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    seconds.parse().ok().map(Duration::from_secs)
}

fn trouble(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::Timeout(_) => Trouble::TooSlow,
        ureq::Error::HostNotFound => Trouble::Unreachable,
        ureq::Error::ConnectionFailed => Trouble::NothingListens,
        ureq::Error::BodyExceedsLimit(_) => Trouble::Endless,
        ureq::Error::Tls(why) => Trouble::Tls(why.to_owned()),
        ureq::Error::Rustls(why) => Trouble::Tls(why.to_string()),
        ureq::Error::Io(why) => match why.kind() {
            io::ErrorKind::ConnectionRefused => Trouble::NothingListens,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Trouble::TooSlow,
            // How rustls says that it does not trust a certificate.
            io::ErrorKind::InvalidData => Trouble::Tls(why.to_string()),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Trouble::BrokeOff,
            // A name that is not found has no kind of its own; neither have some ways to be without a network.
            _ => Trouble::Unreachable,
        },
        other => Trouble::Other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_never_asked_through_a_proxy() {
        let named = Proxy::new("http://proxy.example:3128").ok();
        assert!(named.is_some());
        assert_eq!(proxy(true, named.clone()), None);
        assert_eq!(proxy(false, named.clone()), named);
    }

    #[test]
    fn a_machine_without_a_network_may_have_one_later() {
        for error in [
            io::Error::other("failed to lookup address information"),
            io::ErrorKind::NetworkUnreachable.into(),
        ] {
            assert_eq!(trouble(ureq::Error::Io(error)), Trouble::Unreachable);
        }
    }

    #[test]
    fn no_answer_leads_elsewhere() {
        let transport = Transport::new(false, None, &Limits::default());
        assert_eq!(transport.agent.config().max_redirects(), 0);
    }

    #[test]
    fn debug_prints_no_key() {
        let transport =
            Transport::new(false, Some("Bearer hunter2".to_owned()), &Limits::default());
        assert_eq!(
            format!("{transport:?}"),
            "Transport { key: Some(Secret(…)) }"
        );
    }
}
