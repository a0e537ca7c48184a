//! What the system says of this process: processor time, memory, bytes read. Nothing where it does not say.

use std::fs;

/// Seconds that all threads of this process ran.
#[cfg(unix)]
pub(super) fn cpu() -> Option<f64> {
    let ran = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(ran.tv_sec as f64 + ran.tv_nsec as f64 / 1e9)
}

#[cfg(not(unix))]
pub(super) fn cpu() -> Option<f64> {
    None
}

/// The most memory that this process had.
pub(super) fn peak_bytes() -> Option<u64> {
    kilobytes("VmHWM:")
}

/// The memory that it has.
pub(super) fn resident_bytes() -> Option<u64> {
    kilobytes("VmRSS:")
}

fn kilobytes(key: &str) -> Option<u64> {
    Some(number("/proc/self/status", key)? * 1024)
}

/// Bytes that it has read from files.
pub(super) fn read_bytes() -> Option<u64> {
    number("/proc/self/io", "rchar:")
}

fn number(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}
