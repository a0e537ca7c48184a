//! Test support: the fixture DSL, a scripted engine, a fake clock.

pub mod clock;
pub mod fixture;
pub mod scripted_engine;
