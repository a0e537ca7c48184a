//! A snippet: some lines of a file, why they are here, and how sure we are of that.

use std::fmt;

/// Some lines of a file.
#[derive(Clone, PartialEq)]
pub struct Snippet {
    pub path: String,
    /// Which lines of the file `text` has, 0-based, one for each of its lines: they rise, with gaps where
    /// lines were left out.
    pub lines: Vec<u32>,
    pub text: String,
    pub source: Source,
    /// What it is about: `Class.method`, where there is such a thing.
    pub symbol: String,
    /// The beginning of the documentation of what it defines; empty where there is none.
    pub doc: String,
    /// How many of the names that come next it should hold and no better snippet has.
    pub score: f32,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, source, lines) = (&self.path, self.source, self.lines.len());
        write!(f, "Snippet({path}, {source:?}, {lines} lines)")
    }
}

/// Why a snippet was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// It defines a name that the text around the cursor uses.
    Definition,
    /// It defines what the text imports.
    Import,
    /// It defines what the text imports from an installed package.
    Package,
    /// It defines a name that is likely to come next, though the text has not used it yet.
    Prediction,
    /// It looks like what is around the cursor.
    Similar,
    /// It was edited lately.
    Edit,
}

impl Source {
    pub const ALL: [Self; 6] = [
        Self::Definition,
        Self::Import,
        Self::Package,
        Self::Prediction,
        Self::Similar,
        Self::Edit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Import => "import",
            Self::Package => "package",
            Self::Prediction => "prediction",
            Self::Similar => "similar",
            Self::Edit => "edit",
        }
    }
}
