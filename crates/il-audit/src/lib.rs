//! The record: what left this machine, and what was agreed to.
//!
//! The one idea: whatever is to leave is written down first, in a chain. A line holds the hash of the line before it, so
//! one that is changed, taken out, put in or moved shows; and what cannot be written down does not leave.
//!
//! A record has names, times and numbers: whom, when, how many bytes, what for, which files, which rules fired. It has no
//! content, no path or query of a URL, no header and no key.
//!
//! What this cannot do: whoever may write the folder can write the whole chain anew. Only a head that was kept elsewhere
//! ([`Head`]) tells that.
//!
//! Records go to the operating system at once, so they survive a crash of the process. They are never forced to the disk,
//! since a sync takes longer than everything else here together: a power cut may cost what the system had not written yet,
//! some half a minute, and verifying then says that records are missing.
//!
//! Deliberately absent: settings, who is asked for consent, and sending.

mod chain;
mod consent;
mod disk;
mod entry;
mod log;
mod place;
mod transport;
mod verify;

pub use chain::Head;
pub use consent::{Consent, ConsentError, Given, Kind};
pub use entry::{Dropped, Entry, Event, Sending, Unsent};
pub use log::{AuditError, AuditLog, Clock, Contents, Swept};
pub use place::{Target, repository_label};
pub use transport::Audited;
pub use verify::{Problem, Verdict};
