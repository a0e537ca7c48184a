//! Indentation and line breaks as the buffer has them: tabs or spaces, `\n` or `\r\n`, nothing twice.

use super::{Draft, Scene, Verdict, first_line};

pub(super) const NAME: &str = "indentation";

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let doubled = drop_doubled_space(draft, scene);
    let mended = mend_lines(draft, scene);
    match (doubled, mended) {
        (false, false) => Verdict::Kept,
        (true, _) => {
            Verdict::changed_or_empty(draft, NAME, "white space that is there already was dropped")
        }
        (false, true) => Verdict::changed("line starts were written as the buffer writes them"),
    }
}

/// Models like to begin with the white space that the cursor stands behind.
fn drop_doubled_space(draft: &mut Draft, scene: &Scene<'_>) -> bool {
    let head = scene.head();
    let line = first_line(draft.text());
    let lead = line.len() - line.trim_start_matches([' ', '\t']).len();
    if lead == 0 || lead == draft.text().len() {
        return false;
    }
    let drop = if head.is_empty() {
        0
    } else if !head.trim().is_empty() {
        if head.ends_with([' ', '\t']) { lead } else { 0 }
    } else if scene.calibrated {
        // Such an engine was told how deep the cursor is; more of it is deeper.
        0
    } else if line[..lead] == *head || lead == 1 {
        lead
    } else {
        0
    };
    draft.replace(0..drop, "");
    drop > 0
}

fn mend_lines(draft: &mut Draft, scene: &Scene<'_>) -> bool {
    let text = draft.text();
    if !text.contains(['\n', '\r']) {
        return false;
    }
    let mut changes = Vec::new();
    let mut at = first_line_end(text);
    while at < text.len() {
        let start = at + break_len(&text[at..]);
        let line = &text[start..];
        let space = line.len() - line.trim_start_matches([' ', '\t']).len();
        let wanted = format!("{}{}", scene.line_break(), indent(scene, &line[..space]));
        let have = at..start + space;
        if text[have.clone()] != wanted {
            changes.push((have, wanted));
        }
        at = start + space + first_line_end(&line[space..]);
    }
    for (range, with) in changes.iter().rev() {
        draft.replace(range.clone(), with);
    }
    !changes.is_empty()
}

fn first_line_end(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}

fn break_len(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { 1 }
}

fn indent(scene: &Scene<'_>, space: &str) -> String {
    let foreign = if scene.indent.tabs { ' ' } else { '\t' };
    if !space.contains(foreign) {
        return space.to_owned();
    }
    let columns = scene.columns(space);
    let width = scene.indent.width.max(1);
    if scene.indent.tabs {
        format!(
            "{}{}",
            "\t".repeat(columns / width),
            " ".repeat(columns % width)
        )
    } else {
        " ".repeat(columns)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::{check, check_llm, check_tabs};

    #[test]
    fn tabs_and_spaces_as_in_the_buffer() {
        check(
            "rust",
            "fn f() {$0\n}\n",
            "\n\tif a {\n\t\tb();\n\t}",
            expect![[r#"
                rust
                fn f() {⟦
                    if a {
                        b();
                    }⟧
                }
                -- indentation: line starts were written as the buffer writes them
            "#]],
        );
        check_tabs(
            "go",
            "func f() {$0\n}\n",
            "\n    if a {\n        b()\n    }",
            expect![[r#"
                go
                func f() {⟦
                →if a {
                →→b()
                →}⟧
                }
                -- indentation: line starts were written as the buffer writes them
            "#]],
        );
    }

    #[test]
    fn line_breaks_as_in_the_buffer() {
        check(
            "rust",
            "fn f() {\r\n    $0\r\n}\r\n",
            "a();\n    b();",
            expect![[r#"
                rust
                fn f() {␍
                    ⟦a();␍
                    b();⟧␍
                }␍
                -- indentation: line starts were written as the buffer writes them
            "#]],
        );
        check(
            "rust",
            "fn f() {\n    $0\n}\n",
            "a();\r\n    b();",
            expect![[r#"
                rust
                fn f() {
                    ⟦a();
                    b();⟧
                }
                -- indentation: line starts were written as the buffer writes them
            "#]],
        );
    }

    #[test]
    fn nothing_twice() {
        check_llm(
            "rust",
            "fn f() {\n    $0\n}\n",
            "    a();",
            expect![[r#"
                rust
                fn f() {
                    ⟦a();⟧
                }
                -- indentation: white space that is there already was dropped
            "#]],
        );
        check_llm(
            "rust",
            "fn f() {\n    $0\n}\n",
            "        .a()",
            expect![[r#"
                rust
                fn f() {
                    ⟦        .a()⟧
                }
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            " 1;",
            expect![[r#"
                rust
                let x = ⟦1;⟧
                -- indentation: white space that is there already was dropped
            "#]],
        );
        check(
            "rust",
            "let x =$0\n",
            " 1;",
            expect![[r#"
                rust
                let x =⟦ 1;⟧
            "#]],
        );
    }
}
