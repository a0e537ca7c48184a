//! Automation: the same commands on every machine and in CI.

fn main() {}
