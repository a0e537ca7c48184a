//! Whether a secret stands at the cursor.
//!
//! The one idea: half a secret is one that no rule knows, so the text is looked at as if somebody had just finished typing
//! there. If that would be a secret, the place is one.
//!
//! Deliberately absent: the rest of the text; what stands whole before or behind the cursor is redacted like any other.

use super::shape::ends_in_quotes;
use crate::{Finder, Finding, RuleId};

/// More of the text on either side tells nothing.
const NEAR: usize = 2048;
/// What somebody might type: no word, no placeholder, and not to be told from a password.
const TYPED: &str = "qX7vKp2mZr9w";

/// The rule that knows what stands, or is about to be written, at a cursor between two texts.
pub(super) fn secret_at(finder: &Finder, before: &str, after: &str) -> Option<RuleId> {
    let before = &before[before.ceil_char_boundary(before.len().saturating_sub(NEAR))..];
    let after = &after[..after.floor_char_boundary(NEAR)];
    let reaches = |typed: &str| {
        let text = [before, typed, after].concat();
        let typed = before.len()..before.len() + typed.len();
        let found = finder.find(&text).into_iter();
        let mut touching =
            found.filter(|Finding { span, .. }| span.start < typed.end && typed.start <= span.end);
        touching.next().map(|it| it.rule)
    };
    reaches("").or_else(|| {
        // Without quotes it may as well become a name or a call.
        let line = before.rsplit('\n').next().unwrap_or_default();
        ends_in_quotes(line).then(|| reaches(TYPED)).flatten()
    })
}
