//! What can be typed: commands, their arguments, their help.
//!
//! Parsing only. What a value means for the disk or an engine is found out by the command.

mod config;
mod context;
mod cost;
mod eval;
pub(crate) mod models;
mod privacy;
mod provenance;
mod scan;
mod verbatim;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use il_retrieval::{EmbeddingChoice, Mode};

pub(crate) use self::config::{Config, ConfigCheck, ConfigShow};
pub(crate) use self::context::ShowContext;
pub(crate) use self::cost::Cost;
pub(crate) use self::eval::{EvalCoverage, EvalDocstrings, EvalIndex, EvalOverhead, EvalPrivacy};
pub(crate) use self::privacy::{
    OnOff, Privacy, PrivacyConsent, PrivacyErase, PrivacyExport, PrivacyLog, PrivacyRules,
    PrivacyShow, PrivacySweep, Since,
};
pub(crate) use self::provenance::{
    Build as ProvenanceBuild, Check as ProvenanceCheck, Provenance, Show as ProvenanceShow,
};
pub(crate) use self::scan::{Scan, ScanFormat};
pub(crate) use self::verbatim::EvalVerbatim;
use crate::place::Place;

const STYLES: clap::builder::Styles = clap::builder::Styles::styled()
    .header(anstyle::Style::new().bold())
    .usage(anstyle::Style::new().bold())
    .literal(anstyle::AnsiColor::Cyan.on_default())
    .placeholder(anstyle::AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  interline playground                     try it in the browser, on the repository around you
  interline complete src/main.rs:12:5      what would be suggested there
  interline search retry with backoff      where the repository does that
  interline scan .                         secrets in your files, before others see them
  interline privacy show                   what leaves, what is kept
  interline doctor                         is everything in place, and what to do if not
  interline lsp                            the language server; your editor starts it

Exit codes: 0 done, 1 nothing found or a check failed, 2 usage, 3 refused by policy,
  4 engine unavailable
Environment:
  INTERLINE_AIR_GAP                        `1`: nothing leaves this machine, whatever settings say
  INTERLINE_CACHE_DIR                      where models and indexes are kept
  INTERLINE_CONFIG                         your settings, instead of `config.toml` in the usual place
  INTERLINE_DATA_DIR                       where costs, consent and the record of what left are kept
  INTERLINE_EMBEDDINGS                     what makes vectors: see `interline index --help`
  INTERLINE_EMBEDDINGS_KEY                 the key of an embedding server
  INTERLINE_MODEL                          who completes, the first that can: see docs/configuration.md
  INTERLINE_MODELS_DIR                     where models from a hub are kept: see `interline models --help`
  INTERLINE_PROXY                          the proxy to other machines, or `none`
  INTERLINE_CA_FILE                        certificates to trust besides the machine's
  INTERLINE_LOG                            what is logged, `warn` if not set
  NO_COLOR                                 no colours";

/// Ghost text from your own repository, on your own machine.
///
/// Interline learns the repository in front of it in seconds and suggests the rest of the line, or of the
/// block, in milliseconds: no model to download, no account, no network.
#[derive(Debug, Parser)]
#[command(
    name = "interline",
    version = env!("INTERLINE_VERSION"),
    after_help = EXAMPLES,
    styles = STYLES,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Complete(Complete),
    Context(ShowContext),
    Lsp(Lsp),
    Playground(Playground),
    Index(Index),
    Search(Search),
    Doctor(Doctor),
    #[command(subcommand)]
    Models(models::Models),
    #[command(subcommand)]
    Config(Config),
    Cost(Cost),
    #[command(subcommand)]
    Privacy(Privacy),
    Scan(Scan),
    #[command(subcommand)]
    Provenance(Provenance),
    /// Measure how good suggestions and searches are, and how fast
    #[command(subcommand)]
    Eval(Eval),
}

/// Print what would be suggested at a place in a file
///
/// The suggestion goes to stdout, everything else to stderr. When nothing would be suggested the reason
/// is said and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline complete src/main.rs:12:5
  interline complete src/main.rs:12 --hide rest-of-line      as if line 12 were not yet written
  interline complete src/main.rs:12:9 --explain              where it came from, how sure, how long
  interline complete src/main.rs:12:9 --json | jq -r .text")]
pub(crate) struct Complete {
    /// Where: LINE and COL count from 1, COL in characters. Without COL the end of the line is meant (with
    /// `--hide`, its first character), without LINE the end of the file
    #[arg(value_name = "FILE:LINE:COL")]
    pub(crate) place: Place,

    /// The repository to learn from [default: the one that holds FILE]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// Who answers: `repo`, `local:MODEL` or a `.gguf` file, `endpoint:NAME` of the settings, or a server in one word such
    /// as `ollama:MODEL`; several with commas, the first that can answers [default: what the settings say]
    #[arg(long, value_name = "ENGINE")]
    pub(crate) engine: Option<String>,

    /// What the answer may draw from
    #[arg(long, value_enum, value_name = "CONTEXT", default_value_t = Context::Full)]
    pub(crate) context: Context,

