//! Functions and queries as the recipe's script writes them.

use std::{fmt, path::Path};

use anyhow::bail;

use crate::jsonl;

/// A function without its documentation.
#[derive(Clone, PartialEq, Eq)]
pub struct Function {
    pub id: String,
    pub repo: String,
    pub lang: String,
    /// Of the file it is in.
    pub path: String,
    pub name: String,
    pub code: String,
}

/// Without the code: it must not reach a log by accident.
impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({}, {} bytes)", self.id, self.code.len())
    }
}

/// What a function's documentation says, and which function that is.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    pub id: String,
    pub repo: String,
    pub lang: String,
    pub text: String,
    /// The function's id.
    pub target: String,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({}, {} bytes)", self.id, self.text.len())
    }
}

/// Reads the functions of a suite.
pub fn read_functions(path: &Path) -> anyhow::Result<Vec<Function>> {
    let functions = jsonl::read(path, "functions", |value| {
        Ok(Function {
            id: jsonl::text(value, "fid")?,
            repo: jsonl::text(value, "repo")?,
            lang: jsonl::text(value, "lang")?,
            path: jsonl::text(value, "path")?,
            name: jsonl::text(value, "name")?,
            code: jsonl::text(value, "code")?,
        })
    })?;
    if functions.is_empty() {
        bail!("the functions file `{}` holds no function", path.display());
    }
    Ok(functions)
}

/// Reads the queries of a suite.
pub fn read_queries(path: &Path) -> anyhow::Result<Vec<Query>> {
    let queries = jsonl::read(path, "queries", |value| {
        Ok(Query {
            id: jsonl::text(value, "qid")?,
            repo: jsonl::text(value, "repo")?,
            lang: jsonl::text(value, "lang")?,
            text: jsonl::text(value, "query")?,
            target: jsonl::text(value, "target")?,
        })
    })?;
    if queries.is_empty() {
        bail!("the queries file `{}` holds no query", path.display());
    }
    Ok(queries)
}
