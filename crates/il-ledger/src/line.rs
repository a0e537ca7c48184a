//! A line of the books.
//!
//! The one idea: JSON Lines, each one whole in itself. What a version does not know of a line it ignores, so the
//! version in the header changes only when an old reader would count wrong.
//!
//! Deliberately absent: anything of a prompt or an answer.

use il_engine::usage::Usage;
use serde::{Deserialize, Serialize};

/// The version that is written, and the latest that is read.
pub(crate) const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub(crate) enum Line {
    /// The first one. Two processes that begin a file at the same time both write it.
    Header { version: u32 },
    /// A request is under way that costs this much at most.
    Open(Open),
    /// An answer and what it cost.
    Answer(Record),
    /// A request that cost nothing.
    Close { of: String },
}

/// A request that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) time: u64,
    pub(crate) user: String,
    /// In the currency of the cap.
    pub(crate) micros: u64,
    pub(crate) currency: String,
}

/// One answered request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Seconds since 1970.
    pub time: u64,
    pub user: String,
    pub task: String,
    pub endpoint: String,
    pub model: String,
    /// Tokens of the prompt, cached ones included.
    pub prompt: u64,
    pub cached: u64,
    /// Tokens of the answer.
    pub answer: u64,
    /// The provider's own figures, not an estimate.
    pub exact: bool,
    /// What it cost, in millionths of `currency`; `None` where no price is known.
    pub micros: Option<u64>,
    pub currency: Option<String>,
    /// The reservation that it settles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl Record {
    pub(crate) fn tokens(&mut self, usage: Usage) {
        self.prompt = usage.prompt;
        self.cached = usage.cached;
        self.answer = usage.answer;
        self.exact = usage.exact;
    }
}

/// What became of a piece of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) lines: Vec<Line>,
    /// Lines that are none: the rest of a write that was cut off, or what a disk made of them.
    pub(crate) damaged: usize,
    /// How many bytes were read.
    pub(crate) read: usize,
    /// How many follow, which have no line end yet.
    pub(crate) rest: usize,
    /// A header of a later version.
    pub(crate) later: Option<u32>,
}

/// Reads whole lines; leaves a last one that has no end.
pub(crate) fn read(bytes: &[u8]) -> Lines {
    let whole = bytes
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |it| it + 1);
    let mut found = Lines {
        read: whole,
        rest: bytes.len() - whole,
        ..Lines::default()
    };
    for line in bytes[..whole]
        .split(|b| *b == b'\n')
        .filter(|it| !it.is_empty())
    {
        match serde_json::from_slice(line) {
            Ok(Line::Header { version }) if version > VERSION => found.later = Some(version),
            Ok(line) => found.lines.push(line),
            Err(_) => found.damaged += 1,
        }
    }
    found
}

/// As it is written, with its end.
pub(crate) fn write(line: &Line) -> String {
    // Strings and numbers alone: nothing in it can fail to be JSON.
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn lines_look_like_this() {
        let record = Record {
            time: 1_795_478_400,
            user: "ada".to_owned(),
            task: "inline".to_owned(),
            endpoint: "work".to_owned(),
            model: "codestral-latest".to_owned(),
            prompt: 2000,
            answer: 30,
            exact: true,
            micros: Some(627),
            currency: Some("USD".to_owned()),
            ..Record::default()
        };
        let unknown = Record {
            micros: None,
            currency: None,
            of: Some("1-2".to_owned()),
            ..record.clone()
        };
        let lines = [
            Line::Header { version: 1 },
            Line::Answer(record),
            Line::Answer(unknown),
            Line::Close {
                of: "1\n2".to_owned(),
            },
        ];
        let text: String = lines.iter().map(write).collect();
        expect![[r#"
            {"is":"header","version":1}
            {"is":"answer","time":1795478400,"user":"ada","task":"inline","endpoint":"work","model":"codestral-latest","prompt":2000,"cached":0,"answer":30,"exact":true,"micros":627,"currency":"USD"}
            {"is":"answer","time":1795478400,"user":"ada","task":"inline","endpoint":"work","model":"codestral-latest","prompt":2000,"cached":0,"answer":30,"exact":true,"micros":null,"currency":null,"of":"1-2"}
            {"is":"close","of":"1\n2"}
        "#]].assert_eq(&text);
        assert_eq!(read(text.as_bytes()).lines, lines);
    }

    #[test]
    fn a_line_that_is_cut_off_is_left_and_one_that_is_damaged_is_counted() {
        let found = read(b"{\"is\":\"header\",\"version\":1}\n{\"is\":\"answ\n\n\xff\xfe\n{\"is\":\"close\",\"of\":\"x\"}\n{\"is\":\"cl");
        assert_eq!(
            (found.lines.len(), found.damaged, found.later),
            (2, 2, None)
        );
        assert_eq!(found.rest, "{\"is\":\"cl".len());
    }

    #[test]
    fn what_a_later_version_adds_to_a_line_is_ignored() {
        let found = read(b"{\"is\":\"close\",\"of\":\"x\",\"why\":1}\n");
        assert_eq!(found.lines.len(), 1);
        assert_eq!(read(b"{\"is\":\"header\",\"version\":2}\n").later, Some(2));
    }
}
