//! A tree in which some files have one line more than on the disk.

use std::{collections::HashSet, io};

use il_index::{Folder, Source, Stamp};

pub(super) struct Pretend<'a> {
    folder: &'a Folder,
    edited: HashSet<&'a str>,
    line: String,
    round: i64,
}

impl<'a> Pretend<'a> {
    /// `round` makes one change differ from the one before it.
    pub(super) fn new(folder: &'a Folder, edited: &'a [(String, Stamp)], round: u16) -> Self {
        Self {
            folder,
            edited: edited.iter().map(|it| it.0.as_str()).collect(),
            line: format!("\npretended_{round}\n"),
            round: i64::from(round),
        }
    }

    /// What a scan of it would find of these files.
    pub(super) fn stamped(&self, files: &[(String, Stamp)]) -> Vec<(String, Stamp)> {
        let stamped = files.iter();
        let stamped = stamped.map(|it| (it.0.clone(), self.stamp(&it.0).unwrap_or(it.1)));
        stamped.collect()
    }
}

impl Source for Pretend<'_> {
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let mut stamp = self.folder.stamp(path)?;
        if self.edited.contains(path) {
            stamp.size += self.line.len() as u64;
            stamp.mtime_ns += self.round;
        }
        Some(stamp)
    }

    fn text(&self, path: &str) -> io::Result<Option<String>> {
        let text = self.folder.text(path)?;
        Ok(match text {
            Some(text) if self.edited.contains(path) => Some(text + &self.line),
            text => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_edited_differs_and_each_round_does() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.py", "b.py"] {
            std::fs::write(dir.path().join(name), "x = 1\n").unwrap();
        }
        let folder = Folder {
            root: dir.path().to_path_buf(),
        };
        let stamps = |name: &str| vec![(name.to_owned(), folder.stamp(name).unwrap())];
        let edited = stamps("a.py");
        let first = Pretend::new(&folder, &edited, 1);
        assert_eq!(
            first.text("a.py").unwrap().unwrap(),
            "x = 1\n\npretended_1\n"
        );
        assert_eq!(first.text("b.py").unwrap().unwrap(), "x = 1\n");
        assert_eq!(first.stamped(&stamps("b.py")), stamps("b.py"));
        let second = Pretend::new(&folder, &edited, 2);
        let (first, second) = (first.stamped(&edited), second.stamped(&edited));
        assert!(first != edited && second != edited && first != second);
    }
}
