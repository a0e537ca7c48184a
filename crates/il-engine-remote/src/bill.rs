//! What a question costs, told to who keeps the books: once, whatever becomes of it.
//!
//! The one idea: a bill is opened when asking is allowed and settled when it is dropped, so that no way out of a call
//! forgets it. The provider's own figures count; where they are missing, or a request was broken off, it is an estimate
//! and says so.
//!
//! Deliberately absent: prices.

use std::sync::Arc;

use il_engine::{
    EngineError,
    usage::{Meter, Usage},
};

use crate::dialect::Tally;

/// Bytes of a token where nobody counts them; the contract's estimate.
const BYTES_PER_TOKEN: u64 = 3;

/// One question's.
pub(crate) struct Bill {
    meter: Option<Arc<dyn Meter>>,
    /// Estimated.
    prompt: u64,
    /// Prompts that were sent and of whose answer nothing came: they may be charged.
    lost: u64,
    begun: bool,
    /// The provider's figures are final.
    whole: bool,
    tally: Tally,
    answer_bytes: u64,
}

impl Bill {
    pub(crate) fn open(meter: Option<Arc<dyn Meter>>, prompt: u64) -> Result<Self, EngineError> {
        if let Some(meter) = &meter {
            meter.allow()?;
        }
        Ok(Self {
            meter,
            prompt,
            lost: 0,
            begun: false,
            whole: false,
            tally: Tally::default(),
            answer_bytes: 0,
        })
    }

    /// A prompt was sent and nothing came.
    pub(crate) fn lost_prompt(&mut self) {
        self.lost += 1;
    }

    /// An answer has begun.
    pub(crate) fn begin(&mut self) {
        self.begun = true;
    }

    /// So much text came.
    pub(crate) fn came(&mut self, text: &str) {
        self.answer_bytes += text.len() as u64;
    }

    /// Of all text that came.
    pub(crate) fn answer_bytes(&self) -> u64 {
        self.answer_bytes
    }

    /// The provider's figures so far.
    pub(crate) fn tally(&mut self, tally: Tally) {
        self.tally = self.tally.then(tally);
    }

    /// The answer came to its end.
    pub(crate) fn end(&mut self) {
        self.whole = true;
    }

    /// What it is now; nothing when nothing is charged.
    pub(crate) fn usage(&self) -> Option<Usage> {
        if !self.begun && self.lost == 0 {
            return None;
        }
        let estimated = self.answer_bytes.div_ceil(BYTES_PER_TOKEN);
        // Broken off, the provider's figure is from some moment before: it can only have become more.
        let answer = match self.tally.answer {
            Some(told) if self.whole => told,
            told => estimated.max(told.unwrap_or(0)),
        };
        let told = self.whole && self.tally.prompt.is_some() && self.tally.answer.is_some();
        let prompt = match self.begun {
            true => self.tally.prompt.unwrap_or(self.prompt),
            false => 0,
        };
        Some(Usage {
            prompt: prompt + self.lost * self.prompt,
            cached: self.tally.cached.unwrap_or(0),
            answer,
            exact: told && self.lost == 0,
        })
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        if let Some(meter) = &self.meter {
            match self.usage() {
                Some(usage) => meter.used(usage),
                None => meter.unused(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a bill of ten tokens of prompt comes to, after these steps.
    #[track_caller]
    fn check(steps: &dyn Fn(&mut Bill), expected: Option<(u64, u64, bool)>) {
        let mut bill = Bill::open(None, 10).expect("nobody forbids it");
        steps(&mut bill);
        let usage = bill.usage();
        let found = usage.map(|it| (it.prompt, it.answer, it.exact));
        assert_eq!(found, expected);
    }

    fn told(bill: &mut Bill) {
        bill.tally(Tally {
            prompt: Some(12),
            cached: None,
            answer: Some(2),
        });
    }

    #[test]
    fn the_providers_figures_count_when_the_answer_is_whole() {
        check(&|_| {}, None);
        check(&|it| it.begin(), Some((10, 0, false)));
        let whole = |it: &mut Bill| {
            it.begin();
            it.came("123456789");
            told(it);
            it.end();
        };
        check(&whole, Some((12, 2, true)));
    }

    #[test]
    fn of_an_answer_that_was_broken_off_the_larger_figure_counts() {
        let broken = |it: &mut Bill| {
            it.begin();
            told(it);
            it.came("123456789");
        };
        check(&broken, Some((12, 3, false)));
    }

    #[test]
    fn a_prompt_that_came_to_nothing_makes_it_an_estimate() {
        check(&|it| it.lost_prompt(), Some((10, 0, false)));
        let again = |it: &mut Bill| {
            it.lost_prompt();
            it.begin();
            told(it);
            it.end();
        };
        check(&again, Some((22, 2, false)));
    }
}
