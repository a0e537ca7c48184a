//! An engine that is not asked about files which the policy blocks.
//!
//! The one idea: it stands around everything that may answer in a repository, so a blocked file gets no suggestion from any of
//! it, and whoever asks is told which pattern of whose keeps the file out.
//!
//! Deliberately absent: how far files may go that are not blocked (`ContextEngine` and the guards of those who send).

use std::sync::Arc;

use il_assist::{CancelToken, Engine};
use il_engine::{Capabilities, EngineError, Outcome, Request, Sink, Window};
use il_privacy::{Level, Policy};

/// Asks the policy before the engine.
pub(crate) struct Guarded {
    inner: Arc<dyn Engine>,
    policy: Arc<Policy>,
}

impl Guarded {
    pub(crate) fn new(inner: Arc<dyn Engine>, policy: Arc<Policy>) -> Self {
        Self { inner, policy }
    }
}

impl Engine for Guarded {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        let verdict = self.policy.verdict(&request.path);
        if verdict.level == Level::Blocked {
            return Err(EngineError::Refused {
                engine: self.inner.capabilities().name,
                why: format!("`{}` is blocked: {}", request.path, verdict.because),
            });
        }
        self.inner.complete(request, cancel, sink)
    }

    fn window(&self) -> Option<Window> {
        self.inner.window()
    }

    fn wants_workspace(&self) -> bool {
        self.inner.wants_workspace()
    }

    fn trouble(&self) -> Option<String> {
        let unreadable = self.policy.trouble().map(|why| {
            format!("nothing is suggested here: the privacy policy cannot be read: {why}")
        });
        unreadable.or_else(|| self.inner.trouble())
    }

    fn file_changed(&self, path: &str, text: Option<&str>) {
        let is_blocked = self.policy.level(path) == Level::Blocked;
        self.inner.file_changed(path, text.filter(|_| !is_blocked));
    }
}
