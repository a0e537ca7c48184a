//! Tree-sitter: parse, symbols, chunks, scope at the cursor.
