//! Languages as data: the registry read from `languages/languages.toml`, and the lexer driven by it.
//!
//! The one idea: what a language looks like on the surface (its comments, strings, brackets, blocks and
//! file names) is a row of a table, so a new language is a row and not a program.
//!
//! Nothing here parses: grammars belong to `il-syntax`, and no C code is linked.

mod registry;

pub use registry::{
    BlockStyle, CharLiteral, Indent, Language, RawString, Registry, StringRule, registry,
};

pub mod lexer;
