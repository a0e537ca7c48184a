//! How many threads to compute with: the machine's cores, less those that others keep busy.
//!
//! The one idea: a thread that waits for one that does not run costs more than it gives, so where others have a core
//! for themselves we leave it to them.
//!
//! Deliberately absent: priorities, and systems without `/proc`, where all cores are taken.

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

/// How long a look at the machine is good for.
const GOOD_FOR: Duration = Duration::from_millis(250);
/// A mean over longer than this says nothing about now.
const STALE: Duration = Duration::from_secs(2);

/// Looks at the machine from time to time.
#[derive(Debug)]
pub(super) struct Machine {
    /// Of the computing context.
    most: u32,
    last: Option<(Instant, Times)>,
    threads: u32,
}

/// Time that processors worked, in ticks since the start of the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Times {
    all: u64,
    idle: u64,
    own: u64,
}

impl Machine {
    pub(super) fn new(threads: u32) -> Self {
        Self {
            most: threads,
            // Long ago: the first request looks at what runs at that moment.
            last: Instant::now()
                .checked_sub(STALE * 2)
                .map(|it| (it, Times::default())),
            threads,
        }
    }

    /// The number of threads for what comes next.
    pub(super) fn threads(&mut self) -> u32 {
        let now = Instant::now();
        if let Some((then, before)) = self.last {
            if now - then < GOOD_FOR {
                return self.threads;
            }
            let taken = if now - then > STALE {
                running().map(|it| it.saturating_sub(1))
            } else {
                times().and_then(|it| taken(before, it))
            };
            if let Some(taken) = taken {
                self.threads = left(self.most, taken);
            }
        }
        self.last = times().map(|it| (now, it));
        self.threads
    }
}

/// Threads that have a core for themselves when others take so many.
fn left(most: u32, taken: u32) -> u32 {
    // Of hyper-threads two are one core.
    let spare = logical().saturating_sub(most);
    most.saturating_sub(taken.saturating_sub(spare)).max(1)
}

/// Cores that others kept busy between two looks.
fn taken(before: Times, now: Times) -> Option<u32> {
    let all = now.all.saturating_sub(before.all);
    let idle = now.idle.saturating_sub(before.idle);
    let own = now.own.saturating_sub(before.own);
    if all == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "ticks of a few seconds")]
    let share = all.saturating_sub(idle).saturating_sub(own) as f32 / all as f32;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of some cores"
    )]
    let taken = (share * logical() as f32).round() as u32;
    Some(taken)
}

/// Threads that run or want to at this moment, this one among them.
fn running() -> Option<u32> {
    read_running(&fs::read_to_string("/proc/loadavg").ok()?)
}

fn read_running(text: &str) -> Option<u32> {
    let field = text.split_whitespace().nth(3)?;
    field.split('/').next()?.parse().ok()
}

/// As many as the system runs at once.
fn logical() -> u32 {
    let count = thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(count).unwrap_or(1)
}

/// Cores that can really compute at once.
pub(super) fn cores() -> u32 {
    let siblings = |cpu: u32| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        fs::read_to_string(path).ok()
    };
    let physical: BTreeSet<String> = (0..1024).map_while(siblings).collect();
    match u32::try_from(physical.len()) {
        Ok(count) if count > 0 => count.min(logical()),
        _ => logical(),
    }
}

fn times() -> Option<Times> {
    let system = fs::read_to_string("/proc/stat").ok()?;
    let own = fs::read_to_string("/proc/self/stat").ok()?;
    read_times(&system, &own)
}

fn read_times(system: &str, own: &str) -> Option<Times> {
    let line = system.lines().next()?.strip_prefix("cpu ")?;
    // user nice system idle iowait irq softirq steal; what guests had is in user already.
    let ticks: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map_while(|it| it.parse().ok())
        .collect();
    // Behind the program's name, which may hold anything: state is the first, utime the twelfth, stime the thirteenth.
    let (_, fields) = own.rsplit_once(')')?;
    let mut used = fields.split_whitespace().skip(11);
    let (user, kernel): (u64, u64) = (used.next()?.parse().ok()?, used.next()?.parse().ok()?);
    Some(Times {
        all: ticks.iter().sum(),
        idle: ticks.get(3)? + ticks.get(4)?,
        own: user + kernel,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says() {
        let system = "cpu  100 5 20 800 10 1 2 3 0 0\ncpu0 50 0 0 0 0 0 0 0 0 0\n";
        let own = "77 (a (b) c) S 1 1 1 0 -1 4 1 0 0 0 30 12 0 0 20 0 1 0 9 9 9";
        let times = read_times(system, own).expect("complete");
        assert_eq!(
            times,
            Times {
                all: 941,
                idle: 810,
                own: 42
            }
        );
        assert_eq!(read_times("cpu  1 2", own), None);
    }

    #[test]
    fn what_others_take_is_left_to_them_but_one_thread_always_runs() {
        let cores = logical();
        let taken_by = |foreign: u64, idle: u64, own: u64| {
            let now = Times {
                all: foreign + idle + own,
                idle,
                own,
            };
            taken(Times::default(), now)
        };
        assert_eq!(taken_by(0, 50, 50), Some(0));
        assert_eq!(taken_by(100, 0, 0), Some(cores));
        assert_eq!(taken(Times::default(), Times::default()), None);
        assert_eq!(left(cores, 0), cores);
        assert_eq!(left(cores, cores + 3), 1);
    }

    #[test]
    fn reads_how_many_want_to_run_now() {
        assert_eq!(read_running("9.44 9.68 8.02 5/243 13276\n"), Some(5));
        assert_eq!(read_running("9.44"), None);
    }
}
