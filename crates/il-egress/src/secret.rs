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

    /// `Bearer KEY`, or nothing for a key that no header can hold.
    pub fn bearer(&self) -> Option<Self> {
        self.fits().then(|| Self(format!("Bearer {}", self.0)))
    }

    /// The value of a header, for whoever writes the wire; nothing for a key that no header can hold.
    pub fn on_the_wire(&self) -> Option<&str> {
        let words = self.0.strip_prefix("Bearer ").unwrap_or(&self.0);
        Self(words.to_owned()).fits().then_some(self.0.as_str())
    }

    fn fits(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|it| it.is_ascii_graphic())
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
        let bearer = key.bearer().unwrap();
        assert_eq!(format!("{bearer:?}"), "Secret(…)");
        assert_eq!(bearer.on_the_wire(), Some("Bearer sk-hunter2"));
    }

    #[test]
    fn a_key_that_would_break_the_header_is_none() {
        for key in ["", " ", "a\r\nHost: evil", "ключ"] {
            assert!(Secret::new(key).bearer().is_none());
            assert_eq!(Secret::new(key).on_the_wire(), None);
        }
    }
}
