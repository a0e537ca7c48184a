//! SHA-256 of files and streams.
//!
//! Deliberately absent: other hashes.

use std::{
    fs::File,
    io::{self, Read as _},
};

use il_egress::CancelToken;
use sha2::{Digest as _, Sha256};

/// What a file's hash was compared with when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// With the one in the table.
    Table,
    /// With the one that the hub announced: it arrived as it was sent.
    Hub,
    /// With none: nobody said what it should be.
    Nothing,
}

impl Checked {
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Hub => "hub",
            Self::Nothing => "nothing",
        }
    }
}

/// A hash in the making.
#[derive(Clone, Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn eat(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In lower-case hexadecimal.
    pub(crate) fn hex(self) -> String {
        self.0
            .finalize()
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect()
    }
}

/// Feeds the rest of `file` to `hasher`; tells how many bytes so far.
pub(crate) fn eat_file(
    hasher: &mut Hasher,
    file: &mut File,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(u64),
) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|it| !it.is_empty()) else {
            return Ok(done);
        };
        hasher.eat(bytes);
        done += read as u64;
        tell(done);
    }
}

/// Whether a text is a SHA-256 in hexadecimal.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
}
