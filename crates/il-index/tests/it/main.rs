//! Faults: the index on a real disk, with processes that are killed, files that are torn and disks that are
//! full. Whatever happens, what is found is consistent, and an update makes it what a fresh index is.
//!
//! Some tests run this binary again as another process: see `child`. Slow ones run when `RUN_SLOW_TESTS` is set.

mod child;
mod cursor;
mod disk;
mod kill;
mod scale;
mod torn;
mod world;
