//! One answer as it comes: cut where it has to end, whoever else would have stopped it.
//!
//! The one idea: text goes out as soon as it cannot be the beginning of something that ends the answer, and not before;
//! so a stop text that comes in two pieces is never half shown.
//!
//! Deliberately absent: whether the answer is any good.

use std::{mem, sync::Arc};

use il_engine::{
    Length,
    fim::{Template, restore},
};

/// What broke a marker in user code, see [`il_engine::fim::neutralise`].
const DOT: char = '·';

/// One alternative.
#[derive(Debug)]
pub(crate) struct Answer {
    stops: Vec<Arc<str>>,
    /// Ends of lines that may still go out; nothing for answers without a limit.
    lines: Option<usize>,
    /// User code had its markers broken with this template; what the model repeats of them is mended.
    mends: Option<Arc<Template>>,
    /// Bytes within which a marker and its dot are whole.
    reach: usize,
    /// Came and did not go out yet.
    held: String,
    ended: bool,
}

/// What goes out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) text: String,
    /// The answer is over here: a stop text or the last line's end was reached.
    pub(crate) ended: bool,
}

impl Answer {
    /// An answer without a limit but its stop texts.
    pub(crate) fn new(stops: Vec<Arc<str>>) -> Self {
        Self {
            stops: stops.into_iter().filter(|it| !it.is_empty()).collect(),
            lines: None,
            mends: None,
            reach: 0,
            held: String::new(),
            ended: false,
        }
    }

    /// It ends with the line or the block.
    pub(crate) fn within(mut self, length: Length) -> Self {
        self.lines = Some(match length {
            Length::Line => 1,
            Length::Block { max_lines } => max_lines.max(1),
        });
        self
    }

    /// Markers that were broken in what the model was shown are whole again.
    pub(crate) fn mending(mut self, template: &Arc<Template>) -> Self {
        let longest = template.markers.iter().map(|it| it.len()).max();
        // Those of other families are broken as well; none is longer than this.
        self.reach = longest.unwrap_or(0).max(48) + DOT.len_utf8();
        self.mends = Some(Arc::clone(template));
        self
    }

    /// Nothing more goes out.
    pub(crate) fn is_over(&self) -> bool {
        self.ended
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, text: &str) -> Out {
        if self.ended {
            return Out::default();
        }
        self.held.push_str(text);
        if let Some(at) = self.end() {
            self.held.truncate(at);
            return self.finish(true);
        }
        let keep = self.undecided();
        let rest = self.held.split_off(keep);
        let out = mem::replace(&mut self.held, rest);
        if let Some(lines) = &mut self.lines {
            *lines -= newlines(&out).count();
        }
        Out {
            text: self.mended(out),
            ended: false,
        }
    }

    /// Nothing more comes: what was held back goes out.
    pub(crate) fn flush(&mut self) -> Out {
        if self.ended {
            return Out::default();
        }
        self.finish(false)
    }

    fn finish(&mut self, ended: bool) -> Out {
        self.ended = true;
        let text = mem::take(&mut self.held);
        Out {
            text: self.mended(text),
            ended,
        }
    }

    /// Where the answer ends in what is held.
    fn end(&self) -> Option<usize> {
        let stops = self.stops.iter();
        let stop = stops.filter_map(|it| self.held.find(it.as_ref())).min();
        let line = self.lines.and_then(|left| {
            let at = newlines(&self.held).nth(left - 1)?;
            Some(self.held[..at].trim_end_matches('\r').len())
        });
        match (stop, line) {
            (Some(stop), Some(line)) => Some(stop.min(line)),
            (stop, line) => stop.or(line),
        }
    }

    /// From where on what is held may be the beginning of an end.
    fn undecided(&self) -> usize {
        let held = &self.held;
        let mut keep = held.len();
        for stop in &self.stops {
            let longest = (stop.len() - 1).min(held.len());
            let begins = (1..=longest).rev().find(|it| {
                let at = held.len() - it;
                held.is_char_boundary(at) && stop.as_bytes().starts_with(&held.as_bytes()[at..])
            });
            keep = keep.min(held.len() - begins.unwrap_or(0));
        }
        // A carriage return may belong to the line's end that is the answer's.
        if self.lines.is_some() {
            keep = keep.min(held.trim_end_matches('\r').len());
        }
        if self.mends.is_some() {
            keep = keep.min(self.broken_marker());
        }
        keep
    }

