//! Embeds lines.
fn main() {}
