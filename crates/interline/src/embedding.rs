//! Which embedding a command uses, and the embedder for it.
//!
//! The one idea: what was said last counts: the flag, then the environment, then the settings, then what the index was made
//! with, then the model in the binary. So a search compares with the vectors that are there, whoever made them.
//!
//! Deliberately absent: what an embedder does. The key is read here and never printed.

use std::{env, path::Path, sync::Arc, sync::Once};

use il_config::{Origin, Rung, Task};
use il_egress::Secret;
use il_embed::StaticEmbedder;
use il_embed_local::LocalEmbedder;
use il_embed_remote::Settings;
use il_privacy::Reach;
use il_retrieval::{EmbedError, Embedder, EmbeddingChoice};

use crate::{egress, failure::usage, privacy, settings as in_force, terminal};

/// The environment variable with the embedding to use.
pub(crate) const VARIABLE: &str = "INTERLINE_EMBEDDINGS";
/// The environment variable with the key of an embedding server.
const KEY: &str = "INTERLINE_EMBEDDINGS_KEY";

/// An embedder, or none where nothing is embedded.
pub(crate) type MaybeEmbedder = Option<Arc<dyn Embedder>>;

/// What is to be used: `flag` if it was given, else what the environment says, else `remembered`.
pub(crate) fn chosen(
    flag: Option<&EmbeddingChoice>,
    remembered: Option<EmbeddingChoice>,
) -> anyhow::Result<EmbeddingChoice> {
    if let Some(flag) = flag {
        return Ok(flag.clone());
    }
    match env::var(VARIABLE) {
        Ok(said) if !said.trim().is_empty() => said
            .parse()
            .map_err(|why| usage(format!("cannot read `{VARIABLE}`: {why}"))),
        _ => match from_settings()? {
            Some(choice) => Ok(choice),
            None => Ok(remembered.unwrap_or(EmbeddingChoice::Static)),
        },
    }
}

/// What the user's settings say, if they say anything.
fn from_settings() -> anyhow::Result<Option<EmbeddingChoice>> {
    let settings = in_force::read(None, None).settings;
    let ladder = &settings.task(Task::Embed).ladder;
    let Some(rung) = ladder.first().filter(|it| it.origin != Origin::Default) else {
        return Ok(None);
    };
    let word = match &rung.value {
        Rung::Shorthand(word) => word,
        other => {
            return Err(usage(format!(
                "`{other}` makes no vectors: `[embed]` takes `static`, `none`, `ollama:MODEL`, `openai:MODEL@URL` or `file:PATH`"
            )));
        }
    };
    let choice = word
        .parse()
        .map_err(|why| usage(format!("`[embed]`: {why}")))?;
    Ok(Some(choice))
}

/// The embedder that a choice means, for a repository or for nothing in particular. Connects to nothing yet.
pub(crate) fn embedder_of(
    choice: &EmbeddingChoice,
    root: Option<&Path>,
) -> Result<MaybeEmbedder, EmbedError> {
    Ok(match choice {
        EmbeddingChoice::None => None,
        EmbeddingChoice::Static => Some(Arc::new(StaticEmbedder::shipped())),
        EmbeddingChoice::File(path) => Some(Arc::new(LocalEmbedder::open(path)?)),
        EmbeddingChoice::Server(server) => {
            let key = env::var(KEY).ok().filter(|key| !key.trim().is_empty());
            let in_force = in_force::read(root, None).settings;
            if egress::closed(&in_force.privacy).is_none() {
                say_if_it_leaves(choice);
            }
            let door = egress::door(&in_force.privacy)
                .map_err(|why| EmbedError::Refused(format!("{why:#}")))?;
            let policy = Arc::new(in_force.privacy.policy());
            let reach = reach_by(choice, &in_force);
            let guard = privacy::guard(&in_force.privacy, policy, reach, root);
            let guard = guard.map_err(EmbedError::Refused)?;
            let settings =
                Settings::new(server.clone(), door, guard).with_key(key.map(Secret::new));
            Some(Arc::from(il_embed_remote::embedder(settings)?))
        }
    })
}

/// How far away whoever embeds is, for a repository.
pub(crate) fn reach(choice: &EmbeddingChoice, root: &Path) -> Reach {
    reach_by(choice, &in_force::read(Some(root), None).settings)
}

/// A server is one of ours where an endpoint of ours is on the same host.
fn reach_by(choice: &EmbeddingChoice, settings: &il_config::Settings) -> Reach {
    let EmbeddingChoice::Server(server) = choice else {
        return Reach::ThisMachine;
    };
    let mut own = settings.endpoints.values().filter(|it| *it.own);
    let is_own = own.any(|it| {
        let url = it.url.as_ref().map(|it| it.value.as_str());
        url.is_some_and(|url| origin_of(url) == origin_of(&server.url))
    });
    match is_own {
        _ if choice.is_loopback() => Reach::ThisMachine,
        true => Reach::OwnServers,
        false => Reach::Anywhere,
    }
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    format!("{scheme}://{host}").to_ascii_lowercase()
}

/// The choice with nothing in it that depends on where the command was run.
pub(crate) fn anywhere(choice: EmbeddingChoice) -> EmbeddingChoice {
    match choice {
        EmbeddingChoice::File(path) => {
            EmbeddingChoice::File(std::path::absolute(&path).unwrap_or(path))
        }
        other => other,
    }
}

/// What the index in `directory` was last made with.
pub(crate) fn remembered(directory: &Path) -> Option<EmbeddingChoice> {
    let text = std::fs::read_to_string(directory.join(REMEMBERED)).ok()?;
    text.trim().parse().ok()
}

/// Remembers what the index in `directory` is made with. That it cannot be written was said when the index was.
pub(crate) fn remember(directory: &Path, choice: &EmbeddingChoice) {
    if remembered(directory).as_ref() == Some(choice) {
        return;
    }
    if let Err(error) = std::fs::write(directory.join(REMEMBERED), format!("{choice}\n")) {
        tracing::debug!(%error, "cannot remember the embedding");
    }
}

/// Beside the files of the index, which leaves it alone.
const REMEMBERED: &str = "embeddings";

fn say_if_it_leaves(choice: &EmbeddingChoice) {
    static SAID: Once = Once::new();
    let EmbeddingChoice::Server(server) = choice else {
        return;
    };
    if !choice.is_loopback() {
        SAID.call_once(|| {
            terminal::warning(&format!(
                "code leaves this machine: every piece of it is sent to `{}` to be embedded \
                 (`--embeddings static` keeps it here)",
                server.url
            ));
        });
    }
}
