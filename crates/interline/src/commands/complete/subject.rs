//! What is asked about: a file, a cursor in it, and the repository that holds it.
//!
//! Everything a person can get wrong about a place is found here, before any engine is woken.

use std::path::{Path, PathBuf};

use il_text::{PlaceError, Text};

use crate::{
    cli::Hide,
    failure::usage,
    place::Place,
    repository::{policy, root, tree},
};

/// A file with a cursor in it.
pub(crate) struct Subject {
    /// Absolute, without links.
    pub(crate) root: PathBuf,
    /// Absolute; inside `root`.
    pub(crate) path: PathBuf,
    /// In `root`, `/`-separated.
    pub(crate) inside: String,
    /// As it was typed.
    pub(crate) shown_path: String,
    /// What the engine sees: the file less what is hidden.
    pub(crate) text: Text,
    /// What is hidden, if anything.
    pub(crate) hidden: Option<String>,
    /// 1-based, in the file.
    pub(crate) line: usize,
    /// 1-based, in the file.
    pub(crate) column: usize,
    /// The cursor in `text`.
    pub(crate) offset: usize,
}

impl Subject {
    /// The place, in its repository or in `repo`, as if what is to be hidden were not yet written.
    pub(crate) fn read(
        place: &Place,
        repo: Option<&Path>,
        what: Option<Hide>,
    ) -> anyhow::Result<Self> {
        let file = &place.file;
        let path = tree::real_file(place)?;
        let root = match repo {
            Some(repo) => tree::real_directory(repo)?,
            None => root::find(path.parent().unwrap_or(Path::new("/"))),
        };
        let inside = path.strip_prefix(&root).map_or_else(
            |_| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            },
            |inside| inside.to_string_lossy().replace('\\', "/"),
        );
        policy::check(&root, &inside, &format!("nothing is suggested in `{file}`"))?;
        let text = Text::from(tree::read_text(&path, file)?.as_str());
        let offset = offset_of(&text, place, what).map_err(|why| usage(why.in_file(file)))?;
        let at = text.line_col(offset, il_text::Encoding::Utf32);
        let (text, offset, hidden) = hide(&text, offset, what);
        Ok(Self {
            path: root.join(&inside),
            inside,
            root,
            shown_path: file.clone(),
            text,
            hidden,
            line: at.line + 1,
            column: at.col + 1,
            offset,
        })
    }

    /// The cursor's line is all there is.
    pub(crate) fn line_alone(mut self) -> Self {
        (self.text, self.offset) = line_alone(&self.text, self.offset);
        self
    }

    /// The cursor in `text`, in the façade's words.
    pub(crate) fn position(&self) -> il_assist::Position {
        let at = self.text.line_col(self.offset, il_text::Encoding::Utf32);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        il_assist::Position {
            line: number(at.line),
            character: number(at.col),
        }
    }
}

/// The byte offset of a place. What it leaves out is at the end; or, when something is to be hidden, where
/// its line's text starts.
fn offset_of(text: &Text, place: &Place, hide: Option<Hide>) -> Result<usize, PlaceError> {
    let offset = place.offset_in(text)?;
    if place.line.is_none() || place.column.is_some() || hide.is_none() {
        return Ok(offset);
    }
    let written = text.slice(text.line_start(offset)..offset);
    Ok(offset - written.trim_start().len())
}

/// The text as if what is to be hidden were not yet written.
fn hide(text: &Text, offset: usize, what: Option<Hide>) -> (Text, usize, Option<String>) {
    let end = match what {
        None => return (text.clone(), offset, None),
        Some(Hide::RestOfLine) => text.line_end(offset),
        Some(Hide::RestOfFile) => text.len(),
    };
    let hidden = text.slice(offset..text.line_end(offset)).into_owned();
    let kept = format!("{}{}", text.slice(0..offset), text.slice(end..text.len()));
    (Text::from(kept.as_str()), offset, Some(hidden))
}

/// The cursor's line as a text of its own.
fn line_alone(text: &Text, offset: usize) -> (Text, usize) {
    let start = text.line_start(offset);
    let line = text.slice(start..text.line_end(offset));
    (Text::from(&*line), offset - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Context;

    const FILE: &str = "let a = one();\nlet b = two();\nend\n";

    /// `$0` marks the cursor in what the engine would see.
    #[track_caller]
    fn check(offset: usize, what: Option<Hide>, context: Context, expected: &str) {
        let (text, offset, _) = hide(&Text::from(FILE), offset, what);
        let (text, offset) = match context {
            Context::Line => line_alone(&text, offset),
            _ => (text, offset),
        };
        let mut shown = text.contents();
        shown.insert_str(offset, "$0");
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_is_hidden_unless_asked() {
        check(
            23,
            None,
            Context::Full,
            "let a = one();\nlet b = $0two();\nend\n",
        );
    }

    #[test]
    fn the_rest_of_the_line_is_taken_as_not_yet_written() {
        check(
            23,
            Some(Hide::RestOfLine),
            Context::Full,
            "let a = one();\nlet b = $0\nend\n",
        );
        check(
            23,
            Some(Hide::RestOfFile),
            Context::Full,
            "let a = one();\nlet b = $0",
        );
    }

    #[test]
    fn the_line_alone_is_all_there_is() {
        check(23, None, Context::Line, "let b = $0two();");
        check(23, Some(Hide::RestOfLine), Context::Line, "let b = $0");
    }

    #[test]
    fn what_a_place_leaves_out_is_at_the_end() {
        let offset = |place: &str| offset_of(&Text::from(FILE), &place.parse().unwrap(), None);
        assert_eq!(offset("f:2:9"), Ok(23));
        assert_eq!(offset("f:2"), Ok(29));
        assert_eq!(offset("f"), Ok(FILE.len()));
        assert_eq!(offset("f:4:1"), Ok(FILE.len()));
        let indented = Text::from("if x:\n\t  é()\n\n");
        let hiding =
            |place: &str| offset_of(&indented, &place.parse().unwrap(), Some(Hide::RestOfLine));
        assert_eq!(hiding("f:2"), Ok(9));
        assert_eq!(hiding("f:3"), Ok(14));
    }
}
