//! The fixture DSL: one string is a workspace, a cursor and whatever else a test is told.
//!
//! ```text
//! //- /src/a.py lang:python open recent:2
//! def total(prices):
//!     ret$0
//! //- engine
//! urn sum(prices)
//! //- clock +150ms
//! ```
//!
//! A line `//- /PATH …` starts a file, a line `//- NAME …` starts a section with a meaning that the test
//! gives it; both end at the next such line. `$0` marks the cursor and is taken out, two of them mark a
//! selection, and `\$0` is a plain `$0`. Text without any header is one file, `main.txt`.
//!
//! After its path a file may say `lang:ID`, `open`, `recent:N` (used N-th latest, 1 the latest),
//! `version:N`, `eol:crlf`, `eol:cr` and `bom`; the last three change its text.
//!
//! A fixture that starts with a line break is taken to be indented along with the test: that first
//! break, the indentation that all lines share and a blank last line are taken off. Any other is
//! verbatim.
//!
//! A mistake in a fixture is a mistake in a test, so it panics and says where. Deliberately absent: any
//! knowledge of stores, engines and clocks; what comes out is plain data.

use std::{fmt::Write as _, ops::Range, time::Duration};

const HEADER: &str = "//- ";
const CURSOR: &str = "$0";

/// A parsed fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// In the order given.
    pub files: Vec<FixtureFile>,
    /// Whatever is no file, in the order given.
    pub sections: Vec<Section>,
}

/// A file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureFile {
    /// Path inside the repository: without the leading `/` that it is written with.
    pub path: String,
    pub meta: Meta,
    /// Its text, markers taken out.
    pub text: String,
    /// Byte offset of `$0`; of the second one where there are two.
    pub cursor: Option<usize>,
    /// Byte offsets between two `$0`.
    pub selection: Option<Range<usize>>,
}

/// What a file's header says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// `lang:ID`
    pub language: Option<String>,
    /// `open`: in an editor, not only on disk.
    pub open: bool,
    /// `recent:N`: the N-th latest used, from 1.
    pub recent: Option<usize>,
    /// `version:N` of the open buffer.
    pub version: Option<i32>,
}

/// A part that is no file: `//- NAME ARGS`, then lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    /// The rest of its header.
    pub args: String,
    /// The lines below.
    pub body: String,
}

impl Fixture {
    /// Reads a fixture. Panics, naming the line, when it makes no sense.
    pub fn parse(fixture: &str) -> Self {
        let source = dedent(fixture);
        let mut parsed = Self {
            files: Vec::new(),
            sections: Vec::new(),
        };
        for part in parts(&source) {
            match part.header {
                None => parsed.add_file("/main.txt", &part),
                Some(header) if header.starts_with('/') => parsed.add_file(header, &part),
                Some(header) => parsed.sections.push(section(header, &part)),
            }
        }
        parsed
    }

    fn add_file(&mut self, header: &str, part: &Part<'_>) {
        let file = file(header, part);
        if self.files.iter().any(|other| other.path == file.path) {
            part.fail(&format!("`/{}` is there twice", file.path));
        }
        self.files.push(file);
    }

    /// The only file that has a cursor, and the cursor. Panics when there is none or more than one.
    pub fn cursor(&self) -> (&FixtureFile, usize) {
        let mut marked = self.files.iter().filter_map(|f| Some((f, f.cursor?)));
        match (marked.next(), marked.next()) {
            (Some(found), None) => found,
            (None, _) => panic!("bad fixture: no file has a `$0`"),
            (Some((a, _)), Some((b, _))) => {
                panic!(
                    "bad fixture: both `/{}` and `/{}` have a `$0`",
                    a.path, b.path
                )
            }
        }
    }

