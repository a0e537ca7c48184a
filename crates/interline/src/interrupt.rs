//! Ctrl+C: the first one asks to stop, the second one does.
//!
//! The one idea: a long command holds a token and ends where what is done can be kept. Whoever cannot wait for that
//! presses again.
//!
//! Deliberately absent: commands that have nothing to keep; Ctrl+C ends those as it always did.

use std::sync::OnceLock;

use il_assist::CancelToken;

/// As shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// A token that the first Ctrl+C cancels from now on.
pub(crate) fn token() -> CancelToken {
    static TOKEN: OnceLock<CancelToken> = OnceLock::new();
    TOKEN.get_or_init(install).clone()
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
