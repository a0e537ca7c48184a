//! The grammars that are linked in, and the two queries that each of them comes with.
//!
//! The one idea: what a grammar calls its nodes stays in `languages/queries/<grammar>/`. `symbols.scm` says
//! which nodes define a name; `nodes.scm` says which are comments, strings, blocks. No node name of any
//! grammar appears in this crate's code.
//!
//! Grammars and queries are compiled on first use and kept: most sessions see a handful.

use std::{collections::HashMap, sync::OnceLock};

use il_lang::Language;
use tree_sitter::Query;

use crate::symbols::SymbolKind;

/// One grammar, ready to parse with.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) language: tree_sitter::Language,
    pub(crate) symbols: Query,
    /// What each capture of `symbols` means.
    pub(crate) captures: Vec<Capture>,
    roles: HashMap<u16, Role>,
}

/// What a capture of `symbols.scm` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// `@definition.<kind>`: the whole definition.
    Definition(SymbolKind),
    /// `@name`.
    Name,
    /// `@scope`: what the name belongs to where nesting does not say, as a Go method's receiver.
    Scope,
    /// `@body`: where the signature ends, when the grammar has no field of that name.
    Body,
}

/// What a node is to the cursor, from `nodes.scm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Comment,
    String,
    /// Code inside a string.
    Code,
    /// What holds statements or members.
    Block,
    Import,
    /// Belongs to the definition after it: decorators, attributes.
    Attached,
}

impl Grammar {
    pub(crate) fn role(&self, node: tree_sitter::Node<'_>) -> Option<Role> {
        self.roles.get(&node.kind_id()).copied()
    }
}

struct Entry {
    name: &'static str,
    language: fn() -> tree_sitter::Language,
    /// Concatenated: TSX shares most of its query with JavaScript.
    symbols: &'static [&'static str],
    nodes: &'static [&'static str],
    loaded: OnceLock<Result<Grammar, String>>,
}

macro_rules! query {
    ($grammar:literal, $file:literal) => {
        include_str!(concat!(
            "../../../languages/queries/",
            $grammar,
            "/",
            $file,
            ".scm"
        ))
    };
}

macro_rules! entry {
    ($name:literal, $language:expr) => {
        entry!($name, $language, [query!($name, "symbols")], [query!($name, "nodes")])
    };
    ($name:literal, $language:expr, [$($symbols:expr),+], [$($nodes:expr),+]) => {
        Entry {
            name: $name,
            language: || tree_sitter::Language::new($language),
            symbols: &[$($symbols),+],
            nodes: &[$($nodes),+],
            loaded: OnceLock::new(),
        }
    };
}

static ENTRIES: [Entry; 18] = [
    entry!("bash", tree_sitter_bash::LANGUAGE),
    entry!("c", tree_sitter_c::LANGUAGE),
    entry!(
        "cpp",
        tree_sitter_cpp::LANGUAGE,
        [query!("c", "symbols"), query!("cpp", "symbols")],
        [query!("c", "nodes"), query!("cpp", "nodes")]
    ),
    entry!("csharp", tree_sitter_c_sharp::LANGUAGE),
    entry!("go", tree_sitter_go::LANGUAGE),
    entry!("java", tree_sitter_java::LANGUAGE),
    entry!("javascript", tree_sitter_javascript::LANGUAGE),
    entry!("kotlin", tree_sitter_kotlin_ng::LANGUAGE),
    entry!("lua", tree_sitter_lua::LANGUAGE),
    entry!("php", tree_sitter_php::LANGUAGE_PHP),
    entry!("python", tree_sitter_python::LANGUAGE),
    entry!("ruby", tree_sitter_ruby::LANGUAGE),
    entry!("rust", tree_sitter_rust::LANGUAGE),
    entry!("scala", tree_sitter_scala::LANGUAGE),
    entry!("sql", tree_sitter_sequel::LANGUAGE),
    entry!("swift", tree_sitter_swift::LANGUAGE),
    entry!(
        "tsx",
        tree_sitter_typescript::LANGUAGE_TSX,
        [query!("typescript", "symbols")],
        [query!("typescript", "nodes"), query!("tsx", "nodes")]
    ),
    entry!("typescript", tree_sitter_typescript::LANGUAGE_TYPESCRIPT),
];

