//! Il-syntax from outside: one golden test per language, and texts that no grammar likes.

mod hostile;
mod languages;
mod typing;
