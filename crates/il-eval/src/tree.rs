//! A repository's source files, read whole: what the generator samples from and the baselines learn.
//!
//! Only text in a language of the registry, at most a quarter of a megabyte a file, in path order.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context as _;
use il_lang::registry;

/// Larger files are generated ones or data.
const MAX_BYTES: u64 = 250_000;

/// One source file.
#[derive(Clone)]
pub(crate) struct SourceFile {
    /// Path inside the repository, `/`-separated.
    pub(crate) path: String,
    pub(crate) language: &'static str,
    pub(crate) text: Arc<str>,
}

/// Every source file under `root`. Hidden folders and links are left out.
pub(crate) fn read(root: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("could not read the folder `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && entry.metadata()?.len() <= MAX_BYTES {
                files.extend(source_file(root, &path)?);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn source_file(root: &Path, path: &Path) -> anyhow::Result<Option<SourceFile>> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|it| it.to_string_lossy()).collect();
    let relative = parts.join("/");
    let language = registry().detect(&relative, None).id;
    if language == registry().plaintext().id {
        return Ok(None);
    }
    let bytes =
        fs::read(path).with_context(|| format!("could not read the file `{}`", path.display()))?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(None);
    };
    Ok(Some(SourceFile {
        path: relative,
        language,
        text: text.into(),
    }))
}

/// Reports speak of languages, not of their dialects.
pub(crate) fn reported_language(id: &str) -> &str {
    match id {
        "tsx" => "typescript",
        "jsx" => "javascript",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sources_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in [
            ("b/c.rs", &b"fn c() {}\n"[..]),
            ("a.py", b"x = 1\n"),
            ("latin.py", b"# \xE9\n"),
            (".git/hook.py", b"y = 1\n"),
            ("image.bin", b"\0\0"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let files = read(dir.path()).unwrap();
        let seen: Vec<_> = files.iter().map(|it| (&*it.path, it.language)).collect();
        assert_eq!(seen, [("a.py", "python"), ("b/c.rs", "rust")]);
    }
}
