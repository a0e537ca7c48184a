//! `FILE:LINE:COL` as compilers print it and people paste it.
//!
//! Read from the right, so that a path may hold colons. Both numbers are 1-based; without a column the end
//! of the line is meant, without a line the end of the file.

use std::{fmt, str::FromStr};

use il_text::{PlaceError, Text};

/// A place in a file; what is missing is at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
}

impl Place {
    /// The byte offset in the file's text.
    pub(crate) fn offset_in(&self, text: &Text) -> Result<usize, PlaceError> {
        match (self.line, self.column) {
            (Some(line), Some(column)) => text.strict_offset(line, column),
            (Some(line), None) => Ok(text.line_end(text.strict_offset(line, 1)?)),
            (None, _) => Ok(text.len()),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, last) = split_number(text)?;
        let (file, line, column) = match last {
            None => (rest, None, None),
            Some(last) => match split_number(rest)? {
                (_, None) => (rest, Some(last), None),
                (file, Some(line)) => (file, Some(line), Some(last)),
            },
        };
        if file.is_empty() {
            return Err("no file given: write `FILE:LINE:COL`, as in `src/main.rs:12:5`".into());
        }
        if line == Some(0) || column == Some(0) {
            return Err("lines and columns count from 1".into());
        }
        Ok(Self {
            file: file.into(),
            line,
            column,
        })
    }
}

/// Splits `rest:number`. A number that does not fit is an error; anything else is part of the path.
fn split_number(text: &str) -> Result<(&str, Option<usize>), String> {
    // A trailing colon comes along when a compiler's message is pasted.
    let text = text.strip_suffix(':').unwrap_or(text);
    let Some((rest, number)) = text.rsplit_once(':') else {
        return Ok((text, None));
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((text, None));
    }
    match number.parse() {
        Ok(number) => Ok((rest, Some(number))),
        Err(_) => Err(format!("`{number}` is too large for a line or column")),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match text.parse::<Place>() {
            Ok(Place { file, line, column }) => {
                let number = |n: Option<usize>| n.map_or("end".into(), |n| n.to_string());
                format!("{file} @ {} @ {}", number(line), number(column))
            }
            Err(why) => format!("error: {why}"),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn line_and_column() {
        check("src/main.rs:12:5", "src/main.rs @ 12 @ 5");
    }

    #[test]
    fn what_is_missing_is_at_the_end() {
        check("src/main.rs:12", "src/main.rs @ 12 @ end");
        check("src/main.rs", "src/main.rs @ end @ end");
    }

    #[test]
    fn paths_may_hold_colons_and_numbers() {
        check("a:b:c", "a:b:c @ end @ end");
        check("a:b:3", "a:b @ 3 @ end");
        check("C:\\x.rs:3:4", "C:\\x.rs @ 3 @ 4");
        check("1:2:3:4", "1:2 @ 3 @ 4");
        check("a:+3:4", "a:+3 @ 4 @ end");
    }

    #[test]
    fn a_pasted_compiler_message_works() {
        check("src/main.rs:12:5:", "src/main.rs @ 12 @ 5");
    }

    #[test]
    fn nonsense_is_named() {
        check(
            "",
            "error: no file given: write `FILE:LINE:COL`, as in `src/main.rs:12:5`",
        );
        check(
            ":0:0",
            "error: no file given: write `FILE:LINE:COL`, as in `src/main.rs:12:5`",
        );
        check("a.rs:0:3", "error: lines and columns count from 1");
        check("a.rs:3:0", "error: lines and columns count from 1");
        check(
            "a.rs:99999999999999999999999:1",
            "error: `99999999999999999999999` is too large for a line or column",
        );
    }
}