    /// Say how sure the suggestion is, where it came from, how long each step took, and what was decided
    #[arg(long)]
    pub(crate) explain: bool,

    /// How many different suggestions to print at most
    #[arg(short = 'n', long = "number", value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) number: u8,

    /// Print at most this many lines of a suggestion
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) lines: Option<u16>,

    /// Pretend that part of the file is not yet written, to see what would have been suggested
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) hide: Option<Hide>,
}

/// What an answer may draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Context {
    /// The repository and the file
    Full,
    /// The file alone
    File,
    /// The line alone
    Line,
}

impl From<Context> for il_context::Scope {
    fn from(it: Context) -> Self {
        match it {
            Context::Full => Self::Full,
            Context::File => Self::File,
            Context::Line => Self::Line,
        }
    }
}

/// What of the file is taken as not yet written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hide {
    /// What follows the cursor on its line
    RestOfLine,
    /// Everything that follows the cursor
    RestOfFile,
}

/// Serve editors: a language server on stdin and stdout
///
/// Speaks LSP 3.18 inline completion, ordinary completion for editors without ghost text, and the
/// notifications of the Copilot language server. Your editor starts it; see docs/editors.md.
#[derive(Debug, Args)]
pub(crate) struct Lsp {
    /// Accepted and ignored, for editors that always pass it: stdin and stdout are the only way
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

/// Open a page in the browser with an editor on a repository's files
///
/// Serves on 127.0.0.1 only. The address holds a random token: whoever has it can read the repository.
/// Nothing you type there is written to disk.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline playground                the repository around you
  interline playground ~/src/app --port 8080 --no-open")]
pub(crate) struct Playground {
    /// The repository [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Do not open the browser, only print the address
    #[arg(long)]
    pub(crate) no_open: bool,
}

/// Index a repository, or bring its index up to date
///
/// What changed since the last time is read, cut into pieces by its syntax, and embedded. `interline search`, the
/// language server and the playground do this by themselves; here one sees it. Ctrl+C stops it and keeps what is done.
#[derive(Debug, Args)]
#[command(after_help = EMBEDDINGS)]
pub(crate) struct Index {
    /// The repositories [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// Forget what is there and index everything again
    #[arg(long)]
    pub(crate) rebuild: bool,

    /// List the files that are left out, each with its reason
    #[arg(long)]
    pub(crate) verbose: bool,

    /// What makes vectors of code, to find it by what it means
    #[arg(long, value_name = "SPEC")]
    pub(crate) embeddings: Option<EmbeddingChoice>,
}

const EMBEDDINGS: &str = "\
Examples:
  interline index                                           the repository around you
  interline index ~/src/app ~/src/lib --json
  interline index --embeddings ollama:nomic-embed-text      by a model of your own Ollama

Embeddings, with `--embeddings` or in INTERLINE_EMBEDDINGS (else what the index was last made with):
  static                  the small model in the binary [default]
  none                    no vectors: search by words and names alone
  ollama:MODEL[@URL]      an Ollama server [default: the one on this machine]
  openai:MODEL[@URL]      an OpenAI-compatible server; its key is read from INTERLINE_EMBEDDINGS_KEY
  file:PATH               a model on disk: safetensors or GGUF (build with `--features local-embeddings`)
With a server that is not on this machine, code leaves it.";

/// Find code by words, by what it means, and by name
///
/// The index is built or brought up to date first. With `--at`: what the repository says that helps to write there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline search retry with backoff
  interline search HttpClient --mode symbol                 by name, also mistyped
  interline search parse header --path src --language rust -k 5
  interline search open session --repo ~/src/app --repo ~/src/lib --json
  interline search --at src/main.rs:12:5                    what helps to write there")]
pub(crate) struct Search {
    /// What to look for: some words, a question, a name
    #[arg(value_name = "QUERY", required_unless_present = "at")]
    pub(crate) query: Vec<String>,

    /// Show what helps to write at a place; LINE and COL count from 1
    #[arg(long, value_name = "FILE:LINE:COL",
          conflicts_with_all = ["query", "number", "mode", "paths", "languages"])]
    pub(crate) at: Option<Place>,

    /// With `--at`: stop after this many words and signs of code [default: 1024]
    #[arg(long, value_name = "N", requires = "at")]
    pub(crate) tokens: Option<usize>,

    /// The repository; several are searched together [default: the one around the current directory or the file]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Vec<PathBuf>,

    /// How many hits at most
    #[arg(short = 'k', long = "number", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) number: u16,

    /// How to look
    #[arg(long, value_enum, value_name = "MODE", default_value_t = SearchMode::Hybrid)]
    pub(crate) mode: SearchMode,

    /// Only in files like this, as in `.gitignore`: a folder, a name, a pattern
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) paths: Vec<String>,

    /// Only in files of this language
    #[arg(long = "language", value_name = "ID")]
    pub(crate) languages: Vec<String>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,

    /// What makes vectors; see `interline index --help`
    #[arg(long, value_name = "SPEC")]
    pub(crate) embeddings: Option<EmbeddingChoice>,

    /// Search the index as it is, without looking at the files
    #[arg(long)]
    pub(crate) no_update: bool,
}

