//! Test support: the fixture DSL, a scripted engine, a fake clock.
