//! The families that are known, and how a model is told to be one of them.
//!
//! The one idea: a name and a vocabulary are two witnesses, and they must agree. One alone is believed only where the other
//! cannot be heard; where they contradict each other, or nobody is known, the answer is a refusal that says what to do.
//!
//! Deliberately absent: guessing by likeness. A wrong template gives rubbish without an error.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{Order, Template, reading};

const TABLE: &str = include_str!("templates.toml");

/// One family: its template and how it is recognised.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) template: Arc<Template>,
    pub(super) names: Vec<Pattern>,
    pub(super) chat_only: Vec<Pattern>,
    pub(super) because: Arc<str>,
    pub(super) doubtful: Vec<Pattern>,
    pub(super) remark: Arc<str>,
    pub(super) architectures: Vec<String>,
    pub(super) decisive: Vec<String>,
}

/// Parts that a name has in this order.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            parts: text.split('*').map(str::to_owned).collect(),
        }
    }

    fn matches(&self, name: &str) -> bool {
        let mut rest = name;
        self.parts.iter().all(|part| {
            let found = rest.split_once(part.as_str());
            rest = found.map_or("", |it| it.1);
            found.is_some()
        })
    }

    /// The more letters it asks for, the more it says.
    fn weight(&self) -> usize {
        self.parts.iter().map(String::len).sum()
    }
}

/// What is known of a model: from the metadata of a file, or only the name of an endpoint's model.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// `Qwen/Qwen2.5-Coder-1.5B`, `qwen2.5-coder:1.5b-base`, `starcoder2-3b-Q4_K_M.gguf`.
    pub name: &'a str,
    /// `general.architecture` of a GGUF file.
    pub architecture: Option<&'a str>,
    /// Whether its vocabulary has a special token that is written so.
    pub has_token: Option<&'a dyn Fn(&str) -> bool>,
}

impl<'a> Facts<'a> {
    /// Nothing but a name.
    pub fn named(name: &'a str) -> Self {
        Self {
            name,
            architecture: None,
            has_token: None,
        }
    }
}

impl fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("name", &self.name)
            .field("architecture", &self.architecture)
            .field("has_token", &self.has_token.is_some())
            .finish()
    }
}

/// A model was recognised.
#[derive(Clone, Debug)]
pub struct Found {
    pub template: Arc<Template>,
    /// It will do, and something should be known about it.
    pub remark: Option<Arc<str>>,
}

/// Why there is no template for a model.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    #[error(
        "no fill-in-the-middle template is known for the model `{name}`: choose one with `--template ID` ({known})"
    )]
    Name { name: String, known: String },
    #[error("there is no template `{id}`: known are {known}")]
    Id { id: String, known: String },
    #[error(
        "the model `{name}` cannot fill holes: {because}; `--template {id}` tries it all the same"
    )]
    ChatOnly {
        name: String,
        because: Arc<str>,
        id: Arc<str>,
    },
    #[error(
        "the model `{name}` is called like {family}, but its architecture is `{architecture}`: choose a template with `--template ID` ({known})"
    )]
    Architecture {
        name: String,
        family: Arc<str>,
        architecture: String,
        known: String,
    },
    #[error(
        "the model `{name}` is called like {family}, but its vocabulary has no {}: choose a template with `--template ID` ({known})",
        quoted(.missing)
    )]
    Tokens {
        name: String,
        family: Arc<str>,
        missing: Vec<String>,
        known: String,
    },
    #[error("{family} was not trained for the order `{order}`")]
    Order {
        family: Arc<str>,
        order: &'static str,
    },
}

fn quoted(missing: &[String]) -> String {
    let quoted: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}

/// All families.
#[derive(Debug)]
pub struct Registry {
    families: Vec<Family>,
}

/// The families in the table.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    // What cannot be read is left out; a test holds that nothing is.
    REGISTRY.get_or_init(|| Registry {
        families: reading::read(TABLE).0,
    })
}

