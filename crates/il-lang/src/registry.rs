//! The registry: every language Interline knows by name, and which one a file is written in.
//!
//! The one idea: a [`Language`] is a plain row of facts, read once from the table that is compiled in.
//! Detection looks at a file's name and first line alone, and always answers: what nobody knows is
//! [plain text](Registry::plaintext), which lexes generically.
//!
//! It deliberately reads no file and guesses nothing from contents.

mod detection;
mod reading;

use std::{collections::HashMap, sync::OnceLock};

/// The table, as shipped.
const TABLE: &str = include_str!("../../../languages/languages.toml");

/// One language: how its files are called and what its surface looks like.
#[derive(Clone, Debug)]
pub struct Language {
    /// The stable name, as LSP's language identifiers spell it where there is one: `rust`, `tsx`.
    pub id: &'static str,
    /// The name that people read: `C++`.
    pub name: &'static str,
    /// Languages of one family share one model corpus: TypeScript, TSX and JavaScript are `ecmascript`.
    pub family: &'static str,
    /// Other identifiers for it: LSP's `typescriptreact`, Markdown's `py`.
    pub aliases: Vec<&'static str>,
    /// File name endings without the leading dot; may be compound (`blade.php`).
    pub extensions: Vec<&'static str>,
    /// Whole file names; one `*` stands for anything.
    pub filenames: Vec<&'static str>,
    /// Interpreters named by a `#!` line, without version digits.
    pub shebangs: Vec<&'static str>,

    /// What opens a comment that the line end closes; the first is the one to write.
    pub line_comments: Vec<&'static str>,
    /// What opens and closes a comment that may span lines.
    pub block_comments: Vec<(&'static str, &'static str)>,
    /// Whether a block comment may hold another one.
    pub nested_block_comments: bool,
    /// How strings look, longest opening first.
    pub strings: Vec<StringRule>,
    /// What a single quote can mean besides a string.
    pub char_literal: CharLiteral,
    /// A raw string whose end depends on its beginning.
    pub raw_string: RawString,
    /// Identifier characters besides letters, digits and the underscore.
    pub word_extra: &'static str,

    /// How one level is indented when the file itself does not say.
    pub indent: Indent,
    /// How a block is delimited.
    pub block_style: BlockStyle,
    /// What ends a line that opens a block: `{`, `:`, `do`.
    pub block_openers: Vec<&'static str>,
    /// What begins a line that opens a block though nothing at its end says so: Ruby's `def`.
    pub block_starters: Vec<&'static str>,
    /// What begins a line that closes a block: `}`, `end`, `fi`.
    pub block_closers: Vec<&'static str>,
    /// The pairs that must balance.
    pub brackets: Vec<(char, char)>,

    /// The tree-sitter grammar that parses it, if any is linked in.
    pub grammar: Option<&'static str>,
}

/// One way to write a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringRule {
    pub open: &'static str,
    pub close: &'static str,
    /// The byte that takes the meaning from the next one.
    pub escape: Option<u8>,
    /// Whether the string may contain a line end.
    pub multiline: bool,
    /// What opens and closes code inside the string, as `${` and `}`.
    pub interpolation: Option<(&'static str, &'static str)>,
}

/// What a single quote can mean besides a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CharLiteral {
    /// Nothing: quotes are listed among the strings, or are plain punctuation.
    #[default]
    None,
    /// `'a'`, `'\n'`.
    Quoted,
    /// `'a'`, but `'a` alone is a lifetime or a label.
    RustLike,
}

/// A raw string whose end depends on its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawString {
    #[default]
    None,
    /// `r"…"`, `r#"…"#`, `br##"…"##`.
    Rust,
}

/// How one level is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indent {
    Spaces(u8),
    Tabs,
}

impl Indent {
    /// One level, as it is written.
    pub fn unit(self) -> &'static str {
        const SPACES: &str = "                ";
        match self {
            Self::Spaces(width) => &SPACES[..usize::from(width).min(SPACES.len())],
            Self::Tabs => "\t",
        }
    }
}

/// How a block is delimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockStyle {
    /// `{` and `}`.
    #[default]
    Braces,
    /// By depth alone: Python, YAML.
    Indentation,
    /// By words: Ruby, Lua, Bash.
    Keywords,
}

/// All languages, and the ways to find one.
#[derive(Debug)]
pub struct Registry {
    languages: Vec<Language>,
    by_id: HashMap<&'static str, usize>,
    by_extension: HashMap<&'static str, usize>,
    by_filename: HashMap<&'static str, usize>,
    /// `(prefix, suffix, language)` of the file names with a `*`, the most telling first.
    patterns: Vec<(&'static str, &'static str, usize)>,
    by_shebang: HashMap<&'static str, usize>,
    plaintext: usize,
}

/// The registry of the table that is compiled in, read on first use.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    // Rows that cannot be read are left out here; the tests demand that there are none.
    REGISTRY.get_or_init(|| Registry::new(reading::read(TABLE).0))
}

impl Registry {
    /// Indexes the rows. Where two claim the same name the first one keeps it.
    fn new(mut languages: Vec<Language>) -> Self {
        let plaintext = languages
            .iter()
            .position(|language| language.id == reading::PLAINTEXT)
            .unwrap_or_else(|| {
                languages.push(reading::plaintext());
                languages.len() - 1
            });
        let mut registry = Self {
            by_id: HashMap::new(),
            by_extension: HashMap::new(),
            by_filename: HashMap::new(),
            patterns: Vec::new(),
            by_shebang: HashMap::new(),
            plaintext,
            languages: Vec::new(),
        };
        for (index, language) in languages.iter().enumerate() {
            registry.index(index, language);
        }
        registry
            .patterns
            .sort_by_key(|(prefix, suffix, _)| std::cmp::Reverse(prefix.len() + suffix.len()));
        registry.languages = languages;
        registry
    }

    fn index(&mut self, index: usize, language: &Language) {
        self.by_id.insert(language.id, index);
        for alias in &language.aliases {
            self.by_id.entry(alias).or_insert(index);
        }
        for extension in &language.extensions {
            self.by_extension.entry(extension).or_insert(index);
        }
        for filename in &language.filenames {
            match filename.split_once('*') {
                Some((prefix, suffix)) => self.patterns.push((prefix, suffix, index)),
                None => {
                    self.by_filename.entry(filename).or_insert(index);
                }
            }
        }
        for interpreter in &language.shebangs {
            self.by_shebang.entry(interpreter).or_insert(index);
        }
    }

    /// The language with this identifier or alias.
    pub fn by_id(&self, id: &str) -> Option<&Language> {
        self.by_id.get(id).map(|&index| &self.languages[index])
    }

    /// Every language, in the order of their identifiers.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The language of everything that has none: lexes generically.
    pub fn plaintext(&self) -> &Language {
        &self.languages[self.plaintext]
    }
}

#[cfg(test)]
mod tests;
