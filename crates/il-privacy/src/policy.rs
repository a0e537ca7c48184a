//! How far each path may go.
//!
//! The one idea: a policy is made of layers, and a path's level is the strictest that any of them gives it. So one more layer
//! can only tighten: the repository's, an ignore file's, a gateway's. The lowest is the user's own: what they say of a path
//! stands in place of what is usual, also where it is more, since it is their machine. What cannot be read blocks everything.
//!
//! Deliberately absent: reading it, and walking a tree.

mod globs;
mod usual;

use std::{fmt, sync::Arc};

use self::{
    globs::{Globs, plain},
    usual::USUAL,
};

/// How far something may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not even read: no index, no model, no prompt.
    Blocked,
    /// Used on this machine, never sent.
    LocalOnly,
    /// Sent to servers that the user says are their own.
    OwnServers,
    /// Sent wherever the settings send things.
    Anywhere,
}

impl Level {
    pub const ALL: [Self; 4] = [
        Self::Blocked,
        Self::LocalOnly,
        Self::OwnServers,
        Self::Anywhere,
    ];

    /// As settings have it: `local-only`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::LocalOnly => "local-only",
            Self::OwnServers => "own-servers",
            Self::Anywhere => "anywhere",
        }
    }

    /// The level that settings call so.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether something of this level may go there.
    pub fn allows(self, reach: Reach) -> bool {
        match reach {
            Reach::ThisMachine => self >= Self::LocalOnly,
            Reach::OwnServers => self >= Self::OwnServers,
            Reach::Anywhere => self >= Self::Anywhere,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How far somebody who is sent something is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    ThisMachine,
    OwnServers,
    Anywhere,
}

/// A glob over paths inside the repository, and the level that it gives.
///
/// As in `.gitignore`: without a slash it is a name anywhere, with one a path from the root, with one at the end a folder; what
/// names a folder covers all that is in it. Case does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub glob: String,
    pub level: Level,
}

/// What ignore files in the tree say: whoever walks the tree can read them.
pub trait IgnoreFiles: fmt::Debug + Send + Sync {
    /// Why a path inside the tree is kept out, if it is. A file that cannot be read keeps everything below it out.
    fn keeps_out(&self, path: &str) -> Option<Because>;
}

/// How far each path of a repository may go. The default one blocks nothing.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    unreadable: Option<Arc<str>>,
    /// Where the tree is, `/`-separated and with a slash at the end: a path from there on is one inside.
    root: Option<Arc<str>>,
    layers: Vec<Arc<Layer>>,
}

#[derive(Debug)]
enum Layer {
    /// The last of the user's patterns that matches, or else what is usual.
    Own(Patterns),
    /// The strictest pattern that matches.
    Tighter(Patterns),
    Ignored(Arc<dyn IgnoreFiles>),
}

#[derive(Debug)]
struct Patterns {
    all: Vec<(Arc<str>, Level)>,
    globs: Globs,
    /// Whose they are, for people.
    whose: Arc<str>,
}

/// A path's level, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub level: Level,
    pub because: Because,
}

/// Who says how far a path may go. `Display` is the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nobody says anything about it.
    Nobody,
    /// Files of such a name are usually this.
    Usual(Arc<str>),
    /// A pattern, and in whose settings it stands.
    Pattern { glob: Arc<str>, whose: Arc<str> },
    /// An ignore file, by its path.
    IgnoreFile(Arc<str>),
    /// What would say it cannot be read.
    Unreadable(Arc<str>),
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody says otherwise"),
            Self::Usual(what) => write!(f, "files of this name usually hold {what}"),
            Self::Pattern { glob, whose } => write!(f, "`{glob}` in {whose}"),
            Self::IgnoreFile(path) => write!(f, "it is kept out by `{path}`"),
            Self::Unreadable(why) => write!(f, "the privacy policy cannot be read: {why}"),
        }
    }
}