impl Registry {
    /// All templates, in the table's order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.families.iter().map(|it| &it.template)
    }

    /// The template that is called so: `starcoder2`, or `starcoder2:psm` for an order that is not the preferred one.
    pub fn by_id(&self, id: &str) -> Result<Arc<Template>, Unknown> {
        let (name, order) = match id.split_once(':') {
            Some((name, order)) => (name, Some(order)),
            None => (id, None),
        };
        let orders = [Order::Psm, Order::Spm];
        let order = match order {
            Some(name) => orders.into_iter().find(|it| it.name() == name).map(Some),
            None => Some(None),
        };
        let found = self.all().find(|it| it.id.as_ref() == name);
        let (Some(order), Some(found)) = (order, found) else {
            return Err(Unknown::Id {
                id: id.to_owned(),
                known: self.known(),
            });
        };
        let Some(order) = order.filter(|it| *it != found.order) else {
            return Ok(found.clone());
        };
        let turned = found.in_order(order).ok_or_else(|| Unknown::Order {
            family: found.name.clone(),
            order: order.name(),
        })?;
        Ok(Arc::new(turned))
    }

    /// The template of a model that must be one of the families.
    pub fn detect(&self, facts: &Facts<'_>) -> Result<Found, Unknown> {
        let name = normalised(facts.name);
        let family = match self.named(&name) {
            Some(it) => it,
            None => self.decided(facts).ok_or_else(|| Unknown::Name {
                name: facts.name.to_owned(),
                known: self.known(),
            })?,
        };
        if family.chat_only.iter().any(|it| it.matches(&name)) {
            return Err(Unknown::ChatOnly {
                name: facts.name.to_owned(),
                because: family.because.clone(),
                id: family.template.id.clone(),
            });
        }
        self.agree(facts, family)?;
        let doubtful = family.doubtful.iter().any(|it| it.matches(&name));
        Ok(Found {
            template: family.template.clone(),
            remark: doubtful.then(|| family.remark.clone()),
        })
    }

    /// The family whose pattern says most about a name.
    fn named(&self, name: &str) -> Option<&Family> {
        let said = |family: &Family| {
            let matching = family.names.iter().filter(|it| it.matches(name));
            matching.map(Pattern::weight).max()
        };
        let named = self.families.iter().filter_map(|it| Some((said(it)?, it)));
        named.max_by_key(|it| it.0).map(|it| it.1)
    }

    /// The family that alone has this architecture, if its vocabulary can be asked as well.
    fn decided(&self, facts: &Facts<'_>) -> Option<&Family> {
        let architecture = facts.architecture?;
        facts.has_token?;
        let decides = |family: &&Family| family.decisive.iter().any(|it| it == architecture);
        self.families.iter().find(decides)
    }

    /// Whether what is known beside the name says the same.
    fn agree(&self, facts: &Facts<'_>, family: &Family) -> Result<(), Unknown> {
        let (name, called) = (facts.name.to_owned(), family.template.name.clone());
        if let Some(architecture) = facts.architecture
            && !family.architectures.is_empty()
            && !family.architectures.iter().any(|it| it == architecture)
        {
            return Err(Unknown::Architecture {
                name,
                family: called,
                architecture: architecture.to_owned(),
                known: self.known(),
            });
        }
        let Some(has_token) = facts.has_token else {
            return Ok(());
        };
        let template = &family.template;
        let missing: Vec<String> = template
            .used()
            .into_iter()
            .filter(|marker| !template.spelt(marker).any(has_token))
            .map(str::to_owned)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Unknown::Tokens {
            name,
            family: called,
            missing,
            known: self.known(),
        })
    }

    fn known(&self) -> String {
        let ids: Vec<&str> = self.all().map(|it| it.id.as_ref()).collect();
        ids.join(", ")
    }
}