    /// The file at `path`, written without a leading `/`. Panics, listing what there is, when it is not there.
    pub fn file(&self, path: &str) -> &FixtureFile {
        let found = self.files.iter().find(|file| file.path == path);
        found.unwrap_or_else(|| {
            let paths: Vec<_> = self.files.iter().map(|file| &file.path).collect();
            panic!("bad fixture: no file `{path}` among {paths:?}")
        })
    }

    /// All sections of that name, in order.
    pub fn sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Section> {
        self.sections
            .iter()
            .filter(move |section| section.name == name)
    }
}

impl FixtureFile {
    /// The text with its markers back in: what a test prints to show where a cursor went.
    pub fn marked(&self) -> String {
        mark(&self.text, self.cursor, self.selection.clone())
    }
}

impl Section {
    /// The arguments as a time: `+150ms`, `2s`. Panics when they are none.
    pub fn duration(&self) -> Duration {
        parse_duration(&self.args).unwrap_or_else(|| {
            panic!(
                "bad fixture: `{}` in section `{}` is no time: write `+150ms` or `2s`",
                self.args, self.name
            )
        })
    }
}

/// `text` with `$0` put in at `cursor`, or around `selection`: the inverse of parsing.
pub fn mark(text: &str, cursor: Option<usize>, selection: Option<Range<usize>>) -> String {
    let mut at: Vec<usize> = match (selection, cursor) {
        (Some(range), _) => vec![range.start, range.end],
        (None, cursor) => cursor.into_iter().collect(),
    };
    at.insert(0, 0);
    at.push(text.len());
    let pieces: Vec<String> = at
        .windows(2)
        .map(|ends| text[ends[0]..ends[1]].replace(CURSOR, r"\$0"))
        .collect();
    pieces.join(CURSOR)
}

/// A time as fixtures write it: `+150ms`, `150ms`, `2s`, `10us`.
pub fn parse_duration(time: &str) -> Option<Duration> {
    let time = time.trim().trim_start_matches('+');
    let unit_at = time.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = time.split_at(unit_at);
    let count: u64 = count.parse().ok()?;
    match unit {
        "us" => Some(Duration::from_micros(count)),
        "ms" => Some(Duration::from_millis(count)),
        "s" => Some(Duration::from_secs(count)),
        _ => None,
    }
}

/// A header without its `//- ` and the lines below it.
struct Part<'a> {
    header: Option<&'a str>,
    /// 1-based line of the header in the fixture.
    line: usize,
    body: String,
}

impl Part<'_> {
    fn fail(&self, why: &str) -> ! {
        let mut at = format!("bad fixture, line {}", self.line);
        if let Some(header) = self.header {
            let _ = write!(at, " (`{HEADER}{header}`)");
        }
        panic!("{at}: {why}")
    }
}

fn parts(source: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (index, line) in source.split_inclusive('\n').enumerate() {
        if let Some(header) = line.strip_prefix(HEADER) {
            parts.push(Part {
                header: Some(header.trim()),
                line: index + 1,
                body: String::new(),
            });
            continue;
        }
        match parts.last_mut() {
            Some(part) => part.body.push_str(line),
            None => parts.push(Part {
                header: None,
                line: index + 1,
                body: line.to_owned(),
            }),
        }
    }
    if parts.is_empty() {
        parts.push(Part {
            header: None,
            line: 1,
            body: String::new(),
        });
    }
    parts
}

fn section(header: &str, part: &Part<'_>) -> Section {
    let (name, args) = header
        .split_once(char::is_whitespace)
        .unwrap_or((header, ""));
    if name.is_empty() {
        part.fail("a header needs a `/PATH` or a section name");
    }
    Section {
        name: name.to_owned(),
        args: args.trim().to_owned(),
        body: part.body.clone(),
    }
}

