//! What a suite file says: repositories, their archives, and which of their files count.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

type Table = Map<String, Value>;

#[derive(Debug)]
pub(super) struct Suite {
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// Whether completion cases are made from it.
    pub(super) cases: bool,
    pub(super) repositories: Vec<Repository>,
}

#[derive(Debug)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) archives: Vec<Archive>,
}

#[derive(Debug)]
pub(super) struct Archive {
    pub(super) registry: Registry,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sha256: String,
    /// Folder inside the repository, where it has several archives.
    pub(super) into: String,
    /// Beginnings of paths; everything when empty.
    pub(super) include: Vec<String>,
    /// Parts of paths.
    pub(super) exclude: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registry {
    Pypi,
    Crates,
    Npm,
    Deb,
    DebSrc,
}

impl Registry {
    const NAMES: [(&str, Self); 5] = [
        ("pypi", Self::Pypi),
        ("crates", Self::Crates),
        ("npm", Self::Npm),
        ("deb", Self::Deb),
        ("deb-src", Self::DebSrc),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|it| it.1 == self)
            .map_or("", |it| it.0)
    }
}

impl Suite {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("could not read the suite `{}`", path.display()))?;
        Self::parse(&text, path).with_context(|| format!("suite `{}`", path.display()))
    }

    pub(super) fn parse(text: &str, path: &Path) -> anyhow::Result<Self> {
        let table: Table = serde_json::from_str(text).context("not a JSON object")?;
        let repositories = tables(&table, "repositories")?;
        Ok(Self {
            path: path.to_owned(),
            name: folder_name(&table, "name")?,
            cases: table.get("cases").and_then(Value::as_bool).unwrap_or(false),
            repositories: repositories
                .iter()
                .map(|it| Repository::parse(it))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Repository {
    fn parse(table: &Table) -> anyhow::Result<Self> {
        let name = folder_name(table, "name")?;
        let archives: anyhow::Result<Vec<Archive>> = tables(table, "archives")?
            .iter()
            .map(|it| Archive::parse(it))
            .collect();
        let archives = archives.with_context(|| format!("repository `{name}`"))?;
        Ok(Self {
            language: text(table, "language")?,
            archives,
            name,
        })
    }

    /// Changes whenever anything that decides about the files changes.
    pub(super) fn fingerprint(&self) -> String {
        format!("1 {self:?}\n")
    }
}

impl Archive {
    fn parse(table: &Table) -> anyhow::Result<Self> {
        let name = text(table, "name")?;
        Self::parse_rest(table, name.clone()).with_context(|| format!("archive `{name}`"))
    }

    fn parse_rest(table: &Table, name: String) -> anyhow::Result<Self> {
        let registry = text(table, "registry")?;
        let known = Registry::NAMES.iter().find(|it| it.0 == registry);
        let Some(&(_, registry)) = known else {
            let names: Vec<&str> = Registry::NAMES.iter().map(|it| it.0).collect();
            bail!(
                "the registry `{registry}` is unknown; known are {}",
                names.join(", ")
            );
        };
        let sha256 = text(table, "sha256")?;
        if sha256.len() != 64
            || !sha256
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        {
            bail!("`sha256` must be 64 hexadecimal digits in lower case");
        }
        // Both end up as arguments of a client.
        let version = text(table, "version")?;
        if name.starts_with('-') || version.is_empty() || version.contains(char::is_whitespace) {
            bail!("`name` and `version` must be a plain name and an exact version");
        }
        Ok(Self {
            registry,
            version,
            sha256,
            into: match table.get("into") {
                Some(_) => folder_name(table, "into")?,
                None => String::new(),
            },
            include: texts(table, "include")?,
            exclude: texts(table, "exclude")?,
            name,
        })
    }
}

fn text(table: &Table, key: &str) -> anyhow::Result<String> {
    let value = table
        .get(key)
        .with_context(|| format!("the key `{key}` is missing"))?;
    let text = value
        .as_str()
        .with_context(|| format!("the key `{key}` is not a string"))?;
    Ok(text.to_owned())
}

/// A name that is safe as a folder's.
fn folder_name(table: &Table, key: &str) -> anyhow::Result<String> {
    let name = text(table, key)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        bail!("the key `{key}` must be a plain folder name, not `{name}`");
    }
    Ok(name)
}

fn texts(table: &Table, key: &str) -> anyhow::Result<Vec<String>> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    let texts: Option<Vec<String>> = value.as_array().and_then(|all| {
        all.iter()
            .map(|it| it.as_str().map(str::to_owned))
            .collect()
    });
    texts.with_context(|| format!("the key `{key}` is not a list of strings"))
}

fn tables<'a>(table: &'a Table, key: &str) -> anyhow::Result<Vec<&'a Table>> {
    let tables: Option<Vec<&Table>> = table
        .get(key)
        .and_then(Value::as_array)
        .and_then(|all| all.iter().map(Value::as_object).collect());
    tables.with_context(|| format!("the key `{key}` is not a list of objects"))
}
