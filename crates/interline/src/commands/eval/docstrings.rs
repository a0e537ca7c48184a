//! `interline eval docstrings`: looks for functions by what their documentation says, in each mode of search.
//!
//! Measuring is `il-eval`'s. Every function is a file of its own in an index in memory, in a folder that is called as its file
//! is; the search is the product's.

use std::path::Path;

use il_eval::docstrings::{self, Ask, Contender, Found, Function, Query};
use il_index::{QueryVector, SearchError, SourceFile, Stamp, View};
use il_retrieval::{Embedder, Mode, SearchQuery};

use crate::{
    cli::EvalDocstrings,
    embedding::{self, MaybeEmbedder},
    failure::{Exit, unavailable, usage},
    terminal::{self, ProgressBar},
};

/// So many hits are looked at; as deep as lists are fused.
const MOST: usize = 200;

pub(crate) fn run(args: &EvalDocstrings) -> anyhow::Result<Exit> {
    let as_usage = |error: anyhow::Error| usage(format!("{error:#}"));
    let functions = docstrings::read_functions(&args.functions).map_err(as_usage)?;
    let mut queries = docstrings::read_queries(&args.queries).map_err(as_usage)?;
    keep_languages(&mut queries, args)?;
    let choice = embedding::chosen(args.embeddings.as_ref(), None)?;
    let embedder = embedding::embedder_of(&choice, None).map_err(unavailable)?;
    let modes: Vec<Mode> = Mode::ALL
        .into_iter()
        .filter(|it| *it != Mode::Semantic || embedder.is_some())
        .collect();
    let open = |functions: &[Function]| open(functions, &modes, &embedder);
    let contenders = [
        Contender {
            names: vec!["bm25".into()],
            open: &docstrings::open_bm25,
        },
        Contender {
            names: modes.iter().map(|it| it.name().to_owned()).collect(),
            open: &open,
        },
    ];
    let bar = ProgressBar::steps("searching", queries.len() as u64);
    let mut progress = |repository: &str, done: usize| bar.at(done as u64, repository);
    let report = docstrings::run(&functions, &queries, &contenders, &mut progress)?;
    drop(bar);
    if args.json {
        terminal::print_json(&serde_json::to_value(&report)?)?;
    } else {
        terminal::print(&docstrings::render(&report))?;
    }
    Ok(Exit::Done)
}

fn keep_languages(queries: &mut Vec<Query>, args: &EvalDocstrings) -> anyhow::Result<()> {
    if !args.language.is_empty() {
        queries.retain(|it| args.language.contains(&it.lang));
    }
    if queries.is_empty() {
        let shown = args.queries.display();
        return Err(usage(format!("there are no such queries in `{shown}`")));
    }
    Ok(())
}

fn open(
    functions: &[Function],
    modes: &[Mode],
    embedder: &MaybeEmbedder,
) -> anyhow::Result<Box<Ask>> {
    let files = functions.iter().enumerate().map(|(number, it)| SourceFile {
        path: path_of(number, it),
        stamp: Stamp::default(),
        text: it.code.clone(),
    });
    let view = View::of(files.collect(), embedder.as_deref())?;
    let (modes, embedder) = (modes.to_vec(), embedder.clone());
    Ok(Box::new(move |asked| {
        let vector = embedder.as_deref();
        let vector = vector.map(|it| QueryVector::of(asked.text, it as &dyn Embedder));
        let vector = vector.transpose()?;
        let answer = |&mode: &Mode| search(&view, mode, asked.text, vector.as_ref());
        modes.iter().map(answer).collect()
    }))
}

fn search(
    view: &View,
    mode: Mode,
    text: &str,
    vector: Option<&QueryVector>,
) -> anyhow::Result<Found> {
    let query = SearchQuery {
        mode,
        most: MOST,
        ..SearchQuery::new(text)
    };
    match view.search(&query, vector) {
        Ok(hits) => {
            let numbers = hits.iter().filter_map(|it| number_of(&it.path));
            Ok(Found::List(numbers.collect()))
        }
        Err(SearchError::Empty) => Ok(Found::List(Vec::new())),
        Err(error) => Err(error.into()),
    }
}

/// `src/pool.rs/f12.rs`: the words of the file's own path count, as they do in the product.
fn path_of(number: usize, function: &Function) -> String {
    let ending = Path::new(&function.path).extension();
    let ending = ending.map_or_else(String::new, |it| format!(".{}", it.to_string_lossy()));
    format!("{}/f{number}{ending}", function.path)
}

fn number_of(path: &str) -> Option<usize> {
    let name = path.rsplit('/').next()?;
    name.strip_prefix('f')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_path() {
        let function = |path: &str| Function {
            id: "r#0".into(),
            repo: "r".into(),
            lang: "rust".into(),
            path: path.into(),
            name: "f".into(),
            code: "fn f() {}".into(),
        };
        assert_eq!(path_of(12, &function("src/pool.rs")), "src/pool.rs/f12.rs");
        for path in ["src/pool.rs", "noending"] {
            assert_eq!(number_of(&path_of(7, &function(path))), Some(7));
        }
    }
}
