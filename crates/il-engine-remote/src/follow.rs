//! From the news of an answer to who hears it, until its end or until nobody wants more.
//!
//! Deliberately absent: what is said to whom; completions and chat hear the same news.

use std::ops::ControlFlow;

use il_engine::{CancelToken, Finish, Outcome, usage::Usage};

use crate::{
    bill::Bill,
    dialect::{News, Why},
    failure::{Failure, Kind},
    live::Live,
};

/// Who hears an answer. `Break` stops it.
pub(crate) trait Hearing {
    /// How many are wanted.
    fn alternatives(&self) -> usize;

    /// More text for one alternative.
    fn text(&mut self, alternative: usize, text: &str, logprob: Option<f32>) -> ControlFlow<()>;

    /// The provider ended one alternative.
    fn end(&mut self, alternative: usize, why: Why) -> ControlFlow<()>;

    /// What was done, for whoever asks why.
    fn note(&mut self, what: String) -> ControlFlow<()>;

    /// All that was wanted came, though the provider would say more.
    fn is_satisfied(&self) -> bool;

    /// The provider has no more to say.
    fn over(&mut self) -> ControlFlow<()>;
}

/// Passes an answer on until its end.
pub(crate) fn follow(
    mut live: Live,
    hearing: &mut dyn Hearing,
    bill: &mut Bill,
    cancel: &CancelToken,
) -> Result<Outcome, Failure> {
    bill.begin();
    match pass_on(&mut live, hearing, bill, cancel) {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => {
            live.succeed();
            return Ok(Outcome::Cancelled);
        }
        Err(failure) => return Err(failure),
    }
    if hearing.is_satisfied() {
        // The stream is closed where it is.
        live.succeed();
        drop(live);
    } else {
        bill.end();
        live.drain(cancel);
    }
    if let Some(usage) = bill.usage() {
        // All is said; who breaks now breaks nothing.
        let _ = hearing.note(said(usage));
    }
    Ok(Outcome::Done)
}

fn pass_on(
    live: &mut Live,
    hearing: &mut dyn Hearing,
    bill: &mut Bill,
    cancel: &CancelToken,
) -> Result<ControlFlow<()>, Failure> {
    let note = live.note();
    if hearing.note(note).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    let mut ends = 0;
    loop {
        let news = match live.next(cancel) {
            Ok(Some(news)) => news,
            Ok(None) => return Ok(hearing.over()),
            // Everything is said, only nobody waits for the rest of the stream.
            Err(failure) if failure.kind == Kind::Cancelled && hearing.is_satisfied() => {
                return Ok(ControlFlow::Continue(()));
            }
            Err(failure) => return Err(failure),
        };
        for it in news {
            let on = match it {
                News::Text {
                    alternative,
                    text,
                    logprob,
                } => {
                    bill.came(&text);
                    hearing.text(alternative, &text, logprob)
                }
                News::End { alternative, why } => {
                    ends += 1;
                    if ends == hearing.alternatives() {
                        bill.end();
                    }
                    hearing.end(alternative, why)
                }
                News::Tally(tally) => {
                    bill.tally(tally);
                    ControlFlow::Continue(())
                }
                News::Over => hearing.over(),
                // The stream has turned it into a failure.
                News::Fault(_) => ControlFlow::Continue(()),
            };
            if on.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if hearing.is_satisfied() {
            return Ok(ControlFlow::Continue(()));
        }
    }
}

/// Why an alternative ended, in the contract's words.
pub(crate) fn finish(why: Why) -> Finish {
    match why {
        Why::Stop => Finish::Complete,
        Why::Length => Finish::Length,
        Why::Filtered => Finish::Unsure,
    }
}

fn said(usage: Usage) -> String {
    let about = if usage.exact { "" } else { "about " };
    let cached = match usage.cached {
        0 => String::new(),
        cached => format!(", {cached} of them cached"),
    };
    format!(
        "{about}{} tokens of prompt{cached}, {} of answer",
        usage.prompt, usage.answer
    )
}
