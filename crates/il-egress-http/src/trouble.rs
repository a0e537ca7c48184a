//! What went wrong, said in the contract's words.
//!
//! The one idea: a client's error is a chain of causes; the deepest one with a meaning decides. Its text is passed on only
//! where it cannot hold what somebody else wrote: a server's words (an HTTP/2 farewell has some) stay out.
//!
//! Deliberately absent: advice, which depends on what was asked for.

use std::{error::Error, io, time::Duration};

use il_egress::{Patience, Trouble};

use crate::target::Target;

/// Whom a request went to, and how.
pub(crate) struct Step<'a> {
    pub(crate) target: &'a Target,
    pub(crate) proxy: Option<&'a str>,
    pub(crate) patience: Patience,
}

impl Step<'_> {
    pub(crate) fn silent(&self) -> Trouble {
        self.slow("answer", self.patience.first_byte)
    }

    pub(crate) fn stalled(&self) -> Trouble {
        self.slow("go on", self.patience.between)
    }

    pub(crate) fn no_runtime(&self, error: &io::Error) -> Trouble {
        self.target.other(format!("no thread for it: {error}"))
    }

    fn slow(&self, step: &'static str, time: Duration) -> Trouble {
        Trouble::TooSlow {
            host: self.target.name().to_owned(),
            step,
            // Rounded up: nothing is waited for within no time.
            seconds: time.as_secs() + u64::from(time.subsec_nanos() > 0),
        }
    }

    pub(crate) fn failed(&self, error: &reqwest::Error) -> Trouble {
        let connecting = error.is_connect();
        // While connecting, it is the proxy that is not there.
        let name = match self.proxy {
            Some(proxy) if connecting => format!("{proxy} (the proxy)"),
            _ => self.target.name().to_owned(),
        };
        if error.is_timeout() {
            let Trouble::TooSlow { step, seconds, .. } = (if connecting {
                self.slow("accept a connection", self.patience.connect)
            } else {
                self.silent()
            }) else {
                return Trouble::BrokeOff(name);
            };
            return Trouble::TooSlow {
                host: name,
                step,
                seconds,
            };
        }
        if error.is_dns() {
            return Trouble::Unreachable(name);
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(it) = cause {
            let found = (it.downcast_ref::<io::Error>())
                .and_then(|it| self.io(it, &name))
                .or_else(|| it.downcast_ref::<rustls::Error>().map(|it| self.tls(it)));
            if let Some(found) = found {
                return found;
            }
            cause = it.source();
        }
        self.without_cause(error, connecting, name)
    }

    fn io(&self, error: &io::Error, name: &str) -> Option<Trouble> {
        // What is inside is no source: errors of TLS and of sockets come wrapped, sometimes twice.
        if let Some(inner) = error.get_ref() {
            if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                return Some(self.tls(tls));
            }
            if let Some(wrapped) = inner.downcast_ref::<io::Error>() {
                return self.io(wrapped, name);
            }
        }
        let name = name.to_owned();
        Some(match error.kind() {
            io::ErrorKind::ConnectionRefused => Trouble::NothingListens(name),
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Trouble::Unreachable(name),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Trouble::BrokeOff(name),
            _ => return None,
        })
    }

    fn tls(&self, error: &rustls::Error) -> Trouble {
        use rustls::{CertificateError::UnknownIssuer, Error};
        let why = match error {
            Error::InvalidCertificate(UnknownIssuer) => {
                "nobody that this machine trusts has signed its certificate; if your company \
                 did, name the file with its certificate"
                    .to_owned()
            }
            Error::InvalidMessage(_) => "it does not speak TLS there".to_owned(),
            other => other.to_string(),
        };
        Trouble::Tls {
            host: self.target.name().to_owned(),
            why,
        }
    }

    /// What is left: errors of the protocol, and of the way through a proxy.
    fn without_cause(&self, error: &reqwest::Error, connecting: bool, name: String) -> Trouble {
        let mut cause = error.source();
        let mut spoken = None;
        while let Some(it) = cause {
            spoken = spoken.or_else(|| it.downcast_ref::<hyper::Error>());
            cause = it.source();
        }
        match spoken {
            _ if connecting && self.proxy.is_some() => {
                let target = self.target.name();
                let why = format!(
                    "it lets nobody through to `{target}`; perhaps it wants a user and password"
                );
                Trouble::Other(name, why)
            }
            _ if connecting => Trouble::Unreachable(name),
            Some(it) if it.is_parse() => {
                Trouble::Other(name, "it does not speak HTTP there".to_owned())
            }
            Some(it) if it.is_user() => {
                Trouble::Other(name, "the request cannot be written".to_owned())
            }
            Some(_) => Trouble::BrokeOff(name),
            None => Trouble::Other(name, "the request cannot be made".to_owned()),
        }
    }
}
