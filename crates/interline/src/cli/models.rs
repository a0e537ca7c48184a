//! `interline models` as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use il_models::Task;

const ENVIRONMENT: &str = "\
Environment:
  INTERLINE_MODELS_DIR     where models are kept [default: `interline/models` in your data directory]
  INTERLINE_HUB            the hub or a mirror of it [default: HF_ENDPOINT, else https://huggingface.co]
  HF_TOKEN                 who you are there; some models are given only to those who accepted their terms
  INTERLINE_PROXY          the proxy to go through, or `none` [default: as the machine is set up]
  INTERLINE_CA_FILE        certificates to trust besides the machine's, PEM";

/// The models that are known and those that are here: list, fetch, take in, remove, check
#[derive(Debug, Subcommand)]
#[command(after_help = ENVIRONMENT)]
pub(crate) enum Models {
    List(List),
    Pull(Pull),
    Add(Add),
    Rm(Remove),
    Check(Check),
}

/// Show which models are known, which are here, and what each needs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline models list
  interline models list --task inline --here
  interline models list --json | jq -r '.models[] | select(.commercial == \"yes\") | .id'")]
pub(crate) struct List {
    /// Only models for this
    #[arg(long, value_enum, value_name = "TASK")]
    pub(crate) task: Option<ModelTask>,

    /// Only models that are here
    #[arg(long)]
    pub(crate) here: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Fetch a model from the hub
///
/// What broke off goes on where it broke when the same command is run again. The file gets its name only when it is
/// whole and its hash is right.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline models pull qwen2.5-coder-1.5b
  interline models pull codestral-22b --accept-licence
  interline models pull OWNER/REPOSITORY/FILE.gguf --as mine     any file; @COMMIT pins it
  INTERLINE_HUB=https://hub.example interline models pull mellum-4b")]
pub(crate) struct Pull {
    /// A model of `interline models list`, or a file of the hub
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// What it is called here
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// I have read the licence and accept it; needed where it allows no commercial use
    #[arg(long)]
    pub(crate) accept_licence: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Take in a model that is on this machine already, without a network
///
/// The file is linked where that can be, else copied.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline models add /media/stick/qwen2.5-coder-1.5b-q8_0.gguf --as qwen2.5-coder-1.5b")]
pub(crate) struct Add {
    /// The file, GGUF
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// What it is called here [default: the file's name]
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Remove models, whole or unfinished
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The models
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
}

/// Look at every byte of models again, at what their files say about themselves, and at what they make of a hole
///
/// Proves that each marker of the model's template is one token, and that the model closes holes whose filling stands beside
/// them; says what is wrong otherwise. Exit code 1 if a model is damaged, is not what it is called, or closes none.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  interline models check
  interline models check qwen2.5-coder-1.5b ./mine.gguf
  interline models check --quick --json")]
pub(crate) struct Check {
    /// The models, or `.gguf` files [default: all that are here]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// Look at the header alone, not at every byte, and do not load the model
    #[arg(long)]
    pub(crate) quick: bool,

    /// Do not load the model
    #[arg(long)]
    pub(crate) file_only: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelTask {
    /// Filling in at the cursor
    Inline,
    /// Talking about code
    Chat,
    /// Changing code as it is told to
    Edit,
    /// Saying what code does
    Explain,
    /// Making vectors to find code by
    Embed,
}

impl From<ModelTask> for Task {
    fn from(task: ModelTask) -> Self {
        match task {
            ModelTask::Inline => Self::Inline,
            ModelTask::Chat => Self::Chat,
            ModelTask::Edit => Self::Edit,
            ModelTask::Explain => Self::Explain,
            ModelTask::Embed => Self::Embed,
        }
    }
}
