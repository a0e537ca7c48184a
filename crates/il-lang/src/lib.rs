//! Languages as data: the registry read from languages.toml, and the lexer driven by it.
