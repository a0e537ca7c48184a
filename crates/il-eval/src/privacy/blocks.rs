//! The text files of `eval/privacy`: blocks that begin with a line `@ ENDING …`.
//!
//! Deliberately absent: what the words and the blocks mean.

/// A block: the words of its first line, and its text without the last line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    pub(crate) words: Vec<&'a str>,
    pub(crate) text: &'a str,
}

impl<'a> Block<'a> {
    pub(crate) fn ending(&self) -> &'a str {
        self.words.first().copied().unwrap_or_default()
    }
}

/// All blocks of a file. What stands before the first is for people.
pub(crate) fn read(file: &str) -> Vec<Block<'_>> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        if line.starts_with("@ ") {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([file.len()]);
    let block = |(start, end): (&usize, usize)| {
        let whole = &file[*start..end];
        let (first, text) = whole.split_once('\n').unwrap_or((whole, ""));
        Block {
            words: first.split(' ').skip(1).collect(),
            text: text.trim_end_matches('\n'),
        }
    };
    starts.iter().zip(ends).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_begins_with_a_line_of_its_own() {
        let blocks = read("for people\n\n@ py key a\n  x\ny @ z\n\n@ go none b\nw\n");
        let words: Vec<_> = blocks.iter().map(|it| it.words.join(" ")).collect();
        assert_eq!(words, ["py key a", "go none b"]);
        assert_eq!(blocks[0].text, "  x\ny @ z");
        assert_eq!(blocks[1].ending(), "go");
        assert!(read("nothing").is_empty());
    }
}