/// A name as patterns want it: without its owner and ending, in lower case, words between hyphens.
fn normalised(name: &str) -> String {
    let name = name.trim().trim_end_matches('/');
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = last.to_lowercase().replace(['_', ':', ' ', '@'], "-");
    format!("-{}-", lower.trim_end_matches(".gguf"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let (families, complaints) = reading::read(TABLE);
        assert_eq!(complaints, [""; 0]);
        assert_eq!(families.len(), 19);
    }

    #[track_caller]
    fn is(name: &str, expected: &str) {
        let found = registry().detect(&Facts::named(name));
        let id = found.map_or_else(|it| it.to_string(), |it| it.template.id.to_string());
        assert_eq!(id, expected, "{name}");
    }

    #[test]
    fn a_name_tells_the_family() {
        is("bigcode/starcoderbase-1b", "starcoder");
        is("bigcode/starcoder2-3b", "starcoder2");
        is("starcoder2:7b-q4_K_M", "starcoder2");
        is("codellama/CodeLlama-7b-hf", "codellama");
        is("codellama:13b-code", "codellama");
        is("deepseek-ai/deepseek-coder-1.3b-base", "deepseek-coder");
        is(
            "DeepSeek-Coder-V2-Lite-Base.Q4_K_M.gguf",
            "deepseek-coder-v2",
        );
        is("Qwen/Qwen2.5-Coder-1.5B", "qwen2.5-coder");
        is("models/qwen2.5-coder-0.5b-q8_0.gguf", "qwen2.5-coder");
        is("Qwen3-Coder-30B-A3B-Instruct", "qwen3-coder");
        is("Qwen/CodeQwen1.5-7B", "codeqwen1.5");
        is("codestral-latest", "codestral");
        is("Codestral-22B-v0.1-Q4_K_M", "codestral");
        is("google/codegemma-1.1-2b", "codegemma");
        is("ibm-granite/granite-3b-code-base-2k", "granite");
        is("granite-3.3-2b-base", "granite");
        is("granite-4.0-h-350m-base", "granite-4");
        is("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder");
        is("JetBrains/Mellum-4b-base", "mellum");
        is("codegeex4-all-9b", "codegeex4");
        is("stabilityai/stable-code-3b", "stable-code");
        is("smallcloudai/Refact-1_6B-fim", "refact");
        is("interline-tiny", "interline-tiny");
        // As `general.name` has them.
        is("Qwen2.5 Coder 0.5B", "qwen2.5-coder");
        is("Deepseek Coder 1.3b Base", "deepseek-coder");
        is("Granite 3b Code Base 2k", "granite");
        is("Granite 4.0 H 350M Base", "granite-4");
        is("Seed Coder 8B Base", "seed-coder");
    }

    #[test]
    fn an_order_can_be_asked_for_where_it_was_trained() {
        let by_id = |id| registry().by_id(id).map(|it| it.order);
        assert_eq!(by_id("starcoder2").ok(), Some(Order::Spm));
        assert_eq!(by_id("starcoder2:psm").ok(), Some(Order::Psm));
        let refused = |id| by_id(id).expect_err("refused").to_string();
        assert_eq!(
            refused("mellum:psm"),
            "Mellum was not trained for the order `psm`"
        );
        let said = refused("mellum:mps");
        assert!(said.starts_with("there is no template `mellum:mps`: known are starcoder"));
    }

    #[test]
    fn an_unknown_name_is_refused_with_what_is_known() {
        let refused = |name| {
            registry()
                .detect(&Facts::named(name))
                .expect_err("nobody knows it")
                .to_string()
        };
        for name in [
            "gpt-4.1",
            "Qwen2.5-7B-Instruct",
            "llama-3.1-8b",
            "",
            "plain",
        ] {
            let said = refused(name);
            assert!(
                said.starts_with(&format!(
                    "no fill-in-the-middle template is known for the model `{name}`: choose one with `--template ID` (starcoder, starcoder2, codellama"
                )),
                "{said}"
            );
        }
    }

    #[test]
    fn models_that_lost_the_hole_are_refused_and_worse_ones_remarked() {
        is(
            "CodeLlama-34b-hf",
            "the model `CodeLlama-34b-hf` cannot fill holes: Code Llama was trained for holes as 7B and 13B only, and not as Python model; `--template codellama` tries it all the same",
        );
        for name in [
            "codegemma-7b-it-GGUF",
            "codegemma:7b-instruct",
            "CodeQwen1.5-7B-Chat",
            "Seed-Coder-8B-Reasoning",
            "starcoder2-15b-instruct-v0.1",
            "mamba-codestral-7B-v0.1",
        ] {
            let found = registry().detect(&Facts::named(name));
            assert!(matches!(found, Err(Unknown::ChatOnly { .. })), "{name}");
        }
        for (name, remarked) in [
            ("Qwen2.5-Coder-7B-Instruct", true),
            ("Qwen2.5-Coder-7B", false),
            ("Qwen3-Coder-30B-A3B-Instruct", false),
            ("deepseek-coder-6.7b-instruct", true),
        ] {
            let found = registry().detect(&Facts::named(name)).expect("it is known");
            assert_eq!(found.remark.is_some(), remarked, "{name}");
        }
    }

    #[test]
    fn a_vocabulary_without_the_markers_contradicts_the_name() {
        let old = |token: &str| token.starts_with("<|fim") && token != "<|fim_prefix|>";
        let facts = Facts {
            has_token: Some(&old),
            ..Facts::named("Qwen2.5-Coder-7B")
        };
        let said = registry().detect(&facts).expect_err("refused").to_string();
        assert!(
            said.starts_with(
                "the model `Qwen2.5-Coder-7B` is called like Qwen2.5-Coder, but its vocabulary has no `<|fim_prefix|>`, `<|repo_name|>`, `<|file_sep|>`: choose"
            ),
            "{said}"
        );
    }

    #[test]
    fn another_spelling_of_a_marker_counts() {
        let has = |token: &str| token.starts_with('▁');
        let facts = Facts {
            has_token: Some(&has),
            architecture: Some("llama"),
            ..Facts::named("codellama-7b")
        };
        assert!(registry().detect(&facts).is_ok());
    }

    #[test]
    fn an_architecture_contradicts_a_name_and_decides_only_with_its_vocabulary() {
        let facts = Facts {
            architecture: Some("mamba2"),
            ..Facts::named("codestral-7b")
        };
        let found = registry().detect(&facts);
        assert!(matches!(found, Err(Unknown::Architecture { .. })));
        let bare = Facts {
            architecture: Some("starcoder2"),
            ..Facts::named("model")
        };
        assert!(matches!(
            registry().detect(&bare),
            Err(Unknown::Name { .. })
        ));
        let all = |_: &str| true;
        let heard = Facts {
            has_token: Some(&all),
            ..bare
        };
        let found = registry().detect(&heard).expect("decided");
        assert_eq!(found.template.id.as_ref(), "starcoder2");
    }
}
