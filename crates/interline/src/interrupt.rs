//! Ctrl+C: the first one asks to stop, the second one does.
//!
//! The one idea: a long command holds a token and ends where what is done can be kept. Whoever cannot wait for that
//! presses again.
//!
//! Deliberately absent: commands that have nothing to keep: Ctrl+C ends those as it always did. One process uses one of
//! the two ways.

use std::{
    sync::{Mutex, OnceLock},
    thread,
};

use il_assist::CancelToken;

/// As shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// A token that the first Ctrl+C cancels from now on.
pub(crate) fn token() -> CancelToken {
    static TOKEN: OnceLock<CancelToken> = OnceLock::new();
    TOKEN.get_or_init(install).clone()
}

/// Does this at the first Ctrl+C, and ends.
pub(crate) fn end_with(last: impl FnOnce() + Send + 'static) {
    let last = Mutex::new(Some(last));
    let installed = ctrlc::set_handler(move || {
        let last = last.lock().ok().and_then(|mut it| it.take());
        let work = move || {
            if let Some(last) = last {
                last();
            }
            end();
        };
        // On a thread of its own: the next one is heard meanwhile.
        if thread::Builder::new().spawn(work).is_err() {
            end();
        }
    });
    if let Err(error) = installed {
        tracing::debug!(%error, "Ctrl+C ends us at once");
    }
}

#[expect(clippy::exit, reason = "what Ctrl+C is for")]
fn end() -> ! {
    std::process::exit(INTERRUPTED)
}

fn install() -> CancelToken {
    let token = CancelToken::new();
    let told = token.clone();
    let installed = ctrlc::set_handler(move || {
        if told.is_cancelled() {
            #[expect(
                clippy::exit,
                reason = "pressed twice: whoever did does not want to wait"
            )]
            std::process::exit(INTERRUPTED);
        }
        told.cancel();
    });
    if let Err(error) = installed {
        tracing::debug!(%error, "Ctrl+C ends us at once");
    }
    token
}
