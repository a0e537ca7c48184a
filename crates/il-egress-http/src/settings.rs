//! What the door is told once: which proxy, whom to trust besides, whether anything may leave.
//!
//! Deliberately absent: reading any of it from the environment.

use std::path::PathBuf;

use il_egress::Secret;

/// How to leave. The default: as the machine is set up, and nothing is forbidden.
#[derive(Clone, Debug)]
pub struct Settings {
    pub proxy: Proxy,
    /// Certificates in PEM to trust besides those of the machine.
    pub ca_file: Option<PathBuf>,
    /// Why nothing may leave this machine; `None` where it may. Loopback is this machine.
    pub forbidden: Option<String>,
    pub user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxy: Proxy::System,
            ca_file: None,
            forbidden: None,
            user_agent: concat!("interline/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Which proxy stands between this machine and all others. None is ever asked for loopback.
#[derive(Clone, Debug)]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, else the system's settings.
    System,
    /// None, whatever they say.
    None,
    /// This one for everything; its URL may hold a password.
    Named(Secret),
}

/// Why there can be no door.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("cannot read certificates from `{path}`: {why}; it must be a PEM file")]
    CaFile { path: PathBuf, why: String },
    #[error("the proxy has no URL like `http://HOST:PORT`")]
    Proxy,
}
