//! Test support: the fixture DSL, a scripted engine, a fake clock, seeded randomness.

pub mod clock;
pub mod fixture;
pub mod random;
pub mod scripted_engine;
