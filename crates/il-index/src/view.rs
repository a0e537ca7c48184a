//! A view: what is asked, as it was at one moment.
//!
//! The one idea: a view is a list of segments with the files of each that are alive; taking one costs a pointer,
//! and who holds one is never in the way of updates. A path is alive in one segment at most.
//!
//! Deliberately absent: how segments come and go.

use std::{fmt, sync::Arc};

use crate::segment::{ChunkRow, Segment, Vectors};

/// A segment, and what of it counts.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    /// For each file whether it is dead: changed or removed since.
    pub(crate) dead: Arc<[bool]>,
    pub(crate) vectors: Option<Arc<Vectors>>,
}

impl Part {
    pub(crate) fn new(segment: Arc<Segment>) -> Self {
        let dead = vec![false; segment.file_count() as usize].into();
        Self {
            segment,
            dead,
            vectors: None,
        }
    }

    pub(crate) fn is_alive(&self, file: u32) -> bool {
        !self.dead[file as usize]
    }

    pub(crate) fn has_dead(&self) -> bool {
        self.dead.contains(&true)
    }
}

/// What the index knew at one moment.
#[derive(Clone, Default)]
pub struct View {
    pub(crate) parts: Arc<[Part]>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({} segments)", self.parts.len())
    }
}

/// A file of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileAt {
    pub(crate) part: u32,
    pub(crate) file: u32,
}

impl View {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self {
            parts: parts.into(),
        }
    }

    /// The paths of all files, in order.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .parts
            .iter()
            .flat_map(|part| {
                let files = part.segment.files().filter(|it| part.is_alive(it.0));
                files.map(|it| it.1.to_owned())
            })
            .collect();
        paths.sort_unstable();
        paths
    }

    /// The text of a file, as it was when it was indexed.
    pub fn text(&self, path: &str) -> Option<String> {
        let at = self.find(path)?;
        Some(self.parts[at.part as usize].segment.text(at.file))
    }

    pub(crate) fn find(&self, path: &str) -> Option<FileAt> {
        self.parts.iter().enumerate().find_map(|(number, part)| {
            let file = part.segment.find(path)?;
            part.is_alive(file).then_some(FileAt {
                part: number as u32,
                file,
            })
        })
    }

    /// Every chunk that is alive, with the number of its part and its own.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (u32, u32, &ChunkRow)> {
        self.parts.iter().enumerate().flat_map(|(number, part)| {
            let chunks = part.segment.chunks().iter().enumerate();
            chunks
                .filter(|it| part.is_alive(it.1.file))
                .map(move |(at, chunk)| (number as u32, at as u32, chunk))
        })
    }

    /// How many chunks are alive.
    pub fn chunk_count(&self) -> usize {
        self.chunks().count()
    }
}
