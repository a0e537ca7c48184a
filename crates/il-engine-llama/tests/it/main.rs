//! A real worker with a real model: what the parent sees of it.
//!
//! Deliberately absent: times. What is counted is tokens and steps.

mod adapters;
mod asking;
mod checking;
mod drafts;
mod lora;
mod saying;
mod supervision;
mod typing;
