//! The table of known models, read from `models.toml`.
//!
//! The one idea: what can be known without the file is data, so that a new model is a few lines and no code. What is not known
//! for certain is left out: a hash that nobody confirmed would be worse than none.
//!
//! Deliberately absent: which model is best for whom.

use std::{fmt, sync::OnceLock};

use il_engine::task::Task;
use toml::de::{DeTable, DeValue};

use crate::manifest::Origin;

const TABLE: &str = include_str!("../models.toml");

/// One known model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// What it is called here, and the name of its file.
    pub id: String,
    pub name: String,
    /// Id of its fill-in-the-middle template; none for one that fills no holes.
    pub family: Option<String>,
    pub tasks: Vec<Task>,
    /// In millions.
    pub parameters: u64,
    /// Tokens that it was trained to read.
    pub context: u64,
    pub licence: Licence,
    pub quantisation: String,
    pub origin: Origin,
    /// Bytes; exact if `is_exact`.
    pub size: u64,
    pub is_exact: bool,
    pub sha256: Option<String>,
}

impl Model {
    /// Bytes that it takes to run with a context of 4 096 tokens: the file, and a sixth for the cache and buffers.
    pub fn memory(&self) -> u64 {
        self.size + self.size / 6 + (128 << 20)
    }
}

/// What may be done with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// SPDX identifier, or the licence's own name.
    pub name: String,
    /// Where it can be read, if it is no SPDX one.
    pub terms: Option<String>,
    pub commercial: Commercial,
}

/// Whether a model may be used for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commercial {
    Yes,
    /// On conditions that have to be read.
    Terms,
    No,
}

impl Commercial {
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Terms => "terms",
            Self::No => "no",
        }
    }
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.commercial {
            Commercial::Yes => Ok(()),
            Commercial::Terms => f.write_str(", on terms"),
            Commercial::No => f.write_str(", not for commercial use"),
        }
    }
}

/// All known models, in the table's order.
pub fn table() -> &'static [Model] {
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    // What cannot be read is left out; a test holds that nothing is.
    MODELS.get_or_init(|| read(TABLE).0)
}

/// The model that is called so.
pub fn find(id: &str) -> Option<&'static Model> {
    table().iter().find(|it| it.id == id)
}

/// The ids most like a word, for whoever mistyped one.
pub fn nearest(word: &str) -> Vec<&'static str> {
    let word = word.to_lowercase();
    let shared = |id: &str| {
        let parts = word.split(|c: char| !c.is_alphanumeric() && c != '.');
        parts
            .filter(|it| it.len() > 1 && id.contains(it))
            .map(str::len)
            .sum::<usize>()
    };
    let mut found: Vec<(usize, &str)> = table()
        .iter()
        .map(|it| (shared(&it.id), it.id.as_str()))
        .filter(|it| it.0 > 0)
        .collect();
    found.sort_by_key(|it| std::cmp::Reverse(it.0));
    found.into_iter().take(3).map(|it| it.1).collect()
}

/// What is there, and what is wrong with the rest.
fn read(text: &str) -> (Vec<Model>, Vec<String>) {
    let document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => return (Vec::new(), vec![error.to_string()]),
    };
    let (mut models, mut problems) = (Vec::new(), Vec::new());
    let entries = match document.get("model").map(|it| it.get_ref()) {
        Some(DeValue::Array(entries)) => entries.iter().map(|it| it.get_ref()).collect(),
        _ => Vec::new(),
    };
    for entry in entries {
        let DeValue::Table(entry) = entry else {
            continue;
        };
        let entry = Entry(entry);
        match model(&entry) {
            Ok(model) => models.push(model),
            Err(what) => {
                let id = entry.text("id");
                problems.push(format!("{}: {what}", id.as_deref().unwrap_or("no id")));
            }
        }
    }
    (models, problems)
}

/// One table of the document.
struct Entry<'a>(&'a DeTable<'a>);

