//! Special tokens: what a model says to itself is cut off, with everything after it.

use super::{Draft, Scene, Verdict};

pub(super) const NAME: &str = "leak";

/// Of all model families that are served today. A buffer that has one in it is about such models, and
/// may go on being so.
const TOKENS: &[&str] = &[
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|fim_begin|>",
    "<|fim_hole|>",
    "<|fim_end|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|file_separator|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|cursor|>",
    "<|EOT|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|begin_of_text|>",
    "<|code_prefix|>",
    "<|code_suffix|>",
    "<|code_middle|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
    "<fim_prefix>",
    "<fim_middle>",
    "<fim_suffix>",
    "<fim_pad>",
    "<file_sep>",
    "<repo_name>",
    "<filename>",
    "<gh_stars>",
    "<jupyter_code>",
    "<issue_start>",
    "<commit_before>",
    "<|fim▁begin|>",
    "<|fim▁hole|>",
    "<|fim▁end|>",
    "<|end▁of▁sentence|>",
    "<|begin▁of▁sentence|>",
    "<｜fim▁begin｜>",
    "<｜fim▁hole｜>",
    "<｜fim▁end｜>",
    "<｜end▁of▁sentence｜>",
    "<｜begin▁of▁sentence｜>",
    "<PRE>",
    "<SUF>",
    "<MID>",
    "<EOT>",
    "▁<PRE>",
    "▁<SUF>",
    "▁<MID>",
    "▁<EOT>",
    "[PREFIX]",
    "[SUFFIX]",
    "[MIDDLE]",
    "<[fim-prefix]>",
    "<[fim-suffix]>",
    "<[fim-middle]>",
    "<[end▁of▁sentence]>",
    "<[SEP▁TOKEN]>",
    "<end_of_turn>",
    "<start_of_turn>",
    "</s>",
    "<eos>",
    "<bos>",
    "<COMPLETION>",
    "</COMPLETION>",
    "{{FILL_HERE}}",
    "<contextAfterCursor>",
    "<cursorPosition>",
    "\n+++++ ",
    "###REFERENCE:\n",
];

/// A stream that was cut may end in half a token; this much of one cannot be anything else.
const TELLING: usize = 5;

pub(super) fn apply(draft: &mut Draft, scene: &Scene<'_>) -> Verdict {
    let text = draft.text();
    if !text.contains(['<', '[', '{', '+', '#', '▁']) {
        return Verdict::Kept;
    }
    let foreign =
        |token: &&&str| !scene.prefix.contains(**token) && !scene.suffix.contains(**token);
    let whole = |token: &&str| text.find(*token);
    let found = TOKENS
        .iter()
        .filter(|token| text.contains(**token))
        .filter(foreign)
        .filter_map(whole)
        .min();
    let Some(at) = found.or_else(|| unfinished(text)) else {
        return Verdict::Kept;
    };
    draft.truncate(at);
    draft.truncate_to_visible();
    Verdict::changed_or_empty(draft, NAME, "a model's special token was cut off")
}

fn unfinished(text: &str) -> Option<usize> {
    let at = text.rfind('<')?;
    let end = &text[at..];
    let half = end.len() >= TELLING
        && TOKENS
            .iter()
            .any(|token| token.len() > end.len() && token.starts_with(end));
    (half && end.starts_with("<|")).then_some(at)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::shape::testing::check;

    #[test]
    fn cuts_at_the_first_token_of_any_family() {
        check(
            "rust",
            "let x = $0;\n",
            "foo()<|fim_pad|>bar",
            expect![[r#"
                rust
                let x = ⟦foo()⟧;
                -- leak: a model's special token was cut off
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            "1;\n<｜fim▁end｜>let y = 2;",
            expect![[r#"
                rust
                let x = ⟦1;⟧
                -- leak: a model's special token was cut off
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            "1; <MID>",
            expect![[r#"
                rust
                let x = ⟦1;⟧
                -- leak: a model's special token was cut off
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            "1;<|fim_m",
            expect![[r#"
                rust
                let x = ⟦1;⟧
                -- leak: a model's special token was cut off
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            "<|endoftext|>",
            expect![[r#"
                rust
                let x = $0
                nothing: filtered by leak: a model's special token was cut off
                -- leak: nothing is left to show
            "#]],
        );
    }

    #[test]
    fn leaves_what_the_buffer_itself_is_about() {
        check(
            "python",
            "EOS = '<|endoftext|>'\nPAD = $0\n",
            "'<|endoftext|>'",
            expect![[r#"
                python
                EOS = '<|endoftext|>'
                PAD = ⟦'<|endoftext|>'⟧
            "#]],
        );
        check(
            "rust",
            "let x = $0\n",
            "a < b",
            expect![[r#"
                rust
                let x = ⟦a < b⟧
            "#]],
        );
    }
}
