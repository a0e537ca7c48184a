//! Models behind HTTP, as settings name them.
//!
//! The one idea: an endpoint is made once, so that all repositories share its limits, its rest after failures and its books.
//!
//! Deliberately absent: what providers speak.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use il_assist::Engine;
use il_config::{Endpoint as Said, Rung, Settings, Task};
use il_engine::{fim, usage::Usage};
use il_engine_remote::{Endpoint, EndpointChoice, KeySource, RemoteEngine, Settings as Asking};
use il_ledger::Account;

use crate::{costs, egress, repository::lock};

/// Endpoints by how settings call them.
#[derive(Default)]
pub(crate) struct Endpoints(Mutex<HashMap<String, Arc<Endpoint>>>);

impl Endpoints {
    /// The engine for a rung that names an endpoint.
    pub(crate) fn engine(
        &self,
        settings: &Settings,
        rung: &Rung,
    ) -> Result<Arc<dyn Engine>, String> {
        let endpoint = self.endpoint(settings, rung)?;
        let engine = RemoteEngine::new(endpoint).map_err(|why| why.to_string())?;
        Ok(Arc::new(engine))
    }

    fn endpoint(&self, settings: &Settings, rung: &Rung) -> Result<Arc<Endpoint>, String> {
        let name = rung.to_string();
        if let Some(made) = lock(&self.0).get(&name) {
            return Ok(Arc::clone(made));
        }
        let said = match rung {
            Rung::Endpoint(name) => settings.endpoints.get(name),
            _ => None,
        };
        let asking = match (rung, said) {
            (_, Some(said)) => asking(said)?,
            (Rung::Shorthand(word), None) => Asking::new(choice(word)?),
            _ => return Err(format!("no settings describe `{rung}`")),
        };
        let door = match said {
            Some(said) => egress::door_for(
                said.proxy.as_ref().map(|it| it.value.as_str()),
                said.authorities.as_ref().map(|it| it.value.as_str()),
            ),
            None => egress::door(),
        };
        let metered = asking.metered;
        let account = Account {
            user: costs::user(),
            task: Task::Inline.word().to_owned(),
            endpoint: name.clone(),
            host: asking.choice.host().to_owned(),
            model: asking.choice.model.clone(),
            free: !metered,
        };
        let most = Usage {
            prompt: asking.context_tokens as u64,
            answer: asking.max_answer_tokens as u64,
            ..Usage::default()
        };
        let door = door.map_err(|why| format!("{why:#}"))?;
        let mut endpoint = Endpoint::new(asking, door).map_err(|why| why.to_string())?;
        match costs::ledger(settings) {
            Ok(ledger) => endpoint = endpoint.with_meter(ledger.meter(account, most)),
            // A cap that cannot be kept is a cap that is reached.
            Err(why) if metered && costs::is_capped(settings) => return Err(why),
            Err(why) => tracing::warn!("costs are not recorded: {why}"),
        }
        let endpoint = Arc::new(endpoint);
        lock(&self.0).insert(name, Arc::clone(&endpoint));
        Ok(endpoint)
    }
}

fn choice(word: &str) -> Result<EndpointChoice, String> {
    word.parse::<EndpointChoice>()
        .map_err(|why| why.to_string())
}

fn asking(said: &Said) -> Result<Asking, String> {
    let mut word = format!("{}:{}", said.speaks.value, said.model.value);
    if let Some(url) = &said.url {
        word.push('@');
        word.push_str(&url.value);
    }
    let mut asking = Asking::new(choice(&word)?);
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
    asking.metered &= !said.free.value;
    Ok(asking)
}
