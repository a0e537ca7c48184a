//! Bracket balance: a suggestion closes what is open before it, and only what nothing after it closes.
//!
//! The one idea: the brackets that a text closes without having opened them pair up, one by one, with
//! those open before the cursor; each of these may be closed after the cursor already (an editor did
//! it, or the block was there before). Closers on the cursor's own line are left to `line-end`, which
//! can replace them.

use il_lang::lexer::LexState;

use super::{Draft, Scene, Verdict};
use crate::{
    dialect::{Bracket, Dialect},
    length::only_closers,
};

pub(super) const NAME: &str = "brackets";

/// Lines that are looked through on either side; what lies beyond is taken to fit.
const REACH: usize = 200;
/// Longer lines were not written by a person, and take too long to read.
const LONGEST: usize = 4096;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let readable = scene.dialect.has_brackets() && scene.head().len() <= LONGEST;
    if scene.facts.in_string || scene.facts.in_comment || !readable {
        return Verdict::Kept;
    }
    let said = Said::read(draft.text(), scene);
    let Some((at, why)) = said.cut(scene) else {
        return Verdict::Kept;
    };
    draft.truncate(at);
    draft.truncate_to_visible();
    Verdict::changed_or_empty(draft, NAME, why)
}

/// The brackets of a suggestion.
struct Said {
    /// Those that close what the text did not open.
    outer: Vec<Bracket>,
    /// One that closes something else than what is open.
    crossed: Option<Bracket>,
    /// Openers that are still open at the end.
    open: Vec<u8>,
}

impl Said {
    fn read(text: &str, scene: &Scene<'_>) -> Self {
        let mut said = Self {
            outer: Vec::new(),
            crossed: None,
            open: Vec::new(),
        };
        for bracket in brackets_of(text, scene) {
            if bracket.opens() {
                said.open.push(bracket.byte);
            } else {
                match said.open.last() {
                    None => said.outer.push(bracket),
                    Some(&opener) if bracket.closes(opener) => drop(said.open.pop()),
                    Some(_) => {
                        said.crossed = Some(bracket);
                        break;
                    }
                }
            }
        }
        said
    }

    /// Where the first bracket is that must not be there, and why.
    fn cut(&self, scene: &Scene<'_>) -> Option<(usize, &'static str)> {
        let unbalanced = "a bracket that closes nothing was cut off";
        let crossed = self.crossed.map(|bracket| (bracket.at, unbalanced));
        if self.outer.is_empty() {
            return crossed;
        }
        let before = open_before(scene, self.outer.len());
        let mut after = closed_after(scene, self.outer.len()).into_iter().peekable();
        for (n, bracket) in self.outer.iter().enumerate() {
            let Some(opener) = before.openers.get(n) else {
                return if before.all {
                    Some((bracket.at, unbalanced))
                } else {
                    crossed
                };
            };
            if !bracket.closes(opener.byte) {
                return Some((bracket.at, unbalanced));
            }
            let Some(closer) = after.next_if(|closer| closer.fits(*opener)) else {
                continue;
            };
            let replaced = closer.on_line && only_closers(scene.tail());
            let reopened = self.open.first().is_some_and(|&open| open == opener.byte);
            if !replaced && !reopened {
                return Some((
                    bracket.at,
                    "a bracket that is closed after the cursor was cut off",
                ));
            }
        }
        crossed
    }
}

/// Of the text, as offsets into it; what the cursor's line begins decides what is a string.
fn brackets_of(text: &str, scene: &Scene<'_>) -> Vec<Bracket> {
    let head = scene.head();
    let mut state = LexState::default();
    let mut brackets = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (line_at, found) = if at == 0 {
            let whole = format!("{head}{}", line.trim_end_matches(['\r', '\n']));
            (head.len(), scene.dialect.brackets(&whole, &mut state))
        } else {
            (
                0,
                scene
                    .dialect
                    .brackets(line.trim_end_matches(['\r', '\n']), &mut state),
            )
        };
        let here = found.into_iter().filter(|bracket| bracket.at >= line_at);
        brackets.extend(here.map(|bracket| Bracket {
            at: at + bracket.at - line_at,
            ..bracket
        }));
        at += line.len();
    }
    brackets
}

#[derive(Clone, Copy)]
struct Opener {
    byte: u8,
    /// Of its line.
    columns: usize,
}

struct Before {
    /// Innermost first.
    openers: Vec<Opener>,
    /// Everything was looked at.
    all: bool,
}