/// Why a policy blocks everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Policy {
    /// The policy that a person who sets nothing has.
    pub fn usual() -> Self {
        Self::of(Layer::Own(Patterns::default()))
    }

    /// The policy of a person who says these patterns. Of two that match the later counts, and what they say stands in place of
    /// what is usual.
    pub fn by_user(patterns: &[Pattern]) -> Result<Self, Unreadable> {
        Ok(Self::of(Layer::Own(Patterns::read(
            patterns,
            "your settings",
        )?)))
    }

    /// Blocks everything, and says why.
    pub fn unreadable(why: impl Into<Arc<str>>) -> Self {
        Self {
            unreadable: Some(why.into()),
            ..Self::default()
        }
    }

    fn of(layer: Layer) -> Self {
        Self {
            layers: vec![Arc::new(layer)],
            ..Self::default()
        }
    }

    /// This one and a repository's patterns, which only tighten it: of two that match the stricter counts.
    pub fn tightened(&self, patterns: &[Pattern]) -> Result<Self, Unreadable> {
        self.tightened_by(patterns, "the repository's settings")
    }

    /// The same with patterns of somebody else, who is named when a path is blocked.
    pub fn tightened_by(&self, patterns: &[Pattern], whose: &str) -> Result<Self, Unreadable> {
        if patterns.is_empty() {
            return Ok(self.clone());
        }
        let layer = Layer::Tighter(Patterns::read(patterns, whose)?);
        Ok(self.and(&Self::of(layer)))
    }

    /// This one, and nothing that the ignore files of the tree keep out.
    #[must_use]
    pub fn ignoring(&self, files: Arc<dyn IgnoreFiles>) -> Self {
        self.and(&Self::of(Layer::Ignored(files)))
    }

    /// The same policy where paths are also given from the root of the disk on: one below `root` is one inside.
    #[must_use]
    pub fn rooted_at(mut self, root: &str) -> Self {
        let root = plain(root);
        self.root = Some(format!("{}/", root.trim_end_matches('/')).into());
        self
    }

    /// The stricter of both, for every path.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        // Of two reasons the same one is told whichever comes first.
        both.unreadable = match (&self.unreadable, &other.unreadable) {
            (Some(a), Some(b)) => Some(Arc::clone(a.min(b))),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        both.root = self.root.clone().or_else(|| other.root.clone());
        for layer in &other.layers {
            if !both.layers.iter().any(|it| Arc::ptr_eq(it, layer)) {
                both.layers.push(Arc::clone(layer));
            }
        }
        both
    }

    /// The level of a path inside the repository, `/`-separated.
    pub fn level(&self, path: &str) -> Level {
        self.verdict(path).level
    }

    /// The level of a path, and who says so.
    pub fn verdict(&self, path: &str) -> Verdict {
        if let Some(why) = &self.unreadable {
            return Verdict {
                level: Level::Blocked,
                because: Because::Unreadable(Arc::clone(why)),
            };
        }
        let path = plain(path);
        let inside = self.root.as_ref().and_then(|it| path.strip_prefix(&**it));
        let path = inside.unwrap_or(&path);
        let small = path.to_lowercase();
        let mut strictest = Verdict {
            level: Level::Anywhere,
            because: Because::Nobody,
        };
        for layer in &self.layers {
            if let Some(verdict) = layer.verdict(path, &small)
                && verdict.level < strictest.level
            {
                strictest = verdict;
            }
        }
        strictest
    }

    /// Why everything is blocked, if it is.
    pub fn trouble(&self) -> Option<&str> {
        self.unreadable.as_deref()
    }
}

impl Layer {
    /// What this layer says of a plain path, which is also given in small letters.
    fn verdict(&self, path: &str, small: &str) -> Option<Verdict> {
        match self {
            Self::Own(own) => own.globs.matching(small).max().map_or_else(
                || {
                    let (level, what) = USUAL.rule(small)?;
                    let because = Because::Usual(Arc::clone(what));
                    Some(Verdict { level, because })
                },
                |at| Some(own.verdict(at)),
            ),
            Self::Tighter(said) => {
                let matching = said.globs.matching(small);
                let strictest = matching.min_by_key(|at| (said.all[*at].1, *at));
                strictest.map(|at| said.verdict(at))
            }
            Self::Ignored(files) => files.keeps_out(path).map(|because| Verdict {
                level: Level::Blocked,
                because,
            }),
        }
    }
}

impl Default for Patterns {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            globs: Globs::default(),
            whose: "".into(),
        }
    }
}

impl Patterns {
    fn read(patterns: &[Pattern], whose: &str) -> Result<Self, Unreadable> {
        let all = patterns
            .iter()
            .map(|it| (it.glob.as_str().into(), it.level));
        Ok(Self {
            all: all.collect(),
            globs: Globs::covering(patterns.iter().map(|it| it.glob.as_str()))?,
            whose: whose.into(),
        })
    }

    fn verdict(&self, at: usize) -> Verdict {
        let (glob, level) = &self.all[at];
        Verdict {
            level: *level,
            because: Because::Pattern {
                glob: Arc::clone(glob),
                whose: Arc::clone(&self.whose),
            },
        }
    }
}

#[cfg(test)]
mod tests;
