//! Cases: which bytes of which file are hidden, and what is asked there.
//!
//! The one idea: a case holds no source text, only a place. Text comes from the repository's folder when
//! the case is run, so that a cases file is small, carries no third-party code, and cannot disagree
//! silently with the sources: an offset that no longer fits is an error.
//!
//! Two origins are read alike: our own generator and the published recipes' scripts, whose lines have
//! more fields.

pub mod generate;

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::Value;

use crate::jsonl;

/// What is hidden, and so what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The whole line; the cursor stands after the indentation.
    Line,
    /// The rest of a line from just after a character that makes editors ask.
    Trigger,
    /// The rest of a line from a random point.
    Random,
    /// A statement that calls a function of another file, from its start.
    Api,
    /// The rest of a statement from just before an identifier of another file.
    Xfile,
    /// Some lines inside an existing file, typed with what follows in view.
    Block,
    /// Lines typed at the end of a file that is being written.
    New,
}

impl Kind {
    /// Every kind, in the order that reports use.
    pub const ALL: [Self; 7] = [
        Self::Line,
        Self::Trigger,
        Self::Random,
        Self::Api,
        Self::Xfile,
        Self::Block,
        Self::New,
    ];

    /// As cases files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Trigger => "trigger",
            Self::Random => "random",
            Self::Api => "api",
            Self::Xfile => "xfile",
            Self::Block => "block",
            Self::New => "new",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the range is typed key by key, and not asked for once.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Block | Self::New)
    }

    /// Whether the hidden text may go on after the end of the line.
    pub(crate) fn may_span_lines(self) -> bool {
        matches!(self, Self::Api | Self::Xfile)
    }
}

/// One place to complete at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    pub id: String,
    /// Folder of the repository under the folder of repositories.
    pub repo: String,
    pub lang: String,
    /// Path inside the repository, `/`-separated.
    pub path: String,
    pub kind: Kind,
    /// First hidden byte: where the cursor is.
    pub start: usize,
    /// First byte after what is hidden.
    pub end: usize,
}

/// Reads a cases file: one JSON object a line. Fields that are not needed are ignored.
pub fn read(path: &Path) -> anyhow::Result<Vec<Case>> {
    let cases = jsonl::read(path, "cases", parse)?;
    if cases.is_empty() {
        bail!("the cases file `{}` holds no case", path.display());
    }
    Ok(cases)
}

/// Writes a cases file, whole or not at all.
pub fn write(path: &Path, cases: &[Case]) -> anyhow::Result<()> {
    jsonl::write_whole(path, "cases", |file| {
        for case in cases {
            serde_json::to_writer(&mut *file, case)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    })
}

pub(crate) fn parse(value: &Value) -> anyhow::Result<Case> {
    let text = |field: &str| jsonl::text(value, field);
    let offset = |field: &str| jsonl::offset(value, field);
    let kind = text("kind")?;
    let kind = Kind::from_name(&kind).with_context(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!(
            "the kind `{kind}` is unknown; known are {}",
            known.join(", ")
        )
    })?;
    let case = Case {
        id: text("id")?,
        repo: text("repo")?,
        lang: text("lang")?,
        path: text("path")?,
        kind,
        start: offset("start")?,
        end: offset("end")?,
    };
    for (field, path) in [("repo", &case.repo), ("path", &case.path)] {
        if !stays_inside(path) {
            bail!("the field `{field}` leads out of its folder: `{path}`");
        }
    }
    if case.end <= case.start {
        bail!("`end` ({}) is not after `start` ({})", case.end, case.start);
    }
    Ok(case)
}

fn stays_inside(path: &str) -> bool {
    let mut components = Path::new(path).components().peekable();
    components.peek().is_some()
        && components.all(|it| matches!(it, std::path::Component::Normal(_)))
}

