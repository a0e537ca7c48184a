//! What a record says.
//!
//! The one idea: names, times and numbers. There is no field that content could be put into.
//!
//! Deliberately absent: the chain.

use std::collections::BTreeMap;

use il_calendar::Moment;
use serde::{Deserialize, Serialize};

/// A record, as it is told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: u64,
    /// `None` where somebody wrote something else there.
    pub time: Option<Moment>,
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Event {
    /// A request is about to be sent. Without an `Unsent` that names it, it left or may have left.
    Request(Sending),
    /// A request that was about to be sent did not leave.
    Unsent(Unsent),
    /// Records were dropped from the beginning; the first one that remains is anchored here.
    Dropped(Dropped),
    /// What a crash left of a line was put aside.
    Repaired { bytes: u64, kept: String },
    /// Somebody said yes or no.
    Consent {
        to: String,
        given: bool,
        repository: String,
    },
    /// Written by a later version.
    #[serde(other)]
    Unknown,
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Scheme, host and port.
    pub to: String,
    /// The name that the settings give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    pub method: String,
    /// `complete`, `chat`, …
    pub purpose: String,
    /// Of the body, after redaction.
    pub bytes: u64,
    /// See [`repository_label`](crate::repository_label).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Paths inside the repository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Rules that found something to take out, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redacted: BTreeMap<String, u64>,
}

/// Why a request did not leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The request's number.
    pub of: u64,
    /// `forbidden` where the air gap or a policy said no; else what failed before there was a connection.
    pub why: String,
}

/// What was dropped from the beginning of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// `retention` or `erased`.
    pub why: String,
    pub records: u64,
    /// The number of the last one dropped.
    pub until: u64,
    /// Its hash, which the first one that remains follows.
    pub last: String,
}
