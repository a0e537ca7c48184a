//! An outline: the signatures and doc comments of one file, without its code.
//!
//! The one idea: what somebody who calls into a file needs of it, small enough to keep.
//!
//! Deliberately absent: bodies, and what is private: languages differ in how they say so, and whoever asks by name has
//! imported it.

use std::fmt;

use il_lang::registry;
use il_syntax::{Import, Parser, Symbol, SymbolKind};
use rustc_hash::FxHashSet;

use crate::imports::Names;

/// How many symbols of a file are kept.
const MAX_SIGNATURES: usize = 4000;

/// What one file defines.
#[derive(Default)]
pub struct Outline {
    pub signatures: Vec<Signature>,
    pub(super) imports: Vec<Import>,
    top: FxHashSet<String>,
}

/// A definition without its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub kind: SymbolKind,
    /// 1-based.
    pub line: usize,
    pub signature: String,
    pub doc: Option<String>,
    /// The name of what it is defined in.
    pub container: Option<String>,
}

/// Without the text: source code must not reach a log by accident.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({:?} at line {})", self.kind, self.line)
    }
}

impl fmt::Debug for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outline({} signatures)", self.signatures.len())
    }
}

impl Outline {
    /// What a text says; `path` tells its language.
    pub fn of(path: &str, text: &str) -> Self {
        let language = registry().detect(path, text.lines().next());
        let parsed = Parser::new().parse(language, text);
        let symbols = parsed.symbols();
        let signature = |symbol: &Symbol| Signature {
            name: symbol.name.clone(),
            kind: symbol.kind,
            line: parsed.text().line_of(symbol.range.start) + 1,
            signature: symbol.signature.clone(),
            doc: parsed.doc_of(symbol),
            container: symbol
                .container
                .and_then(|index| symbols.get(index))
                .map(|container| container.name.clone())
                .or_else(|| symbol.scope.clone()),
        };
        let top = symbols
            .iter()
            .filter(|symbol| symbol.container.is_none() && symbol.scope.is_none());
        Self {
            top: top.map(|symbol| symbol.name.clone()).collect(),
            signatures: symbols.iter().take(MAX_SIGNATURES).map(signature).collect(),
            imports: parsed.imports(),
        }
    }

    /// The signatures of the names that are imported, with those of their members, in the order of the file.
    pub fn wanted<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a Signature> {
        self.signatures.iter().filter(move |it| match names {
            Names::All => true,
            Names::These(names) => names.iter().any(|name| {
                it.name == name.name
                    || it.container.as_deref() == Some(name.name.as_str())
                    || (name.name == "default" && it.signature.starts_with("export default "))
            }),
        })
    }

    pub(super) fn defines(&self, name: &str) -> bool {
        self.top.contains(name)
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let text = |it: &Signature| {
            let doc = it.doc.as_ref().map_or(0, String::len);
            it.name.len() * 2 + it.signature.len() + doc + size_of::<Signature>()
        };
        let imports: usize = self
            .imports
            .iter()
            .map(|it| it.module.len() + (it.names.len() + 1) * size_of::<Import>())
            .sum();
        imports + self.signatures.iter().map(text).sum::<usize>()
    }
}
