//! Where a key is kept: in the environment, in a file that only its owner can read, or in the system's keyring.
//!
//! The one idea: settings name the place and never hold the key, so they can be shown, logged and committed. A file that
//! others can read is refused with the command that mends it.
//!
//! The keyring is behind the feature `keyring`: on Linux it brings an asynchronous D-Bus client of a hundred packages,
//! and a server or a container has no keyring to ask. A build without it says so.
//!
//! Deliberately absent: writing keys, and asking a person for one.

use std::{env, fmt, fs, io, path::PathBuf, str::FromStr};

use il_egress::Secret;

/// Where a key is kept. Reads and prints the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `env:NAME`
    Env(String),
    /// `file:PATH`
    File(PathBuf),
    /// `keyring:SERVICE`, under the user's name `interline`.
    Keyring(String),
}

/// Why there is no key. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not quoted whole: somebody may have put the key itself there.
    #[error("a key is named by where it is kept: say `env:NAME`, `file:PATH` or `keyring:SERVICE`")]
    NoSource,
    #[error("the environment variable `{0}` is not set: set it to the key")]
    NotSet(String),
    #[error("the environment variable `{0}` holds no key: it is empty or has blanks in it")]
    BadVariable(String),
    #[error("the key file `{path}` cannot be read: {why}")]
    NoFile { path: String, why: io::Error },
    #[error("others can read the key file `{path}` (mode {mode:o}): run `chmod 600 '{path}'`")]
    Readable { path: String, mode: u32 },
    #[error("the key file `{0}` holds no key: put the key alone on its first line")]
    BadFile(String),
    #[error("`keyring:{service}` cannot be read: {why}")]
    Keyring { service: String, why: String },
}

/// A file longer than this holds something else.
const LONGEST: u64 = 16 << 10;

impl KeySource {
    /// Fetches the key.
    pub fn read(&self) -> Result<Secret, KeyError> {
        match self {
            Self::Env(name) => match env::var(name) {
                Ok(text) => key(&text).ok_or_else(|| KeyError::BadVariable(name.clone())),
                Err(_) => Err(KeyError::NotSet(name.clone())),
            },
            Self::File(path) => from_file(path),
            Self::Keyring(service) => from_keyring(service),
        }
    }
}

/// The key, unless no header could hold it.
fn key(text: &str) -> Option<Secret> {
    let secret = Secret::new(text);
    secret.on_the_wire().is_some().then_some(secret)
}

fn from_file(path: &PathBuf) -> Result<Secret, KeyError> {
    let shown = || path.display().to_string();
    let unreadable = |why| KeyError::NoFile { path: shown(), why };
    let file = fs::File::open(path).map_err(unreadable)?;
    // Of the open file and not of the path: nobody can put another one there in between.
    let facts = file.metadata().map_err(unreadable)?;
    if let Some(mode) = mode_for_others(&facts) {
        let path = shown();
        return Err(KeyError::Readable { path, mode });
    }
    if !facts.is_file() || facts.len() > LONGEST {
        return Err(KeyError::BadFile(shown()));
    }
    let text = io::read_to_string(file).map_err(unreadable)?;
    key(&text).ok_or_else(|| KeyError::BadFile(shown()))
}

