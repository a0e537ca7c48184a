//! Who is asked in a repository, and what they are sent.
//!
//! The one idea: the answer comes from the settings alone, without asking anybody, so looking does not tell them that one does.

use std::env;

use il_config::{Rung, Settings, Task};
use il_engine_remote::EndpointChoice;
use il_privacy::Reach;
use il_retrieval::EmbeddingChoice;
use serde_json::{Value, json};

use crate::embedding;

/// Somebody who is asked.
pub(super) struct Recipient {
    /// `inline`, `chat`, `embed`, …
    pub(super) task: &'static str,
    /// As settings have it.
    pub(super) name: String,
    /// Where it is: a URL without path; `None` where it is in this process or cannot be told.
    pub(super) place: Option<String>,
    pub(super) reach: Option<Reach>,
}

impl Recipient {
    /// What reaches it, for people.
    pub(super) fn gets(&self) -> &'static str {
        match self.reach {
            None => "stays in Interline's own processes",
            Some(Reach::ThisMachine) => "code, as it is without secrets; it stays on this machine",
            Some(Reach::OwnServers) => {
                "code of levels `own-servers` and `anywhere`, without secrets"
            }
            Some(Reach::Anywhere) => "code of level `anywhere`, without secrets",
        }
    }

    pub(super) fn leaves(&self) -> bool {
        self.reach.is_some_and(|it| it != Reach::ThisMachine)
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "task": self.task,
            "name": self.name,
            "place": self.place,
            "gets_code": self.reach.is_some(),
            "leaves_this_machine": self.leaves(),
        })
    }
}

/// Everybody that the settings name for a task.
pub(super) fn all(settings: &Settings) -> Vec<Recipient> {
    let mut all = Vec::new();
    for task in Task::ALL {
        for rung in &settings.task(task).ladder {
            if task == Task::Embed {
                continue;
            }
            all.push(of_rung(settings, task.word(), &rung.value));
        }
    }
    all.extend(embedder(settings));
    all
}

fn of_rung(settings: &Settings, task: &'static str, rung: &Rung) -> Recipient {
    let name = rung.to_string();
    let (choice, is_own) = match rung {
        Rung::Repo | Rung::Local(_) => (None, false),
        Rung::Shorthand(word) => (word.parse::<EndpointChoice>().ok(), false),
        Rung::Endpoint(name) => match settings.endpoints.get(name) {
            None => (None, false),
            Some(said) => {
                let speaks = &said.speaks.value;
                let model = Some(said.model.value.as_str()).filter(|it| !it.is_empty());
                let model = model.unwrap_or("model");
                let word = match &said.url {
                    Some(url) if speaks.starts_with("llama-server") => {
                        format!("{speaks}:{}", url.value)
                    }
                    None if speaks.starts_with("llama-server") => speaks.clone(),
                    Some(url) => format!("{speaks}:{model}@{}", url.value),
                    None => format!("{speaks}:{model}"),
                };
                (word.parse::<EndpointChoice>().ok(), said.own.value)
            }
        },
    };
    let is_here = matches!(rung, Rung::Repo | Rung::Local(_));
    let reach = match &choice {
        _ if is_here => None,
        Some(it) if it.is_loopback() => Some(Reach::ThisMachine),
        Some(_) if is_own => Some(Reach::OwnServers),
        // What cannot be told counts as the worst.
        _ => Some(Reach::Anywhere),
    };
    Recipient {
        task,
        name,
        place: choice
            .and_then(|it| il_audit::Target::of(&it.url))
            .map(|it| it.to_string()),
        reach,
    }
}

fn embedder(settings: &Settings) -> Option<Recipient> {
    let said = env::var(embedding::VARIABLE)
        .ok()
        .filter(|it| !it.trim().is_empty());
    let ladder = &settings.task(Task::Embed).ladder;
    let word = said.or_else(|| ladder.first().map(|it| it.value.to_string()))?;
    let choice: Option<EmbeddingChoice> = word.parse().ok();
    let reach = match &choice {
        Some(it) if it.is_loopback() => match it {
            EmbeddingChoice::Server(_) => Some(Reach::ThisMachine),
            _ => None,
        },
        _ => Some(Reach::Anywhere),
    };
    Some(Recipient {
        task: Task::Embed.word(),
        name: word,
        place: None,
        reach,
    })
}