fn file(header: &str, part: &Part<'_>) -> FixtureFile {
    let mut words = header.split_whitespace();
    let path = words.next().unwrap_or_default().trim_start_matches('/');
    if path.is_empty() || path.split('/').any(|name| matches!(name, "" | "." | "..")) {
        part.fail("a path is written `/dir/name`, without `.`, `..` or empty names");
    }
    let mut meta = Meta::default();
    let mut body = part.body.clone();
    for word in words {
        match word.split_once(':').unwrap_or((word, "")) {
            ("lang", id) if !id.is_empty() => meta.language = Some(id.to_owned()),
            ("open", "") => meta.open = true,
            ("recent", n) => meta.recent = Some(number(n, word, part)),
            ("version", n) => meta.version = Some(number(n, word, part)),
            ("eol", "crlf") => body = body.replace('\n', "\r\n"),
            ("eol", "cr") => body = body.replace('\n', "\r"),
            ("bom", "") => body.insert(0, '\u{FEFF}'),
            _ => part.fail(&format!(
                "`{word}` means nothing: a file may say \
                 `lang:ID`, `open`, `recent:N`, `version:N`, `eol:crlf`, `eol:cr`, `bom`"
            )),
        }
    }
    let (text, marks) = take_marks(&body);
    let (cursor, selection) = match marks[..] {
        [] => (None, None),
        [at] => (Some(at), None),
        [start, end] => (Some(end), Some(start..end)),
        _ => part.fail(&format!(
            "{} times `$0`: one is a cursor, two are a selection",
            marks.len()
        )),
    };
    FixtureFile {
        path: path.to_owned(),
        meta,
        text,
        cursor,
        selection,
    }
}

fn number<N: std::str::FromStr>(digits: &str, word: &str, part: &Part<'_>) -> N {
    digits
        .parse()
        .unwrap_or_else(|_| part.fail(&format!("`{word}` needs a number behind the colon")))
}

/// The text without its `$0`s, and where they were.
fn take_marks(body: &str) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(body.len());
    let mut marks = Vec::new();
    let mut pieces = body.split(CURSOR);
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        if text.ends_with('\\') {
            text.pop();
            text.push_str(CURSOR);
        } else {
            marks.push(text.len());
        }
        text.push_str(piece);
    }
    (text, marks)
}

