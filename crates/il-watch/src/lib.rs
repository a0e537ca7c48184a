//! The working tree: a gitignore-aware scan and a watcher.
