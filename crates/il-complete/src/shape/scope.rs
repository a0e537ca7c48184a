//! Scope: a block answer ends where the block it was written into ends.

use super::{Draft, Reason, Scene, Verdict};

pub(super) const NAME: &str = "scope";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let end = end_of_scope(draft.text(), scene);
    if end >= draft.text().trim_end().len() {
        return Verdict::Kept;
    }
    draft.truncate(end);
    draft.truncate_to_visible();
    let why = "it stops where the block ends";
    if draft.text().is_empty() {
        return Verdict::Dropped(Reason::Filtered { filter: NAME, why });
    }
    Verdict::changed(why)
}

fn end_of_scope(text: &str, scene: &Scene<'_>) -> usize {
    let base = scene.indentation();
    let head = scene.head();
    let mut opened = !head.trim().is_empty();
    let mut at = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\r', '\n']);
        if n == 0 {
            opened &= scene.dialect.opens_block(&format!("{head}{line}"));
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let columns = scene.columns(line);
        let closes = scene.dialect.closes_block(line);
        if columns < base {
            // What closes the outer block may still be missing; `brackets` knows. A word (`end`) is
            // missing only where nothing follows.
            let may_be_missing = line.trim_start().starts_with(['}', ')', ']']);
            let unfinished = closes && scene.suffix.trim().is_empty();
            return if may_be_missing || unfinished {
                start + line.len()
            } else {
                start
            };
        }
        if columns == base && opened {
            if !closes {
                return start;
            }
            if !scene.dialect.opens_block(line) {
                return start + line.len();
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn stops_at_the_dedent() {
        check(
            "python",
            "def f():$0\n",
            "\n    return 1\n\ndef g():\n    return 2",
            expect![[r#"
                python
                def f():⟦
                    return 1⟧
                -- scope: it stops where the block ends
            "#]],
        );
        check(
            "python",
            "def f():\n    $0\n",
            "return 1\nx = 2",
            expect![[r#"
                python
                def f():
                    ⟦return 1⟧
                -- scope: it stops where the block ends
            "#]],
        );
    }

    #[test]
    fn takes_the_closer_of_what_it_opened_along() {
        check(
            "rust",
            "fn f() $0\n",
            "{\n    a();\n}\n\nfn g() {\n}",
            expect![[r#"
                rust
                fn f() ⟦{
                    a();
                }⟧
                -- scope: it stops where the block ends
            "#]],
        );
        check(
            "rust",
            "    if a {$0\n",
            "\n        b();\n    } else {\n        c();\n    }\n    d();",
            expect![[r#"
                rust
                    if a {⟦
                        b();
                    } else {
                        c();
                    }⟧
                -- scope: it stops where the block ends
            "#]],
        );
        check(
            "ruby",
            "def f$0\n",
            "oo\n  1\nend\n",
            expect![[r#"
                ruby
                def f⟦oo
                  1
                end⟧
            "#]],
        );
    }

    #[test]
    fn siblings_belong_to_the_block() {
        check(
            "rust",
            "fn f() {\n    $0\n}\n",
            "a();\n    b();",
            expect![[r#"
                rust
                fn f() {
                    ⟦a();
                    b();⟧
                }
            "#]],
        );
    }
}
