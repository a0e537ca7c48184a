//! The workers: threads that read and analyse, with what each of them keeps between files.
//!
//! The one idea: indexing has its own threads, so a search that spreads over the global ones never waits
//! behind two thousand files. A file that makes the analysis panic costs that file.
//!
//! Deliberately absent: what is done with the facts.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, OnceLock},
};

use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelRefIterator as _, ParallelIterator as _},
};

use super::lock;
use crate::{
    analysis::{Analyst, FileFacts, SourceFile},
    segment::Segment,
};

/// So few files are worked on by the thread that asks: it need not wait behind a thousand others.
const FEW: usize = 8;

/// Runs `work` on the threads for indexing; here, for a few files or where no thread can be started.
pub(super) fn spread<R: Send>(files: usize, work: impl FnOnce() -> R + Send) -> R {
    static WORKERS: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let workers = WORKERS.get_or_init(|| {
        let named = ThreadPoolBuilder::new().thread_name(|n| format!("index-{n}"));
        named.build().ok()
    });
    match workers {
        Some(workers) if files > FEW => workers.install(work),
        _ => work(),
    }
}

/// Analysts that wait for the next file.
#[derive(Default)]
pub(super) struct Analysts(Mutex<Vec<Analyst>>);

impl Analysts {
    /// What a file says; nothing when the analysis fails.
    pub(super) fn analyse(&self, file: SourceFile) -> Option<FileFacts> {
        let waiting = lock(&self.0).pop();
        let path = file.path.clone();
        let (facts, analyst) = survived(&path, move || {
            let mut analyst = waiting.unwrap_or_else(Analyst::new);
            (analyst.analyse(file), analyst)
        })?;
        lock(&self.0).push(analyst);
        Some(facts)
    }

    /// A segment of texts that were indexed before. They are analysed on the thread that asks, which is in no
    /// hurry.
    pub(super) fn segment_of(&self, files: impl Iterator<Item = SourceFile>) -> Segment {
        let facts: Vec<FileFacts> = files.filter_map(|file| self.analyse(file)).collect();
        spread(facts.len(), || Segment::build(facts))
    }
}

/// What `work` on a file gives; nothing when it panics.
fn survived<T>(path: &str, work: impl FnOnce() -> T) -> Option<T> {
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        // What the panic says may hold what the file says.
        tracing::warn!(
            path,
            "a file cannot be analysed: it is left out of the index"
        );
    }
    done.ok()
}

/// What `each` makes of every item, in order.
pub(super) fn map<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() <= FEW {
        return items.iter().map(each).collect();
    }
    spread(items.len(), || items.par_iter().map(each).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_file() {
        let files: Vec<usize> = (0..100).collect();
        let done = map(&files, |&n| {
            survived("a.rs", || {
                if n == 7 {
                    panic::resume_unwind(Box::new("a mistake"));
                }
                n
            })
        });
        let failed = done.iter().position(Option::is_none);
        assert_eq!((failed, done.iter().flatten().count()), (Some(7), 99));
    }
}
