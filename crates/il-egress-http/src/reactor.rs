//! The thread that keeps connections, and waiting for something that happens on it.
//!
//! The one idea: whoever waits, waits on their own thread and looks up every few milliseconds; giving up drops what was
//! waited for, and dropping it is what closes the stream.
//!
//! Deliberately absent: more than one thread. Bytes are copied here, nothing is computed.

use std::{
    fmt,
    future::Future,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use il_egress::CancelToken;
use tokio::runtime::{Builder, Handle, Runtime};

/// How soon a change of mind is noticed.
const LOOK_UP: Duration = Duration::from_millis(4);

/// Started when it is first needed.
pub(crate) struct Reactor(Mutex<Option<Runtime>>);

/// How waiting ended.
pub(crate) enum Waited<T> {
    Done(T),
    TooLong,
    Cancelled,
}

impl Reactor {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn handle(&self) -> io::Result<Handle> {
        let mut runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runtime.is_none() {
            let started = Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("il-egress")
                .enable_all()
                .build()?;
            *runtime = Some(started);
        }
        let handle = runtime.as_ref().map(|it| it.handle().clone());
        handle.ok_or_else(|| io::Error::other("it has ended"))
    }

    /// Waits for `task`, for `limit` at most, and no longer than until `cancel`; what is given up is dropped.
    pub(crate) fn wait<T>(
        &self,
        task: impl Future<Output = T>,
        limit: Duration,
        cancel: &CancelToken,
    ) -> io::Result<Waited<T>> {
        Ok(self.handle()?.block_on(async {
            tokio::select! {
                biased;
                done = task => Waited::Done(done),
                () = cancelled(cancel) => Waited::Cancelled,
                () = tokio::time::sleep(limit) => Waited::TooLong,
            }
        }))
    }
}

async fn cancelled(cancel: &CancelToken) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(LOOK_UP).await;
    }
}

impl Drop for Reactor {
    /// Without waiting: a look-up of a name that never ends must not keep a program from ending.
    fn drop(&mut self) {
        let runtime = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reactor")
    }
}
