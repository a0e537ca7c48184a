//! The two streams: data on stdout, everything else on stderr, colour and progress only on a terminal.
//!
//! Writing to stdout can fail (a full disk, a closed pipe) and says so; writing to stderr cannot, since
//! there is nobody left to tell.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Context as _;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();
/// Where something is.
pub(crate) const PLACE: Style = AnsiColor::Magenta.on_default();
/// What was looked for.
pub(crate) const FOUND: Style = AnsiColor::Red.on_default().bold();
/// Suggested text.
pub(crate) const GHOST: Style = AnsiColor::Cyan.on_default().bold();

/// `text` in `style`; the streams drop the style where it does not belong.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Text that a terminal shows as it is: no control sequence out of a source file reaches it.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => '\t',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Writes text for people to stdout; colour goes where there is no terminal.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    write(anstream::stdout().lock(), text)
}

/// Writes one JSON document to stdout.
pub(crate) fn print_json(document: &serde_json::Value) -> anyhow::Result<()> {
    let text = if stdout_is_terminal() {
        format!("{document:#}")
    } else {
        document.to_string()
    };
    print_raw(&format!("{text}\n"))
}

/// Writes data to stdout as it is, whatever looks like an escape sequence in it.
pub(crate) fn print_raw(text: &str) -> anyhow::Result<()> {
    write(io::stdout().lock(), text)
}

fn write(mut out: impl io::Write, text: &str) -> anyhow::Result<()> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.context("cannot write the result")
}

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(crate) fn stderr_is_coloured() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// A line for people, to stderr.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// A line that something degraded, to stderr.
pub(crate) fn warning(line: &str) {
    say(&format!("{}: {line}", styled(WARNING, "warning")));
}

/// A line that something failed, to stderr.
pub(crate) fn say_error(line: &str) {
    say(&format!("{}: {line}", styled(ERROR, "error")));
}

/// An error with all its causes on one line.
pub(crate) fn error(error: &anyhow::Error) {
    say_error(&format!("{error:#}"));
}

/// How far a long step is, on a terminal; nothing elsewhere, and nothing for what takes no time.
pub(crate) struct ProgressBar {
    bar: indicatif::ProgressBar,
    stage: Option<il_assist::Stage>,
    since: Instant,
}

/// What takes no longer than this needs no bar.
const NO_TIME: Duration = Duration::from_millis(300);

impl ProgressBar {
    /// Shows nothing until something takes long.
    pub(crate) fn hidden() -> Self {
        Self {
            bar: indicatif::ProgressBar::hidden(),
            stage: None,
            since: Instant::now(),
        }
    }

    /// A bar over `total` units of one step.
    pub(crate) fn steps(label: &'static str, total: u64) -> Self {
        let bar = indicatif::ProgressBar::new(total).with_message(label);
        bar.set_style(bar_style());
        Self {
            bar,
            stage: None,
            since: Instant::now(),
        }
    }

    /// This many units are done, and this is what is being worked on.
    pub(crate) fn at(&self, done: u64, what: &str) {
        self.bar.set_position(done);
        self.bar.set_message(what.to_owned());
    }

    /// This far now.
    pub(crate) fn show(&mut self, progress: il_assist::Progress) {
        if self.since.elapsed() < NO_TIME {
            return;
        }
        if self.stage != Some(progress.stage) {
            self.stage = Some(progress.stage);
            self.bar.finish_and_clear();
            let style = if progress.total == 0 {
                spinner_style()
            } else {
                bar_style()
            };
            self.bar = indicatif::ProgressBar::new(progress.total)
                .with_style(style)
                .with_message(progress.stage.label());
        }
        self.bar.set_position(progress.done);
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar_style() -> indicatif::ProgressStyle {
    let template = "{bar:40.cyan/dim} {human_pos}/{human_len} {eta:>4}  {msg}";
    indicatif::ProgressStyle::with_template(template)
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar())
        .progress_chars("━━─")
}

fn spinner_style() -> indicatif::ProgressStyle {
    indicatif::ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner())
}

/// `1,204 files`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", indicatif::HumanCount(n))
}

/// `12.3 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}
