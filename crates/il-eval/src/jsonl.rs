//! JSON Lines: one object a line; an error says which line, and which field of it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Reads a file of objects. `what` is what it holds, for messages.
pub(crate) fn read<T>(
    path: &Path,
    what: &str,
    parse: impl Fn(&Value) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let shown = path.display();
    let file = fs::File::open(path).with_context(|| {
        format!(
            "could not open the {what} file `{shown}`; `cargo xtask eval-data` makes one in `eval/data`"
        )
    })?;
    let mut all = Vec::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let number = index + 1;
        let line = line.with_context(|| format!("could not read line {number} of `{shown}`"))?;
        if line.trim().is_empty() {
            continue;
        }
        let parsed = object(&line).and_then(|it| parse(&it));
        all.push(parsed.with_context(|| format!("line {number} of `{shown}`"))?);
    }
    Ok(all)
}

fn object(line: &str) -> anyhow::Result<Value> {
    let value: Value = serde_json::from_str(line).context("not JSON")?;
    if !value.is_object() {
        bail!("not a JSON object");
    }
    Ok(value)
}

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(
    path: &Path,
    what: &str,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let aside = path.with_extension("partial");
    let written = fs::File::create(&aside).and_then(|file| {
        let mut file = std::io::BufWriter::new(file);
        write(&mut file)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&aside, path)
    });
    written.with_context(|| format!("could not write the {what} file `{}`", path.display()))
}

fn field<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    value
        .get(name)
        .with_context(|| format!("the field `{name}` is missing"))
}

pub(crate) fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = field(value, name)?.as_str();
    let text = text.with_context(|| format!("the field `{name}` is not a string"))?;
    Ok(text.to_owned())
}

pub(crate) fn offset(value: &Value, name: &str) -> anyhow::Result<usize> {
    let number = field(value, name)?.as_u64();
    let offset = number.and_then(|it| usize::try_from(it).ok());
    offset.with_context(|| format!("the field `{name}` is not a byte offset"))
}

pub(crate) fn texts(value: &Value, name: &str) -> anyhow::Result<Vec<String>> {
    let wrong = || format!("the field `{name}` is not a list of strings");
    let items = field(value, name)?.as_array().with_context(wrong)?;
    let texts = items.iter().map(|it| it.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().with_context(wrong)
}
