//! Il-syntax from outside: one golden test per language, and texts that no grammar likes.

mod docs;
mod hostile;
mod imports;
mod languages;
mod typing;
