//! Engine calls that are waiting, and the threads that make them.
//!
//! The one idea: who is looked at by a person goes first. Calls made ahead of need run only when no other
//! is waiting, and one thread of several never takes them, so that it is free when a key comes.
//!
//! A panic in an engine ends the call, not the thread.

use std::{
    collections::VecDeque,
    fmt, io,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use il_complete::JobId;
use il_engine::{CancelToken, Chunk, Engine, EngineError, Outcome, Priority, Request};

/// One engine call to be made.
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) request: Request,
    pub(crate) cancel: CancelToken,
}

/// What is heard of a call.
#[derive(Debug)]
pub(crate) enum Heard {
    Chunk(JobId, Chunk),
    /// The last word; every job that was pushed has one.
    Ended {
        job: JobId,
        result: Result<Outcome, EngineError>,
        panicked: bool,
    },
}

/// The queue; clones are the same queue.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    interactive: VecDeque<Job>,
    speculative: VecDeque<Job>,
    closed: bool,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts `workers` threads, at least one; what they hear goes to `heard`.
    pub(crate) fn start<F>(workers: usize, heard: F) -> io::Result<Self>
    where
        F: Fn(Heard) + Clone + Send + 'static,
    {
        let queue = Self::default();
        for worker in 0..workers.max(1) {
            let (queue, heard) = (queue.clone(), heard.clone());
            let speculates = worker == 0;
            thread::Builder::new()
                .name(format!("il-engine-{worker}"))
                .spawn(move || {
                    while let Some(job) = queue.next(speculates) {
                        run(job, &heard);
                    }
                })?;
        }
        Ok(queue)
    }

    pub(crate) fn push(&self, job: Job) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        match job.request.priority {
            Priority::Interactive => state.interactive.push_back(job),
            Priority::Speculative => state.speculative.push_back(job),
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// The threads end after the call that they are in.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.interactive.clear();
        state.speculative.clear();
        drop(state);
        self.0.changed.notify_all();
    }

    fn next(&self, speculates: bool) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let job = match state.interactive.pop_front() {
                None if speculates => state.speculative.pop_front(),
                job => job,
            };
            if job.is_some() {
                return job;
            }
            state = self
                .0
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(job: Job, heard: &impl Fn(Heard)) {
    let Job {
        id,
        engine,
        request,
        cancel,
    } = job;
    if cancel.is_cancelled() {
        heard(Heard::Ended {
            job: id,
            result: Ok(Outcome::Cancelled),
            panicked: false,
        });
        return;
    }
    let mut sink = |chunk| {
        if cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        heard(Heard::Chunk(id, chunk));
        ControlFlow::Continue(())
    };
    let called = catch_unwind(AssertUnwindSafe(|| {
        engine.complete(&request, &cancel, &mut sink)
    }));
    let panicked = called.is_err();
    let result = called.unwrap_or_else(|_| Err(panic_error(engine.as_ref())));
    heard(Heard::Ended {
        job: id,
        result,
        panicked,
    });
}

fn panic_error(engine: &dyn Engine) -> EngineError {
    let name = catch_unwind(AssertUnwindSafe(|| engine.capabilities().name)).unwrap_or("engine");
    EngineError::Failed {
        engine: name,
        why: "it panicked; the log has the place".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use il_engine::{Capabilities, Length, Sink};

    use super::*;

    /// Panics on `boom`, otherwise says its path once `go` allows.
    struct Echo {
        go: crossbeam_channel::Receiver<()>,
    }

    impl Engine for Echo {
        fn capabilities(&self) -> Capabilities {
            Capabilities {
                name: "echo",
                remote: false,
                metered: false,
                calibrated: true,
                instant: true,
            }
        }

        fn complete(
            &self,
            request: &Request,
            cancel: &CancelToken,
            _: Sink<'_>,
        ) -> Result<Outcome, EngineError> {
            let _ = self.go.recv();
            assert_ne!(&*request.path, "boom");
            Ok(if cancel.is_cancelled() {
                Outcome::Cancelled
            } else {
                Outcome::Done
            })
        }
    }

    /// The ends in the order of hearing, for jobs given as path and priority; job 2 is cancelled.
    fn run_all(workers: usize, jobs: &[(&str, Priority)]) -> Vec<String> {
        let (told, hear) = crossbeam_channel::unbounded();
        let queue = Queue::start(workers, move |it| told.send(it).unwrap()).unwrap();
        let (release, go) = crossbeam_channel::unbounded();
        let engine = Arc::new(Echo { go });
        for (at, &(path, priority)) in (1..).zip(jobs) {
            let cancel = CancelToken::new();
            if at == 2 {
                cancel.cancel();
            }
            let request = Request {
                path: path.into(),
                language: "plaintext".into(),
                text: "".into(),
                cursor: 0,
                length: Length::Line,
                alternatives: 1,
                priority,
                context: None,
                workspace: Arc::default(),
            };
            queue.push(Job {
                id: JobId(at),
                engine: engine.clone(),
                request,
                cancel,
            });
        }
        for _ in jobs {
            release.send(()).unwrap();
        }
        let mut ends = Vec::new();
        while ends.len() < jobs.len() {
            if let Heard::Ended {
                job,
                result,
                panicked,
            } = hear.recv().unwrap()
            {
                let result = result.map_err(|it| it.to_string());
                ends.push(format!("{} {result:?} {panicked}", job.0));
            }
        }
        queue.close();
        ends
    }

    #[test]
    fn interactive_calls_overtake_speculative_ones() {
        use Priority::{Interactive, Speculative};
        let ends = run_all(
            1,
            &[
                ("a", Interactive),
                ("b", Speculative),
                ("c", Speculative),
                ("d", Interactive),
            ],
        );
        let order: Vec<&str> = ends.iter().map(|it| &it[..1]).collect();
        // The first is under way before the others are there, or not; both are right.
        assert!(order == ["1", "4", "2", "3"], "{order:?}");
        assert!(ends[2].contains("Cancelled"), "{ends:?}");
    }

    #[test]
    fn a_panic_ends_the_call_and_not_the_thread() {
        let ends = run_all(
            1,
            &[
                ("boom", Priority::Interactive),
                ("b", Priority::Interactive),
            ],
        );
        assert!(
            ends[0].contains("the echo engine failed: it panicked"),
            "{ends:?}"
        );
        assert!(ends[0].ends_with("true"), "{ends:?}");
        assert!(ends[1].contains("Cancelled"), "{ends:?}");
    }
}
