//! What else the machine does, how much memory the worker has, and threads that keep it busy.
//!
//! Deliberately absent: systems without `/proc`; there the figures are zero.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// Watches the processors for a while.
pub(crate) struct Watch {
    processes: Vec<String>,
    before: (u64, u64),
}

impl Watch {
    /// What this program and a worker do is not foreign.
    pub(crate) fn start(worker: Option<u32>) -> Self {
        let mut processes = vec!["self".to_owned()];
        processes.extend(worker.map(|it| it.to_string()));
        let before = ticks(&processes);
        Self { processes, before }
    }

    /// Percent of the machine that others had.
    pub(crate) fn foreign(&self) -> f32 {
        let now = ticks(&self.processes);
        let (all, foreign) = (now.0 - self.before.0, now.1.saturating_sub(self.before.1));
        100.0 * foreign as f32 / all.max(1) as f32
    }
}

/// All ticks, and those in which something foreign ran.
fn ticks(processes: &[String]) -> (u64, u64) {
    let system = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> = system
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|it| it.parse().ok())
        .collect();
    let all: u64 = fields.iter().sum();
    let idle = fields.get(3).copied().unwrap_or(0) + fields.get(4).copied().unwrap_or(0);
    let own: u64 = processes.iter().map(|it| own_ticks(it)).sum();
    (all, all.saturating_sub(idle).saturating_sub(own))
}

fn own_ticks(process: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |it| it.1);
    let used = fields.split_whitespace().skip(11).take(2);
    used.filter_map(|it| it.parse::<u64>().ok()).sum()
}

/// What a process has in memory, of which how much is no file.
pub(crate) fn memory(process: Option<u32>) -> String {
    let path = format!("/proc/{}/status", process.unwrap_or(0));
    let text = fs::read_to_string(path).unwrap_or_default();
    let value = |name: &str| {
        let line = text
            .lines()
            .find(|it| it.starts_with(name))
            .unwrap_or_default();
        let kilobytes = line
            .split_whitespace()
            .nth(1)
            .and_then(|it| it.parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    };
    format!(
        "{} MB in memory, {} of it anonymous",
        value("VmRSS"),
        value("RssAnon")
    )
}

pub(crate) fn anonymous(process: Option<u32>) -> f64 {
    let path = format!("/proc/{}/status", process.unwrap_or(0));
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text
        .lines()
        .find(|it| it.starts_with("RssAnon"))
        .unwrap_or_default();
    let kilobytes = line
        .split_whitespace()
        .nth(1)
        .and_then(|it| it.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// Median, ninth decile and longest.
pub(crate) fn spread(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |it| it.as_secs_f64() * 1e3)
    };
    format!(
        "median {:.1} ms, p90 {:.1}, most {:.1}",
        at(50),
        at(90),
        at(100)
    )
}

/// Threads that compute nothing of use.
pub(crate) struct Busy(Arc<AtomicBool>);

impl Busy {
    pub(crate) fn start(threads: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                let mut number = 1_u64;
                while !stop.load(Ordering::Relaxed) {
                    number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005));
                }
            });
        }
        Self(stop)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
