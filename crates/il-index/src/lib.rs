//! The index of a working tree: chunks, symbols, terms, vectors; searched in milliseconds, updated as files change.
