//! Post-processing: what an engine said becomes what may be shown, or a reason why not.
//!
//! The one idea: a table of small named filters, in one place and in one order. *Content* filters run
//! once on everything an engine said and mend it for good; *fit* filters choose how much of that is
//! shown at the cursor as it is now, and run again each time the user types into the text.
//!
//! Every filter says what it did; none of them asks an engine or reads anything but the [`Scene`].

mod brackets;
mod confidence;
mod echo;
mod indentation;
mod leak;
mod line_end;
mod lines;
mod next_lines;
mod repetition;
mod scope;
mod screen;
mod similarity;
#[cfg(test)]
mod testing;
mod too_short;
mod word;

use std::borrow::Cow;

use il_engine::Length;
use il_screen::Screen;

use crate::{
    answer::Reason,
    ask::{IndentStyle, SyntaxFacts},
    dialect::Dialect,
    draft::Draft,
    gate::GateConfig,
};

/// What a filter may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The window up to the cursor.
    pub prefix: &'a str,
    /// The window from the cursor on.
    pub suffix: &'a str,
    /// Language id from the registry.
    pub language: &'a str,
    pub screen: &'a dyn Screen,
    pub dialect: &'a Dialect,
    pub indent: IndentStyle,
    pub facts: SyntaxFacts,
    pub length: Length,
    pub gate: &'a GateConfig,
    pub calibrated: bool,
    /// Bytes that are on the screen already and stay there.
    pub floor: usize,
}

impl<'a> Scene<'a> {
    /// The cursor's line up to the cursor.
    pub(crate) fn head(&self) -> &'a str {
        let start = self.prefix.rfind('\n').map_or(0, |at| at + 1);
        &self.prefix[start..]
    }

    /// The cursor's line from the cursor on.
    pub(crate) fn tail(&self) -> &'a str {
        first_line(self.suffix)
    }

    /// What the cursor's line is indented by.
    pub(crate) fn indentation(&self) -> usize {
        self.columns(self.head())
    }

    /// Columns of white space that a line begins with.
    pub(crate) fn columns(&self, line: &str) -> usize {
        let mut columns = 0;
        for c in line.chars() {
            match c {
                ' ' => columns += 1,
                '\t' => columns += self.indent.width - columns % self.indent.width.max(1),
                _ => break,
            }
        }
        columns
    }

    /// How the buffer breaks lines.
    pub(crate) fn line_break(&self) -> &'static str {
        let crlf = match (self.prefix.rfind('\n'), self.suffix.find('\n')) {
            (Some(at), _) => self.prefix[..at].ends_with('\r'),
            (None, Some(at)) => self.suffix[..at].ends_with('\r'),
            (None, None) => false,
        };
        if crlf { "\r\n" } else { "\n" }
    }

    /// The lines below the cursor's.
    pub(crate) fn lines_below(&self) -> impl Iterator<Item = &'a str> {
        self.suffix
            .split('\n')
            .skip(1)
            .map(|line| line.trim_end_matches('\r'))
    }

    /// The lines above the cursor's, nearest first.
    pub(crate) fn lines_above(&self) -> impl Iterator<Item = &'a str> {
        self.prefix
            .rsplit('\n')
            .skip(1)
            .map(|line| line.trim_end_matches('\r'))
    }
}

/// Up to the first line break, that left out.
pub(crate) fn first_line(text: &str) -> &str {
    let end = text.find('\n').unwrap_or(text.len());
    text[..end].trim_end_matches('\r')
}

/// What a filter did.
#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    /// Nothing.
    Kept,
    /// Something, and the draft goes on.
    Changed(Cow<'static, str>),
    /// Nothing of it can be shown.
    Dropped(Reason),
    /// Nothing of it may be shown; the second says why in more words.
    Refused(Reason, Cow<'static, str>),
}

impl Verdict {
    fn changed(what: &'static str) -> Self {
        Self::Changed(Cow::Borrowed(what))
    }

    /// For filters that can leave nothing behind.
    fn changed_or_empty(draft: &Draft, filter: &'static str, why: &'static str) -> Self {
        if draft.shown().trim().is_empty() {
            Self::Dropped(Reason::Filtered { filter, why })
        } else {
            Self::changed(why)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Content,
    Fit,
}

struct Filter {
    name: &'static str,
    phase: Phase,
    apply: fn(&mut Draft, &Scene<'_>) -> Verdict,
}

const fn content(name: &'static str, apply: fn(&mut Draft, &Scene<'_>) -> Verdict) -> Filter {
    Filter {
        name,
        phase: Phase::Content,
        apply,
    }
}

const fn fit(name: &'static str, apply: fn(&mut Draft, &Scene<'_>) -> Verdict) -> Filter {
    Filter {
        name,
        phase: Phase::Fit,
        apply,
    }
}

/// Every filter, in the order in which they run.
const FILTERS: &[Filter] = &[
    content(leak::NAME, leak::apply),
    content(screen::NAME, screen::apply),
    content(indentation::NAME, indentation::apply),
    content(echo::NAME, echo::apply),
    content(repetition::NAME, repetition::apply),
    content(scope::NAME, scope::apply),
    content(brackets::NAME, brackets::apply),
    content(next_lines::NAME, next_lines::apply),
    fit(lines::NAME, lines::apply),
    fit(confidence::NAME, confidence::apply),
    fit(line_end::NAME, line_end::apply),
    fit(word::NAME, word::apply),
    fit(too_short::NAME, too_short::apply),
];

/// What filters did, by name.
pub(crate) type Notes = Vec<(&'static str, Cow<'static, str>)>;

/// Mends everything an engine said, once.
pub(crate) fn content_of(
    draft: &mut Draft,
    scene: &Scene<'_>,
    notes: &mut Notes,
) -> Result<(), Reason> {
    run(Phase::Content, draft, scene, notes)
}

/// Chooses what is shown of it at this cursor.
pub(crate) fn fit_to(
    draft: &mut Draft,
    scene: &Scene<'_>,
    notes: &mut Notes,
) -> Result<(), Reason> {
    draft.covers = 0;
    run(Phase::Fit, draft, scene, notes)
}

fn run(
    phase: Phase,
    draft: &mut Draft,
    scene: &Scene<'_>,
    notes: &mut Notes,
) -> Result<(), Reason> {
    for filter in FILTERS.iter().filter(|filter| filter.phase == phase) {
        match (filter.apply)(draft, scene) {
            Verdict::Kept => {}
            Verdict::Changed(what) => notes.push((filter.name, what)),
            Verdict::Dropped(reason) => {
                notes.push((filter.name, Cow::Borrowed("nothing is left to show")));
                return Err(reason);
            }
            Verdict::Refused(reason, why) => {
                notes.push((filter.name, why));
                return Err(reason);
            }
        }
    }
    Ok(())
}
