//! The model as an engine: requests in, pieces out.
//!
//! The best lines become alternatives, one piece a token, each with the calibrated probability of
//! everything up to it. A block is the first line, then the next one asked as if the first had been
//! typed, for as long as the whole is probable and the indentation stays inside.
//!
//! Deliberately absent: the gate. What is shown of an answer is the pipeline's choice.

use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, TryLockError};

use il_engine::{
    CancelToken, Capabilities, Chunk, Engine, EngineError, Finish, Length, Origin, Outcome,
    Request, Sink,
};

use crate::decode::Hypothesis;
use crate::family::Family;
use crate::literals::literals;
use crate::model::{RepoModel, family_of};
use crate::session::{At, Session};
use crate::sheet::{Change, read_newline};
use crate::weights::Weights;

const NAME: &str = "repo";

impl Engine for RepoModel {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            remote: false,
            metered: false,
            calibrated: true,
            instant: true,
        }
    }

    fn complete(
        &self,
        request: &Request,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> Result<Outcome, EngineError> {
        if request.cursor > request.text.len() || !request.text.is_char_boundary(request.cursor) {
            let why = format!("the cursor at byte {} is not in the text", request.cursor);
            return Err(EngineError::Failed { engine: NAME, why });
        }
        let session = self.session(&request.path);
        let mut fresh = Session::default();
        let mut guard;
        let session = match session.try_lock() {
            Ok(held) => {
                guard = held;
                &mut *guard
            }
            // A session whose holder panicked, or is busy, is not waited for.
            Err(TryLockError::Poisoned(poisoned)) => {
                guard = PoisonError::into_inner(poisoned);
                *guard = Session::default();
                &mut *guard
            }
            Err(TryLockError::WouldBlock) => &mut fresh,
        };
        let answer = self.answer(request, session, cancel, sink);
        Ok(match answer {
            ControlFlow::Continue(()) => Outcome::Done,
            ControlFlow::Break(()) => Outcome::Cancelled,
        })
    }

    fn file_changed(&self, path: &str, text: Option<&str>) {
        let language = self.language_of(path);
        self.update(path, &language, text);
    }
}

impl RepoModel {
    fn answer(
        &self,
        request: &Request,
        session: &mut Session,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> ControlFlow<()> {
        let snapshot = self.snapshot();
        let name = family_of(&request.language);
        let family = match snapshot.families.get(name) {
            Some(family) => family.clone(),
            None => Arc::new(Family::empty(literals(name))),
        };
        let weights = &*self.weights;
        let at = At {
            path: &request.path,
            language: &request.language,
            text: &request.text,
            cursor: request.cursor,
        };
        session.look(at, &family, snapshot.generation);
        let Some((mut question, work)) = session.question(&family, weights) else {
            return ControlFlow::Continue(());
        };
        let block = matches!(request.length, Length::Block { .. });
        question.may_end = block;
        question.log_floor = self.options.floor.max(1e-9).ln();
        let Some(mut lines) = question.line(work, cancel) else {
            return ControlFlow::Break(());
        };
        lines.retain(|l| !l.text.trim_end().is_empty() || (block && l.done && l.text.is_empty()));
        // A block may start with the end of its first line; the rest of it is then said below.
        let goes_on_below = block && lines.first().is_some_and(|l| l.text.is_empty());
        let mut seen: Vec<&str> = Vec::new();
        let alternatives = if goes_on_below {
            0
        } else {
            request.alternatives.max(1)
        };
        for (alternative, line) in distinct(&lines, &mut seen).take(alternatives).enumerate() {
            let finish = send(alternative, line, 0.0, weights, sink)?;
            let origin = question.origin(line, work);
            if let Some((path, row)) = origin {
                sink(Chunk::Origin {
                    alternative,
                    origin: Origin {
                        path,
                        line: row + 1,
                    },
                })?;
            }
            if alternative > 0 || !block {
                sink(Chunk::End {
                    alternative,
                    finish,
                })?;
            }
        }
        if let (Length::Block { max_lines }, Some(first)) = (
            request.length,
            lines
                .into_iter()
                .find(|l| goes_on_below || !l.text.is_empty()),
        ) {
            let finish = self.block(
                request,
                session,
                &family,
                snapshot.generation,
                first,
                max_lines,
                cancel,
                sink,
            )?;
            sink(Chunk::End {
                alternative: 0,
                finish,
            })?;
        }
        ControlFlow::Continue(())
    }

    /// Goes on after the first line of alternative 0.
    fn block(
        &self,
        request: &Request,
        session: &mut Session,
        family: &Family,
        generation: u64,
        first: Hypothesis,
        max_lines: usize,
        cancel: &CancelToken,
        sink: Sink<'_>,
    ) -> ControlFlow<(), Finish> {
        let weights = &*self.weights;
        if !session.view.rest.is_empty() {
            return ControlFlow::Continue(if first.done {
                Finish::Complete
            } else {
                Finish::Unsure
            });
        }
        let unit = indent_unit(&request.text, &request.language);
        let start_line = request.text[..request.cursor]
            .rfind('\n')
            .map_or(0, |n| n + 1);
        let mut indents = indent_texts(&request.text, start_line, request.cursor, &unit);
        let floor = indents.len();
        let terminator = if request.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let suffix = request.suffix();
        let next_line = suffix.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        let mut said = first.text.clone();
        let mut last = first;
        let mut log_p = last.log_p;
        for _ in 1..max_lines {
            let Some((newline, share)) = last.newline.filter(|_| last.done) else {
                return ControlFlow::Continue(Finish::Unsure);
            };
            let (change, at_margin, blank) = read_newline(newline);
            match change {
                Change::In => {
                    let deeper = format!("{}{unit}", indents.last().map_or("", String::as_str));
                    indents.push(deeper);
                }
                Change::Same => {}
                Change::Out => indents.truncate(indents.len().saturating_sub(1)),
                Change::OutTwo => indents.truncate(indents.len().saturating_sub(2)),
                Change::OutMore => indents.truncate(indents.len().saturating_sub(3)),
            }
            if at_margin && change != Change::In {
                indents.truncate(1);
            }
            if indents.len() < floor || indents.is_empty() {
                return ControlFlow::Continue(Finish::Complete);
            }
            log_p += share.max(1e-6).ln();
            let mut gap = terminator.to_owned();
            if blank {
                gap.push_str(terminator);
            }
            let indent = indents.last().map_or("", String::as_str);
            gap.push_str(indent);
            let cursor = request.cursor + said.len() + gap.len();
            let text = format!("{}{said}{gap}{suffix}", request.prefix());
            let at = At {
                path: &request.path,
                language: &request.language,
                text: &text,
                cursor,
            };
            session.look(at, family, generation);
            let Some((question, work)) = session.question(family, weights) else {
                break;
            };
            let Some(lines) = question.line(work, cancel) else {
                return ControlFlow::Break(());
            };
            let Some(line) = lines.into_iter().find(|l| l.done && !l.text.is_empty()) else {
                return ControlFlow::Continue(Finish::Unsure);
            };
            // What the file says next is not said again.
            if format!("{indent}{}", line.text).trim_end() == next_line.trim_end() {
                return ControlFlow::Continue(Finish::Complete);
            }
            if weights.probability(log_p + line.log_p) < self.options.block_floor {
                return ControlFlow::Continue(Finish::Unsure);
            }
            let piece = Chunk::Piece {
                alternative: 0,
                text: gap.clone(),
                probability: weights.probability(log_p),
            };
            sink(piece)?;
            send(0, &line, log_p, weights, sink)?;
            log_p += line.log_p;
            said.push_str(&gap);
            said.push_str(&line.text);
            last = line;
        }
        ControlFlow::Continue(Finish::Length)
    }
}

/// Whole lines first, each text once, none empty.
fn distinct<'a>(
    lines: &'a [Hypothesis],
    seen: &mut Vec<&'a str>,
) -> impl Iterator<Item = &'a Hypothesis> {
    lines.iter().filter(move |l| {
        let text = l.text.trim_end();
        let new = !text.is_empty() && !seen.contains(&text);
        if new {
            seen.push(text);
        }
        new
    })
}

