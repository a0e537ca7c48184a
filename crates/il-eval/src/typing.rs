//! Simulated typing: what ghost text saves someone who types held-out code and accepts only what is right.
//!
//! The one idea: at every position the engine is asked, the gate cuts, and what is shown is accepted with
//! one key if and only if the hidden text goes on with it; otherwise the next character is typed. So the
//! keys pressed against the characters written is the saving that an attentive person would see.
//!
//! Indentation is the editor's work and counts on neither side; the line end is one key and one character.
//! Blank lines and lines longer than 200 bytes are given, not typed.

use il_complete::gate::GateConfig;
use il_engine::{Engine, EngineError, Length};

use crate::answer::{Place, Took, ask};

const MAX_LINE: usize = 200;
/// Accepting fewer characters than this saves nothing.
const MIN_ACCEPTED: usize = 2;

/// What came of typing one range.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// Characters written, line ends included.
    pub(crate) characters: usize,
    /// Keys pressed, one for each accepted suggestion.
    pub(crate) keys: usize,
    /// The same where one may also accept the first words of a suggestion, a key each.
    pub(crate) keys_by_word: usize,
    /// Suggestions that appeared; one that is typed through is still the same one.
    pub(crate) shown: usize,
    pub(crate) accepted: usize,
    pub(crate) accepted_characters: usize,
    /// What each request took.
    pub(crate) took: Vec<Took>,
}

/// Types `hidden` after `before`, with `after` in view.
pub(crate) fn type_range(
    engine: &dyn Engine,
    gate: &GateConfig,
    path: &str,
    (before, hidden, after): (&str, &str, &str),
) -> Result<Typed, EngineError> {
    let mut typist = Typist {
        engine,
        gate,
        path,
        after,
        written: before.to_owned(),
        typed: Typed::default(),
    };
    for (number, line) in hidden.split('\n').enumerate() {
        if number > 0 {
            typist.written.push('\n');
        }
        let code = line.trim();
        if code.is_empty() || code.len() > MAX_LINE {
            typist.written.push_str(line);
            continue;
        }
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        typist.written.push_str(indent);
        typist.type_line(code)?;
        typist.written.push_str(&rest[code.len()..]);
    }
    Ok(typist.typed)
}

struct Typist<'a> {
    engine: &'a dyn Engine,
    gate: &'a GateConfig,
    path: &'a str,
    after: &'a str,
    written: String,
    typed: Typed,
}

impl Typist<'_> {
    fn type_line(&mut self, code: &str) -> Result<(), EngineError> {
        let mut at = 0;
        // How far someone who accepts by word has got, and what is left of the ghost text on show.
        let mut by_word = 0;
        let mut on_show = String::new();
        while at < code.len() {
            let truth = &code[at..];
            let ghost = self.ask()?;
            if let Some(ghost) = &ghost {
                self.typed.shown += usize::from(*ghost != on_show);
            }
            let (step, by_word_keys) = match &ghost {
                Some(ghost) if is_right(ghost, truth) => {
                    self.typed.accepted += 1;
                    self.typed.accepted_characters += ghost.chars().count();
                    (ghost.len(), Some((1, ghost.len())))
                }
                Some(ghost) => (first_len(truth), right_words(ghost, truth)),
                None => (first_len(truth), None),
            };
            self.typed.keys += 1;
            if by_word <= at {
                let (keys, len) = by_word_keys.unwrap_or((1, step));
                self.typed.keys_by_word += keys;
                by_word = at + len;
            }
            self.written.push_str(&truth[..step]);
            on_show = ghost
                .and_then(|ghost| ghost.strip_prefix(&truth[..step]).map(str::to_owned))
                .unwrap_or_default();
            at += step;
        }
        self.typed.characters += code.chars().count() + 1;
        self.typed.keys += 1;
        self.typed.keys_by_word += 1;
        Ok(())
    }

    /// The ghost text here, if there is any: one line of it.
    fn ask(&mut self) -> Result<Option<String>, EngineError> {
        let answer = ask(
            self.engine,
            Place {
                path: self.path,
                before: &self.written,
                after: self.after,
                length: Length::Line,
            },
        )?;
        self.typed.took.push(answer.took);
        let ghost = answer.gated(self.gate).and_then(|(text, _)| {
            let line = text.split('\n').next()?.trim_end();
            (!line.is_empty()).then(|| line.to_owned())
        });
        Ok(ghost)
    }
}

fn is_right(ghost: &str, truth: &str) -> bool {
    truth.starts_with(ghost) && ghost.chars().count() >= MIN_ACCEPTED
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Keys and bytes of accepting the words at the start of `ghost` that are right, where that is a saving.
fn right_words(ghost: &str, truth: &str) -> Option<(usize, usize)> {
    let mut words = 0;
    let mut len = 0;
    for word in word_steps(ghost) {
        if !truth[len..].starts_with(word) {
            break;
        }
        words += 1;
        len += word.len();
    }
    let characters = ghost[..len].chars().count();
    (characters > words).then_some((words, len))
}

/// What "accept the next word" takes at a time: anything, then one word.
fn word_steps(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find(is_word).unwrap_or(rest.len());
        let end = rest[start..]
            .find(|c| !is_word(c))
            .map_or(rest.len(), |it| start + it);
        let (step, after) = rest.split_at(end);
        rest = after;
        Some(step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::tests::Scripted;

    /// Types `hidden` while an engine says the same whenever the text before the cursor ends so.
    fn check(script: &[(&str, &str, f32)], hidden: &str) -> (usize, usize, usize, usize, usize) {
        let engine = Scripted::new(script);
        let typed = type_range(
            &engine,
            &GateConfig::default(),
            "a.py",
            ("import a\n", hidden, "\nend()\n"),
        )
        .unwrap();
        assert_eq!(engine.calls(), typed.took.len());
        (
            typed.characters,
            typed.keys,
            typed.keys_by_word,
            typed.shown,
            typed.accepted,
        )
    }

    #[test]
    fn without_suggestions_every_character_is_a_key() {
        assert_eq!(check(&[], "ab\n    cd\n\nef"), (9, 9, 9, 0, 0));
    }

    #[test]
    fn a_right_suggestion_is_one_key() {
        // `re` typed, `turn x` accepted, the line end: 4 keys for 9 characters.
        assert_eq!(
            check(&[("\n  re", "turn x", 0.9)], "  return x"),
            (9, 4, 4, 1, 1)
        );
    }

    #[test]
    fn a_wrong_suggestion_saves_nothing_but_its_first_words_may() {
        // `return y` is shown at the start; by word one takes `return` (1 key), then types ` x` and the end.
        assert_eq!(
            check(&[("import a\n", "return y", 0.9)], "return x"),
            (9, 9, 4, 1, 0)
        );
    }

    #[test]
    fn what_the_gate_holds_back_is_not_shown() {
        assert_eq!(
            check(&[("import a\n", "return x", 0.1)], "return x"),
            (9, 9, 9, 0, 0)
        );
    }

    #[test]
    fn a_suggestion_typed_through_counts_once() {
        let script = [
            ("import a\n", "foo(2)", 0.9),
            ("\nf", "oo(2)", 0.9),
            ("\nfo", "bar", 0.9),
        ];
        assert_eq!(check(&script, "foo(1)").3, 2);
    }

    #[test]
    fn words_are_accepted_whole() {
        assert_eq!(right_words("foo(barn)", "foo(bar)"), Some((1, 3)));
        assert_eq!(right_words("x", "x"), None);
        assert_eq!(
            word_steps("a.b (c) ").collect::<Vec<_>>(),
            ["a", ".b", " (c", ") "]
        );
    }
}
