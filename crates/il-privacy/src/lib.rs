//! What may leave, and what of it is taken out first.
//!
//! The one idea: there is one type that may be sent, [`Outbound`], and only a [`Guard`] makes it. A guard knows how far
//! each path may go ([`Policy`]) and takes out every secret that it finds ([`Finder`], [`Redactor`]), so nobody who sends
//! anything can forget to.
//!
//! Deliberately absent: files, sockets, clocks, and what comes back but for undoing a redaction ([`Restorer`]); whether a
//! suggestion may be shown is `il-screen`'s.

mod finder;
mod guard;
mod mask;
mod outbound;
mod personal;
mod policy;
mod redact;
mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
mod vault;

pub use finder::{Finder, Finding, Work};
pub use guard::{Guard, Withheld};
pub use mask::{Mask, mask};
pub use outbound::{Manifest, Outbound, Purpose};
pub use policy::{Because, IgnoreFiles, Level, Pattern, Policy, Reach, Unreadable, Verdict};
pub use redact::{Redacted, Redactor};
pub use rules::{Category, Rule, RuleId, Rules, Switches};
pub use vault::{Restore, Restorer};
