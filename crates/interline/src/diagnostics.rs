//! What goes to stderr besides errors: the log, and one line if we break.
//!
//! Neither ever holds text of a document. The log is filtered by `INTERLINE_LOG` (`warn` when unset), and redacted like what
//! leaves: editors keep it in files, and a path or another program's message may hold a secret.

use std::{backtrace::Backtrace, io, panic};

use tracing_subscriber::EnvFilter;

use crate::{privacy, terminal};

/// The environment variable that filters the log, as in `INTERLINE_LOG=debug` or `il_watch=trace`.
pub(crate) const LOG: &str = "INTERLINE_LOG";

/// Sends the log to stderr.
pub(crate) fn install_log() {
    let wanted = std::env::var(LOG).unwrap_or_default();
    let wanted = if wanted.trim().is_empty() {
        "warn".to_owned()
    } else {
        wanted
    };
    let (filter, broken) = match EnvFilter::try_new(&wanted) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("warn"), Some(error)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Redacting(io::stderr()))
        .with_ansi(terminal::stderr_is_coloured())
        .without_time()
        .with_target(false)
        .init();
    if let Some(error) = broken {
        terminal::warning(&format!("cannot read `{LOG}`: {error}; using `warn`"));
    }
}

/// Writes lines without the secrets in them.
struct Redacting<W>(W);

impl<W: io::Write> io::Write for Redacting<W> {
    /// The log writes a line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let redacted = privacy::usual().redact(&text);
        self.0.write_all(redacted.text.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One clear line when we break. The panic's own text is left out: it may quote source code.
pub(crate) fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {at}"));
        let version = env!("INTERLINE_VERSION");
        terminal::say_error(&format!(
            "interline broke{place} (version {version}): please report this line; nothing was lost"
        ));
        let trace = Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            terminal::say(&trace.to_string());
        }
    }));
}
