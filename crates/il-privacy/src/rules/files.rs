//! The rule files in the binary.
//!
//! The one idea: a file more is a line more.
//!
//! Deliberately absent: what is in them.

/// By name, in the order in which they are read.
pub(super) const FILES: &[(&str, &str)] = &[
    ("generic", include_str!("../../rules/generic.toml")),
    ("personal", include_str!("../../rules/personal.toml")),
    ("cloud", include_str!("../../rules/cloud.toml")),
    ("code", include_str!("../../rules/code.toml")),
    ("messaging", include_str!("../../rules/messaging.toml")),
    ("payment", include_str!("../../rules/payment.toml")),
    ("ai", include_str!("../../rules/ai.toml")),
    ("social", include_str!("../../rules/social.toml")),
    ("keys", include_str!("../../rules/keys.toml")),
];
