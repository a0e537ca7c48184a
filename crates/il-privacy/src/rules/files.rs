//! The rule files in the binary.
//!
//! The one idea: a file more is a line more.
//!
//! Deliberately absent: what is in them.

/// By name, in the order in which they are read.
pub(super) const FILES: &[(&str, &str)] = &[
    ("generic", include_str!("../../rules/generic.toml")),
    ("personal", include_str!("../../rules/personal.toml")),
];
