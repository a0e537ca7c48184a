//! Layers: what is built in, the user's file, the repository's, the environment, flags.
//!
//! The one idea: a layer says little, and what it says wins over what lies below it.
//!
//! Deliberately absent: merging of lists; a ladder is said as a whole.

use std::collections::BTreeMap;

use crate::{
    Budget, Origin, Privacy, Problem, Rung, Scope, Serving, Settings, Sourced, Task,
    nearest::nearest,
    reading::{self, Owner, Said},
    settings::CURRENCY,
};

/// A settings file, as it was read from disk.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// As messages call it.
    pub name: &'a str,
    /// Why it cannot be read, though it is there.
    pub text: Result<&'a str, &'a str>,
}

impl std::fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.text.map_or(0, str::len);
        write!(f, "File({:?}, <{bytes} bytes>)", self.name)
    }
}

/// The words that the binary knows. An empty list allows any word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// What endpoints speak, and what may stand before the colon of a shorthand.
    pub dialects: &'a [&'a str],
    /// Those of them whose servers have one model, which need not be named.
    pub without_model: &'a [&'a str],
    /// The ids of fill-in-the-middle templates.
    pub templates: &'a [&'a str],
    /// The ids and categories of kinds of secrets.
    pub rules: &'a [&'a str],
}

/// Something said outside of files.
#[derive(Clone, Copy, Debug)]
pub struct Override<'a> {
    pub task: Task,
    pub change: Change<'a>,
    /// [`Origin::Environment`] or [`Origin::Flag`].
    pub origin: Origin,
}

/// What is said.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// A ladder, its rungs separated by commas.
    Use(&'a str),
    /// `full`, `file` or `line`.
    Context(&'a str),
    Speculate(bool),
}

/// Everything that says something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'a> {
    pub user: Option<File<'a>>,
    pub repository: Option<File<'a>>,
    /// The later one wins.
    pub overrides: &'a [Override<'a>],
    /// Who says, outside of files, that nothing leaves this machine.
    pub air_gap: Option<Origin>,
    pub known: Known<'a>,
}

impl Settings {
    /// Reads all layers. A file that has a problem counts as absent; so does an override.
    pub fn read(layers: Layers<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let known = layers.known;
        let mut read = |file: Option<File<'_>>, owner: Owner<'_>| {
            let (said, found) =
                file.map_or_else(Default::default, |it| reading::read(it, owner, known));
            problems.extend(found);
            said
        };
        let users = read(layers.user, Owner::User);
        let repositorys = read(layers.repository, Owner::Repository(&users));
        let is_users = |it: &Problem| it.file.as_deref() == layers.user.map(|it| it.name);
        let users_is_broken = problems.iter().any(is_users);
        if users_is_broken {
            // What a repository may choose cannot be known without what the user allows.
            problems.retain(is_users);
        }

        let mut settings = Self::default();
        settings.privacy.lay(&users.privacy, layers.air_gap);
        settings.privacy.tighten(&repositorys.privacy);
        settings.lay(users);
        if !users_is_broken {
            settings.lay(repositorys);
        }
        for it in layers.overrides {
            let Err((word, wrong)) = settings.change(*it, known) else {
                continue;
            };
            // A name that the broken file may well have has no second problem.
            if !(users_is_broken && word.starts_with("endpoint:")) {
                problems.push(Problem {
                    file: None,
                    place: None,
                    message: format!("`{}` says `{word}`: {}", it.origin, wrong.message),
                    allowed: wrong.allowed,
                    excerpt: None,
                });
            }
        }
        settings.fill();
        (settings, problems)
    }

    fn lay(&mut self, said: Said) {
        for (task, said) in said.tasks {
            let serving = self.tasks.entry(task).or_default();
            if let Some(ladder) = said.ladder {
                serving.ladder = ladder;
            }
            lay(&mut serving.context, said.context);
            lay(&mut serving.speculate, said.speculate);
            serving.answer_tokens = said.answer_tokens.or(serving.answer_tokens.take());
        }
        self.endpoints.extend(said.endpoints);
        self.locals.extend(said.locals);
        self.prices.extend(said.prices);
        let budget = &mut self.budget;
        budget.per_day = said.budget.per_day.or(budget.per_day.take());
        let per_user = said.budget.per_user_per_day;
        budget.per_user_per_day = per_user.or(budget.per_user_per_day.take());
        lay(&mut budget.currency, said.budget.currency);
        lay(&mut budget.allow_unpriced, said.budget.allow_unpriced);
        lay(&mut budget.keep_days, said.budget.keep_days);
    }

