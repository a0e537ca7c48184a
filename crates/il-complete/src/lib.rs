//! The completion pipeline as a pure state machine over events and a given clock.
