//! Where packages are installed on a machine.
//!
//! The one idea: read from the environment once, at the rim of the crate, so that everything else works on a folder
//! made for a test as well.
//!
//! Deliberately absent: asking the tools where they install.

use std::{env, path::PathBuf};

/// The folders that tools install packages into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub home: Option<PathBuf>,
    pub cargo_home: Option<PathBuf>,
    pub rustup_home: Option<PathBuf>,
    pub virtual_env: Option<PathBuf>,
    pub gopath: Option<PathBuf>,
    pub gomodcache: Option<PathBuf>,
    pub goroot: Option<PathBuf>,
    /// Folders of the system that hold `lib/python3.x`.
    pub python_prefixes: Vec<PathBuf>,
}

impl Places {
    /// What the environment says, else where the tools would install.
    pub fn from_environment() -> Self {
        let variable = |name: &str| {
            let value = env::var_os(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let goroot = ["/usr/local/go", "/usr/lib/go"].map(PathBuf::from);
        let prefixes = ["/usr/local", "/usr"].map(PathBuf::from);
        Self {
            cargo_home: variable("CARGO_HOME").or_else(|| in_home(".cargo")),
            rustup_home: variable("RUSTUP_HOME").or_else(|| in_home(".rustup")),
            virtual_env: variable("VIRTUAL_ENV"),
            gopath: variable("GOPATH").or_else(|| in_home("go")),
            gomodcache: variable("GOMODCACHE"),
            goroot: variable("GOROOT").or_else(|| goroot.into_iter().find(|it| it.is_dir())),
            python_prefixes: prefixes.into_iter().collect(),
            home,
        }
    }
}
