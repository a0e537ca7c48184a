//! The rest of the cursor's line: what is there already is replaced or left, never written twice.
//!
//! Closing brackets and quotes that an editor added are *covered*: the suggestion takes their place when
//! it says them itself. Words are the user's: a suggestion that ends in them ends before them, and only
//! one that says all of them takes their place.

use super::{Draft, Reason, Scene, Verdict, first_line, similarity::similar};
use crate::{dialect::is_word, length::only_closers};

pub(super) const NAME: &str = "line-end";

/// A shorter overlap with words may be chance.
const TELLING: usize = 2;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let tail = scene.tail().trim_end();
    if tail.is_empty() {
        return Verdict::Kept;
    }
    if only_closers(tail) {
        draft.covers = covered_closers(draft.shown(), tail);
        return match draft.covers {
            0 => Verdict::Kept,
            _ => Verdict::changed("it takes the place of what closes the line"),
        };
    }
    meet_words(draft, tail)
}

fn meet_words(draft: &mut Draft, tail: &str) -> Verdict {
    let line = first_line(draft.shown()).to_owned();
    let mut verdict = Verdict::Kept;
    if line.len() < draft.shown().len() {
        draft.show(line.len());
        verdict = Verdict::changed("later lines were dropped: text follows on the line");
    }
    let overlap = overlap(&line, tail);
    if overlap == 0 {
        if contains_words(&line, tail) {
            draft.covers = tail.len();
            return Verdict::changed("it takes the place of the rest of the line, which it says");
        }
        return verdict;
    }
    draft.show(line.len() - overlap);
    if draft.shown().trim().is_empty() {
        return Verdict::Dropped(Reason::Filtered {
            filter: NAME,
            why: "it repeats the rest of the line",
        });
    }
    Verdict::changed("it stops before the rest of the line, which it repeats")
}

/// Bytes of `tail` that the text closes by itself.
fn covered_closers(text: &str, tail: &str) -> usize {
    let end = text.trim_end();
    let mut depth = 0_usize;
    let mut left = tail.char_indices().peekable();
    for (at, c) in end.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ => {
                while left.next_if(|(_, c)| c.is_whitespace()).is_some() {}
                let quote_is_open = |quote| end.matches(quote).count() % 2 == 1;
                let closes = match c {
                    ')' | ']' | '}' | '>' => true,
                    '"' | '\'' | '`' => quote_is_open(c),
                    _ => at + c.len_utf8() == end.len(),
                };
                if closes {
                    let _ = left.next_if(|&(_, closer)| closer == c);
                }
            }
        }
    }
    let covered = left.peek().map_or(tail.len(), |&(at, _)| at);
    tail[..covered].trim_end().len()
}

/// Bytes at the end of `line` that say what `tail` begins with, or all of it nearly.
fn overlap(line: &str, tail: &str) -> usize {
    let starts = line.char_indices().map(|(at, _)| at);
    let fits = |&at: &usize| {
        let end = &line[at..];
        let cuts_word = line[..at].ends_with(is_word) && end.starts_with(is_word);
        let telling = end.trim().chars().count() >= TELLING || end.trim() == tail.trim();
        telling && !cuts_word && (tail.starts_with(end) || similar(end, tail))
    };
    starts
        .into_iter()
        .find(fits)
        .map_or(0, |at| line.len() - at)
}

fn contains_words(line: &str, tail: &str) -> bool {
    let tail = tail.trim();
    line.find(tail).is_some_and(|at| {
        let after = &line[at + tail.len()..];
        let cuts_before = line[..at].ends_with(is_word) && tail.starts_with(is_word);
        let cuts_after = after.starts_with(is_word) && tail.ends_with(is_word);
        !cuts_before && !cuts_after
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn what_an_editor_closed_is_replaced() {
        check(
            "rust",
            "    foo($0)\n",
            "a, b);",
            expect![[r#"
                rust
                    foo(⟦a, b);⟧⟨)⟩
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "rust",
            "    foo($0);\n",
            "a, b)",
            expect![[r#"
                rust
                    foo(⟦a, b)⟧⟨)⟩;
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "rust",
            "    foo($0)\n",
            "a, b",
            expect![[r#"
                rust
                    foo(⟦a, b⟧)
            "#]],
        );
        check(
            "rust",
            "    foo(bar($0))\n",
            "x).y(z)",
            expect![[r#"
                rust
                    foo(bar(⟦x).y(z)⟧⟨)⟩)
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "python",
            "    print(\"$0\")\n",
            "hello\")",
            expect![[r#"
                python
                    print("⟦hello")⟧⟨")⟩
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "python",
            "    foo($0)\n",
            "\"a\", b)",
            expect![[r#"
                python
                    foo(⟦"a", b)⟧⟨)⟩
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "rust",
            "    f([a$0, ]);\n",
            ", b",
            expect![[r#"
                rust
                    f([a⟦, b⟧, ]);
            "#]],
        );
    }

    #[test]
    fn a_block_inside_brackets_stays_inside() {
        check(
            "typescript",
            "f({$0})\n",
            "\n  a: 1,\n})",
            expect![[r#"
                typescript
                f({⟦
                  a: 1,
                })⟧⟨})⟩
                -- line-end: it takes the place of what closes the line
            "#]],
        );
        check(
            "typescript",
            "f({$0})\n",
            "\n  a: 1,\n}",
            expect![[r#"
                typescript
                f({⟦
                  a: 1,
                }⟧⟨}⟩)
                -- line-end: it takes the place of what closes the line
            "#]],
        );
    }

    #[test]
    fn words_are_the_users() {
        check(
            "rust",
            "    foo($0b, c)\n",
            "a, b, c)",
            expect![[r#"
                rust
                    foo(⟦a, ⟧b, c)
                -- brackets: a bracket that is closed after the cursor was cut off
                -- line-end: it stops before the rest of the line, which it repeats
            "#]],
        );
        check(
            "rust",
            "    foo($0b, c)\n",
            "b, c)",
            expect![[r#"
                rust
                    foo($0b, c)
                nothing: filtered by line-end: it repeats the rest of the line
                -- brackets: a bracket that is closed after the cursor was cut off
                -- line-end: nothing is left to show
            "#]],
        );
        check(
            "rust",
            "    let x = $0 + 1;\n",
            "a + 1;\n    let y = 2;",
            expect![[r#"
                rust
                    let x = $0 + 1;
                nothing: filtered by too-short: it is too short to be worth a glance
                -- line-end: it stops before the rest of the line, which it repeats
                -- too-short: nothing is left to show
            "#]],
        );
        check(
            "rust",
            "    let x = $0y;\n",
            "a + y; // sum",
            expect![[r#"
                rust
                    let x = ⟦a + y; // sum⟧⟨y;⟩
                -- line-end: it takes the place of the rest of the line, which it says
            "#]],
        );
    }
}
