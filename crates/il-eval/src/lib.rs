//! Evaluation: cases, baselines, metrics and session replay.
