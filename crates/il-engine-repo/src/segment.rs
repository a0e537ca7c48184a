//! A trained set of files of one language family: tokens and the indexes over them.
//!
//! A segment is immutable. The repository is one large segment and, after edits, a small one for the
//! files that changed; a request asks both and leaves out the files that are no longer so.
//!
//! Deliberately absent: text. What a segment answers is token ids; where they stood is a file and a row.

use std::sync::Arc;

use crate::context::ContextIndex;
use crate::keys::{KeyIndex, LINE_KEYS, SPARSE_KEYS, SparseState, line_keys};
use crate::names::Recent;
use crate::sheet::{Line, Sheet, parents};
use crate::vocabulary::{Id, Kind};

/// A file of a segment.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    pub(crate) path: Arc<str>,
    /// Hash of the directory.
    pub(crate) directory: u32,
    pub(crate) first_token: u32,
    pub(crate) first_line: u32,
    /// Hash of the text.
    pub(crate) hash: u64,
}

/// A file about to be indexed.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) path: Arc<str>,
    pub(crate) hash: u64,
    pub(crate) sheet: Sheet,
}

/// Files, their tokens and the indexes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    pub(crate) files: Vec<FileEntry>,
    pub(crate) tokens: Vec<Id>,
    pub(crate) space: Vec<u8>,
    pub(crate) names: Vec<Id>,
    /// Lines with offsets into `tokens`.
    pub(crate) lines: Vec<Line>,
    pub(crate) exact: ContextIndex,
    pub(crate) abstracted: ContextIndex,
    pub(crate) line_keys: [KeyIndex; LINE_KEYS],
    pub(crate) sparse_keys: [KeyIndex; SPARSE_KEYS],
}

/// Hash of the directory of a path.
pub(crate) fn directory(path: &str) -> u32 {
    let directory = path.rsplit_once('/').map_or("", |(d, _)| d);
    directory.bytes().fold(0x811c_9dc5, |h: u32, b| {
        (h ^ u32::from(b)).wrapping_mul(0x0100_0193)
    })
}

impl Segment {
    /// Indexes files already turned into ids below `vocabulary`.
    pub(crate) fn build(
        files: Vec<Page>,
        vocabulary: Id,
        kind: &(dyn Fn(Id) -> Kind + Sync),
    ) -> Self {
        let total = files.iter().map(|f| f.sheet.tokens.len()).sum();
        let mut segment = Self {
            tokens: Vec::with_capacity(total),
            space: Vec::with_capacity(total),
            ..Self::default()
        };
        for Page { path, hash, sheet } in files {
            let (first_token, first_line) =
                (segment.tokens.len() as u32, segment.lines.len() as u32);
            segment.files.push(FileEntry {
                directory: directory(&path),
                path,
                first_token,
                first_line,
                hash,
            });
            segment.tokens.extend_from_slice(&sheet.tokens);
            segment.space.extend_from_slice(&sheet.space);
            let shift = |l: &Line| Line {
                start: l.start + first_token,
                end: l.end + first_token,
                ..*l
            };
            segment.lines.extend(sheet.lines.iter().map(shift));
        }
        segment.lines.shrink_to_fit();
        segment.files.shrink_to_fit();
        segment.index(vocabulary, kind);
        segment
    }

    fn index(&mut self, vocabulary: Id, kind: &(dyn Fn(Id) -> Kind + Sync)) {
        let kinds: Vec<Kind> = (0..vocabulary).map(kind).collect();
        let file_of = self.file_of_tokens();
        self.abstract_names(&kinds);
        let this = &*self;
        let ((exact, abstracted), (line_keys, sparse_keys)) = rayon::join(
            || {
                rayon::join(
                    || {
                        ContextIndex::build(
                            &this.tokens,
                            &file_of,
                            &this.space,
                            vocabulary as usize,
                        )
                    },
                    || ContextIndex::build(&this.names, &file_of, &this.space, vocabulary as usize),
                )
            },
            || rayon::join(|| this.index_lines(), || this.index_sparse(&kinds)),
        );
        self.exact = exact;
        self.abstracted = abstracted;
        self.line_keys = line_keys;
        self.sparse_keys = sparse_keys;
    }

    /// Fills in what is not saved: everything but files, tokens, lines and the two orders.
    pub(crate) fn completed(mut self, vocabulary: Id, kind: &(dyn Fn(Id) -> Kind + Sync)) -> Self {
        let kinds: Vec<Kind> = (0..vocabulary).map(kind).collect();
        let file_of = self.file_of_tokens();
        self.abstract_names(&kinds);
        let exact = std::mem::take(&mut self.exact);
        let abstracted = std::mem::take(&mut self.abstracted);
        let this = &self;
        let ((exact, abstracted), (line_keys, sparse_keys)) = rayon::join(
            || {
                rayon::join(
                    || {
                        ContextIndex::with_order(
                            &this.tokens,
                            &file_of,
                            &this.space,
                            exact.order,
                            exact.bucket,
                        )
                    },
                    || {
                        ContextIndex::with_order(
                            &this.names,
                            &file_of,
                            &this.space,
                            abstracted.order,
                            abstracted.bucket,
                        )
                    },
                )
            },
            || rayon::join(|| this.index_lines(), || this.index_sparse(&kinds)),
        );
        Self {
            exact,
            abstracted,
            line_keys,
            sparse_keys,
            ..self
        }
    }