impl Case {
    /// Splits the file at what is hidden: before, hidden, after.
    pub(crate) fn cut<'a>(&self, source: &'a str) -> anyhow::Result<(&'a str, &'a str, &'a str)> {
        let Self { start, end, .. } = *self;
        if end > source.len() {
            bail!(
                "the hidden range {start}..{end} ends past the end of `{}` ({} bytes): the sources are not those that the case was made from",
                self.path,
                source.len()
            );
        }
        for offset in [start, end] {
            if !source.is_char_boundary(offset) {
                bail!(
                    "offset {offset} is inside a character of `{}`: the sources are not those that the case was made from",
                    self.path
                );
            }
        }
        Ok((&source[..start], &source[start..end], &source[end..]))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use expect_test::{Expect, expect};

    fn check_error(text: &str, expected: &Expect) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.jsonl");
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", read(&path).unwrap_err());
        expected.assert_eq(&error.replace(&*dir.path().to_string_lossy(), "DIR"));
    }

    #[test]
    fn says_which_line_is_wrong_and_how() {
        let good =
            r#"{"id":"a","repo":"r","lang":"go","path":"a.go","kind":"line","start":1,"end":2}"#;
        check_error(
            &format!("{good}\n{{\"id\":"),
            &expect![
                "line 2 of `DIR/cases.jsonl`: not JSON: EOF while parsing a value at line 1 column 6"
            ],
        );
        check_error(
            "[1]\n",
            &expect!["line 1 of `DIR/cases.jsonl`: not a JSON object"],
        );
        check_error(
            &good.replace(r#""end":2"#, r#""stop":2"#),
            &expect!["line 1 of `DIR/cases.jsonl`: the field `end` is missing"],
        );
        check_error(
            &good.replace(r#""start":1"#, r#""start":-1"#),
            &expect!["line 1 of `DIR/cases.jsonl`: the field `start` is not a byte offset"],
        );
        check_error(
            &good.replace(r#""line""#, r#""page""#),
            &expect![
                "line 1 of `DIR/cases.jsonl`: the kind `page` is unknown; known are line, trigger, random, api, xfile, block, new"
            ],
        );
        check_error(
            &good.replace("a.go", "../a.go"),
            &expect![
                "line 1 of `DIR/cases.jsonl`: the field `path` leads out of its folder: `../a.go`"
            ],
        );
        check_error(
            &good.replace(r#""end":2"#, r#""end":1"#),
            &expect!["line 1 of `DIR/cases.jsonl`: `end` (1) is not after `start` (1)"],
        );
        check_error(
            "\n \n",
            &expect!["the cases file `DIR/cases.jsonl` holds no case"],
        );
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let error = read(Path::new("no/such/cases.jsonl")).unwrap_err();
        expect!["could not open the cases file `no/such/cases.jsonl`; `cargo xtask eval-data` makes one in `eval/data`"]
            .assert_eq(&error.to_string());
    }

    #[test]
    fn reads_what_it_wrote_and_ignores_other_fields() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.jsonl");
        let line = r#"{"id":"r/api/1","repo":"r","lang":"go","kind":"api","path":"a/b.go","line":3,"start":10,"end":12,"prefix":"x","groundtruth":"y","fresh":null}"#;
        fs::write(&path, line).unwrap();
        let cases = read(&path).unwrap();
        write(&path, &cases).unwrap();
        expect![[r#"
            {"id":"r/api/1","repo":"r","lang":"go","path":"a/b.go","kind":"api","start":10,"end":12}
        "#]]
        .assert_eq(&fs::read_to_string(&path).unwrap());
        assert_eq!(read(&path).unwrap(), cases);
    }

    #[test]
    fn an_offset_that_does_not_fit_the_file_is_an_error() {
        let mut case = parse(&serde_json::json!(
            {"id":"a","repo":"r","lang":"go","path":"a.go","kind":"line","start":1,"end":9}
        ))
        .unwrap();
        expect!["the hidden range 1..9 ends past the end of `a.go` (3 bytes): the sources are not those that the case was made from"]
            .assert_eq(&case.cut("abc").unwrap_err().to_string());
        case.end = 2;
        assert_eq!(case.cut("abc").unwrap(), ("a", "b", "c"));
        expect!["offset 2 is inside a character of `a.go`: the sources are not those that the case was made from"]
            .assert_eq(&case.cut("aé").unwrap_err().to_string());
    }
}
