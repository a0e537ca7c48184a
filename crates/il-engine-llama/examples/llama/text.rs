//! Prompts of a given length.
//!
//! Deliberately absent: files; the text is made up, so that every run has the same.

use il_engine_llama::LlamaModel;

/// Lines that look like code; different rounds have nothing in common, so that nothing is known already.
pub(crate) fn lines(round: usize) -> impl Iterator<Item = String> {
    let names = ["reader", "offset", "window", "parser", "length", "buffer"];
    (0..).map(move |it| {
        let (a, b) = (names[it % 6], names[(it / 6 + round) % 6]);
        format!("    let {a}_{round}_{it} = {b}.next({it})?.filter(|{a}| {a}.len() > {round});\n")
    })
}

/// Text of about so many tokens, never more.
pub(crate) fn of_tokens(model: &LlamaModel, tokens: usize, round: usize) -> String {
    let mut text = format!("// round {round}\n");
    let mut count = 0;
    for line in lines(round) {
        count += model.tokens(&line, false).map_or(0, |it| it.len());
        if count + 8 > tokens {
            return text;
        }
        text.push_str(&line);
    }
    text
}