/// The file's mode when it lets anybody but its owner do anything.
#[cfg(unix)]
fn mode_for_others(facts: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = facts.permissions().mode() & 0o777;
    (facts.is_file() && mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere a file in a user's own folder is the user's by its folder's list of rights.
#[cfg(not(unix))]
fn mode_for_others(_: &fs::Metadata) -> Option<u32> {
    None
}

/// The name under which the entry is kept, beside its service.
#[cfg(feature = "keyring")]
const USER: &str = "interline";

#[cfg(feature = "keyring")]
fn from_keyring(service: &str) -> Result<Secret, KeyError> {
    let entry = keyring::Entry::new(service, USER);
    of_entry(service, entry.and_then(|it| it.get_password()))
}

/// The key, or why there is none; the store's own words could hold part of one.
#[cfg(feature = "keyring")]
fn of_entry(service: &str, entry: keyring::Result<String>) -> Result<Secret, KeyError> {
    use keyring::Error;
    let why = match entry {
        Ok(text) => match key(&text) {
            Some(key) => return Ok(key),
            None => "its entry holds no key",
        },
        Err(Error::NoEntry) => {
            "it has no entry for the user `interline`; make one in the system's keyring"
        }
        Err(Error::NoDefaultStore) => {
            "there is no keyring here, or no session that has one; use `env:NAME` or `file:PATH`"
        }
        Err(Error::NoStorageAccess(_)) => "the keyring is locked; unlock it",
        Err(_) => "the keyring does not give it; use `env:NAME` or `file:PATH`",
    };
    Err(KeyError::Keyring {
        service: service.to_owned(),
        why: why.to_owned(),
    })
}

#[cfg(not(feature = "keyring"))]
fn from_keyring(service: &str) -> Result<Secret, KeyError> {
    Err(KeyError::Keyring {
        service: service.to_owned(),
        why: "this build has no keyring; use `env:NAME` or `file:PATH`".to_owned(),
    })
}

impl FromStr for KeySource {
    type Err = KeyError;

    fn from_str(word: &str) -> Result<Self, KeyError> {
        let (kind, rest) = word.trim().split_once(':').ok_or(KeyError::NoSource)?;
        match (kind, rest) {
            (_, "") => Err(KeyError::NoSource),
            ("env", name) if !name.contains(['=', '\0']) => Ok(Self::Env(name.to_owned())),
            ("file", path) => Ok(Self::File(PathBuf::from(path))),
            ("keyring", service) => Ok(Self::Keyring(service.to_owned())),
            _ => Err(KeyError::NoSource),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Keyring(service) => write!(f, "keyring:{service}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_place_reads_and_prints_the_same() {
        for word in ["env:OPENAI_API_KEY", "file:/k/a b", "keyring:interline"] {
            let source: KeySource = word.parse().expect("a place");
            assert_eq!(source.to_string(), word);
        }
        for word in ["", "env:", "sk-hunter2", "sk:hunter2", "env:a=hunter2"] {
            let error = word.parse::<KeySource>().expect_err("no place");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let source = KeySource::Env("INTERLINE_TEST_NO_SUCH_KEY".to_owned());
        let error = source.read().expect_err("not set").to_string();
        assert_eq!(
            error,
            "the environment variable `INTERLINE_TEST_NO_SUCH_KEY` is not set: set it to the key"
        );
    }

    /// A key file with this mode, and what becomes of it.
    #[cfg(unix)]
    #[track_caller]
    fn check(text: &str, mode: u32, expected: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let rights = fs::Permissions::from_mode(mode);
        fs::set_permissions(file.path(), rights).expect("its own file");
        let found = match KeySource::File(file.path().to_owned()).read() {
            Ok(secret) => format!("key of {}", secret.on_the_wire().unwrap_or_default().len()),
            Err(error) => error.to_string(),
        };
        let found = found.replace(&file.path().display().to_string(), "PATH");
        assert_eq!(found, expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_with_what_mends_it() {
        check("sk-hunter2\n", 0o600, "key of 10");
        check("sk-hunter2\n", 0o400, "key of 10");
        for (mode, said) in [
            (0o640, "640"),
            (0o604, "604"),
            (0o644, "644"),
            (0o620, "620"),
        ] {
            let expected = format!(
                "others can read the key file `PATH` (mode {said}): run `chmod 600 'PATH'`"
            );
            check("sk-hunter2\n", mode, &expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_a_key_is_said() {
        let none = "the key file `PATH` holds no key: put the key alone on its first line";
        check("", 0o600, none);
        check("two words\n", 0o600, none);
        check(&"k".repeat(20_000), 0o600, none);
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = KeySource::File(folder.path().join("none"));
        let error = source.read().expect_err("not there").to_string();
        assert!(error.contains("none` cannot be read: "), "{error}");
    }

    #[cfg(not(feature = "keyring"))]
    #[test]
    fn a_build_without_a_keyring_says_so() {
        let source = KeySource::Keyring("interline".to_owned());
        let error = source.read().expect_err("none").to_string();
        assert_eq!(
            error,
            "`keyring:interline` cannot be read: this build has no keyring; use `env:NAME` or `file:PATH`"
        );
    }

    #[cfg(feature = "keyring")]
    #[test]
    fn an_entry_of_the_keyring_is_a_key_or_says_why_not() {
        use keyring::Error;
        let said = |entry| match of_entry("s", entry) {
            Ok(key) => format!("key of {}", key.on_the_wire().unwrap_or_default().len()),
            Err(error) => error.to_string(),
        };
        assert_eq!(said(Ok("sk-hunter2\n".to_owned())), "key of 10");
        assert!(said(Ok("a b".to_owned())).ends_with("holds no key"));
        assert!(said(Err(Error::NoEntry)).contains("no entry for the user"));
        assert!(said(Err(Error::NoDefaultStore)).contains("no keyring here"));
        let half = Error::BadEncoding(b"hunter2".to_vec());
        assert!(!said(Err(half)).contains("hunter"));
    }
}
