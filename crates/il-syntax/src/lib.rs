//! Syntax: parse, symbols, chunks, scope and facts at the cursor.
//!
//! The one idea: every question has an answer for every text. Where a tree-sitter grammar parses the
//! language within its budget the tree answers; where there is none, or a file is too large or too
//! hostile, the lexer and the indentation answer, in the same types. Syntax errors are the normal state
//! of a file that is being typed.
//!
//! Nothing here knows projects, engines or what is done with the answers: one text in, plain data out.

mod chunks;
mod cursor;
mod docs;
mod grammar;
mod imports;
mod lexical;
mod parse;
mod symbols;

pub use chunks::{Chunk, ChunkKind};
pub use cursor::{CursorFacts, Enclosing, Scope};
pub use grammar::grammars;
pub use imports::{Import, ImportKind, ImportedName};
pub use parse::{Basis, MAX_TREE_BYTES, Parsed, Parser};
pub use symbols::{Symbol, SymbolKind};
