//! Reading the table: TOML in, rows and complaints out.
//!
//! The one idea: a row that cannot be read is left out and complained about, and never stops the others,
//! so a slip in the table costs one language and a red test, not the server.
//!
//! It uses `toml`'s parse tree directly: the layers below the façade hold no serde.

use std::{borrow::Cow, collections::BTreeMap};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{BlockStyle, CharLiteral, Indent, Language, RawString, StringRule};

/// The identifier of the language of everything that has none.
pub(super) const PLAINTEXT: &str = "plaintext";

/// How many rows may stand behind one another through `like`.
const MAX_LIKE: usize = 4;

type Row = DeTable<'static>;

/// Reads a table. The second part holds one complaint per row or entry that cannot be used.
pub(super) fn read(table: &'static str) -> (Vec<Language>, Vec<String>) {
    let rows = match DeTable::parse(table) {
        Ok(rows) => rows.into_inner(),
        Err(error) => return (Vec::new(), vec![error.to_string()]),
    };
    let mut complaints = Vec::new();
    let mut tables: BTreeMap<&'static str, Row> = BTreeMap::new();
    for (id, value) in rows {
        let id = text(id.into_inner());
        match value.into_inner() {
            DeValue::Table(row) => {
                tables.insert(id, row);
            }
            _ => complaints.push(format!("`{id}` is not a table")),
        }
    }
    let mut languages = Vec::new();
    for id in tables.keys() {
        match language(id, &tables) {
            Ok(language) => languages.push(language),
            Err(complaint) => complaints.push(format!("`{id}`: {complaint}")),
        }
    }
    (languages, complaints)
}

/// The row of last resort, should the table itself be unreadable.
pub(super) fn plaintext() -> Language {
    Language {
        id: PLAINTEXT,
        name: "Plain text",
        family: PLAINTEXT,
        aliases: Vec::new(),
        extensions: Vec::new(),
        filenames: Vec::new(),
        shebangs: Vec::new(),
        line_comments: Vec::new(),
        block_comments: Vec::new(),
        nested_block_comments: false,
        strings: Vec::new(),
        char_literal: CharLiteral::None,
        raw_string: RawString::None,
        word_extra: "",
        indent: Indent::Spaces(4),
        block_style: BlockStyle::Indentation,
        block_openers: Vec::new(),
        block_starters: Vec::new(),
        block_closers: Vec::new(),
        brackets: vec![('(', ')'), ('[', ']'), ('{', '}')],
        grammar: None,
    }
}

/// Builds one language: the rows it is `like`, from the farthest to the nearest, then its own.
fn language(id: &'static str, tables: &BTreeMap<&'static str, Row>) -> Result<Language, String> {
    let mut chain = Vec::new();
    let mut next = Some(id);
    while let Some(current) = next {
        let row = tables
            .get(current)
            .ok_or(format!("`like` names `{current}`, which is not there"))?;
        chain.push(row);
        if chain.len() > MAX_LIKE {
            return Err(format!(
                "more than {MAX_LIKE} rows behind one another through `like`"
            ));
        }
        next = row
            .get("like")
            .map(|value| string(value.get_ref()))
            .transpose()?;
    }
    let mut language = Language {
        id,
        name: "",
        family: id,
        ..plaintext()
    };
    for row in chain.iter().skip(1).rev() {
        apply(&mut language, row, Scope::Surface)?;
    }
    apply(&mut language, chain[0], Scope::All)?;
    if language.name.is_empty() {
        return Err("`name` is missing".into());
    }
    Ok(language)
}

/// How much of a row counts: a row that another is `like` lends its surface, not its names.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Surface,
    All,
}

fn apply(language: &mut Language, row: &Row, scope: Scope) -> Result<(), String> {
    for (key, value) in row {
        let key = key.get_ref().as_ref();
        let value = value.get_ref();
        let known = surface(language, key, value).map_err(|what| format!("`{key}`: {what}"))?
            || (scope == Scope::Surface && NAMES.contains(&key))
            || names(language, key, value).map_err(|what| format!("`{key}`: {what}"))?;
        if !known && key != "like" {
            return Err(format!("`{key}` is not a known key"));
        }
    }
    Ok(())
}

/// The keys that are a language's own and never inherited.
const NAMES: &[&str] = &[
    "name",
    "family",
    "aliases",
    "extensions",
    "filenames",
    "shebangs",
    "grammar",
];

