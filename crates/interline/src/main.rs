//! Interline: the binary. Command line and wiring.

fn main() {}
