//! The grammars that are linked in, and the queries that each of them comes with.
//!
//! The one idea: what a grammar calls its nodes stays in `languages/queries/<grammar>/`. `symbols.scm` says
//! which nodes define a name; `nodes.scm` says which are comments, strings, blocks; `imports.scm`, where
//! there is one, what is taken from other files. No node name of any grammar appears in this crate's code.
//!
//! Grammars and queries are compiled on first use and kept: most sessions see a handful.

use std::{collections::HashMap, sync::OnceLock};

use il_lang::Language;
use tree_sitter::Query;

use crate::{imports::ImportKind, symbols::SymbolKind};

/// One grammar, ready to parse with.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) language: tree_sitter::Language,
    pub(crate) symbols: Query,
    /// What each capture of `symbols` means.
    pub(crate) captures: Vec<Capture>,
    roles: HashMap<u16, Role>,
    imports: Option<Imports>,
}

/// `imports.scm`, ready to run.
#[derive(Debug)]
pub(crate) struct Imports {
    pub(crate) query: Query,
    /// What each capture means; nothing for those that a predicate alone looks at.
    pub(crate) captures: Vec<Option<Part>>,
}

/// What a capture of `imports.scm` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `@import.<kind>`: what imports.
    Import(ImportKind),
    /// `@statement`: the whole of which several `@import` are parts.
    Statement,
    /// `@module`.
    Module,
    /// `@path`: a module with a name of it at its end.
    Path,
    /// `@own`: stands for the group around it.
    Own,
    /// `@name`.
    Name,
    /// `@alias`.
    Alias,
    /// `@default`: the alias of the name `default`.
    Default,
    /// `@prefix`: what the paths in `@group` continue.
    Prefix,
    /// `@group`.
    Group,
    /// `@exported`: a statement whose names others may take.
    Exported,
    /// `@scope`: an inline module.
    Scope,
    /// `@scope.name`.
    ScopeName,
}

impl Part {
    /// How many there are besides `Import`.
    pub(crate) const COUNT: usize = Self::NAMES.len();

    const NAMES: [(&'static str, Self); 12] = [
        ("statement", Self::Statement),
        ("module", Self::Module),
        ("path", Self::Path),
        ("own", Self::Own),
        ("name", Self::Name),
        ("alias", Self::Alias),
        ("default", Self::Default),
        ("prefix", Self::Prefix),
        ("group", Self::Group),
        ("exported", Self::Exported),
        ("scope", Self::Scope),
        ("scope.name", Self::ScopeName),
    ];

    /// Its place among those that are not `Import`.
    pub(crate) fn index(self) -> usize {
        let at = Self::NAMES.iter().position(|(_, part)| *part == self);
        at.unwrap_or_default()
    }

    fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("import.") {
            Some(kind) => ImportKind::parse(kind).map(Self::Import),
            None => Self::NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|&(_, part)| part),
        }
    }
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
    imports: &'static [&'static str],
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
        entry!($name, $language, imports [])
    };
    ($name:literal, $language:expr, imports [$($imports:expr),*]) => {
        entry!(
            $name,
            $language,
            [query!($name, "symbols")],
            [query!($name, "nodes")],
            [$($imports),*]
        )
    };
    ($name:literal, $language:expr, [$($symbols:expr),+], [$($nodes:expr),+], [$($imports:expr),*]) => {
        Entry {
            name: $name,
            language: || tree_sitter::Language::new($language),
            symbols: &[$($symbols),+],
            nodes: &[$($nodes),+],
            imports: &[$($imports),*],
            loaded: OnceLock::new(),
        }
    };
}

static ENTRIES: [Entry; 18] = [
    entry!("bash", tree_sitter_bash::LANGUAGE),
    entry!(
        "c",
        tree_sitter_c::LANGUAGE,
        imports[query!("c", "imports")]
    ),
    entry!(
        "cpp",
        tree_sitter_cpp::LANGUAGE,
        [query!("c", "symbols"), query!("cpp", "symbols")],
        [query!("c", "nodes"), query!("cpp", "nodes")],
        [query!("c", "imports")]
    ),
    entry!(
        "csharp",
        tree_sitter_c_sharp::LANGUAGE,
        imports[query!("csharp", "imports")]
    ),
    entry!(
        "go",
        tree_sitter_go::LANGUAGE,
        imports[query!("go", "imports")]
    ),
    entry!(
        "java",
        tree_sitter_java::LANGUAGE,
        imports[query!("java", "imports")]
    ),
    entry!(
        "javascript",
        tree_sitter_javascript::LANGUAGE,
        imports[query!("javascript", "imports")]
    ),
    entry!(
        "kotlin",
        tree_sitter_kotlin_ng::LANGUAGE,
        imports[query!("kotlin", "imports")]
    ),
    entry!("lua", tree_sitter_lua::LANGUAGE),
    entry!(
        "php",
        tree_sitter_php::LANGUAGE_PHP,
        imports[query!("php", "imports")]
    ),
    entry!(
        "python",
        tree_sitter_python::LANGUAGE,
        imports[query!("python", "imports")]
    ),
    entry!(
        "ruby",
        tree_sitter_ruby::LANGUAGE,
        imports[query!("ruby", "imports")]
    ),
    entry!(
        "rust",
        tree_sitter_rust::LANGUAGE,
        imports[query!("rust", "imports")]
    ),
    entry!("scala", tree_sitter_scala::LANGUAGE),
    entry!("sql", tree_sitter_sequel::LANGUAGE),
    entry!("swift", tree_sitter_swift::LANGUAGE),
    entry!(
        "tsx",
        tree_sitter_typescript::LANGUAGE_TSX,
        [query!("typescript", "symbols")],
        [query!("typescript", "nodes"), query!("tsx", "nodes")],
        [
            query!("javascript", "imports"),
            query!("typescript", "imports")
        ]
    ),
    entry!(
        "typescript",
        tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        imports [query!("javascript", "imports"), query!("typescript", "imports")]
    ),
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
        symbols,
        captures,
        roles,
        imports: load_imports(&language, entry)?,
        language,
    })
}

fn load_imports(
    language: &tree_sitter::Language,
    entry: &Entry,
) -> Result<Option<Imports>, String> {
    if entry.imports.is_empty() {
        return Ok(None);
    }
    let query = Query::new(language, &entry.imports.join("\n"))
        .map_err(|error| format!("`{}/imports.scm`: {error}", entry.name))?;
    let captures = query
        .capture_names()
        .iter()
        .map(|name| match (name.starts_with('_'), Part::parse(name)) {
            (true, _) => Ok(None),
            (false, Some(part)) => Ok(Some(part)),
            (false, None) => Err(format!("`{}/imports.scm`: unknown `@{name}`", entry.name)),
        })
        .collect::<Result<_, _>>()?;
    Ok(Some(Imports { query, captures }))
}

/// What a grammar says about imports, if it does.
pub(crate) fn imports(grammar: &'static Grammar) -> Option<&'static Imports> {
    grammar.imports.as_ref()
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