/// The fixture without the indentation of the test around it.
fn dedent(fixture: &str) -> String {
    let Some(body) = fixture.strip_prefix('\n') else {
        return fixture.to_owned();
    };
    let body = match body.rfind('\n') {
        Some(at) if body[at + 1..].trim().is_empty() => &body[..=at],
        _ => body,
    };
    let indent_of = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = body
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(indent_of)
        .min();
    body.split_inclusive('\n')
        .map(|line| {
            let spaces = indent_of(line.trim_end_matches(['\r', '\n']));
            &line[spaces.min(shared.unwrap_or(0))..]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(fixture: &str, expected: &Expect) {
        expected.assert_debug_eq(&Fixture::parse(fixture));
    }

    fn check_panic(fixture: &str, expected: &str) {
        let fixture = fixture.to_owned();
        let panic = std::panic::catch_unwind(|| Fixture::parse(&fixture).cursor().1)
            .expect_err("the fixture is bad");
        let formatted = panic.downcast_ref::<String>().map(String::as_str);
        let plain = || panic.downcast_ref::<&str>().copied();
        assert_eq!(formatted.or_else(plain), Some(expected));
    }

    #[test]
    fn files_with_meta_and_sections_in_order() {
        check(
            r"
            //- /src/a.py lang:python open recent:2 version:7
            def f():
                ret$0

            //- engine slow
            urn 1
            //- clock +150ms
            //- /b.txt
            ",
            &expect![[r#"
                Fixture {
                    files: [
                        FixtureFile {
                            path: "src/a.py",
                            meta: Meta {
                                language: Some(
                                    "python",
                                ),
                                open: true,
                                recent: Some(
                                    2,
                                ),
                                version: Some(
                                    7,
                                ),
                            },
                            text: "def f():\n    ret\n\n",
                            cursor: Some(
                                16,
                            ),
                            selection: None,
                        },
                        FixtureFile {
                            path: "b.txt",
                            meta: Meta {
                                language: None,
                                open: false,
                                recent: None,
                                version: None,
                            },
                            text: "",
                            cursor: None,
                            selection: None,
                        },
                    ],
                    sections: [
                        Section {
                            name: "engine",
                            args: "slow",
                            body: "urn 1\n",
                        },
                        Section {
                            name: "clock",
                            args: "+150ms",
                            body: "",
                        },
                    ],
                }
            "#]],
        );
    }

    #[test]
    fn text_alone_is_one_file_and_verbatim() {
        let fixture = Fixture::parse("  a$0b  ");
        let (file, cursor) = fixture.cursor();
        assert_eq!(
            (file.path.as_str(), file.text.as_str(), cursor),
            ("main.txt", "  ab  ", 3)
        );
        assert_eq!(Fixture::parse("").file("main.txt").text, "");
    }

    #[test]
    fn a_blank_line_keeps_what_is_more_than_the_shared_indentation() {
        let fixture = Fixture::parse("\n    a\n      \n  \n\n    b\n  ");
        assert_eq!(fixture.file("main.txt").text, "a\n  \n\n\nb\n");
    }

    #[test]
    fn two_marks_are_a_selection_and_an_escaped_one_is_text() {
        let fixture = Fixture::parse(r"echo \$0 $0é$0");
        let file = fixture.file("main.txt");
        assert_eq!(file.text, "echo $0 é");
        assert_eq!(
            (file.selection.clone(), file.cursor),
            (Some(8..10), Some(10))
        );
        assert_eq!(file.marked(), r"echo \$0 $0é$0");
    }

    #[test]
    fn line_ends_and_byte_order_mark_are_made_on_demand() {
        let fixture = Fixture::parse("//- /a eol:crlf bom\nx\n$0y\n//- /b eol:cr\nx\n");
        assert_eq!(fixture.file("a").text, "\u{FEFF}x\r\ny\r\n");
        assert_eq!(fixture.cursor().1, 6);
        assert_eq!(fixture.file("b").text, "x\r");
    }

    #[test]
    fn times() {
        let fixture = Fixture::parse("//- clock +150ms\n//- clock 2s\n//- other 1s\n");
        let times: Vec<_> = fixture.sections("clock").map(Section::duration).collect();
        assert_eq!(times, [Duration::from_millis(150), Duration::from_secs(2)]);
        assert_eq!(parse_duration("soon"), None);
        assert_eq!(parse_duration("15"), None);
    }

    #[test]
    fn mistakes_say_where_and_what() {
        check_panic(
            "//- /a lang:go\n//- /b opn\n",
            "bad fixture, line 2 (`//- /b opn`): `opn` means nothing: a file may say `lang:ID`, \
             `open`, `recent:N`, `version:N`, `eol:crlf`, `eol:cr`, `bom`",
        );
        check_panic(
            "//- /a recent:x\n",
            "bad fixture, line 1 (`//- /a recent:x`): `recent:x` needs a number behind the colon",
        );
        check_panic(
            "//- /a\n//- /a\n",
            "bad fixture, line 2 (`//- /a`): `/a` is there twice",
        );
        check_panic(
            "//- /../a\n",
            "bad fixture, line 1 (`//- /../a`): a path is written `/dir/name`, without `.`, `..` or empty names",
        );
        check_panic("//- engine\n$0\n", "bad fixture: no file has a `$0`");
        check_panic(
            "//- \n",
            "bad fixture, line 1 (`//- `): a header needs a `/PATH` or a section name",
        );
        check_panic(
            "$0$0$0",
            "bad fixture, line 1: 3 times `$0`: one is a cursor, two are a selection",
        );
        check_panic(
            "//- /a\n$0\n//- /b\n$0\n",
            "bad fixture: both `/a` and `/b` have a `$0`",
        );
    }
}