    /// The error holds the word that is wrong.
    fn change(&mut self, said: Override<'_>, known: Known<'_>) -> Result<(), (String, Wrong)> {
        let Override {
            task,
            change,
            origin,
        } = said;
        let serving = self.tasks.entry(task).or_default();
        match change {
            Change::Use(words) => {
                let mut ladder = Vec::new();
                for word in words.split(',').map(str::trim).filter(|it| !it.is_empty()) {
                    let names = self.endpoints.keys().map(String::as_str);
                    let rung = fits(word, task, names, known);
                    let value = rung.map_err(|wrong| (word.to_owned(), wrong))?;
                    ladder.push(Sourced { value, origin });
                }
                serving.ladder = ladder;
            }
            Change::Context(word) => {
                let Some((_, value)) = Scope::WORDS.iter().find(|it| it.0 == word) else {
                    let allowed = Scope::WORDS.map(|it| it.0.to_owned()).to_vec();
                    let message = "there is no such context".to_owned();
                    return Err((word.to_owned(), Wrong { message, allowed }));
                };
                serving.context = Sourced {
                    value: *value,
                    origin,
                };
            }
            Change::Speculate(value) => serving.speculate = Sourced { value, origin },
        }
        Ok(())
    }

    /// What nobody said but follows.
    fn fill(&mut self) {
        let repo = Sourced::default_of(Rung::Repo);
        let inline = self.tasks.entry(Task::Inline).or_default();
        if inline.ladder.iter().all(|it| it.value != Rung::Repo) {
            inline.ladder.push(repo);
        }
        let chat = self.task(Task::Chat).ladder.clone();
        for task in [Task::Edit, Task::Explain] {
            let serving = self.tasks.entry(task).or_default();
            if serving.ladder.is_empty() {
                serving.ladder.clone_from(&chat);
            }
        }
    }
}

pub(crate) fn lay<T>(below: &mut Sourced<T>, said: Option<Sourced<T>>) {
    if let Some(said) = said {
        *below = said;
    }
}

impl Default for Settings {
    /// The repo model alone: nothing leaves the machine and nothing costs.
    fn default() -> Self {
        let mut tasks: BTreeMap<Task, Serving> =
            Task::ALL.map(|task| (task, Serving::default())).into();
        tasks.entry(Task::Inline).or_default().ladder.clear();
        let mut settings = Self {
            tasks,
            endpoints: BTreeMap::new(),
            locals: BTreeMap::new(),
            prices: BTreeMap::new(),
            budget: Budget {
                per_day: None,
                per_user_per_day: None,
                currency: Sourced::default_of(CURRENCY.to_owned()),
                allow_unpriced: Sourced::default_of(false),
                keep_days: Sourced::default_of(400),
            },
            privacy: Privacy::default(),
        };
        settings.fill();
        settings
    }
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            ladder: Vec::new(),
            context: Sourced::default_of(Scope::Full),
            speculate: Sourced::default_of(true),
            answer_tokens: None,
        }
    }
}

/// Why a word is no rung.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) allowed: Vec<String>,
}

/// The rung that a word means for a task, if it can stand there.
pub(crate) fn fits<'a>(
    word: &str,
    task: Task,
    endpoints: impl Iterator<Item = &'a str>,
    known: Known<'_>,
) -> Result<Rung, Wrong> {
    let mut allowed = vec!["local:NAME".to_owned(), "endpoint:NAME".to_owned()];
    match task {
        Task::Inline => allowed.insert(0, "repo".to_owned()),
        Task::Embed => allowed.extend(["static".to_owned(), "none".to_owned()]),
        Task::Chat | Task::Edit | Task::Explain => {}
    }
    allowed.extend(known.dialects.iter().map(|it| {
        let is_unnamed = known.without_model.contains(it);
        format!("{it}:{}", if is_unnamed { "URL" } else { "MODEL@URL" })
    }));
    if known.without_model.contains(&word) {
        return Ok(Rung::Shorthand(word.to_owned()));
    }
    let rung = Rung::parse(word).map_err(|message| Wrong {
        message,
        allowed: allowed.clone(),
    })?;
    let refuse = |message: String| {
        Err(Wrong {
            message,
            allowed: allowed.clone(),
        })
    };
    match &rung {
        Rung::Repo if task != Task::Inline => refuse(format!(
            "the repo model completes lines, it cannot serve `{}`",
            task.word()
        )),
        Rung::Shorthand(words) if !words.contains(':') && task != Task::Embed => {
            refuse(format!("`{words}` is for `embed` alone"))
        }
        Rung::Endpoint(name) => {
            let names: Vec<&str> = endpoints.collect();
            if names.contains(&name.as_str()) {
                return Ok(rung);
            }
            let meant = nearest(name, names.iter().copied());
            let meant = meant.map_or(String::new(), |it| format!(": did you mean `{it}`?"));
            Err(Wrong {
                message: format!("there is no `[endpoint.{name}]`{meant}"),
                allowed: names.iter().map(|it| format!("endpoint:{it}")).collect(),
            })
        }
        _ => match rung.dialect() {
            Some(word) if !known.dialects.is_empty() && !known.dialects.contains(&word) => {
                let words = ["local", "endpoint"].into_iter();
                let meant = nearest(word, words.chain(known.dialects.iter().copied()));
                let meant = meant.map_or(String::new(), |it| format!(": did you mean `{it}:`?"));
                refuse(format!("nothing is called `{word}:`{meant}"))
            }
            _ => Ok(rung),
        },
    }
}
