//! What is being done to an index or a model's file, on a terminal: the step, how far it is, and how fast.
//!
//! The one idea: nothing is shown of what takes no time, and nothing at all where nobody looks.
//!
//! Deliberately absent: the steps of learning a model, which the façade tells in its own words (`terminal`).

use std::{
    cell::{Cell, RefCell},
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

use il_index::{EmbedProgress, Progress};
use indicatif::{
    BinaryBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle,
};

use crate::repository::index::Step;

/// What takes no longer than this needs no bar.
const NO_TIME: Duration = Duration::from_millis(300);

/// Shows the steps of one index.
pub(crate) struct Steps(RefCell<Shown>);

struct Shown {
    bar: ProgressBar,
    /// Which kind of step, and when it began.
    kind: u8,
    since: Instant,
    begun: Instant,
    somebody_looks: bool,
}

impl Steps {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self(RefCell::new(Shown {
            bar: ProgressBar::hidden(),
            kind: u8::MAX,
            since: now,
            begun: now,
            somebody_looks: stderr().is_terminal(),
        }))
    }

    /// This far now.
    pub(crate) fn show(&self, step: Step) {
        let mut shown = self.0.borrow_mut();
        let kind = kind(step);
        let is_other = shown.kind != kind;
        if is_other {
            shown.kind = kind;
            shown.since = Instant::now();
            shown.bar.finish_and_clear();
            shown.bar = ProgressBar::hidden();
        }
        if !shown.somebody_looks || shown.begun.elapsed() < NO_TIME {
            return;
        }
        let (done, total) = extent(step);
        if shown.bar.is_hidden() {
            shown.bar = bar(total);
        }
        shown.bar.set_length(total);
        shown.bar.set_position(done);
        shown.bar.set_message(message(step, shown.since.elapsed()));
        shown.bar.tick();
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.0.borrow().bar.finish_and_clear();
    }
}

fn kind(step: Step) -> u8 {
    match step {
        Step::Scanning => 0,
        Step::Indexing(_) => 1,
        Step::Embedding(_) => 2,
        Step::Saving => 3,
    }
}

/// How much is done of how much; 0 while that is unknown.
fn extent(step: Step) -> (u64, u64) {
    match step {
        Step::Indexing(at) => (at.bytes, at.bytes_in_all),
        Step::Embedding(at) => (at.chunks as u64, at.chunks_in_all as u64),
        Step::Scanning | Step::Saving => (0, 0),
    }
}

fn message(step: Step, took: Duration) -> String {
    match step {
        Step::Scanning => "looking at the files".into(),
        Step::Saving => "saving".into(),
        Step::Indexing(at) => indexing(at, took),
        Step::Embedding(at) => embedding(at, took),
    }
}

fn embedding(at: EmbedProgress, took: Duration) -> String {
    let (done, all) = (at.chunks as u64, at.chunks_in_all as u64);
    let speed = match rate(done, took) {
        0 => String::new(),
        n => format!("  {}/s", HumanCount(n)),
    };
    format!(
        "embedding  {} of {} pieces{speed}",
        HumanCount(done),
        HumanCount(all)
    )
}

fn indexing(at: Progress, took: Duration) -> String {
    let speed = match at.files {
        0 => String::new(),
        n => format!(
            "  {} files/s  {}/s",
            HumanCount(rate(n as u64, took)),
            BinaryBytes(rate(at.bytes, took))
        ),
    };
    let (done, all) = (at.files as u64, at.files_in_all as u64);
    format!(
        "indexing  {} of {} files{speed}",
        HumanCount(done),
        HumanCount(all)
    )
}

/// Bytes that come or are read.
pub(crate) struct Bytes {
    bar: ProgressBar,
    what: &'static str,
    begun: Instant,
    from: Cell<Option<u64>>,
    somebody_looks: bool,
}

impl Bytes {
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            bar: ProgressBar::hidden(),
            what,
            begun: Instant::now(),
            from: Cell::new(None),
            somebody_looks: stderr().is_terminal(),
        }
    }

    /// So many are there of so many; after `waits` it goes on.
    pub(crate) fn at(&self, done: u64, total: Option<u64>, waits: Option<Duration>) {
        if self.from.get().is_none() {
            self.from.set(Some(done));
        }
        if !self.somebody_looks || self.begun.elapsed() < NO_TIME {
            return;
        }
        let total = total.unwrap_or(0);
        if self.bar.is_hidden() {
            self.bar.set_style(style(total));
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(self.message(done, total, waits));
    }

    fn message(&self, done: u64, total: u64, waits: Option<Duration>) -> String {
        let of = match total {
            0 => BinaryBytes(done).to_string(),
            total => format!("{} of {}", BinaryBytes(done), BinaryBytes(total)),
        };
        let came = done.saturating_sub(self.from.get().unwrap_or(done));
        let speed = rate(came, self.begun.elapsed());
        match waits {
            Some(waits) => format!("{}  {of}  waits {} s", self.what, waits.as_secs().max(1)),
            None if speed == 0 => format!("{}  {of}", self.what),
            None => {
                let left = total.saturating_sub(done) / speed.max(1);
                let left = HumanDuration(Duration::from_secs(left));
                format!("{}  {of}  {}/s  {left} left", self.what, BinaryBytes(speed))
            }
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How much a second.
pub(crate) fn rate(done: u64, took: Duration) -> u64 {
    (done as f64 / took.as_secs_f64().max(1e-3)) as u64
}

fn style(total: u64) -> ProgressStyle {
    let template = match total {
        0 => "{spinner:.cyan} {msg}",
        _ => "{bar:30.cyan/dim} {percent:>3} %  {msg}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─")
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_style(style(total));
    if total == 0 {
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_how_far_and_how_fast() {
        let at = Progress {
            files: 1200,
            files_in_all: 9000,
            bytes: 3 << 20,
            bytes_in_all: 30 << 20,
        };
        assert_eq!(
            message(Step::Indexing(at), Duration::from_secs(2)),
            "indexing  1,200 of 9,000 files  600 files/s  1.50 MiB/s"
        );
    }
}
