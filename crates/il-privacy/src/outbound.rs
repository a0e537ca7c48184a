//! The one type that may leave.
//!
//! The one idea: its fields are private and only a [`Guard`](crate::Guard) fills them, so whatever is sent has been
//! redacted, and is sent with a list of what it was made of.
//!
//! Deliberately absent: where it goes.

use std::{fmt, sync::Arc};

/// The body of a request as it goes on the wire. `Debug` prints sizes.
#[derive(Clone, Default)]
pub struct Outbound {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) manifest: Manifest,
}

/// What something that leaves was made of: never the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub purpose: Purpose,
    /// Whose files they are, as the record calls it.
    pub repository: Option<Arc<str>>,
    /// Paths inside the repository, `/`-separated.
    pub files: Vec<Arc<str>>,
    /// Ids of the rules that found something in it, and how often.
    pub redacted: Vec<(Arc<str>, usize)>,
}

/// What something is sent for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Nothing of the user's is in it: a download.
    #[default]
    Fetch,
    Complete,
    Chat,
    Embed,
}

impl Purpose {
    /// Stable, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Complete => "complete",
            Self::Chat => "chat",
            Self::Embed => "embed",
        }
    }
}

impl Outbound {
    /// Nothing, as the body of a request that only fetches.
    pub fn nothing() -> Self {
        Self::default()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("bytes", &self.bytes.len())
            .field("manifest", &self.manifest)
            .finish()
    }
}
