//! One line or a block: decided from the syntax before the engine is asked.
//!
//! The one idea: a block is wanted where the reader expects one (an empty body, just after what opens
//! it, after an accept that was right) and nowhere else; inside a line, only the line matters.

use il_engine::Length;

use crate::ask::{SyntaxFacts, Trigger};

/// What the decision is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub facts: SyntaxFacts,
    pub trigger: Trigger,
    /// The cursor's line from the cursor on.
    pub tail: &'a str,
    /// The text before the cursor is one that was just accepted.
    pub after_accept: bool,
}

/// How far to go, and why.
pub(crate) fn decide(at: Surroundings<'_>, max_lines: usize) -> (Length, &'static str) {
    let block = Length::Block {
        max_lines: max_lines.max(2),
    };
    if at.facts.in_string {
        (Length::Line, "one line: inside a string")
    } else if at.facts.in_comment {
        (Length::Line, "one line: inside a comment")
    } else if !only_closers(at.tail) {
        (Length::Line, "one line: text follows on the line")
    } else if at.facts.empty_block {
        (block, "block: the block is empty")
    } else if at.facts.after_block_opener {
        (block, "block: a block was just opened")
    } else if at.after_accept {
        (block, "block: the last suggestion was accepted")
    } else if at.trigger == Trigger::Invoked {
        (block, "block: asked for")
    } else {
        (Length::Line, "one line")
    }
}

/// Nothing that a user wrote, at most what an editor closed by itself.
pub(crate) fn only_closers(tail: &str) -> bool {
    tail.chars().all(|c| {
        c.is_whitespace()
            || matches!(
                c,
                ')' | ']' | '}' | '>' | '"' | '\'' | '`' | ';' | ',' | ':' | '{'
            )
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "inline snapshots read best by value"
    )]
    fn check(words: &str, tail: &str, expected: Expect) {
        let has = |word| words.split(' ').any(|w| w == word);
        let at = Surroundings {
            facts: SyntaxFacts {
                in_string: has("string"),
                in_comment: has("comment"),
                empty_block: has("empty"),
                after_block_opener: has("opener"),
            },
            trigger: if has("invoked") {
                Trigger::Invoked
            } else {
                Trigger::Automatic
            },
            tail,
            after_accept: has("accepted"),
        };
        let (length, why) = decide(at, 12);
        let wants_block = matches!(length, Length::Block { .. });
        assert_eq!(wants_block, why.starts_with("block"));
        expected.assert_eq(why);
    }

    #[test]
    fn blocks_where_a_block_is_expected() {
        check("", "", expect!["one line"]);
        check("empty", "", expect!["block: the block is empty"]);
        check("opener", "}", expect!["block: a block was just opened"]);
        check(
            "accepted",
            "",
            expect!["block: the last suggestion was accepted"],
        );
        check("invoked", ");", expect!["block: asked for"]);
    }

    #[test]
    fn one_line_where_the_line_matters() {
        check(
            "opener invoked",
            "x + 1)",
            expect!["one line: text follows on the line"],
        );
        check("string accepted", "", expect!["one line: inside a string"]);
        check("comment empty", "", expect!["one line: inside a comment"]);
    }
}