/// Pushes the pieces of a line that follows something of probability `before`. The last piece of a whole
/// line has no text: its probability is that of the line ending there, of all of it being right.
fn send(
    alternative: usize,
    line: &Hypothesis,
    before: f32,
    weights: &Weights,
    sink: Sink<'_>,
) -> ControlFlow<(), Finish> {
    let mut start = 0;
    for piece in &line.pieces {
        let text = line.text[start..piece.end].to_owned();
        start = piece.end;
        let probability = weights.probability(before + piece.log_p);
        sink(Chunk::Piece {
            alternative,
            text,
            probability,
        })?;
    }
    if line.done {
        let probability = weights.probability(before + line.log_p);
        sink(Chunk::Piece {
            alternative,
            text: String::new(),
            probability,
        })?;
    }
    ControlFlow::Continue(if line.done {
        Finish::Complete
    } else {
        Finish::Unsure
    })
}

/// One level of indentation as this text writes it, or else as its language does.
fn indent_unit(text: &str, language: &str) -> String {
    let mut previous = "";
    let mut votes = [0usize; 9];
    for line in text.lines().filter(|l| !l.trim().is_empty()).take(2000) {
        let indent = &line[..line.len() - line.trim_start().len()];
        if let Some(more) = indent.strip_prefix(previous) {
            if more.starts_with('\t') {
                votes[0] += 1;
            } else if !more.is_empty() && more.len() <= 8 {
                votes[more.len()] += 1;
            }
        }
        previous = indent;
    }
    match (0..9).max_by_key(|&i| votes[i]).filter(|&i| votes[i] > 0) {
        Some(0) => "\t".to_owned(),
        Some(n) => " ".repeat(n),
        None => {
            let registry = il_lang::registry();
            let language = registry
                .by_id(language)
                .unwrap_or_else(|| registry.plaintext());
            language.indent.unit().to_owned()
        }
    }
}

/// The indentations that enclose a line, from the margin to its own, as they are written.
fn indent_texts(text: &str, line_start: usize, cursor: usize, unit: &str) -> Vec<String> {
    let own = &text[line_start..cursor];
    let own = &own[..own.len() - own.trim_start().len()];
    let mut texts = vec![own.to_owned()];
    let mut width = crate::sheet::indentation(own).0;
    for line in text[..line_start].lines().rev().take(2000) {
        if width == 0 {
            break;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let (w, _) = crate::sheet::indentation(indent);
        if !line.trim().is_empty() && w < width {
            texts.push(indent.to_owned());
            width = w;
        }
    }
    if width > 0 && !unit.is_empty() {
        texts.push(String::new());
    }
    texts.reverse();
    texts
}

#[cfg(test)]
mod tests;
