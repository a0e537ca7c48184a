//! What can be set, as values.
//!
//! The one idea: one struct a table of the file. What has a default is there, what has none is an `Option`.
//!
//! Deliberately absent: how it is read, and what follows from it.

use std::{collections::BTreeMap, fmt};

use il_engine::{task::Task, usage::Amount};

use crate::{Privacy, Rung, Sourced};

/// Everything, after all layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(crate) tasks: BTreeMap<Task, Serving>,
    pub endpoints: BTreeMap<String, Endpoint>,
    pub locals: BTreeMap<String, Local>,
    /// By model name, in which `*` stands for anything.
    pub prices: BTreeMap<String, Price>,
    pub budget: Budget,
    pub privacy: Privacy,
}

impl Settings {
    /// Who serves a task, and how.
    pub fn task(&self, task: Task) -> &Serving {
        // Every task has its entry from the defaults on.
        &self.tasks[&task]
    }
}

/// Who serves a task, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The first that can answer does; `repo` is the last of `inline`. Empty where nothing serves the task.
    pub ladder: Vec<Sourced<Rung>>,
    /// What a prompt may show.
    pub context: Sourced<Scope>,
    /// Whether the repo model drafts for a local one, where that pays.
    pub speculate: Sourced<bool>,
    /// Tokens of an answer at most.
    pub answer_tokens: Option<Sourced<u32>>,
}

/// What a prompt may show; a wider one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Line,
    File,
    Full,
}

impl Scope {
    pub(crate) const WORDS: [(&'static str, Self); 3] = [
        ("full", Self::Full),
        ("file", Self::File),
        ("line", Self::Line),
    ];
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::File => "file",
            Self::Line => "line",
        })
    }
}

/// A server that has a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its dialect.
    pub speaks: Sourced<String>,
    /// `None` for the address that the dialect is known by.
    pub url: Option<Sourced<String>>,
    /// Empty where the server has but one.
    pub model: Sourced<String>,
    /// Where its key is kept.
    pub key: Option<Sourced<KeySource>>,
    /// Tokens of prompt and answer together.
    pub context_tokens: Option<Sourced<u32>>,
    pub answer_tokens: Option<Sourced<u32>>,
    /// The id of a fill-in-the-middle template, instead of what the model's name says.
    pub template: Option<Sourced<String>>,
    /// A proxy on the way to it.
    pub proxy: Option<Sourced<String>>,
    /// A file with certificates of the authorities to trust, instead of the usual ones.
    pub authorities: Option<Sourced<String>>,
    /// Requests at the same time at most.
    pub concurrency: Option<Sourced<u32>>,
    /// How often a request is tried again.
    pub retries: Option<Sourced<u32>>,
    /// How long to wait for the first byte of an answer.
    pub patience_seconds: Option<Sourced<u32>>,
    /// Ask twice when the first answer is late.
    pub hedge: Sourced<bool>,
    /// Its answers cost nothing: it runs on own hardware. Not said, that is so on this machine and nowhere else.
    pub free: Sourced<bool>,
    /// It is one of ours: it gets paths of level `own-servers`.
    pub own: Sourced<bool>,
}

/// A model on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// Its GGUF file; `None` for the registry's.
    pub file: Option<Sourced<String>>,
    pub context_tokens: Option<Sourced<u32>>,
    pub answer_tokens: Option<Sourced<u32>>,
    pub template: Option<Sourced<String>>,
    /// Cores to use at most.
    pub threads: Option<Sourced<u32>>,
    /// Layers to keep on a GPU.
    pub gpu_layers: Option<Sourced<u32>>,
    pub adapters: Vec<Sourced<Adapter>>,
}

/// A LoRA adapter, and for which repositories it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    pub file: String,
    /// In thousandths, so that settings can be compared.
    pub weight_thousandths: u32,
    /// The name of a repository's folder, in which `*` stands for anything.
    pub repository: String,
}

impl Adapter {
    pub fn weight(&self) -> f32 {
        self.weight_thousandths as f32 / 1000.0
    }
}

/// Where a key is kept. The key itself is never in a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In the environment variable of this name.
    Env(String),
    /// In this file, which only its owner may read.
    File(String),
    /// In the system's keyring, under this service.
    Keyring(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Keyring(service) => write!(f, "keyring:{service}"),
        }
    }
}

/// What a million tokens cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub input: Sourced<Amount>,
    /// Of tokens that the provider had in its cache; `None` for the same as `input`.
    pub cached: Option<Sourced<Amount>>,
    pub output: Sourced<Amount>,
    pub currency: Sourced<String>,
}

/// What may be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// By everybody together in a day.
    pub per_day: Option<Sourced<Amount>>,
    /// By each user in a day.
    pub per_user_per_day: Option<Sourced<Amount>>,
    pub currency: Sourced<String>,
    /// Whether models whose price is not known may be asked though there is a cap.
    pub allow_unpriced: Sourced<bool>,
    /// How long records are kept.
    pub keep_days: Sourced<u32>,
}

/// What prices and caps are in where nobody says otherwise.
pub(crate) const CURRENCY: &str = "USD";
