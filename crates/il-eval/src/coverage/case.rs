//! A case with the names that its hidden statement takes from other files, as the recipe's script writes it.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::{Case, cases, jsonl};

/// A hidden statement and what is asked of a retriever for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageCase {
    pub case: Case,
    /// The names in the hidden statement that other files define.
    pub names: Vec<String>,
    /// Those of them that stand nowhere else in the file: it cannot be copied from there.
    pub unseen: Vec<String>,
    /// Where each of `names` is defined: paths and lines from one on.
    pub definitions: Vec<Vec<(String, u32)>>,
}

/// Reads the first `limit` cases of a file (the script shuffles them) and keeps those with such names.
pub fn read(path: &Path, limit: Option<usize>) -> anyhow::Result<Vec<CoverageCase>> {
    let mut cases = jsonl::read(path, "cases", parse)?;
    cases.truncate(limit.unwrap_or(usize::MAX));
    cases.retain(|it| !it.names.is_empty());
    if cases.is_empty() {
        bail!(
            "the cases file `{}` holds no case that takes a name from another file",
            path.display()
        );
    }
    Ok(cases)
}

fn parse(value: &Value) -> anyhow::Result<CoverageCase> {
    let names = jsonl::texts(value, "xf_ids")
        .context("this is no file of `cargo xtask eval-data --recipes`")?;
    let definitions = names.iter().map(|name| {
        let places = value["xf_defs"][name]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let places = places.iter().map(|it| {
            let line = it[1].as_u64().and_then(|it| u32::try_from(it).ok());
            Some((it[0].as_str()?.to_owned(), line?))
        });
        places
            .collect::<Option<_>>()
            .with_context(|| format!("the field `xf_defs` is wrong at `{name}`"))
    });
    Ok(CoverageCase {
        definitions: definitions.collect::<anyhow::Result<_>>()?,
        case: cases::parse(value)?,
        unseen: jsonl::texts(value, "xf_unseen")?,
        names,
    })
}
