//! How much a prompt may hold, and a context for those who bring none.
//!
//! The one idea: whoever packs contexts is told what every block costs as it will be written. A request without a
//! context is still answered from its own text: whole lines around the cursor, as many as fit.
//!
//! Deliberately absent: pieces of other files, which somebody else chooses, and keeping caches warm.

use std::sync::Arc;

use il_engine::{
    Context, Request, Window,
    context::{Estimate, Tokenizer},
    fim::{Element, Facts, Slot, Template, registry},
};

use crate::{Dialect, Settings, SetupError};

/// Tokens that a server adds by itself, and what an estimate is wrong by on a short text.
const SLACK: usize = 32;
/// Of what is left of a window, the share of the text behind the cursor.
const SUFFIX_SHARE: usize = 4;

/// The family that the model belongs to, chosen or by its name.
pub(crate) fn family(settings: &Settings) -> Result<Arc<Template>, SetupError> {
    if let Some(template) = &settings.template {
        return Ok(Arc::clone(template));
    }
    if settings.choice.model.is_empty() {
        let host = settings.choice.host().to_owned();
        return Err(SetupError::NoTemplate(host, Dialect::LlamaServer.word()));
    }
    let found = registry().detect(&Facts::named(&settings.choice.model))?;
    Ok(found.template)
}

/// How prompts for an endpoint are made; `words` are tokens of the instructions around a hole.
pub(crate) fn window(
    settings: &Settings,
    template: &Arc<Template>,
    words: usize,
) -> Result<Window, SetupError> {
    let taken = settings.max_answer_tokens + SLACK + words;
    let tokens = settings.context_tokens.saturating_sub(taken);
    if tokens < SLACK {
        return Err(SetupError::TooSmall {
            context: settings.context_tokens,
            taken,
        });
    }
    Ok(Window {
        tokens,
        tokenizer: Arc::new(Estimate::default()),
        template: Arc::clone(template),
    })
}

/// What a prompt costs for a server that is given the suffix apart, and how blocks are written for it: as the family
/// does where that takes no markers, else as comments.
pub(crate) fn apart(family: Option<&Arc<Template>>) -> Result<Template, SetupError> {
    let plain = registry().by_id("plain")?;
    let wordy = |it: &&Arc<Template>| {
        let parts = [&it.repository, &it.block, &it.current];
        let mut all = parts.into_iter().flatten();
        !all.any(|it| matches!(it, Element::Marker(_)))
    };
    let mut template = Template::clone(family.filter(wordy).unwrap_or(&plain));
    let slots = |all: &[Slot]| all.iter().copied().map(Element::Slot).collect();
    template.fill = slots(&[Slot::Blocks, Slot::Prefix, Slot::Begun, Slot::Suffix]);
    template.left_to_right = slots(&[Slot::Blocks, Slot::Prefix, Slot::Begun]);
    template.other = Vec::new();
    Ok(template)
}

/// Whole lines of the request's own text around the cursor.
pub(crate) fn own_text(request: &Request, window: &Window) -> Context {
    let tokens = window.tokens;
    let tokenizer = window.tokenizer.as_ref();
    let whole = tokenizer.count(&[request.suffix()])[0];
    // What one side does not need is the other's.
    let needs = tokenizer.count(&[request.prefix()])[0];
    let share = (tokens / SUFFIX_SHARE).max(tokens.saturating_sub(needs));
    let suffix = match whole <= share {
        true => request.suffix(),
        false => first_lines(request.suffix(), share, tokenizer),
    };
    let left = tokens.saturating_sub(tokenizer.count(&[suffix])[0]);
    let prefix = last_lines(request.prefix(), left, tokenizer);
    Context {
        path: Arc::clone(&request.path),
        language: Arc::clone(&request.language),
        prefix: prefix.into(),
        suffix: suffix.into(),
        ..Context::default()
    }
}

/// As many whole lines from the start as fit.
fn first_lines<'a>(text: &'a str, tokens: usize, tokenizer: &dyn Tokenizer) -> &'a str {
    let (mut end, mut used) = (0, 0);
    for line in text.split_inclusive('\n') {
        used += tokenizer.count(&[line])[0];
        if used > tokens {
            break;
        }
        end += line.len();
    }
    &text[..end]
}

/// As many whole lines from the end as fit; of the last one at least its end.
fn last_lines<'a>(text: &'a str, tokens: usize, tokenizer: &dyn Tokenizer) -> &'a str {
    if tokenizer.count(&[text])[0] <= tokens {
        return text;
    }
    let (mut start, mut used) = (text.len(), 0);
    for line in text.split_inclusive('\n').rev() {
        used += tokenizer.count(&[line])[0];
        if used > tokens {
            break;
        }
        start -= line.len();
    }
    if start < text.len() || text.ends_with('\n') {
        return &text[start..];
    }
    let mut rest = &text[text.rfind('\n').map_or(0, |it| it + 1)..];
    while tokenizer.count(&[rest])[0] > tokens {
        let mut middle = rest.len().div_ceil(2);
        while !rest.is_char_boundary(middle) {
            middle += 1;
        }
        rest = &rest[middle..];
    }
    rest
}

#[cfg(test)]
mod tests {
    use il_engine::{Length, Priority};

    use super::*;

    /// A token a byte, so that the figures can be read.
    #[track_caller]
    fn check(text: &str, tokens: usize, expected: (&str, &str)) {
        let cursor = text.find("$0").expect("a cursor");
        let window = Window {
            tokens,
            tokenizer: Arc::new(Estimate {
                bytes_per_token: 1.0,
            }),
            template: registry().by_id("plain").expect("in the table"),
        };
        let request = Request {
            path: "a.rs".into(),
            language: "rust".into(),
            text: text.replace("$0", "").into(),
            cursor,
            length: Length::Line,
            alternatives: 1,
            priority: Priority::Interactive,
            context: None,
            workspace: Arc::default(),
        };
        let context = own_text(&request, &window);
        assert_eq!((&*context.prefix, &*context.suffix), expected);
        assert!(context.prefix.len() + context.suffix.len() <= tokens);
    }

    #[test]
    fn what_fits_is_there_whole() {
        check("a\nb$0c\nd\n", 8, ("a\nb", "c\nd\n"));
        check("$0", 8, ("", ""));
    }

    #[test]
    fn lines_are_whole_and_the_nearest_stay() {
        let text = "aaa\nbbb\nccc\nddd$0;\neee\nfff\nggg\n";
        check(text, 16, ("bbb\nccc\nddd", ";\n"));
        check(text, 24, ("aaa\nbbb\nccc\nddd", ";\neee\n"));
    }

    #[test]
    fn what_one_side_does_not_need_is_the_others() {
        check("a$0;\neee\nfff\nggg\n", 11, ("a", ";\neee\nfff\n"));
        check("aaa\nbbb\nccc\nd$0;", 14, ("aaa\nbbb\nccc\nd", ";"));
    }

    #[test]
    fn of_a_line_without_end_the_end_before_the_cursor_stays() {
        check("0123456789é123456789$0", 8, ("6789", ""));
        check("aaa\n$0bbbbbbbbbbbbbbbb", 4, ("aaa\n", ""));
    }
}
