//! The real binary, as a person or a script runs it: what it prints where, and how it ends.
//!
//! Each test makes a small world (a directory, a cache, an empty home) and runs commands in it. Slow ones run
//! only when `RUN_SLOW_TESTS` is set.

mod air_gap;
mod browser;
mod cache;
mod complete;
mod config;
mod context;
mod cost;
mod doctor;
mod eval;
mod eval_privacy;
mod help;
mod hub;
mod index;
mod leakage;
mod lsp;
mod lsp_storm;
mod models;
mod playground;
mod policy;
mod privacy;
mod privacy_commands;
mod privacy_log;
mod provenance;
mod scale;
mod scan;
mod search;
mod world;
