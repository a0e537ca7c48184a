//! Models behind HTTP, as settings name them.
//!
//! The one idea: an endpoint is made once, so that all repositories share its limits, its rest after failures and its books.
//! Only where repositories have different caps are there several of it, which share the limits.
//!
//! Deliberately absent: what providers speak.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use il_assist::Engine;
use il_config::{Endpoint as Said, Origin, Rung, Settings, Task};
use il_engine::{
    fim,
    usage::{Amount, Usage},
};
use il_engine_remote::{
    Dialect, Endpoint, EndpointChoice, KeySource, RemoteEngine, Settings as Asking,
};
use il_ledger::Account;
use il_privacy::Policy;

use super::reach;
use crate::{costs, egress, privacy, repository::lock, terminal};

/// Endpoints by how settings call them, what they may spend, and whether they may be asked.
#[derive(Default)]
pub(crate) struct Endpoints(Mutex<HashMap<(String, Caps, Closed), Arc<Endpoint>>>);

/// Why nothing may leave, where nothing may.
type Closed = Option<String>;

/// For everybody and for each user in a day.
type Caps = (Option<Amount>, Option<Amount>);

impl Endpoints {
    /// The engine for a rung that names an endpoint.
    pub(crate) fn engine(
        &self,
        settings: &Settings,
        rung: &Rung,
        root: &Path,
        policy: Arc<Policy>,
    ) -> Result<Arc<dyn Engine>, String> {
        let endpoint = self.endpoint(settings, rung)?;
        let reach = reach(settings, rung, endpoint.settings().is_remote());
        let guard = privacy::guard(&settings.privacy, policy, reach, Some(root))?;
        let engine = RemoteEngine::new(endpoint, guard).map_err(|why| why.to_string())?;
        Ok(Arc::new(engine))
    }

    /// What an endpoint is, without asking it; why it cannot be asked.
    pub(crate) fn describe(
        &self,
        settings: &Settings,
        rung: &Rung,
        root: &Path,
    ) -> Result<String, String> {
        let policy = Arc::new(settings.privacy.policy());
        self.engine(settings, rung, root, policy)?;
        let endpoint = self.endpoint(settings, rung)?;
        let choice = &endpoint.settings().choice;
        let how = match (choice.is_loopback(), choice.is_in_the_clear()) {
            (true, _) => "on this machine",
            (false, false) => "code is sent there",
            (false, true) => "code is sent there IN THE CLEAR: use https",
        };
        Ok(format!("set up, not asked; {how}"))
    }

    fn endpoint(&self, settings: &Settings, rung: &Rung) -> Result<Arc<Endpoint>, String> {
        let name = rung.to_string();
        let caps = costs::caps(settings);
        let closed = egress::closed(&settings.privacy);
        let key = (name.clone(), caps, closed);
        if let Some(made) = lock(&self.0).get(&key) {
            return Ok(Arc::clone(made));
        }
        let said = match rung {
            Rung::Endpoint(name) => settings.endpoints.get(name),
            _ => None,
        };
        let asking = match (rung, said) {
            (_, Some(said)) => asking(said)?,
            (Rung::Shorthand(word), None) => {
                let mut asking = Asking::new(choice(word)?);
                if let Some(source) = usual_key(asking.choice.host()) {
                    // Where there is none the server says so, and then this name is told.
                    asking.key = source.read().ok();
                    asking.key_source = Some(source);
                }
                asking
            }
            _ => return Err(format!("no settings describe `{rung}`")),
        };
        let text = |it: Option<&il_config::Sourced<String>>| it.map(|it| it.value.clone());
        let door = egress::door_to(
            &name,
            &settings.privacy,
            text(said.and_then(|it| it.proxy.as_ref())).as_deref(),
            text(said.and_then(|it| it.authorities.as_ref())).as_deref(),
        );
        if key.2.is_none() {
            say_if_it_leaves(&asking);
        }
        let metered = asking.metered;
        let account = Account {
            user: costs::user(),
            task: Task::Inline.word().to_owned(),
            endpoint: name.clone(),
            host: asking.choice.host().to_owned(),
            model: asking.choice.model.clone(),
            free: !metered,
        };
        // Every try that is sent may be charged, and so may the second one of a hedge.
        let sent = u64::from(asking.limits.tries.max(1)) + u64::from(asking.limits.hedge);
        let most = Usage {
            prompt: sent * asking.context_tokens as u64,
            answer: sent * asking.max_answer_tokens as u64,
            ..Usage::default()
        };
        let door = door.map_err(|why| format!("{why:#}"))?;
        let mut endpoint = Endpoint::new(asking, door).map_err(|why| why.to_string())?;
        match costs::ledger(settings) {
            Ok(ledger) => {
                let meter = ledger.meter_within(account, most, caps.0, caps.1);
                endpoint = endpoint.with_meter(meter);
            }
            // A cap that cannot be kept is a cap that is reached.
            Err(why) if metered && costs::is_capped(settings) => return Err(why),
            Err(why) => tracing::warn!("costs are not recorded: {why}"),
        }
        let mut made = lock(&self.0);
        if let Some((_, other)) = made.iter().find(|(key, _)| key.0 == name) {
            endpoint = endpoint.sharing_limits_of(other);
        }
        let endpoint = Arc::new(endpoint);
        made.insert(key, Arc::clone(&endpoint));
        Ok(endpoint)
    }
}

