//! Holes for chat models: a question with one hole, and the text that belongs into it out of whatever they answer.
//!
//! The one idea: a chat model can be asked for the missing text between two tags; what it adds all the same (fences, prose, the line it
//! completes, the whole file) is known text, so it can be taken off by comparing with what was shown.
//!
//! Deliberately absent: sending it (`il_engine::chat::Chat`).

mod extractor;

use std::{fmt::Write as _, sync::Arc};

use il_engine::{
    Context,
    chat::{ChatRequest, Message, Role, Said},
};

pub use extractor::Extractor;

/// What stands around the missing text in an answer.
const TAG: &str = "FILL";
/// What stands where it is missing.
const HOLE: &str = "HOLE";

/// Tokens of the question beside the context, about: to be taken off the window that a context for it is packed for.
pub const OVERHEAD: usize = 256;

/// A question for the text that is missing at the cursor, and who reads the answer.
pub fn ask(context: &Context, max_tokens: usize) -> (ChatRequest, Extractor) {
    let before = format!("{}{}", context.prefix, context.begun);
    let free = |word: &str| {
        let taken = |word: &str| {
            let blocks = context.blocks.iter().map(|it| it.text.as_ref());
            let all = blocks.chain([before.as_str(), &context.suffix]);
            all.into_iter().any(|it| it.contains(word))
        };
        let numbered = (0..).map(|n| match n {
            0 => word.to_owned(),
            n => format!("{word}_{n}"),
        });
        let mut free = numbered.filter(|it| !taken(it));
        free.next().expect("a text holds finitely many words")
    };
    let (tag, hole) = (free(TAG), free(HOLE));
    let mark = format!("{{{{{hole}}}}}");
    let close = format!("</{tag}>");
    let request = ChatRequest {
        system: Some(said(system(&tag, &mark))),
        messages: vec![Message {
            role: Role::User,
            text: said(user(context, &before, &tag, &mark)),
        }],
        max_tokens,
        temperature: Some(0.0),
        stops: vec![close.as_str().into()],
        files: context.files(),
    };
    let extractor = Extractor::new(
        before,
        context.suffix.clone(),
        format!("<{tag}>"),
        close,
        mark,
    );
    (request, extractor)
}

fn said(text: String) -> Said {
    Said(Arc::from(text))
}

fn system(tag: &str, mark: &str) -> String {
    format!(
        "You complete code at the cursor of an editor. One file has a hole, marked {mark}. Answer with the text that belongs in its place and \
         nothing else, between <{tag}> and </{tag}>. The text goes in exactly as it is: begin where the text before the hole ends, also in the \
         middle of a word or line, indent the lines that follow as the file does, and stop where the text behind the hole begins. Do not repeat what \
         stands around the hole. No explanations, no code fences. If nothing is missing, answer <{tag}></{tag}>."
    )
}

fn user(context: &Context, before: &str, tag: &str, mark: &str) -> String {
    let mut text = String::new();
    // A string takes everything that is written to it.
    for block in &context.blocks {
        let _ = writeln!(
            text,
            "<file path=\"{}\">\n{}\n</file>",
            block.path, block.text
        );
    }
    let (path, language, after) = (&context.path, &context.language, &context.suffix);
    let _ = writeln!(
        text,
        "<current path=\"{path}\" language=\"{language}\">\n{before}{mark}{after}\n</current>"
    );
    let _ = write!(
        text,
        "What belongs in the place of {mark}? Answer <{tag}>…</{tag}>."
    );
    text
}