/// How to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchMode {
    /// By words, by meaning and by name, together
    Hybrid,
    /// By the words and their stems
    Lexical,
    /// By what is meant
    Semantic,
    /// By the names of what is defined
    Symbol,
}

impl From<SearchMode> for Mode {
    fn from(mode: SearchMode) -> Self {
        match mode {
            SearchMode::Hybrid => Self::Hybrid,
            SearchMode::Lexical => Self::Lexical,
            SearchMode::Semantic => Self::Semantic,
            SearchMode::Symbol => Self::Symbol,
        }
    }
}

/// Check that everything is in place, and say what to do if not
///
/// Exit code 1 if a check fails.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The repository to look at [default: the one around the current directory]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    Lines(EvalLines),
    Replay(EvalReplay),
    Coverage(EvalCoverage),
    Docstrings(EvalDocstrings),
    Index(EvalIndex),
    Overhead(EvalOverhead),
    Privacy(EvalPrivacy),
    Verbatim(EvalVerbatim),
}

/// Complete the lines of a cases file and count how many come out right
///
/// Each case is a place in a file of a repository and what stands there. The file's own text at the
/// place is hidden; everything else of the repository may be learnt.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask eval-data                                         fetches sources and makes cases
  interline eval lines --cases eval/data/dev.jsonl --repos eval/data/dev
  … --engine repo,recent-line,5-gram                            side by side
  … --engine repo --model local:tiny.gguf --context full,file,line    what context is worth
  … --language rust --limit 200 --json                          fewer, for a program")]
pub(crate) struct EvalLines {
    /// The cases: JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: PathBuf,

    /// The directory that holds the repositories named in the cases
    #[arg(long, value_name = "DIR")]
    pub(crate) repos: PathBuf,

    /// Who answers; several are measured side by side [default: repo]
    #[arg(long, value_enum, value_name = "ENGINES", value_delimiter = ',')]
    pub(crate) engine: Vec<EvalEngine>,

    /// A model that answers, as `interline complete --engine` names one; may be given several times
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Vec<String>,

    /// What the repo model and models may draw from; several are measured side by side
    #[arg(
        long,
        value_enum,
        value_name = "CONTEXTS",
        value_delimiter = ',',
        default_value = "full"
    )]
    pub(crate) context: Vec<Context>,

    /// Only cases of these languages, as the cases file names them
    #[arg(long, value_name = "LANGUAGES", value_delimiter = ',')]
    pub(crate) language: Vec<String>,

    /// At most this many cases, evenly spread over the file
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// Count only suggestions at least this sure as shown, 0 to 1
    #[arg(long, value_name = "P", value_parser = probability)]
    pub(crate) threshold: Option<f32>,

    /// How many cases run at the same time; the times mean something only with 1
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) threads: u8,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who answers in an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalEngine {
    /// The embedded model, learnt from the repository
    Repo,
    /// The most recent line with the same start
    RecentLine,
    /// Counts of five tokens in a row, over the other files
    #[value(name = "5-gram")]
    FiveGram,
    /// The same, with the file's own text around the cursor
    #[value(name = "5-gram-file")]
    FiveGramFile,
}

impl EvalEngine {
    /// As it is typed and as reports call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Repo => "repo",
            Self::RecentLine => "recent-line",
            Self::FiveGram => "5-gram",
            Self::FiveGramFile => "5-gram-file",
        }
    }
}

fn probability(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("a probability is a number from 0 to 1".into()),
    }
}

/// Type a file through the language server and count what was saved
///
/// The file's own copy is not learnt from. It is typed key by key through the real server, each key with a
/// request; a suggestion is accepted when it is right, and its first line when only that is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline eval replay src/server.rs                         the whole file, from nothing
  interline eval replay src/server.rs --from 120 --to 180     a block, with the rest of the file there
  interline eval replay src/server.rs --hurry 30 --json       a typist who does not wait for 30 % of answers")]
pub(crate) struct EvalReplay {
    /// The file to type
    #[arg(value_name = "FILE")]
    pub(crate) file: String,

    /// The repository to learn from [default: the one that holds FILE]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,

    /// Learn nothing from the repository: only the file itself helps
    #[arg(long)]
    pub(crate) blank: bool,

    /// The first line to type; the lines before it are there from the start
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    pub(crate) from: usize,

    /// The last line to type; the lines after it are there from the start [default: the last]
    #[arg(long, value_name = "LINE")]
    pub(crate) to: Option<usize>,

    /// Of a hundred keys, how many come before the answer to the last one, which is then cancelled
    #[arg(long, value_name = "PERCENT", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) hurry: u8,

    /// Where the hurry falls
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_definitions_are_sound() {
        super::Cli::command().debug_assert();
    }
}
