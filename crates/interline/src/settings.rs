//! The settings of this machine and of a repository, read from where they are.
//!
//! The one idea: every command that asks a model reads the same files in the same order, so `interline config show`
//! tells what the language server does.
//!
//! Deliberately absent: what a setting means (`il-config`), and what is made of it (`engines`).

use std::{
    env,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use etcetera::{AppStrategy as _, AppStrategyArgs};
use il_config::{Change, File, Known, Layers, Origin, Override, Problem, Settings, Task};
use il_engine::fim;
use il_engine_remote::Dialect;

/// Where the user's file is, instead of the usual place.
const PATH: &str = "INTERLINE_CONFIG";
/// The ladder of inline completion: models separated by commas.
const MODEL: &str = "INTERLINE_MODEL";
/// Nothing leaves this machine, whatever files say.
const AIR_GAP: &str = "INTERLINE_AIR_GAP";
/// What a repository says.
const IN_REPOSITORY: &str = ".interline.toml";

/// What is in force, and what is wrong with what was said.
pub(crate) struct InForce {
    pub(crate) settings: Settings,
    pub(crate) problems: Vec<Problem>,
    /// Where the user's file is or would be.
    pub(crate) user: Option<PathBuf>,
}

/// Reads the settings that hold in a repository, or anywhere else. `model` is what a flag says. A file that is there and cannot be
/// read is a problem like others, but that it blocks everything: what it says may be about privacy.
pub(crate) fn read(root: Option<&Path>, model: Option<&str>) -> InForce {
    let user = user_file();
    let users = user.as_deref().and_then(text_of);
    let repository = root.map(|it| it.join(IN_REPOSITORY));
    let repositorys = repository.as_deref().and_then(text_of);
    let environment = env::var(MODEL).ok().filter(|it| !it.trim().is_empty());
    let inline = |said, origin| Override {
        task: Task::Inline,
        change: Change::Use(said),
        origin,
    };
    let overrides: Vec<Override<'_>> = [
        environment
            .as_deref()
            .map(|it| inline(it, Origin::Environment(MODEL))),
        model.map(|it| inline(it, Origin::Flag("--engine"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let dialects: Vec<&str> = Dialect::ALL.iter().map(|it| it.word()).collect();
    let without_model: Vec<&str> = Dialect::ALL
        .iter()
        .filter(|it| it.is_llama_server())
        .map(|it| it.word())
        .collect();
    let templates: Vec<&str> = fim::registry().all().map(|it| &*it.id).collect();
    let rules = il_privacy::Category::ALL.map(il_privacy::Category::word);
    let rules: Vec<&str> = il_privacy::Rules::shipped()
        .iter()
        .map(|it| &*it.id)
        .chain(rules)
        .collect();
    let (users_name, repositorys_name) = (shown(user.as_deref()), shown(repository.as_deref()));
    let (settings, problems) = Settings::read(Layers {
        user: users.as_ref().map(|text| file(&users_name, text)),
        repository: repositorys
            .as_ref()
            .map(|text| file(&repositorys_name, text)),
        overrides: &overrides,
        air_gap: env::var_os(AIR_GAP)
            .filter(|it| is_on(it))
            .map(|_| Origin::Environment(AIR_GAP)),
        known: Known {
            dialects: &dialects,
            templates: &templates,
            without_model: &without_model,
            rules: &rules,
        },
    });
    InForce {
        settings,
        problems,
        user,
    }
}

fn file<'a>(name: &'a str, text: &'a Result<String, String>) -> File<'a> {
    let text = text.as_deref().map_err(String::as_str);
    File { name, text }
}

/// Whether a variable that is a switch is on: anything but what says no.
fn is_on(said: &OsStr) -> bool {
    !["", "0", "false", "off", "no"]
        .iter()
        .any(|it| said.eq_ignore_ascii_case(it))
}

/// Where the user's file is or would be.
fn user_file() -> Option<PathBuf> {
    if let Some(named) = env::var_os(PATH).filter(|it| !it.is_empty()) {
        return Some(named.into());
    }
    let strategy = etcetera::choose_app_strategy(AppStrategyArgs {
        app_name: "interline".to_owned(),
        ..AppStrategyArgs::default()
    });
    Some(strategy.ok()?.config_dir().join("config.toml"))
}

/// A file's text, or why it cannot be read; nothing when there is no such file.
fn text_of(path: &Path) -> Option<Result<String, String>> {
    match fs::read_to_string(path) {
        Ok(text) => Some(Ok(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.to_string())),
    }
}

fn shown(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |it| it.display().to_string())
}
