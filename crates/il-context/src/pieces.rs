//! Pieces of other files: what was retrieved, edited and opened, as rows that can be shown.
//!
//! The one idea: whatever a piece is, it is rows of one file with their numbers, so that overlap, gaps and cuts are the same
//! thing for all.
//!
//! Deliberately absent: which of them are shown ([`crate::choice`]).

use std::{borrow::Cow, sync::Arc};

use rustc_hash::FxHashSet;

use crate::{
    around::BYTES,
    material::{Material, Settings},
    report::{Entry, Fate, Kind, Why},
};

/// Texts shorter than this stand everywhere: that they stand around the cursor says nothing.
const TELLING: usize = 24;

/// Some lines of a file.
pub(crate) struct Piece<'a> {
    pub(crate) kind: Kind,
    pub(crate) path: Arc<str>,
    pub(crate) symbol: &'a str,
    pub(crate) score: f32,
    pub(crate) rows: Vec<Row<'a>>,
}

/// One line as it is shown.
#[derive(Clone)]
pub(crate) struct Row<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Its number in the file, 0-based; `None` for the mark of a gap.
    pub(crate) line: Option<u32>,
}

impl Piece<'_> {
    /// Its lines in the file, of the first `rows` rows.
    fn lines(&self, rows: usize) -> impl Iterator<Item = u32> {
        self.rows[..rows].iter().filter_map(|it| it.line)
    }

    pub(crate) fn first_line(&self) -> u32 {
        self.lines(self.rows.len()).next().unwrap_or_default()
    }

    pub(crate) fn entry(&self, rows: usize, tokens: usize, fate: Fate) -> Entry {
        Entry {
            kind: self.kind,
            path: self.path.clone(),
            lines: self.lines(rows).collect(),
            symbol: self.symbol.into(),
            score: self.score,
            tokens,
            fate,
        }
    }

    /// Whether it stands in what is shown of the current file.
    pub(crate) fn is_visible(&self, path: &str, shown: &Shown<'_>) -> bool {
        let mut lines = self.lines(self.rows.len());
        if *self.path == *path && lines.any(|it| shown.first <= it && it <= shown.last) {
            return true;
        }
        // With a gap in it, it stands nowhere as it is: no line is shown that is the mark of one.
        if !self
            .rows
            .iter()
            .all(|it| shown.lines.contains(it.text.trim()))
        {
            return false;
        }
        let text: Vec<&str> = self.rows.iter().map(|it| it.text.as_ref()).collect();
        let text = text.join("\n");
        let text = text.trim();
        text.len() >= TELLING && shown.texts.iter().any(|it| it.contains(text))
    }
}

/// What is shown of the current file.
pub(crate) struct Shown<'t> {
    /// Its lines in the file.
    first: u32,
    last: u32,
    texts: [&'t str; 2],
    lines: FxHashSet<&'t str>,
}

impl<'t> Shown<'t> {
    pub(crate) fn new(first: u32, last: u32, texts: [&'t str; 2]) -> Self {
        Self {
            first,
            last,
            texts,
            lines: texts
                .iter()
                .flat_map(|it| it.lines())
                .map(str::trim)
                .collect(),
        }
    }
}

/// All pieces, the best first within their kind, and what was left out because another shows it or a window of `tokens` cannot.
pub(crate) fn collect<'a>(
    material: &Material<'a>,
    settings: &Settings,
    tokens: usize,
) -> (Vec<Piece<'a>>, Vec<Entry>) {
    let most = tokens.saturating_mul(BYTES);
    let snippets = material.snippets.iter().map(|it| Piece {
        kind: Kind::Snippet(it.source),
        path: it.path.as_str().into(),
        symbol: &it.symbol,
        score: it.score,
        rows: rows(&it.text, it.lines.iter().copied(), most),
    });
    let edits = material.edits.iter().map(|it| Piece {
        kind: Kind::Edit,
        path: it.path.clone(),
        symbol: "",
        score: 0.0,
        rows: rows(&it.text, it.line.., most),
    });
    let tabs = material.tabs.iter().map(|it| Piece {
        kind: Kind::Tab,
        path: it.path.clone(),
        symbol: "",
        score: 0.0,
        rows: rows(&it.text, it.line.., most),
    });
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    let mut left_out = Vec::new();
    for piece in snippets.chain(edits).chain(tabs) {
        if piece.rows.is_empty() {
            left_out.push(piece.entry(0, 0, Fate::LeftOut(Why::Budget)));
            continue;
        }
        match pieces.iter_mut().find(|it| absorbs(it, &piece)) {
            Some(other) => {
                left_out.push(piece.entry(piece.rows.len(), 0, Fate::LeftOut(Why::Duplicate)));
                join(other, piece);
            }
            None => pieces.push(piece),
        }
    }
    for piece in &mut pieces {
        if settings.mark_gaps {
            mark_gaps(&mut piece.rows, material.comment);
        }
    }
    (pieces, left_out)
}

/// A text's lines with their numbers, as many as have at most so many bytes; blank ones at its ends are not worth a token.
fn rows(text: &str, lines: impl Iterator<Item = u32>, most: usize) -> Vec<Row<'_>> {
    let mut left = most;
    let mut rows: Vec<Row<'_>> = text
        .lines()
        .zip(lines)
        .map(|(text, line)| Row {
            text: Cow::Borrowed(text),
            line: Some(line),
        })
        .skip_while(|it| it.text.trim().is_empty())
        .take_while(|it| {
            let fits = it.text.len() <= left;
            left = left.saturating_sub(it.text.len());
            fits
        })
        .collect();
    while rows.last().is_some_and(|it| it.text.trim().is_empty()) {
        rows.pop();
    }
    rows
}

/// Whether `piece` can go into `other`: the same text, or the same file with lines in common that say the same.
fn absorbs(other: &Piece<'_>, piece: &Piece<'_>) -> bool {
    if other.path != piece.path {
        let same = |(a, b): (&Row<'_>, &Row<'_>)| a.text == b.text;
        return other.rows.len() == piece.rows.len()
            && other.rows.iter().zip(&piece.rows).all(same);
    }
    let mut common = 0;
    for row in &piece.rows {
        if let Ok(idx) = other.rows.binary_search_by_key(&row.line, |it| it.line) {
            if other.rows[idx].text != row.text {
                return false;
            }
            common += 1;
        }
    }
    common > 0
}

/// Puts the lines of `piece` that `other` lacks into it.
fn join<'a>(other: &mut Piece<'a>, piece: Piece<'a>) {
    if other.path != piece.path {
        return;
    }
    for row in piece.rows {
        if let Err(idx) = other.rows.binary_search_by_key(&row.line, |it| it.line) {
            other.rows.insert(idx, row);
        }
    }
    // What is stable for one reason is stable.
    if piece.kind.is_stable() && !other.kind.is_stable() {
        other.kind = piece.kind;
        other.symbol = piece.symbol;
    }
    other.score = other.score.max(piece.score);
}

/// Puts a comment with three dots where lines were left out.
fn mark_gaps(rows: &mut Vec<Row<'_>>, comment: &str) {
    let mut idx = 1;
    while idx < rows.len() {
        let (before, here) = (rows[idx - 1].line, rows[idx].line);
        if before.map(|it| it + 1) != here {
            let text = rows[idx].text.as_ref();
            let indent = &text[..text.len() - text.trim_start().len()];
            let comment = if comment.is_empty() { "#" } else { comment };
            let mark = Row {
                text: Cow::Owned(format!("{indent}{comment} ...")),
                line: None,
            };
            rows.insert(idx, mark);
            idx += 1;
        }
        idx += 1;
    }
}
