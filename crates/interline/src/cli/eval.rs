//! What can be typed to measure retrieval.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use il_retrieval::{EmbeddingChoice, Source};

/// Ask for what helps to write hidden statements, and count which of their names it has
///
/// Each case hides a statement of a real file and knows which of its names other files define. Counted is the share of
/// those names within the first 512, 1024 and 2048 tokens of what is retrieved.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask eval-data --only dev --recipes FOLDER     fetches sources, runs the recipes' scripts on them
  interline eval coverage --cases eval/data/dev.completion.jsonl --repos eval/data/dev --baselines
  … --ablation                                          each source of snippets alone, and all without it
  … --contexts contexts.jsonl                           for the recipes' own scorer")]
pub(crate) struct EvalCoverage {
    /// The cases: JSON Lines of the recipes' script
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: PathBuf,

    /// The directory that holds the repositories named in the cases
    #[arg(long, value_name = "DIR")]
    pub(crate) repos: PathBuf,

    /// Write what is retrieved to a file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) contexts: Option<PathBuf>,

    /// Measure the published retrievers as well
    #[arg(long)]
    pub(crate) baselines: bool,

    /// Leave out snippets from this source
    #[arg(long, value_name = "SOURCE", value_parser = source())]
    pub(crate) without: Vec<Source>,

    /// Take snippets from this source alone
    #[arg(long, value_name = "SOURCE", value_parser = source())]
    pub(crate) only: Vec<Source>,

    /// Measure each source alone, and all without it, as well
    #[arg(long, conflicts_with_all = ["without", "only"])]
    pub(crate) ablation: bool,

    /// Measure what of it a prompt shows that has room for so many tokens of other files, as well
    #[arg(long)]
    pub(crate) packed: bool,

    /// Only cases of these languages, as the cases file names them
    #[arg(long, value_name = "LANGUAGES", value_delimiter = ',')]
    pub(crate) language: Vec<String>,

    /// Only the first cases of the file, which the script shuffled
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn source() -> impl TypedValueParser<Value = Source> {
    let names = PossibleValuesParser::new(Source::ALL.map(Source::name));
    names.map(|name| {
        let mut sources = Source::ALL.into_iter();
        let named = sources.find(|it| it.name() == name);
        named.expect("the parser lets these names through alone")
    })
}

/// Search for what functions' documentation says, and see at which place the function comes
///
/// The candidates are all functions of the repository without their documentation, each a file of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask eval-data --only dev --recipes FOLDER     fetches sources, runs the recipes' scripts on them
  interline eval docstrings --functions eval/data/dev.functions.jsonl --queries eval/data/dev.docquery.jsonl")]
pub(crate) struct EvalDocstrings {
    /// The functions: JSON Lines of the recipes' script
    #[arg(long, value_name = "FILE")]
    pub(crate) functions: PathBuf,

    /// The queries: JSON Lines of the recipes' script
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: PathBuf,

    /// Only queries of these languages
    #[arg(long, value_name = "LANGUAGES", value_delimiter = ',')]
    pub(crate) language: Vec<String>,

    /// What makes vectors; see `interline index --help`
    #[arg(long, value_name = "SPEC")]
    pub(crate) embeddings: Option<EmbeddingChoice>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Index folders and search them, and say how long everything takes
///
/// Each step is a process of its own, so that memory is of that step alone. Indexes are made in the folder for temporary
/// files and removed; the folders themselves are only read. `ctags` and `rg` are timed beside it where they are installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline eval index eval/data/dev/python-django
  interline eval index small medium large --json        how it grows")]
pub(crate) struct EvalIndex {
    /// The folders
    #[arg(value_name = "DIR", required = true)]
    pub(crate) dirs: Vec<PathBuf>,

    /// How many searches, and how many places in code, are timed
    #[arg(long, value_name = "N", default_value_t = 500,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) queries: u16,

    /// How many files change at once
    #[arg(long, value_name = "N", default_value_t = 2000,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) changed: u16,

    /// What makes vectors; see `interline index --help`
    #[arg(long, value_name = "SPEC")]
    pub(crate) embeddings: Option<EmbeddingChoice>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// One step, as a process of its own
    #[arg(long, hide = true)]
    pub(crate) step: Option<String>,
}

/// Type lines of a repository and say how long it takes from a key to the request for a model
///
/// Nothing is sent: the door at the end of the road notes the time. What a model takes comes on top.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline eval overhead eval/data/dev/python-django
  interline eval overhead ~/src/linux --lines 500 --json")]
pub(crate) struct EvalOverhead {
    /// The repository
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// How many lines are typed, of files all over it
    #[arg(long, value_name = "N", default_value_t = 200,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) lines: u16,

    /// How many keys of each
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) keys: u8,

    /// Tokens of a prompt at most
    #[arg(long, value_name = "N", default_value_t = 2048,
          value_parser = clap::value_parser!(u32).range(64..))]
    pub(crate) tokens: u32,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Look for secrets in files that hold some in known places, and count what is found and what is not
///
/// Every kind of secret is made up so many times and put into code of its own; a second set of lines was written without a look
/// at the rules. With `--code` real code is looked through instead, where nearly everything that is found is a false alarm.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline eval privacy
  interline eval privacy --write /tmp/set                 the files, `labels.jsonl`, and where we are wrong
  eval/privacy/compare.py                                 the same with detect-secrets beside
  interline eval privacy --code eval/data/dev/go-gin      what is found in code that is there")]
pub(crate) struct EvalPrivacy {
    /// How many secrets of every kind
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) samples: u16,

    /// What they are made up from: the same number makes the same files
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Write the files and what is where in them to a folder
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Option<PathBuf>,

    /// Score what another scanner found in the same files: JSON Lines of `path` and `line`
    #[arg(long, value_name = "NAME=FILE", value_parser = beside)]
    pub(crate) beside: Vec<(String, PathBuf)>,

    /// Look through this folder of code instead
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    pub(crate) code: Vec<PathBuf>,

    /// What was found to be right there; everything else counts as a false alarm; with `--code`
    #[arg(long, value_name = "FILE", requires = "code")]
    pub(crate) judged: Option<PathBuf>,

    /// Look for the kinds too that are off where nobody asks for them; with `--code`
    #[arg(long)]
    pub(crate) all: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn beside(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), file.into()))
        }
        _ => Err("expected NAME=FILE".to_owned()),
    }
}
