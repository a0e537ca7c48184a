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
    iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _},
};

use super::lock;
use crate::{
    analysis::{Analyst, FileFacts, SourceFile},
    segment::Segment,
};

/// Runs `work` on the threads for indexing; here, where no thread can be started.
pub(super) fn on_workers<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static WORKERS: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let workers = WORKERS.get_or_init(|| {
        let named = ThreadPoolBuilder::new().thread_name(|n| format!("index-{n}"));
        named.build().ok()
    });
    match workers {
        Some(workers) => workers.install(work),
        None => work(),
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
        let done = panic::catch_unwind(AssertUnwindSafe(move || {
            let mut analyst = waiting.unwrap_or_else(Analyst::new);
            let facts = analyst.analyse(file);
            (facts, analyst)
        }));
        match done {
            Ok((facts, analyst)) => {
                lock(&self.0).push(analyst);
                Some(facts)
            }
            Err(_) => {
                tracing::warn!(
                    path,
                    "a file cannot be analysed: it is left out of the index"
                );
                None
            }
        }
    }

    /// A segment of texts that were indexed before.
    pub(super) fn segment_of(&self, files: Vec<SourceFile>) -> Segment {
        on_workers(|| {
            let facts = files.into_par_iter().filter_map(|file| self.analyse(file));
            Segment::build(facts.collect())
        })
    }
}

/// What `each` makes of every item, in order, on the threads for indexing.
pub(super) fn map<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    on_workers(|| items.par_iter().map(each).collect())
}