    /// Where the last broken marker begins that may not be whole yet.
    fn broken_marker(&self) -> usize {
        let held = &self.held;
        let opens = |it: char| matches!(it, '<' | '[' | '▁');
        let from = held.len().saturating_sub(self.reach);
        let from = (from..=held.len()).find(|it| held.is_char_boundary(*it));
        let from = from.unwrap_or(held.len());
        let dotted = held[from..].match_indices(DOT).map(|it| from + it.0);
        let before = |at: usize| {
            let first = held[..at].chars().next_back().filter(|it| opens(*it))?;
            Some(at - first.len_utf8())
        };
        let first = dotted.filter_map(before).min();
        let last = held.chars().next_back().filter(|it| opens(*it));
        let last = last.map(|it| held.len() - it.len_utf8());
        first.or(last).unwrap_or(held.len())
    }

    fn mended(&self, text: String) -> String {
        match &self.mends {
            Some(template) if text.contains(DOT) => restore(&text, template).into_owned(),
            _ => text,
        }
    }
}

/// Where lines end.
fn newlines(text: &str) -> impl Iterator<Item = usize> {
    text.bytes()
        .enumerate()
        .filter(|it| it.1 == b'\n')
        .map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use il_engine::fim::{neutralise, registry};

    use super::*;

    fn run(mut answer: Answer, pieces: &[&str]) -> String {
        let mut said = String::new();
        for piece in pieces {
            let out = answer.push(piece);
            said.push_str(&out.text);
            if out.ended {
                return said + "|";
            }
        }
        said + &answer.flush().text
    }

    /// The text whole, split in two at every place, and letter by letter.
    #[track_caller]
    fn check(make: &dyn Fn() -> Answer, text: &str, expected: &str) {
        assert_eq!(run(make(), &[text]), expected);
        let places = (0..=text.len()).filter(|it| text.is_char_boundary(*it));
        for at in places {
            assert_eq!(
                run(make(), &[&text[..at], &text[at..]]),
                expected,
                "at {at}"
            );
        }
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(run(make(), &letters), expected);
    }

    #[test]
    fn a_line_ends_before_its_end() {
        let line = || Answer::new(Vec::new()).within(Length::Line);
        check(&line, "a + b;\nlet", "a + b;|");
        check(&line, "a + b;\r\nlet", "a + b;|");
        check(&line, "\nlet", "|");
        check(&line, "a\rb", "a\rb");
        check(&line, "a", "a");
        check(&line, "a\r", "a\r");
    }

    #[test]
    fn a_block_has_so_many_lines() {
        let block = || Answer::new(Vec::new()).within(Length::Block { max_lines: 3 });
        check(&block, "{\n  a\n}\n\nb", "{\n  a\n}|");
        check(&block, "{\r\n  a\r\n}\r\n", "{\r\n  a\r\n}|");
        check(&block, "{\n  a\n", "{\n  a\n");
    }

    #[test]
    fn a_stop_text_is_never_half_shown() {
        let stops = || Answer::new(vec!["<|end|>".into(), "aab".into()]);
        check(&stops, "x<|end|>y", "x|");
        check(&stops, "x<|en", "x<|en");
        check(&stops, "x<|<|end|>", "x<||");
        check(&stops, "aaab", "a|");
        check(&stops, "🦀🦀aab", "🦀🦀|");
        check(&stops, "aa🦀", "aa🦀");
    }

    #[test]
    fn the_first_end_counts() {
        let both = || Answer::new(vec!["b\n".into()]).within(Length::Line);
        check(&both, "ab\n", "a|");
        check(&both, "a\nb\n", "a|");
    }

    #[test]
    fn text_goes_out_as_soon_as_it_can_be_no_end() {
        let mut answer = Answer::new(vec!["END".into()]).within(Length::Line);
        assert_eq!(answer.push("a E").text, "a ");
        assert_eq!(answer.push("Nd E").text, "ENd ");
        assert_eq!(answer.flush().text, "E");
        assert!(answer.is_over());
        assert_eq!(answer.push("x"), Out::default());
    }

    #[test]
    fn markers_that_were_broken_in_user_code_are_whole_in_the_answer() {
        let template = registry().by_id("qwen2.5-coder").expect("in the table");
        let code = "t = \"<|fim_prefix|>\" + '[PREFIX]' + \"<|x|>\" # a·b <· [";
        let shown = neutralise(code, &template).into_owned();
        assert_ne!(shown, code);
        let mending = || Answer::new(vec!["<|endoftext|>".into()]).mending(&template);
        check(&mending, &shown, code);
        check(
            &mending,
            &format!("{shown}<|endoftext|>"),
            &format!("{code}|"),
        );
    }
}