/// The names of the grammars that are linked in, as `languages.toml` spells them.
pub fn grammars() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

/// The grammar of a language, if one is linked in and its queries compile; the tests demand that they do.
pub(crate) fn of(language: &Language) -> Option<&'static Grammar> {
    let name = language.grammar?;
    let entry = ENTRIES.iter().find(|entry| entry.name == name)?;
    entry.loaded.get_or_init(|| load(entry)).as_ref().ok()
}

fn load(entry: &Entry) -> Result<Grammar, String> {
    let language = (entry.language)();
    let symbols = Query::new(&language, &entry.symbols.join("\n"))
        .map_err(|error| format!("`{}/symbols.scm`: {error}", entry.name))?;
    let captures = symbols
        .capture_names()
        .iter()
        .map(|name| capture(name).ok_or(format!("`{}/symbols.scm`: unknown `@{name}`", entry.name)))
        .collect::<Result<_, _>>()?;
    let roles = roles(&language, &entry.nodes.join("\n"))
        .map_err(|error| format!("`{}/nodes.scm`: {error}", entry.name))?;
    Ok(Grammar {
        language,
        symbols,
        captures,
        roles,
    })
}

fn capture(name: &str) -> Option<Capture> {
    match name.strip_prefix("definition.") {
        Some(kind) => SymbolKind::parse(kind).map(Capture::Definition),
        None => match name {
            "name" => Some(Capture::Name),
            "scope" => Some(Capture::Scope),
            "body" => Some(Capture::Body),
            _ => None,
        },
    }
}

/// Reads `nodes.scm`, in which every pattern is one bare node: `(kind) @role`. It is a table that happens
/// to be a query, so that editors and the query compiler can check it.
fn roles(language: &tree_sitter::Language, source: &str) -> Result<HashMap<u16, Role>, String> {
    let mut roles = HashMap::new();
    for line in source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(';'))
    {
        let (kind, role) = line
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(") @"))
            .ok_or_else(|| format!("expected `(kind) @role`, found `{line}`"))?;
        let role = role_named(role).ok_or_else(|| format!("unknown role `@{role}`"))?;
        let ids: Vec<u16> = kind_ids(language, kind);
        if ids.is_empty() {
            return Err(format!("the grammar has no node `{kind}`"));
        }
        roles.extend(ids.into_iter().map(|id| (id, role)));
    }
    Ok(roles)
}

/// All identifiers of a kind: grammars with aliases have several under one name.
fn kind_ids(language: &tree_sitter::Language, kind: &str) -> Vec<u16> {
    (0..u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX))
        .filter(|&id| {
            language.node_kind_is_named(id) && language.node_kind_for_id(id) == Some(kind)
        })
        .collect()
}

fn role_named(name: &str) -> Option<Role> {
    match name {
        "comment" => Some(Role::Comment),
        "string" => Some(Role::String),
        "code" => Some(Role::Code),
        "block" => Some(Role::Block),
        "import" => Some(Role::Import),
        "attached" => Some(Role::Attached),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use il_lang::registry;

    use super::*;

    #[test]
    fn every_query_compiles() {
        for entry in &ENTRIES {
            let loaded = entry.loaded.get_or_init(|| load(entry));
            if let Err(error) = loaded {
                panic!("{error}");
            }
        }
    }

    #[test]
    fn registry_and_grammars_agree() {
        let mut named: Vec<_> = registry()
            .languages()
            .iter()
            .filter_map(|language| language.grammar)
            .collect();
        let mut linked: Vec<_> = grammars().collect();
        named.sort_unstable();
        linked.sort_unstable();
        assert_eq!(named, linked);
    }

    #[test]
    fn a_wrong_table_of_nodes_is_named() {
        let language = (ENTRIES[0].language)();
        let error = |source| roles(&language, source).unwrap_err();
        assert_eq!(
            error("(nosuchnode) @block"),
            "the grammar has no node `nosuchnode`"
        );
        assert_eq!(error("(comment) @nosuchrole"), "unknown role `@nosuchrole`");
        assert_eq!(
            error("comment @comment"),
            "expected `(kind) @role`, found `comment @comment`"
        );
    }
}