fn names(language: &mut Language, key: &str, value: &DeValue<'static>) -> Result<bool, String> {
    match key {
        "name" => language.name = string(value)?,
        "family" => language.family = string(value)?,
        "aliases" => language.aliases = strings(value)?,
        "extensions" => language.extensions = strings(value)?,
        "filenames" => language.filenames = strings(value)?,
        "shebangs" => language.shebangs = strings(value)?,
        "grammar" => language.grammar = Some(string(value)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn surface(language: &mut Language, key: &str, value: &DeValue<'static>) -> Result<bool, String> {
    match key {
        "line_comments" => language.line_comments = strings(value)?,
        "block_comments" => language.block_comments = pairs(value)?,
        "nested_block_comments" => language.nested_block_comments = boolean(value)?,
        "strings" => language.strings = string_rules(value)?,
        "char_literal" => language.char_literal = char_literal(string(value)?)?,
        "raw_string" => language.raw_string = raw_string(string(value)?)?,
        "word_extra" => language.word_extra = string(value)?,
        "indent" => language.indent = indent(value)?,
        "blocks" => language.block_style = block_style(string(value)?)?,
        "block_openers" => language.block_openers = strings(value)?,
        "block_starters" => language.block_starters = strings(value)?,
        "block_closers" => language.block_closers = strings(value)?,
        "brackets" => language.brackets = brackets(string(value)?)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn char_literal(name: &str) -> Result<CharLiteral, String> {
    match name {
        "none" => Ok(CharLiteral::None),
        "quoted" => Ok(CharLiteral::Quoted),
        "rust" => Ok(CharLiteral::RustLike),
        _ => Err(format!(
            "expected `none`, `quoted` or `rust`, found `{name}`"
        )),
    }
}

fn raw_string(name: &str) -> Result<RawString, String> {
    match name {
        "none" => Ok(RawString::None),
        "rust" => Ok(RawString::Rust),
        _ => Err(format!("expected `none` or `rust`, found `{name}`")),
    }
}

fn block_style(name: &str) -> Result<BlockStyle, String> {
    match name {
        "braces" => Ok(BlockStyle::Braces),
        "indentation" => Ok(BlockStyle::Indentation),
        "keywords" => Ok(BlockStyle::Keywords),
        _ => Err(format!(
            "expected `braces`, `indentation` or `keywords`, found `{name}`"
        )),
    }
}

/// A number of spaces, or `"tabs"`.
fn indent(value: &DeValue<'static>) -> Result<Indent, String> {
    if value.as_str() == Some("tabs") {
        return Ok(Indent::Tabs);
    }
    let width = value
        .as_integer()
        .and_then(|width| width.as_str().parse::<u8>().ok());
    match width {
        Some(width @ 1..=8) => Ok(Indent::Spaces(width)),
        _ => Err("expected a number of spaces from 1 to 8, or `tabs`".into()),
    }
}

/// `"()[]{}"`: pairs, one after the other.
fn brackets(text: &str) -> Result<Vec<(char, char)>, String> {
    let chars: Vec<char> = text.chars().collect();
    if !chars.len().is_multiple_of(2) {
        return Err(format!(
            "expected pairs, found an odd number of characters in `{text}`"
        ));
    }
    Ok(chars
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .collect())
}

fn string_rules(value: &DeValue<'static>) -> Result<Vec<StringRule>, String> {
    let mut rules = array(value)?
        .map(string_rule)
        .collect::<Result<Vec<_>, _>>()?;
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.open.len()));
    Ok(rules)
}

/// A bare delimiter is a one-line string with backslash escapes; a table says what differs.
fn string_rule(value: &DeValue<'static>) -> Result<StringRule, String> {
    let DeValue::Table(row) = value else {
        let quote = string(value)?;
        return Ok(StringRule {
            open: quote,
            close: quote,
            escape: Some(b'\\'),
            multiline: false,
            interpolation: None,
        });
    };
    let open = string(
        row.get("open")
            .ok_or("a string rule without `open`")?
            .get_ref(),
    )?;
    let mut rule = StringRule {
        open,
        close: open,
        escape: Some(b'\\'),
        multiline: false,
        interpolation: None,
    };
    for (key, value) in row {
        let value = value.get_ref();
        match key.get_ref().as_ref() {
            "open" => {}
            "close" => rule.close = string(value)?,
            "escape" => rule.escape = string(value)?.bytes().next(),
            "multiline" => rule.multiline = boolean(value)?,
            "interpolation" => rule.interpolation = Some(pair(value)?),
            other => return Err(format!("`{other}` is not a known key of a string rule")),
        }
    }
    Ok(rule)
}

fn pairs(value: &DeValue<'static>) -> Result<Vec<(&'static str, &'static str)>, String> {
    array(value)?.map(pair).collect()
}

fn pair(value: &DeValue<'static>) -> Result<(&'static str, &'static str), String> {
    match strings(value)?.as_slice() {
        [open, close] => Ok((open, close)),
        other => Err(format!("expected two strings, found {}", other.len())),
    }
}

fn strings(value: &DeValue<'static>) -> Result<Vec<&'static str>, String> {
    array(value)?.map(string).collect()
}

fn array<'a>(
    value: &'a DeValue<'static>,
) -> Result<impl Iterator<Item = &'a DeValue<'static>> + use<'a>, String> {
    match value {
        DeValue::Array(values) => Ok(values.iter().map(Spanned::get_ref)),
        other => Err(format!("expected an array, found {}", other.type_str())),
    }
}

fn string(value: &DeValue<'static>) -> Result<&'static str, String> {
    match value {
        DeValue::String(found) => Ok(text(found.clone())),
        other => Err(format!("expected a string, found {}", other.type_str())),
    }
}

fn boolean(value: &DeValue<'static>) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("expected a boolean, found {}", value.type_str()))
}

/// The table lives as long as the program, so text is borrowed from it; only escapes need a copy.
fn text(found: DeString<'static>) -> &'static str {
    match found {
        Cow::Borrowed(borrowed) => borrowed,
        Cow::Owned(owned) => owned.leak(),
    }
}