impl Entry<'_> {
    fn text(&self, key: &str) -> Option<String> {
        text(self.0.get(key)?.get_ref())
    }

    fn number(&self, key: &str) -> Option<u64> {
        match self.0.get(key)?.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        match self.0.get(key)?.get_ref() {
            DeValue::Array(items) => items.iter().map(|it| text(it.get_ref())).collect(),
            _ => None,
        }
    }
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn model(entry: &Entry<'_>) -> Result<Model, String> {
    let text = |key: &str| entry.text(key).ok_or_else(|| format!("no `{key}`"));
    let number = |key: &str| entry.number(key).ok_or_else(|| format!("no `{key}`"));
    let task = |word: String| Task::ALL.into_iter().find(|it| it.word() == word);
    let tasks = entry.texts("tasks").unwrap_or_default();
    let tasks: Option<Vec<Task>> = tasks.into_iter().map(task).collect();
    let commercial = match text("commercial")?.as_str() {
        "yes" => Commercial::Yes,
        "terms" => Commercial::Terms,
        "no" => Commercial::No,
        other => return Err(format!("`commercial` is `{other}`")),
    };
    let exact = entry.number("size");
    Ok(Model {
        id: text("id")?,
        name: text("name")?,
        family: entry.text("family"),
        tasks: tasks.ok_or("a task that there is not")?,
        parameters: number("parameters")?,
        context: number("context")?,
        licence: Licence {
            name: text("licence")?,
            terms: entry.text("terms"),
            commercial,
        },
        quantisation: text("quantisation")?,
        origin: Origin::Hub {
            repo: text("repo")?,
            revision: entry.text("revision").unwrap_or_else(|| "main".to_owned()),
            file: text("file")?,
        },
        size: exact.map_or_else(|| number("about"), Ok)?,
        is_exact: exact.is_some(),
        sha256: entry.text("sha256"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        let (models, problems) = read(TABLE);
        assert_eq!(problems, [""; 0]);
        assert_eq!(models.len(), TABLE.matches("[[model]]").count());
        let ids: BTreeSet<&str> = models.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids.len(), models.len(), "an id twice");
    }

    #[test]
    fn every_model_is_what_it_says() {
        for model in table() {
            let id = &model.id;
            let plain =
                |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || ".-".contains(it);
            assert!(id.chars().all(plain), "{id}");
            assert!(!model.tasks.is_empty() && model.context >= 2048, "{id}");
            // A quantised parameter takes half a byte to a byte and a bit.
            let bytes = model.size as f64 / (model.parameters as f64 * 1e6);
            assert!(
                (0.5..1.15).contains(&bytes),
                "{id}: {bytes} bytes a parameter"
            );
            if let Some(hash) = &model.sha256 {
                let hex = |it: char| it.is_ascii_digit() || ('a'..='f').contains(&it);
                assert!(hash.len() == 64 && hash.chars().all(hex), "{id}");
            }
            let spdx = ["Apache-2.0", "MIT"].contains(&model.licence.name.as_str());
            assert_eq!(spdx, model.licence.commercial == Commercial::Yes, "{id}");
            assert_eq!(spdx, model.licence.terms.is_none(), "{id}");
        }
    }

    #[test]
    fn a_family_is_a_template_and_the_files_name_leads_to_it() {
        for model in table() {
            let Some(family) = &model.family else {
                assert!(!model.tasks.contains(&Task::Inline), "{}", model.id);
                continue;
            };
            let Origin::Hub { file, .. } = &model.origin else {
                panic!("{} is from nowhere", model.id);
            };
            let facts = il_engine::fim::Facts::named(file);
            let found = il_engine::fim::registry().detect(&facts);
            let found = found.map(|it| it.template.id.to_string());
            assert_eq!(found.as_ref().ok(), Some(family), "{}: {found:?}", model.id);
        }
    }

    #[test]
    fn a_mistyped_id_is_near_to_some() {
        assert!(nearest("qwen-coder-3b").contains(&"qwen2.5-coder-3b"));
        assert_eq!(nearest("xyz"), [""; 0]);
    }

    #[test]
    fn what_is_wrong_in_a_table_is_said_with_the_models_id() {
        let (models, problems) = read("[[model]]\nid = \"a\"\nname = \"A\"\n[[model]]\n");
        assert!(models.is_empty());
        assert_eq!(problems, ["a: no `commercial`", "no id: no `commercial`"]);
    }
}