/// Where a provider's users keep its key, for one who says no more than a model. It is for the provider's own host alone.
fn usual_key(host: &str) -> Option<KeySource> {
    let variable = match host {
        "api.openai.com" => "OPENAI_API_KEY",
        "api.mistral.ai" | "codestral.mistral.ai" => "MISTRAL_API_KEY",
        "api.deepseek.com" => "DEEPSEEK_API_KEY",
        "api.anthropic.com" => "ANTHROPIC_API_KEY",
        "generativelanguage.googleapis.com" => "GEMINI_API_KEY",
        _ => return None,
    };
    Some(KeySource::Env(variable.to_owned()))
}

/// Where code goes that does not stay here; once an endpoint, since each is made once.
fn say_if_it_leaves(asking: &Asking) {
    let choice = &asking.choice;
    if choice.is_loopback() {
        return;
    }
    let clear = match choice.is_in_the_clear() {
        true => ", unencrypted: use https",
        false => "",
    };
    terminal::warning(&format!(
        "code leaves this machine: what stands around the cursor and helps there is sent to `{}`{clear}",
        choice.host()
    ));
}

fn choice(word: &str) -> Result<EndpointChoice, String> {
    word.parse::<EndpointChoice>()
        .map_err(|why| why.to_string())
}

/// An endpoint in one word; a server with one model has no place for its name there.
fn word(said: &Said) -> String {
    let (speaks, model) = (&said.speaks.value, &said.model.value);
    let has_one_model = Dialect::ALL
        .iter()
        .any(|it| it.is_llama_server() && it.word() == speaks);
    match &said.url {
        Some(url) if has_one_model => format!("{speaks}:{}", url.value),
        Some(url) => format!("{speaks}:{model}@{}", url.value),
        None if has_one_model => speaks.clone(),
        None => format!("{speaks}:{model}"),
    }
}

fn asking(said: &Said) -> Result<Asking, String> {
    let mut asking = Asking::new(choice(&word(said))?);
    if let Some(key) = &said.key {
        let source: KeySource = key
            .value
            .to_string()
            .parse()
            .map_err(|why: il_engine_remote::KeyError| why.to_string())?;
        asking.key = Some(source.read().map_err(|why| why.to_string())?);
        asking.key_source = Some(source);
    }
    let number = |it: u32| usize::try_from(it).unwrap_or(usize::MAX);
    if let Some(it) = &said.context_tokens {
        asking.context_tokens = number(it.value);
    }
    if let Some(it) = &said.answer_tokens {
        asking.max_answer_tokens = number(it.value);
    }
    if let Some(it) = &said.template {
        let template = fim::registry().by_id(&it.value);
        asking.template = Some(template.map_err(|why| why.to_string())?);
    }
    if let Some(it) = &said.concurrency {
        asking.limits.concurrency = number(it.value).max(1);
    }
    if let Some(it) = &said.retries {
        asking.limits.tries = it.value.saturating_add(1);
    }
    if let Some(it) = &said.patience_seconds {
        asking.patience.first_byte = Duration::from_secs(it.value.into());
    }
    asking.limits.hedge = said.hedge.value;
    // Without a word about it, what runs on this machine is free.
    if said.free.origin != Origin::Default {
        asking.metered = !said.free.value;
    }
    Ok(asking)
}

#[cfg(test)]
mod tests {
    use il_config::{File, Layers};

    use super::*;

    /// The endpoint `a` with this said of it.
    #[track_caller]
    fn reads(said: &str, expected: &str) {
        let text = format!("version = 1\n[endpoint.a]\n{said}");
        let (settings, problems) = Settings::read(Layers {
            user: Some(File {
                name: "config.toml",
                text: Ok(&text),
            }),
            known: il_config::Known {
                without_model: &["llama-server"],
                ..il_config::Known::default()
            },
            ..Layers::default()
        });
        assert_eq!(problems, []);
        let asking = asking(&settings.endpoints["a"]).unwrap();
        assert_eq!(asking.choice.to_string(), expected);
    }

    #[test]
    fn what_is_said_of_an_endpoint_is_what_is_asked() {
        reads(
            "speaks = \"openai\"\nmodel = \"m:1b\"\nurl = \"http://127.0.0.1:1/v1\"\n",
            "openai:m:1b@http://127.0.0.1:1/v1",
        );
        let url = "http://127.0.0.1:8012";
        let server = format!("speaks = \"llama-server\"\nurl = \"{url}\"\n");
        reads(&server, &format!("llama-server:{url}"));
        reads(
            &format!("{server}model = \"m\"\n"),
            &format!("llama-server:{url}"),
        );
    }

    #[test]
    fn a_providers_key_goes_to_its_own_host_alone() {
        let source = |word: &str| {
            let choice = choice(word).unwrap();
            usual_key(choice.host()).map(|it| it.to_string())
        };
        assert_eq!(
            source("mistral:codestral-latest").as_deref(),
            Some("env:MISTRAL_API_KEY")
        );
        assert_eq!(source("openai:m").as_deref(), Some("env:OPENAI_API_KEY"));
        assert_eq!(source("gemini:m").as_deref(), Some("env:GEMINI_API_KEY"));
        assert_eq!(source("openai:m@https://api.openai.com.evil.example"), None);
        assert_eq!(source("openai:m@https://gpu.lan"), None);
        assert_eq!(source("ollama:m"), None);
    }
}
