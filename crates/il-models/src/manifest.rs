//! What is written beside a model's file: where it came from, how large it is and what its hash was.
//!
//! The one idea: it is enough to fetch the file again and to tell whether it is still the same. JSON with a version, written
//! beside its place and renamed; what a later version adds is kept apart by the number.
//!
//! Deliberately absent: what is inside the file, which the file says itself.

use serde_json::{Value, json};

use crate::hash::{Checked, is_hash};

/// The version that is written.
pub const VERSION: u64 = 1;

/// A model that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub id: String,
    /// Name of its file in the folder.
    pub file: String,
    pub origin: Origin,
    pub size: u64,
    pub sha256: String,
    pub checked: Checked,
    /// Date as the caller gave it.
    pub since: String,
    /// The name of the licence, as far as it is known.
    pub licence: Option<String>,
}

/// Where a file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Hub {
        repo: String,
        revision: String,
        file: String,
    },
    /// A file of this machine.
    Path(String),
}

impl Manifest {
    pub(crate) fn to_json(&self) -> Value {
        let origin = match &self.origin {
            Origin::Hub {
                repo,
                revision,
                file,
            } => json!({"repo": repo, "revision": revision, "file": file}),
            Origin::Path(path) => json!({"path": path}),
        };
        json!({
            "version": VERSION,
            "id": self.id,
            "file": self.file,
            "origin": origin,
            "size": self.size,
            "sha256": self.sha256,
            "checked": self.checked.word(),
            "since": self.since,
            "licence": self.licence,
        })
    }

    /// Nothing of what it says leads out of the folder.
    pub(crate) fn of_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| "it is no JSON".to_owned())?;
        match value.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => return Err(format!("it is of version {other}, not {VERSION}")),
            None => return Err("it has no version".to_owned()),
        }
        let text = |value: &Value, key: &str| {
            let found = value.get(key).and_then(Value::as_str);
            found
                .map(str::to_owned)
                .ok_or_else(|| format!("it has no `{key}`"))
        };
        let origin = value.get("origin").ok_or("it has no `origin`")?;
        let origin = match origin.get("path").and_then(Value::as_str) {
            Some(path) => Origin::Path(path.to_owned()),
            None => Origin::Hub {
                repo: text(origin, "repo")?,
                revision: text(origin, "revision")?,
                file: text(origin, "file")?,
            },
        };
        let file = text(&value, "file")?;
        if !is_plain(&file) {
            return Err("its file has no plain name".to_owned());
        }
        let sha256 = text(&value, "sha256")?;
        if !is_hash(&sha256) {
            return Err("its `sha256` is none".to_owned());
        }
        let word = text(&value, "checked")?;
        let checked = [Checked::Table, Checked::Hub]
            .into_iter()
            .find(|it| it.word() == word);
        Ok(Self {
            id: text(&value, "id")?,
            file,
            origin,
            size: value
                .get("size")
                .and_then(Value::as_u64)
                .ok_or("it has no `size`")?,
            sha256,
            checked: checked.unwrap_or(Checked::Nothing),
            since: text(&value, "since")?,
            licence: text(&value, "licence").ok(),
        })
    }
}

/// Whether a name can be a file's in the folder, and nothing more.
pub(crate) fn is_plain(name: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    !name.is_empty() && name.len() <= 120 && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(origin: Origin) -> Manifest {
        Manifest {
            id: "m".to_owned(),
            file: "m.gguf".to_owned(),
            origin,
            size: 7,
            sha256: "ab".repeat(32),
            checked: Checked::Hub,
            since: "2026-11-24".to_owned(),
            licence: Some("MIT".to_owned()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let hub = Origin::Hub {
            repo: "a/b".to_owned(),
            revision: "main".to_owned(),
            file: "m.gguf".to_owned(),
        };
        for origin in [hub, Origin::Path("/a/m.gguf".to_owned())] {
            let written = manifest(origin);
            let text = written.to_json().to_string();
            assert_eq!(Manifest::of_json(&text), Ok(written));
        }
    }

    #[test]
    fn what_is_no_manifest_says_why() {
        let whole = manifest(Origin::Path("p".to_owned())).to_json();
        let without = |key: &str, value: Value| {
            let mut changed = whole.clone();
            changed[key] = value;
            Manifest::of_json(&changed.to_string()).expect_err("refused")
        };
        assert_eq!(Manifest::of_json("{"), Err("it is no JSON".to_owned()));
        assert_eq!(without("version", json!(2)), "it is of version 2, not 1");
        assert_eq!(without("version", Value::Null), "it has no version");
        assert_eq!(
            without("file", json!("../../x")),
            "its file has no plain name"
        );
        assert_eq!(
            without("file", json!(".hidden")),
            "its file has no plain name"
        );
        assert_eq!(without("sha256", json!("12")), "its `sha256` is none");
        assert_eq!(without("size", json!("7")), "it has no `size`");
    }
}