    fn abstract_names(&mut self, kinds: &[Kind]) {
        let mut recent = Recent::default();
        self.names = self
            .tokens
            .iter()
            .map(|&t| recent.push(t, kinds[t as usize]))
            .collect();
    }

    fn file_of_tokens(&self) -> Vec<u32> {
        let mut file_of = Vec::with_capacity(self.tokens.len());
        for (i, file) in self.files.iter().enumerate() {
            debug_assert_eq!(file.first_token as usize, file_of.len());
            let end = self
                .files
                .get(i + 1)
                .map_or(self.tokens.len(), |f| f.first_token as usize);
            file_of.resize(end, i as u32);
        }
        file_of
    }

    fn index_lines(&self) -> [KeyIndex; LINE_KEYS] {
        let mut keys: [Vec<u32>; LINE_KEYS] = Default::default();
        let mut lines: [Vec<u32>; LINE_KEYS] = Default::default();
        let mut above = Vec::new();
        for (i, file) in self.files.iter().enumerate() {
            let end = self
                .files
                .get(i + 1)
                .map_or(self.lines.len(), |f| f.first_line as usize);
            let of_file = &self.lines[file.first_line as usize..end];
            parents(of_file, &mut above);
            for j in 0..of_file.len() {
                let text = |l: Option<&Line>| {
                    l.map_or(&[][..], |l| &self.tokens[l.start as usize..l.end as usize])
                };
                let previous = text(j.checked_sub(1).map(|k| &of_file[k]));
                let next = text(of_file.get(j + 1));
                let parent = text(above[j].map(|k| &of_file[k as usize]));
                let newline = self.tokens[of_file[j].start as usize - 1];
                for (k, key) in line_keys(previous, next, parent, newline)
                    .into_iter()
                    .enumerate()
                {
                    if key != 0 {
                        keys[k].push(key);
                        lines[k].push(file.first_line + j as u32);
                    }
                }
            }
        }
        let mut lines = lines.into_iter();
        keys.map(|k| KeyIndex::build(&k, &lines.next().unwrap_or_default()))
    }

    fn index_sparse(&self, kinds: &[Kind]) -> [KeyIndex; SPARSE_KEYS] {
        let mut keys: [Vec<u32>; SPARSE_KEYS] =
            std::array::from_fn(|_| Vec::with_capacity(self.tokens.len()));
        let mut positions: [Vec<u32>; SPARSE_KEYS] =
            std::array::from_fn(|_| Vec::with_capacity(self.tokens.len()));
        let mut state = SparseState::default();
        for (p, &token) in self.tokens.iter().enumerate() {
            if token != crate::vocabulary::BOS {
                for (k, key) in state.keys().into_iter().enumerate() {
                    if key != 0 {
                        keys[k].push(key);
                        positions[k].push(p as u32);
                    }
                }
            }
            state.push(token, kinds[token as usize]);
        }
        let mut positions = positions.into_iter();
        keys.map(|k| KeyIndex::build(&k, &positions.next().unwrap_or_default()))
    }

    /// Where the tokens of a file are.
    pub(crate) fn tokens_of(&self, file: usize) -> std::ops::Range<u32> {
        let next = self.files.get(file + 1);
        self.files[file].first_token..next.map_or(self.tokens.len() as u32, |f| f.first_token)
    }

    /// The file of a token, by position.
    pub(crate) fn file_at(&self, position: u32) -> usize {
        self.files
            .partition_point(|f| f.first_token <= position)
            .saturating_sub(1)
    }

    /// The line of a token, by position; a newline belongs to the line it ends.
    pub(crate) fn line_at(&self, position: u32) -> Option<&Line> {
        let i = self.lines.partition_point(|l| l.start <= position);
        self.lines.get(i.checked_sub(1)?)
    }

    /// One file, to index it again elsewhere.
    pub(crate) fn page(&self, file: usize) -> Page {
        let entry = &self.files[file];
        let next = self.files.get(file + 1);
        let tokens =
            entry.first_token as usize..next.map_or(self.tokens.len(), |f| f.first_token as usize);
        let lines =
            entry.first_line as usize..next.map_or(self.lines.len(), |f| f.first_line as usize);
        let unshift = |l: &Line| Line {
            start: l.start - entry.first_token,
            end: l.end - entry.first_token,
            ..*l
        };
        let sheet = Sheet::from_parts(
            self.tokens[tokens.clone()].to_vec(),
            self.space[tokens].to_vec(),
            self.lines[lines].iter().map(unshift).collect(),
        );
        Page {
            path: entry.path.clone(),
            hash: entry.hash,
            sheet,
        }
    }

    pub(crate) fn memory(&self) -> usize {
        let keys: usize = self
            .line_keys
            .iter()
            .chain(&self.sparse_keys)
            .map(KeyIndex::memory)
            .sum();
        let paths: usize = self
            .files
            .iter()
            .map(|f| f.path.len() + size_of::<FileEntry>())
            .sum();
        self.tokens.capacity() * 4
            + self.space.capacity()
            + self.names.capacity() * 4
            + self.lines.capacity() * size_of::<Line>()
            + self.exact.memory()
            + self.abstracted.memory()
            + keys
            + paths
    }
}
