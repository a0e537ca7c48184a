//! From the news of an answer to who hears it, until its end or until nobody wants more.
//!
//! Deliberately absent: what is said to whom; completions and chat hear the same news.

use std::ops::ControlFlow;

use il_engine::{CancelToken, Finish, Outcome, usage::Usage};

use crate::{
    bill::Bill,
    dialect::{News, Why},
    failure::Failure,
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

    /// Nothing more comes of any.
    fn over(&mut self, why: Why) -> ControlFlow<()>;
}

/// Bytes of a token at most, on average over an answer; a server that sends more than this has forgotten its limit.
const WIDEST_TOKEN: u64 = 16;

/// Why no more is passed on.
enum Stopped {
    /// The provider has no more to say.
    Ended,
    /// All that was wanted came.
    Satisfied,
    /// Who hears it wants no more.
    Broken,
}

/// Passes an answer of so many tokens at most on until its end.
pub(crate) fn follow(
    mut live: Live,
    hearing: &mut dyn Hearing,
    max_tokens: usize,
    bill: &mut Bill,
    cancel: &CancelToken,
) -> Result<Outcome, Failure> {
    bill.begin();
    match pass_on(&mut live, hearing, max_tokens, bill, cancel)? {
        Stopped::Broken => {
            live.succeed();
            return Ok(Outcome::Cancelled);
        }
        // The stream is closed where it is.
        Stopped::Satisfied => {
            live.succeed();
            drop(live);
        }
        Stopped::Ended => {
            bill.end();
            live.drain(cancel);
        }
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
    max_tokens: usize,
    bill: &mut Bill,
    cancel: &CancelToken,
) -> Result<Stopped, Failure> {
    let most = max_tokens as u64 * hearing.alternatives() as u64 * WIDEST_TOKEN;
    if hearing.note(live.note()).is_break() {
        return Ok(Stopped::Broken);
    }
    let mut ends = 0;
    while let Some(news) = live.next(cancel)? {
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
                News::Over => hearing.over(Why::Stop),
                // The stream has turned it into a failure.
                News::Fault(_) => ControlFlow::Continue(()),
            };
            if on.is_break() {
                return Ok(Stopped::Broken);
            }
        }
        if hearing.is_satisfied() {
            return Ok(Stopped::Satisfied);
        }
        if bill.answer_bytes() > most {
            return Ok(match hearing.over(Why::Length) {
                ControlFlow::Continue(()) => Stopped::Satisfied,
                ControlFlow::Break(()) => Stopped::Broken,
            });
        }
    }
    Ok(match hearing.over(Why::Stop) {
        ControlFlow::Continue(()) => Stopped::Ended,
        ControlFlow::Break(()) => Stopped::Broken,
    })
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
