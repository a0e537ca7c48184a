//! Days and moments in UTC, as they are written in files.
//!
//! The one idea: one way to write a time (RFC 3339, UTC), so that what two stores say can be laid side by side and sorted
//! as text.
//!
//! Deliberately absent: what time it is, time zones, leap seconds, and every other way to write a date.

mod day;
mod moment;

pub use day::{Day, NoDay, seconds};
pub use moment::{Moment, NoMoment};