/// What is open at the cursor, `wanted` brackets of it.
fn open_before(scene: &Scene<'_>, wanted: usize) -> Before {
    let mut openers = Vec::new();
    let mut closers = 0_usize;
    let lines = std::iter::once(scene.head()).chain(scene.lines_above());
    for (n, line) in lines.enumerate() {
        if n == REACH || openers.len() >= wanted {
            return Before {
                openers,
                all: false,
            };
        }
        for bracket in brackets_in(scene.dialect, line).into_iter().rev() {
            if !bracket.opens() {
                closers += 1;
            } else if closers > 0 {
                closers -= 1;
            } else {
                openers.push(Opener {
                    byte: bracket.byte,
                    columns: scene.columns(line),
                });
            }
        }
    }
    Before { openers, all: true }
}

#[derive(Clone, Copy)]
struct Closer {
    bracket: Bracket,
    /// On the cursor's line.
    on_line: bool,
    /// The columns before it, when it begins its line.
    columns: Option<usize>,
}

impl Closer {
    /// Whether it closes that opener: by kind, and on a later line by depth too.
    fn fits(self, opener: Opener) -> bool {
        self.bracket.closes(opener.byte) && (self.on_line || self.columns == Some(opener.columns))
    }
}

/// What is closed after the cursor without being opened there, `wanted` brackets of it.
fn closed_after(scene: &Scene<'_>, wanted: usize) -> Vec<Closer> {
    let mut closers = Vec::new();
    let mut open = 0_usize;
    let lines = std::iter::once(scene.tail()).chain(scene.lines_below());
    for (n, line) in lines.enumerate().take(REACH) {
        let columns = scene.columns(line);
        for bracket in brackets_in(scene.dialect, line) {
            if bracket.opens() {
                open += 1;
            } else if open > 0 {
                open -= 1;
            } else {
                let begins = line[..bracket.at].trim().is_empty();
                closers.push(Closer {
                    bracket,
                    on_line: n == 0,
                    columns: begins.then_some(columns),
                });
            }
        }
        if closers.len() >= wanted {
            break;
        }
    }
    closers
}

fn brackets_in(dialect: &Dialect, line: &str) -> Vec<Bracket> {
    if line.len() > LONGEST {
        return Vec::new();
    }
    dialect.brackets(line, &mut LexState::default())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn keeps_what_closes_what_is_open() {
        check(
            "rust",
            "    foo($0\n",
            "a, b);",
            expect![[r#"
                rust
                    foo(⟦a, b);⟧
            "#]],
        );
        check(
            "rust",
            "fn f() {\n    if a {\n        $0\n}\n",
            "b();\n    }",
            expect![[r#"
                rust
                fn f() {
                    if a {
                        ⟦b();
                    }⟧
                }
            "#]],
        );
        check(
            "rust",
            "    if a { b(); $0 }\n",
            "} else { c(); ",
            expect![[r#"
                rust
                    if a { b(); ⟦} else { c();⟧⟨ }⟩
                -- line-end: it takes the place of what closes the line
            "#]],
        );
    }

    #[test]
    fn cuts_what_is_closed_already() {
        check(
            "rust",
            "fn f() {\n    $0\n}\n",
            "a();\n}",
            expect![[r#"
                rust
                fn f() {
                    ⟦a();⟧
                }
                -- brackets: a bracket that is closed after the cursor was cut off
            "#]],
        );
        check(
            "rust",
            "    foo($0, b)\n",
            "a)",
            expect![[r#"
                rust
                    foo($0, b)
                nothing: filtered by too-short: it is too short to be worth a glance
                -- brackets: a bracket that is closed after the cursor was cut off
                -- too-short: nothing is left to show
            "#]],
        );
        check(
            "typescript",
            "f(() => {\n  $0\n});\n",
            "g();\n});",
            expect![[r#"
                typescript
                f(() => {
                  ⟦g();⟧
                });
                -- brackets: a bracket that is closed after the cursor was cut off
            "#]],
        );
    }

    #[test]
    fn cuts_what_closes_nothing() {
        check(
            "rust",
            "    foo$0\n",
            "(a)); bar()",
            expect![[r#"
                rust
                    foo⟦(a)⟧
                -- brackets: a bracket that closes nothing was cut off
            "#]],
        );
        check(
            "rust",
            "    let a = $0\n",
            "[b);",
            expect![[r#"
                rust
                    let a = ⟦[b⟧
                -- brackets: a bracket that closes nothing was cut off
            "#]],
        );
        check(
            "rust",
            "    let a = $0\n",
            "\")\";",
            expect![[r#"
                rust
                    let a = ⟦")";⟧
            "#]],
        );
        check(
            "plaintext",
            "hello $0\n",
            "there :)",
            expect![[r#"
                plaintext
                hello ⟦there :)⟧
            "#]],
        );
    }
}
