//! A key that cannot be printed.
//!
//! The one idea: there is no way from a secret to text but the one that writes the header, so no log line can hold it.
//!
//! Deliberately absent: `Display`, comparison, and wiping memory.

use std::fmt;

/// An API key.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps a key; white space around it (a file's last line) is no part of it.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into().trim().to_owned())
    }

    /// The `Authorization` header, or nothing for a key that no header can hold.
    pub(crate) fn bearer(&self) -> Option<String> {
        let fits = !self.0.is_empty() && self.0.bytes().all(|it| it.is_ascii_graphic());
        fits.then(|| format!("Bearer {}", self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_no_part_of_itself() {
        let key = Secret::new("sk-hunter2\n");
        assert_eq!(
            format!("{key:?} {:#?}", Some(&key)),
            "Secret(…) Some(\n    Secret(…),\n)"
        );
        assert_eq!(key.bearer().as_deref(), Some("Bearer sk-hunter2"));
    }

    #[test]
    fn a_key_that_would_break_the_header_is_none() {
        for key in ["", " ", "a\r\nHost: evil", "ключ"] {
            assert_eq!(Secret::new(key).bearer(), None);
        }
    }
}
